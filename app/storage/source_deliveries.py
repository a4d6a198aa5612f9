"""Deliveries that were taken already: their SQL and nothing else."""

from app.storage.database import Transaction

_TAKE = (
    "INSERT INTO source_deliveries (source, delivery_id, at) VALUES (:source, :id, :at) ON CONFLICT DO NOTHING "
    "RETURNING at"
)


def take(tx: Transaction, source: str, delivery_id: str, at: int) -> bool:
    """Note one as taken; False where it was before."""
    return bool(tx.execute(_TAKE, {"source": source, "id": delivery_id, "at": at}))


def expire(tx: Transaction, before: int, limit: int) -> int:
    """Forget up to `limit` that are older; how many went."""
    sql = (
        "DELETE FROM source_deliveries WHERE (source, delivery_id) IN "
        "(SELECT source, delivery_id FROM source_deliveries WHERE at < :before LIMIT 0 + :limit) RETURNING at"
    )
    return len(tx.execute(sql, {"before": before, "limit": limit}))
