"""Dispatching: lease, order per key, retry, dead letter, replay.

At least once: a crash in the middle of a batch does it again, so every handler is idempotent. Tasks of one key are
handed over in the order in which they were enqueued; one that failed holds back those behind it until it is done or
dead. Whether they go on behind a dead one is the topic's choice (`halts`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from msgspec import Struct

from app.model.clock import Clock
from app.model.errors import Defect, Problem
from app.settings import Limits, Settings
from app.storage import outbox
from app.storage.database import Database
from app.storage.outbox import Backlog, Batch, DeadTask, Task
from app.telemetry.log import logger

Handler = Callable[[Sequence[Task]], Awaitable[None]]

_ERROR_CHARACTERS_MAX = 500
_log = logger("outbox")


class Outbox:
    """Hands what was enqueued to the handler of its topic."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, chance: Callable[[], float] = random.random
    ) -> None:
        self._database = database
        self._clock = clock
        self._limits = settings.limits
        self._chance = chance
        self._dispatchers: dict[str, tuple[_Dispatcher, ...]] = {}  # by topic, one for each of its lanes
        self._group: asyncio.TaskGroup | None = None  # while it runs
        self._running: dict[str, list[asyncio.Task[None]]] = {}
        self.clock_leaps = 0  # how often the wall clock was set since the start
        self.clock_leap_seconds = 0.0  # by how much the last time
        database.watch_outbox(self._wake)

    def handle(
        self,
        topic: str,
        handler: Handler,
        *,
        batch_max: int | None = None,
        halts: bool = False,
        lease_seconds: float | None = None,
        attempts_max: int | None = None,
        delay_ms_max: int | None = None,
        lanes: int = 1,
    ) -> None:
        """Join a handler to a topic; while the outbox runs, too.

        It gets at most `batch_max` tasks at once (default `limits.outbox_batch_max`) and has `lease_seconds` for them
        (default `limits.outbox_lease_seconds`). When it raises, each task of the batch is handed over alone, and is
        tried `attempts_max` times, at most `delay_ms_max` apart (defaults in `limits`), and no earlier than what it
        raised asks for. With `halts`, tasks of a key wait behind a dead one until it is replayed; without, they go on.
        So many `lanes` work at once, each on other keys.
        """
        if topic in self._dispatchers:
            raise Defect(f"topic {topic!r} has a handler already")
        size = min(batch_max or self._limits.outbox_batch_max, self._limits.outbox_batch_max)
        patience = _Patience(
            attempts_max or self._limits.outbox_attempts_max,
            self._limits.outbox_delay_ms_min,
            delay_ms_max or self._limits.outbox_delay_ms_max,
        )
        self._dispatchers[topic] = tuple(
            _Dispatcher(
                self._database, self._clock, self._limits, self._chance, topic, handler, size, halts,
                lease_seconds or self._limits.outbox_lease_seconds, patience,
            )
            for _ in range(lanes)
        )  # fmt: skip
        if self._group is not None:
            self._start(self._group, topic)

    async def release(self, topic: str) -> None:
        """Take a topic's handler away; its tasks wait for the next one, what is in work is given back."""
        self._dispatchers.pop(topic, None)
        tasks = self._running.pop(topic, [])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self) -> None:
        """Dispatch until cancelled; what is in work then is given back."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._watch_clock())
                for topic in self._dispatchers:
                    self._start(group, topic)
        finally:
            self._group = None
            self._running.clear()

    def _start(self, group: asyncio.TaskGroup, topic: str) -> None:
        self._running[topic] = [group.create_task(one.run()) for one in self._dispatchers[topic]]

    async def _watch_clock(self) -> None:
        """Retries and leases are kept in wall time, for they outlive the process; set back, it would hold them up.

        Set forward, it may hurry what is waiting once, before it is looked at.
        """
        offset = self._offset_ms()
        while True:
            await asyncio.sleep(self._limits.clock_look_seconds)
            leap = self._offset_ms() - offset
            if abs(leap) >= self._limits.clock_leap_ms_min:
                try:
                    await self.shift(leap)
                except Problem:  # the disk is full, say: at the next look
                    continue
                offset += leap
                self.clock_leaps, self.clock_leap_seconds = self.clock_leaps + 1, leap / 1_000
                _log.warning("the clock was set", extra={"seconds": round(leap / 1_000)})

    async def shift(self, by_ms: int) -> None:
        """The wall clock was set by so much: what is due or leased by it is so as long from now as before."""
        await self._database.write(partial(outbox.shift, by_ms=by_ms))
        self._wake(frozenset(self._dispatchers))

    def _offset_ms(self) -> int:
        return self._clock.now_ms() - round(self._clock.monotonic() * 1_000)

    async def drain(self) -> int:
        """Dispatch what is due now and return; the number of tasks done."""
        done = [await lane.drain() for lanes in self._dispatchers.values() for lane in lanes]
        return sum(done)

    async def dead(self, limit: int = 200) -> tuple[DeadTask, ...]:
        """The newest tasks that failed `limits.outbox_attempts_max` times, newest first."""
        return await outbox.dead(self._database, limit)

    async def replay(self, number: int) -> bool:
        """Try a dead task again, from its first attempt; False when it is not dead."""
        topic = await self._database.write(lambda tx: outbox.replay(tx, number))
        if topic is None:
            return False
        self._wake(frozenset({topic}))
        return True

    async def backlog(self) -> Backlog:
        """How much there is to do."""
        return await outbox.backlog(self._database)

    def _wake(self, topics: frozenset[str]) -> None:
        for topic in topics:
            for lane in self._dispatchers.get(topic, ()):
                lane.woken.set()


class _Patience(Struct, frozen=True):
    """How often a task is tried, and how far apart."""

    attempts_max: int
    delay_ms_min: int
    delay_ms_max: int


class _Failure(Struct, frozen=True):
    """Why an attempt failed, and how long it was asked to wait for the next one."""

    reason: str
    after_ms: int


class _Dispatcher:
    """One topic and its handler."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        limits: Limits,
        chance: Callable[[], float],
        topic: str,
        handler: Handler,
        size: int,
        halts: bool,
        lease_seconds: float,
        patience: _Patience,
    ) -> None:
        self._patience = patience
        self._database = database
        self._clock = clock
        self._limits = limits
        self._chance = chance
        self._topic = topic
        self._handler = handler
        self._size = size
        self._halts = halts
        self._lease_seconds = lease_seconds
        self.woken = asyncio.Event()

    async def run(self) -> None:
        """Dispatch until cancelled. Sleeps until a commit, a retry or the end of a lease wakes it."""
        while True:
            self.woken.clear()
            try:
                await self.drain()
                await self._sleep()
            except Problem as problem:  # the disk is full, say: what waits keeps
                _log.warning("the outbox rests", extra={"topic": self._topic, "code": problem.code})
                await asyncio.sleep(self._limits.outbox_delay_ms_min / 1_000)

    async def drain(self) -> int:
        """Everything that is due, batch by batch; the number of tasks done."""
        await self._expire()
        done = 0
        while True:
            fresh = await outbox.fresh(self._database, self._topic, self._size, self._halts)
            again = await outbox.again(self._database, self._topic, self._clock.now_ms(), self._halts)
            if not fresh and not again:
                return done
            for numbers in (fresh, again):  # both get their turn, however much there is of the other
                if numbers:
                    done += await self._dispatch(numbers)

    async def _sleep(self) -> None:
        """Until woken, until the next retry, or until the slow poll that heals a lost wake-up; then gather a moment."""
        seconds, gather = self._limits.outbox_poll_seconds, self._limits.outbox_gather_ms / 1_000
        due_at = await outbox.next_due(self._database, self._topic)
        if due_at is not None:  # what is due by now waits for its turn
            seconds = min(seconds, max(gather, (due_at - self._clock.now_ms()) / 1_000))
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
            await asyncio.sleep(gather)
        except TimeoutError:
            pass

    async def _expire(self) -> None:
        now = self._clock.now_ms()
        due_at = await outbox.next_due(self._database, self._topic)
        if due_at is not None and due_at <= now:
            attempts_max = self._patience.attempts_max
            await self._database.write(
                lambda tx: outbox.expire(tx, self._topic, now, attempts_max, "not finished in time")
            )

    async def _dispatch(self, numbers: list[int]) -> int:
        """Claim these and hand them over; the number of tasks done."""
        seconds = self._lease_seconds
        until = self._clock.now_ms() + round(seconds * 1_000)
        ends_at = self._clock.monotonic() + seconds
        batch = await self._claimed(numbers, until)
        try:
            if len(batch.tasks) > 1 and not await self._try(batch.tasks):
                return await self._one_by_one(batch, ends_at)
            if len(batch.tasks) == 1:
                return await self._alone(batch.tasks[0], batch.lease)
            return await self._database.write(lambda tx: outbox.finish(tx, self._topic, batch.lease))
        except asyncio.CancelledError:
            await self._give_back(batch)
            raise

    async def _claimed(self, numbers: list[int], until: int) -> Batch:
        """Whoever is cancelled meanwhile has claimed them all the same, and gives them back."""
        claiming = asyncio.ensure_future(self._database.write(lambda tx: outbox.claim(tx, numbers, until, self._halts)))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await self._give_back(await claiming)
            raise

    async def _try(self, tasks: Sequence[Task]) -> bool:
        return await self._failure(tasks) is None

    async def _failure(self, tasks: Sequence[Task]) -> "_Failure | None":
        """Why the handler failed, None when it did not."""
        try:
            async with asyncio.timeout(self._lease_seconds):
                await self._handler(tasks)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failed attempt
            expected = isinstance(error, Problem)  # says itself what is wrong; where it was raised says nothing more
            _log.warning(
                "a task failed",
                exc_info=None if expected else error,
                extra={"topic": self._topic, "numbers": [tasks[0].number, len(tasks)], "reason": str(error)[:200]},
            )
            reason = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS_MAX]
            return _Failure(reason, (error.retry_after_ms if isinstance(error, Problem) else None) or 0)
        return None

    async def _one_by_one(self, batch: Batch, ends_at: float) -> int:
        """After a failed batch: find the tasks that fail, and keep the order behind them."""
        done = 0
        held_back: set[str] = set()
        for task in batch.tasks:
            if self._clock.monotonic() >= ends_at:
                break
            if task.key in held_back:
                continue
            if await self._alone(task, batch.lease):
                done += 1
            else:
                held_back.add(task.key)
        await self._give_back(batch)
        return done

    async def _alone(self, task: Task, lease: str) -> int:
        """One task: done (1), or to be tried again, or dead (0)."""
        failure = await self._failure([task])
        if failure is None:
            return await self._database.write(lambda tx: int(outbox.finish_one(tx, task.number, lease)))
        if task.attempts >= self._patience.attempts_max:
            _log.error("a task is dead", extra={"topic": self._topic, "number": task.number, "reason": failure.reason})
            await self._database.write(lambda tx: outbox.bury(tx, task.number, lease, failure.reason))
        else:
            due_at = self._clock.now_ms() + max(self._delay_ms(task.attempts), failure.after_ms)
            await self._database.write(lambda tx: outbox.retry(tx, task.number, lease, due_at, failure.reason))
        return 0

    async def _give_back(self, batch: Batch) -> None:
        await self._database.write(lambda tx: outbox.give_back(tx, self._topic, batch.lease))

    def _delay_ms(self, attempts: int) -> int:
        """Doubled with every attempt up to the cap, between half and all of it by chance so that crowds part."""
        doubled = self._patience.delay_ms_min << min(attempts - 1, 32)
        return round(min(doubled, self._patience.delay_ms_max) * (0.5 + self._chance() / 2))
