"""What a server counts of itself for `monodesk status`: people, messages, what waits, what it takes of the machine.

Called by `appliance`. Nothing is counted until it is asked for.
"""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from app.backups.keeper import BackupKeeper
from app.chat.presence import Presence
from app.control import Answer
from app.folder import Folder
from app.model.clock import Clock
from app.outbox.outbox import Outbox
from app.settings import Settings
from app.storage import census
from app.storage.database import Database
from app.telemetry.metrics import Metrics
from app.telemetry.pressure import Pressure

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000


class Census:
    """Counts for one server; made at its start, from which its age is told."""

    def __init__(
        self,
        settings: Settings,
        folder: Folder,
        clock: Clock,
        database: Database,
        outbox: Outbox,
        presence: Presence,
        backups: BackupKeeper,
        pressure: Pressure,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._database = database
        self._outbox = outbox
        self._presence = presence
        self._backups = backups
        self._pressure = pressure
        self._metrics = metrics
        self._began = clock.monotonic()
        self._began_ms = clock.now_ms()

    async def take(self) -> Answer:
        """All of it now: units stand last in the names, moments are UTC."""
        return {
            "pid": os.getpid(),
            "data": str(self._folder.root),
            "started_at": moment(self._began_ms),
            "uptime_seconds": round(self._clock.monotonic() - self._began),
            **self._people(),
            **await self._talk(),
            **await self._to_do(),
            **self._room(),
            **self._next_backup(),
        }

    def _people(self) -> Answer:
        gateways = self._metrics.value("gateways")
        visitors, agents = self._presence.counts()
        return {
            "gateways": round(gateways or 0),
            "gateways_wanted": self._settings.workers,
            "connections": round(self._metrics.value("connections") or 0),
            "sockets": round(self._metrics.value("sockets") or 0),
            "visitors_online": visitors,
            "agents_online": agents,
        }

    async def _talk(self) -> Answer:
        now = self._clock.now_ms()
        waiting = await census.waiting(self._database)
        return {
            "messages_last_minute": await census.messages_since(self._database, now - _MINUTE_MS),
            "messages_last_day": await census.messages_since(self._database, now - _DAY_MS),
            "conversations_unassigned": waiting.unassigned,
            "conversations_waiting": waiting.unanswered,
        }

    async def _to_do(self) -> Answer:
        backlog = await self._outbox.backlog()
        lag = self._clock.now_ms() - backlog.oldest_at if backlog.waiting else 0
        return {
            "outbox_waiting": backlog.waiting,
            "outbox_dead": backlog.dead,
            "outbox_lag_seconds": round(max(lag, 0) / 1_000, 1),
        }

    def _room(self) -> Answer:
        """On the disk and in memory. Without a limit of a control group what may be taken is `memory_bytes_max`."""
        taken, most = self._pressure.bytes()
        return {
            **disk(self._folder),
            "memory_taken_bytes": taken,
            "memory_limit_bytes": most,
            "memory_taken_percent": round(self._pressure.taken * 100),
            "shed_level": int(self._pressure.level),
            "left_out": self._pressure.left_out,
        }

    def _next_backup(self) -> Answer:
        due = self._backups.next_at
        return {} if due is None else {"next_backup_at": moment(due)}


def disk(folder: Folder) -> Answer:
    """What the database takes and the disk has left; also without a server."""
    wal = folder.database.with_name(f"{folder.database.name}-wal")
    return {
        "database_bytes": _size(folder.database),
        "wal_bytes": _size(wal),
        "disk_free_bytes": shutil.disk_usage(folder.root).free,
    }


def moment(at_ms: int) -> str:
    """Milliseconds UTC as people and programs write a moment."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="seconds")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
