"""The real rooms over a real database file, without a door; and short ways to people and words in tests."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from app.accounts import policy
from app.accounts.agents import Agents
from app.accounts.authentication import Authentication
from app.accounts.credentials import Credentials
from app.accounts.fields import OwnFields
from app.accounts.inboxes import Inboxes, NewInbox
from app.accounts.passwords import Passwords
from app.accounts.roles import Roles
from app.accounts.schedules import Schedules
from app.accounts.sessions import Sessions
from app.accounts.setup import Setup
from app.bus.memory import MemoryBus
from app.chat.blocking import Blocking
from app.chat.canned import CannedReplies
from app.chat.channels import Channels
from app.chat.conversations import Conversations
from app.chat.drafts import Drafts
from app.chat.history import History
from app.chat.messages import Messages
from app.chat.offers import Offers
from app.chat.offline_messages import OfflineMessages
from app.chat.patience import Patience
from app.chat.presence import Presence
from app.chat.queue import Queue
from app.chat.ratings import Ratings
from app.chat.reception import Receptionist
from app.chat.router import Router
from app.chat.routing_rules import RoutingRules
from app.chat.search import MessageSearch
from app.chat.site import Site
from app.chat.ticketing import Ticketing
from app.chat.tools import Tools
from app.contacts.contacts import Contacts
from app.contacts.identity import Visitors
from app.contacts.introductions import Introductions
from app.contacts.organisations import Organisations
from app.files.transfer import Files
from app.gateway.local import LocalCore
from app.locks.memory import MemoryLocks
from app.model.conversations import Conversation, Message
from app.model.frames import Ack, Send
from app.model.ids import Ids
from app.model.people import Availability, Colleague, Team
from app.model.principals import Agent, System, Visitor
from app.settings import Settings
from app.storage import agents, conversations, fencing, messages
from app.storage.database import Transaction
from app.storage.search import Search
from app.storage.sqlite import SqliteDatabase
from app.tickets.notices import TicketNotices
from app.tickets.queries import TicketQueries
from app.tickets.statuses import TicketStatuses
from app.tickets.tickets import Tickets
from app.tickets.views import TicketViews
from tests.clock import ManualClock

SYSTEM = System()
PASSWORD = "four unrelated words here"
_NEVER = 2**62


class Domain:
    """Every room over one data folder."""

    def __init__(self, path: Path, settings: Settings, clock: ManualClock) -> None:
        self.path = path
        self.settings = settings
        self.clock = clock
        self.ids = Ids(clock)
        self._leaving = AsyncExitStack()
        self._cids = 0

    async def __aenter__(self) -> Self:
        settings, limits, clock, ids = self.settings, self.settings.limits, self.clock, self.ids
        bus = self.bus = MemoryBus(limits)
        database = self.database = await SqliteDatabase.open(self.path, settings, clock, bus.publish)
        self._leaving.push_async_callback(database.close)
        passwords = self.passwords = Passwords(limits)
        self._leaving.callback(passwords.close)
        self.locks = MemoryLocks(clock, limits, await fencing.first_token(database))
        self.agents = Agents(database, ids, clock, passwords, bus, limits)
        self.sessions = Sessions(database, ids, clock, bus, limits)
        self.authentication = Authentication(database, ids, clock, passwords, self.sessions, limits)
        self.credentials = Credentials(database, ids, clock, passwords, self.authentication, self.sessions, limits)
        self.inboxes = Inboxes(database, ids, clock, limits)
        self.setup = Setup(database, ids, clock, passwords, self.sessions, self.inboxes, limits)
        self.visitors = Visitors(database, ids, clock, limits)
        bus.subscribe(self.visitors.blocks.heard)
        self.contacts = Contacts(database, ids, clock, limits)
        self.organisations = Organisations(database, ids, clock, limits)
        self.introductions = Introductions(database, ids, clock, self.inboxes, limits)
        self.files = Files(database, ids, clock, self.path.parent / "files", limits, settings.files)
        self.messages = Messages(database, ids, clock, settings, self.agents.names)
        self.conversations = Conversations(database, ids, clock, self.locks, limits, self.agents.names)
        self.history = History(database, limits, self.agents.names)
        self.presence = Presence(bus, database, self.inboxes, self.contacts, limits, clock)
        self.rules = RoutingRules(database)
        self.roles = Roles(database, ids, clock, limits)
        offers = Offers(ids, clock, self.agents.names, self.roles.rights_known)
        self.router = Router(database, clock, self.locks, self.rules, self.presence, bus, limits, offers)
        self.queue = Queue(database, bus, clock, self.rules, self.presence, limits, offers.usable)
        self.site = Site(database, self.presence, limits)
        self.blocking = Blocking(
            database, ids, clock, limits, self.visitors.blocks, self.presence, bus, self.agents.names
        )
        self.schedules = Schedules(database, ids, limits)
        self.receptionist = Receptionist(database, self.inboxes, self.schedules, self.presence, clock, limits)
        self.tickets = Tickets(database, ids, clock, limits, self.agents.names)
        self.offline_messages = OfflineMessages(database, ids, clock, limits, self.tickets, self.agents.names)
        self.ratings = Ratings(database, ids, clock, limits, self.agents.names)
        self._leaving.callback(self.presence.close)
        self.drafts = Drafts(database, clock, limits)
        self.canned = CannedReplies(database, ids, clock, limits)
        self.ticket_queries = TicketQueries(database, clock, limits)
        self.own_fields = OwnFields(database, ids, limits)
        self.ticket_statuses = TicketStatuses(database, ids, limits)
        self.ticket_notices = TicketNotices(database, limits)
        self.ticket_views = TicketViews(database, ids, clock, limits)
        self.ticketing = Ticketing(database, ids, clock, self.tickets, self.agents.names)
        self.tools = Tools.over(
            database, ids, clock, limits, self.locks, self.messages, self.conversations, self.ticketing,
            self.agents.names,
        )  # fmt: skip
        self.channels = Channels(database, ids, clock, self.messages, self.inboxes, self.visitors.blocks, limits)
        arm = self.tools.alarm.arm
        self.patience = Patience(database, ids, self.inboxes, bus, limits, self.agents.names, arm)
        self.tools.alarm.sleepers = (*self.tools.alarm.sleepers, self.patience)
        self.index = Search(database, limits)
        self.search = MessageSearch(database, self.index)
        self.core = LocalCore(
            database, bus, clock, self.agents, self.inboxes, self.sessions, self.visitors, self.messages,
            self.conversations, self.history, self.presence, self.files, offers=self.router.before,
            places=self.queue.of,
        )  # fmt: skip
        await self.agents.load()
        await self.roles.load()
        await self.inboxes.load()
        await self.schedules.load()
        await self.visitors.blocks.load()
        await self.presence.load()
        await self.router.load()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leaving.aclose()

    def cid(self) -> str:
        """A key that was not used before."""
        self._cids += 1
        return f"{self._cids:032x}"

    async def inbox(self, team: Team | None = None, *, preview: bool = True) -> str:
        """The id of a new inbox."""
        new = NewInbox(f"Website {self.cid()[-4:]}", team_id=team.id if team else None, preview=preview)
        return (await self.inboxes.create(SYSTEM, new)).id

    async def team(self, name: str) -> Team:
        """A new team."""
        team = Team(self.ids.new(), name)
        await self.database.write(lambda tx: agents.insert_team(tx, team))
        return team

    async def agent(self, name: str, role: str = "agent", teams: Iterable[Team] = ()) -> Agent:
        """A new agent without a password, as a principal of a session that no cookie leads to."""
        team_ids = tuple(sorted(team.id for team in teams))
        colleague = Colleague(
            self.ids.new(), name, f"{name.lower()}@example.com", role, Availability.ONLINE, team_ids, "",
            self.clock.now_ms(),
        )  # fmt: skip
        await self.database.write(lambda tx: agents.save(tx, colleague))
        await self.agents.load()
        return Agent(colleague.id, self.ids.new(), role, policy.ROLES[role], team_ids)

    async def visitor(self, inbox_id: str) -> Visitor:
        """A new visitor."""
        return (await self.visitors.session(inbox_id)).visitor

    async def say(
        self,
        speaker: Visitor | Agent,
        text: str,
        conv: str | None = None,
        *,
        note: bool = False,
        files: tuple[str, ...] = (),
        expected: int | None = None,
        cid: str | None = None,
    ) -> Ack:
        """Accept one message."""
        command = Send(cid or self.cid(), conv, text, files, note, expected)
        return await self.messages.accept(speaker, command)

    async def head(self, conversation_id: str) -> Conversation:
        """A head as committed."""
        head = await conversations.find(self.database, conversation_id)
        assert head is not None
        return head

    async def entries(self, conversation_id: str) -> list[Message]:
        """Every entry, in order."""
        found = await messages.before(self.database, conversation_id, visitor=False, before=_NEVER, limit=1_000_000)
        return found[::-1]

    async def change(self, conversation_id: str, sql: str) -> None:
        """Set columns of a head directly: `sql` is what follows SET."""

        def unit(tx: Transaction) -> None:
            tx.execute(f"UPDATE conversations SET {sql} WHERE id = :id", {"id": conversation_id})

        await self.database.write(unit)


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    """Chunks as an upload brings them."""
    for chunk in chunks:
        yield chunk
