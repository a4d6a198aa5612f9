"""The composition root: builds every room, opens the doors, owns the one task group.

The only place that names a concrete engine. Called by `commands`.
"""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from msgspec import Struct

from app import __version__
from app.accounts.agents import Agents
from app.accounts.authentication import Authentication
from app.accounts.credentials import Credentials
from app.accounts.inboxes import Inboxes
from app.accounts.passwords import Passwords
from app.accounts.sessions import Sessions
from app.accounts.setup import Owner, Setup
from app.addresses import Ports, machine_names, public_urls, scheme, urls
from app.api.app import Api, Rooms
from app.bus.memory import MemoryBus
from app.certificates.page import fingerprint, root_pages
from app.certificates.places import places
from app.chat.conversations import Conversations
from app.chat.history import History
from app.chat.messages import Messages
from app.chat.presence import Presence
from app.chat.search import MessageSearch
from app.contacts.contacts import Contacts
from app.contacts.identity import Visitors
from app.control import Answer, Backup, ControlServer, Request, SetUpLink, SetUpOwner, Status
from app.demo import folder as demo_folder
from app.demo.seed import seed
from app.files.transfer import Files
from app.folder import Folder
from app.gateway.front import Front
from app.gateway.http_server import HttpServer
from app.gateway.link import LinkServer
from app.gateway.local import LocalCore
from app.gateway.plain import Plain
from app.locks.memory import MemoryLocks
from app.model.clock import SystemClock
from app.model.errors import Problem
from app.model.ids import Ids
from app.model.principals import System
from app.outbox.outbox import Outbox
from app.settings import Settings, host_and_port
from app.storage import archive, events, fencing
from app.storage.search import Search
from app.storage.sqlite import SqliteDatabase
from app.telemetry.log import logger
from app.telemetry.metrics import Metrics
from app.web.assets import DIST, Assets
from app.workers import Workers

if TYPE_CHECKING:
    from app.certificates.keeper import Keeper

_GC_THRESHOLDS = (5_000, 20, 50)  # measured: with freeze, the longest pause falls from 547 to 22 ms (design §7)
_SYSTEM = System()
_DEMO_SEED = 2_026
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
    core: LocalCore
    rooms: Rooms
    keeper: "Keeper | None"  # of the certificate, where the port is encrypted


async def serve(settings: Settings, say: Say) -> None:
    """Serve until TERM or INT; `say` tells the person at the terminal where to go, in both languages."""
    began = time.monotonic()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    folder = Folder(settings.data)
    demo_folder.admit(folder.root, demo=settings.demo)
    async with _built(settings, folder) as house, _opened(house, stop) as ports:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        _log.info(
            "serving",
            extra={"port": ports.internal, "public_port": ports.public, "ms": round((time.monotonic() - began) * 1000)},
        )
        await _greet(house, ports, say)
        await stop.wait()
        _log.info("stopping")


async def carry_alone(settings: Settings, request: Request) -> Answer:
    """Carry out a command's request while no server holds the data folder."""
    folder = Folder(settings.data)
    with folder.held():
        async with _built(settings, folder) as house:
            return await _Carrier(house, _known(Ports(host_and_port(settings.listen)[1]))).carry(request)


@asynccontextmanager
async def _built(settings: Settings, folder: Folder) -> AsyncIterator[House]:
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
        locks = MemoryLocks(clock, limits, await fencing.first_token(database))
        agents = Agents(database, ids, clock, passwords, bus, limits)
        sessions = Sessions(database, ids, clock, bus, limits)
        authentication = Authentication(database, ids, clock, passwords, sessions, limits)
        credentials = Credentials(database, ids, clock, passwords, authentication, sessions, limits)
        inboxes = Inboxes(database, ids, clock, limits)
        setup = Setup(database, ids, clock, passwords, sessions, inboxes, limits)
        visitors = Visitors(database, ids, clock, limits)
        contacts = Contacts(database, ids, clock, limits)
        files = Files(database, ids, clock, folder.files, limits, settings.files)
        messages = Messages(database, ids, clock, settings, agents.names)
        conversations = Conversations(database, ids, clock, locks, limits, agents.names)
        history = History(database, limits, agents.names)
        presence = Presence(bus, database, inboxes, contacts, limits)
        index = Search(database, limits)
        outbox = Outbox(database, clock, settings)
        outbox.handle("search", index.update)
        core = LocalCore(
            database, bus, clock, agents, inboxes, sessions, visitors, messages, conversations, history, presence, files
        )
        rooms = Rooms(
            core, database, setup, authentication, credentials, sessions, agents, inboxes, visitors, contacts, files,
            messages, conversations, history, presence, MessageSearch(database, index),
        )  # fmt: skip
        if settings.demo:
            await seed(database, folder.files, _DEMO_SEED, clock.now_ms())
        for room in (agents, inboxes, presence):
            await room.load()
        metrics.watch("writes_waiting", "Writes that wait for a commit.", lambda: database.writes_waiting)
        metrics.watch("tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))
        keeper = _keeper(settings, clock)
        yield House(settings, folder, clock, ids, metrics, database, locks, outbox, core, rooms, keeper)
        presence.close()
    finally:
        passwords.close()
        await database.close()


def _keeper(settings: Settings, clock: SystemClock) -> "Keeper | None":
    """Who keeps the certificate good; imported only where there is one, for `cryptography` costs time and memory."""
    if settings.tls.mode == "off":
        return None
    from app.certificates.keeper import Keeper

    return Keeper(settings, clock, Random(), machine_names)


@asynccontextmanager
async def _opened(house: House, stop: asyncio.Event) -> AsyncIterator[Ports]:
    """The doors; yields their ports. Closing drains: sockets get 1012, answers finish, the outbox puts down its pen."""
    if house.keeper is not None:
        house.keeper.prepare()
    assets = Assets.load(DIST, house.settings.demo)
    api = Api(house.rooms, house.settings, house.ids, house.clock, house.metrics, stop.is_set, assets)
    http = HttpServer(api.application, house.settings.limits)
    await http.start()
    doors = asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(http.stop)
        # before the doors: whoever sees that the server is ready may give it commands
        control = ControlServer(house.folder.control, _Carrier(house, doors).carry)
        await control.start()
        leaving.push_async_callback(control.stop)
        chores = [house.outbox.run(), _keep_house(house)]
        if house.settings.workers:
            ports, watch = await _open_beside(house, http, leaving)
            chores.append(watch)
        else:
            ports = await _open_here(house, assets, http, leaving)
        if house.keeper is not None:
            chores.append(await _certify(house, house.keeper, ports.internal, leaving))
        leaving.push_async_callback(api.close)
        doors.set_result(ports)
        async with _chores(chores, stop):
            yield ports


async def _open_here(house: House, assets: Assets, http: HttpServer, leaving: AsyncExitStack) -> Ports:
    """`workers = 0`: the gateway runs in this process."""
    front = Front(house.core, assets, http, house.settings, house.clock, house.ids)
    listen, public = house.settings.listen, house.settings.public_listen
    ports = Ports(await front.start(listen), await front.start_public(public) if public else 0)
    leaving.push_async_callback(front.stop)
    house.metrics.watch("connections", "Open connections, sockets included.", lambda: front.connections)
    house.metrics.watch("sockets", "Open WebSockets.", lambda: front.hub.sockets)
    if front.tls is not None:
        house.metrics.watch("tls_handshakes_failed", "TLS handshakes that failed.", lambda: front.failed_handshakes)
    return ports


async def _open_beside(
    house: House, http: HttpServer, leaving: AsyncExitStack
) -> tuple[Ports, Coroutine[None, None, None]]:
    """`workers = N`: gateways run beside this process; the ports, and the watch over them."""
    link = LinkServer(house.core, house.settings.limits, house.ids)
    await link.start(house.folder.core)
    leaving.push_async_callback(link.stop)
    await http.listen(house.folder.http)
    workers = Workers(house.settings)
    leaving.push_async_callback(workers.stop)
    ports = Ports(*await workers.start())
    house.metrics.watch("gateways", "Gateway processes that are linked.", lambda: link.gateways)
    return ports, workers.watch()


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
        house.rooms.files.sweep,
    )
    while True:
        await asyncio.sleep(limits.housekeeping_seconds)
        for chore in chores:
            try:
                await chore()
            except (Problem, OSError) as error:
                _log.warning("a chore was put off", extra={"reason": str(error)})


def _known(ports: Ports) -> "asyncio.Future[Ports]":
    doors = asyncio.get_running_loop().create_future()
    doors.set_result(ports)
    return doors


class _Carrier:
    """Carries out the requests of the command line; what asks for the ports waits until the doors are open."""

    def __init__(self, house: House, doors: "asyncio.Future[Ports]") -> None:
        self._house = house
        self._doors = doors

    async def carry(self, request: Request) -> Answer:
        """The answer to one request; raises the `Problem` that a person is to read."""
        match request:
            case Status():
                return await self._status()
            case Backup():
                return await self._backup(Path(request.file))
            case SetUpLink():
                return await self._link(reset=request.reset)
            case SetUpOwner():
                return await self._owner(request)

    async def _status(self) -> Answer:
        backlog = await self._house.outbox.backlog()
        public = public_urls(self._house.settings)
        return {
            "version": __version__,
            "urls": urls(self._house.settings, await self._doors),
            **({"public_urls": public} if public else {}),
            "epoch": self._house.database.epoch,
            "writes_waiting": self._house.database.writes_waiting,
            "outbox_waiting": backlog.waiting,
            "outbox_dead": backlog.dead,
            **_certificate(self._house),
            **_warnings(self._house),
        }

    async def _backup(self, target: Path) -> Answer:
        async with self._house.locks.hold("backup", self._house.settings.limits.backup_lock_seconds):
            made = await asyncio.to_thread(archive.backup, self._house.folder.root, target)
        return {"file": str(made.file), "bytes": made.bytes}

    async def _link(self, *, reset: bool) -> Answer:
        token = await self._house.rooms.setup.link(reset=reset)
        addresses = urls(self._house.settings, await self._doors)
        links = [f"{url}/setup#{token}" for url in addresses]
        return {"links": links, "minutes": self._house.settings.limits.setup_link_minutes}

    async def _owner(self, request: SetUpOwner) -> Answer:
        owner = Owner(name=request.name, email=request.email, password=request.password)
        made = await self._house.rooms.setup.by_command(owner, reset=request.reset)
        return {"email": made.email}


def _warnings(house: House) -> dict[str, list[str]]:
    """What somebody should do something about, in both languages."""
    told = house.keeper.warnings if house.keeper is not None else []
    crowds = house.core.crowds
    return {
        "warnings": [warning.en for warning in told]
        + [f"Most connections come from {one}: if it is a proxy, name it in trusted_proxies." for one in crowds],
        "warnings_zh": [warning.zh for warning in told]
        + [f"大部分连接来自 {one}：若它是代理，请将其加入 trusted_proxies。" for one in crowds],
    }


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
