"""What moves through the stages of an intake."""

from collections.abc import Sequence

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.records import Spoilt
from app.adapters.formats.tree import Tree


class Failed(Struct, frozen=True):
    """What could not be had at a stage (`read`, `ask`), and why."""

    stage: str
    record: Tree
    problem: BadDocument


class Lot(Struct, frozen=True, kw_only=True):
    """Some of what came, in its order: `spoilt` are records that could not be read.

    `after`: the state of the origin once this and all before it is stored; None where something of the same step
    follows. `bytes` came for it in `waited_ms`, `held` of them count in the budget until it is stored; it ends `pages`.
    """

    records: Sequence[Tree] = ()
    spoilt: Sequence[Spoilt] = ()
    failed: Sequence[Failed] = ()
    after: Struct | None = None
    bytes: int = 0
    held: int = 0
    waited_ms: int = 0
    pages: int = 0

    @property
    def count(self) -> int:
        """Of all that came, however it fared."""
        return len(self.records) + len(self.spoilt) + len(self.failed)
