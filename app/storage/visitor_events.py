"""What websites tell of their visitors: their SQL and nothing else."""

import msgspec

from app.model.people import VisitorEvent
from app.storage.database import Database, Transaction

_NAMES = ("id", "contact_id", "inbox_id", "name", "data", "at")
_COLUMNS = ", ".join(_NAMES)
_INSERT = f"INSERT INTO visitor_events ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_PRUNE = (
    "DELETE FROM visitor_events WHERE contact_id = :contact AND id NOT IN "
    "(SELECT id FROM visitor_events WHERE contact_id = :contact ORDER BY at DESC, id DESC LIMIT 0 + :kept)"
)
_NEWEST = (
    f"SELECT {_COLUMNS} FROM visitor_events WHERE contact_id = :contact ORDER BY at DESC, id DESC LIMIT 0 + :limit"
)


def insert(tx: Transaction, event: VisitorEvent, kept: int) -> None:
    """Store an event; only the newest `kept` of a contact stay."""
    tx.execute(
        _INSERT,
        {
            "id": event.id, "contact_id": event.contact_id, "inbox_id": event.inbox_id, "name": event.name,
            "data": msgspec.json.encode(event.data).decode(), "at": event.at,
        },
    )  # fmt: skip
    tx.execute(_PRUNE, {"contact": event.contact_id, "kept": kept})


async def newest(database: Database, contact_id: str, limit: int) -> list[VisitorEvent]:
    """The last events of a contact, newest first."""
    rows = await database.read(_NEWEST, {"contact": contact_id, "limit": limit})
    return [
        msgspec.convert(
            dict(zip(_NAMES, (*row[:4], msgspec.json.decode(str(row[4])), row[5]), strict=True)), VisitorEvent
        )
        for row in rows
    ]
