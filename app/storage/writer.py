"""The one thread that writes: whatever waits goes into one transaction (group commit).

A group is flushed whenever the thread is free, without a timer: while one commit waits for the disk, the next group
gathers by itself. Measured figures stand in tests/bench/README.md.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, NamedTuple

import msgspec

from app.model.clock import Clock
from app.model.errors import Defect, Problem
from app.model.events import Event, StoredEvent
from app.settings import Limits
from app.storage import events
from app.storage.database import Announce, Parameters, Result, Row, Transaction, Unit
from app.storage.faults import busy, closing, disk_failed, disk_read_only, fault, read_only
from app.telemetry import traces
from app.telemetry.log import logger

OutboxListener = Callable[[frozenset[str]], None]
Measure = Callable[[int, float], None]

_ENQUEUE: Final = "INSERT INTO outbox (topic, key, payload, created_at) VALUES (?, ?, ?, ?)"
_WAL_CHECK_GROUPS: Final = 256
_INSIST_MS: Final = 50
_FAILED: Final = disk_failed().code
_log = logger("storage")


class _Refused(NamedTuple):
    """The outcome of a unit that raised."""

    error: BaseException


class _Mark(NamedTuple):
    """How far a transaction's side products had come before a unit."""

    pos: int
    events: int
    tasks: int
    announced: int


_Waiting = tuple[Unit[Any], asyncio.Future[Any]]
_Group = list[_Waiting]


class Writer:
    """Owns the writing connection and its thread. Everything here but `_run` and below happens on the event loop."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        clock: Clock,
        limits: Limits,
        announce: Announce,
        measure: Measure,
    ) -> None:
        self._connection = connection
        self._wal = path.with_name(path.name + "-wal")
        self._limits = limits
        self._announce = announce
        self._measure = measure
        self._loop = asyncio.get_running_loop()
        # nosemgrep: queue-without-a-bound - bounded by `_waiting`, which refuses before it puts
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._waiting = 0
        self._finishing = False
        self._refusal: Problem | None = None  # the loop's
        self._broken: Problem | None = None  # the thread's
        self._outbox_listeners: list[OutboxListener] = []
        self._transaction = GroupTransaction(connection, clock)
        self._groups = 0
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = Thread(target=self._run, name="monodesk-writer", daemon=True)
        self._thread.start()

    def write(self, unit: Unit[Result]) -> asyncio.Future[Result]:
        """As `Database.write`."""
        future: asyncio.Future[Result] = self._loop.create_future()
        if self._refusal is not None:
            future.set_exception(self._refusal)
        elif self._waiting >= self._limits.write_queue_max:
            future.set_exception(busy())
        else:
            self._waiting += 1
            trace = traces.current()
            self._queue.put((partial(_traced, trace, unit) if trace else unit, future))
        return future

    def watch_outbox(self, listener: OutboxListener) -> None:
        """As `Database.watch_outbox`."""
        self._outbox_listeners.append(listener)

    @property
    def waiting(self) -> int:
        """Units that wait or are being written."""
        return self._waiting

    @property
    def refusal(self) -> Problem | None:
        """Why nothing can be written until the next start, None in health."""
        return self._refusal

    async def finish(self) -> None:
        """Write what waits, refuse the rest, and end the thread."""
        if not self._finishing:
            self._finishing = True
            self._fail(closing())
            self._queue.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    async def close(self) -> None:
        """Close the connection, after `finish`; the last one to close leaves no log behind."""
        await asyncio.to_thread(self._connection.close)

    def _settle(
        self,
        announced: Sequence[Event],
        topics: frozenset[str],
        group: _Group,
        outcomes: Sequence[object],
        seconds: float,
    ) -> None:
        """On the loop, once per commit: announce, then let the writers of the group go on."""
        self._waiting -= len(group)
        self._measure(len(group), seconds)
        if announced:
            self._tell(self._announce, announced)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if future.done():  # its task was cancelled meanwhile
                continue
            if isinstance(outcome, _Refused):
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome)
        if topics:
            for listener in self._outbox_listeners:
                self._tell(listener, topics)

    def _tell(self, listener: Callable[[Any], None], news: object) -> None:
        try:
            listener(news)
        except Exception:  # noqa: BLE001 - the commit stands whatever a listener does
            _log.exception("a listener of the storage failed")

    def _fail(self, refusal: Problem) -> None:
        """On the loop: from now on nothing is written until the next start."""
        if self._refusal is None:
            self._refusal = refusal

    # --- on the writer's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while group := self._next_group():
            self._write(group)
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _next_group(self) -> _Group:
        """Everything that waits, at most `write_group_max`; waits for the first. Empty at the end."""
        first = self._queue.get()
        if first is None:
            return []
        group = [first]
        try:
            while len(group) < self._limits.write_group_max:
                waiting = self._queue.get_nowait()
                if waiting is None:
                    self._queue.put(None)  # the last put of all: `close` takes no more units
                    break
                group.append(waiting)
        except Empty:
            pass
        return group

    def _write(self, group: _Group) -> None:
        """One transaction for the group; its outcomes go to the loop in one call."""
        transaction = self._transaction
        began = time.perf_counter()
        try:
            self._demand_whole()
            outcomes = self._together(group)
            if outcomes is None:
                self._roll_back()
                outcomes = self._one_by_one(group)
            transaction.flush()
            self._connection.execute("COMMIT")
        except (sqlite3.Error, Problem) as error:
            outcomes = self._give_up(group, error)
        seconds = time.perf_counter() - began
        self._loop.call_soon_threadsafe(
            self._settle, transaction.announced, transaction.topics(), group, outcomes, seconds
        )
        self._groups += 1
        if self._groups % _WAL_CHECK_GROUPS == 0:
            self._shorten_wal()

    def _together(self, group: _Group) -> list[object] | None:
        """Every unit once, without savepoints; None when one failed after it had changed something."""
        connection, transaction = self._connection, self._transaction
        connection.execute("BEGIN IMMEDIATE")
        transaction.begin()
        outcomes: list[object] = []
        for unit, _ in group:
            changes, mark = connection.total_changes, transaction.mark()
            try:
                outcomes.append(unit(transaction))
            except Exception as error:  # noqa: BLE001 - it is handed to whoever waits for the unit
                transaction.demand_sound()
                if connection.total_changes != changes:
                    return None
                transaction.back_to(mark)
                outcomes.append(_Refused(_presentable(error)))
            transaction.demand_sound()
        return outcomes

    def _one_by_one(self, group: _Group) -> list[object]:
        """The group again in one transaction, each unit behind a savepoint of its own."""
        connection, transaction = self._connection, self._transaction
        connection.execute("BEGIN IMMEDIATE")
        transaction.begin()
        outcomes: list[object] = []
        for unit, _ in group:
            mark = transaction.mark()
            connection.execute("SAVEPOINT unit")
            try:
                outcomes.append(unit(transaction))
            except Exception as error:  # noqa: BLE001 - it is handed to whoever waits for the unit
                transaction.demand_sound()
                connection.execute("ROLLBACK TO unit")
                transaction.back_to(mark)
                outcomes.append(_Refused(_presentable(error)))
            transaction.demand_sound()
            connection.execute("RELEASE unit")
        return outcomes

    def _demand_whole(self) -> None:
        """Refuse what still waited when the disk failed."""
        if self._broken is not None:
            raise self._broken

    def _give_up(self, group: _Group, error: sqlite3.Error | Problem) -> list[object]:
        """The disk or the library refused: nothing of the group is stored, everybody is told why.

        After an error of the disk itself nothing is tried again: what a failed fsync has left in the page cache
        cannot be known (A. Rebello et al., "Can applications recover from fsync failures?", USENIX ATC 2020).
        """
        _log.error("a commit failed", extra={"units": len(group), "error": str(error)})
        self._roll_back()
        self._transaction.begin()
        problem = error if isinstance(error, Problem) else fault(error) or disk_failed()
        if problem.code == _FAILED and self._broken is None and read_only(self._wal.parent):
            # What was not committed is written anew by the next group, so it may heal as a full disk does; where ext4
            # made itself read-only after an error, the kernel keeps it so until nobody holds it.
            problem = disk_read_only()
        if problem.retry_after_ms is None and self._broken is None:
            self._broken = problem
            self._loop.call_soon_threadsafe(self._fail, problem)
        return [_Refused(problem)] * len(group)

    def _roll_back(self) -> None:
        """Undo the transaction, unless SQLite has done so itself."""
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                _log.exception("a rollback failed")
        self._transaction.roll_back()

    def _shorten_wal(self) -> None:
        """SQLite checkpoints itself every `wal_checkpoint_pages`; where readers keep that from starting over, insist.

        Not for long: every write waits meanwhile, and there is a next time.
        """
        connection = self._connection
        try:
            if self._wal.stat().st_size > self._limits.wal_bytes_max:
                patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
                connection.execute(f"PRAGMA busy_timeout = {_INSIST_MS}").fetchall()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                connection.execute(f"PRAGMA busy_timeout = {patience}").fetchall()
        except (OSError, sqlite3.Error) as error:
            _log.warning("the log could not be shortened", extra={"error": str(error)})


class GroupTransaction:
    """As `Transaction`, for one unit after the other of a group.

    Events and tasks are kept back and inserted together at the end of the group: a third of the time of one by one,
    and a unit that fails has nothing of them to undo.
    """

    __slots__ = (
        "_at",
        "_clock",
        "_cursor",
        "_events",
        "_first_pos",
        "_pos",
        "_tasks",
        "_unsound",
        "announced",
        "trace",
    )

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._cursor = connection.cursor()
        self._clock = clock
        self._pos = int(connection.execute(events.LATEST).fetchone()[0])
        self._first_pos = self._pos
        self._at = 0
        self._unsound: sqlite3.Error | None = None
        self._events: list[Row] = []
        self._tasks: list[tuple[str, str, bytes, int]] = []
        self.announced: list[Event] = []
        self.trace = ""  # that the unit at work belongs to

    def execute(self, sql: str, parameters: Parameters = {}) -> list[Row]:
        """As `Transaction.execute`."""
        try:
            cursor = self._cursor.execute(sql, parameters)
            return [] if cursor.description is None else cursor.fetchall()
        except sqlite3.Error as error:
            if fault(error) is not None:
                self._unsound = error
            raise

    def attempt(self, step: Callable[[], Result]) -> Result:
        """As `Transaction.attempt`."""
        mark = self.mark()
        self.execute("SAVEPOINT step")
        try:
            result = step()
        except Exception:
            self.demand_sound()
            self.execute("ROLLBACK TO step")
            self.execute("RELEASE step")
            self.back_to(mark)
            raise
        self.execute("RELEASE step")
        return result

    @property
    def pos(self) -> int:
        """As `Transaction.pos`."""
        return self._pos

    @property
    def at(self) -> int:
        """As `Transaction.at`."""
        return self._at

    def record(self, event: StoredEvent) -> StoredEvent:
        """As `Transaction.record`."""
        self._pos += 1
        stored = msgspec.structs.replace(event, pos=self._pos)
        self._events.append(events.row(stored, self._at, self.trace))
        self.announced.append(stored)
        return stored

    def announce(self, event: Event) -> None:
        """As `Transaction.announce`."""
        self.announced.append(event)

    def enqueue(self, topic: str, key: str, payload: bytes) -> None:
        """As `Transaction.enqueue`."""
        self._tasks.append((topic, key, payload, self._at))

    def begin(self) -> None:
        """A new group."""
        self._at = self._clock.now_ms()
        self._first_pos = self._pos
        self._unsound = None
        self._events = []
        self._tasks = []
        self.announced = []

    def mark(self) -> _Mark:
        """Where a unit begins."""
        return _Mark(self._pos, len(self._events), len(self._tasks), len(self.announced))

    def back_to(self, mark: _Mark) -> None:
        """A unit failed: nothing that it recorded, announced or enqueued remains."""
        self._pos = mark.pos
        del self._events[mark.events :]
        del self._tasks[mark.tasks :]
        del self.announced[mark.announced :]

    def demand_sound(self) -> None:
        """Raise the engine's error that a unit met, even where it was caught: the transaction may be gone."""
        if self._unsound is not None:
            raise self._unsound

    def flush(self) -> None:
        """The end of a group: store its events and tasks."""
        if self._events:
            self._cursor.executemany(events.INSERT, self._events)
        if self._tasks:
            self._cursor.executemany(_ENQUEUE, self._tasks)

    def roll_back(self) -> None:
        """The group is undone: its positions are free again."""
        self._pos = self._first_pos

    def topics(self) -> frozenset[str]:
        """The topics of the group's tasks."""
        return frozenset(topic for topic, _, _, _ in self._tasks)


def _traced(trace: str, unit: Unit[Result], tx: Transaction) -> Result:
    """What a unit records belongs to the trace of whoever wrote it."""
    assert isinstance(tx, GroupTransaction)
    tx.trace = trace
    try:
        return unit(tx)
    finally:
        tx.trace = ""


def _presentable(error: Exception) -> Exception:
    """A future cannot carry StopIteration."""
    return Defect(f"a unit raised {error!r}") if isinstance(error, StopIteration) else error
