"""Stored files: their SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.model.conversations import Attachment
from app.storage.database import Database, Row, Transaction

_NAMES = (
    "id", "name", "type", "size", "width", "height", "stored_as", "sha256", "owner_kind", "owner_id",
    "conversation_id", "visible", "created_at",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_INSERT = f"INSERT INTO files ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_BY_ID = f"SELECT {_COLUMNS} FROM files WHERE id = :id"
_ATTACH = (
    "UPDATE files SET conversation_id = :conversation, visible = :visible WHERE id = :id AND owner_id = :owner "
    "AND owner_kind = :kind AND conversation_id IS NULL RETURNING id, name, type, size, width, height"
)
_RELEASE = "UPDATE files SET conversation_id = NULL, visible = 0 WHERE id = :id"
_TAKE_ORPHANS = (
    "DELETE FROM files WHERE id IN (SELECT id FROM files WHERE conversation_id IS NULL AND created_at < :before "
    "LIMIT 0 + :limit) RETURNING stored_as"
)
_SENT = (
    "SELECT COALESCE(SUM(size), 0) FROM files WHERE owner_kind = :kind AND owner_id = :owner AND created_at > :since"
)
_TOTAL = "SELECT COALESCE(SUM(size), 0) FROM files"
_STORED = (
    "SELECT stored_as FROM files WHERE stored_as IN (%(names)s) "
    "UNION ALL SELECT stored_as FROM uploads WHERE stored_as IN (%(names)s)"
)


class StoredFile(Struct, frozen=True):
    """A file on disk: `stored_as` is its random name there; `conversation_id` is set when a message carries it."""

    id: str
    name: str
    type: str
    size: int
    width: int
    height: int
    stored_as: str
    sha256: str
    owner_kind: str
    owner_id: str
    conversation_id: str | None
    visible: bool
    created_at: int

    def attachment(self) -> Attachment:
        """As a message shows it."""
        return Attachment(self.id, self.name, self.type, self.size, self.width, self.height)


def insert(tx: Transaction, file: StoredFile) -> None:
    """Store the row of a file whose bytes are already safe on disk."""
    tx.execute(_INSERT, {name: getattr(file, name) for name in _NAMES})


def attach(
    tx: Transaction, file_id: str, *, owner_kind: str, owner_id: str, conversation_id: str, visible: bool
) -> Attachment | None:
    """Give an unused file of this owner to a conversation; None when it is not his, absent or used."""
    rows = tx.execute(
        _ATTACH,
        {"id": file_id, "kind": owner_kind, "owner": owner_id, "conversation": conversation_id, "visible": visible},
    )
    return _attachment(rows[0]) if rows else None


def release(tx: Transaction, file_id: str) -> None:
    """Take a file out of its conversation: nobody but its owner may read it, and the sweep will remove it."""
    tx.execute(_RELEASE, {"id": file_id})


def take_orphans(tx: Transaction, before: int, limit: int) -> list[str]:
    """Delete rows that no message has carried since before `before` (ms); their names on disk."""
    return [str(row[0]) for row in tx.execute(_TAKE_ORPHANS, {"before": before, "limit": limit})]


def sent_since(tx: Transaction, owner_kind: str, owner_id: str, since: int) -> int:
    """Bytes of the files that this person has sent after `since` (ms)."""
    rows: list[tuple[Any, ...]] = tx.execute(_SENT, {"kind": owner_kind, "owner": owner_id, "since": since})
    return int(rows[0][0])


async def find(database: Database, file_id: str) -> StoredFile | None:
    """The row of a file."""
    rows = await database.read(_BY_ID, {"id": file_id})
    return _file(rows[0]) if rows else None


async def total_bytes(database: Database) -> int:
    """What all files take together."""
    rows: list[tuple[Any, ...]] = list(await database.read(_TOTAL))
    return int(rows[0][0])


async def known(database: Database, stored_as: list[str]) -> set[str]:
    """Which of these names on disk have a row, of a file or of an upload."""
    names = {f"n{number}": name for number, name in enumerate(stored_as)}
    # nosemgrep: sql-put-together - what is put in are the placeholders' own names
    rows = await database.read(_STORED % {"names": ", ".join(f":{key}" for key in names)}, names)
    return {str(row[0]) for row in rows}


def _file(row: Row) -> StoredFile:
    values: list[Any] = list(row)
    values[11] = bool(values[11])
    return StoredFile(*values)


def _attachment(row: Row) -> Attachment:
    values: tuple[Any, ...] = row
    return Attachment(*values)
