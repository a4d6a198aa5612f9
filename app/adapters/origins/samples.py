"""The last few records that a source has brought, for who writes its map: secrets masked, small, in memory alone."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.proving.secrets import Masker
from app.model.clock import Clock
from app.settings import Limits


class Sampled(Struct, frozen=True):
    """A record as JSON, and when it came (ms UTC); `number` tells it from the others of its source."""

    number: int
    at: int
    text: str


class Samples:
    """Of one source; what was kept outlives a change of its spec."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._bytes_max = limits.adapter_sample_bytes_max
        self._kept: deque[Sampled] = deque(maxlen=limits.adapter_samples_kept)
        self._count = 0

    def keep(self, records: Sequence[Tree], masker: Masker) -> None:
        """Remember the last ones of a lot; of large ones nothing, for they would hold up what comes."""
        now = self._clock.now_ms()
        for record in records[-(self._kept.maxlen or 1) :]:
            if not _is_small(record, self._bytes_max):
                continue
            text = masker.bytes(json.encode(record))
            if len(text) <= self._bytes_max:
                self._count += 1
                self._kept.append(Sampled(self._count, now, text.decode()))

    @property
    def newest(self) -> Sequence[Sampled]:
        """The newest first."""
        return tuple(reversed(self._kept))


def _is_small(record: Tree, most: int) -> bool:
    """Whether it may fit, found without writing it: a value counts one byte at least, a text its characters."""
    waiting: list[Tree] = [record]
    weight = 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        weight += len(value) if isinstance(value, str) else 1
        if weight + len(waiting) > most:
            return False
    return True
