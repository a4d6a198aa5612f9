"""The people of the delivery models: what they do, and what each must hold when everything is quiet.

How their clients reach the server is the models' own: in memory (`test_delivery_model`) or over sockets
(`tests/journeys/test_delivery_sockets`).
"""

import asyncio
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec import Struct
from msgspec.structs import replace

from app.accounts import policy
from app.chat.conversations import Assignment
from app.chat.labels import Labels
from app.chat.snoozing import Snooze
from app.chat.views import visitor_status
from app.contacts.contacts import ContactChange
from app.model import frames
from app.model.conversations import Conversation, Kind, Speaker
from app.model.errors import Problem
from app.model.principals import Agent
from app.model.tickets import Priority
from app.settings import Limits, Settings
from app.storage import archive, contacts, conversations
from app.storage.conversations import Listed, View
from tests.chat.client import AgentClient, Client, VisitorClient
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain

SECRET = "secret"  # every note contains it, no message does
LIMITS = Limits(
    resume_rows_max=3, page_rows_max=3, replay_events_max=40, session_days=9_999, session_idle_days=9_999,
    visitor_frames_burst=1_000_000,
)  # fmt: skip
VISITORS = ("Vera", "Vera", "Wang")  # two tabs of one visitor, and another
AGENTS = ("Ann", "Ann", "Ben", "Boss")  # two tabs of one agent; Ben is of another team; Boss sees everything
EVERYBODY = range(len(VISITORS) + len(AGENTS))
PAGE = 50

decode = msgspec.json.Decoder(frames.ServerFrame).decode

ACTS = ("take", "ann", "ben", "team 0", "team 1", "resolve", "reopen", "urgent", "usual", "sleep", "wake")
DEEDS = ("says", "says", "opens", "changes", "changes", "reads", "receives", "names", *ACTS)


class Deed(Struct, frozen=True):
    """Something that one of the people does: `place` picks the conversation, `flag` and `how` what `what` needs."""

    what: str
    index: int
    place: int
    flag: bool
    how: str


who = st.integers(0, len(EVERYBODY) - 1)
sendings = st.sampled_from(("now", "now", "later", "late", "twice", "lost"))
deeds = st.lists(
    st.builds(Deed, st.sampled_from(DEEDS), who, st.integers(0, 2), st.booleans(), sendings), min_size=1, max_size=4
)


class World(Struct, frozen=True):
    """The people of every example and the database that holds them: made once, copied each time."""

    database: Path
    inbox: str
    teams: tuple[str, ...]
    tokens: dict[str, str]
    cookies: dict[str, str]
    agents: dict[str, str]


class People(RuleBasedStateMachine):
    """Everybody's client, their deeds and the truth. Whoever inherits brings server and network."""

    world: World
    domain: Domain

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.folder = Path(mkdtemp(prefix="model-", dir=self.world.database.parent))
        shutil.copy(self.world.database, self.folder / "monodesk.db")
        self.clients: list[Client] = [VisitorClient(Speaker("visitor", "")) for _ in VISITORS]
        for number, name in enumerate(AGENTS):
            curious = number != 1  # the others look into every thread, Ann's second tab only at the list
            self.clients.append(AgentClient(Speaker("agent", self.world.agents[name], name), curious))
        self.cids = 0
        self.stored: dict[str, frames.Ack] = {}  # everything that was acknowledged, by cid
        self.backup: tuple[Path, dict[str, frames.Ack]] | None = None

    def run(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    # --- for the network that inherits --------------------------------------------------------------------------

    def connect(self, index: int) -> None:
        """Open a socket for this client, where it has none."""
        raise NotImplementedError

    def transmit(self, index: int, how: str) -> None:
        """Send this client's oldest command, in one of the ways of `sendings`."""
        raise NotImplementedError

    def tell(self, index: int, frame: frames.ClientFrame) -> None:
        """Send a frame that has no answer, where there is a socket."""
        raise NotImplementedError

    def agent(self, index: int) -> Agent | None:
        """Who is behind this agent's socket, where it has one."""
        raise NotImplementedError

    async def open_domain(self) -> Domain:
        """The rooms over this example's database."""
        quick = Settings(data=self.folder, limits=LIMITS, durability="normal")  # no power cut here
        return await Domain(self.folder / "monodesk.db", quick, self.clock).__aenter__()

    # --- what both hear -----------------------------------------------------------------------------------------

    def hear(self, index: int, text: bytes) -> frames.ClientFrame | None:
        """A frame reaches a client; what it answers."""
        client = self.clients[index]
        if isinstance(client, VisitorClient):
            assert SECRET.encode() not in text, "a visitor was shown a note"
        frame = decode(text)
        if isinstance(frame, frames.Ack):
            known = self.stored.setdefault(frame.cid, frame)
            assert known == frame, "one key, two results"
        answer = client.on(frame)
        if isinstance(client, AgentClient) and client.curious:
            for conv in client.heads:
                client.open(conv)
        return answer

    async def list_of(self, agent: Agent) -> list[Listed]:
        """The list, as a console reads it over HTTP."""
        rows: list[Listed] = []
        for view in (View.ALL, View.SNOOZED, View.RESOLVED):
            before: str | None = None
            while True:
                page = await self.domain.history.listing(agent, view, before, PAGE)
                rows += page.conversations
                before = page.next
                if before is None:
                    break
        return rows

    def back_up(self) -> None:
        target = self.folder.with_suffix(".tar")
        archive.backup(self.folder, target, self.clock)
        self.backup = target, dict(self.stored)

    def put_back(self) -> None:
        """The database as it was backed up, while no server runs; what came since is lost, everybody must notice."""
        assert self.backup is not None
        file, self.stored = self.backup[0], dict(self.backup[1])
        archive.restore(file, self.folder, replace=True, clock=self.clock)

    async def sign_in_again(self) -> None:
        """What restore asks of agents: no session of the archive is good any more."""
        begin = self.domain.sessions.begin
        fresh = {name: (await begin(agent, "", "")).secret for name, agent in self.world.agents.items()}
        self.world = replace(self.world, cookies=fresh)

    async def ask_for_strangers(self, index: int) -> None:
        """A console asks for the contacts that nobody introduced."""
        client, agent = self.clients[index], self.agent(index)
        if isinstance(client, AgentClient) and agent is not None:
            for conv in client.strangers():
                contact = (await self.domain.history.detail(agent, conv)).contact
                client.contacts[contact.id] = contact

    # --- people -------------------------------------------------------------------------------------------------

    @rule(deeds=deeds)
    def people_do(self, deeds: list[Deed]) -> None:
        for deed in deeds:
            self._do(deed, self.clients[deed.index])

    def _do(self, deed: Deed, client: Client) -> None:
        conv = None if deed.what == "opens" else self._known(client, deed.place)
        if deed.what in ("says", "opens"):
            self._say(deed, client, conv)
        elif deed.what == "changes" and conv is not None:
            self._change(deed, client, conv)
        elif deed.what in ("reads", "receives") and conv is not None:
            seq = 12 if deed.flag else deed.place + 1
            self.tell(deed.index, frames.Read(conv, seq) if deed.what == "reads" else frames.Delivered(conv, seq))
        elif deed.what == "names" and isinstance(client, VisitorClient) and client.me.id:
            change = ContactChange(name=("", "Mei", "王芳")[deed.place])
            self.run(self.domain.contacts.change(SYSTEM, client.me.id, change))
        elif deed.what in ACTS:
            agent = len(VISITORS) + deed.index % len(AGENTS)
            self.run(self._act(agent, deed.place, deed.what))

    def _say(self, deed: Deed, client: Client, conv: str | None) -> None:
        """A visitor's words open a conversation where they name none; an agent's may be a note, or careful."""
        if isinstance(client, AgentClient):
            if conv is None:
                return
            note = deed.flag
            expected = None if note or deed.how == "later" else client.top(conv)
            text = f"{SECRET} {self.cids}" if note else f"answer {self.cids}"
            client.say(frames.Send(self._cid(), conv, text, (), note, expected))
        else:
            client.say(frames.Send(self._cid(), conv, "x" * 300 if deed.flag else "退款"))
        self.transmit(deed.index, deed.how)

    def _change(self, deed: Deed, client: Client, conv: str) -> None:
        """Edit or take back something of one's own."""
        shown = client.entries[conv].shown() if conv in client.entries else []
        own = [entry for entry in shown if entry.sender.id == client.me.id and entry.kind in ("message", "note")]
        if not own:
            return
        entry = own[-1 - deed.place % len(own)]
        if deed.flag:
            client.say(frames.Delete(self._cid(), conv, entry.id))
        else:
            text = f"{SECRET} {self.cids}" if entry.kind == "note" else f"edited {self.cids}"
            client.say(frames.Edit(self._cid(), conv, entry.id, text))
        self.transmit(deed.index, deed.how)

    def _cid(self) -> str:
        self.cids += 1
        return f"{self.cids:032x}"

    async def _act(self, index: int, place: int, what: str) -> None:
        """Something that a console does over HTTP."""
        conv, agent, changes = self._known(self.clients[index], place), self.agent(index), self.domain.conversations
        if conv is None or agent is None:
            return
        try:
            match what:
                case "take":
                    await changes.take(agent, conv)
                case "ann" | "ben":
                    to = self.world.agents[what.capitalize()]
                    await changes.assign(agent, conv, Assignment(to, None, f"{SECRET} hand-over"))
                case "team 0" | "team 1":
                    await changes.assign(agent, conv, Assignment(None, self.world.teams[int(what[-1])]))
                case "urgent" | "usual":
                    priority = Priority.URGENT if what == "urgent" else Priority.NORMAL
                    await self.domain.tools.labelling.change(agent, conv, Labels(priority=priority))
                case "sleep":
                    await self.domain.tools.snoozing.snooze(agent, conv, Snooze())
                case "wake":
                    await self.domain.tools.snoozing.wake(agent, conv)
                case "resolve":
                    await changes.resolve(agent, conv)
                case _:
                    await changes.reopen(agent, conv)
        except Problem:
            pass  # refused: the rules of who may do what are tested elsewhere

    def _known(self, client: Client, place: int | None) -> str | None:
        """A conversation that this client knows."""
        if isinstance(client, AgentClient):
            known = sorted(client.heads)
        else:
            assert isinstance(client, VisitorClient)
            known = sorted(client.threads)
        return known[place % len(known)] if known and place is not None else None

    # --- the truth ---------------------------------------------------------------------------------------------

    async def compare(self) -> None:
        """Nobody holds anything but the truth."""
        heads = await self._heads()
        await self._compare_storage(heads)
        for index, client in enumerate(self.clients):
            if isinstance(client, VisitorClient):
                await self._compare_visitor(client, [head for head in heads if head.contact_id == client.me.id])
            else:
                agent = self.agent(index)
                assert isinstance(client, AgentClient) and agent is not None
                seen = [head for head in heads if policy.allowed(agent, "conversation.read", head)]
                await self._compare_agent(client, seen)

    async def _compare_storage(self, heads: list[Conversation]) -> None:
        """Dense numbers, right heads, everything acknowledged is there once, every repeated key is one row."""
        database = self.domain.database
        for head in heads:
            rows: list[Any] = await database.read(
                "SELECT staff_seq, seq, kind, deleted, text, target FROM messages WHERE conversation_id = :id "
                "ORDER BY staff_seq",
                {"id": head.id},
            )
            assert [row[0] for row in rows] == list(range(1, head.staff_seq + 1))
            visible = [row[1] for row in rows if row[1] is not None]
            assert visible == list(range(1, head.seq + 1))
            spoken = [row for row in rows if row[2] in ("message", "note")]
            assert head.last_text == spoken[-1][4][:200] and head.last_note == (spoken[-1][2] == "note")
        acked = {ack.id: ack for ack in self.stored.values()}
        rows = await database.read("SELECT id, conversation_id, at FROM messages WHERE cid IS NOT NULL")
        found = {row[0]: row for row in rows}
        for ack in acked.values():
            assert found[ack.id][1:] == (ack.conv, ack.at), "acknowledged and lost"
        counted, spanned = (await database.read("SELECT count(*), max(pos) - min(pos) + 1 FROM events"))[0]
        assert counted == spanned, "positions have holes"

    async def _compare_visitor(self, client: VisitorClient, heads: list[Conversation]) -> None:
        names = self.domain.agents.names
        for head in heads:
            told = client.threads[head.id]
            assert replace(told, seq=max(told.seq, client.entries[head.id].together())) == frames.Thread(
                head.id, visitor_status(head).value, head.seq, head.created_at, names.get(head.assignee_id or "", ""),
                head.visitor_read, head.staff_read,
            )  # fmt: skip
            assert client.entries[head.id].together() == head.seq
            assert client.entries[head.id].shown() == await self._shown(head.id, "seq")
        assert set(client.threads) == {head.id for head in heads}

    async def _compare_agent(self, client: AgentClient, heads: list[Conversation]) -> None:
        assert client.heads == {head.id: head for head in heads}
        for head in heads:
            contact = await contacts.find(self.domain.database, head.contact_id)
            assert contact is not None
            assert replace(client.contacts[contact.id], seen_at=0) == replace(contact, seen_at=0)
        for conv, entries in client.entries.items():
            assert entries.together() == client.heads[conv].staff_seq
            assert entries.shown() == await self._shown(conv, "staff_seq")

    async def _heads(self) -> list[Conversation]:
        rows = await self.domain.database.read(f"SELECT {conversations.COLUMNS} FROM conversations c ORDER BY c.id")
        return [conversations.from_row(row) for row in rows]

    async def _shown(self, conv: str, counter: str) -> list[frames.Msg]:
        """A thread as the database has it, without the entries that only changed another."""
        rows: list[Any] = await self.domain.database.read(
            f"SELECT {counter}, id, kind, sender_kind, sender_id, sender_name, at, text, coalesce(cid, ''), data, "
            "edited_at, deleted FROM messages WHERE conversation_id = :id AND target IS NULL "
            f"AND {counter} IS NOT NULL ORDER BY {counter}",
            {"id": conv},
        )
        return [
            frames.Msg(
                conv, row[0], row[1], Kind(row[2]).value, Speaker(row[3], row[4], row[5]), row[6], row[7], row[8],
                data=None if row[9] is None else msgspec.json.decode(row[9], type=dict[str, str]),
                edited_at=row[10], deleted=bool(row[11]),
            )
            for row in rows
        ]  # fmt: skip


async def make_world(path: Path) -> World:
    async with Domain(path, Settings(data=path.parent, limits=LIMITS), ManualClock()) as domain:
        teams = [await domain.team(name) for name in ("Sales", "Returns")]
        inbox = await domain.inbox(teams[0])
        tokens = {name: (await domain.visitors.session(inbox)).token for name in dict.fromkeys(VISITORS)}
        people = {
            "Ann": await domain.agent("Ann", teams=teams[:1]),
            "Ben": await domain.agent("Ben", teams=teams[1:]),
            "Boss": await domain.agent("Boss", "owner"),
        }
        cookies = {name: (await domain.sessions.begin(agent.agent_id, "", "")).secret for name, agent in people.items()}
        return World(
            path, inbox, tuple(team.id for team in teams), tokens, cookies,
            {name: agent.agent_id for name, agent in people.items()},
        )  # fmt: skip
