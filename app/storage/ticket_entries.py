"""The history of tickets: SQL and nothing else. Rows are added, never changed."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.conversations import Speaker
from app.model.tickets import Change, Entry, EntryKind
from app.storage.database import Database, Transaction, Value

_COLUMNS = "ticket_id, seq, kind, actor_kind, actor_id, actor_name, at, text, changes"
SHOWN = ", ".join(f"e.{name}" for name in _COLUMNS.split(", "))  # for `ticket_entries e`
_INSERT = (
    f"INSERT INTO ticket_entries ({_COLUMNS}, cid) VALUES (:ticket, :seq, :kind, :actor_kind, :actor_id, :actor_name, "
    ":at, :text, :changes, :cid)"
)
_BEFORE = (
    f"SELECT {_COLUMNS} FROM ticket_entries WHERE ticket_id = :ticket AND seq < :before "
    "ORDER BY seq DESC LIMIT 0 + :limit"
)
_RESULT_OF = f"SELECT {_COLUMNS} FROM ticket_entries WHERE actor_id = :actor AND cid = :cid"
_NEWEST_OF = (
    f"SELECT {_COLUMNS} FROM ticket_entries WHERE ticket_id = :ticket AND kind = :kind ORDER BY seq DESC LIMIT 1"
)
_changes = msgspec.json.Decoder(tuple[Change, ...])


def insert(tx: Transaction, entry: Entry, cid: str = "") -> None:
    """Add a line."""
    actor = entry.actor
    tx.execute(
        _INSERT,
        {
            "ticket": entry.ticket_id,
            "seq": entry.seq,
            "kind": entry.kind.value,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "at": entry.at,
            "text": entry.text,
            "changes": msgspec.json.encode(entry.changes).decode(),
            "cid": cid or None,
        },
    )


def result_of(tx: Transaction, actor_id: str, cid: str) -> Entry | None:
    """The line that an earlier request with the same key wrote."""
    rows = tx.execute(_RESULT_OF, {"actor": actor_id, "cid": cid})
    return from_row(rows[0]) if rows else None


def changed_at(tx: Transaction, ticket_id: str, fact: str, limit: int) -> int | None:
    """When the last of its newest lines says that a fact became another one; None where none of them does."""
    rows = tx.execute(_BEFORE, {"ticket": ticket_id, "before": 2**62, "limit": limit})
    lines = (from_row(row) for row in rows)
    return next((line.at for line in lines if any(one.field == fact for one in line.changes)), None)


def newest_of(tx: Transaction, ticket_id: str, kind: EntryKind) -> Entry | None:
    """The last line of a kind."""
    rows = tx.execute(_NEWEST_OF, {"ticket": ticket_id, "kind": kind.value})
    return from_row(rows[0]) if rows else None


async def before(database: Database, ticket_id: str, seq: int, limit: int) -> list[Entry]:
    """At most `limit` lines below a number, newest first."""
    parameters: dict[str, Value] = {"ticket": ticket_id, "before": seq, "limit": limit}
    return [from_row(row) for row in await database.read(_BEFORE, parameters, many=True)]


def from_row(row: Sequence[Any]) -> Entry:
    """A line from a row of these columns."""
    changes = () if row[8] == "[]" else _changes.decode(row[8])
    return Entry(row[0], row[1], EntryKind(row[2]), Speaker(row[3], row[4], row[5]), row[6], row[7], changes)
