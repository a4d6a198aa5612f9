"""What in a source's documents is not as its spec knows it: its SQL and nothing else."""

from collections.abc import Mapping

from msgspec import Struct

from app.storage.database import Database, Transaction, Value

_COUNT = (
    "INSERT INTO source_drift (source, what, path, value, count, first_at, last_at) "
    "SELECT :source, :what, :path, :value, :count, :at, :at WHERE "
    "(SELECT count(*) FROM source_drift WHERE source = :source) < :most OR EXISTS (SELECT 1 FROM source_drift "
    "WHERE source = :source AND what = :what AND path = :path AND value = :value) "
    "ON CONFLICT (source, what, path, value) DO UPDATE SET count = source_drift.count + excluded.count, "
    "last_at = excluded.last_at"
)
_ALL = "SELECT what, path, value, count, first_at, last_at FROM source_drift WHERE source = :source ORDER BY count DESC"


class Drift(Struct, frozen=True):
    """`what` is field (nobody maps it), value (no enum knows it) or type (it became another)."""

    what: str
    path: str
    value: str
    count: int
    first_at: int
    last_at: int


def count(tx: Transaction, source: str, seen: Mapping[tuple[str, str, str], int], at: int, most: int) -> None:
    """Add to the counts of (what, path, value); a source has at most `most` different ones."""
    for (what, path, value), number in seen.items():
        asked: dict[str, Value] = {
            "source": source, "what": what, "path": path, "value": value, "count": number, "at": at, "most": most,
        }  # fmt: skip
        tx.execute(_COUNT, asked)


def forget(tx: Transaction, source: str) -> None:
    """Count from nothing again."""
    tx.execute("DELETE FROM source_drift WHERE source = :source", {"source": source})


async def of(database: Database, source: str) -> list[Drift]:
    """What was counted, the most frequent first."""
    rows = await database.read(_ALL, {"source": source}, many=True)
    return [
        Drift(str(what), str(path), str(value), int(str(number)), int(str(first)), int(str(last)))
        for what, path, value, number, first, last in rows
    ]
