"""How fast another system is asked: a bucket for each credential, a pause when it says so, a breaker when it is down.

Time is passed in, in seconds of a monotonic clock; nothing sleeps here.
"""

from collections import OrderedDict

from app.adapters.specs.model import Breaker, Pace
from app.model.networks import network_of


class Bucket:
    """One credential's tokens: `per_second` of them, at most `burst` saved up. Shared by all sources that name it."""

    def __init__(self, pace: Pace, now: float) -> None:
        self._per_second = pace.per_second
        self._burst = max(1.0, float(pace.burst))
        self._tokens = self._burst
        self._at = now
        self._shut_until = 0.0

    def wait(self, now: float) -> float:
        """How many seconds until a token is there; 0 where one is. Whoever waits asks again: another may be faster."""
        self._fill(now)
        missing = 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self._per_second
        return max(0.0, missing, self._shut_until - now)

    def take(self, now: float) -> None:
        """Use one."""
        self._fill(now)
        self._tokens -= 1.0

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._per_second)
        self._at = max(now, self._at)

    def shut(self, now: float, seconds: float) -> None:
        """Nobody of this credential asks for so long: the other system said that it is too much."""
        self._shut_until = max(self._shut_until, now + seconds)


class Fuse:
    """After `after` failures on end nothing is asked for `pause`; then one trial decides."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._failures = 0
        self._open_until = 0.0

    def wait(self, now: float) -> float:
        """How many seconds until it may be asked; 0 where it may now."""
        return max(0.0, self._open_until - now)

    def held(self) -> None:
        """It answered."""
        self._failures = 0
        self._open_until = 0.0

    def failed(self, now: float) -> None:
        """It did not."""
        self._failures += 1
        if self._failures >= self._breaker.after:
            self._open_until = now + self._breaker.pause

    @property
    def is_open(self) -> bool:
        """Whether it is taken to be down."""
        return self._failures >= self._breaker.after


class Strangers:
    """Addresses from which came what was not proven: each has some tries, and gets others as time goes by.

    Who proves himself uses up none. Of `kept` addresses at most; whoever failed longest ago is forgotten first.
    """

    def __init__(self, pace: Pace, kept: int) -> None:
        self._pace = pace
        self._kept = kept
        self._tries: OrderedDict[int | str, Bucket] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """How many seconds until something of this address is looked at; 0: now."""
        bucket = self._tries.get(network_of(address))
        return 0.0 if bucket is None else bucket.wait(now)

    def failed(self, address: str, now: float) -> None:
        """What came from there is not proven."""
        place = network_of(address)
        bucket = self._tries.pop(place, None) or Bucket(self._pace, now)
        bucket.take(now)
        self._tries[place] = bucket
        if len(self._tries) > self._kept:
            self._tries.popitem(last=False)
