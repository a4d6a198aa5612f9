"""Where mapped records go. Each sink prepares outside of any transaction and writes inside the one of the cursor."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.model import Upsert
from app.model.errors import Problem
from app.records.bodies import milliseconds
from app.records.records import Brought, Prepared, Records
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


class RecordSink:
    """Into our records."""

    def __init__(self, records: Records, source: str, version: str, upsert: Upsert) -> None:
        self._records = records
        self._source = source
        self._version = version
        self._upsert = upsert

    def prepare(self, mapped: Mapped) -> Ready:
        """Checked and encoded."""
        fields = dict(mapped.fields)
        changed_at = _moment(fields.pop(self._upsert.newer, None), self._upsert.newer) if self._upsert.newer else 0
        key = [str(fields[name]) for name in self._upsert.key if fields.get(name) is not None]
        if len(key) != len(self._upsert.key):
            missing = next(name for name in self._upsert.key if fields.get(name) is None)
            raise BadDocument(
                "record_key",
                missing,
                "A record without this cannot be told from the others. Map it, or name another key under `deliver`.",
                "缺少该字段，无法区分记录。请映射该字段，或在 deliver 中改用其他 key。",
            )
        brought = Brought({**fields, "id": ":".join(key)}, changed_at)
        try:
            prepared = self._records.prepared(self._source, self._upsert.kind, brought, self._version)
        except BadDocument:
            raise
        except Problem as problem:
            raise BadDocument(problem.code, problem.field, problem.en, problem.zh) from problem
        return Ready(mapped, prepared)

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """Each once; the newest wins."""
        prepared: list[Prepared] = [one.thing for one in ready]
        return [Outcome(one.outcome) for one in self._records.write(tx, prepared)]


def _moment(said: object, field: str) -> int:
    if said is None:
        return 0
    try:
        return milliseconds(str(said))
    except ValueError:
        raise BadDocument(
            "record_newer",
            field,
            "What tells which is newer has to be a time. Map it `as: time`.",
            "用于判断新旧的字段必须是时间。请用 as: time 映射。",
        ) from None
