"""Deliveries that were taken already: their SQL and nothing else."""

from app.storage.database import Database, Transaction, Value

_TAKE = (
    "INSERT INTO source_deliveries (source, delivery_id, digest, until) VALUES (:source, :id, :digest, :until) "
    "ON CONFLICT DO NOTHING RETURNING until"
)
_DIGEST = "SELECT digest FROM source_deliveries WHERE source = :source AND delivery_id = :id"
_NOTE = (
    "INSERT INTO source_deliveries (source, delivery_id, digest, until) VALUES (:source, :id, :digest, :until) "
    "ON CONFLICT (source, delivery_id) DO UPDATE SET digest = excluded.digest, until = excluded.until"
)
_COUNT = (
    "SELECT count(*) FROM source_deliveries WHERE source = :source AND delivery_id >= :name AND delivery_id < :after "
    "AND until > :until"
)
_FORGET = (
    "DELETE FROM source_deliveries WHERE source = :source AND delivery_id IN "
    "(SELECT delivery_id FROM source_deliveries WHERE source = :source LIMIT 0 + :limit) RETURNING until"
)
_EXPIRE = (
    "DELETE FROM source_deliveries WHERE (source, delivery_id) IN "
    "(SELECT source, delivery_id FROM source_deliveries WHERE until < :now ORDER BY until LIMIT 0 + :limit) "
    "RETURNING until"
)


def take(tx: Transaction, source: str, delivery_id: str, digest: str, until: int) -> str | None:
    """Note one as taken, to be remembered until that moment (ms UTC); the digest of the one that was before it."""
    asked: dict[str, Value] = {"source": source, "id": delivery_id, "digest": digest, "until": until}
    if tx.execute(_TAKE, asked):
        return None
    return str(tx.execute(_DIGEST, {"source": source, "id": delivery_id})[0][0])


def differs(tx: Transaction, source: str, delivery_id: str, digest: str, until: int) -> bool:
    """Note what something is by now, to be remembered until that moment (ms UTC); whether it was not so before."""
    asked: dict[str, Value] = {"source": source, "id": delivery_id, "digest": digest, "until": until}
    before = tx.execute(_DIGEST, {"source": source, "id": delivery_id})
    tx.execute(_NOTE, asked)
    return not before or str(before[0][0]) != digest


def forget(tx: Transaction, source: str, limit: int) -> int:
    """Forget up to `limit` of a source that is gone; how many went."""
    return len(tx.execute(_FORGET, {"source": source, "limit": limit}))


async def is_known(database: Database, source: str, delivery_id: str) -> bool:
    """Whether this was taken."""
    return bool(await database.read(_DIGEST, {"source": source, "id": delivery_id}))


def count(tx: Transaction, source: str, name: str, until: int) -> int:
    """How many whose id begins with `name` (which ends with a sign) are remembered beyond that moment."""
    after = name[:-1] + chr(ord(name[-1]) + 1)
    rows = tx.execute(_COUNT, {"source": source, "name": name, "after": after, "until": until})
    return int(str(rows[0][0]))


def expire(tx: Transaction, now: int, limit: int) -> int:
    """Forget up to `limit` that need not be remembered any more; how many went."""
    return len(tx.execute(_EXPIRE, {"now": now, "limit": limit}))
