"""Heads of conversations: their SQL and nothing else."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from app.model.conversations import Conversation, Status
from app.model.people import Contact
from app.storage import contacts
from app.storage.database import Database, Row, Transaction, Value


class View(StrEnum):
    """Which part of the list an agent looks at."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"
    RESOLVED = "resolved"


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
_OVER = ("resolved", "closed")
_WORKED_ON = ", ".join(f"'{status}'" for status in Status if status not in _OVER)
_ACTIVE = f"SELECT contact_id, id FROM conversations WHERE status IN ({_WORKED_ON})"
_UNREAD = (
    "(SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.sender_kind = 'visitor' "
    "AND m.kind = 'message' AND m.staff_seq > coalesce((SELECT w.read_seq FROM watermarks w "
    "WHERE w.conversation_id = c.id AND w.person_kind = 'agent' AND w.person_id = :agent), 0))"
)
_LISTED = (
    f"SELECT {COLUMNS}, {_UNREAD}, {contacts.COLUMNS} FROM conversations c JOIN contacts p ON p.id = c.contact_id "
    "WHERE %s ORDER BY c.updated_at DESC, c.id DESC LIMIT :limit"
)
_NARROWED = {
    View.MINE: " AND c.assignee_id = :agent",
    View.UNASSIGNED: " AND c.assignee_id IS NULL",
    View.ALL: "",
}
_BEFORE = "(c.updated_at < :at OR (c.updated_at = :at AND c.id < :id))"
_COUNTS = (
    "SELECT coalesce(sum(CASE WHEN c.assignee_id = :agent THEN 1 ELSE 0 END), 0), "
    "coalesce(sum(CASE WHEN c.assignee_id IS NULL THEN 1 ELSE 0 END), 0), count(*) "
    f"FROM conversations c WHERE c.status IN ({_WORKED_ON}) AND %s"
)
_FOLLOWER = (
    f"SELECT {COLUMNS} FROM conversations c WHERE c.contact_id = :contact AND c.follows = :id "
    "ORDER BY c.created_at DESC, c.id DESC LIMIT 1"
)
_OF_CONTACT = (
    f"SELECT {COLUMNS} FROM conversations c WHERE c.contact_id = :contact "
    "ORDER BY c.created_at DESC, c.id DESC LIMIT :limit"
)


class Listed(Struct, frozen=True):
    """A row of the list: `unread` counts the visitor's messages that this agent has not read."""

    conversation: Conversation
    contact: Contact
    unread: int


class Counts(Struct, frozen=True):
    """How many conversations each view of those still worked on holds."""

    mine: int
    unassigned: int
    all: int


class Place(Struct, frozen=True):
    """A place in the list: what comes after it is older."""

    updated_at: int
    id: str


class Sight(Struct, frozen=True):
    """Which conversations an agent may see (accounts.policy): all; those of `teams` and team-less ones; his own."""

    agent_id: str
    everything: bool = False
    teams: tuple[str, ...] | None = None  # None: no team's

    def sql(self) -> str:
        """The condition on head `c`; with `parameters`."""
        if self.everything:
            return "1 = 1"
        if self.teams is None:
            return "c.assignee_id = :agent"
        among = "".join(f", :team{number}" for number in range(len(self.teams)))
        return f"(c.assignee_id = :agent OR c.team_id IS NULL OR c.team_id IN (''{among}))"

    def parameters(self) -> dict[str, Value]:
        """What `sql` names, `:agent` always among it."""
        return {"agent": self.agent_id, **{f"team{number}": team for number, team in enumerate(self.teams or ())}}


class Own(Struct, frozen=True):
    """Which conversations a visitor may see (accounts.policy): his own."""

    contact_id: str

    def sql(self) -> str:
        """The condition on head `c`; with `parameters`."""
        return "c.contact_id = :contact"

    def parameters(self) -> dict[str, Value]:
        """What `sql` names."""
        return {"contact": self.contact_id}


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


def follower(tx: Transaction, head: Conversation) -> Conversation | None:
    """The newest conversation that the visitor opened by writing into this one when it was over."""
    rows = tx.execute(_FOLLOWER, {"contact": head.contact_id, "id": head.id})
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


async def listed(database: Database, sight: Sight, view: View, before: Place | None, limit: int) -> list[Listed]:
    """At most `limit` rows of a view, the last changed first."""
    if view is View.RESOLVED:
        groups = [f"c.status = '{status}'" for status in _OVER]  # each in the order of its index
    else:
        groups = [f"c.status IN ({_WORKED_ON}){_NARROWED[view]}"]
    place: dict[str, Value] = {} if before is None else {"at": before.updated_at, "id": before.id}
    rows: list[Row] = []
    for group in groups:
        condition = " AND ".join((group, sight.sql(), *((_BEFORE,) if place else ())))
        rows += await database.read(_LISTED % condition, {**sight.parameters(), **place, "limit": limit})
    found = [_listed(row) for row in rows]
    found.sort(key=lambda one: (one.conversation.updated_at, one.conversation.id), reverse=True)
    return found[:limit]


async def listed_one(database: Database, agent_id: str, conversation_id: str) -> Listed | None:
    """One row of the list, whatever view it belongs to."""
    parameters: dict[str, Value] = {"agent": agent_id, "id": conversation_id, "limit": 1}
    rows = await database.read(_LISTED % "c.id = :id", parameters)
    return _listed(rows[0]) if rows else None


async def counts(database: Database, sight: Sight) -> Counts:
    """How many of those still worked on an agent sees."""
    rows: list[Any] = await database.read(_COUNTS % sight.sql(), sight.parameters())
    return Counts(*rows[0])


def _listed(row: Sequence[Any]) -> Listed:
    return Listed(from_row(row), contacts.from_row(row[COLUMN_COUNT + 1 :]), row[COLUMN_COUNT])


def _parameters(head: Conversation) -> dict[str, Value]:
    return {name: getattr(head, name) for name in _NAMES}
