"""The wall clock that a desk and a vendor share in a test: it stands until it is moved, so windows are exact."""

import time

NOON_MS = 1_790_000_000_000  # 2026-09-21T14:13:20Z


class SharedClock:
    """`monotonic` goes on by itself: pauses and deadlines are real."""

    def __init__(self, now_ms: int = NOON_MS) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return time.monotonic()

    @property
    def now(self) -> int:
        """In seconds UTC."""
        return self._now_ms // 1_000

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1_000)
