"""The server for its administrators: how it stands, and a backup at the owner's word."""

from collections.abc import Callable

from msgspec import Struct

from app import __version__
from app.accounts.audit import record
from app.accounts.policy import SERVER_MANAGE, SERVER_READ, demand
from app.backups.keeper import BackupKeeper
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.principals import Agent
from app.model.server import Alert, BackupRun, Ground, Setting
from app.server.disk import Disk
from app.server.news import News
from app.settings import Settings
from app.storage.database import Database
from app.telemetry.log import logger

_log = logger("server")


class Archive(Struct, frozen=True):
    """A backup that is there. `state`: sound (read whole since the start), made (read whole when it was made), damaged.

    `path` is where it lies on the server; `bytes` what it takes.
    """

    path: str
    made_at: int
    bytes: int
    state: str


class Backups(Struct, frozen=True):
    """How backups stand: `next_at` None where none are scheduled; `run` the one that is being made, or the last."""

    folder: str
    next_at: int | None
    every_hours: int
    archives: tuple[Archive, ...]
    run: BackupRun | None


class Machine(Struct, frozen=True):
    """What was found of the machine at the start, and how much of it is for what.

    `memory_bytes` None: unread. `connections_max` people may be connected at once, visitors and agents together.
    """

    memory_bytes: int | None
    memory_limited: bool
    processors: int
    disk_kind: str
    disk_total_bytes: int
    disk_free_bytes: int
    connections_max: int
    files_bytes_max: int
    tuned: bool


class ServerFacts(Struct, frozen=True):
    """How the server stands; times in milliseconds UTC.

    `memory_bytes` is what is taken of `memory_bytes_max`: by all in the tightest control group, else by its processes.
    """

    version: str
    installed_as: str
    development: bool
    began_at: int
    data: str
    connections: int
    memory_bytes: int
    memory_bytes_max: int
    machine: Machine
    backups: Backups
    settings: tuple[Setting, ...]
    alerts: tuple[Alert, ...]


class Server:
    """`connections` and `memory` (taken, at most; bytes) are asked for the figures of now."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        ground: Ground,
        clock: Clock,
        backups: BackupKeeper,
        disk: Disk,
        news: News,
        connections: Callable[[], int],
        memory: Callable[[], tuple[int, int]],
    ) -> None:
        self._settings = settings
        self._database = database
        self._ground = ground
        self._backups = backups
        self._disk = disk
        self._news = news
        self._connections = connections
        self._memory = memory
        self._began_at = clock.now_ms()

    async def facts(self, agent: Agent) -> ServerFacts:
        """How it stands now; for those who may read it."""
        demand(agent, SERVER_READ)
        await self._disk.look()
        self._news.look()
        ground, (taken, most) = self._ground, self._memory()
        return ServerFacts(
            version=__version__,
            installed_as=ground.installed_as,
            development=ground.development,
            began_at=self._began_at,
            data=str(self._settings.data.absolute()),
            connections=self._connections(),
            memory_bytes=taken,
            memory_bytes_max=min(most, ground.memory_bytes or most),
            machine=self._machine(),
            backups=self._backups_now(),
            settings=ground.settings,
            alerts=self._news.now.alerts,
        )

    async def machine(self) -> Machine:
        """What the set-up shows to who holds its link, which the caller has proven."""
        await self._disk.look()
        return self._machine()

    async def back_up(self, agent: Agent) -> BackupRun:
        """Begin a backup now; the owner's alone. Raises `Conflict` while one is being made."""
        demand(agent, SERVER_MANAGE)
        run = self._backups.ask()
        await self._database.write(lambda tx: record(tx, agent, "backup.create", Subject("backup")))
        _log.info("a backup was asked for", extra={"agent_id": agent.agent_id, "session_id": agent.session_id})
        self._news.look()
        self._news.hurry()
        return run

    def _machine(self) -> Machine:
        ground, limits = self._ground, self._settings.limits
        return Machine(
            memory_bytes=ground.memory_bytes,
            memory_limited=ground.memory_limited,
            processors=ground.processors,
            disk_kind=ground.disk_kind,
            disk_total_bytes=self._disk.total_bytes,
            disk_free_bytes=self._disk.free_bytes,
            connections_max=limits.connections_max,
            files_bytes_max=limits.files_bytes_max,
            tuned=self._settings.tune,
        )

    def _backups_now(self) -> Backups:
        facts = self._backups.facts
        newest = facts.newest.path if facts.newest is not None else None
        archives = tuple(
            Archive(str(one.path), one.made_at, one.bytes, _state(one.path in facts.damaged, one.path == newest))
            for one in facts.archives
        )
        every = self._settings.backups.every_hours
        return Backups(str(self._backups.folder), self._backups.next_at, every, archives, self._backups.run_of_now())


def _state(damaged: bool, read_since: bool) -> str:
    if damaged:
        return "damaged"
    return "sound" if read_since else "made"
