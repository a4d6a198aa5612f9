"""Tags, and what they stand on: their SQL and nothing else."""

from collections.abc import Iterable
from typing import Any

from app.model.tags import Color, Tag
from app.storage.database import Database, Row, Transaction

_COLUMNS = "id, name, color, created_at, archived"
_SAVE = (
    f"INSERT INTO tags ({_COLUMNS}) VALUES (:id, :name, :color, :created_at, :archived) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color, archived = excluded.archived"
)
_ALL = f"SELECT {_COLUMNS} FROM tags ORDER BY name, id"
_PUT = (
    "INSERT INTO conversation_tags (tag_id, conversation_id) VALUES (:tag, :conversation) "
    "ON CONFLICT (tag_id, conversation_id) DO NOTHING"
)
_TAKE = "DELETE FROM conversation_tags WHERE tag_id = :tag AND conversation_id = :conversation"


def save(tx: Transaction, tag: Tag) -> None:
    """Store a new or changed one."""
    tx.execute(
        _SAVE,
        {
            "id": tag.id, "name": tag.name, "color": tag.color.value, "created_at": tag.created_at,
            "archived": int(tag.archived),
        },
    )  # fmt: skip


def all_of_them(tx: Transaction) -> list[Tag]:
    """Every one, archived ones too, by name, inside a transaction."""
    return [_tag(row) for row in tx.execute(_ALL)]


async def listing(database: Database) -> list[Tag]:
    """Every one, archived ones too, by name."""
    return [_tag(row) for row in await database.read(_ALL)]


def put(tx: Transaction, conversation_id: str, tag_ids: Iterable[str]) -> None:
    """They stand on this conversation; its head is the caller's to store."""
    for tag_id in tag_ids:
        tx.execute(_PUT, {"tag": tag_id, "conversation": conversation_id})


def take(tx: Transaction, conversation_id: str, tag_ids: Iterable[str]) -> None:
    """They stand on it no longer; its head is the caller's to store."""
    for tag_id in tag_ids:
        tx.execute(_TAKE, {"tag": tag_id, "conversation": conversation_id})


def _tag(row: Row) -> Tag:
    values: list[Any] = list(row)
    return Tag(values[0], values[1], Color(values[2]), values[3], values[4] == 1)
