"""The engine over a real file: groups, failures inside them, announcements, reads, closing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from threading import Event as ThreadEvent
from typing import Any

import msgspec
import pytest
import uvloop

from app.model.errors import Problem
from app.model.events import ContactChanged, Event, SessionsRevoked
from app.model.people import Contact
from app.settings import Limits, Settings
from app.storage.database import Transaction
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.conftest import OpenDatabase

Unit = Callable[[Transaction], Any]


def team(name: str) -> Unit:
    """A unit that stores a team; the name must be new."""
    return lambda tx: tx.execute("INSERT INTO teams (id, name) VALUES (:name, :name)", {"name": name})


def contact_event(number: int) -> ContactChanged:
    return ContactChanged(Contact(f"c{number}", number, 0, 0))


async def team_names(database: SqliteDatabase) -> list[str]:
    return [str(name) for (name,) in await database.read("SELECT name FROM teams ORDER BY name")]


class Gate:
    """Holds the writer inside a unit, so that what is written meanwhile becomes one group."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._opened = ThreadEvent()
        self._held = ThreadEvent()
        self._future = database.write(self._hold)

    def _hold(self, tx: Transaction) -> None:
        self._held.set()
        self._opened.wait(20)

    async def held(self) -> None:
        await asyncio.to_thread(self._held.wait, 20)

    async def open(self) -> None:
        self._opened.set()
        await self._future


@pytest.fixture
async def gate(database: SqliteDatabase) -> AsyncIterator[Gate]:
    gate = Gate(database)
    await gate.held()
    yield gate
    await gate.open()


async def outcomes(*writes: Any) -> list[object]:
    return list(await asyncio.gather(*writes, return_exceptions=True))


async def test_a_write_returns_what_its_unit_returns_and_reads_see_it(database: SqliteDatabase) -> None:
    assert await database.write(lambda tx: 42) == 42
    for number in range(50):
        await database.write(team(f"{number:02}"))
        assert len(await database.read("SELECT name FROM teams")) == number + 1


async def test_what_waits_is_one_commit(open_database: OpenDatabase) -> None:
    groups: list[int] = []
    database = await open_database(measure=lambda units, seconds: groups.append(units))
    gate = Gate(database)
    await gate.held()
    writes = [database.write(team(str(number))) for number in range(100)]
    await gate.open()
    await asyncio.gather(*writes)
    assert groups == [1, 100]


async def test_a_group_is_bounded(open_database: OpenDatabase) -> None:
    groups: list[int] = []
    settings = Settings(limits=msgspec.structs.replace(Settings().limits, write_group_max=30))
    database = await open_database(settings=settings, measure=lambda units, seconds: groups.append(units))
    gate = Gate(database)
    await gate.held()
    writes = [database.write(team(str(number))) for number in range(100)]
    await gate.open()
    await asyncio.gather(*writes)
    assert groups == [1, 30, 30, 30, 10]


async def test_a_failing_unit_fails_alone(database: SqliteDatabase, gate: Gate) -> None:
    runs: list[str] = []

    def spoilt(tx: Transaction) -> None:
        runs.append("spoilt")
        team("half")(tx)
        raise ValueError("of its own")

    def counted(tx: Transaction) -> str:
        runs.append("counted")
        team("whole")(tx)
        return "done"

    writes = [
        database.write(counted), database.write(spoilt), database.write(team("whole")), database.write(team("last")),
    ]  # fmt: skip
    await gate.open()
    first, second, third, last = await outcomes(*writes)
    assert first == "done"
    assert isinstance(second, ValueError)
    assert isinstance(third, sqlite3.IntegrityError)
    assert last == []
    assert await team_names(database) == ["last", "whole"]
    assert runs == ["counted", "spoilt", "counted", "spoilt"]  # the group was replayed once


async def test_a_refusal_before_the_first_change_costs_no_replay(database: SqliteDatabase, gate: Gate) -> None:
    runs: list[str] = []

    def refuse(tx: Transaction) -> None:
        tx.execute("SELECT 1")
        tx.record(contact_event(1))
        tx.announce(SessionsRevoked(("never",)))
        tx.enqueue("search", "a", b"never")
        raise ValueError("no")

    def counted(tx: Transaction) -> None:
        runs.append("counted")
        team("kept")(tx)

    writes = [database.write(counted), database.write(refuse)]
    await gate.open()
    assert isinstance((await outcomes(*writes))[1], ValueError)
    assert runs == ["counted"]
    assert await database.read("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM outbox)") == [(0, 0)]
    assert await team_names(database) == ["kept"]


async def test_a_unit_that_caught_its_own_error_commits_the_rest(database: SqliteDatabase) -> None:
    def unit(tx: Transaction) -> str:
        team("a")(tx)
        try:
            team("a")(tx)
        except sqlite3.IntegrityError:
            return "caught"
        return "never"

    assert await database.write(unit) == "caught"
    assert await team_names(database) == ["a"]


async def test_a_part_that_fails_is_taken_back_and_the_rest_of_its_unit_stands(
    open_database: OpenDatabase,
) -> None:
    announced: list[Event] = []
    database = await open_database(announce=announced.extend)

    def unit(tx: Transaction) -> str:
        team("before")(tx)
        tx.record(contact_event(1))

        def part() -> None:
            team("gone")(tx)
            tx.record(contact_event(2))
            tx.enqueue("search", "a", b"gone")
            tx.attempt(lambda: team("inside")(tx))
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            tx.attempt(part)
        assert tx.pos == 1
        tx.attempt(lambda: tx.record(contact_event(3)))
        return "done"

    assert await database.write(unit) == "done"
    assert await team_names(database) == ["before"]
    assert [getattr(one, "pos", 0) for one in announced] == [1, 2]
    rows = await database.read("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM outbox)")
    assert rows == [(2, 0)]


async def test_even_stop_iteration_reaches_its_caller(database: SqliteDatabase) -> None:
    def unit(tx: Transaction) -> object:
        return next(iter(()))

    with pytest.raises(Exception, match="StopIteration"):
        await database.write(unit)
    assert await database.write(lambda tx: "alive") == "alive"


async def test_announcements_come_in_commit_order_before_the_write_resolves(
    database: SqliteDatabase, announced: list[Event], gate: Gate
) -> None:
    heard_at_resolution: list[int] = []

    async def write(number: int) -> None:
        def unit(tx: Transaction) -> None:
            team(str(number))(tx)
            tx.record(contact_event(number))
            tx.announce(SessionsRevoked((str(number),)))
            if number % 5 == 4:
                raise ValueError("a fifth of them fails")

        try:
            await database.write(unit)
        except ValueError:
            return
        heard_at_resolution.append(len(announced))

    tasks = [asyncio.create_task(write(number)) for number in range(20)]
    await asyncio.sleep(0)
    await gate.open()
    await asyncio.gather(*tasks)
    kept = [number for number in range(20) if number % 5 != 4]
    expected: list[Event] = []
    for pos, number in enumerate(kept, 1):
        expected += [msgspec.structs.replace(contact_event(number), pos=pos), SessionsRevoked((str(number),))]
    assert announced == expected
    assert heard_at_resolution == [len(expected)] * len(kept)
    rows = await database.read("SELECT pos, body FROM events ORDER BY pos")
    assert [pos for pos, _ in rows] == list(range(1, len(kept) + 1))
    assert b'"pos":1' in str(rows[0][1]).encode()


async def test_record_returns_the_event_with_its_position(database: SqliteDatabase, clock: ManualClock) -> None:
    stored = await database.write(lambda tx: tx.record(contact_event(7)))
    assert stored == msgspec.structs.replace(contact_event(7), pos=1)
    assert await database.write(lambda tx: tx.pos) == 1
    assert await database.read("SELECT at FROM events") == [(clock.now_ms(),)]


async def test_positions_are_dense_over_failures_and_restarts(open_database: OpenDatabase) -> None:
    for turn in range(3):
        database = await open_database()

        def fail(tx: Transaction) -> None:
            tx.record(contact_event(0))
            team(f"{tx.pos}")(tx)
            raise ValueError

        gate = Gate(database)
        await gate.held()
        writes = [
            database.write(lambda tx: tx.record(contact_event(1))),
            database.write(fail),
            database.write(lambda tx: tx.record(contact_event(2))),
        ]
        await gate.open()
        results = await outcomes(*writes)
        assert [getattr(result, "pos", None) for result in results] == [2 * turn + 1, None, 2 * turn + 2]
        await database.close()


async def test_a_failing_announce_is_logged_and_the_write_resolves(
    open_database: OpenDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    def announce(events: Sequence[Event]) -> None:
        raise RuntimeError("nobody listens")

    database = await open_database(announce=announce)
    await database.write(lambda tx: tx.announce(SessionsRevoked(("x",))))
    assert "nobody listens" in caplog.text


async def test_the_outbox_is_told_after_the_commit(database: SqliteDatabase) -> None:
    told: list[frozenset[str]] = []
    database.watch_outbox(told.append)
    await database.write(team("no task"))
    assert told == []

    def unit(tx: Transaction) -> None:
        tx.enqueue("search", "a", b"1")
        tx.enqueue("mail", "a", b"2")
        tx.enqueue("search", "a", b"3")

    await database.write(unit)
    assert told == [frozenset({"search", "mail"})]
    rows = await database.read("SELECT topic, key, payload, state, attempts, due_at FROM outbox ORDER BY number")
    assert rows == [
        ("search", "a", b"1", "ready", 0, 0),
        ("mail", "a", b"2", "ready", 0, 0),
        ("search", "a", b"3", "ready", 0, 0),
    ]


async def test_a_cancelled_caller_harms_nobody(database: SqliteDatabase, gate: Gate) -> None:
    async def write(name: str) -> None:
        await database.write(team(name))

    cancelled, other = asyncio.create_task(write("cancelled")), asyncio.create_task(write("other"))
    await asyncio.sleep(0)
    cancelled.cancel()
    await gate.open()
    await other
    assert await team_names(database) == ["cancelled", "other"]


async def test_a_full_queue_is_refused(open_database: OpenDatabase) -> None:
    settings = Settings(limits=msgspec.structs.replace(Settings().limits, write_queue_max=3))
    database = await open_database(settings=settings)
    gate = Gate(database)
    await gate.held()
    writes = [database.write(team(str(number))) for number in range(4)]
    assert database.writes_waiting == 3
    await gate.open()
    results = await outcomes(*writes)
    problems = [result for result in results if isinstance(result, Problem)]
    assert [(problem.code, problem.status) for problem in problems] == [("busy", 503)] * 2
    assert all(problem.retry_after_ms and problem.zh for problem in problems)
    await database.write(team("again"))
    assert await team_names(database) == ["0", "1", "again"]


async def test_too_many_reads_are_refused(open_database: OpenDatabase) -> None:
    limits = msgspec.structs.replace(Settings().limits, reads_waiting_max=6)
    database = await open_database(settings=Settings(limits=limits))
    results = await outcomes(*(database.read("SELECT 1") for _ in range(10)))
    assert [getattr(result, "code", result) for result in results] == [[(1,)]] * 6 + ["busy"] * 4
    assert await database.read("SELECT 1") == [(1,)]


async def test_closing_writes_what_waits_and_refuses_the_rest(open_database: OpenDatabase, database_path: Path) -> None:
    database = await open_database()
    gate = Gate(database)
    await gate.held()
    writes = [database.write(team(str(number))) for number in range(700)]
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    late = database.write(team("late"))
    await gate.open()
    assert not any(isinstance(result, BaseException) for result in await outcomes(*writes))
    await closing
    await database.close()
    for refused in (late, database.read("SELECT 1")):
        with pytest.raises(Problem) as problem:
            await refused
        assert problem.value.code == "closing"
    assert sorted(path.name for path in database_path.parent.iterdir()) == ["monodesk.db"]
    again = await open_database()
    assert len(await team_names(again)) == 700
    assert again.epoch == database.epoch


async def test_readers_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(Problem):
        await database.read("INSERT INTO teams (id, name) VALUES ('x', 'x') RETURNING id")
    assert await team_names(database) == []


async def test_a_slow_read_does_not_hold_up_the_others(database: SqliteDatabase) -> None:
    endless = asyncio.create_task(
        database.read("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    )
    await asyncio.sleep(0)
    for _ in range(7):
        await database.read("SELECT 1")
    while not endless.done():  # an interrupt before the statement has begun is lost
        for connection in database._readers._connections:
            await connection.interrupt()
        await asyncio.sleep(0.01)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        await endless


async def test_the_log_is_written_back_after_so_many_pages(tmp_path: Path, clock: ManualClock) -> None:
    settings = Settings(limits=Limits(wal_checkpoint_pages=1_234))  # SQLite's own number is another one
    database = await SqliteDatabase.open(tmp_path / "other.db", settings, clock, lambda events: None)
    try:
        assert await database.write(lambda tx: tx.execute("PRAGMA wal_autocheckpoint")) == [(1_234,)]
    finally:
        await database.close()


async def test_the_writer_holds_more_pages_than_a_reader(database: SqliteDatabase) -> None:
    """Its leaves are where the next messages go; in 8 MiB they no longer fitted after 100,000 messages."""
    limits = Settings().limits
    assert await database.write(lambda tx: tx.execute("PRAGMA cache_size")) == [(-limits.sqlite_writer_cache_kib,)]
    assert await database.read("PRAGMA cache_size") == [(-limits.sqlite_cache_kib,)]
    assert limits.sqlite_writer_cache_kib > limits.sqlite_cache_kib


async def test_the_file_is_private_and_set_up_for_power_cuts(database: SqliteDatabase, database_path: Path) -> None:
    assert database_path.stat().st_mode & 0o777 in (0o600, 0o644)  # the fixture's copy keeps the umask
    assert await database.write(lambda tx: tx.execute("PRAGMA synchronous")) == [(2,)]
    assert await database.write(lambda tx: tx.execute("PRAGMA journal_mode")) == [("wal",)]
    assert await database.write(lambda tx: tx.execute("PRAGMA foreign_keys")) == [(1,)]


async def test_a_new_file_is_readable_by_its_owner_alone(open_database: OpenDatabase, tmp_path: Path) -> None:
    database = await open_database(tmp_path / "new.db")
    await database.write(team("a"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("new.db*")} == {0o600}


async def test_the_log_does_not_grow_for_ever(open_database: OpenDatabase, database_path: Path) -> None:
    database = await open_database(settings=Settings(durability="normal"))  # the same log, in less time
    wal = database_path.with_name("monodesk.db-wal")

    async def read_on() -> None:
        while True:
            await database.read("SELECT count(*) FROM teams")

    readers = [asyncio.create_task(read_on()) for _ in range(3)]
    sizes = []
    for batch in range(16):
        names = [f"{batch}-{number}-" + "x" * 3_000 for number in range(500)]
        await asyncio.gather(*(database.write(team(name)) for name in names))
        sizes.append(wal.stat().st_size)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    assert max(sizes) < 45_000_000  # 16 × 500 × 3 pages or so were written: more than 90 MB


async def test_a_log_that_readers_kept_growing_is_shortened(open_database: OpenDatabase, database_path: Path) -> None:
    limits = msgspec.structs.replace(Settings().limits, wal_bytes_max=3_000_000)
    database = await open_database(settings=Settings(limits=limits, durability="normal"))
    wal = database_path.with_name("monodesk.db-wal")
    snapshot = sqlite3.connect(database_path, isolation_level=None)
    snapshot.execute("BEGIN")
    snapshot.execute("SELECT count(*) FROM teams").fetchall()
    for number in range(300):
        await database.write(team(f"{number}" + "x" * 10_000))
    assert wal.stat().st_size > limits.wal_bytes_max
    snapshot.close()
    for number in range(300):
        await database.write(team(f"again {number}"))
    assert wal.stat().st_size < limits.wal_bytes_max


async def test_a_second_engine_waits_its_turn(open_database: OpenDatabase, database: SqliteDatabase) -> None:
    other = await open_database()
    await asyncio.gather(*(one.write(team(f"{n} {i}")) for n, one in enumerate((database, other)) for i in range(20)))
    assert len(await team_names(database)) == 40


async def test_what_is_no_database_is_refused(open_database: OpenDatabase, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"this is somebody's text file\n" * 200)
    with pytest.raises(Problem) as refused:
        await open_database(tmp_path / "other.db")
    assert refused.value.code == "database_damaged"
    assert (tmp_path / "other.db").read_bytes().startswith(b"this is somebody's")


async def test_a_folder_that_is_not_there_is_refused(open_database: OpenDatabase, tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        await open_database(tmp_path / "absent" / "x.db")
    assert refused.value.code == "disk_read_only"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_both_event_loops_carry_it(run: Callable[..., object], migrated: Path, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(migrated.read_bytes())

    async def work() -> None:
        database = await SqliteDatabase.open(tmp_path / "x.db", Settings(), ManualClock(), lambda events: None)
        await asyncio.gather(*(database.write(team(str(number))) for number in range(200)))
        assert len(await team_names(database)) == 200
        await database.close()

    run(work())
