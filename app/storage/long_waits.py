"""Visitors who have waited so long that the form comes to them: the SQL and nothing else."""

from typing import Any

from app.storage.database import Database, Transaction

_SINCE = "coalesce(c.waiting_since, c.created_at)"
_UNTOLD = (
    "FROM conversations c WHERE c.queue_place IS NOT NULL AND c.inbox_id = :inbox AND NOT EXISTS "
    f"(SELECT 1 FROM long_waits w WHERE w.conversation_id = c.id AND w.since = {_SINCE})"
)
_FIRST = f"SELECT min({_SINCE}) {_UNTOLD}"
_DUE = f"SELECT c.id {_UNTOLD} AND {_SINCE} <= :until ORDER BY {_SINCE}, c.id LIMIT 0 + :limit"
_TOLD = (
    "INSERT INTO long_waits (conversation_id, since) VALUES (:id, :since) "
    "ON CONFLICT (conversation_id) DO UPDATE SET since = excluded.since"
)
_WAS_TOLD = "SELECT 1 FROM long_waits WHERE conversation_id = :id AND since = :since"


async def first(database: Database, inbox_id: str) -> int | None:
    """Since when (ms UTC) the one of this inbox waits who waits longest and was not told; None where nobody does."""
    rows: list[Any] = await database.read(_FIRST, {"inbox": inbox_id})
    return None if rows[0][0] is None else int(rows[0][0])


async def due(database: Database, inbox_id: str, until: int, limit: int) -> list[str]:
    """Conversations of this inbox that have waited since `until` (ms UTC) or longer and were not told."""
    rows = await database.read(_DUE, {"inbox": inbox_id, "until": until, "limit": limit})
    return [str(row[0]) for row in rows]


def told(tx: Transaction, conversation_id: str, since: int) -> None:
    """He was told of the wait that began at `since` (ms UTC)."""
    tx.execute(_TOLD, {"id": conversation_id, "since": since})


def was_told(tx: Transaction, conversation_id: str, since: int) -> bool:
    """Whether he was told of this wait."""
    return bool(tx.execute(_WAS_TOLD, {"id": conversation_id, "since": since}))
