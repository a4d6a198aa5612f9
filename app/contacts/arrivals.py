"""How many new visitors come from one address: a ceiling against a program that makes a contact with every request."""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from app.model.clock import Clock
from app.model.errors import TooMany
from app.settings import Limits

_NETWORK_BITS = 64  # what an IPv6 subscriber has for himself


class Arrivals:
    """A token bucket for each address, kept as the moment when it is full again; bounded, in memory."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._interval_seconds = 60 / limits.visitors_per_minute
        self._tolerance_seconds = limits.visitors_burst * self._interval_seconds
        self._kept = limits.arrivals_kept
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def enter(self, address: str) -> None:
        """Count a new visitor; raises `TooMany` where this address has made too many."""
        network, now = _network(address), self._clock.monotonic()
        after = max(self._full_at.pop(network, now), now) + self._interval_seconds
        late = after - now - self._tolerance_seconds
        self._full_at[network] = after if late <= 0 else after - self._interval_seconds
        if len(self._full_at) > self._kept:
            self._full_at.popitem(last=False)
        if late > 0:
            raise TooMany(
                "too_many_visitors",
                "Too many new visitors come from this address. Try again in a minute.",
                "来自该地址的新访客过多。请一分钟后重试。",
                retry_after_ms=int(late * 1_000) + 1,
            )


def _network(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the first half of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address) or parsed.ipv4_mapped is not None:
        return address
    return str(int(parsed) >> _NETWORK_BITS)
