"""Heads of conversations: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

from app.model.conversations import Conversation, Status
from app.storage.database import Database, Parameters, Transaction, Value

_NAMES = (
    "id", "inbox_id", "contact_id", "status", "created_at", "updated_at", "seq", "staff_seq", "assignee_id", "team_id",
    "priority", "waiting_since", "snoozed_until", "resolved_at", "close_reason", "merged_into", "follows", "fence",
    "last_text", "last_kind", "last_note", "last_at", "visitor_read", "visitor_delivered", "staff_read",
)  # fmt: skip
COLUMNS = ", ".join(f"c.{name}" for name in _NAMES)  # for `FROM conversations c`
COLUMN_COUNT = len(_NAMES)
_STATUS = {status.value: status for status in Status}

_INSERT = f"INSERT INTO conversations ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_BY_ID = f"SELECT {COLUMNS} FROM conversations c WHERE c.id = :id"
_ADVANCE = (
    "UPDATE conversations SET updated_at = :at, seq = :seq, staff_seq = :staff_seq, waiting_since = :waiting_since, "
    "last_text = :last_text, last_kind = :last_kind, last_note = :last_note, last_at = :last_at WHERE id = :id"
)
_MUTABLE = [name for name in _NAMES if name not in ("id", "inbox_id", "contact_id", "created_at", "follows")]
_UPDATE = f"UPDATE conversations SET {', '.join(f'{name} = :{name}' for name in _MUTABLE)} WHERE id = :id"
_ACTIVE = "SELECT contact_id, id FROM conversations WHERE status NOT IN ('resolved', 'closed')"
_OF_CONTACT = (
    f"SELECT {COLUMNS} FROM conversations c WHERE c.contact_id = :contact "
    "ORDER BY c.created_at DESC, c.id DESC LIMIT :limit"
)


def from_row(row: Sequence[Any]) -> Conversation:
    """A head from a row that begins with `COLUMNS`."""
    return Conversation(
        row[0], row[1], row[2], _STATUS[row[3]], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11],
        row[12], row[13], row[14], row[15], row[16], row[17], row[18], row[19], row[20] == 1, row[21], row[22],
        row[23], row[24],
    )  # fmt: skip


def insert(tx: Transaction, conversation: Conversation) -> None:
    """Store a new head."""
    tx.execute(_INSERT, _parameters(conversation))


def by_id(tx: Transaction, conversation_id: str) -> Conversation | None:
    """The head inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": conversation_id})
    return from_row(rows[0]) if rows else None


def advance(tx: Transaction, head: Conversation) -> None:
    """Store what an ordinary entry changes: counters, the last line, who waits since when."""
    tx.execute(
        _ADVANCE,
        {
            "at": head.updated_at,
            "seq": head.seq,
            "staff_seq": head.staff_seq,
            "waiting_since": head.waiting_since,
            "last_text": head.last_text,
            "last_kind": head.last_kind,
            "last_note": head.last_note,
            "last_at": head.last_at,
            "id": head.id,
        },
    )


def update(tx: Transaction, head: Conversation) -> None:
    """Store everything of a head that can change."""
    parameters = _parameters(head)
    tx.execute(_UPDATE, {name: parameters[name] for name in (*_MUTABLE, "id")})


async def find(database: Database, conversation_id: str) -> Conversation | None:
    """The head as committed."""
    rows = await database.read(_BY_ID, {"id": conversation_id})
    return from_row(rows[0]) if rows else None


async def of_contact(database: Database, contact_id: str, limit: int) -> list[Conversation]:
    """The newest conversations of a contact, newest first."""
    return [from_row(row) for row in await database.read(_OF_CONTACT, {"contact": contact_id, "limit": limit})]


async def active(database: Database) -> list[tuple[str, str]]:
    """(contact id, conversation id) of everything neither resolved nor closed."""
    return [(str(row[0]), str(row[1])) for row in await database.read(_ACTIVE)]


def _parameters(head: Conversation) -> dict[str, Value]:
    return {name: getattr(head, name) for name in _NAMES}


def seen_by(teams: Sequence[str]) -> tuple[str, Parameters]:
    """SQL that says whether agent `:agent` may see head `c`, with the parameters of his teams (accounts.policy)."""
    names = [f"team{number}" for number in range(len(teams))]
    among = "".join(f", :{name}" for name in names)
    sql = f"(c.assignee_id = :agent OR c.team_id IS NULL OR c.team_id IN (''{among}))"
    return sql, dict(zip(names, teams, strict=True))
