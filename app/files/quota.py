"""How much all files may take together; counted now and then, and what came since is added."""

import asyncio

from app.files import refusals
from app.model.clock import Clock
from app.settings import Limits
from app.storage import files
from app.storage.database import Database

_WARNED_SHARE = 0.9


class Quota:
    """The sum of all files, against `limits.files_bytes_max`. Only this process adds files."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._counting = asyncio.Lock()
        self._counted_at: float | None = None
        self.held = 0  # bytes, as far as has been counted

    @property
    def nearly_full(self) -> bool:
        """Whether an administrator should do something about it."""
        return self.held >= _WARNED_SHARE * self._limits.files_bytes_max

    async def demand(self, size: int) -> None:
        """Raise `Full` where `size` bytes more are too many."""
        await self.count()
        if self.held + size > self._limits.files_bytes_max:
            raise refusals.files_quota(self._limits.files_bytes_max)

    def took(self, size: int) -> None:
        """A file of `size` bytes has been stored."""
        self.held += size

    async def count(self) -> None:
        """Add up what is stored, at most once in `files_count_seconds`: it reads a row for each file."""
        async with self._counting:
            now = self._clock.monotonic()
            if self._counted_at is None or now - self._counted_at >= self._limits.files_count_seconds:
                self.held = await files.total_bytes(self._database)
                self._counted_at = now
