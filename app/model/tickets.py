"""Tickets: matters that are followed until they are done, and their history."""

from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct

from app.model.conversations import Speaker


class Status(StrEnum):
    """The ids of the four statuses that every desk has; a desk adds its own (`TicketStatus`)."""

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"


class Category(StrEnum):
    """The three things a status can mean: ours to do, somebody else's, over."""

    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"


CATEGORIES: Final = {
    Status.NEW: Category.OPEN,
    Status.OPEN: Category.OPEN,
    Status.WAITING: Category.WAITING,
    Status.DONE: Category.DONE,
}


class Priority(IntEnum):
    """How much it presses: a number, so that lists sort by it."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4


class Type(StrEnum):
    """What kind of matter it is."""

    QUESTION = "question"
    PROBLEM = "problem"
    REQUEST = "request"
    TASK = "task"
    MESSAGE = "message"  # left by a visitor when nobody could come


class Ticket(Struct, frozen=True):
    """The head of a ticket: everything but its history and links. Times in milliseconds UTC.

    `status` is the id of a `TicketStatus`, `category` what that one means.
    `fields` are values of the desk's own fields by their ids, as text (`FieldKind`). One with `merged_into` is to be
    read only: that ticket goes on with it.
    `number` is what people call it, dense from 1. `version` grows with every change. `entries` is the newest number of
    its history. `done_at` is there while its category is done.
    """

    id: str
    number: int
    version: int
    title: str
    description: str
    status: str
    priority: Priority
    type: Type
    contact_id: str | None
    assignee_id: str | None
    team_id: str | None
    due_at: int | None
    author_id: str
    created_at: int
    updated_at: int
    done_at: int | None = None
    entries: int = 0
    merged_into: str | None = None
    merged_at: int | None = None
    fields: dict[str, str] = {}
    category: Category = Category.OPEN


class TicketStatus(Struct, frozen=True):
    """What a desk calls where a ticket stands; `category` says what it means to lists and promises.

    `archived`: given to no ticket any more, those that have it keep it. The ids of the given ones are `Status`.
    """

    id: str
    name_en: str
    name_zh: str
    category: Category
    position: int
    archived: bool = False


class EntryKind(StrEnum):
    """What an entry of a ticket's history says."""

    CREATED = "created"
    CHANGED = "changed"
    NOTE = "note"
    LINKED = "linked"
    UNLINKED = "unlinked"
    MERGED = "merged"
    UNMERGED = "unmerged"


class Change(Struct, frozen=True):
    """A fact that became another one; ids where it is a person, a team or a conversation, "" for nothing."""

    field: str
    before: str
    after: str


class Entry(Struct, frozen=True):
    """One line of a ticket's history: who did what, when. Never changed, never deleted: it is the ticket's audit."""

    ticket_id: str
    seq: int
    kind: EntryKind
    actor: Speaker
    at: int
    text: str = ""
    changes: tuple[Change, ...] = ()


class Why(StrEnum):
    """Why somebody is told of what happened to a ticket: the strongest reason that he has."""

    MENTIONED = "mentioned"
    ASSIGNED = "assigned"
    WATCHED = "watched"


class TicketNotice(Struct, frozen=True):
    """What somebody is told of: a line of the history of a ticket. `number` grows."""

    number: int
    why: Why
    seen: bool
    ticket_id: str
    ticket_number: int
    title: str
    entry: Entry


class NoticeChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """What of his tickets somebody is told of: notes that name him, tickets that he has, those that he watches."""

    mentioned: bool = True
    assigned: bool = True
    watched: bool = True


class TicketView(Struct, frozen=True):
    """A list that is kept under a name: its owner's, or `shared` with everybody. `query` as in `GET /tickets`."""

    id: str
    name: str
    query: dict[str, str]
    owner_id: str
    shared: bool
    created_at: int


class Reference(Struct, frozen=True):
    """What the ticket is called elsewhere: `reference` in `system` (records of adapters, too), opened by `url`."""

    system: str
    reference: str
    url: str = ""
