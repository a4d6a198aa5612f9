"""What a source could not read, map or hand over: its SQL and nothing else."""

import hashlib

from msgspec import Struct

from app.storage.database import Database, Row, Transaction, Value

_DIGEST_BYTES = 16
_NAMES = (
    "id", "source", "spec", "at", "stage", "code", "path", "en", "zh", "form", "external_id", "attempts", "bytes",
)  # fmt: skip
_ALL = (*_NAMES, "raw", "digest", "came")
_ADD = (
    f"INSERT INTO dead_letters (number, {', '.join(_ALL)}) SELECT coalesce(max(number), 0) + 1, "
    f"{', '.join(f':{name}' for name in _ALL)} FROM dead_letters WHERE true "
    "ON CONFLICT (source, digest) DO UPDATE SET attempts = dead_letters.attempts + 1, at = excluded.at, "
    "spec = excluded.spec, stage = excluded.stage, code = excluded.code, path = excluded.path, en = excluded.en, "
    "zh = excluded.zh"
)
_AGAIN = (
    "UPDATE dead_letters SET attempts = attempts + 1, at = :at, spec = :spec, stage = :stage, code = :code, "
    "path = :path, en = :en, zh = :zh WHERE id = :id"
)
# The list goes without what came: a page of large documents would be large.
_HEADS = ", ".join(_NAMES)
_PAGE = (
    f"SELECT {_HEADS} FROM dead_letters WHERE (:source = '' OR source = :source) "
    "AND (:before = '' OR id < :before) ORDER BY id DESC LIMIT 0 + :limit"
)
_ONE = f"SELECT {_HEADS}, raw, came FROM dead_letters WHERE id = :id"
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


class Kept(Struct, frozen=True):
    """A letter with what came; `came` is JSON of what stood beside it, empty where nothing did."""

    letter: DeadLetter
    raw: bytes
    came: bytes = b""


class Held(Struct, frozen=True):
    """How many letters there are, and of how many bytes together."""

    letters: int
    bytes: int


def add(tx: Transaction, letter: DeadLetter, raw: bytes, came: bytes = b"") -> None:
    """Keep one; the same document again is the same letter, tried once more."""
    values: dict[str, Value] = {name: getattr(letter, name) for name in _NAMES}
    digest = hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).hexdigest()
    tx.execute(_ADD, {**values, "bytes": len(raw), "raw": raw, "digest": digest, "came": came.decode()})


def again(tx: Transaction, letter: DeadLetter) -> None:
    """It failed once more, for this reason."""
    names = ("id", "at", "spec", "stage", "code", "path", "en", "zh")
    tx.execute(_AGAIN, {name: getattr(letter, name) for name in names})


def is_there(tx: Transaction, letter_id: str) -> bool:
    """Whether it is still to be delivered."""
    return bool(tx.execute("SELECT 1 FROM dead_letters WHERE id = :id", {"id": letter_id}))


def remove(tx: Transaction, letter_id: str, source: str) -> bool:
    """It got through, or somebody has thrown it away; whether it was there, and of this source."""
    sql = "DELETE FROM dead_letters WHERE id = :id AND source = :source RETURNING id"
    return bool(tx.execute(sql, {"id": letter_id, "source": source}))


def forget(tx: Transaction, source: str, limit: int) -> int:
    """Throw away up to `limit` of a source; how many went."""
    sql = (
        "DELETE FROM dead_letters WHERE id IN "
        "(SELECT id FROM dead_letters WHERE source = :source LIMIT 0 + :limit) RETURNING id"
    )
    return len(tx.execute(sql, {"source": source, "limit": limit}))


def expire(tx: Transaction, before: int, limit: int) -> int:
    """Throw away up to `limit` that were tried last before that time; how many went."""
    sql = (
        "DELETE FROM dead_letters WHERE id IN "
        "(SELECT id FROM dead_letters WHERE at < :before LIMIT 0 + :limit) RETURNING id"
    )
    return len(tx.execute(sql, {"before": before, "limit": limit}))


def held(tx: Transaction, source: str) -> Held:
    """How many a source has."""
    sql = "SELECT count(*), coalesce(sum(bytes), 0) FROM dead_letters WHERE source = :source"
    ((letters, size),) = tx.execute(sql, {"source": source})
    return Held(int(str(letters)), int(str(size)))


async def page(database: Database, source: str, before: str, limit: int) -> list[DeadLetter]:
    """Those behind one, newest first; of every source where none is named."""
    asked: dict[str, Value] = {"source": source, "before": before, "limit": limit}
    return [_letter(row) for row in await database.read(_PAGE, asked, many=True)]


async def ids_of(database: Database, source: str) -> list[str]:
    """Of every letter of a source, in the order in which they came."""
    sql = "SELECT id FROM dead_letters WHERE source = :source ORDER BY number"
    return [str(number) for (number,) in await database.read(sql, {"source": source}, many=True)]


async def find(database: Database, letter_id: str) -> Kept | None:
    """One with what came."""
    rows = await database.read(_ONE, {"id": letter_id})
    return Kept(_letter(rows[0][:-2]), _raw(rows[0][-2]), str(rows[0][-1]).encode()) if rows else None


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
