"""Conversations that go on in another one, and those that belong together: their SQL and nothing else."""

import msgspec
from msgspec import Struct

from app.model.conversations import Conversation, Status
from app.storage import conversations
from app.storage.database import Database, Transaction

_KEEP = "INSERT INTO conversation_merges (source_id, target_id, at, before) VALUES (:source, :target, :at, :before)"
_OF = "SELECT target_id, at, before FROM conversation_merges WHERE source_id = :source"
_FORGET = "DELETE FROM conversation_merges WHERE source_id = :source"
_INTO = (
    f"SELECT {conversations.COLUMNS}, k.at FROM conversation_merges k JOIN conversations c ON c.id = k.source_id "
    "WHERE k.target_id = :target ORDER BY k.at, c.id"
)
_HOLDS = "SELECT 1 FROM conversation_merges WHERE target_id = :target LIMIT 1"
_COUNT_INTO = "SELECT count(*) FROM conversation_merges WHERE target_id = :target"
_LINK = (
    "INSERT INTO conversation_links (one_id, other_id, at) VALUES (:one, :other, :at) "
    "ON CONFLICT (one_id, other_id) DO NOTHING RETURNING at"
)
_UNLINK = "DELETE FROM conversation_links WHERE one_id = :one AND other_id = :other RETURNING at"
_LINKED = (
    f"SELECT {conversations.COLUMNS} FROM conversation_links l JOIN conversations c "
    "ON c.id = CASE WHEN l.one_id = :id THEN l.other_id ELSE l.one_id END "
    "WHERE l.one_id = :id OR l.other_id = :id ORDER BY l.at, c.id"
)
_COUNT_LINKS = "SELECT count(*) FROM conversation_links WHERE one_id = :id OR other_id = :id"


class Kept(Struct, frozen=True):
    """The facts of a head that a merging takes away."""

    status: Status
    waiting_since: int | None
    snoozed_until: int | None
    resolved_at: int | None
    close_reason: str | None


class Merge(Struct, frozen=True):
    """A conversation that goes on in `target_id` since `at` (ms), and what it was before."""

    target_id: str
    at: int
    before: Kept


def keep(tx: Transaction, source: Conversation, target_id: str, at: int) -> None:
    """It goes on in that one; its head is the caller's to change."""
    kept = Kept(source.status, source.waiting_since, source.snoozed_until, source.resolved_at, source.close_reason)
    before = msgspec.json.encode(kept).decode()
    tx.execute(_KEEP, {"source": source.id, "target": target_id, "at": at, "before": before})


def of(tx: Transaction, source_id: str) -> Merge | None:
    """How this one was merged, if it was."""
    rows = tx.execute(_OF, {"source": source_id})
    if not rows:
        return None
    target, at, before = rows[0]
    return Merge(str(target), int(at or 0), msgspec.json.decode(str(before), type=Kept))


def forget(tx: Transaction, source_id: str) -> None:
    """It goes on by itself again."""
    tx.execute(_FORGET, {"source": source_id})


def holds(tx: Transaction, target_id: str) -> bool:
    """Whether others go on in this one."""
    return bool(tx.execute(_HOLDS, {"target": target_id}))


def count_into(tx: Transaction, target_id: str) -> int:
    """How many go on in this one."""
    return int(tx.execute(_COUNT_INTO, {"target": target_id})[0][0] or 0)


async def into(database: Database, target_id: str) -> list[tuple[Conversation, int]]:
    """Those that go on in this one, and since when (ms), in that order."""
    rows = await database.read(_INTO, {"target": target_id})
    return [(conversations.from_row(row), int(row[-1] or 0)) for row in rows]


def link(tx: Transaction, one_id: str, other_id: str, at: int) -> bool:
    """These two belong together; False where they did already."""
    one, other = sorted((one_id, other_id))
    return bool(tx.execute(_LINK, {"one": one, "other": other, "at": at}))


def unlink(tx: Transaction, one_id: str, other_id: str) -> bool:
    """These two no longer do; False where they did not."""
    one, other = sorted((one_id, other_id))
    return bool(tx.execute(_UNLINK, {"one": one, "other": other}))


def links(tx: Transaction, conversation_id: str) -> int:
    """How many belong to this one."""
    return int(tx.execute(_COUNT_LINKS, {"id": conversation_id})[0][0] or 0)


async def linked(database: Database, conversation_id: str) -> list[Conversation]:
    """Those that belong to this one."""
    return [conversations.from_row(row) for row in await database.read(_LINKED, {"id": conversation_id})]
