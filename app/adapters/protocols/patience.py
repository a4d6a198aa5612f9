"""How long another system is waited for: only the time in which we wait counts, not what is done with what came."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from app.model.clock import Clock

T = TypeVar("T")


class Patience:
    """So many seconds in all, whatever they are spent on; None: as long as it lasts."""

    def __init__(self, seconds: float | None, clock: Clock) -> None:
        self.seconds = seconds
        self._left = seconds
        self._clock = clock

    async def wait(self, coming: Awaitable[T]) -> T:
        """Raises `TimeoutError` when they are used up."""
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(None if self._left is None else max(0.0, self._left)):
                return await coming
        finally:
            if self._left is not None:
                self._left -= self._clock.monotonic() - began
