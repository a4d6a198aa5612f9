"""What the visitors of one network may send together: a visitor costs nothing to make, an address does."""

from collections import Counter, OrderedDict
from collections.abc import AsyncIterator

from app.files import refusals
from app.model.clock import Clock
from app.model.networks import network_of
from app.model.principals import Agent, Visitor
from app.settings import Limits

_DAY_SECONDS = 86_400.0


class Networks:
    """Bytes of a day and uploads that run, by IPv4 address or IPv6 /64; agents, who are known by name, are not counted.

    A network's bytes are a bucket that fills again within 24 hours, kept as the moment when it will be full. In memory
    and bounded: who drives others out must hold thousands of networks, each of which has an allowance anyway.
    """

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._bytes_per_day = limits.network_bytes_per_day
        self._running_max = limits.uploads_running_of_network_max
        self._kept = limits.networks_kept
        self._running: Counter[str] = Counter()
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def demand(self, network: str, size: int) -> None:
        """Raises `TooMany` where `size` bytes more are over the day's."""
        if network and self._after(network, size) is None:
            raise refusals.network_quota(self._bytes_per_day)

    def counted(self, network: str, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The stream, paid for as it comes, whatever becomes of it; raises `TooMany` in the middle."""
        return self._paid(network, stream) if network else stream

    async def _paid(self, network: str, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in stream:
            self.demand(network, len(piece))
            self._spend(network, len(piece))
            yield piece

    def enter(self, network: str) -> None:
        """One more upload runs; raises `Unavailable` where its network runs as many as it may."""
        if not network:
            return
        if self._running[network] >= self._running_max:
            raise refusals.too_many_running()
        self._running[network] += 1

    def leave(self, network: str) -> None:
        """One fewer; those who run none are forgotten."""
        if network:
            self._running -= Counter((network,))

    def _spend(self, network: str, size: int) -> None:
        after = self._after(network, size) if network else None
        if after is None:
            return
        self._full_at[network] = after
        self._full_at.move_to_end(network)
        if len(self._full_at) > self._kept:
            self._full_at.popitem(last=False)

    def _after(self, network: str, size: int) -> float | None:
        """When the bucket is full again after `size` bytes; None where it does not hold them."""
        now = self._clock.monotonic()
        after = max(self._full_at.get(network, now), now) + size * _DAY_SECONDS / self._bytes_per_day
        return after if after - now <= _DAY_SECONDS else None


def network_behind(principal: Visitor | Agent, address: str) -> str:
    """The network that an upload counts for; empty for none."""
    return str(network_of(address)) if isinstance(principal, Visitor) and address else ""
