"""What belongs to a contact, moved to another and back: its SQL and nothing else."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from app.storage.database import Database, Row, Transaction

# Every table that names a contact, with what tells its rows apart; a test holds this against the schema.
TABLES: dict[str, str] = {
    "visitor_tokens": "digest",
    "visits": "id",
    "conversations": "id",
    "visitor_events": "id",
    "offline_messages": "number",
    "ratings": "conversation_id",
    "rating_requests": "conversation_id",
    "blocks": "id",
    "tickets": "id",
    "identities": "inbox_id || ' ' || external_id",
    "mails": "inbox_id || ' ' || header_id",
}
# What stays with the one that it was said of: both may have answered what is asked, and a day's count of transcripts is
# kept by address too.
STAYS = frozenset({"introductions", "contact_merges", "transcript_requests"})

_INSERT = (
    "INSERT INTO contact_merges (id, contact_id, into_id, at, moved, filled) "
    "VALUES (:id, :contact, :into, :at, :moved, :filled)"
)
_LATEST = (
    "SELECT id, contact_id, into_id, at, moved, filled FROM contact_merges "
    "WHERE contact_id = :contact AND undone = 0 ORDER BY at DESC, id DESC LIMIT 1"
)
_moved = msgspec.json.Decoder(dict[str, list[str | int]])
_filled = msgspec.json.Decoder(tuple[str, ...])


class Merging(Struct, frozen=True):
    """One contact that went on as another: the rows that were moved, by table, and the facts that were taken over."""

    id: str
    contact_id: str
    into_id: str
    at: int
    moved: dict[str, list[str | int]]
    filled: tuple[str, ...]


def count(tx: Transaction, contact_id: str) -> int:
    """How many rows belong to a contact."""
    parts = (f"(SELECT count(*) FROM {table} WHERE contact_id = :contact)" for table in TABLES)
    sql = f"SELECT {' + '.join(parts)}"  # names of our own tables, no values
    return int(str(tx.execute(sql, {"contact": contact_id})[0][0]))


def move(tx: Transaction, contact_id: str, into_id: str) -> dict[str, list[str | int]]:
    """Give everything of one contact to another; what was moved, by table."""
    moved = {}
    for table, key in TABLES.items():
        sql = f"UPDATE {table} SET contact_id = :into WHERE contact_id = :contact RETURNING {key}"
        rows = tx.execute(sql, {"contact": contact_id, "into": into_id})
        moved[table] = [_key(row) for row in rows]
    return moved


def give_back(tx: Transaction, merging: Merging) -> None:
    """Move back what is still where it was moved to."""
    for table, keys in merging.moved.items():
        sql = f"UPDATE {table} SET contact_id = :contact WHERE {TABLES[table]} = :key AND contact_id = :into"
        for key in keys:
            tx.execute(sql, {"contact": merging.contact_id, "into": merging.into_id, "key": key})


def insert(tx: Transaction, merging: Merging) -> None:
    """Note that it was done."""
    tx.execute(
        _INSERT,
        {
            "id": merging.id,
            "contact": merging.contact_id,
            "into": merging.into_id,
            "at": merging.at,
            "moved": msgspec.json.encode(merging.moved).decode(),
            "filled": msgspec.json.encode(merging.filled).decode(),
        },
    )


def latest(tx: Transaction, contact_id: str) -> Merging | None:
    """How this contact went on as another, where that was not undone."""
    rows = tx.execute(_LATEST, {"contact": contact_id})
    return _merging(rows[0]) if rows else None


def undone(tx: Transaction, merging_id: str) -> None:
    """It is undone, and cannot be undone again."""
    tx.execute("UPDATE contact_merges SET undone = 1 WHERE id = :id", {"id": merging_id})


async def into(database: Database, contact_id: str, since: int) -> list[tuple[str, int]]:
    """Which contacts went on as this one since then, and when; the newest first."""
    rows = await database.read(
        "SELECT contact_id, at FROM contact_merges WHERE into_id = :into AND undone = 0 AND at > :since "
        "ORDER BY at DESC, id DESC",
        {"into": contact_id, "since": since},
    )
    return [(str(row[0]), int(str(row[1]))) for row in rows]


def _key(row: Row) -> str | int:
    assert isinstance(row[0], str | int)  # a key
    return row[0]


def _merging(row: Sequence[object]) -> Merging:
    moved: Mapping[str, list[str | int]] = _moved.decode(str(row[4]))
    return Merging(str(row[0]), str(row[1]), str(row[2]), int(str(row[3])), dict(moved), _filled.decode(str(row[5])))
