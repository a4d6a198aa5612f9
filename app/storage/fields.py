"""A desk's own fields: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.fields import Field, FieldKind, Noun
from app.storage.database import Database, Transaction

_COLUMNS = "id, name_en, name_zh, kind, choices, position, archived, noun, key"
_ALL = f"SELECT {_COLUMNS} FROM fields WHERE noun = :noun ORDER BY position, id"
_SAVE = (
    f"INSERT INTO fields ({_COLUMNS}) "
    "VALUES (:id, :name_en, :name_zh, :kind, :choices, :position, :archived, :noun, :key) "
    "ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en, name_zh = excluded.name_zh, "
    "choices = excluded.choices, position = excluded.position, archived = excluded.archived"
)
_choices = msgspec.json.Decoder(tuple[str, ...])


def save(tx: Transaction, field: Field) -> None:
    """Store a new or changed one; its noun, key and kind never change."""
    values = msgspec.structs.asdict(field)
    told = {"kind": field.kind.value, "noun": field.noun.value, "archived": int(field.archived)}
    tx.execute(_SAVE, {**values, **told, "choices": msgspec.json.encode(field.choices).decode()})


def all_of(tx: Transaction, noun: Noun) -> list[Field]:
    """Every one of a noun, in their order, inside a transaction."""
    return [_field(row) for row in tx.execute(_ALL, {"noun": noun.value})]


async def listing(database: Database, noun: Noun) -> list[Field]:
    """Every one of a noun, in their order."""
    return [_field(row) for row in await database.read(_ALL, {"noun": noun.value})]


def _field(row: Sequence[Any]) -> Field:
    choices = _choices.decode(row[4])
    return Field(row[0], row[1], row[2], FieldKind(row[3]), choices, row[5], row[6] == 1, Noun(row[7]), row[8])
