"""Messages that visitors left: their SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.storage.database import Transaction

_NAMES = ("conversation_id", "contact_id", "inbox_id", "cid", "request", "name", "email", "phone", "at", "ticket_id")
_INSERT = f"INSERT INTO offline_messages ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_BY_CID = (  # one from before there were tickets has a number of its own
    "SELECT coalesce(t.number, o.number), o.conversation_id, o.request FROM offline_messages o "
    "LEFT JOIN tickets t ON t.id = o.ticket_id WHERE o.contact_id = :contact AND o.cid = :cid"
)
_SINCE = "SELECT count(*) FROM offline_messages WHERE contact_id = :contact AND at > :since"


class OfflineMessage(Struct, frozen=True):
    """A message that was left: where it was put, how its visitor can be reached, and the ticket that follows it."""

    conversation_id: str
    contact_id: str
    inbox_id: str
    cid: str
    request: str
    name: str
    email: str
    phone: str
    at: int
    ticket_id: str


class Left(Struct, frozen=True):
    """What an earlier command led to; `number` is what its visitor was told."""

    number: int
    conversation_id: str
    request: str


def insert(tx: Transaction, message: OfflineMessage) -> None:
    """Store it."""
    tx.execute(_INSERT, {name: getattr(message, name) for name in _NAMES})


def by_cid(tx: Transaction, contact_id: str, cid: str) -> Left | None:
    """What this command of this visitor's led to before."""
    rows: list[Any] = list(tx.execute(_BY_CID, {"contact": contact_id, "cid": cid}))
    return Left(*rows[0]) if rows else None


def count_since(tx: Transaction, contact_id: str, since: int) -> int:
    """How many a visitor has left since `since` (ms UTC)."""
    rows: list[Any] = list(tx.execute(_SINCE, {"contact": contact_id, "since": since}))
    return int(rows[0][0])
