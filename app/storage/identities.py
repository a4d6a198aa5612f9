"""Secrets by which websites prove their customers, and who was proven: their SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Database, Row, Transaction

_COLUMNS = "SELECT id, inbox_id, sealed, created_at, ends_at, used_at FROM identity_keys"
_BY_ID = f"{_COLUMNS} WHERE id = :id"
_OF_INBOX = (
    f"{_COLUMNS} WHERE inbox_id = :inbox AND (ends_at IS NULL OR ends_at > :at) ORDER BY created_at DESC, id DESC"
)
_INSERT = "INSERT INTO identity_keys (id, inbox_id, sealed, created_at) VALUES (:id, :inbox, :sealed, :created)"
_RETIRE = "UPDATE identity_keys SET ends_at = :ends WHERE inbox_id = :inbox AND (ends_at IS NULL OR ends_at > :ends)"
_BIND = (
    "INSERT INTO identities (inbox_id, external_id, contact_id, at) VALUES (:inbox, :external, :contact, :at) "
    "ON CONFLICT (inbox_id, external_id) DO UPDATE SET contact_id = excluded.contact_id"
)
_OWNER = "SELECT contact_id FROM identities WHERE inbox_id = :inbox AND external_id = :external"


class IdentityKey(Struct, frozen=True):
    """A secret of an inbox, sealed; `ends_at` None: it holds until another takes its place. Times in ms UTC."""

    id: str
    inbox_id: str
    sealed: str
    created_at: int
    ends_at: int | None
    used_at: int | None


def insert_key(tx: Transaction, key: IdentityKey, earlier_end_at: int) -> None:
    """Store a new secret; those before it end then at the latest."""
    tx.execute(_RETIRE, {"inbox": key.inbox_id, "ends": earlier_end_at})
    tx.execute(_INSERT, {"id": key.id, "inbox": key.inbox_id, "sealed": key.sealed, "created": key.created_at})


def key_by_id(tx: Transaction, key_id: str) -> IdentityKey | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": key_id})
    return _key(rows[0]) if rows else None


def delete_key(tx: Transaction, key_id: str) -> None:
    """Forget one: what it signed is no proof any more."""
    tx.execute("DELETE FROM identity_keys WHERE id = :id", {"id": key_id})


def delete_over(tx: Transaction, inbox_id: str, at: int) -> None:
    """Forget those of an inbox that have ended."""
    tx.execute("DELETE FROM identity_keys WHERE inbox_id = :inbox AND ends_at <= :at", {"inbox": inbox_id, "at": at})


def used(tx: Transaction, key_id: str, at: int) -> None:
    """Note that something signed by it came."""
    tx.execute("UPDATE identity_keys SET used_at = :at WHERE id = :id", {"id": key_id, "at": at})


async def keys_of(database: Database, inbox_id: str, at: int) -> list[IdentityKey]:
    """Those of an inbox that hold at a time, the newest first."""
    rows = await database.read(
        _OF_INBOX,
        {"inbox": inbox_id, "at": at},
    )
    return [_key(row) for row in rows]


def bind(tx: Transaction, inbox_id: str, external_id: str, contact_id: str, at: int) -> None:
    """From now on this customer of the inbox's website is this contact."""
    tx.execute(_BIND, {"inbox": inbox_id, "external": external_id, "contact": contact_id, "at": at})


def owner(tx: Transaction, inbox_id: str, external_id: str) -> str | None:
    """Which contact this customer is."""
    rows = tx.execute(_OWNER, {"inbox": inbox_id, "external": external_id})
    return str(rows[0][0]) if rows else None


def is_proven(tx: Transaction, contact_id: str) -> bool:
    """Whether some website has proven who this contact is."""
    return bool(tx.execute("SELECT 1 FROM identities WHERE contact_id = :contact LIMIT 1", {"contact": contact_id}))


def _key(row: Row) -> IdentityKey:
    key_id, inbox_id, sealed, created_at, ends_at, used_at = row
    return IdentityKey(
        str(key_id), str(inbox_id), str(sealed), int(str(created_at)),
        None if ends_at is None else int(str(ends_at)), None if used_at is None else int(str(used_at)),
    )  # fmt: skip
