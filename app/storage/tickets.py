"""Heads of tickets: their SQL and nothing else."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from app.model.people import Contact
from app.model.tickets import Category, Priority, Ticket, Type
from app.storage import contacts
from app.storage.conversations import Sight
from app.storage.database import Database, Transaction, Value
from app.storage.search import expression, words

_NAMES = (
    "id", "number", "version", "title", "description", "status", "priority", "type", "contact_id", "assignee_id",
    "team_id", "due_at", "author_id", "created_at", "updated_at", "done_at", "entries",
    "merged_into", "merged_at", "fields", "category",
)  # fmt: skip
COLUMNS = ", ".join(f"c.{name}" for name in _NAMES)  # for `FROM tickets c`: what `Sight` calls a head
COLUMN_COUNT = len(_NAMES)
_CATEGORY = {category.value: category for category in Category}
_TYPE = {kind.value: kind for kind in Type}
_MADE = [name for name in _NAMES if name != "number"]
_INSERT = (
    f"INSERT INTO tickets (number, {', '.join(_MADE)}, cid, request) VALUES "
    f"((SELECT coalesce(max(number), 0) + 1 FROM tickets), {', '.join(f':{name}' for name in _MADE)}, :cid, :request) "
    "RETURNING number"
)
_MUTABLE = [name for name in _MADE if name not in ("id", "author_id", "created_at")]
_UPDATE = f"UPDATE tickets SET {', '.join(f'{name} = :{name}' for name in _MUTABLE)} WHERE id = :id"
_BY_ID = f"SELECT {COLUMNS} FROM tickets c WHERE c.id = :id"
_RESULT_OF = f"SELECT c.request, {COLUMNS} FROM tickets c WHERE c.author_id = :author AND c.cid = :cid"
_SHOWN = f"{COLUMNS}, {contacts.COLUMNS} FROM tickets c LEFT JOIN contacts p ON p.id = c.contact_id"
_ONE = f"SELECT {_SHOWN} WHERE c.id = :id"
_LISTED = f"SELECT {_SHOWN} WHERE %s ORDER BY %s, c.number DESC LIMIT 0 + :limit"
_COUNTED = "SELECT c.status, count(*) FROM tickets c WHERE %s GROUP BY c.status"
_INDEXED = "INSERT OR REPLACE INTO ticket_search (rowid, words) VALUES (:number, :words)"
_NEVER = 2**53
_BEFORE_ALL, _BEHIND_ALL = "''", "char(1114111)"  # as SQL: of texts the first and the last
_MERGED = f"SELECT {COLUMNS} FROM tickets c WHERE c.merged_into = :id ORDER BY c.merged_at, c.number"
_fields = msgspec.json.Decoder(dict[str, str])
_SORTED = {  # what is compared, and whether the greatest comes first
    "updated": ("c.updated_at", True),
    "created": ("c.number", True),
    "due": (f"coalesce(c.due_at, {_NEVER})", False),
    "priority": ("c.priority", True),
}


class Sort(StrEnum):
    """What comes first: changed last, made last, due first, most urgent; by an own field, the least or the greatest."""

    UPDATED = "updated"
    CREATED = "created"
    DUE = "due"
    PRIORITY = "priority"
    FIELD = "field"
    FIELD_LAST = "field_last"


class Listed(Struct, frozen=True):
    """A row of the list, with whose matter it is."""

    ticket: Ticket
    contact: Contact | None


class Place(Struct, frozen=True):
    """A place in a list: the value that it is sorted by, and the number."""

    value: int
    number: int


class OwnField(Struct, frozen=True):
    """A field of the desk's own that a list is sorted by; tickets without a value come last."""

    id: str
    numeric: bool


class OwnFilter(Struct, frozen=True):
    """What a field of the desk's own must hold: anything; exactly this; these letters in it; between two values.

    `low` and `high` are numbers of `numeric` fields, else texts that sort as their values do.
    """

    field: OwnField
    equals: str | None = None
    holds: str | None = None
    low: float | str | None = None
    high: float | str | None = None


class Filter(Struct, frozen=True):
    """What a list is narrowed to; what is None narrows nothing. `assignee_id`, `team_id` "" stand for nobody's.

    `overdue_at` leaves what was due before that moment (ms) and is not done. `text` are words, the last one may be a
    beginning, or a number.
    """

    category: Category | None = None
    status: str | None = None
    priority: Priority | None = None
    type: Type | None = None
    assignee_id: str | None = None
    team_id: str | None = None
    contact_id: str | None = None
    conversation_id: str | None = None
    watcher_id: str | None = None
    overdue_at: int | None = None
    text: str = ""
    own: OwnFilter | None = None
    organisation_id: str | None = None


def from_row(row: Sequence[Any]) -> Ticket:
    """A head from a row that begins with `COLUMNS`."""
    return Ticket(
        row[0], row[1], row[2], row[3], row[4], row[5], Priority(row[6]), _TYPE[row[7]], row[8], row[9],
        row[10], row[11], row[12], row[13], row[14], row[15], row[16], row[17], row[18],
        {} if row[19] == "{}" else _fields.decode(row[19]), _CATEGORY[row[20]],
    )  # fmt: skip


def insert(tx: Transaction, ticket: Ticket, cid: str, request: str) -> int:
    """Store a new head under the next number, which is returned; a number is never free again."""
    rows = tx.execute(_INSERT, {**_parameters(ticket), "cid": cid or None, "request": request})
    number = rows[0][0]
    assert isinstance(number, int)  # an INTEGER column
    return number


def update(tx: Transaction, ticket: Ticket) -> None:
    """Store everything of a head that can change."""
    parameters = _parameters(ticket)
    tx.execute(_UPDATE, {name: parameters[name] for name in (*_MUTABLE, "id")})


def by_id(tx: Transaction, ticket_id: str) -> Ticket | None:
    """The head inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": ticket_id})
    return from_row(rows[0]) if rows else None


def result_of(tx: Transaction, author_id: str, cid: str) -> tuple[str, Ticket] | None:
    """What an earlier request with the same key led to, and the digest of that request."""
    rows = tx.execute(_RESULT_OF, {"author": author_id, "cid": cid})
    return (str(rows[0][0]), from_row(rows[0][1:])) if rows else None


def merged(tx: Transaction, ticket_id: str) -> list[Ticket]:
    """Those that were merged into it, inside a transaction."""
    return [from_row(row) for row in tx.execute(_MERGED, {"id": ticket_id})]


async def merged_into(database: Database, ticket_id: str) -> list[Ticket]:
    """Those that were merged into it, in the order of merging."""
    return [from_row(row) for row in await database.read(_MERGED, {"id": ticket_id})]


def index(tx: Transaction, ticket: Ticket, references: Sequence[str]) -> None:
    """Make its words findable, those that other systems call it by among them."""
    text = " ".join((ticket.title, ticket.description, *ticket.fields.values(), *references))
    tx.execute(_INDEXED, {"number": ticket.number, "words": words(text)})


async def find(database: Database, ticket_id: str) -> Listed | None:
    """One as committed."""
    rows: list[Any] = await database.read(_ONE, {"id": ticket_id})
    return _listed(rows[0]) if rows else None


async def listed(
    database: Database,
    sight: Sight,
    narrowed: Filter,
    sort: Sort,
    after: Place | None,
    limit: int,
    by: OwnField | None = None,
) -> list[Listed]:
    """At most `limit` rows in the order of `sort` (of field `by`), beginning behind `after`."""
    conditions, parameters = _conditions(sight, narrowed)
    key, greatest_first = _SORTED[sort] if by is None else (_by_own(by, sort), sort == Sort.FIELD_LAST)
    if by is not None:
        parameters["sort_path"] = _path(by)
    if after is not None:
        beyond = "<" if greatest_first else ">"
        # Of a field of the desk's own the value is asked of the ticket that ended the page before.
        value = ":value" if by is None else f"(SELECT {key} FROM tickets c WHERE c.number = :number)"
        conditions.append(f"({key} {beyond} {value} OR ({key} = {value} AND c.number < :number))")
        parameters |= {"value": after.value, "number": after.number} if by is None else {"number": after.number}
    sql = _LISTED % (" AND ".join(conditions), f"{key} {'DESC' if greatest_first else 'ASC'}")
    rows: list[Any] = await database.read(sql, {**parameters, "limit": limit}, many=True)
    return [_listed(row) for row in rows]


async def counted(database: Database, sight: Sight, narrowed: Filter) -> dict[str, int]:
    """How many there are in each status that has any, whatever status the list itself is narrowed to."""
    conditions, parameters = _conditions(sight, narrowed, of_any_status=True)
    sql = _COUNTED % " AND ".join(conditions)  # which hold names of columns and parameters, no values
    rows = await database.read(sql, parameters)
    return {str(status): int(count or 0) for status, count in rows}


def place_of(row: Listed, sort: Sort) -> Place:
    """Where a row stands, for the page behind it."""
    ticket = row.ticket
    value = {
        Sort.UPDATED: ticket.updated_at,
        Sort.CREATED: ticket.number,
        Sort.DUE: _NEVER if ticket.due_at is None else ticket.due_at,
        Sort.PRIORITY: int(ticket.priority),
        Sort.FIELD: 0,
        Sort.FIELD_LAST: 0,
    }[sort]
    return Place(value, ticket.number)


def _conditions(sight: Sight, narrowed: Filter, *, of_any_status: bool = False) -> tuple[list[str], dict[str, Value]]:
    """The WHERE of a list: names of columns and parameters of ours, no values."""
    conditions, parameters = [sight.sql(), "c.merged_into IS NULL"], sight.parameters()
    for name in ("priority", "type", "assignee_id", "team_id", "contact_id"):
        value = getattr(narrowed, name)
        if value == "":
            conditions.append(f"c.{name} IS NULL")
        elif value is not None:
            conditions.append(f"c.{name} = :{name}")
            parameters[name] = value.value if isinstance(value, Priority | Type) else value
    for name in () if of_any_status else ("category", "status"):
        wanted = getattr(narrowed, name)
        if wanted is not None:
            conditions.append(f"c.{name} = :{name}")
            parameters[name] = str(wanted)
    if narrowed.conversation_id is not None:
        conditions.append(
            "c.id IN (SELECT l.ticket_id FROM ticket_conversations l WHERE l.conversation_id = :conversation_id)"
        )
        parameters["conversation_id"] = narrowed.conversation_id
    if narrowed.organisation_id is not None:
        conditions.append("c.contact_id IN (SELECT p.id FROM contacts p WHERE p.organisation_id = :organisation_id)")
        parameters["organisation_id"] = narrowed.organisation_id
    if narrowed.watcher_id is not None:
        conditions.append("c.id IN (SELECT w.ticket_id FROM ticket_watchers w WHERE w.agent_id = :watcher_id)")
        parameters["watcher_id"] = narrowed.watcher_id
    if narrowed.overdue_at is not None:
        conditions.append("c.due_at < :overdue_at AND c.category <> 'done'")
        parameters["overdue_at"] = narrowed.overdue_at
    if narrowed.own is not None:
        _narrow(narrowed.own, conditions, parameters)
    if narrowed.text.strip():
        _find(narrowed.text, conditions, parameters)
    return conditions, parameters


def _path(field: OwnField) -> str:
    """Where its value stands in `fields`: an id is letters and digits."""
    return f'$."{field.id}"'


def _by_own(field: OwnField, sort: Sort) -> str:
    """What is compared; without a value it comes last, whichever way."""
    value, last = "json_extract(c.fields, :sort_path)", sort == Sort.FIELD_LAST
    if field.numeric:
        return f"coalesce(CAST({value} AS REAL), {'-' if last else ''}1e308)"
    return f"coalesce({value}, {_BEFORE_ALL if last else _BEHIND_ALL})"


def _narrow(own: OwnFilter, conditions: list[str], parameters: dict[str, Value]) -> None:
    value = "json_extract(c.fields, :own_path)"
    parameters["own_path"] = _path(own.field)
    compared = f"CAST({value} AS REAL)" if own.field.numeric else value
    wanted = {
        "own_equals": (own.equals, f"{value} = :own_equals"),
        "own_holds": (own.holds, f"instr(lower({value}), lower(:own_holds)) > 0"),
        "own_low": (own.low, f"{compared} >= :own_low"),
        "own_high": (own.high, f"{compared} <= :own_high"),
    }
    conditions.append(f"{value} IS NOT NULL")
    for name, (held, condition) in wanted.items():
        if held is not None:
            conditions.append(condition)
            parameters[name] = held


def _find(text: str, conditions: list[str], parameters: dict[str, Value]) -> None:
    """By its number, with or without the # before it, or by words."""
    number = text.strip().removeprefix("#")
    if number.isascii() and number.isdecimal() and len(number) < len(str(_NEVER)):
        conditions.append(
            "(c.number = :found OR c.number IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH :query))"
        )
        parameters |= {"found": int(number), "query": expression(number)}
        return
    query = expression(text)
    if not query:
        conditions.append("1 = 0")
        return
    conditions.append("c.number IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH :query)")
    parameters["query"] = query


def _listed(row: Sequence[Any]) -> Listed:
    known = row[COLUMN_COUNT] is not None
    return Listed(from_row(row), contacts.from_row(row[COLUMN_COUNT:]) if known else None)


def _parameters(ticket: Ticket) -> dict[str, Value]:
    named: dict[str, Value] = {name: getattr(ticket, name) for name in _MADE if name != "fields"}
    return {
        **named,
        "status": str(ticket.status),
        "category": ticket.category.value,
        "priority": int(ticket.priority),
        "type": ticket.type.value,
        "fields": msgspec.json.encode(ticket.fields).decode(),
    }
