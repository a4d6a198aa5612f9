"""How fast anybody may guess at an account: waits that grow, and rations that no flood of other names refills."""

from array import array
from collections import OrderedDict
from hashlib import blake2b
from math import ceil

from app.model.clock import Clock
from app.model.errors import TooMany
from app.model.networks import network_of
from app.settings import Limits

_HOUR_SECONDS = 3_600.0
_MINUTE_SECONDS = 60
_SPOKEN_SECONDS_MAX = 90  # beyond, a wait is told in minutes


class Delays:
    """Counts tries as failed until they are known to be right; only what is in memory, and bounded.

    Three bounds. A *place* (an account at an address) waits longer after each failure, so that whoever mistypes delays
    nobody but himself. An account has a ration for all strangers together, so that a thousand addresses guess no faster
    than a few; an address has one for all accounts together. One place alone never uses up an account's ration. Who is
    *known* (a browser in which this account has signed in before, a session) waits for his own failures alone: no
    stranger can lock him out.
    """

    def __init__(self, clock: Clock, salt: str, limits: Limits) -> None:
        self._clock = clock
        self._free = limits.sign_in_tries_before_delay
        self._least_seconds = limits.sign_in_delay_seconds_min
        self._most_seconds = limits.sign_in_delay_seconds_max
        self._forget_seconds = limits.sign_in_failures_hours * _HOUR_SECONDS
        self._kept = limits.sign_in_failures_kept
        self._places: OrderedDict[str, tuple[int, float]] = OrderedDict()  # failures, when the next try may come
        self._accounts = _Rations(
            clock, salt, limits.sign_in_account_tries_burst, limits.sign_in_account_tries_per_hour, self._kept
        )
        self._addresses = _Rations(
            clock, salt, limits.sign_in_address_tries_burst, limits.sign_in_address_tries_per_hour, self._kept
        )

    def enter(self, account: str, address: str, known: str = "") -> "Turn":
        """A try at `account`; raises `TooMany` while one must wait. `known` names who is known, empty for strangers.

        The same for accounts that do not exist.
        """
        network = str(network_of(address))
        place = _digest(f"{f'known {known}' if known else network} {account}")
        rations = () if known else ((self._accounts, account), (self._addresses, network))
        wait = max(self._place_wait(place), *(ration.wait(key) for ration, key in rations), 0.0)
        if wait > 0:
            raise _too_many(wait)
        self._count(place)
        for ration, key in rations:
            ration.take(key)
        return Turn(self, place, rations)

    def forget(self, place: str) -> None:
        """Nothing is held against a place any more."""
        self._places.pop(place, None)

    def uncount(self, place: str) -> None:
        """One failure less."""
        failures = self._places.pop(place, (0, 0.0))[0] - 1
        if failures > 0:
            self._places[place] = (failures, self._clock.monotonic())

    def _place_wait(self, place: str) -> float:
        return self._places.get(place, (0, 0.0))[1] - self._clock.monotonic()

    def _count(self, place: str) -> None:
        now = self._clock.monotonic()
        failures, until = self._places.pop(place, (0, now))
        failures = 1 if now - until > self._forget_seconds else failures + 1
        self._places[place] = (failures, now + self._wait_after(failures))
        if len(self._places) > self._kept:
            self._places.popitem(last=False)

    def _wait_after(self, failures: int) -> float:
        over = failures - self._free
        return 0.0 if over < 0 else min(self._least_seconds * 2.0 ** min(over, 60), self._most_seconds)


class Turn:
    """One try that was let in, counted as a failure unless a verb is called; `known`: not by a stranger."""

    __slots__ = ("_delays", "_place", "_rations", "known")

    def __init__(self, delays: Delays, place: str, rations: "tuple[tuple[_Rations, str], ...]") -> None:
        self._delays = delays
        self._place = place
        self._rations = rations
        self.known = not rations

    def right(self) -> None:
        """It was right: nothing is held against this place any more, and the rations get this one try back."""
        self._delays.forget(self._place)
        self._give_back()

    def withdraw(self) -> None:
        """It was never looked at."""
        self._delays.uncount(self._place)
        self._give_back()

    def _give_back(self) -> None:
        for ration, key in self._rations:
            ration.give_back(key)


class _Rations:
    """Token buckets by key, as one time each (the generic cell rate algorithm, ITU-T I.371), in fixed slots.

    Nothing is ever evicted, so that no flood of other keys gives a key its tokens back; keys that fall into one slot
    share its ration. The salt keeps anybody from choosing who shares with whom.
    """

    def __init__(self, clock: Clock, salt: str, burst: int, per_hour: float, slots: int) -> None:
        self._clock = clock
        self._salt = salt.encode()
        self._interval = _HOUR_SECONDS / per_hour
        self._tolerance = (burst - 1) * self._interval
        self._full_at = array("d", bytes(8 * slots))  # when each bucket is full again

    def wait(self, key: str) -> float:
        """Seconds until the next token; none to wait where it is not positive."""
        return self._full_at[self._slot(key)] - self._tolerance - self._clock.monotonic()

    def take(self, key: str) -> None:
        """One token less."""
        slot = self._slot(key)
        self._full_at[slot] = max(self._full_at[slot], self._clock.monotonic()) + self._interval

    def give_back(self, key: str) -> None:
        """One token more."""
        self._full_at[self._slot(key)] -= self._interval

    def _slot(self, key: str) -> int:
        hashed = blake2b(key.encode(errors="surrogatepass"), key=self._salt, digest_size=8).digest()
        return int.from_bytes(hashed, "big") % len(self._full_at)


def _digest(key: str) -> str:
    return blake2b(key.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _too_many(wait: float) -> TooMany:
    seconds = ceil(round(wait, 3))  # what binary fractions add is no second more
    minutes = ceil(seconds / _MINUTE_SECONDS)
    short = seconds <= _SPOKEN_SECONDS_MAX
    return TooMany(
        "sign_in_wait",
        f"Too many tries. Wait {f'{seconds} seconds' if short else f'{minutes} minutes'} and try again. "
        "A browser in which you have signed in before need not wait for others.",
        f"尝试次数过多。请等待 {f'{seconds} 秒' if short else f'{minutes} 分钟'}后重试。"
        "在曾经登录过的浏览器中，无需因他人的尝试而等待。",
        retry_after_ms=int(wait * 1_000) + 1,
    )
