"""Answers that go later, and how long an agent's can be taken back: their SQL and nothing else."""

from typing import Any

import msgspec
from msgspec import Struct

from app.storage.conversations import Sight
from app.storage.database import Database, Row, Transaction, Value

_NAMES = (
    "id", "conversation_id", "agent_id", "cid", "text", "files", "due_at", "held", "unless_written", "staff_seq",
    "created_at",
)  # fmt: skip
_COLUMNS = ", ".join(f"s.{name}" for name in _NAMES)
_INSERT = f"INSERT INTO scheduled_messages ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_BY_CID = f"SELECT {_COLUMNS} FROM scheduled_messages s WHERE s.agent_id = :agent AND s.cid = :cid"
_BY_ID = f"SELECT {_COLUMNS} FROM scheduled_messages s WHERE s.id = :id"
_DUE = f"SELECT {_COLUMNS} FROM scheduled_messages s WHERE s.due_at <= :now ORDER BY s.due_at, s.id LIMIT 0 + :limit"
_NEXT = "SELECT min(due_at) FROM scheduled_messages"
_DELETE = "DELETE FROM scheduled_messages WHERE id = :id"
_COUNT = "SELECT count(*) FROM scheduled_messages WHERE agent_id = :agent"
_LISTED = (
    f"SELECT {_COLUMNS} FROM scheduled_messages s JOIN conversations c ON c.id = s.conversation_id WHERE %s "
    "ORDER BY s.due_at, s.id LIMIT 500"
)
_WRITTEN = (
    "SELECT 1 FROM messages m WHERE m.conversation_id = :conversation AND m.staff_seq > :seq "
    "AND m.sender_kind = 'visitor' AND m.kind = 'message' UNION ALL "
    "SELECT 1 FROM conversations c JOIN messages m ON m.conversation_id = c.merged_into WHERE c.id = :conversation "
    "AND m.at > :since AND m.sender_kind = 'visitor' AND m.kind = 'message' LIMIT 1"
)
_GOING_INTO = (
    "s.conversation_id IN (SELECT :conversation UNION ALL SELECT k.source_id FROM conversation_merges k "
    "WHERE k.target_id = :conversation)"
)
_SECONDS = "SELECT seconds FROM undo_send WHERE agent_id = :agent"
_SET_SECONDS = (
    "INSERT INTO undo_send (agent_id, seconds) VALUES (:agent, :seconds) "
    "ON CONFLICT (agent_id) DO UPDATE SET seconds = excluded.seconds"
)
_files = msgspec.json.Decoder(tuple[str, ...])


class Scheduled(Struct, frozen=True):
    """An answer that goes at `due_at` (ms UTC); `held` one that only waits so that it can be taken back."""

    id: str
    conversation_id: str
    agent_id: str
    cid: str
    text: str
    files: tuple[str, ...]
    due_at: int
    held: bool
    unless_written: bool
    staff_seq: int
    created_at: int


def insert(tx: Transaction, one: Scheduled) -> None:
    """Store a new one."""
    values = {name: getattr(one, name) for name in _NAMES}
    files = msgspec.json.encode(one.files).decode()
    tx.execute(
        _INSERT, {**values, "files": files, "held": int(one.held), "unless_written": int(one.unless_written)}
    )  # fmt: skip


def by_cid(tx: Transaction, agent_id: str, cid: str) -> Scheduled | None:
    """What this key made, while it waits."""
    rows = tx.execute(_BY_CID, {"agent": agent_id, "cid": cid})
    return _scheduled(rows[0]) if rows else None


def by_id(tx: Transaction, scheduled_id: str) -> Scheduled | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": scheduled_id})
    return _scheduled(rows[0]) if rows else None


def due(tx: Transaction, now: int, limit: int) -> list[Scheduled]:
    """Those whose moment has come, the longest due first."""
    return [_scheduled(row) for row in tx.execute(_DUE, {"now": now, "limit": limit})]


def delete(tx: Transaction, scheduled_id: str) -> None:
    """It was sent, or will not be."""
    tx.execute(_DELETE, {"id": scheduled_id})


def count(tx: Transaction, agent_id: str) -> int:
    """How many of an agent's wait."""
    return int(tx.execute(_COUNT, {"agent": agent_id})[0][0] or 0)


def written_since(tx: Transaction, one: Scheduled) -> bool:
    """Whether the visitor has written since it was made, also where the conversation was merged into."""
    asked: dict[str, Value] = {"conversation": one.conversation_id, "seq": one.staff_seq, "since": one.created_at}
    return bool(tx.execute(_WRITTEN, asked))


def set_seconds(tx: Transaction, agent_id: str, seconds: int) -> None:
    """For how long this agent's answers can be taken back; 0: they go at once."""
    tx.execute(_SET_SECONDS, {"agent": agent_id, "seconds": seconds})


async def seconds(database: Database, agent_id: str) -> int:
    """As `set_seconds`."""
    rows: list[Any] = await database.read(_SECONDS, {"agent": agent_id})
    return rows[0][0] if rows else 0


async def next_due(database: Database) -> int | None:
    """When the next goes (ms UTC)."""
    rows: list[Any] = await database.read(_NEXT)
    return rows[0][0] if rows else None


async def listing(database: Database, sight: Sight, conversation_id: str | None) -> list[Scheduled]:
    """Those of a conversation and of what was merged into it, or all of one's own, among what `sight` may see.

    The next to go first.
    """
    own = "s.agent_id = :agent" if conversation_id is None else _GOING_INTO
    asked = {} if conversation_id is None else {"conversation": conversation_id}
    sql = _LISTED % f"{own} AND {sight.sql()}"
    parameters = {**sight.parameters(), **asked}
    return [_scheduled(row) for row in await database.read(sql, parameters, many=True)]


def _scheduled(row: Row) -> Scheduled:
    values: list[Any] = list(row)
    values[5], values[7], values[8] = _files.decode(values[5]), values[7] == 1, values[8] == 1
    return Scheduled(*values)
