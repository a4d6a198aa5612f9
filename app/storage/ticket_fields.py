"""A desk's own fields of tickets: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.tickets import FieldKind, TicketField
from app.storage.database import Database, Transaction

_COLUMNS = "id, name_en, name_zh, kind, choices, position, archived"
_ALL = f"SELECT {_COLUMNS} FROM ticket_fields ORDER BY position, id"
_SAVE = (
    f"INSERT INTO ticket_fields ({_COLUMNS}) VALUES (:id, :name_en, :name_zh, :kind, :choices, :position, :archived) "
    "ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en, name_zh = excluded.name_zh, "
    "choices = excluded.choices, position = excluded.position, archived = excluded.archived"
)
_choices = msgspec.json.Decoder(tuple[str, ...])


def save(tx: Transaction, field: TicketField) -> None:
    """Store a new or changed one; its kind never changes."""
    values = msgspec.structs.asdict(field)
    choices = msgspec.json.encode(field.choices).decode()
    tx.execute(_SAVE, {**values, "kind": field.kind.value, "choices": choices, "archived": int(field.archived)})


def all_of_them(tx: Transaction) -> list[TicketField]:
    """Every one, in their order, inside a transaction."""
    return [_field(row) for row in tx.execute(_ALL)]


async def listing(database: Database) -> list[TicketField]:
    """Every one, in their order."""
    return [_field(row) for row in await database.read(_ALL)]


def _field(row: Sequence[Any]) -> TicketField:
    return TicketField(row[0], row[1], row[2], FieldKind(row[3]), _choices.decode(row[4]), row[5], row[6] == 1)
