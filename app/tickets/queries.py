"""What is read of tickets: lists, one ticket with what it is tied to, its history."""

from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.policy import CONTACTS_READ, READ_ALL, READ_TEAM, allowed, demand
from app.model.clock import Clock
from app.model.conversations import Conversation
from app.model.errors import Invalid, not_found
from app.model.fields import Noun
from app.model.frames import Id
from app.model.people import Contact
from app.model.principals import Agent
from app.model.tickets import Category, Entry, Priority, Reference, Ticket, TicketStatus, Type
from app.settings import Limits
from app.storage import fields as own_fields
from app.storage import ticket_entries, ticket_links, ticket_statuses, tickets
from app.storage.conversations import Sight
from app.storage.database import Database
from app.storage.tickets import Filter, Listed, OwnField, OwnFilter, Place, Sort
from app.tickets.narrowing import narrowed_by, own_field
from app.tickets.statuses import StatusId

_NOBODY = "none"
_MYSELF = "me"
_DIGITS_MAX = 16
_NEWEST = 2**53

Somebody = Annotated[str, Meta(pattern=r"^(?:me|none|[0-9a-z]{26})(?!\n)$")]
Team = Annotated[str, Meta(pattern=r"^(?:none|[0-9a-z]{26})(?!\n)$")]
Cursor = Annotated[str, Meta(max_length=100)]
Rows = Annotated[int, Meta(ge=1, le=200)]


class TicketQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What a list shows: `assignee` `me`, `none` or an id; `team` `none` or an id; `q` words or a number.

    `watching` and `overdue` are 1 for those alone. `field` is one of the desk's own: those that hold a value in it, or
    this `value`; a text holds it somewhere, a number or a day may be a span such as `10..20`, `10..` or `..20`. With
    `sort` `field` or `field_last` (the greatest first) `sort_field` is the one. `before`: the `next` of a page.
    """

    category: Category | None = None
    status: StatusId | None = None
    priority: Priority | None = None
    type: Type | None = None
    assignee: Somebody | None = None
    team: Team | None = None
    contact: Id | None = None
    organisation: Id | None = None
    conversation: Id | None = None
    watching: bool = False
    overdue: bool = False
    q: Annotated[str, Meta(max_length=300)] = ""
    field: Id | None = None
    value: Annotated[str, Meta(max_length=300)] = ""
    sort: Sort = Sort.UPDATED
    sort_field: Id | None = None
    before: Cursor | None = None
    limit: Rows = 50


class TicketList(Struct, frozen=True):
    """A page; `next` leads to the one after it.

    `counts` by status and `categories` by what those mean, whatever status the page is narrowed to; a status that is
    archived is counted where tickets have it.
    """

    tickets: list[Listed]
    next: str | None
    counts: dict[str, int]
    categories: dict[str, int]


class TicketDetail(Struct, frozen=True):
    """One ticket: the newest entries of its history, ascending, `more` where older ones exist.

    Of its conversations those that the asking agent may read; `hidden` counts the others. `merged`: tickets that
    it goes on with, those that he may read.
    """

    ticket: Ticket
    contact: Contact | None
    entries: list[Entry]
    more: bool
    conversations: list[Conversation]
    hidden: int
    references: list[Reference]
    watchers: list[str]
    merged: list[Ticket]


class EntryPage(Struct, frozen=True):
    """Entries ascending; `more` says whether older ones exist."""

    entries: list[Entry]
    more: bool


class TicketQueries:
    """Reads tickets as their reader may see them."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    async def listing(self, principal: Agent, asked: TicketQuery) -> TicketList:
        """A page of a list; raises `Invalid` (cursor_unknown, field_unknown, value_unusable)."""
        demand(principal, "ticket.read")
        own, by = await self._own(asked)
        sight, narrowed = sight_of(principal), self._filter(principal, asked, own)
        rows_max = min(asked.limit, self._limits.page_rows_max)
        place = _place(asked.before)
        rows = await tickets.listed(self._database, sight, narrowed, asked.sort, place, rows_max + 1, by)
        found = await tickets.counted(self._database, sight, narrowed)
        statuses = await ticket_statuses.listing(self._database)
        following = _cursor(tickets.place_of(rows[rows_max - 1], asked.sort)) if len(rows) > rows_max else None
        return TicketList([_known_to(principal, row) for row in rows[:rows_max]], following, *_counts(found, statuses))

    async def detail(self, principal: Agent, ticket_id: str) -> TicketDetail:
        """One ticket with what surrounds it; raises `NotFound`."""
        row = await self._find(principal, ticket_id)
        page = await self._entries(ticket_id, _NEWEST)
        tied = await ticket_links.conversations_of(self._database, ticket_id)
        seen = [head for head in tied if allowed(principal, "conversation.read", head)]
        return TicketDetail(
            row.ticket,
            _known_to(principal, row).contact,
            page.entries,
            page.more,
            seen,
            len(tied) - len(seen),
            await ticket_links.references_of(self._database, ticket_id),
            await ticket_links.watchers_of(self._database, ticket_id),
            [
                one
                for one in await tickets.merged_into(self._database, ticket_id)
                if allowed(principal, "ticket.read", one)
            ],
        )

    async def entries(self, principal: Agent, ticket_id: str, before: int) -> EntryPage:
        """The history below a number; raises `NotFound`."""
        await self._find(principal, ticket_id)
        return await self._entries(ticket_id, before)

    async def _entries(self, ticket_id: str, before: int) -> EntryPage:
        most = self._limits.page_rows_max
        rows = await ticket_entries.before(self._database, ticket_id, before, most + 1)
        return EntryPage(rows[:most][::-1], len(rows) > most)

    async def _find(self, principal: Agent, ticket_id: str) -> Listed:
        row = await tickets.find(self._database, ticket_id)
        if row is None:
            raise not_found()
        demand(principal, "ticket.read", row.ticket)
        return row

    async def _own(self, asked: TicketQuery) -> tuple[OwnFilter | None, OwnField | None]:
        """What the desk's own fields narrow it to, and which it is sorted by."""
        by_field = asked.sort in (Sort.FIELD, Sort.FIELD_LAST)
        if asked.field is None and not by_field:
            return None, None
        known = {field.id: field for field in await own_fields.listing(self._database, Noun.TICKET)}
        by = own_field(known.get(asked.sort_field or ""), "sort_field") if by_field else None
        return None if asked.field is None else narrowed_by(known.get(asked.field), asked.value), by

    def _filter(self, principal: Agent, asked: TicketQuery, own: OwnFilter | None) -> Filter:
        somebody = {_MYSELF: principal.agent_id, _NOBODY: ""}
        return Filter(
            asked.category,
            asked.status,
            asked.priority,
            asked.type,
            None if asked.assignee is None else somebody.get(asked.assignee, asked.assignee),
            "" if asked.team == _NOBODY else asked.team,
            asked.contact,
            asked.conversation,
            principal.agent_id if asked.watching else None,
            self._clock.now_ms() if asked.overdue else None,
            asked.q,
            own,
            asked.organisation,
        )


def _counts(found: dict[str, int], statuses: list[TicketStatus]) -> tuple[dict[str, int], dict[str, int]]:
    """By status in its order, and by category."""
    by_status = {one.id: found.get(one.id, 0) for one in statuses if not one.archived or one.id in found}
    by_category = dict.fromkeys((category.value for category in Category), 0)
    for one in statuses:
        by_category[one.category.value] += found.get(one.id, 0)
    return by_status, by_category


def sight_of(agent: Agent) -> Sight:
    """The policy's reach, as a condition for SQL: that of conversations."""
    teams = agent.teams if READ_TEAM in agent.permissions else None
    return Sight(agent.agent_id, READ_ALL in agent.permissions, teams)


def _known_to(agent: Agent, row: Listed) -> Listed:
    """Without the customer for who may not read of customers."""
    return row if CONTACTS_READ in agent.permissions else Listed(row.ticket, None)


def _cursor(place: Place) -> str:
    return f"{place.value}.{place.number}"


def _place(before: str | None) -> Place | None:
    if before is None:
        return None
    numbers = before.split(".")
    if len(numbers) != 2 or not all(one.isascii() and one.isdecimal() and len(one) <= _DIGITS_MAX for one in numbers):
        raise Invalid(
            "cursor_unknown",
            "This page of the list does not exist. Load the list again from its beginning.",
            "该列表页不存在。请从头重新加载列表。",
        )
    return Place(int(numbers[0]), int(numbers[1]))
