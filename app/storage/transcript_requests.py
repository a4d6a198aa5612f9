"""Transcripts that visitors had mailed: their SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Transaction

_FORGET = "DELETE FROM transcript_requests WHERE at <= :since"
_COUNTS = (
    "SELECT count(*), coalesce(sum(contact_id = :contact), 0), coalesce(sum(address = :address), 0) "
    "FROM transcript_requests WHERE at > :since"
)
_INSERT = "INSERT INTO transcript_requests (contact_id, address, at) VALUES (:contact, :address, :at)"


class Counts(Struct, frozen=True):
    """How many were mailed: to anybody, at this visitor's word, to this address."""

    all: int
    of_contact: int
    to_address: int


def counts(tx: Transaction, contact_id: str, address: str, since: int) -> Counts:
    """Those after `since` (ms UTC); older ones are forgotten."""
    tx.execute(_FORGET, {"since": since})
    row = tx.execute(_COUNTS, {"contact": contact_id, "address": address, "since": since})[0]
    return Counts(*(int(str(value)) for value in row))


def insert(tx: Transaction, contact_id: str, address: str, at: int) -> None:
    """One more."""
    tx.execute(_INSERT, {"contact": contact_id, "address": address, "at": at})
