"""A clock that moves only when a test says so."""


class ManualClock:
    """Both clocks of `model.clock.Clock`, moved together by `advance`, the wall clock alone by `jump`."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self._now_ms = now_ms
        self._monotonic = 1_000.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1_000)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Somebody set the wall clock."""
        self._now_ms += round(seconds * 1_000)
