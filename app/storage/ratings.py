"""Ratings: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from app.model.conversations import Rating
from app.model.people import Contact
from app.storage import contacts
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


_RATED = "FROM ratings r JOIN conversations c ON c.id = r.conversation_id"
_LISTED = (
    f"SELECT {', '.join(f'r.{name}' for name in _NAMES)}, {contacts.COLUMNS} {_RATED} "
    "JOIN contacts p ON p.id = r.contact_id WHERE %s ORDER BY r.created_at DESC, r.conversation_id DESC "
    "LIMIT 0 + :limit"
)
_COUNTED = f"SELECT r.score, count(*) {_RATED} WHERE %s GROUP BY r.score"


class Filter(Struct, frozen=True):
    """What a list is narrowed to; None and "" narrow nothing. `since` and `until` (excluded) in milliseconds UTC."""

    inbox_id: str | None = None
    agent_id: str | None = None
    score: int | None = None
    tag: str = ""
    since: int = 0
    until: int = 2**53


class Place(Struct, frozen=True):
    """A place in the list: when the rating was given, and of which conversation."""

    at: int
    conversation_id: str


class RatedBy(Struct, frozen=True):
    """A rating with who gave it."""

    rating: Rating
    contact: Contact


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


async def listed(database: Database, sight: Sight, narrowed: Filter, after: Place | None, limit: int) -> list[RatedBy]:
    """At most `limit` ratings of conversations that an agent may see, newest first, beginning behind `after`."""
    conditions, parameters = _conditions(sight, narrowed)
    if after is not None:
        conditions.append("(r.created_at < :at OR (r.created_at = :at AND r.conversation_id < :conversation))")
        parameters |= {"at": after.at, "conversation": after.conversation_id}
    asked: dict[str, Value] = {**parameters, "limit": limit}
    rows: list[Any] = await database.read(_LISTED % " AND ".join(conditions), asked)
    return [RatedBy(_rating(row[: len(_NAMES)]), contacts.from_row(row[len(_NAMES) :])) for row in rows]


async def counted(database: Database, sight: Sight, narrowed: Filter) -> dict[int, int]:
    """How many there are of each score that fit."""
    conditions, parameters = _conditions(sight, narrowed)
    sql = _COUNTED % " AND ".join(conditions)  # which hold names of columns and parameters, no values
    rows: list[Any] = await database.read(sql, parameters)
    return {int(score): int(count) for score, count in rows}


def _conditions(sight: Sight, narrowed: Filter) -> tuple[list[str], dict[str, Value]]:
    """The WHERE of a list: names of columns and parameters of ours, no values."""
    conditions = [sight.sql(), "r.created_at >= :since AND r.created_at < :until"]
    parameters = {**sight.parameters(), "since": narrowed.since, "until": narrowed.until}
    for name in ("inbox_id", "agent_id", "score"):
        value = getattr(narrowed, name)
        if value is not None:
            conditions.append(f"r.{name} = :{name}")
            parameters[name] = value
    if narrowed.tag:
        conditions.append("r.tags LIKE :tag ESCAPE '!'")
        parameters["tag"] = f"%{_literal(msgspec.json.encode(narrowed.tag).decode())}%"
    return conditions, parameters


def _literal(text: str) -> str:
    """As LIKE finds it letter by letter."""
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return text


def _rating(row: Sequence[Any]) -> Rating:
    values = list(row)
    values[5] = msgspec.json.decode(row[5], type=tuple[str, ...])
    return Rating(*values)
