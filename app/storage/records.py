"""Records of joined systems and what they are found by: their SQL and nothing else."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from app.model.records import Body, Record, RecordKind
from app.storage.database import Database, Row, Transaction, Value

_NAMES = ("id", "source", "kind", "external_id", "at", "changed_at", "updated_at", "digest", "spec", "body")
_COLUMNS = ", ".join(f"r.{name}" for name in _NAMES)
# What is older than what is there, or the same, changes nothing: a page that comes twice costs two lookups.
_SAVE = (
    f"INSERT INTO records ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT (source, kind, external_id) DO UPDATE SET at = excluded.at, changed_at = excluded.changed_at, "
    "updated_at = excluded.updated_at, digest = excluded.digest, spec = excluded.spec, body = excluded.body "
    "WHERE excluded.changed_at >= records.changed_at AND excluded.digest <> records.digest RETURNING id"
)
_STATE = "SELECT id, changed_at FROM records WHERE source = :source AND kind = :kind AND external_id = :external_id"
_KEY = "INSERT INTO record_keys (key, kind, at, record_id) VALUES (:key, :kind, :at, :id) ON CONFLICT DO NOTHING"
_UNKEY = "DELETE FROM record_keys WHERE record_id = :id RETURNING key"
_BY_KEYS = (
    f"SELECT {_COLUMNS}, k.key FROM record_keys k JOIN records r ON r.id = k.record_id WHERE k.key IN (%s) "
    "AND (:kind = '' OR k.kind = :kind) AND (k.at, k.record_id) < (:at, :id) "
    "ORDER BY k.at DESC, k.record_id DESC LIMIT 0 + :limit"
)
_ONE = f"SELECT {_COLUMNS} FROM records r WHERE r.id = :id"
_BY_EXTERNAL = (
    f"SELECT {_COLUMNS} FROM records r WHERE r.source = :source AND r.kind = :kind AND r.external_id = :external_id"
)
_SOME = f"SELECT {_COLUMNS} FROM records r WHERE r.source = :source LIMIT 0 + :limit"
_COUNTS = "SELECT kind, count(*) FROM records WHERE source = :source GROUP BY kind"
_decoder = msgspec.json.Decoder(Body)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Place(Struct, frozen=True):
    """Where a page goes on: behind this record."""

    at: int = 2**62
    id: str = "~"


def encoded(body: Body) -> bytes:
    """As it is kept, and as its digest is made of."""
    return _encoder.encode(body)


class Saved(Struct, frozen=True):
    """What became of one: `written`, `unchanged` where it is there already, `older` where something newer is.

    `id` is its own where it was there; `lost` are keys by which it is found no more.
    """

    outcome: str
    id: str
    lost: tuple[str, ...] = ()


def save(tx: Transaction, record: Record, body: bytes, keys: Sequence[str]) -> Saved:
    """Store one; `body` is `encoded(record.body)`, `keys` is what it is found by."""
    asked: dict[str, Value] = {
        "id": record.id, "source": record.source, "kind": str(record.kind), "external_id": record.external_id,
        "at": record.at, "changed_at": record.changed_at, "updated_at": record.updated_at, "digest": record.digest,
        "spec": record.spec, "body": body.decode(),
    }  # fmt: skip
    written = tx.execute(_SAVE, asked)
    if not written:
        there = {name: asked[name] for name in ("source", "kind", "external_id")}
        ((number, changed_at),) = tx.execute(_STATE, there)
        return Saved("older" if int(str(changed_at)) > record.changed_at else "unchanged", str(number))
    number = str(written[0][0])
    had: set[str] = set()
    if number != record.id:
        had = {str(key) for (key,) in tx.execute(_UNKEY, {"id": number})}
    for key in dict.fromkeys(keys):
        tx.execute(_KEY, {"key": key, "kind": str(record.kind), "at": record.at, "id": number})
    return Saved("written", number, tuple(sorted(had - {*keys})))


async def by_keys(
    database: Database, keys: Sequence[str], kind: RecordKind | None, place: Place, limit: int
) -> list[tuple[Record, str]]:
    """Records found by any of these keys, the newest first, each with the key; one may come by several."""
    if not keys:
        return []
    named: dict[str, Value] = {f"key{number}": key for number, key in enumerate(keys)}
    sql = _BY_KEYS % ", ".join(f":{name}" for name in named)  # names of parameters, no values
    asked: dict[str, Value] = {
        **named, "kind": "" if kind is None else str(kind), "at": place.at, "id": place.id, "limit": limit,
    }  # fmt: skip
    return [(_record(row), str(row[-1])) for row in await database.read(sql, asked, many=True)]


async def find(database: Database, record_id: str) -> Record | None:
    """One as committed."""
    return _first(await database.read(_ONE, {"id": record_id}))


async def find_external(database: Database, source: str, kind: RecordKind, external_id: str) -> Record | None:
    """One by what its system calls it."""
    asked: dict[str, Value] = {"source": source, "kind": str(kind), "external_id": external_id}
    return _first(await database.read(_BY_EXTERNAL, asked))


async def counts(database: Database, source: str) -> dict[str, int]:
    """How many records of each kind a source has brought."""
    return {str(kind): int(str(count)) for kind, count in await database.read(_COUNTS, {"source": source})}


def of_external(tx: Transaction, source: str, kind: RecordKind, external_id: str) -> Record | None:
    """One by what its system calls it, inside a transaction."""
    return _first(tx.execute(_BY_EXTERNAL, {"source": source, "kind": str(kind), "external_id": external_id}))


def forget(tx: Transaction, source: str, limit: int) -> tuple[list[Record], set[str]]:
    """Remove up to `limit` records of a source; these, and the keys by which they were found."""
    rows = tx.execute(_SOME, {"source": source, "limit": limit})
    keys: set[str] = set()
    for row in rows:
        keys |= {str(key) for (key,) in tx.execute(_UNKEY, {"id": row[0]})}
        tx.execute("DELETE FROM records WHERE id = :id", {"id": row[0]})
    return [_record(row) for row in rows], keys


def _first(rows: Sequence[Row]) -> Record | None:
    return _record(rows[0]) if rows else None


def _record(row: Row) -> Record:
    number, source, _, external_id, at, changed_at, updated_at, digest, spec, body = row[: len(_NAMES)]
    return Record(
        str(number), str(source), str(external_id), _decoder.decode(str(body)), int(str(at)), int(str(changed_at)),
        int(str(updated_at)), str(digest), str(spec),
    )  # fmt: skip
