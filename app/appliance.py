"""The composition root: builds every room, opens the doors, owns the one task group.

The only place that names a concrete engine. Called by `commands`.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from app import __version__
from app.accounts.agents import Agents
from app.accounts.audit import AuditLog
from app.accounts.authentication import Authentication
from app.accounts.credentials import Credentials
from app.accounts.fields import OwnFields
from app.accounts.inboxes import Inboxes
from app.accounts.passwords import Passwords
from app.accounts.roles import Roles
from app.accounts.schedules import Schedules
from app.accounts.sessions import Sessions
from app.accounts.setup import Owner, Setup
from app.accounts.tokens import Tokens
from app.adapters.ground import Ground as SourceGround
from app.adapters.joined import JoinedSystems
from app.adapters.protocols.grpc_door import GrpcDoor, Programs
from app.addresses import Ports, listeners, machine_names, public_urls, scheme, urls
from app.api.app import Api, Rooms
from app.api.call import trace_of
from app.backups.keeper import BackupKeeper, in_a_thread
from app.bus.bus import Bus
from app.bus.memory import MemoryBus
from app.census import Census
from app.certificates.page import fingerprint, root_pages
from app.certificates.places import places
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
from app.contacts.customers import Customers
from app.contacts.identity import Visitors
from app.contacts.introductions import Introductions
from app.contacts.merging import ContactMerging
from app.contacts.organisations import Organisations
from app.contacts.seal import Seal
from app.control import (
    Answer,
    Backup,
    ControlServer,
    Examine,
    Export,
    Far,
    Figures,
    Hear,
    Import,
    ReadSource,
    Ready,
    RebuildSearch,
    ReplayLetters,
    ReplayOutbox,
    Request,
    SetUpLink,
    SetUpOwner,
    Status,
    nobody,
)
from app.demo import folder as demo_folder
from app.demo.seed import seed
from app.exchange.exports import Exports, Table
from app.exchange.imports import Imports, Kind
from app.files.refusals import files_nearly_full
from app.files.transfer import Files
from app.folder import Folder
from app.gateway.download import Downloads
from app.gateway.front import Front
from app.gateway.http_server import HttpServer
from app.gateway.link import LinkServer
from app.gateway.local import LocalCore
from app.gateway.plain import Plain
from app.gateway.proxies import Heard
from app.health import vitals
from app.health.vitals import Vitals
from app.locks.memory import MemoryLocks
from app.mail.posting import Posting
from app.mail.rooms import Mail, MailGround
from app.model.clock import Clock, SystemClock
from app.model.errors import Defect, Problem, unauthenticated
from app.model.ids import Ids
from app.model.principals import Agent, System
from app.model.server import Ground
from app.outbox.outbox import Outbox
from app.records.records import Records
from app.server.disk import Disk
from app.server.news import News, Source
from app.server.server import Server
from app.settings import Limits, Settings, adopt, host_and_port
from app.signals import Signals
from app.storage import archive, events, fencing
from app.storage.checks import write_check
from app.storage.search import Search
from app.storage.sqlite import SqliteDatabase
from app.telemetry import heap, log
from app.telemetry.collector import Collector
from app.telemetry.log import logger
from app.telemetry.memory import Memory
from app.telemetry.metrics import Metrics
from app.telemetry.notify import Notify
from app.telemetry.pressure import Pressure
from app.telemetry.process import family_held_bytes
from app.tickets.notices import TicketNotices
from app.tickets.queries import TicketQueries
from app.tickets.statuses import TicketStatuses
from app.tickets.tickets import Tickets
from app.tickets.views import TicketViews
from app.web.assets import DIST, Assets
from app.workers import Workers

if TYPE_CHECKING:
    from app.certificates.keeper import Keeper

_SYSTEM = System()
_DEMO_SEED = 2_026
_HOUR_MS = 3_600_000
_PIECE_BYTES = 65_536
_BY_GATEWAY = {  # fields of `gateway.core.Figures`
    "connections": "Open connections of a gateway process, sockets included.",
    "sockets": "Open WebSockets of a gateway process.",
    "downloads": "Files that a gateway process sends.",
    "tls_handshakes_failed": "TLS handshakes of a gateway process that failed.",
    "tasks": "Tasks of a gateway process's event loop.",
    "descriptors": "Open descriptors of a gateway process.",
    "resident_bytes": "Resident memory of a gateway process.",
    "cpu_seconds": "CPU time of a gateway process since its start.",
}
_log = logger("appliance")

Say = Callable[[str, str], None]


class House(Struct, frozen=True):
    """What the appliance is made of, below its doors."""

    settings: Settings
    folder: Folder
    clock: SystemClock
    ids: Ids
    metrics: Metrics
    database: SqliteDatabase
    locks: MemoryLocks
    outbox: Outbox
    index: Search
    core: LocalCore
    rooms: Rooms
    pressure: Pressure
    collector: Collector
    keeper: "Keeper | None"  # of the certificate, where the port is encrypted
    backups: BackupKeeper
    news: News
    queue: Queue
    joined: JoinedSystems
    programs: GrpcDoor


class Doors(Struct, frozen=True):
    """What is open; `adopt` tells the gateways of settings that this process has taken over."""

    ports: Ports
    adopt: Callable[[Settings], None]


async def serve(settings: Settings, ground: Ground, say: Say, notify: Notify, read: Callable[[], Settings]) -> None:
    """Serve until TERM or INT; `say` tells the person at the terminal where to go, in both languages.

    `ground` is what the server stands on. `notify` hears that it starts, serves, turns and stops; at HUP `read` gives
    the settings anew.
    """
    began = time.monotonic()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = Signals(stop, SystemClock(), settings.limits)
    signals.heed(loop)
    folder = Folder(settings.data)
    demo_folder.admit(folder.root, demo=settings.demo)
    async with (
        _starting(notify, settings.limits, stop) as started,
        _built(settings, folder, ground) as house,
        _opened(house, stop, read) as doors,
    ):
        ports = doors.ports
        house.collector.settle()
        _log.info(
            "serving",
            extra={"port": ports.internal, "public_port": ports.public, "ms": round((time.monotonic() - began) * 1000)},
        )
        await _greet(house, ports, say)
        status = f"Serving {urls(settings, ports)[0]}"
        signals.reload_by(loop, partial(_reload, house, doors, notify, status, read))
        started(status)
        await stop.wait()
        notify.stopping()
        _log.info("stopping")


async def carry_alone(settings: Settings, request: Request, hear: Hear = nobody) -> Answer:
    """Carry out a command's request while no server holds the data folder; `hear` is told how far it is."""
    folder = Folder(settings.data)
    with folder.held():
        async with _built(settings, folder, Ground()) as house:
            carrier = _Carrier(house, _known(Ports(host_and_port(settings.listen)[1])))
            try:
                answer = await carrier.carry(request, hear)
            finally:
                await house.joined.close()  # a source that was begun for it
            if isinstance(request, RebuildSearch):
                answer = await carrier.rebuild_search(hear)
            return answer


def _reload(house: House, doors: Doors, notify: Notify, status: str, read: Callable[[], Settings]) -> None:
    """Take over what may change while it runs, and look at the certificate; a wrong file changes nothing."""
    notify.reloading()
    try:
        wanted = read()
    except Problem as problem:
        _log.error("the configuration stays as it was", extra={"code": problem.code, "reason": problem.en})
    else:
        changed, kept = adopt(house.settings, wanted)
        log.set_level(house.settings.log_level)
        doors.adopt(wanted)
        _log.info("the configuration was read again", extra={"changed": changed})
        if kept:
            _log.warning("these settings change at the next start alone", extra={"settings": kept})
    if house.keeper is not None:
        house.keeper.look_again()
    notify.ready(status)


@asynccontextmanager
async def _starting(notify: Notify, limits: Limits, stop: asyncio.Event) -> AsyncIterator[Callable[[str], None]]:
    """Tell the service manager that the start goes on, then, once the yielded verb was called, that the loop turns.

    A start that is to `stop` tells no more: it would be given time without end to do so.
    """
    if not notify.listens:
        yield notify.ready
        return
    ready = asyncio.Event()

    def started(status: str) -> None:
        notify.ready(status)
        ready.set()

    async def tell() -> None:
        while not ready.is_set() and not stop.is_set():
            notify.starting(3 * limits.start_news_seconds)
            with suppress(TimeoutError):
                await asyncio.wait_for(ready.wait(), limits.start_news_seconds)
        while notify.watchdog_seconds:
            notify.alive()
            await asyncio.sleep(notify.watchdog_seconds / 2)

    telling = asyncio.create_task(tell())
    try:
        yield started
    finally:
        telling.cancel()
        notify.close()


async def rehearse(settings: Settings) -> None:
    """All of a start but the doors and what is done behind them: migrations, rooms, one write. Of a copy."""
    folder = Folder(settings.data)
    with folder.held():
        async with _built(settings, folder, Ground()) as house:
            await write_checked(house)
            Assets.load(DIST, demo=False)


async def write_checked(house: House) -> None:
    """Raise the `Problem` that keeps writes from the disk."""
    now = house.clock.now_ms()
    await house.database.write(lambda tx: write_check(tx, now))


@asynccontextmanager
async def _built(settings: Settings, folder: Folder, ground: Ground) -> AsyncIterator[House]:
    """Every room over the data folder, closed in the opposite order."""
    clock, metrics, limits = SystemClock(), Metrics(), settings.limits
    ids = Ids(clock)
    bus = MemoryBus(limits)
    bus.subscribe(metrics.heard)

    def measure(units: int, seconds: float) -> None:
        metrics.commit_units.observe(units)
        metrics.commit_seconds.observe(seconds)

    database = await SqliteDatabase.open(folder.database, settings, clock, bus.publish, measure)
    passwords = Passwords(limits)
    try:
        memory = Memory(family_held_bytes, lambda: limits.memory_bytes_max)
        pressure = Pressure(memory, limits, metrics, heap.trim)
        locks = MemoryLocks(clock, limits, await fencing.first_token(database))
        agents = Agents(database, ids, clock, passwords, bus, limits)
        sessions = Sessions(database, ids, clock, bus, limits)
        authentication = Authentication(database, ids, clock, passwords, sessions, limits)
        credentials = Credentials(database, ids, clock, passwords, authentication, sessions, limits)
        inboxes = Inboxes(database, ids, clock, limits)
        setup = Setup(database, ids, clock, passwords, sessions, inboxes, limits)
        visitors = Visitors(database, ids, clock, limits, pressure.sheds)
        bus.subscribe(visitors.blocks.heard)
        contacts = Contacts(database, ids, clock, limits)
        organisations = Organisations(database, ids, clock, limits)
        records = Records(database, ids, clock, limits)
        introductions = Introductions(database, ids, clock, inboxes, limits)
        customers = Customers(database, ids, clock, inboxes, Seal(folder.root / "keys"), limits)
        files = Files(database, ids, clock, folder.files, limits, settings.files, partial(_public_home, settings))
        posting = Posting(limits)
        messages = Messages(database, ids, clock, settings, agents.names, posting.note)
        conversations = Conversations(database, ids, clock, locks, limits, agents.names)
        history = History(database, limits, agents.names)
        presence = Presence(bus, database, inboxes, contacts, limits, clock, pressure.sheds)
        rules = RoutingRules(database)
        roles = Roles(database, ids, clock, limits)
        offers = Offers(ids, clock, agents.names, roles.rights_known)
        router = Router(database, clock, locks, rules, presence, bus, limits, offers)
        queue = Queue(database, bus, clock, rules, presence, limits, offers.usable)
        blocking = Blocking(database, ids, clock, limits, visitors.blocks, presence, bus, agents.names)
        schedules = Schedules(database, ids, limits)
        receptionist = Receptionist(database, inboxes, schedules, presence, clock, limits)
        tickets = Tickets(database, ids, clock, limits, agents.names)
        offline_messages = OfflineMessages(database, ids, clock, limits, tickets, agents.names)
        ratings = Ratings(database, ids, clock, limits, agents.names)
        ticketing = Ticketing(database, ids, clock, tickets, agents.names)
        tools = Tools.over(
            database, ids, clock, limits, locks, messages, conversations, ticketing, agents.names
        )  # fmt: skip
        patience = Patience(database, ids, inboxes, bus, limits, agents.names, tools.alarm.arm)
        tools.alarm.sleepers = (*tools.alarm.sleepers, patience)
        canned = CannedReplies(database, ids, clock, limits)
        index = Search(database, limits)
        outbox = Outbox(database, clock, settings)
        outbox.handle("search", index.update)
        mail = Mail.over(
            MailGround(
                database, ids, clock, limits, outbox, passwords, inboxes, messages, files, posting, agents.names,
                visitors.blocks, folder.root / "keys", partial(_home, settings),
            )
        )  # fmt: skip
        backups = BackupKeeper(folder.root, settings, clock, lambda: locks.hold("backup", limits.backup_lock_seconds))
        keeper = _keeper(settings, clock)
        disk = Disk(folder.root, database, limits)
        core = LocalCore(
            database, bus, clock, agents, inboxes, sessions, visitors, messages, conversations, history, presence,
            files, lambda: news.now, router.before, queue.of,
        )  # fmt: skip
        sources = _sources(settings, ground, keeper, backups, pressure, disk, files, core)
        news = News((*sources, lambda: joined.troubles()), backups.run_of_now, disk, bus, limits)
        server = Server(
            settings, database, ground, clock, backups, disk, news, lambda: round(metrics.value("connections") or 0),
            pressure.bytes,
        )  # fmt: skip
        beneath = SourceGround(
            database, records, tickets, outbox, bus, ids, clock, Random().random, folder.root, limits,
            Channels(database, ids, clock, messages, inboxes, visitors.blocks, limits), tools.actions, files,
        )  # fmt: skip
        joined = JoinedSystems(beneath)
        rooms = Rooms(
            core, database, mail, setup, authentication, credentials, sessions, agents, inboxes, visitors, contacts,
            organisations, records, joined, introductions, files, messages, conversations, history, presence, schedules,
            blocking,
            Site(database, presence, limits), receptionist,
            offline_messages, ratings,
            MessageSearch(database, index), Drafts(database, clock, limits),
            canned, tools,
            tickets, TicketQueries(database, clock, limits),
            ticketing, OwnFields(database, ids, limits),
            TicketStatuses(database, ids, limits), TicketNotices(database, limits),
            TicketViews(database, ids, clock, limits), server, AuditLog(database, clock, limits), rules, router,
            roles, customers,
            ContactMerging(database, ids, clock, limits),
            Imports(database, agents, contacts, organisations, canned, limits),
            Exports(database), Tokens(database, ids, clock, bus, limits),
        )  # fmt: skip
        if settings.demo:
            await seed(database, folder.files, _DEMO_SEED, clock.now_ms())
        for room in (rooms.imports, agents, rooms.roles, inboxes, schedules, visitors.blocks, presence, mail, router):
            await room.load()
        metrics.watch("writes_waiting", "Writes that wait for a commit.", lambda: database.writes_waiting)
        metrics.watch("files_bytes", "What all files take, as last counted.", lambda: files.uploads.quota.held)
        collector = Collector(limits)
        metrics.watch(
            "gc_longest_pause_seconds", "Longest stop for collecting garbage.", lambda: collector.longest_seconds
        )
        metrics.watch(
            "gc_longest_pause_cpu_seconds", "The most computing for one such.", lambda: collector.longest_cpu_seconds
        )
        metrics.watch("tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))
        _show_backups(metrics, backups)
        _show_sources(metrics, joined)
        yield House(
            settings,
            folder,
            clock,
            ids,
            metrics,
            database,
            locks,
            outbox,
            index,
            core,
            rooms,
            pressure,
            collector,
            keeper,
            backups,
            news,
            queue,
            joined,
            GrpcDoor(partial(_programs, rooms, bus, settings, clock)),
        )
        presence.close()
    finally:
        passwords.close()
        await database.close()


def _home(settings: Settings) -> str:
    """Where the console is, for links in letters: as `urls` of the configured port, the likeliest."""
    return urls(settings, Ports(host_and_port(settings.listen)[1]))[0]


def _public_home(settings: Settings) -> str:
    """Where other systems reach us: the public address, where one is configured."""
    return settings.public_url.rstrip("/") or _home(settings)


def _show_sources(metrics: Metrics, joined: JoinedSystems) -> None:
    metrics.watch_each(
        "source_records", "Records of a joined system that were worked on.", "source",
        lambda: [(name, tally.records) for name, tally in joined.figures.items()],
    )  # fmt: skip
    metrics.watch_each(
        "source_failing", "1 where a joined system fails or is away.", "source",
        lambda: [(name, how.state in ("failing", "down")) for name, how in joined.states.items()],
    )  # fmt: skip
    metrics.watch_each(
        "source_held_seconds", "When a joined system was last well, in seconds since 1970.", "source",
        lambda: [(name, how.held_at / 1_000) for name, how in joined.states.items()],
    )  # fmt: skip


def _show_backups(metrics: Metrics, backups: BackupKeeper) -> None:
    metrics.watch("backup_age_seconds", "How old the newest good backup is.", lambda: backups.age_seconds)
    failed = "1 where the last scheduled backup failed."
    metrics.watch("backup_failed", failed, lambda: backups.facts.problem is not None)
    metrics.watch("backups_kept", "Scheduled backups that are there.", lambda: backups.facts.kept)
    metrics.watch("backups_bytes", "What they take on the disk.", lambda: backups.facts.bytes)


def _keeper(settings: Settings, clock: SystemClock) -> "Keeper | None":
    """Who keeps the certificate good; imported only where there is one, for `cryptography` costs time and memory."""
    if settings.tls.mode == "off":
        return None
    from app.certificates.keeper import Keeper

    return Keeper(settings, clock, Random(), machine_names)


@asynccontextmanager
async def _opened(house: House, stop: asyncio.Event, read: Callable[[], Settings]) -> AsyncIterator[Doors]:
    """The doors. Closing drains: sockets get 1012, answers finish, the outbox puts down its pen."""
    if house.keeper is not None:
        house.keeper.prepare()
    assets = Assets.load(DIST, house.settings.demo)
    downloads = Downloads(house.settings.limits)
    known: asyncio.Future[Ports] = asyncio.get_running_loop().create_future()
    heard = Heard(house.settings)
    own = _vitals(house, known, heard, read)
    api = Api(
        house.rooms, house.settings, house.ids, house.clock, house.metrics, stop.is_set, assets, downloads,
        examine=own.report, heard=heard, starting=lambda: not known.done(), around=house.programs.before,
    )  # fmt: skip
    http = HttpServer(api.application, house.settings.limits, house.clock, house.settings.trusted_proxies)
    await http.start()
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(http.stop)
        # before the doors: whoever sees that the server is ready may give it commands
        control = ControlServer(house.folder.control, _Carrier(house, known, own).carry)
        await control.start()
        leaving.push_async_callback(control.stop)
        if house.settings.workers:
            doors, watch = await _open_beside(house, http, leaving)
        else:
            doors, watch = await _open_here(house, assets, http, downloads, leaving)
        leaving.callback(watch.close)  # where the next one fails it comes to nothing, without a word
        certify = () if house.keeper is None else (await _certify(house, house.keeper, doors.ports.internal, leaving),)
        chores = [house.outbox.run(), house.index.run(), house.backups.run(), _keep_house(house)]
        chores += [house.rooms.tools.alarm.run()]
        chores += [house.pressure.run(house.news.hurry), house.news.run(), watch, *certify]
        chores += [house.rooms.mail.watch.run(), house.rooms.mail.follow_ups.run()]
        chores += [house.rooms.router.run(), house.queue.run(), house.joined.run()]
        leaving.push_async_callback(api.close)
        leaving.push_async_callback(house.programs.close)
        known.set_result(doors.ports)
        async with _chores(chores, stop):
            yield doors


def _programs(rooms: Rooms, bus: Bus, settings: Settings, clock: Clock) -> Programs:
    """gRPC for programs, loaded with the first call."""
    from app.adapters.desk.desk_service import Desk, DeskService
    from app.adapters.protocols.grpc_server import GrpcServer

    async def authenticate(secret: str, address: str) -> Agent:
        agent = await rooms.tokens.principal(secret, address)
        if agent is None:
            raise unauthenticated()
        return agent

    desk = Desk(
        rooms.tickets, rooms.ticket_queries, rooms.conversations, rooms.history, rooms.messages, rooms.records,
        rooms.database, bus,
    )  # fmt: skip
    service = DeskService(desk, authenticate, settings.limits)
    return GrpcServer(
        service.schema, service.handlers, authenticate, clock, settings.limits,
        address=lambda scope: trace_of(scope).client.address, reflection=settings.grpc_reflection,
    )  # fmt: skip


def _vitals(house: House, known: "asyncio.Future[Ports]", heard: Heard, read: Callable[[], Settings]) -> Vitals:
    """What the doctor asks of this server."""
    settings, keeper = house.settings, house.keeper

    async def ports() -> list[str]:
        found = await known
        internal = f"{settings.listen.rpartition(':')[0]}:{found.internal}"
        public = [f"{settings.public_listen.rpartition(':')[0]}:{found.public}"] if found.public else []
        plain = [settings.tls.http_listen] if keeper is not None and settings.tls.http_listen else []
        return [internal, *public, *plain]

    rooms = vitals.Rooms(
        house.database,
        house.outbox,
        house.backups,
        house.pressure,
        heard,
        lambda: list(keeper.warnings) if keeper is not None else [],
        lambda: house.core.crowds,
        ports,
        read,
        partial(_mail_health, house),
        partial(_source_health, house.joined),
    )
    return Vitals(settings, house.folder, house.clock, rooms)


async def _mail_health(house: House) -> vitals.MailHealth:
    """How it goes with the mail servers that are set."""
    servers, troubles = await house.rooms.mail.health()
    return vitals.MailHealth(servers, troubles[0] if troubles else None)


def _source_health(joined: JoinedSystems) -> vitals.SourceHealth:
    """How it goes with the joined systems, the worst first."""
    return vitals.SourceHealth(tuple(sorted(joined.states)), next(iter(joined.troubles()), None))


async def _open_here(
    house: House, assets: Assets, http: HttpServer, downloads: Downloads, leaving: AsyncExitStack
) -> tuple[Doors, Coroutine[None, None, None]]:
    """`workers = 0`: the gateway runs in this process; the doors, and the watch over what its people hold."""
    front = Front(house.core, assets, http, house.settings, house.clock, house.ids, downloads=downloads)
    listen, public = house.settings.listen, house.settings.public_listen
    ports = Ports(await front.start(listen), await front.start_public(public) if public else 0)
    leaving.push_async_callback(front.stop)
    house.metrics.watch("connections", "Open connections, sockets included.", lambda: front.connections)
    house.metrics.watch("sockets", "Open WebSockets.", lambda: front.hub.sockets)
    if front.tls is not None:
        house.metrics.watch("tls_handshakes_failed", "TLS handshakes that failed.", lambda: front.failed_handshakes)
    return Doors(ports, lambda read: front.look_again()), house.collector.run(lambda: front.connections)


async def _open_beside(
    house: House, http: HttpServer, leaving: AsyncExitStack
) -> tuple[Doors, Coroutine[None, None, None]]:
    """`workers = N`: gateways run beside this process; the doors, and the watch over them."""
    link = LinkServer(house.core, house.settings.limits, house.ids)
    await link.start(house.folder.core)
    leaving.push_async_callback(link.stop)
    await http.listen(house.folder.http)
    workers = Workers(house.settings)
    leaving.push_async_callback(workers.stop)
    ports = Ports(*await workers.start())
    house.metrics.watch("gateways", "Gateway processes that are linked.", lambda: link.gateways)
    _show_gateways(house.metrics, link, encrypted=house.keeper is not None)
    return Doors(ports, workers.adopt), workers.watch()


def _show_gateways(metrics: Metrics, link: LinkServer, *, encrypted: bool) -> None:
    """What gateway processes tell of themselves every few seconds: by gateway, and what one process shows, in sum."""
    for name, text in (
        ("connections", "Open connections, sockets included."),
        ("sockets", "Open WebSockets."),
        *((("tls_handshakes_failed", "TLS handshakes that failed."),) if encrypted else ()),
    ):
        metrics.watch(name, text, partial(_sum_of, link, name))
    for name, text in _BY_GATEWAY.items():
        metrics.watch_each(f"gateway_{name}", text, "gateway", partial(_each_of, link, name))
    metrics.watch_each(
        "gateway_figures_age_seconds",
        "How long ago a gateway process told of itself.",
        "gateway",
        lambda: [(str(figures.gateway), age) for figures, age in link.figures],
    )


def _sum_of(link: LinkServer, name: str) -> float:
    return float(sum(getattr(figures, name) for figures, _ in link.figures))


def _each_of(link: LinkServer, name: str) -> list[tuple[str, float]]:
    return [(str(figures.gateway), getattr(figures, name)) for figures, _ in link.figures]


async def _certify(house: House, keeper: "Keeper", port: int, leaving: AsyncExitStack) -> Coroutine[None, None, None]:
    """The answers to who comes by plain HTTP, and the watch over the certificate."""
    settings = house.settings
    if settings.tls.http_listen:
        plain = Plain(settings, house.clock, house.ids, port, root_pages(settings), keeper.answers)
        await plain.start(settings.tls.http_listen)
        leaving.push_async_callback(plain.stop)
    house.metrics.watch(
        "certificate_ends_seconds", "When the port's certificate ends, in seconds since 1970.", lambda: keeper.ends
    )
    return keeper.run()


@asynccontextmanager
async def _chores(works: Sequence[Coroutine[None, None, None]], stop: asyncio.Event) -> AsyncIterator[None]:
    """Run these beside the body; one that fails takes the server down, to be started again."""
    tasks = [asyncio.create_task(work) for work in works]
    for task in tasks:
        task.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


async def _keep_house(house: House) -> None:
    """What is done once in a while: forget what is over. A full disk puts it off; it must not end the server."""
    limits = house.settings.limits
    chores: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: events.prune(house.database, limits, house.clock.now_ms()),
        house.rooms.sessions.sweep,
        house.rooms.mail.links.sweep,
        house.rooms.files.sweep,
        house.rooms.audit.tell,
    )
    await asyncio.sleep(await _meet_clock(house))
    while True:
        await asyncio.sleep(limits.housekeeping_seconds)
        for chore in chores:
            try:
                await chore()
            except (Problem, OSError) as error:
                _log.warning("a chore was put off", extra={"reason": str(error)})


async def _meet_clock(house: House) -> float:
    """Compare the clock with the newest stored time; the seconds for which nothing is to be deleted by it.

    Behind that time it was set back while no server ran: what waits to be tried again would wait for so long. Far ahead
    of it, it may be wrong, or the server was off for days, which cannot be told apart.
    """
    limits = house.settings.limits
    try:
        newest = await events.latest_at(house.database)
        gap_ms = 0 if newest is None else house.clock.now_ms() - newest
        if gap_ms <= -limits.clock_leap_ms_min:
            facts = {"seconds": round(-gap_ms / 1_000)}
            _log.warning("the clock is behind the newest stored time: check the machine's clock", extra=facts)
            await house.outbox.shift(gap_ms)
        elif gap_ms >= limits.clock_gap_hours * _HOUR_MS:
            facts = {"hours": round(gap_ms / _HOUR_MS), "nothing_deleted_seconds": round(limits.clock_doubt_seconds)}
            _log.warning("nothing was stored for long, or the clock is ahead: check the machine's clock", extra=facts)
            return limits.clock_doubt_seconds
    except Problem as problem:  # the disk is full, say: what waits is tried when it is due
        _log.warning("the clock was not looked at", extra={"code": problem.code})
    return 0.0


def _known(ports: Ports) -> "asyncio.Future[Ports]":
    doors = asyncio.get_running_loop().create_future()
    doors.set_result(ports)
    return doors


class _Carrier:
    """Carries out the requests of the command line; what asks for the ports waits until the doors are open."""

    def __init__(self, house: House, doors: "asyncio.Future[Ports]", own: Vitals | None = None) -> None:
        self._house = house
        self._doors = doors
        self._census = Census(
            house.settings, house.folder, house.clock, house.database, house.outbox, house.rooms.presence,
            house.backups, house.pressure, house.metrics,
        )  # fmt: skip
        self._own = own

    async def carry(self, request: Request, hear: Hear = nobody) -> Answer:
        """The answer to one request, `hear` is told how far it is; raises the `Problem` that a person is to read."""
        match request:
            case Status():
                return await self._status()
            case Backup():
                return await self._backup(Path(request.file), request.passphrase, hear if request.watched else nobody)
            case SetUpLink():
                return await self._link(reset=request.reset)
            case SetUpOwner():
                return await self._owner(request)
            case Figures():
                return {"page": self._house.metrics.render().decode()}
            case Ready():
                return await self._ready()
            case Examine():
                return await self._examine()
            case ReplayOutbox() | ReadSource() | ReplayLetters():
                return await self._again(request)
            case Import() | Export():
                return await self._exchange(request, hear if request.watched else nobody)
            case RebuildSearch():
                if request.begin:
                    await self._house.index.begin_rebuild()
                return await self._rebuilt()

    async def rebuild_search(self, hear: Hear) -> Answer:
        """Go on with a rebuild to its end, where no server does."""
        while await self._house.index.rebuild_some():
            how = await self._house.index.rebuilt()
            hear(Far("indexing", how.reached, how.newest))
        return await self._rebuilt()

    async def _rebuilt(self) -> Answer:
        how = await self._house.index.rebuilt()
        return {"done": how.done, "reached": how.reached, "newest": how.newest}

    async def _ready(self) -> Answer:
        await self._doors
        await write_checked(self._house)
        return {"version": __version__}

    async def _examine(self) -> Answer:
        if self._own is None:
            raise Defect("only a server that serves is asked for what it alone knows")
        live: Answer = msgspec.to_builtins(await self._own.live())
        return live

    async def _again(self, request: ReplayOutbox | ReadSource | ReplayLetters) -> Answer:
        joined = self._house.joined
        match request:
            case ReadSource():
                how = await joined.read_now(request.name)
                counts: Answer = msgspec.to_builtins(how.counts)
                return {"name": how.name, "state": how.state, "code": how.code, "en": how.en, "zh": how.zh, **counts}
            case ReplayLetters():
                told: Answer = msgspec.to_builtins(await joined.replay_now(request.source))
                return told
            case ReplayOutbox():
                return await self._replay()

    async def _replay(self) -> Answer:
        outbox, tried = self._house.outbox, set[int]()
        while dead := [task.number for task in await outbox.dead() if task.number not in tried]:
            tried |= {number for number in dead if await outbox.replay(number)}
        return {"tasks": len(tried)}

    async def _exchange(self, request: Import | Export, hear: Hear) -> Answer:
        if isinstance(request, Import):
            return await self._import(request, hear)
        return await self._export(request, hear)

    async def _import(self, request: Import, hear: Hear) -> Answer:
        async def chunks() -> AsyncIterator[bytes]:
            with await asyncio.to_thread(Path(request.file).open, "rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                    yield piece

        report = await self._house.rooms.imports.take(
            _SYSTEM, Kind(request.kind), chunks(), request.mapping, rehearse=request.rehearse,
            hear=lambda done, total: hear(Far("importing", done, total)),
        )  # fmt: skip
        return {"report": msgspec.json.encode(report).decode()}

    async def _export(self, request: Export, hear: Hear) -> Answer:
        pieces = await self._house.rooms.exports.begin(_SYSTEM, Table(request.table))
        made = os.open(request.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        done = 0
        with os.fdopen(made, "wb") as file:
            async for piece in pieces:
                done += await asyncio.to_thread(file.write, piece.encode())
                hear(Far("exporting", done, 0))
        return {"file": request.file, "bytes": done}

    async def _status(self) -> Answer:
        await self._house.rooms.files.uploads.quota.count()
        ports, public = await self._doors, public_urls(self._house.settings)
        return {
            "version": __version__,
            "urls": urls(self._house.settings, ports),
            **({"public_urls": public} if public else {}),
            "listeners": listeners(self._house.settings, ports),
            "epoch": self._house.database.epoch,
            "writes_waiting": self._house.database.writes_waiting,
            **await self._census.take(),
            **_certificate(self._house),
            "files_bytes": self._house.rooms.files.uploads.quota.held,
            **_backups(self._house.backups),
            **_systems(self._house.joined),
            **_warnings(self._house),
        }

    async def _backup(self, target: Path, passphrase: str, hear: Hear) -> Answer:
        loop = asyncio.get_running_loop()

        def heard(stage: str, done: int, total: int) -> None:
            loop.call_soon_threadsafe(hear, Far(stage, done, total))

        async with self._house.locks.hold("backup", self._house.settings.limits.backup_lock_seconds):
            root, clock = self._house.folder.root, self._house.clock
            made = await in_a_thread(lambda given_up: archive.backup(root, target, clock, passphrase, given_up, heard))
        return {"file": str(made.file), "bytes": made.bytes, "keys": bool(passphrase)}

    async def _link(self, *, reset: bool) -> Answer:
        token = await self._house.rooms.setup.link(reset=reset)
        addresses = urls(self._house.settings, await self._doors)
        links = [f"{url}/setup#{token}" for url in addresses]
        return {"links": links, "minutes": self._house.settings.limits.setup_link_minutes}

    async def _owner(self, request: SetUpOwner) -> Answer:
        owner = Owner(name=request.name, email=request.email, password=request.password)
        made = await self._house.rooms.setup.by_command(owner, reset=request.reset)
        return {"email": made.email}


def _sources(
    settings: Settings,
    ground: Ground,
    keeper: "Keeper | None",
    backups: BackupKeeper,
    pressure: Pressure,
    disk: Disk,
    files: Files,
    core: LocalCore,
) -> tuple[Source, ...]:
    """Who knows of what somebody should do something about."""

    def quota() -> list[Problem]:
        nearly_full = files.uploads.quota.nearly_full
        return [files_nearly_full(settings.limits.files_bytes_max)] if nearly_full else []

    return (
        lambda: disk.warnings,
        lambda: keeper.warnings if keeper is not None else (),
        lambda: backups.warnings,
        lambda: _memory_short(pressure),
        quota,
        lambda: [_proxy_unnamed(address) for address in core.crowds],
        lambda: [_development_build()] if ground.development else [],
    )


def _warnings(house: House) -> dict[str, list[str]]:
    """What somebody should do something about, in both languages."""
    told = house.news.problems()
    return {"warnings": [warning.en for warning in told], "warnings_zh": [warning.zh for warning in told]}


def _proxy_unnamed(address: str) -> Problem:
    return Problem(
        "proxy_unnamed",
        f"Most connections come from {address}: if it is a proxy, name it in trusted_proxies.",
        f"大部分连接来自 {address}：若它是代理，请将其加入 trusted_proxies。",
    )


def _development_build() -> Problem:
    return Problem(
        "development_build",
        "This is a development build that nobody has signed. For daily work, put a signed file in its place: "
        "monodesk upgrade FILE",
        "这是未签名的开发版本。日常使用请换成已签名的版本：monodesk upgrade FILE",
    )


def _backups(backups: BackupKeeper) -> Mapping[str, str | int | float]:
    """How the scheduled backups stand; nothing where there are none by choice."""
    facts = backups.facts
    if not backups.on:
        return {}
    newest = facts.newest
    made: dict[str, str | float] = {}
    if newest is not None:
        made = {
            "last_backup": str(newest.path),
            "last_backup_at": datetime.fromtimestamp(newest.made_at / 1_000, UTC).isoformat(timespec="seconds"),
            "last_backup_age_hours": round(backups.age_seconds / 3_600, 1),
        }
    failed = {"last_backup_failed": facts.problem.code} if facts.problem else {}
    return {**made, "backups_kept": facts.kept, "backups_bytes": facts.bytes, **failed}


def _systems(joined: JoinedSystems) -> Mapping[str, int]:
    """How many sources run and how many of them fail; nothing where no system is joined."""
    states = joined.states.values()
    failing = sum(1 for one in states if one.state in ("failing", "down"))
    return {"sources": len(states), "sources_failing": failing} if states else {}


def _memory_short(pressure: Pressure) -> list[Problem]:
    if not pressure.level:
        return []
    percent, words = round(pressure.taken * 100), ", ".join(pressure.left_out)
    en = f"Memory is short ({percent} % taken), so this is left out: {words}. Give the server more memory."
    zh = f"内存不足（已用 {percent}%），已暂停：{words}。请为服务器增加内存。"
    return [Problem("memory_short", en, zh)]


def _certificate(house: House) -> Mapping[str, str | int | list[str]]:
    """How the certificate stands; nothing where there is none."""
    keeper = house.keeper
    if keeper is None or keeper.facts is None:
        return {}
    root = {}
    if house.settings.tls.mode == "own":
        root["root_fingerprint"] = fingerprint(places(house.settings).authority.certificate)
    return {
        "certificate_names": list(keeper.facts.names),
        "certificate_ends": datetime.fromtimestamp(keeper.ends, UTC).date().isoformat(),
        "certificate_days_left": keeper.days_left,
        **root,
    }


async def _greet(house: House, ports: Ports, say: Say) -> None:
    """Tell the person at the terminal where to go next."""
    addresses = urls(house.settings, ports)
    say(f"Monodesk {__version__} serves {addresses[0]}", f"Monodesk {__version__} 已启动：{addresses[0]}")
    for address in public_urls(house.settings):
        say(f"  for visitors alone:  {address}", f"  仅供访客：{address}")
    if house.settings.demo:
        await _greet_demo(house, f"{scheme(house.settings)}://127.0.0.1:{ports.internal}", say)
    elif await house.rooms.setup.needed():
        links = (await _Carrier(house, _known(ports)).carry(SetUpLink()))["links"]
        minutes = house.settings.limits.setup_link_minutes
        say(
            f"Nobody owns this desk yet. Open one of these within {minutes} minutes:",
            f"还没有所有者。请在 {minutes} 分钟内打开以下任一链接：",
        )
        for link in links if isinstance(links, list) else []:
            say(f"  {link}", f"  {link}")
    if house.settings.tls.mode == "own":
        page = f"{addresses[0]}/certificate"
        say(
            f"Browsers warn until they trust this server's own certificate: {page}",
            f"浏览器信任本服务器的自有证书之前会发出警告，说明见：{page}",
        )


async def _greet_demo(house: House, url: str, say: Say) -> None:
    say(f"  the shop, as a visitor:  {url}/demo", f"  商店（访客）：{url}/demo")
    for agent in await house.rooms.agents.listing(_SYSTEM):
        link = f"{url}/sign-in#demo={house.rooms.authentication.demo_token(agent.id)}"
        say(f"  the desk, as {agent.name}:  {link}", f"  工作台（{agent.name}）：{link}")
