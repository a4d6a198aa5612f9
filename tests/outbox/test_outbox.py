"""The dispatcher over a real database: order, retries, leases, dead letters."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from app.model.clock import SystemClock
from app.model.errors import Unavailable
from app.outbox.outbox import Outbox
from app.settings import Limits, Settings
from app.storage import outbox as table
from app.storage.database import Row, Transaction
from app.storage.outbox import Backlog, Task
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.gateway.client import until

TOPIC = "search"


class Recorder:
    """A handler that remembers what it was given and fails where it is told to."""

    def __init__(self, failing: set[bytes] | None = None) -> None:
        self.batches: list[list[bytes]] = []
        self.failing = failing or set()

    async def __call__(self, tasks: Sequence[Task]) -> None:
        self.batches.append([task.payload for task in tasks])
        if any(task.payload in self.failing for task in tasks):
            raise ValueError("no such place")

    @property
    def payloads(self) -> list[bytes]:
        return [payload for batch in self.batches for payload in batch]


@pytest.fixture
def outbox(database: SqliteDatabase, clock: ManualClock, settings: Settings) -> Outbox:
    return Outbox(database, clock, settings, lambda: 1.0)


async def enqueue(database: SqliteDatabase, *tasks: tuple[str, bytes], topic: str = TOPIC) -> None:
    def unit(tx: Transaction) -> None:
        for key, payload in tasks:
            tx.enqueue(topic, key, payload)

    await database.write(unit)


async def states(database: SqliteDatabase) -> list[Row]:
    return await database.read("SELECT payload, state, attempts FROM outbox ORDER BY number")


async def test_tasks_are_handed_over_in_batches_and_in_order(database: SqliteDatabase, outbox: Outbox) -> None:
    handler = Recorder()
    outbox.handle(TOPIC, handler, batch_max=2)
    await enqueue(database, ("a", b"1"), ("b", b"2"), ("a", b"3"))
    assert await outbox.drain() == 3
    assert handler.batches == [[b"1", b"2"], [b"3"]]
    assert await outbox.backlog() == Backlog(0, 0, 0)


async def test_a_failing_batch_is_split_and_only_its_key_waits(
    database: SqliteDatabase, outbox: Outbox, clock: ManualClock
) -> None:
    handler = Recorder({b"a1"})
    outbox.handle(TOPIC, handler)
    await enqueue(database, ("a", b"a1"), ("b", b"b1"), ("a", b"a2"), ("b", b"b2"))
    assert await outbox.drain() == 2
    assert handler.batches == [[b"a1", b"b1", b"a2", b"b2"], [b"a1"], [b"b1"], [b"b2"]]
    assert await states(database) == [(b"a1", "ready", 1), (b"a2", "ready", 0)]
    await enqueue(database, ("a", b"a3"))
    assert await outbox.drain() == 0  # what came later waits as well
    handler.failing.clear()
    handler.batches.clear()
    clock.advance(1.0)
    assert await outbox.drain() == 3
    assert handler.payloads == [b"a1", b"a2", b"a3"]


async def test_back_off_doubles_up_to_the_cap(database: SqliteDatabase, clock: ManualClock, tmp_path: Path) -> None:
    limits = msgspec.structs.replace(Settings().limits, outbox_delay_ms_min=1_000, outbox_delay_ms_max=5_000)
    outbox = Outbox(database, clock, Settings(limits=limits), lambda: 1.0)
    outbox.handle(TOPIC, Recorder({b"x"}))
    await enqueue(database, ("a", b"x"))
    delays = []
    for _ in range(5):
        await outbox.drain()
        due_at = await table.next_due(database, TOPIC)
        assert due_at is not None
        delays.append(due_at - clock.now_ms())
        clock.advance((due_at - clock.now_ms()) / 1_000)
    assert delays == [1_000, 2_000, 4_000, 5_000, 5_000]


async def test_chance_parts_crowds(database: SqliteDatabase, clock: ManualClock, settings: Settings) -> None:
    outbox = Outbox(database, clock, settings, lambda: 0.0)
    outbox.handle(TOPIC, Recorder({b"x"}))
    await enqueue(database, ("a", b"x"))
    await outbox.drain()
    assert await table.next_due(database, TOPIC) == clock.now_ms() + 500


async def exhaust(outbox: Outbox, clock: ManualClock, settings: Settings) -> None:
    for _ in range(settings.limits.outbox_attempts_max):
        await outbox.drain()
        clock.advance(settings.limits.outbox_delay_ms_max / 1_000)


async def test_a_dead_task_lets_its_key_go_on(
    database: SqliteDatabase, outbox: Outbox, clock: ManualClock, settings: Settings
) -> None:
    handler = Recorder({b"bad"})
    outbox.handle(TOPIC, handler)
    await enqueue(database, ("a", b"bad"), ("a", b"next"))
    await exhaust(outbox, clock, settings)
    assert handler.payloads.count(b"bad") == settings.limits.outbox_attempts_max + 1  # once within the batch
    assert handler.payloads.index(b"next", 2) == len(handler.payloads) - 1  # after the first batch only when it is dead
    (dead,) = await outbox.dead()
    assert (dead.payload, dead.attempts, dead.error) == (b"bad", 12, "ValueError: no such place")


async def test_where_the_topic_halts_its_key_waits_for_the_replay(
    database: SqliteDatabase, outbox: Outbox, clock: ManualClock, settings: Settings
) -> None:
    handler = Recorder({b"bad"})
    outbox.handle(TOPIC, handler, batch_max=1, halts=True)
    await enqueue(database, ("a", b"bad"), ("a", b"next"), ("b", b"other"))
    await exhaust(outbox, clock, settings)
    assert b"next" not in handler.payloads
    assert b"other" in handler.payloads
    handler.failing.clear()
    handler.batches.clear()
    (dead,) = await outbox.dead()
    assert await outbox.replay(dead.number)
    assert not await outbox.replay(dead.number)
    assert await outbox.drain() == 2
    assert handler.payloads == [b"bad", b"next"]


async def test_a_crash_in_the_middle_of_a_batch_does_it_again(
    database: SqliteDatabase, outbox: Outbox, clock: ManualClock, settings: Settings
) -> None:
    await enqueue(database, ("a", b"1"), ("b", b"2"), ("a", b"3"))
    numbers = await table.fresh(database, TOPIC, 2, False)
    until = clock.now_ms() + 30_000
    await database.write(lambda tx: table.claim(tx, numbers, until, False))  # and the process is gone
    handler = Recorder()
    outbox.handle(TOPIC, handler)
    assert await outbox.drain() == 0  # the lease holds, and keeps its keys
    clock.advance(30.0)
    assert await outbox.drain() == 3
    assert handler.payloads.index(b"1") < handler.payloads.index(b"3")


async def test_what_crashes_its_holder_time_and_again_dies(
    database: SqliteDatabase, outbox: Outbox, clock: ManualClock, settings: Settings
) -> None:
    await enqueue(database, ("a", b"poison"))
    outbox.handle(TOPIC, Recorder())
    for _ in range(settings.limits.outbox_attempts_max):
        until = clock.now_ms() + 30_000
        rows = await database.read("SELECT number FROM outbox")
        await database.write(lambda tx: table.claim(tx, [int(str(rows[0][0]))], until, False))  # noqa: B023 - at once
        clock.advance(30.0)
        await database.write(lambda tx: table.expire(tx, TOPIC, clock.now_ms(), 12, "not finished in time"))
    (dead,) = await outbox.dead()
    assert (dead.payload, dead.error) == (b"poison", "not finished in time")


async def test_a_late_holder_cannot_finish_what_another_one_has(
    database: SqliteDatabase, clock: ManualClock, settings: Settings
) -> None:
    await enqueue(database, ("a", b"1"))
    (number,) = await table.fresh(database, TOPIC, 1, False)
    now = clock.now_ms()
    late = await database.write(lambda tx: table.claim(tx, [number], now + 1_000, False))
    await database.write(lambda tx: table.expire(tx, TOPIC, now + 1_000, 12, ""))
    present = await database.write(lambda tx: table.claim(tx, [number], now + 9_000, False))
    assert [task.number for task in present.tasks] == [number]
    assert not await database.write(lambda tx: table.finish_one(tx, number, late.lease))
    assert not await database.write(lambda tx: table.retry(tx, number, late.lease, now, "late"))
    assert not await database.write(lambda tx: table.bury(tx, number, late.lease, "late"))
    assert await database.write(lambda tx: table.finish(tx, TOPIC, late.lease)) == 0
    await database.write(lambda tx: table.give_back(tx, TOPIC, late.lease))
    assert await states(database) == [(b"1", "leased", 2)]
    assert await database.write(lambda tx: table.finish_one(tx, number, present.lease))


async def test_two_dispatchers_never_hand_over_one_task_twice(
    database: SqliteDatabase, clock: ManualClock, settings: Settings
) -> None:
    first, second = (Outbox(database, clock, settings) for _ in range(2))
    one, other = Recorder(), Recorder()
    first.handle(TOPIC, one, batch_max=3)
    second.handle(TOPIC, other, batch_max=3)
    payloads = [f"{key}{turn}".encode() for turn in range(20) for key in "abc"]
    await enqueue(database, *((chr(payload[0]), payload) for payload in payloads))
    async with asyncio.TaskGroup() as group:
        group.create_task(first.drain())
        group.create_task(second.drain())
    await first.drain()
    assert sorted(one.payloads + other.payloads) == sorted(payloads)


async def test_a_handler_that_hangs_is_cut_and_tried_again(database: SqliteDatabase, clock: ManualClock) -> None:
    limits = msgspec.structs.replace(Settings().limits, outbox_lease_seconds=0.05)
    outbox = Outbox(database, clock, Settings(limits=limits))

    async def hang(tasks: Sequence[Task]) -> None:
        await asyncio.Event().wait()

    outbox.handle(TOPIC, hang)
    await enqueue(database, ("a", b"1"))
    assert await outbox.drain() == 0
    assert await states(database) == [(b"1", "ready", 1)]
    assert (await database.read("SELECT error FROM outbox"))[0][0] == "TimeoutError: "


async def test_cancelling_gives_back_what_is_in_work(database: SqliteDatabase, outbox: Outbox) -> None:
    started = asyncio.Event()

    async def hang(tasks: Sequence[Task]) -> None:
        started.set()
        await asyncio.Event().wait()

    outbox.handle(TOPIC, hang)
    await enqueue(database, ("a", b"1"), ("a", b"2"))
    running = asyncio.create_task(outbox.run())
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await states(database) == [(b"1", "ready", 0), (b"2", "ready", 0)]


async def test_a_commit_wakes_the_dispatcher_without_a_poll(database: SqliteDatabase) -> None:
    limits = msgspec.structs.replace(Settings().limits, outbox_gather_ms=1, outbox_poll_seconds=3_600.0)
    outbox = Outbox(database, SystemClock(), Settings(limits=limits))
    handled = asyncio.Event()

    async def handler(tasks: Sequence[Task]) -> None:
        handled.set()

    outbox.handle(TOPIC, handler)
    running = asyncio.create_task(outbox.run())
    for _ in range(3):
        handled.clear()
        await enqueue(database, ("a", b"1"))
        async with asyncio.timeout(60):
            await handled.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_slow_poll_heals_a_lost_wake_up(database: SqliteDatabase) -> None:
    limits = msgspec.structs.replace(Settings().limits, outbox_gather_ms=1, outbox_poll_seconds=0.02)
    outbox = Outbox(database, SystemClock(), Settings(limits=limits))
    handled = asyncio.Event()

    async def handler(tasks: Sequence[Task]) -> None:
        handled.set()

    outbox.handle(TOPIC, handler)
    running = asyncio.create_task(outbox.run())
    await database.write(
        lambda tx: tx.execute(
            "INSERT INTO outbox (topic, key, payload, created_at) VALUES ('search', 'a', :payload, 0)",
            {"payload": b"1"},
        )
    )
    async with asyncio.timeout(60):
        await handled.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_topic_has_one_handler(outbox: Outbox) -> None:
    outbox.handle(TOPIC, Recorder())
    with pytest.raises(Exception, match="has a handler already"):
        outbox.handle(TOPIC, Recorder())


async def test_a_topic_comes_and_goes_while_it_runs_and_its_tasks_wait_for_the_next_handler(
    database: SqliteDatabase,
) -> None:
    limits = msgspec.structs.replace(Settings().limits, outbox_gather_ms=1, outbox_poll_seconds=3_600.0)
    outbox = Outbox(database, SystemClock(), Settings(limits=limits))
    running = asyncio.create_task(outbox.run())
    first, second = Recorder(), Recorder()
    await asyncio.sleep(0)
    outbox.handle("later", first)
    await enqueue(database, ("a", b"1"), topic="later")
    await until(lambda: first.payloads == [b"1"])
    await outbox.release("later")
    await enqueue(database, ("a", b"2"), topic="later")
    await asyncio.sleep(0.05)
    assert not running.done()
    outbox.handle("later", second)
    await until(lambda: second.payloads == [b"2"])
    assert first.payloads == [b"1"]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_handler_that_hangs_is_given_back_when_its_topic_goes(database: SqliteDatabase) -> None:
    limits = msgspec.structs.replace(Settings().limits, outbox_gather_ms=1)
    outbox = Outbox(database, SystemClock(), Settings(limits=limits))
    begun = asyncio.Event()

    async def hang(tasks: Sequence[Task]) -> None:
        begun.set()
        await asyncio.sleep(3_600)

    running = asyncio.create_task(outbox.run())
    await asyncio.sleep(0)
    outbox.handle("later", hang)
    await enqueue(database, ("a", b"1"), topic="later")
    async with asyncio.timeout(60):
        await begun.wait()
    await outbox.release("later")
    assert await states(database) == [(b"1", "ready", 0)]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_topic_has_a_patience_of_its_own(database: SqliteDatabase, clock: ManualClock, outbox: Outbox) -> None:
    outbox.handle(TOPIC, Recorder({b"1"}), attempts_max=3, delay_ms_max=1_500)
    await enqueue(database, ("a", b"1"))
    for _ in range(2):
        await outbox.drain()
        clock.jump(1.5)
    assert [row[1:] for row in await states(database)] == [("ready", 2)]
    await outbox.drain()
    assert [row[1:] for row in await states(database)] == [("dead", 3)]


async def test_a_clock_that_is_set_back_holds_no_retry_up_and_hurries_none(
    database: SqliteDatabase, clock: ManualClock
) -> None:
    quick = Settings(limits=Limits(clock_look_seconds=0.01, outbox_poll_seconds=0.02, outbox_gather_ms=1))
    outbox = Outbox(database, clock, quick, lambda: 1.0)
    handler = Recorder({b"1"})
    outbox.handle(TOPIC, handler)
    await enqueue(database, ("a", b"1"))
    running = asyncio.create_task(outbox.run())
    try:
        await until(lambda: len(handler.batches) == 1)
        clock.jump(-3_600.0)
        await asyncio.sleep(0.2)
        assert len(handler.batches) == 1, "a second has not passed"
        handler.failing = set()
        clock.advance(1.1)
        await until(lambda: len(handler.batches) == 2)
        while await outbox.backlog() != Backlog(0, 0, 0):
            await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.wait((running,))


async def test_who_asks_for_patience_gets_it(database: SqliteDatabase, clock: ManualClock, outbox: Outbox) -> None:
    tried: list[int] = []

    async def busy(tasks: Sequence[Task]) -> None:
        tried.append(clock.now_ms())
        raise Unavailable("busy", "Later.", "稍后。", retry_after_ms=90_000)

    outbox.handle(TOPIC, busy)
    await enqueue(database, ("a", b"1"))
    for _ in range(4):
        await outbox.drain()
        clock.advance(45)
    assert [at - tried[0] for at in tried] == [0, 90_000]


async def test_lanes_work_at_once_on_other_keys_and_each_key_keeps_its_order(database: SqliteDatabase) -> None:
    outbox = Outbox(database, SystemClock(), Settings(limits=Limits(outbox_gather_ms=1)))
    at_work: list[str] = []
    most = 0
    done: list[bytes] = []
    all_busy = asyncio.Event()

    async def handler(tasks: Sequence[Task]) -> None:
        nonlocal most
        (task,) = tasks
        assert task.key not in at_work
        at_work.append(task.key)
        most = max(most, len(at_work))
        if most == 3:
            all_busy.set()
        await all_busy.wait()
        await asyncio.sleep(0)
        at_work.remove(task.key)
        done.append(task.payload)

    outbox.handle(TOPIC, handler, batch_max=1, lanes=3)
    running = asyncio.create_task(outbox.run())
    await enqueue(database, *((key, f"{key}{number}".encode()) for number in range(5) for key in "abcd"))
    await until(lambda: len(done) == 20)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert most == 3
    assert all([one for one in done if one[:1] == key] == [key + b"%d" % n for n in range(5)] for key in (b"a", b"d"))
    assert await states(database) == []


async def test_who_is_cancelled_while_he_claims_holds_nothing_back(database: SqliteDatabase, outbox: Outbox) -> None:
    handler = Recorder()
    outbox.handle(TOPIC, handler)
    await enqueue(database, ("a", b"1"))
    held = asyncio.Event()

    def slow(tx: Transaction) -> None:
        while not held.is_set():
            time.sleep(0.001)

    blocking = asyncio.ensure_future(database.write(slow))  # what the claim waits behind
    draining = asyncio.create_task(outbox.drain())
    await until(lambda: database.writes_waiting == 2)
    draining.cancel()
    held.set()
    await asyncio.gather(draining, blocking, return_exceptions=True)
    await database.write(lambda tx: None)  # behind all that was asked for
    assert (await states(database), handler.payloads) == ([(b"1", "ready", 0)], [])
