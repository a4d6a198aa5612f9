"""Heads of conversations: their SQL and nothing else."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from app.model.conversations import Conversation, Status
from app.model.people import Contact
from app.storage import contacts
from app.storage.database import Database, Transaction, Value


class View(StrEnum):
    """Which part of the list an agent looks at."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"
    RESOLVED = "resolved"
    SNOOZED = "snoozed"
    MENTIONED = "mentioned"  # where he was named in a note, whatever became of it


_NAMES = (
    "id", "inbox_id", "contact_id", "status", "created_at", "updated_at", "seq", "staff_seq", "assignee_id", "team_id",
    "priority", "waiting_since", "snoozed_until", "resolved_at", "close_reason", "merged_into", "follows", "fence",
    "last_text", "last_kind", "last_note", "last_at", "visitor_read", "visitor_delivered", "staff_read", "tags",
    "attributes",
)  # fmt: skip
COLUMNS = ", ".join(f"c.{name}" for name in _NAMES)  # for `FROM conversations c`
COLUMN_COUNT = len(_NAMES)
_NO_TAGS = "[]"
_NO_ATTRIBUTES = "{}"
_attributes = msgspec.json.Decoder(dict[str, str])
_tags = msgspec.json.Decoder(tuple[str, ...])
_STATUS = {status.value: status for status in Status}

# Where it stands in the queue is kept by these two statements, so that whoever queues one cannot forget it.
_ENTERED = "CASE WHEN :status = 'queued' THEN :updated_at END"
_INSERT = (
    f"INSERT INTO conversations ({', '.join(_NAMES)}, queue_place) "
    f"VALUES ({', '.join(f':{name}' for name in _NAMES)}, {_ENTERED})"
)
_BY_ID = f"SELECT {COLUMNS} FROM conversations c WHERE c.id = :id"
_ADVANCE = (
    "UPDATE conversations SET updated_at = :at, seq = :seq, staff_seq = :staff_seq, waiting_since = :waiting_since, "
    "last_text = :last_text, last_kind = :last_kind, last_note = :last_note, last_at = :last_at WHERE id = :id"
)
_MUTABLE = [name for name in _NAMES if name not in ("id", "inbox_id", "contact_id", "created_at", "follows")]
_UPDATE = (
    f"UPDATE conversations SET {', '.join(f'{name} = :{name}' for name in _MUTABLE)}, queue_place = "
    "CASE WHEN :status = 'queued' THEN coalesce(queue_place, :updated_at) END WHERE id = :id"
)
_OVER = ("resolved", "closed")
_NOT_OVER = tuple(status.value for status in Status if status not in _OVER)
_AWAKE = tuple(status for status in _NOT_OVER if status != "snoozed")
_WORKED_ON = ", ".join(f"'{status}'" for status in _AWAKE)
_ACTIVE = f"SELECT contact_id, id FROM conversations WHERE status IN ({_WORKED_ON}, 'snoozed')"
_TALKING = f"SELECT 1 FROM conversations WHERE contact_id = :contact AND status IN ({_WORKED_ON}, 'snoozed') LIMIT 1"
_ACTIVE_OF = (
    f"SELECT {COLUMNS} FROM conversations c WHERE c.contact_id IN (%s) AND c.status IN ({_WORKED_ON}, 'snoozed')"
)
_NEXT_AWAKE = "SELECT min(snoozed_until) FROM conversations WHERE snoozed_until IS NOT NULL"
_DUE_AWAKE = (
    f"SELECT {COLUMNS} FROM conversations c WHERE c.snoozed_until IS NOT NULL AND c.snoozed_until <= :now "
    "ORDER BY c.snoozed_until LIMIT 0 + :limit"
)
_READ = (
    "coalesce((SELECT w.read_seq FROM watermarks w WHERE w.conversation_id = c.id AND w.person_kind = 'agent' "
    "AND w.person_id = :agent), 0)"
)
_UNREAD = (
    "(SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.sender_kind = 'visitor' "
    f"AND m.kind = 'message' AND m.staff_seq > {_READ})"
)
_LISTED_ONE = (
    f"SELECT {_READ}, {_UNREAD}, {COLUMNS}, {contacts.COLUMNS} FROM conversations c "
    "JOIN contacts p ON p.id = c.contact_id WHERE c.id = :id"
)
# The rows of one status come by its index, already in order, so that no long list is sorted for its first page.
_FIRST_OF_GROUP = (
    "SELECT * FROM (SELECT c.id, c.updated_at FROM conversations c WHERE %s "
    "ORDER BY c.updated_at DESC, c.id DESC LIMIT 0 + :limit) %s"
)
_FIRST = "SELECT id FROM (%s) listed ORDER BY updated_at DESC, id DESC LIMIT 0 + :limit"
_LISTED = (
    f"SELECT k.*, {_UNREAD}, {COLUMNS}, {contacts.COLUMNS} FROM (%(counts)s) k LEFT JOIN (%(first)s) f ON 1 = 1 "
    "LEFT JOIN conversations c ON c.id = f.id LEFT JOIN contacts p ON p.id = c.contact_id"
)
_NARROWED = {
    View.MINE: ("c.assignee_id = :agent",),
    View.UNASSIGNED: ("c.assignee_id IS NULL",),
    View.ALL: (),
    View.RESOLVED: (),
    View.SNOOZED: (),
    View.MENTIONED: ("c.id IN (SELECT n.conversation_id FROM mentions n WHERE n.agent_id = :agent)",),
}
_NARROWING = {
    "tag": "c.id IN (SELECT t.conversation_id FROM conversation_tags t WHERE t.tag_id = :narrow_tag)",
    "priority": "c.priority = :narrow_priority",
    "reason": "c.close_reason = :narrow_reason",
    "field": "json_extract(c.attributes, :narrow_field) = :narrow_value",
    "value": "1 = 1",
}
_STATEMENTS_KEPT = 64  # a statement for each view and number of teams; beyond, one is put together again
_BEFORE = "(c.updated_at < :at OR (c.updated_at = :at AND c.id < :id))"
_COUNT = f"(SELECT count(*) FROM conversations c WHERE c.status IN ({_WORKED_ON}) AND %s)"
_COUNTED = 3  # columns
_FOLLOWER = (  # one that was merged goes on elsewhere: it would lead back here
    f"SELECT {COLUMNS} FROM conversations c WHERE c.contact_id = :contact AND c.follows = :id "
    "AND c.merged_into IS NULL "
    "ORDER BY c.created_at DESC, c.id DESC LIMIT 1"
)
_OF_CONTACT = (
    f"SELECT {COLUMNS} FROM conversations c WHERE c.contact_id = :contact "
    "ORDER BY c.created_at DESC, c.id DESC LIMIT 0 + :limit"
)
_OF_ORGANISATION = (
    f"SELECT {COLUMNS} FROM conversations c WHERE c.contact_id IN (SELECT p.id FROM contacts p "
    "WHERE p.organisation_id = :organisation ORDER BY p.seen_at DESC, p.number DESC LIMIT 0 + :people) "
    "ORDER BY c.created_at DESC, c.id DESC LIMIT 0 + :limit"
)


class Listed(Struct, frozen=True):
    """A row of the list: `unread` counts the visitor's messages that this agent has not read."""

    conversation: Conversation
    contact: Contact
    unread: int


class Narrow(Struct, frozen=True):
    """What a view is narrowed to; what is None narrows nothing. `reason` is why it was closed.

    `field` is where a value of the desk's own stands (`at_key`), `value` what it must be: both or neither.
    """

    tag: str | None = None
    priority: int | None = None
    reason: str | None = None
    field: str | None = None
    value: str | None = None

    def sql(self) -> tuple[str, ...]:
        """The conditions on head `c`; with `parameters`."""
        return tuple(_NARROWING[name] for name in self.__struct_fields__ if getattr(self, name) is not None)

    def parameters(self) -> dict[str, Value]:
        """What `sql` names."""
        named = {name: getattr(self, name) for name in self.__struct_fields__}
        return {f"narrow_{name}": value for name, value in named.items() if value is not None}


def at_key(key: str) -> str:
    """Where in a head's attributes a value stands."""
    return f"$.{msgspec.json.encode(key).decode()}"


EVERYTHING = Narrow()


class Counts(Struct, frozen=True):
    """How many conversations each view of those still worked on, and awake, holds."""

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
        row[23], row[24], () if row[25] == _NO_TAGS else _tags.decode(row[25]),
        {} if row[26] == _NO_ATTRIBUTES else _attributes.decode(row[26]),
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


def newest_of(tx: Transaction, contact_id: str, limit: int) -> list[Conversation]:
    """The newest conversations of a contact inside a transaction, newest first."""
    return [from_row(row) for row in tx.execute(_OF_CONTACT, {"contact": contact_id, "limit": limit})]


def talking(tx: Transaction, contact_id: str) -> bool:
    """Whether a conversation with a contact is worked on, or sleeps, inside a transaction."""
    return bool(tx.execute(_TALKING, {"contact": contact_id}))


async def active_of(database: Database, contact_ids: Iterable[str]) -> list[Conversation]:
    """Everything neither resolved nor closed of these contacts."""
    part = {f"id{place}": one for place, one in enumerate(contact_ids)}
    if not part:
        return []
    sql = _ACTIVE_OF % ", ".join(f":{name}" for name in part)  # names of parameters, no values
    return [from_row(row) for row in await database.read(sql, part)]


async def of_contact(database: Database, contact_id: str, limit: int) -> list[Conversation]:
    """The newest conversations of a contact, newest first."""
    rows = await database.read(_OF_CONTACT, {"contact": contact_id, "limit": limit})
    return [from_row(row) for row in rows]


async def of_organisation(database: Database, organisation_id: str, people: int, limit: int) -> list[Conversation]:
    """The newest conversations of the `people` of an organisation who were there last, newest first."""
    asked: dict[str, Value] = {"organisation": organisation_id, "people": people, "limit": limit}
    return [from_row(row) for row in await database.read(_OF_ORGANISATION, asked)]


async def next_awake(database: Database) -> int | None:
    """When the next that sleeps wakes (ms UTC); None where none has a time."""
    rows: list[Any] = await database.read(_NEXT_AWAKE)
    return rows[0][0] if rows else None


def due_awake(tx: Transaction, now: int, limit: int) -> list[Conversation]:
    """Those that have slept long enough, the longest due first."""
    return [from_row(row) for row in tx.execute(_DUE_AWAKE, {"now": now, "limit": limit})]


async def active(database: Database) -> list[tuple[str, str]]:
    """(contact id, conversation id) of everything neither resolved nor closed."""
    return [(str(row[0]), str(row[1])) for row in await database.read(_ACTIVE)]


async def listed(
    database: Database, sight: Sight, view: View, before: Place | None, limit: int, narrow: Narrow = EVERYTHING
) -> tuple[list[Listed], Counts]:
    """At most `limit` rows of a narrowed view, the last changed first, and how many each whole view holds."""
    place: dict[str, Value] = {} if before is None else {"at": before.updated_at, "id": before.id}
    sql = _listed_sql(sight.sql(), view, narrow.sql(), first_page=before is None)
    asked = {**sight.parameters(), **narrow.parameters(), **place, "limit": limit}
    rows: list[Any] = await database.read(sql, asked, many=True)
    held = [_listed(row[_COUNTED:]) for row in rows if row[_COUNTED + 1] is not None]  # counts alone: an empty view
    held.sort(key=lambda one: (one.conversation.updated_at, one.conversation.id), reverse=True)
    return held, Counts(*rows[0][:_COUNTED])


async def listed_one(database: Database, agent_id: str, conversation_id: str) -> tuple[Listed, int] | None:
    """One row of the list, whatever view it belongs to, and how far the agent himself has read, by staff_seq."""
    rows: list[Any] = await database.read(_LISTED_ONE, {"agent": agent_id, "id": conversation_id})
    return (_listed(rows[0][1:]), rows[0][0]) if rows else None


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _listed_sql(seen: str, view: View, narrowed: tuple[str, ...], *, first_page: bool) -> str:
    """The statement for a view of what is `seen`; its counts come from indexes alone for who sees everything."""
    conditions = [seen, *([] if first_page else [_BEFORE]), *_NARROWED[view], *narrowed]
    statuses = {View.RESOLVED: _OVER, View.SNOOZED: ("snoozed",), View.MENTIONED: ()}.get(view, _AWAKE)
    groups = [f"c.status = '{status}'" for status in statuses] or ["1 = 1"]
    first = " UNION ALL ".join(
        _FIRST_OF_GROUP % (" AND ".join((group, *conditions)), f"g{place}") for place, group in enumerate(groups)
    )
    mine, unassigned = (_COUNT % f"{_NARROWED[one][0]} AND {seen}" for one in (View.MINE, View.UNASSIGNED))
    counts = f"SELECT {mine} AS mine, {unassigned} AS unassigned, {_COUNT % seen} AS everything"
    return _LISTED % {"counts": counts, "first": _FIRST % first}


def _listed(row: Sequence[Any]) -> Listed:
    return Listed(from_row(row[1:]), contacts.from_row(row[COLUMN_COUNT + 1 :]), row[0])


def _parameters(head: Conversation) -> dict[str, Value]:
    values: dict[str, Value] = {name: getattr(head, name) for name in _NAMES if name != "attributes"}
    values["tags"] = msgspec.json.encode(head.tags).decode() if head.tags else _NO_TAGS
    held = head.attributes
    values["attributes"] = msgspec.json.encode(held).decode() if held else _NO_ATTRIBUTES
    return values
