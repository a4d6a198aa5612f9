"""How far everybody has read: SQL and nothing else. Marks only grow."""

from typing import Any

from msgspec import Struct

from app.storage.conversations import Sight
from app.storage.database import Database, Transaction, Value

_RAISE = (
    "INSERT INTO watermarks (conversation_id, person_kind, person_id, %(mark)s, after_pos) "
    "VALUES (:conversation, :kind, :person, :seq, :pos) "
    "ON CONFLICT (conversation_id, person_kind, person_id) DO UPDATE SET %(mark)s = excluded.%(mark)s, "
    "after_pos = excluded.after_pos WHERE excluded.%(mark)s > watermarks.%(mark)s RETURNING %(mark)s"
)
_RAISE_READ, _RAISE_DELIVERED = (_RAISE % {"mark": mark} for mark in ("read_seq", "delivered_seq"))
_GREATER = "{0} = CASE WHEN :{0} > {0} THEN :{0} ELSE {0} END"
_HEAD_MARKS = (
    "UPDATE conversations SET "
    f"{', '.join(_GREATER.format(mark) for mark in ('visitor_read', 'visitor_delivered', 'staff_read'))} "
    "WHERE id = :conversation"
)
_VISIBLE = (
    "coalesce((SELECT m.seq FROM messages m WHERE m.conversation_id = c.id AND m.staff_seq <= w.%s "
    "AND m.seq IS NOT NULL ORDER BY m.staff_seq DESC LIMIT 1), 0)"
)
_MOVED = (
    "SELECT c.id, w.person_kind, w.person_id, "
    f"CASE w.person_kind WHEN 'visitor' THEN w.read_seq ELSE {_VISIBLE % 'read_seq'} END, "
    f"CASE w.person_kind WHEN 'visitor' THEN w.delivered_seq ELSE {_VISIBLE % 'delivered_seq'} END "
    "FROM watermarks w JOIN conversations c ON c.id = w.conversation_id "
    "WHERE w.after_pos >= :first AND w.after_pos < :end AND %s ORDER BY w.after_pos LIMIT 0 + :limit"
)


class Mark(Struct, frozen=True):
    """How far a person has read and received, counted in entries that the visitor sees."""

    conversation_id: str
    by: str
    person_id: str
    read: int
    delivered: int


def raise_read(tx: Transaction, conversation_id: str, kind: str, person_id: str, seq: int) -> bool:
    """Raise a person's read mark, counted as he counts; False when it was there already."""
    return _raised(tx, _RAISE_READ, conversation_id, kind, person_id, seq)


def raise_delivered(tx: Transaction, conversation_id: str, kind: str, person_id: str, seq: int) -> bool:
    """Raise a person's delivered mark, counted as he counts; False when it was there already."""
    return _raised(tx, _RAISE_DELIVERED, conversation_id, kind, person_id, seq)


def raise_head(
    tx: Transaction, conversation_id: str, *, visitor_read: int = 0, visitor_delivered: int = 0, staff_read: int = 0
) -> None:
    """Raise the marks that the head shows, counted in entries that the visitor sees."""
    tx.execute(
        _HEAD_MARKS,
        {
            "conversation": conversation_id,
            "visitor_read": visitor_read,
            "visitor_delivered": visitor_delivered,
            "staff_read": staff_read,
        },
    )


async def moved(database: Database, sight: Sight, first: int, end: int, limit: int) -> list[Mark]:
    """Marks that moved at a position from `first` to below `end`, in conversations that this agent sees."""
    parameters: dict[str, Value] = {**sight.parameters(), "first": first, "end": end, "limit": limit}
    rows: list[Any] = await database.read(_MOVED % sight.sql(), parameters)
    return [Mark(*row) for row in rows]


def _raised(tx: Transaction, sql: str, conversation_id: str, kind: str, person_id: str, seq: int) -> bool:
    mark: dict[str, Value] = {
        "conversation": conversation_id,
        "kind": kind,
        "person": person_id,
        "seq": seq,
        "pos": tx.pos,
    }
    return bool(tx.execute(sql, mark))
