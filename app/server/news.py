"""What administrators are told of the server, announced when it changes: nobody has to ask again and again."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from app.bus.bus import Bus
from app.model.errors import Problem
from app.model.events import ServerChanged
from app.model.server import Alert, BackupRun, Level
from app.server.disk import Disk
from app.settings import Limits

Source = Callable[[], Sequence[Problem]]

_ORDER = (Level.DANGER, Level.WARNING, Level.INFO)
_LEVELS = {
    "disk_full": Level.DANGER,
    "disk_read_only": Level.DANGER,
    "disk_failed": Level.DANGER,
    "database_damaged": Level.DANGER,
    "disk_reserve_reached": Level.DANGER,
    "certificate_ended": Level.DANGER,
    "development_build": Level.INFO,
}


class News:
    """`sources` are the rooms that know what is wrong, each asked at every look; `backup` tells how one goes."""

    def __init__(
        self,
        sources: Sequence[Source],
        backup: Callable[[], BackupRun | None],
        disk: Disk,
        bus: Bus,
        limits: Limits,
    ) -> None:
        self._sources = sources
        self._backup = backup
        self._disk = disk
        self._bus = bus
        self._limits = limits
        self._again = asyncio.Event()
        self.now = ServerChanged()

    def problems(self) -> list[Problem]:
        """Everything that somebody should do something about, as its rooms tell it now."""
        return [problem for source in self._sources for problem in source()]

    def look(self) -> None:
        """Ask everybody, and announce what is not as it was."""
        alerts = sorted(map(_alert, self.problems()), key=lambda one: _ORDER.index(one.level))
        found = ServerChanged(tuple(alerts), self._backup())
        if found != self.now:
            self.now = found
            self._bus.publish([found])

    def hurry(self) -> None:
        """Something has changed: look now, and soon again."""
        self._again.set()

    async def run(self) -> None:
        """Look, for as long as the server runs; more often while a backup is made."""
        while True:
            await self._disk.look()
            self.look()
            running = self.now.backup is not None and self.now.backup.state == "running"
            seconds = self._limits.backup_told_seconds if running else self._limits.server_look_seconds
            with suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), seconds)
            self._again.clear()


def _alert(problem: Problem) -> Alert:
    return Alert(problem.code, _LEVELS.get(problem.code, Level.WARNING), problem.en, problem.zh)
