"""Tables going out, page by page: whatever there is of contacts, conversations or tickets, in bounded memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from app.accounts.audit import record
from app.accounts.policy import CONTACTS_READ, READ_ALL, TICKETS_READ, demand
from app.exchange.sheets import written
from app.model.audit import Subject
from app.model.errors import forbidden
from app.model.fields import Field, Noun
from app.model.principals import Agent, System
from app.storage import fields, tables
from app.storage.database import Database

_PAGE_ROWS = 500
_BOM = "\ufeff"  # by it Excel knows that it is UTF-8


class Table(StrEnum):
    """What goes out."""

    CONTACTS = "contacts"
    CONVERSATIONS = "conversations"
    TICKETS = "tickets"


_CONTACTS = (
    "number", "name", "email", "phone", "language", "external_id", "created_at", "seen_at", "organisation",
    "attributes",
)  # fmt: skip
_CONVERSATIONS = (
    "id", "inbox", "contact", "contact_name", "status", "assignee", "team", "priority", "created_at", "resolved_at",
    "messages", "attributes",
)  # fmt: skip
_TICKETS = (
    "number", "title", "status", "priority", "type", "assignee", "team", "contact", "contact_name", "due_at",
    "created_at", "updated_at", "attributes",
)  # fmt: skip
_NEEDED: dict[Table, frozenset[str]] = {
    Table.CONTACTS: frozenset({CONTACTS_READ}),
    Table.CONVERSATIONS: frozenset({READ_ALL, CONTACTS_READ}),
    Table.TICKETS: frozenset({READ_ALL, TICKETS_READ}),
}
_TIMES = frozenset({"created_at", "seen_at", "resolved_at", "due_at", "updated_at"})

_Page = Callable[[Database, str, int], Awaitable[list[tuple[object, ...]]]]
_PAGES: dict[Table, tuple[tuple[str, ...], _Page]] = {
    Table.CONTACTS: (_CONTACTS, tables.contacts),
    Table.CONVERSATIONS: (_CONVERSATIONS, tables.conversations),
    Table.TICKETS: (_TICKETS, tables.tickets),
}


_NOUNS = {
    Table.CONTACTS: Noun.CONTACT,
    Table.CONVERSATIONS: Noun.CONVERSATION,
    Table.TICKETS: Noun.TICKET,
}
_values = msgspec.json.Decoder(dict[str, str])


class Exports:
    """Writes tables; cells that a spreadsheet would carry out are neutralised (`sheets.guarded`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, principal: Agent | System, table: Table) -> AsyncIterator[str]:
        """A table's text, piece by piece; noted in the audit log before the first. Raises `Forbidden`.

        It holds what nobody narrows: who may not read all conversations, or no tickets, may not have it.
        """
        demand(principal, "contact.manage")
        if isinstance(principal, Agent) and not principal.permissions.issuperset(_NEEDED[table]):
            raise forbidden()
        subject = Subject("export", name=table.value)
        await self._database.write(lambda tx: record(tx, principal, "export.create", subject))
        return self._pieces(table, await fields.listing(self._database, _NOUNS[table]))

    async def _pieces(self, table: Table, known: list[Field]) -> AsyncIterator[str]:
        """The last column of each table is all that its own fields hold: a column each, then what is beside them."""
        columns, page = _PAGES[table]
        own = [f"attributes.{field.key if table is not Table.TICKETS else field.name_en}" for field in known]
        beside = [columns[-1]] if table is Table.CONTACTS else []
        yield _BOM + written([*columns[:-1], *own, *beside])
        after = ""
        while rows := await page(self._database, after, _PAGE_ROWS):
            yield "".join(
                written([*_shown(columns[:-1], row[1:-1]), *_own(known, row[-1], beside=bool(beside))]) for row in rows
            )
            after = str(rows[-1][0])


def _shown(columns: tuple[str, ...], row: tuple[object, ...]) -> list[object]:
    return [_time(cell) if name in _TIMES else cell for name, cell in zip(columns, row, strict=True)]


def _own(known: list[Field], held: object, *, beside: bool) -> list[str]:
    values = dict(_values.decode(str(held)))
    cells = [values.pop(field.key, "") for field in known]
    return [*cells, msgspec.json.encode(values).decode()] if beside else cells


def _time(cell: object) -> str:
    if not isinstance(cell, int):
        return ""
    return datetime.fromtimestamp(cell / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
