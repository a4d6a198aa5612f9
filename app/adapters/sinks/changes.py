"""When another system changed what it brings, as `newer` of a sink says: a mapped field, or `changed` of records."""

from datetime import UTC, datetime
from typing import Any

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at
from app.adapters.proving.signing import text_of
from app.adapters.sinks.sink import Mapped
from app.adapters.specs.model import NOWHERE

_OF_RECORDS = "changed"
_SECONDS_MAX = 100_000_000_000  # beyond, a number is of milliseconds


class Changed:
    """`newer` names a mapped field; `path` is where records say it themselves."""

    def __init__(self, newer: str, path: str) -> None:
        self._newer = newer
        self._path = compile_rule(read_at(path, NOWHERE)).run if path else None

    def of(self, mapped: Mapped) -> int:
        """In ms UTC, 0 where nobody says. Raises `BadDocument` where that is no time."""
        if not self._newer:
            return 0
        if self._newer in mapped.fields:
            return _moment(mapped.fields[self._newer], self._newer)
        if self._newer != _OF_RECORDS or self._path is None:
            return 0
        return _moment(self._path(mapped.record, Context({})), self._newer)

    def without(self, mapped: Mapped) -> dict[str, Any]:
        """The mapped fields but this one, where it says nothing else."""
        return {name: value for name, value in mapped.fields.items() if name != self._newer}


def _moment(said: Tree, field: str) -> int:
    """Of what has no zone the order counts, which is the same in any."""
    text = text_of(said).strip()
    if not text:
        return 0
    try:
        if text.isascii() and text.replace(".", "", 1).isdigit():
            number = float(text)
            return round(number if number >= _SECONDS_MAX else number * 1_000)
        read = datetime.fromisoformat(text.replace("/", "-"))
    except (ValueError, OverflowError):
        raise BadDocument(
            "record_newer",
            field,
            "What tells which is newer has to be a time. Map it `as: time`.",
            "用于判断新旧的字段必须是时间。请用 as: time 映射。",
        ) from None
    aware = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000)
