"""How fast one peer may speak, and how long it may take: state of one number each, so that idle peers cost nothing."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Thing = TypeVar("Thing", bound=Hashable)

IDLE = 0.0


class Rate:
    """A token bucket kept as the moment when it will be full again (GCRA, ITU-T I.371).

    A peer's state is that one number; `IDLE` stands for a full bucket.
    """

    __slots__ = ("_interval_seconds", "_tolerance_seconds")

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval_seconds = 1 / per_second
        self._tolerance_seconds = burst / per_second

    def spend(self, full_at: float, now: float) -> float | None:
        """The state after one more token at `now` (monotonic seconds), or None where none was left."""
        after = max(full_at, now) + self._interval_seconds
        return after if after - now <= self._tolerance_seconds + 1e-9 else None

    def owe(self, full_at: float, now: float, tokens: float = 1.0) -> tuple[float, float]:
        """The state after so many more tokens, whether they were there or not, and the seconds to rest before more."""
        after = max(full_at, now) + tokens * self._interval_seconds
        return after, max(0.0, after - now - self._tolerance_seconds)


class Deadlines(Generic[Thing]):
    """Things that have the same time to do something, so that the oldest is always the next to expire."""

    __slots__ = ("_expires_at", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._expires_at: dict[Thing, float] = {}

    def begin(self, thing: Thing, now: float) -> None:
        """Start its time anew."""
        self._expires_at.pop(thing, None)
        self._expires_at[thing] = now + self._seconds

    def end(self, thing: Thing) -> None:
        """It did what was awaited."""
        self._expires_at.pop(thing, None)

    def expired(self, now: float) -> Iterator[Thing]:
        """Those whose time is over, each told once."""
        while self._expires_at:
            thing, expires_at = next(iter(self._expires_at.items()))
            if expires_at > now:
                return
            del self._expires_at[thing]
            yield thing

    def __len__(self) -> int:
        return len(self._expires_at)
