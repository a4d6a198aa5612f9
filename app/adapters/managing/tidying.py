"""What sources have left behind goes when its time is over: dead letters that nobody replays."""

from functools import partial

from app.model.clock import Clock
from app.settings import Limits
from app.storage import dead_letters
from app.storage.database import Database, Transaction


class Tidying:
    """Looks when it is asked, at most once in `limits.source_tidy_seconds`."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._due = clock.monotonic()

    async def look(self) -> None:
        """Remove what has ended, in portions that do not hold the writer long."""
        if self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + self._limits.source_tidy_seconds
        before = self._clock.now_ms() - 1_000 * self._limits.dead_letters_seconds_kept
        while await self._database.write(partial(self._expire, before)) == self._limits.dead_letters_per_turn:
            pass

    def _expire(self, before: int, tx: Transaction) -> int:
        return dead_letters.expire(tx, before, self._limits.dead_letters_per_turn)
