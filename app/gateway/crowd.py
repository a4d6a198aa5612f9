"""How much each address has open at once, so that one alone cannot take all places.

Counted are connections of clients who come by themselves, and sockets and requests in answer of those who come through
a trusted proxy. An IPv6 subscriber counts as one (/64).
"""

import math
from collections.abc import Callable

from app.model.errors import TooMany
from app.model.networks import network_of

_SPREAD = 1.2  # the kernel shares connections out by chance: each gateway may get a fifth more than its part
_CROWD_MIN = 50  # below this many, one address may well be most of them
_KNOWN_MAX = 64

Place = int | str


class Crowd:
    """Counts by address; `told` hears once of an address that is most of everything.

    `per_address_max` holds for the appliance; where `gateways` share its port each holds its part.
    """

    def __init__(self, per_address_max: int, gateways: int, told: Callable[[str], None]) -> None:
        self._per_address_max = part_of(per_address_max, gateways)
        self._crowd_min = min(_CROWD_MIN, self._per_address_max)
        self._told = told
        self._known: set[Place] = set()
        self._open: dict[Place, int] = {}
        self._total = 0

    def enter(self, address: str) -> Place | None:
        """One more of this address: its place, to be left again; None where it has too many."""
        place = network_of(address)
        count = self._open.get(place, 0) + 1
        if count >= self._crowd_min:
            self._look(place, count, address)
        if count > self._per_address_max:
            return None
        self._open[place] = count
        self._total += 1
        return place

    def leave(self, place: Place) -> None:
        """One fewer."""
        count = self._open[place] - 1
        self._total -= 1
        if count:
            self._open[place] = count
        else:
            del self._open[place]

    def _look(self, place: Place, count: int, address: str) -> None:
        if place not in self._known and 2 * count > self._total + 1 and len(self._known) < _KNOWN_MAX:
            self._known.add(place)
            self._told(address)


def part_of(places: int, gateways: int) -> int:
    """What one of so many gateways may take of the appliance's places; all of them where there is one process."""
    return math.ceil(_SPREAD * math.ceil(places / gateways)) if gateways > 1 else places


def too_many_of_an_address() -> TooMany:
    """`connections_per_address_max` are open."""
    return TooMany(
        "too_many_connections",
        "Too many connections are open from this address. Close some tabs, or try again in a minute.",
        "来自该地址的连接过多。请关闭一些标签页，或一分钟后重试。",
        retry_after_ms=30_000,
    )
