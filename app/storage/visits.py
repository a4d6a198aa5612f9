"""Pages that contacts looked at: their SQL and nothing else."""

from typing import Any

from app.model.people import Visit
from app.storage.database import Database, Transaction

_NAMES = ("id", "contact_id", "inbox_id", "url", "title", "referrer", "at")
_COLUMNS = ", ".join(_NAMES)
_INSERT = f"INSERT INTO visits ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_PRUNE = (
    "DELETE FROM visits WHERE contact_id = :contact AND id NOT IN "
    "(SELECT id FROM visits WHERE contact_id = :contact ORDER BY at DESC, id DESC LIMIT 0 + :kept)"
)
_NEWEST = f"SELECT {_COLUMNS} FROM visits WHERE contact_id = :contact ORDER BY at DESC, id DESC LIMIT 0 + :limit"


def insert(tx: Transaction, visit: Visit, kept: int) -> None:
    """Store a visit; only the newest `kept` of a contact stay."""
    tx.execute(_INSERT, {name: getattr(visit, name) for name in _NAMES})
    tx.execute(_PRUNE, {"contact": visit.contact_id, "kept": kept})


async def newest(database: Database, contact_id: str, limit: int) -> list[Visit]:
    """The last pages of a contact, newest first."""
    rows: list[Any] = await database.read(_NEWEST, {"contact": contact_id, "limit": limit})
    return [Visit(*row) for row in rows]
