"""Where mapped records go. Each sink prepares outside of any transaction and writes inside the one of the cursor."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.storage.database import Transaction

WRITTEN, UNCHANGED, OLDER, FAILED = "written", "unchanged", "older", "failed"


class Outcome(Struct, frozen=True):
    """What became of one; `problem` where it could not be kept, found out only when it was to be written."""

    what: str
    problem: BadDocument | None = None


class Mapped(Struct, frozen=True):
    """One record and what the map made of it; `external_id` is what its system calls it, where that is known."""

    record: Tree
    fields: dict[str, Any]
    external_id: str = ""
    trace: str = ""  # W3C, that it belongs to


class Ready(Struct, frozen=True):
    """One that may be written as it is; what `thing` is the sink knows."""

    mapped: Mapped
    thing: Any


class Sink(Protocol):
    """`prepare` raises `BadDocument` for one that cannot be kept; `write` says what became of each, in order."""

    def prepare(self, mapped: Mapped) -> Ready: ...

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]: ...


@runtime_checkable
class Settling(Protocol):
    """A sink that asks for something more before it may write."""

    async def settled(self, ready: Sequence[Ready]) -> Sequence[Ready]: ...


async def settled(sink: Sink, ready: Sequence[Ready]) -> Sequence[Ready]:
    """What may be written now. No transaction is open meanwhile."""
    return await sink.settled(ready) if ready and isinstance(sink, Settling) else ready
