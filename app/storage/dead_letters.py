"""What a source could not read, map or hand over: its SQL and nothing else."""

import hashlib

from msgspec import Struct

from app.storage.database import Database, Row, Transaction, Value

_DIGEST_BYTES = 16
_NAMES = (
    "id", "source", "spec", "at", "stage", "code", "path", "en", "zh", "form", "external_id", "attempts", "raw",
)  # fmt: skip
_ADD = (
    f"INSERT INTO dead_letters ({', '.join(_NAMES)}, digest) "
    f"VALUES ({', '.join(f':{name}' for name in _NAMES)}, :digest) "
    "ON CONFLICT (source, digest) DO UPDATE SET attempts = dead_letters.attempts + 1, at = excluded.at, "
    "spec = excluded.spec, stage = excluded.stage, code = excluded.code, path = excluded.path, en = excluded.en, "
    "zh = excluded.zh"
)
_AGAIN = (
    "UPDATE dead_letters SET attempts = attempts + 1, at = :at, spec = :spec, stage = :stage, code = :code, "
    "path = :path, en = :en, zh = :zh WHERE id = :id"
)
# The list goes without what came: a page of large documents would be large.
_HEADS = ", ".join(name for name in _NAMES if name != "raw")
_PAGE = (
    f"SELECT {_HEADS}, length(raw) FROM dead_letters WHERE (:source = '' OR source = :source) "
    "AND (:before = '' OR id < :before) ORDER BY id DESC LIMIT 0 + :limit"
)
_ONE = f"SELECT {_HEADS}, length(raw), raw FROM dead_letters WHERE id = :id"
_COUNTS = "SELECT source, count(*) FROM dead_letters GROUP BY source"


class DeadLetter(Struct, frozen=True):
    """One document of `bytes` bytes: `form` is its format, `path` where in it, `stage` what could not be done."""

    id: str
    source: str
    spec: str
    at: int
    stage: str
    code: str
    path: str
    en: str
    zh: str
    form: str
    external_id: str = ""
    attempts: int = 1
    bytes: int = 0


def add(tx: Transaction, letter: DeadLetter, raw: bytes) -> None:
    """Keep one; the same document again is the same letter, tried once more."""
    values: dict[str, Value] = {name: getattr(letter, name) for name in _NAMES if name != "raw"}
    digest = hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).hexdigest()
    tx.execute(_ADD, {**values, "raw": raw, "digest": digest})


def again(tx: Transaction, letter: DeadLetter) -> None:
    """It failed once more, for this reason."""
    names = ("id", "at", "spec", "stage", "code", "path", "en", "zh")
    tx.execute(_AGAIN, {name: getattr(letter, name) for name in names})


def remove(tx: Transaction, letter_id: str) -> bool:
    """It got through, or somebody has thrown it away; whether it was there."""
    return bool(tx.execute("DELETE FROM dead_letters WHERE id = :id RETURNING id", {"id": letter_id}))


def forget(tx: Transaction, source: str) -> None:
    """Those of a source that is gone."""
    tx.execute("DELETE FROM dead_letters WHERE source = :source", {"source": source})


def count(tx: Transaction, source: str) -> int:
    """How many a source has."""
    return int(str(tx.execute("SELECT count(*) FROM dead_letters WHERE source = :source", {"source": source})[0][0]))


async def page(database: Database, source: str, before: str, limit: int) -> list[DeadLetter]:
    """Those behind one, newest first; of every source where none is named."""
    asked: dict[str, Value] = {"source": source, "before": before, "limit": limit}
    return [_letter(row) for row in await database.read(_PAGE, asked, many=True)]


async def find(database: Database, letter_id: str) -> tuple[DeadLetter, bytes] | None:
    """One with what came."""
    rows = await database.read(_ONE, {"id": letter_id})
    return (_letter(rows[0][:-1]), _raw(rows[0][-1])) if rows else None


async def counts(database: Database) -> dict[str, int]:
    """How many each source has."""
    return {str(source): int(str(count)) for source, count in await database.read(_COUNTS)}


def _letter(row: Row) -> DeadLetter:
    texts = [str(one) for one in row]
    number, source, spec, at, stage, code, path, en, zh, form, external_id, attempts, size = texts
    return DeadLetter(
        number, source, spec, int(at), stage, code, path, en, zh, form, external_id, int(attempts), int(size)
    )


def _raw(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
