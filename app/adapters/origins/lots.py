"""What moves through the stages of an intake."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.records import Reading, Spoilt
from app.adapters.formats.tree import Tree
from app.adapters.origins.pipeline import Budget


class Failed(Struct, frozen=True):
    """What could not be had at a stage (`read`, `ask`), and why."""

    stage: str
    record: Tree
    problem: BadDocument


class Lot(Struct, frozen=True, kw_only=True):
    """Some of what came, in its order: `spoilt` are records that could not be read.

    `after`: the state of the origin once this and all before it is stored; None where something of the same step
    follows. `bytes` came for it in `waited_ms`, `held` of them count in the budget until it is stored; it ends `pages`.
    `drift`: what of it its format does not know.
    """

    records: Sequence[Tree] = ()
    spoilt: Sequence[Spoilt] = ()
    failed: Sequence[Failed] = ()
    after: Struct | None = None
    bytes: int = 0
    held: int = 0
    waited_ms: int = 0
    pages: int = 0
    drift: Mapping[tuple[str, str, str], int] = {}

    @property
    def count(self) -> int:
        """Of all that came, however it fared."""
        return len(self.records) + len(self.spoilt) + len(self.failed)


class Gathering:
    """Makes lots of bounded size of what is read piece by piece; each waits until the budget has room for it."""

    def __init__(self, budget: Budget, rows_max: int) -> None:
        self._budget = budget
        self._rows_max = rows_max
        self._waiting: list[Reading] = []
        self._counted = 0  # bytes that are in lots already

    async def lots(self, readings: Sequence[Reading], bytes_read: int) -> AsyncGenerator[Lot]:
        """Those that are full; `bytes_read` is of the whole so far."""
        self._waiting += readings
        while len(self._waiting) >= self._rows_max:
            portion = self._waiting[: self._rows_max]
            del self._waiting[: self._rows_max]
            yield await self._made(portion, bytes_read)

    async def rest(self, bytes_read: int) -> Lot:
        """What is left at its end, be it nothing."""
        portion, self._waiting = self._waiting, []
        return await self._made(portion, bytes_read)

    async def _made(self, readings: Sequence[Reading], bytes_read: int) -> Lot:
        size, self._counted = bytes_read - self._counted, bytes_read
        await self._budget.take(size)
        return Lot(
            records=[one for one in readings if not isinstance(one, Spoilt)],
            spoilt=[one for one in readings if isinstance(one, Spoilt)],
            bytes=size, held=size,
        )  # fmt: skip
