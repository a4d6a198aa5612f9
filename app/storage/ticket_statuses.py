"""What a desk calls where its tickets stand: SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from app.model.tickets import Category, TicketStatus
from app.storage.database import Database, Transaction

_COLUMNS = "id, name_en, name_zh, category, position, archived"
_ALL = f"SELECT {_COLUMNS} FROM ticket_statuses ORDER BY position, id"
_BY_ID = f"SELECT {_COLUMNS} FROM ticket_statuses WHERE id = :id"
_SAVE = (
    f"INSERT INTO ticket_statuses ({_COLUMNS}) VALUES (:id, :name_en, :name_zh, :category, :position, :archived) "
    "ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en, name_zh = excluded.name_zh, "
    "position = excluded.position, archived = excluded.archived"
)


def save(tx: Transaction, status: TicketStatus) -> None:
    """Store a new or changed one; its category never changes."""
    tx.execute(_SAVE, {**asdict(status), "category": status.category.value, "archived": int(status.archived)})


def by_id(tx: Transaction, status_id: str) -> TicketStatus | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": status_id})
    return _status(rows[0]) if rows else None


def all_of_them(tx: Transaction) -> list[TicketStatus]:
    """Every one, in their order, inside a transaction."""
    return [_status(row) for row in tx.execute(_ALL)]


async def listing(database: Database) -> list[TicketStatus]:
    """Every one, in their order."""
    return [_status(row) for row in await database.read(_ALL)]


def _status(row: Sequence[Any]) -> TicketStatus:
    return TicketStatus(row[0], row[1], row[2], Category(row[3]), row[4], row[5] == 1)
