"""One timer for everything that is due at a moment of the wall clock: it is armed for the next of them.

What is due stands in the database, so a restart forgets nothing. A wall clock that somebody sets is looked at again
within `limits.clock_look_seconds`: what is due by it then is done, and what no longer is waits on.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from app.model.clock import Clock
from app.model.errors import Problem
from app.settings import Limits
from app.telemetry.log import logger

_log = logger("alarm")


class Sleeper(Protocol):
    """Something that is done when its moment comes."""

    async def next_due(self) -> int | None:
        """When the next is due (ms UTC); None where nothing waits."""
        ...

    async def ring(self, now: int) -> None:
        """Do what is due at `now` (ms UTC); what cannot be done is put off or given up, never left due."""
        ...


class Alarm:
    """Rings when the next of all sleepers is due."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._armed = asyncio.Event()
        self.sleepers: Sequence[Sleeper] = ()

    def arm(self) -> None:
        """Something is due that was not before, or earlier: look again."""
        self._armed.set()

    async def run(self) -> None:
        """Ring until cancelled."""
        while True:
            self._armed.clear()
            try:
                await self._sleep(await self.ring())
            except Problem as problem:  # the disk is full, say: what is due stays so
                _log.warning("the alarm rests", extra={"code": problem.code})
                await asyncio.sleep(self._limits.outbox_delay_ms_min / 1_000)
            except Exception:  # noqa: BLE001 - the other sleepers must still be woken
                _log.exception("the alarm failed")
                await asyncio.sleep(self._limits.outbox_delay_ms_min / 1_000)

    async def ring(self) -> int | None:
        """Do what is due; when the next is (ms UTC)."""
        now = self._clock.now_ms()
        coming: list[int] = []
        for sleeper in self.sleepers:
            due = await sleeper.next_due()
            if due is not None and due <= now:
                await sleeper.ring(now)
                due = await sleeper.next_due()
            if due is not None:
                coming.append(due)
        return min(coming, default=None)

    async def _sleep(self, due: int | None) -> None:
        """Until something is due, or armed anew; the wall clock is asked again and again, for it may be set."""
        while not self._armed.is_set():
            left = None if due is None else (due - self._clock.now_ms()) / 1_000
            if left is not None and left <= 0:
                return
            seconds = None if left is None else min(left, self._limits.clock_look_seconds)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._armed.wait()
