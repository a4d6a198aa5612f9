"""Stored once, shown once, delivered at least once: the whole protocol against a network that fails.

Real rooms over a real SQLite file, in-memory sockets, a clock that stands still. Sockets break with frames and answers
under way; commands arrive twice; frames come twice, late, in another order or not at all; the server dies; an older
database is restored. When everything is quiet, what each client holds is compared with the database: entries, heads,
read marks, contacts, who may see what.
"""

import asyncio
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from msgspec import Struct
from msgspec.structs import replace

from app.accounts import policy
from app.chat.conversations import Assignment
from app.contacts.contacts import ContactChange
from app.gateway.core import Delivery, Peer
from app.model import frames
from app.model.conversations import Conversation, Kind, Speaker
from app.model.errors import Problem
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from app.storage import archive, contacts, conversations
from app.storage.conversations import Listed, View
from tests.bench import soak
from tests.chat.client import AgentClient, Client, Command, VisitorClient
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain

SECRET = "secret"  # every note contains it, no message does
LIMITS = Limits(resume_rows_max=3, page_rows_max=3, replay_events_max=40, session_days=9_999, session_idle_days=9_999)
VISITORS = ("Vera", "Vera", "Wang")  # two tabs of one visitor, and another
AGENTS = ("Ann", "Ann", "Ben", "Boss")  # two tabs of one agent; Ben is of another team; Boss sees everything
EVERYBODY = range(len(VISITORS) + len(AGENTS))
PAGE = 50

decode = msgspec.json.Decoder(frames.ServerFrame).decode
command_of = msgspec.json.Decoder(frames.ClientFrame).decode
encode = msgspec.json.encode

ACTS = ("take", "ann", "ben", "team 0", "team 1", "resolve", "reopen")
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
Answer = Callable[[], None]


class World(Struct, frozen=True):
    """The people of every example and the database that holds them: made once, copied each time."""

    database: Path
    inbox: str
    teams: tuple[str, ...]
    tokens: dict[str, str]
    cookies: dict[str, str]
    agents: dict[str, str]


class Socket:
    """A connection in memory: what the server has written and the client has not read, in order."""

    def __init__(self, principal: Visitor | Agent, topics: tuple[str, ...], written: Sequence[bytes]) -> None:
        self.principal = principal
        self.topics = frozenset(topics)
        self.queue: deque[bytes | Answer] = deque(written)
        self.late: deque[list[bytes | Answer]] = deque()  # answers that are ready but not written yet
        self.awaiting: set[str] = set()
        self.more: frames.Resume | None = None
        self.lossy = False  # a frame was taken out of it: only a resume can tell

    def hears(self, delivery: Delivery) -> bool:
        if delivery.cid and delivery.cid in self.awaiting:
            return False
        return not self.topics.isdisjoint(delivery.topics) and self.topics.isdisjoint(delivery.except_topics)


class Desk(RuleBasedStateMachine):
    """The server, the network and everybody's client."""

    world: World

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
        self.sockets: list[Socket | None] = [None for _ in EVERYBODY]
        self.cids = 0
        self.stored: dict[str, frames.Ack] = {}  # everything that was acknowledged, by cid
        self.backup: tuple[Path, dict[str, frames.Ack]] | None = None
        self.run(self._start())

    def run(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.run(self.domain.__aexit__(None, None, None))
            self.runner.close()
            shutil.rmtree(self.folder)

    # --- the server ---------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        quick = Settings(data=self.folder, limits=LIMITS, durability="normal")  # no power cut here
        self.domain = await Domain(self.folder / "monodesk.db", quick, self.clock).__aenter__()
        self.domain.core.listen(self._deliver)

    async def _stop(self) -> None:
        await self.domain.__aexit__(None, None, None)
        self.sockets = [None for _ in EVERYBODY]

    def _deliver(self, batch: Sequence[Delivery]) -> None:
        """What the hub does."""
        for delivery in batch:
            for socket in self.sockets:
                if socket is not None and socket.hears(delivery):
                    assert not delivery.close
                    socket.queue.append(delivery.frame)

    async def _command(self, index: int, frame: frames.ClientFrame, *, late: bool = False) -> None:
        """A frame reaches the server; its answer is written at once, or `late`: after what happens meanwhile."""
        socket = self.sockets[index]
        assert socket is not None
        cid = getattr(frame, "cid", "")
        socket.awaiting.add(cid)
        written: list[bytes | Answer] = []
        try:
            replies = await self.domain.core.command(socket.principal, command_of(encode(frame)), "en")
            written += replies.frames
            if replies.more is not None:
                more = replies.more
                written.append(lambda: setattr(socket, "more", more))
        except Problem as problem:
            written.append(encode(frames.Error(problem.code, problem.en, cid or None)))
        socket.awaiting.discard(cid)
        if late or socket.late:
            socket.late.append(written)
        else:
            socket.queue.extend(written)

    # --- the network --------------------------------------------------------------------------------------------

    def connect(self, index: int) -> None:
        if self.sockets[index] is None:
            self.run(self._connect(index))

    async def _connect(self, index: int) -> None:
        name = (*VISITORS, *AGENTS)[index]
        if index < len(VISITORS):
            hello, peer = frames.Hello(self.world.inbox, self.world.tokens[name]), Peer("127.0.0.1")
        else:
            hello, peer = frames.Hello(), Peer("127.0.0.1", cookie=f"monodesk_session={self.world.cookies[name]}")
        opened = await self.domain.core.open(peer, hello)
        client = self.clients[index]
        if isinstance(opened.principal, Visitor):
            client.me = Speaker("visitor", opened.principal.contact_id)
        self.sockets[index] = Socket(opened.principal, opened.topics, opened.frames)
        client.connected()
        await self._command(index, client.resume())

    @rule(index=who, read=st.integers(0, 6), again=st.booleans())
    def breaks(self, index: int, read: int, again: bool) -> None:
        """A socket breaks; of what was under way the client still reads a little. Perhaps he is back at once."""
        self.deliver(index, read)
        self.cut(index)
        if again:
            self.connect(index)

    @rule(index=who, deeds=deeds)
    def meanwhile(self, index: int, deeds: list[Deed]) -> None:
        """Somebody is away while others go on, and comes back to what he missed."""
        self.deliver_everything()
        self.cut(index)
        self.people_do(deeds)
        self.connect(index)

    def cut(self, index: int) -> None:
        socket = self.sockets[index]
        if socket is not None:
            self.run(self.domain.core.closed(socket.principal))
            self.sockets[index] = None

    @rule(
        what=st.sampled_from(("deliver", "deliver", "all", "send", "all send", "connect", "ask")),
        index=who,
        how=sendings,
    )
    def network(self, what: str, index: int, how: str) -> None:
        match what:
            case "deliver":
                self.deliver(index, 4)
            case "all":
                self.deliver_everything()
            case "send":
                self.transmit(index, how)
            case "all send":
                self.transmit_everything()
            case "connect":
                self.connect(index)
            case _:
                self.fill_holes(index)

    def deliver(self, index: int, count: int) -> None:
        for _ in range(count):
            if not self._step(index):
                break

    def deliver_everything(self) -> None:
        for index in EVERYBODY:
            while self._step(index):
                pass

    def _step(self, index: int) -> bool:
        """A client reads one frame; False when there is none."""
        socket, client = self.sockets[index], self.clients[index]
        if socket is None:
            return False
        if not socket.queue and socket.late:
            socket.queue.extend(socket.late.popleft())
        if not socket.queue:
            return self._ask_on(index, socket)
        item = socket.queue.popleft()
        if not isinstance(item, bytes):
            item()
            return True
        if isinstance(client, VisitorClient):
            assert SECRET.encode() not in item, "a visitor was shown a note"
        frame = decode(item)
        if isinstance(frame, frames.Ack):
            self._acknowledged(frame)
        answer = client.on(frame)
        if answer is not None:
            self.run(self._command(index, answer))
        if isinstance(client, AgentClient):
            for conv in client.heads if client.curious else ():
                client.open(conv)
            if client.fresh:
                client.asks_for_list()
                self.run(self._list(socket, client))
        return True

    def _ask_on(self, index: int, socket: Socket) -> bool:
        """Everything has drained: the next page of a resume, else what fills the holes."""
        if socket.more is not None:
            more, socket.more = socket.more, None
            self.run(self._command(index, more))
            return True
        return False

    def _acknowledged(self, ack: frames.Ack) -> None:
        known = self.stored.setdefault(ack.cid, ack)
        assert known == ack, "one key, two results"

    async def _list(self, socket: Socket, client: AgentClient) -> None:
        """The list over HTTP, read now, answered later."""
        assert isinstance(socket.principal, Agent)
        rows: list[Listed] = []
        for view in (View.ALL, View.RESOLVED):
            before: str | None = None
            while True:
                page = await self.domain.history.listing(socket.principal, view, before, PAGE)
                rows += page.conversations
                before = page.next
                if before is None:
                    break
        socket.late.append([lambda: client.listed(rows)])

    @rule(index=who, place=st.integers(0, 7), how=st.sampled_from(("twice", "swapped", "lost")))
    def mangle(self, index: int, place: int, how: str) -> None:
        """An entry's frame comes twice, after the one behind it, or never."""
        socket = self.sockets[index]
        if socket is None:
            return
        said = [number for number, item in enumerate(socket.queue) if isinstance(item, bytes) and b'"t":"msg"' in item]
        if not said:
            return
        number = said[place % len(said)]
        if how == "twice":
            socket.queue.insert(number, socket.queue[number])
        elif how == "lost":
            del socket.queue[number]
            socket.lossy = True
        elif len(said) > 1:
            other = said[(place + 1) % len(said)]
            socket.queue[number], socket.queue[other] = socket.queue[other], socket.queue[number]

    def transmit(self, index: int, how: str) -> None:
        """A client sends its oldest command: perhaps twice, perhaps answered late, perhaps the socket breaks before."""
        socket, client = self.sockets[index], self.clients[index]
        if socket is None or not client.outbox or how == "later":
            return
        command = next(iter(client.outbox.values()))
        for _ in range(2 if how == "twice" else 1):
            self.run(self._command(index, command, late=how == "late"))
        if how == "lost":
            self.cut(index)

    def transmit_everything(self) -> None:
        """Everybody sends at once, so that commands share a commit."""
        ready = [
            (index, next(iter(client.outbox.values())))
            for index, client in enumerate(self.clients)
            if client.outbox and self.sockets[index] is not None
        ]
        self.run(self._all(ready))

    async def _all(self, ready: list[tuple[int, Command]]) -> None:
        await asyncio.gather(*(self._command(index, command) for index, command in ready))

    def fill_holes(self, index: int) -> None:
        if self.sockets[index] is not None:
            for wish in self.clients[index].wishes():
                self.run(self._command(index, wish))

    @rule(what=st.sampled_from(("restart", "back up", "restore", "a day", "a week", "settle")), index=who)
    def happens(self, what: str, index: int) -> None:
        """After a restart everybody comes back but one, who comes when it suits him."""
        match what:
            case "restart":
                self.run(self._stop())
                self.run(self._start())
            case "back up":
                target = self.folder.with_suffix(".tar")
                archive.backup(self.folder, target, self.clock)
                self.backup = target, dict(self.stored)
            case "restore":
                self.restore()
            case "settle":
                self.settle()
            case _:
                self.clock.advance(86_400 * (7 if what == "a week" else 1))
        if what.startswith("rest"):
            for other in EVERYBODY:
                if other != index:
                    self.connect(other)

    def restore(self) -> None:
        """The database as it was when it was backed up; what came since is lost, and everybody must notice."""
        if self.backup is None:
            return
        self.run(self._stop())
        file, self.stored = self.backup[0], dict(self.backup[1])
        archive.restore(file, self.folder, replace=True, clock=self.clock)
        self.run(self._start())

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
        elif deed.what in ("reads", "receives") and conv is not None and self.sockets[deed.index] is not None:
            seq = 12 if deed.flag else deed.place + 1
            frame = frames.Read(conv, seq) if deed.what == "reads" else frames.Delivered(conv, seq)
            self.run(self._command(deed.index, frame))
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
        conv, socket = self._known(self.clients[index], place), self.sockets[index]
        if conv is None or socket is None:
            return
        agent, changes = socket.principal, self.domain.conversations
        assert isinstance(agent, Agent)
        try:
            match what:
                case "take":
                    await changes.take(agent, conv)
                case "ann" | "ben":
                    to = self.world.agents[what.capitalize()]
                    await changes.assign(agent, conv, Assignment(to, None, f"{SECRET} hand-over"))
                case "team 0" | "team 1":
                    await changes.assign(agent, conv, Assignment(None, self.world.teams[int(what[-1])]))
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

    # --- quiet --------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Everybody connects, everything arrives, everything is answered; then nobody holds anything but the truth."""
        self._quiet()
        for index, socket in enumerate(self.sockets):
            if socket is not None and socket.lossy:
                self.cut(index)
        self._quiet()
        self.run(self._compare())

    def _quiet(self) -> None:
        for _ in range(100):
            for index in EVERYBODY:
                self.connect(index)
            self.deliver_everything()
            self._ask_for_strangers()
            busy = any(client.outbox or client.wishes() for client in self.clients)
            if not busy and all(socket and not socket.queue and not socket.late for socket in self.sockets):
                return
            self.transmit_everything()
            for index in EVERYBODY:
                self.fill_holes(index)
        raise AssertionError("it never becomes quiet")

    def _ask_for_strangers(self) -> None:
        for index, client in enumerate(self.clients):
            socket = self.sockets[index]
            if isinstance(client, AgentClient) and socket is not None and isinstance(socket.principal, Agent):
                for conv in client.strangers():
                    detail = self.run(self.domain.history.detail(socket.principal, conv))
                    client.contacts[detail.contact.id] = detail.contact

    async def _compare(self) -> None:
        heads = await self._heads()
        await self._compare_storage(heads)
        for index, client in enumerate(self.clients):
            socket = self.sockets[index]
            assert socket is not None
            if isinstance(client, VisitorClient):
                await self._compare_visitor(client, [head for head in heads if head.contact_id == client.me.id])
            else:
                assert isinstance(client, AgentClient) and isinstance(socket.principal, Agent)
                seen = [head for head in heads if policy.allowed(socket.principal, "conversation.read", head)]
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
                head.id, head.status.value, head.seq, head.created_at, names.get(head.assignee_id or "", ""),
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

    @initialize()
    def everybody_comes(self) -> None:
        """Most of what can go wrong needs people who talk."""
        for index in EVERYBODY:
            self.connect(index)
        self.deliver_everything()
        self.people_do([Deed("opens", 0, 0, False, "now"), Deed("opens", 2, 0, False, "now")])
        self.deliver_everything()


async def _make_world(path: Path) -> World:
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


def test_delivery(database_path: Path) -> None:
    _hold(database_path, settings(max_examples=100, stateful_step_count=30))


@pytest.mark.full
def test_delivery_at_length(database_path: Path) -> None:
    _hold(database_path, settings.get_profile("full"))


@pytest.mark.soak
def test_delivery_for_long(database_path: Path) -> None:
    began = time.monotonic()
    _hold(database_path, settings.get_profile("soak"))
    soak.record("delivery model, 5,000 × 50 steps", time.monotonic() - began, "held")


def _hold(database_path: Path, how_long: settings) -> None:
    with asyncio.Runner() as runner:
        Desk.world = runner.run(_make_world(database_path))
    run_state_machine_as_test(Desk, settings=how_long)
