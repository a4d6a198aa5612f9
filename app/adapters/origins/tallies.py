"""What runs through a source, counted as it is mapped: for its rate, and for `/metrics`."""

from app.adapters.formats.tree import Tree
from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.specs.model import Source
from app.model.clock import Clock
from app.settings import Limits

_MINUTE_SECONDS = 60.0


class Tally:
    """Of one source since the server began: `records` that were mapped, or could not be."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.records = 0
        self._minute = 0
        self._now = self._before = 0  # records of this minute, and of the one before it

    @property
    def rate_per_minute(self) -> float:
        """Of the last sixty seconds, the minute before counted by as much of it as they hold."""
        self._turn()
        gone = self._clock.monotonic() % _MINUTE_SECONDS / _MINUTE_SECONDS
        return round(self._now + self._before * (1 - gone), 1)

    def saw(self) -> None:
        """One more."""
        self._turn()
        self.records += 1
        self._now += 1

    def _turn(self) -> None:
        minute = int(self._clock.monotonic() // _MINUTE_SECONDS)
        if minute != self._minute:
            self._before = self._now if minute == self._minute + 1 else 0
            self._minute, self._now = minute, 0


class Counted(Recipe):
    """The recipe of a source that runs: what it maps is counted."""

    def __init__(self, source: Source, tally: Tally, limits: Limits) -> None:
        super().__init__(source, limits)
        self._tally = tally

    def fields(self, record: Tree, context: Context) -> dict[str, Tree]:
        """As `Recipe.fields`."""
        self._tally.saw()
        return super().fields(record, context)
