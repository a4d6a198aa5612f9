"""Pages that contacts looked at: their SQL and nothing else."""

from collections.abc import Iterable
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

_LAST = "SELECT contact_id, max(at) FROM visits WHERE contact_id IN (%s) GROUP BY contact_id"
_OF_THESE = f"SELECT {_COLUMNS} FROM visits WHERE contact_id IN (%s) ORDER BY contact_id, at DESC, id DESC"
_IDS_AT_ONCE = 500


def insert(tx: Transaction, visit: Visit, kept: int) -> None:
    """Store a visit; only the newest `kept` of a contact stay."""
    tx.execute(_INSERT, {name: getattr(visit, name) for name in _NAMES})
    tx.execute(_PRUNE, {"contact": visit.contact_id, "kept": kept})


def inbox_of(tx: Transaction, contact_id: str) -> str | None:
    """At which inbox's page a contact was last, inside a transaction."""
    rows: list[Any] = list(tx.execute(_NEWEST, {"contact": contact_id, "limit": 1}))
    return str(rows[0][_NAMES.index("inbox_id")]) if rows else None


async def last_of(database: Database, contact_ids: Iterable[str], limit: int) -> list[str]:
    """Those of these contacts who opened a page last, at most `limit`, the last one first."""
    wanted, found = sorted(contact_ids), list[tuple[int, str]]()
    for first in range(0, len(wanted), _IDS_AT_ONCE):
        part = {f"id{place}": one for place, one in enumerate(wanted[first : first + _IDS_AT_ONCE])}
        sql = _LAST % ", ".join(f":{name}" for name in part)  # names of parameters, no values
        rows: list[Any] = await database.read(sql, part)
        found += [(int(at), str(contact_id)) for contact_id, at in rows]
    return [contact_id for _, contact_id in sorted(found, reverse=True)[:limit]]


async def of_these(database: Database, contact_ids: Iterable[str]) -> list[Visit]:
    """All pages that are kept of these contacts, of each the newest first."""
    part = {f"id{place}": one for place, one in enumerate(contact_ids)}
    if not part:
        return []
    sql = _OF_THESE % ", ".join(f":{name}" for name in part)  # names of parameters, no values
    rows: list[Any] = await database.read(sql, part)
    return [Visit(*row) for row in rows]


async def newest(database: Database, contact_id: str, limit: int) -> list[Visit]:
    """The last pages of a contact, newest first."""
    rows: list[Any] = await database.read(_NEWEST, {"contact": contact_id, "limit": limit})
    return [Visit(*row) for row in rows]
