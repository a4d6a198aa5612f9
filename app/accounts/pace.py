"""How fast one visitor may ask for things, over all his sockets, tabs and requests together; or one token."""

from collections import OrderedDict

from app.model.clock import Clock
from app.model.errors import TooFast
from app.settings import Limits

_ROUNDING_SECONDS = 1e-9


class Pace:
    """A token bucket for each visitor, kept as the moment when it is full again (GCRA, ITU-T I.371); in memory.

    Whose bucket ran empty must rest: he gets nothing for `abuse_rest_seconds`. Whose bucket is full has no entry;
    beyond `paces_kept` entries the one touched longest ago is forgotten. `per_second` and `burst` where it is not
    visitors that are counted.
    """

    def __init__(self, clock: Clock, limits: Limits, per_second: float = 0.0, burst: int = 0) -> None:
        self._clock = clock
        self._interval_seconds = 1 / (per_second or limits.visitor_frames_per_second)
        self._tolerance_seconds = (burst or limits.visitor_frames_burst) * self._interval_seconds
        self._rest_seconds = limits.abuse_rest_seconds
        self._kept = limits.paces_kept
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._resting_until: OrderedDict[str, float] = OrderedDict()

    def spend(self, contact_id: str) -> None:
        """Count one request of his; raises `TooFast` where he must rest."""
        now = self._clock.monotonic()
        until = self._resting_until.get(contact_id, now)
        if until > now:
            raise too_fast(until - now)
        after = max(self._full_at.pop(contact_id, now), now) + self._interval_seconds
        if after - now > self._tolerance_seconds + _ROUNDING_SECONDS:
            self.rest(contact_id)
            raise too_fast(self._rest_seconds)
        self._keep(self._full_at, contact_id, after)

    def rest(self, contact_id: str) -> None:
        """From now on he gets nothing for a while; also where somebody else found him too fast."""
        self._resting_until.pop(contact_id, None)
        self._keep(self._resting_until, contact_id, self._clock.monotonic() + self._rest_seconds)

    def __len__(self) -> int:
        return len(self._full_at) + len(self._resting_until)

    def _keep(self, table: OrderedDict[str, float], contact_id: str, until: float) -> None:
        table[contact_id] = until
        now = self._clock.monotonic()
        while table and (len(table) > self._kept or next(iter(table.values())) <= now):
            table.popitem(last=False)


def too_fast(seconds: float) -> TooFast:
    """What he is told; `seconds` until he may come back."""
    return TooFast(
        "too_fast",
        "Too much came from you at once. Wait a little, then go on; what was stored before is not lost.",
        "你的请求过于频繁。请稍候再继续；此前已保存的内容不会丢失。",
        retry_after_ms=max(1, round(seconds * 1_000)),
    )
