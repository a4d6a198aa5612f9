"""The real rooms behind the real application, for requests without a socket; and a world to ask about."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from msgspec import Struct

from app.accounts.agents import AgentChange, Agents, NewAgent, NewTeam
from app.accounts.audit import AuditLog
from app.accounts.authentication import Authentication
from app.accounts.credentials import Credentials
from app.accounts.fields import NewField, OwnFields
from app.accounts.inboxes import Inboxes, NewInbox
from app.accounts.passwords import Passwords
from app.accounts.roles import Roles
from app.accounts.schedules import Schedules
from app.accounts.sessions import COOKIE, Sessions
from app.accounts.setup import Setup
from app.accounts.tokens import Tokens
from app.adapters.ground import Ground as SourceGround
from app.adapters.joined import JoinedSystems
from app.api.app import Api, Rooms
from app.backups.keeper import BackupKeeper
from app.bus.memory import MemoryBus
from app.chat.blocking import Blocking
from app.chat.canned import CannedReplies, NewCannedReply
from app.chat.channels import Channels
from app.chat.conversations import Conversations
from app.chat.drafts import Drafts
from app.chat.history import History
from app.chat.macros import NewMacro
from app.chat.messages import Messages
from app.chat.offers import Offers
from app.chat.offline_messages import OfflineMessages
from app.chat.presence import Presence
from app.chat.queue import Queue
from app.chat.ratings import Ratings
from app.chat.reception import Receptionist
from app.chat.router import Router
from app.chat.routing_rules import RoutingRules
from app.chat.search import MessageSearch
from app.chat.site import Site
from app.chat.tags import NewTag
from app.chat.ticketing import Ticketing
from app.chat.tools import Tools
from app.contacts.contacts import Contacts
from app.contacts.customers import Customers
from app.contacts.identity import Visitors
from app.contacts.introductions import Introductions
from app.contacts.merging import ContactMerging
from app.contacts.organisations import NewOrganisation, Organisations
from app.contacts.seal import Seal
from app.exchange.exports import Exports
from app.exchange.imports import Imports
from app.files.transfer import Files
from app.folder import Folder
from app.gateway.local import LocalCore
from app.gateway.proxies import Heard
from app.health.examine import examine
from app.health.subject import Subject
from app.locks.memory import MemoryLocks
from app.mail.posting import Posting
from app.mail.rooms import Mail, MailGround
from app.model.errors import Problem
from app.model.fields import FieldKind, Noun
from app.model.frames import Send
from app.model.health import Report
from app.model.ids import Ids
from app.model.macros import WriteNote
from app.model.principals import Agent, System, Visitor
from app.model.records import RecordKind
from app.model.server import Ground
from app.model.tickets import Category
from app.outbox.outbox import Outbox
from app.records.records import Brought, Records
from app.server.disk import Disk
from app.server.news import News
from app.server.server import Server
from app.settings import Settings
from app.storage import fencing
from app.storage.search import Search
from app.storage.sqlite import SqliteDatabase
from app.telemetry.metrics import Metrics
from app.tickets.notices import TicketNotices
from app.tickets.queries import TicketQueries
from app.tickets.statuses import NewStatus, TicketStatuses
from app.tickets.tickets import NewTicket, Tickets
from app.tickets.views import NewView, TicketViews
from installer.machine import Machine
from tests.clock import ManualClock

HOST = "desk.test"
PASSWORD = "four unrelated words here"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "0500017a5eab3f0000000049454e44ae426082"
)  # fmt: skip
SYSTEM = System()


class Desk:
    """Every room over one data folder; `draining`, `starting` and `problems` may be set by a test."""

    def __init__(self, folder: Path, settings: Settings, clock: ManualClock) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = clock
        self.ids = Ids(clock)
        self.metrics = Metrics()
        self.draining = False
        self.starting = False
        self.problems: list[Problem] = []  # what an administrator is to be told beside what is true here
        self._leaving = AsyncExitStack()

    async def __aenter__(self) -> Self:
        settings, limits, clock, ids = self.settings, self.settings.limits, self.clock, self.ids
        bus = self.bus = MemoryBus(limits)
        database = self.database = await SqliteDatabase.open(self.folder / "monodesk.db", settings, clock, bus.publish)
        self._leaving.push_async_callback(database.close)
        passwords = Passwords(limits)
        self._leaving.callback(passwords.close)
        locks = MemoryLocks(clock, limits, await fencing.first_token(database))
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
        self.records = Records(database, ids, clock, limits)
        self.introductions = Introductions(database, ids, clock, self.inboxes, limits)
        self.customers = Customers(database, ids, clock, self.inboxes, Seal(self.folder / "keys"), limits)
        home = lambda: f"https://{HOST}"  # noqa: E731
        self.files = Files(database, ids, clock, self.folder / "files", limits, settings.files, home)
        posting = Posting(limits)
        self.messages = Messages(database, ids, clock, settings, self.agents.names, posting.note)
        self.outbox = Outbox(database, clock, settings)
        self.mail = Mail.over(
            MailGround(
                database, ids, clock, limits, self.outbox, passwords, self.inboxes, self.messages, self.files, posting,
                self.agents.names, self.visitors.blocks, self.folder / "keys", lambda: f"https://{HOST}",
            )
        )  # fmt: skip
        self.conversations = Conversations(database, ids, clock, locks, limits, self.agents.names)
        self.history = History(database, limits, self.agents.names)
        self.presence = Presence(bus, database, self.inboxes, self.contacts, limits, clock)
        self.rules = RoutingRules(database)
        self.roles = Roles(database, ids, clock, limits)
        offers = Offers(ids, clock, self.agents.names, self.roles.rights_known)
        self.router = Router(database, clock, locks, self.rules, self.presence, bus, limits, offers)
        self.queue = Queue(database, bus, clock, self.rules, self.presence, limits, offers.usable)
        self.blocking = Blocking(
            database, ids, clock, limits, self.visitors.blocks, self.presence, bus, self.agents.names
        )
        self.schedules = Schedules(database, ids, limits)
        self.receptionist = Receptionist(database, self.inboxes, self.schedules, self.presence, clock, limits)
        self.tickets = Tickets(database, ids, clock, limits, self.agents.names)
        self.offline_messages = OfflineMessages(database, ids, clock, limits, self.tickets, self.agents.names)
        self.ratings = Ratings(database, ids, clock, limits, self.agents.names)
        self._leaving.callback(self.presence.close)
        hold = lambda: locks.hold("backup", limits.backup_lock_seconds)  # noqa: E731
        self.backups = BackupKeeper(self.folder, settings, clock, hold)
        disk = Disk(self.folder, database, limits)
        self.news = News(
            [lambda: disk.warnings, lambda: self.backups.warnings, lambda: self.problems], self.backups.run_of_now,
            disk, bus, limits,
        )  # fmt: skip
        ground = Ground(memory_bytes=2**31, processors=2, disk_kind="solid")
        server = Server(
            settings, database, ground, clock, self.backups, disk, self.news, lambda: 3, lambda: (2**28, 2**40)
        )  # fmt: skip
        self.core = LocalCore(
            database, bus, clock, self.agents, self.inboxes, self.sessions, self.visitors, self.messages,
            self.conversations, self.history, self.presence, self.files, lambda: self.news.now, self.router.before,
            self.queue.of,
        )  # fmt: skip
        self.index = Search(database, limits)
        await self.agents.load()
        await self.roles.load()
        await self.inboxes.load()
        await self.schedules.load()
        await self.visitors.blocks.load()
        await self.presence.load()
        await self.mail.load()
        await self.router.load()
        self.canned = CannedReplies(database, ids, clock, limits)
        ticketing = Ticketing(database, ids, clock, self.tickets, self.agents.names)
        self.tools = Tools.over(
            database, ids, clock, limits, locks, self.messages, self.conversations, ticketing, self.agents.names
        )
        self.channels = Channels(database, ids, clock, self.messages, self.inboxes, self.visitors.blocks, limits)
        beneath = SourceGround(
            database, self.records, self.tickets, self.outbox, self.bus, ids, clock, lambda: 0.5, self.folder, limits,
            self.channels, self.tools.actions, self.files,
        )  # fmt: skip
        self.joined = JoinedSystems(beneath)
        self._leaving.push_async_callback(self.joined.close)
        self.own_fields = OwnFields(database, ids, limits)
        self.ticket_statuses = TicketStatuses(database, ids, limits)
        self.ticket_views = TicketViews(database, ids, clock, limits)
        self.merging = ContactMerging(database, ids, clock, limits)
        self.tokens = Tokens(database, ids, clock, bus, limits)
        rooms = Rooms(
            self.core, database, self.mail, self.setup, self.authentication, self.credentials, self.sessions,
            self.agents,
            self.inboxes, self.visitors, self.contacts, self.organisations, self.records, self.joined,
            self.introductions,
            self.files, self.messages,
            self.conversations, self.history, self.presence, self.schedules, self.blocking,
            Site(database, self.presence, limits),
            self.receptionist,
            self.offline_messages, self.ratings,
            MessageSearch(database, self.index), Drafts(database, clock, limits), self.canned, self.tools,
            self.tickets, TicketQueries(database, clock, limits),
            ticketing, self.own_fields, self.ticket_statuses, TicketNotices(database, limits),
            self.ticket_views, server, AuditLog(database, clock, limits), self.rules, self.router,
            self.roles, self.customers, self.merging,
            Imports(database, self.agents, self.contacts, self.organisations, self.canned, limits),
            Exports(database), self.tokens,
        )  # fmt: skip
        self.api = Api(
            rooms,
            settings,
            ids,
            clock,
            self.metrics,
            lambda: self.draining,
            examine=self._examined,
            heard=Heard(settings),
            starting=lambda: self.starting,
        )
        self._leaving.push_async_callback(self.api.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leaving.aclose()

    async def _examined(self) -> Report:
        """As the appliance does it, without what a server tells of itself."""
        subject = Subject(
            settings=self.settings,
            folder=Folder(self.folder),
            machine=Machine(),
            clock=self.clock,
            deep=False,
            holder=0,
            live=None,
        )
        return await asyncio.to_thread(examine, subject)

    async def call(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """As `call_from`, from this machine."""
        return await self.call_from("127.0.0.1", method, path, **asked)

    async def call_from(
        self,
        address: str,
        method: str,
        path: str,
        *,
        cookie: str = "",
        bearer: str = "",
        headers: Mapping[str, str] = {},
        own: bool = True,
        json: Any = None,
        content: Any = None,
    ) -> httpx.Response:
        """A request as a browser on our own page sends it; `own` False leaves its Origin out."""
        sent = {"origin": f"http://{HOST}"} if own else {}
        if content is not None and "content-type" not in headers:
            sent["content-type"] = "application/json"
        if cookie:
            sent["cookie"] = f"{COOKIE}={cookie}"
        if bearer:
            sent["authorization"] = f"Bearer {bearer}"
        # what the application does not catch must not look like an answer, but nothing of it may reach the client
        transport = httpx.ASGITransport(self.api.application, raise_app_exceptions=False, client=(address, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            return await client.request(method, path, headers={**sent, **headers}, json=json, content=content)


class Known(Struct, frozen=True):
    """A visitor, his token and what is his."""

    contact_id: str
    token: str
    conversation_id: str
    message_id: str
    file_id: str
    upload_id: str


class World(Struct, frozen=True):
    """People and things of a desk: cookies of agents, two visitors at the inboxes of two teams."""

    owner: str
    owner_id: str
    owner_session_id: str
    north: str  # an agent of team north
    north_id: str
    south: str  # an agent of team south: what is north's is not his
    observer: str
    disabled: str
    expired: str
    team_id: str
    inbox_id: str
    ticket_id: str  # of team north, about ann's matter
    own_field_ids: dict[Noun, str]
    organisation_id: str
    record_id: str
    status_id: str  # of the desk's own
    view_id: str  # the owner's own
    canned_id: str  # the owner's own reply
    tag_id: str
    macro_id: str  # the owner's own
    ann: Known  # at the inbox of team north
    ben: Known  # at the inbox of team south


async def furnish(desk: Desk) -> World:
    """Fill an empty desk."""
    north = await desk.agents.create_team(SYSTEM, NewTeam("North"))
    south = await desk.agents.create_team(SYSTEM, NewTeam("South"))
    north_inbox = await desk.inboxes.create(SYSTEM, NewInbox("North shop", team_id=north.id))
    south_inbox = await desk.inboxes.create(SYSTEM, NewInbox("South shop", team_id=south.id))
    ids = {name: await _agent(desk, name, role, teams) for name, role, teams in (
        ("owner", "owner", ()), ("north", "agent", (north.id,)), ("south", "agent", (south.id,)),
        ("observer", "observer", ()), ("disabled", "owner", ()),
    )}  # fmt: skip
    cookies = {name: (await desk.sessions.begin(agent_id, "", "")).secret for name, agent_id in ids.items()}
    await desk.agents.change(SYSTEM, ids["disabled"], AgentChange(disabled=True))
    desk.clock.jump(-60 * 86_400)
    expired = (await desk.sessions.begin(ids["owner"], "", "")).secret
    desk.clock.jump(60 * 86_400)
    owner = await desk.sessions.principal(cookies["owner"])
    assert owner is not None
    macro = await desk.tools.macros.create(owner, NewMacro("Mine", (WriteNote("Seen."),)))
    mine = await desk.canned.create(owner, NewCannedReply("mine", "My own", "Hello."))
    ann = await _visitor(desk, north_inbox.id, "1")
    about = NewTicket("Order 1", team_id=north.id, conversation_ids=(ann.conversation_id,))
    ticket = await desk.tickets.create(SYSTEM, "", about)
    own = {noun: await desk.own_fields.create(SYSTEM, NewField(FieldKind.TEXT, "Batch", "批次"), noun) for noun in Noun}
    organisation = await desk.organisations.create(SYSTEM, NewOrganisation("Acme"))
    order = desk.records.prepared("mall", RecordKind.ORDER, Brought({"id": "1"}), "v1")
    await desk.database.write(lambda tx: desk.records.write(tx, [order]))
    status = await desk.ticket_statuses.create(SYSTEM, NewStatus(Category.WAITING, "At the carrier", "承运商处理"))
    view = await desk.ticket_views.create(owner, NewView("Late", {"overdue": "1"}))
    return World(
        owner=cookies["owner"], owner_id=ids["owner"], owner_session_id=owner.session_id,
        north=cookies["north"], north_id=ids["north"],
        south=cookies["south"], observer=cookies["observer"], disabled=cookies["disabled"], expired=expired,
        team_id=north.id, inbox_id=north_inbox.id, ticket_id=ticket.id,
        own_field_ids={noun: one.id for noun, one in own.items()},
        status_id=status.id, view_id=view.id, organisation_id=organisation.id, record_id=order.record.id,
        canned_id=mine.id, macro_id=macro.id, tag_id=(await desk.tools.tags.create(SYSTEM, NewTag("Refund"))).id,
        ann=ann, ben=await _visitor(desk, south_inbox.id, "2"),
    )  # fmt: skip


async def _agent(desk: Desk, name: str, role: str, teams: tuple[str, ...]) -> str:
    new = NewAgent(name.title(), f"{name}@desk.example", role, PASSWORD, teams)
    return (await desk.agents.create(SYSTEM, new)).id


async def _visitor(desk: Desk, inbox_id: str, digit: str) -> Known:
    session = await desk.visitors.session(inbox_id, language="en")
    visitor = session.visitor
    attachment = await upload(desk, visitor)
    ack = await desk.messages.accept(visitor, Send(digit * 32, None, f"Where is order {digit}?", (attachment,)))
    begun = await desk.files.uploads.begin(visitor, "later.txt", 11)
    return Known(visitor.contact_id, session.token, ack.conv, ack.id, attachment, begun.id)


async def upload(desk: Desk, visitor: Visitor | Agent) -> str:
    """A small picture of his."""

    async def stream() -> AsyncIterator[bytes]:
        yield PNG

    return (await desk.files.receive(visitor, "picture.png", stream())).id


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is sure to come; fails when it does not."""
    async with asyncio.timeout(60):  # against hanging
        while not condition():
            await asyncio.sleep(0.005)
