"""What a running server tells of itself, gathered inside it."""

import asyncio
import os
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from app.backups.keeper import BackupKeeper
from app.folder import Folder
from app.gateway.proxies import Heard
from app.health.examine import examine
from app.health.memory import reckoned
from app.health.subject import Live, Subject
from app.model.clock import Clock
from app.model.errors import Problem
from app.model.health import Report
from app.model.mail import Trouble
from app.outbox.outbox import Outbox
from app.settings import Settings, differences, to_json
from app.storage.database import Database
from app.telemetry.log import lost_lines
from app.telemetry.pressure import Pressure
from installer.layout import prefix_of
from installer.machine import Machine

_ENDS = frozenset({"certificate_ended", "certificate_ends_soon"})  # which whoever looks sees for himself


class MailHealth(Struct, frozen=True):
    """Which mail servers there are, and what is wrong with the first that has trouble."""

    servers: tuple[str, ...] = ()
    trouble: Trouble | None = None


class SourceHealth(Struct, frozen=True):
    """Which sources run, and what is wrong with the first that has trouble, or with a spec; `field` is its name."""

    names: tuple[str, ...] = ()
    trouble: Problem | None = None


class Rooms(Struct, frozen=True):
    """Which rooms are asked; `read` gives the settings as a start would, `crowds` are addresses of most connections."""

    database: Database
    outbox: Outbox
    backups: BackupKeeper
    pressure: Pressure
    heard: Heard
    certificate: Callable[[], list[Problem]]
    crowds: Callable[[], list[str]]
    ports: Callable[[], Awaitable[list[str]]]
    read: Callable[[], Settings]
    mail: Callable[[], Awaitable[MailHealth]]
    sources: Callable[[], SourceHealth]


class Vitals:
    """`live` for the doctor beside the server, `report` for whoever looks from within."""

    def __init__(self, settings: Settings, folder: Folder, clock: Clock, rooms: Rooms) -> None:
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._rooms = rooms
        self._machine = Machine(environ=os.environ)
        self._began = clock.monotonic()

    async def report(self) -> Report:
        """Everything that takes no long time, examined in a thread."""
        live = await self.live()
        subject = Subject(
            settings=self._settings,
            folder=self._folder,
            machine=self._machine,
            clock=self._clock,
            deep=False,
            holder=os.getpid(),
            live=live,
            prefix=prefix_of(Path(sys.executable)),
        )
        return await asyncio.to_thread(examine, subject)

    async def live(self) -> Live:
        """As it is now."""
        rooms = self._rooms
        backup = rooms.backups.facts.problem
        certificate = next((one for one in rooms.certificate() if one.code not in _ENDS), None)
        refusal = self._refusal()
        ports, mail, sources = await rooms.ports(), await rooms.mail(), rooms.sources()
        (open_now, most), (memory, reserved) = await asyncio.to_thread(
            lambda: (_descriptors(), reckoned(self._settings, self._machine))
        )
        return Live(
            pid=os.getpid(),
            settings=to_json(_absolute(self._settings)),
            seconds=self._clock.monotonic() - self._began,
            ports=ports,
            descriptors=open_now,
            descriptors_max=most,
            clock_leaps=rooms.outbox.clock_leaps,
            clock_leap_seconds=rooms.outbox.clock_leap_seconds,
            crowds=rooms.crowds(),
            requests=rooms.heard.requests,
            strangers=rooms.heard.strangers,
            unseen=[] if self._settings.proxy_protocol else rooms.heard.unseen,  # then peers are visitors
            backup_en=backup.en if backup else "",
            backup_zh=backup.zh if backup else "",
            certificate_en=certificate.en if certificate else "",
            certificate_zh=certificate.zh if certificate else "",
            writes_en=refusal.en if refusal else "",
            writes_zh=refusal.zh if refusal else "",
            memory_percent=round(rooms.pressure.taken * 100),
            left_out=rooms.pressure.left_out,
            memory_bytes=memory,
            reserved_bytes=reserved,
            changed=self._changed(),
            lines_lost=lost_lines(),
            mail_servers=list(mail.servers),
            mail_en=mail.trouble.en if mail.trouble else "",
            mail_zh=mail.trouble.zh if mail.trouble else "",
            sources=list(sources.names),
            sources_en=sources.trouble.en if sources.trouble else "",
            sources_zh=sources.trouble.zh if sources.trouble else "",
            source_failing=sources.trouble.field if sources.trouble else "",
        )

    def _refusal(self) -> Problem | None:
        try:
            self._rooms.database.demand_writable()
        except Problem as problem:
            return problem
        return None

    def _changed(self) -> list[str]:
        """A configuration that is wrong by now is told by another check."""
        try:
            return differences(self._settings, self._rooms.read())
        except Problem:
            return []


def _absolute(settings: Settings) -> Settings:
    """For a process in another folder."""
    tls, backups = settings.tls, settings.backups
    certificate, key, folder, secret = (
        path and path.absolute() for path in (tls.certificate, tls.key, backups.folder, backups.passphrase_file)
    )
    return replace(
        settings,
        data=settings.data.absolute(),
        tls=replace(tls, certificate=certificate, key=key),
        backups=replace(backups, folder=folder, passphrase_file=secret),
    )


def _descriptors() -> tuple[int, int]:
    """Of this process and its gateways, in the one that has the most of its limit open: how many, of how many."""
    own = os.getpid()
    try:
        children = Path(f"/proc/self/task/{own}/children").read_text().split()
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        children = []
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(((_open(pid), soft) for pid in (str(own), *children)), key=lambda found: found[0])


def _open(pid: str) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has ended meanwhile
        return 0
