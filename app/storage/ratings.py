"""Ratings: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.conversations import Rating
from app.storage.conversations import Sight
from app.storage.database import Database, Transaction, Value

_NAMES = (
    "conversation_id", "contact_id", "inbox_id", "agent_id", "score", "tags", "text", "created_at", "updated_at",
    "changes",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_CHANGED = ("score", "tags", "text", "updated_at", "changes")
_SAVE = (
    f"INSERT INTO ratings ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    f"ON CONFLICT (conversation_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _CHANGED)}"
)
_OF = f"SELECT {_COLUMNS} FROM ratings WHERE conversation_id = :id"
_OF_CONTACT = (
    f"SELECT {', '.join(f'r.{name}' for name in _NAMES)} FROM ratings r "
    "JOIN conversations c ON c.id = r.conversation_id WHERE r.contact_id = :contact AND %s "
    "ORDER BY r.created_at DESC, r.conversation_id LIMIT 0 + :limit"
)


def save(tx: Transaction, rating: Rating) -> None:
    """Store a new or changed rating."""
    parameters = {name: getattr(rating, name) for name in _NAMES}
    tx.execute(_SAVE, {**parameters, "tags": msgspec.json.encode(rating.tags).decode()})


def of_conversation(tx: Transaction, conversation_id: str) -> Rating | None:
    """The rating of a conversation, inside a transaction."""
    rows = tx.execute(_OF, {"id": conversation_id})
    return _rating(rows[0]) if rows else None


async def of_contact(database: Database, sight: Sight, contact_id: str, limit: int) -> list[Rating]:
    """A contact's ratings of the conversations that an agent may see, newest first."""
    asked: dict[str, Value] = {**sight.parameters(), "contact": contact_id, "limit": limit}
    return [_rating(row) for row in await database.read(_OF_CONTACT % sight.sql(), asked)]


def _rating(row: Sequence[Any]) -> Rating:
    values = list(row)
    values[5] = msgspec.json.decode(row[5], type=tuple[str, ...])
    return Rating(*values)
