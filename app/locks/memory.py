"""Locks inside one process."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from app.locks.locks import Lease
from app.model.clock import Clock
from app.model.errors import Defect, Unavailable
from app.settings import Limits


class _Waiter(NamedTuple):
    granted: asyncio.Future[Lease]
    ttl_seconds: float
    owner: asyncio.Task[object]


class _Grant(NamedTuple):
    lease: Lease
    ends_at: float  # Clock.monotonic
    owner: asyncio.Task[object]
    timer: asyncio.TimerHandle


class _Line:
    """One name: who has it and who waits for it. Exists only while somebody has it."""

    __slots__ = ("grant", "waiters")

    def __init__(self, grant: _Grant) -> None:
        self.grant = grant
        self.waiters: deque[_Waiter] = deque()


class MemoryLocks:
    """As `Locks`, for one process.

    `first_token` is greater than every token given before, by whatever earlier process
    (`storage.fencing.first_token`).
    """

    def __init__(self, clock: Clock, limits: Limits, first_token: int) -> None:
        self._clock = clock
        self._waiters_max = limits.lock_waiters_max
        self._next_token = first_token
        self._lines: dict[str, _Line] = {}
        self._held: dict[asyncio.Task[object], list[str]] = {}

    async def acquire(self, name: str, ttl_seconds: float) -> Lease:
        """As `Locks.acquire`."""
        owner = _task()
        self._demand_order(owner, name)
        line = self._line(name)
        if line is None:
            return self._start(name, ttl_seconds, owner)
        if len(line.waiters) >= self._waiters_max:
            raise _crowded()
        waiter = _Waiter(asyncio.get_running_loop().create_future(), ttl_seconds, owner)
        line.waiters.append(waiter)
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            self._withdraw(name, waiter)
            raise

    async def release(self, lease: Lease) -> bool:
        """As `Locks.release`."""
        line = self._line(lease.name)
        if line is None or line.grant.lease.token != lease.token:
            return False
        self._end(line)
        return True

    @asynccontextmanager
    async def hold(self, name: str, ttl_seconds: float) -> AsyncIterator[Lease]:
        """As `Locks.hold`."""
        lease = await self.acquire(name, ttl_seconds)
        try:
            yield lease
        finally:
            await self.release(lease)

    @property
    def held(self) -> int:
        """How many locks somebody has, for `/metrics`."""
        return len(self._lines)

    def _demand_order(self, owner: asyncio.Task[object], name: str) -> None:
        for held in tuple(self._held.get(owner, ())):
            if held >= name and self._line(held) is not None and held in self._held.get(owner, ()):
                raise Defect(f"a task that holds lock {held!r} may not ask for {name!r}: ask in ascending order")

    def _line(self, name: str) -> _Line | None:
        """The name's line, its grant passed on first if its time is over."""
        line = self._lines.get(name)
        if line is not None and line.grant.ends_at <= self._clock.monotonic():
            self._end(line)
            line = self._lines.get(name)
        return line

    def _start(self, name: str, ttl_seconds: float, owner: asyncio.Task[object]) -> Lease:
        grant = self._grant(name, ttl_seconds, owner)
        self._lines[name] = _Line(grant)
        return grant.lease

    def _grant(self, name: str, ttl_seconds: float, owner: asyncio.Task[object]) -> _Grant:
        lease = Lease(name, self._next_token)
        self._next_token += 1
        self._held.setdefault(owner, []).append(name)
        return _Grant(lease, self._clock.monotonic() + ttl_seconds, owner, self._timer(name, ttl_seconds))

    def _timer(self, name: str, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._time_over, name)

    def _time_over(self, name: str) -> None:
        line = self._line(name)
        if line is not None and line.grant.timer.when() <= asyncio.get_running_loop().time():
            # The loop's clock ran ahead of ours: look again when ours says so.
            left = line.grant.ends_at - self._clock.monotonic()
            line.grant = line.grant._replace(timer=self._timer(name, left))

    def _end(self, line: _Line) -> None:
        """Take the lock from its holder and give it to the first who still waits."""
        name = line.grant.lease.name
        line.grant.timer.cancel()
        self._forget(line.grant.owner, name)
        while line.waiters:
            waiter = line.waiters.popleft()
            if not waiter.granted.done():
                line.grant = self._grant(name, waiter.ttl_seconds, waiter.owner)
                waiter.granted.set_result(line.grant.lease)
                return
        del self._lines[name]

    def _forget(self, owner: asyncio.Task[object], name: str) -> None:
        held = self._held[owner]
        held.remove(name)
        if not held:
            del self._held[owner]

    def _withdraw(self, name: str, waiter: _Waiter) -> None:
        """Undo a cancelled wait: it may have been granted in the moment before."""
        line = self._line(name)
        if line is None:
            return
        if waiter.granted.cancelled():
            line.waiters = deque(other for other in line.waiters if other is not waiter)
        elif line.grant.lease.token == waiter.granted.result().token:
            self._end(line)


def _task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise Defect("a lock is asked for inside a task")
    return task


def _crowded() -> Unavailable:
    return Unavailable(
        "busy",
        "Too many people do this at once. Try again in a moment.",
        "同时操作的人太多，请稍后再试。",
        retry_after_ms=1_000,
    )
