"""Runs of sources: their SQL and nothing else."""

import msgspec
from msgspec import Struct

from app.storage.database import Database, Row, Transaction, Value

_NAMES = ("id", "source", "spec", "began_at", "ended_at", "counts", "code", "en", "zh")
_SAVE = (
    f"INSERT INTO source_runs ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, counts = excluded.counts, code = excluded.code, "
    "en = excluded.en, zh = excluded.zh"
)
_TRIM = (
    "DELETE FROM source_runs WHERE source = :source AND id < (SELECT id FROM source_runs WHERE source = :source "
    "ORDER BY id DESC LIMIT 1 OFFSET 0 + :kept)"
)
_NEWEST = (
    f"SELECT {', '.join(_NAMES)} FROM source_runs WHERE source = :source AND (:before = '' OR id < :before) "
    "ORDER BY id DESC LIMIT 0 + :limit"
)


class RunCounts(Struct, frozen=True):
    """What a run did: records; `waited_ms` of it was spent waiting for the other system."""

    pages: int = 0
    fetched: int = 0
    written: int = 0
    unchanged: int = 0
    older: int = 0
    left_out: int = 0
    failed: int = 0
    bytes: int = 0
    waited_ms: int = 0


class Run(Struct, frozen=True):
    """One reading of a source, from `began_at` to `ended_at` (None: it goes on, or was cut off), in ms UTC.

    `code`, `en`, `zh` say what ended it early; empty where nothing did.
    """

    id: str
    source: str
    spec: str
    began_at: int
    ended_at: int | None = None
    counts: RunCounts = RunCounts()
    code: str = ""
    en: str = ""
    zh: str = ""


_counts = msgspec.json.Decoder(RunCounts)


def save(tx: Transaction, run: Run, kept: int) -> None:
    """Store a run as it is now; the newest `kept` of a source stay."""
    values: dict[str, Value] = {name: getattr(run, name) for name in _NAMES if name != "counts"}
    tx.execute(_SAVE, {**values, "counts": msgspec.json.encode(run.counts).decode()})
    tx.execute(_TRIM, {"source": run.source, "kept": kept})


def forget(tx: Transaction, source: str) -> None:
    """Those of a source that is gone."""
    tx.execute("DELETE FROM source_runs WHERE source = :source", {"source": source})


async def newest(database: Database, source: str, before: str, limit: int) -> list[Run]:
    """The runs of a source behind one, newest first."""
    asked: dict[str, Value] = {"source": source, "before": before, "limit": limit}
    return [_run(row) for row in await database.read(_NEWEST, asked, many=True)]


def _run(row: Row) -> Run:
    number, source, spec, began_at, ended_at, counts, code, en, zh = row
    return Run(
        str(number), str(source), str(spec), int(str(began_at)), None if ended_at is None else int(str(ended_at)),
        _counts.decode(str(counts)), str(code), str(en), str(zh),
    )  # fmt: skip
