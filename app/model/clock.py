"""Time as a value that is passed in, so that tests are exact."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where a room takes the time from."""

    def now_ms(self) -> int:
        """Wall time in integer milliseconds UTC: for people and for storage, never for order."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back: for deadlines, leases and time-outs."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()
