"""Uploads that are not whole yet: their SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.storage.database import Database, Row, Transaction

_NAMES = ("id", "name", "size", "stored_as", "owner_kind", "owner_id", "file_id", "created_at")
_COLUMNS = ", ".join(_NAMES)
_INSERT = f"INSERT INTO uploads ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_BY_ID = f"SELECT {_COLUMNS} FROM uploads WHERE id = :id"
_OPEN = (
    f"SELECT {_COLUMNS} FROM uploads WHERE owner_kind = :kind AND owner_id = :owner AND file_id IS NULL "
    "ORDER BY created_at, id"
)
_FINISH = "UPDATE uploads SET file_id = :file, size = :size WHERE id = :id RETURNING id"
_DELETE = "DELETE FROM uploads WHERE id = :id"
_OLD = f"SELECT {_COLUMNS} FROM uploads WHERE created_at < :before ORDER BY created_at LIMIT 0 + :limit"


class Upload(Struct, frozen=True):
    """A file on its way: `size` is what it will have, 0 where that is not known; `file_id` is set once it is whole."""

    id: str
    name: str
    size: int
    stored_as: str
    owner_kind: str
    owner_id: str
    file_id: str | None
    created_at: int


def insert(tx: Transaction, upload: Upload) -> None:
    tx.execute(_INSERT, {name: getattr(upload, name) for name in _NAMES})


def finish(tx: Transaction, upload_id: str, file_id: str, size: int) -> bool:
    """It has become this file; False where it was ended meanwhile."""
    return bool(tx.execute(_FINISH, {"id": upload_id, "file": file_id, "size": size}))


def delete(tx: Transaction, upload_id: str) -> None:
    tx.execute(_DELETE, {"id": upload_id})


def still_open(tx: Transaction, owner_kind: str, owner_id: str) -> list[Upload]:
    """What this person has begun and not finished, oldest first."""
    return [_upload(row) for row in tx.execute(_OPEN, {"kind": owner_kind, "owner": owner_id})]


async def find(database: Database, upload_id: str) -> Upload | None:
    """The row of an upload."""
    rows = await database.read(_BY_ID, {"id": upload_id})
    return _upload(rows[0]) if rows else None


async def older(database: Database, before: int, limit: int) -> list[Upload]:
    """Uploads that were begun before `before` (ms), oldest first."""
    return [_upload(row) for row in await database.read(_OLD, {"before": before, "limit": limit})]


def _upload(row: Row) -> Upload:
    values: tuple[Any, ...] = row
    return Upload(*values)
