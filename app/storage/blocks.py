"""Blocks: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from app.model.people import Block, Contact
from app.storage import contacts
from app.storage.database import Database, Transaction, Value

_NAMES = ("id", "contact_id", "network", "reason", "agent_id", "at", "until")
_COLUMNS = ", ".join(f"b.{name}" for name in _NAMES)
_INSERT = f"INSERT INTO blocks ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_BY_ID = f"SELECT {_COLUMNS} FROM blocks b WHERE b.id = :id"
_BY_CONTACT = f"SELECT {_COLUMNS} FROM blocks b WHERE b.contact_id = :contact"
_BY_NETWORK = f"SELECT {_COLUMNS} FROM blocks b WHERE b.network = :network"
_ALL = f"SELECT {_COLUMNS} FROM blocks b ORDER BY b.at, b.id"
_LISTED = f"SELECT {_COLUMNS}, {contacts.COLUMNS} FROM blocks b LEFT JOIN contacts p ON p.id = b.contact_id "
_PAGE = f"{_LISTED} WHERE b.until IS NULL OR b.until > :now ORDER BY b.at DESC, b.id LIMIT 0 + :limit"
_COUNT = "SELECT count(*) FROM blocks"
_DELETE = "DELETE FROM blocks WHERE id = :id"
_FORGET = "DELETE FROM blocks WHERE until <= :now"


class Listed(Struct, frozen=True):
    """A block with whom it is about, where it is about somebody."""

    block: Block
    contact: Contact | None


def insert(tx: Transaction, block: Block) -> None:
    """Store a new one."""
    parameters: dict[str, Value] = {name: getattr(block, name) for name in _NAMES}
    tx.execute(_INSERT, parameters)


def delete(tx: Transaction, block_id: str) -> None:
    """End one."""
    tx.execute(_DELETE, {"id": block_id})


def forget(tx: Transaction, now: int) -> None:
    """Remove those that are over."""
    tx.execute(_FORGET, {"now": now})


def by_id(tx: Transaction, block_id: str) -> Block | None:
    """One inside a transaction."""
    rows: list[Any] = list(tx.execute(_BY_ID, {"id": block_id}))
    return Block(*rows[0]) if rows else None


def of_contact(tx: Transaction, contact_id: str) -> list[Block]:
    """A contact's, inside a transaction: one, unless he went on with another who had one, too."""
    rows: list[Any] = list(tx.execute(_BY_CONTACT, {"contact": contact_id}))
    return [Block(*row) for row in rows]


def of_network(tx: Transaction, network: str) -> Block | None:
    """A network's, inside a transaction."""
    rows: list[Any] = list(tx.execute(_BY_NETWORK, {"network": network}))
    return Block(*rows[0]) if rows else None


def count(tx: Transaction) -> int:
    """How many there are."""
    rows: list[Any] = list(tx.execute(_COUNT))
    return int(rows[0][0])


async def all_of_them(database: Database) -> list[Block]:
    """Every one, the oldest first."""
    rows: list[Any] = await database.read(_ALL)
    return [Block(*row) for row in rows]


async def listing(database: Database, now: int, limit: int) -> list[Listed]:
    """Those that hold at `now` (ms), newest first."""
    rows: list[Any] = await database.read(_PAGE, {"now": now, "limit": limit})
    return [_listed(row) for row in rows]


def _listed(row: Sequence[Any]) -> Listed:
    known = row[len(_NAMES)] is not None
    return Listed(Block(*row[: len(_NAMES)]), contacts.from_row(row[len(_NAMES) :]) if known else None)
