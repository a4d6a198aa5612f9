"""SQLite as the storage engine: one writer thread, several readers, WAL at `synchronous=FULL`."""

import asyncio
import sqlite3
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self, cast

import aiosqlite
import msgspec

from app.model.clock import Clock
from app.model.errors import Defect
from app.model.ids import Ids
from app.settings import Limits, Settings
from app.storage.database import Announce, Parameters, Result, Row, Unit
from app.storage.faults import busy, closing, disk_read_only, fault
from app.storage.library import OLDEST
from app.storage.migrations import migrate, migrations
from app.storage.writer import Measure, OutboxListener, Writer

_STATEMENTS_CACHED: Final = 256
_BUSY_SECONDS: Final = 5.0
_WAL_KEPT_BYTES: Final = 16_777_216
_PRIVATE: Final = 0o600


_rows = msgspec.json.Decoder(list[tuple[str | int | float | None, ...]])


class SqliteDatabase:
    """As `Database`, in one file."""

    def __init__(self, writer: Writer, readers: "_Readers", epoch: str) -> None:
        self._writer = writer
        self._readers = readers
        self._epoch = epoch
        self._widths: dict[str, int] = {}  # how many columns a statement has that was run before

    @classmethod
    async def open(
        cls,
        path: Path,
        settings: Settings,
        clock: Clock,
        announce: Announce,
        measure: Measure = lambda units, seconds: None,
    ) -> Self:
        """Open or create the file, bring its schema up to date, start the threads.

        `announce` is called on the loop after each commit that has something to say; `measure(units, seconds)` after
        each group. Raises `Unavailable` for a disk that refuses or a damaged file, `Conflict`
        for a file of a newer version.
        """
        limits = settings.limits
        try:
            connection, epoch = await asyncio.to_thread(_prepare, path, settings, clock)
            async with AsyncExitStack() as undo:
                undo.callback(connection.close)
                readers = await _Readers.open(path, limits)
                undo.pop_all()
        except (sqlite3.Error, OSError) as error:
            raise fault(error) or error from error
        return cls(Writer(connection, path, clock, limits, announce, measure), readers, epoch)

    @property
    def epoch(self) -> str:
        """As `Database.epoch`."""
        return self._epoch

    def write(self, unit: Unit[Result]) -> Awaitable[Result]:
        """As `Database.write`. A unit whose caller is cancelled is written all the same."""
        return self._writer.write(unit)

    async def read(self, sql: str, parameters: Parameters = {}, *, many: bool = False) -> list[Row]:
        """As `Database.read`."""
        if not many:
            return await self._readers.read(sql, parameters)
        width = self._widths.get(sql)
        if width is None:
            rows = await self._readers.read(sql, parameters)
            if rows and len(self._widths) < _STATEMENTS_CACHED:
                self._widths[sql] = len(rows[0])
            return rows
        ((page,),) = await self._readers.read(_at_once(sql, width), parameters)
        return cast("list[Row]", _rows.decode(cast("str", page)))

    def watch_outbox(self, listener: OutboxListener) -> None:
        """As `Database.watch_outbox`."""
        self._writer.watch_outbox(listener)

    @property
    def writes_waiting(self) -> int:
        """Units that wait or are being written."""
        return self._writer.waiting

    def demand_writable(self) -> None:
        """As `Database.demand_writable`."""
        if self._writer.refusal is not None:
            raise self._writer.refusal

    async def close(self) -> None:
        """Write what waits, then end the threads and close the file."""
        await self._writer.finish()
        await self._readers.close()
        await self._writer.close()


class _Readers:
    """Reading connections, each with a thread of its own; a statement goes to the one that has the least to do."""

    def __init__(self, connections: list[aiosqlite.Connection], limits: Limits) -> None:
        self._connections = connections
        self._waiting = [0] * len(connections)
        self._waiting_max = limits.reads_waiting_max
        self._closed = False

    @classmethod
    async def open(cls, path: Path, limits: Limits) -> Self:
        async with AsyncExitStack() as undo:
            connections = []
            for _ in range(limits.readers):
                connection = await aiosqlite.connect(
                    path, isolation_level=None, cached_statements=_STATEMENTS_CACHED, timeout=_BUSY_SECONDS
                )
                undo.push_async_callback(connection.close)
                await connection.execute_fetchall(f"PRAGMA cache_size = -{limits.sqlite_cache_kib}")
                await connection.execute_fetchall("PRAGMA query_only = ON")
                connections.append(connection)
            undo.pop_all()
        return cls(connections, limits)

    async def read(self, sql: str, parameters: Parameters) -> list[Row]:
        if self._closed:
            raise closing()
        waiting = self._waiting
        turn = waiting.index(min(waiting))
        if waiting[turn] * len(waiting) >= self._waiting_max:
            raise busy()
        waiting[turn] += 1
        try:
            rows = await self._connections[turn].execute_fetchall(sql, cast("Any", parameters))
        except sqlite3.Error as error:
            raise fault(error) or error from error
        finally:
            waiting[turn] -= 1
        return cast("list[Row]", rows)

    async def close(self) -> None:
        self._closed = True
        for connection in self._connections:
            await connection.close()


@lru_cache(maxsize=_STATEMENTS_CACHED)
def _at_once(sql: str, width: int) -> str:
    """The statement with all its rows as one JSON text.

    Each row that SQLite steps to is a turn for Python's lock, and a loop that is busy gives it back late: fifty rows
    cost fifty waits. An order within `sql` is kept: SQLite sorts for an aggregate whose result depends on it.
    """
    names = ", ".join(f"c{place}" for place in range(width))
    return f"WITH page({names}) AS ({sql}) SELECT json_group_array(json_array({names})) FROM page"


def _prepare(path: Path, settings: Settings, clock: Clock) -> tuple[sqlite3.Connection, str]:
    """The writing connection over an up-to-date schema, and the database's epoch."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise Defect("storage.library.install was not called before sqlite3 was imported")
    path.touch(mode=_PRIVATE)
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_CACHED,
        timeout=_BUSY_SECONDS,
    )
    try:
        _set_up(connection, settings)
        migrate(connection, path, migrations())
        return connection, _epoch(connection, clock)
    except BaseException:
        connection.close()
        raise


def _set_up(connection: sqlite3.Connection, settings: Settings) -> None:
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise disk_read_only()
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if settings.durability == 'normal' else 'FULL'}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{settings.limits.sqlite_writer_cache_kib}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {settings.limits.wal_checkpoint_pages}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")


def _epoch(connection: sqlite3.Connection, clock: Clock) -> str:
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('epoch', :epoch) ON CONFLICT (key) DO NOTHING",
        {"epoch": Ids(clock).token()},
    )
    return str(connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])
