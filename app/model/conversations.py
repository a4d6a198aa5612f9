"""Conversations, their messages, and the heads that lists show."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

CARDS_MAX = 10
CARD_LINES_MAX = 6
CARD_BUTTONS_MAX = 4
REPLIES_MAX = 12

Title = Annotated[str, Meta(min_length=1, max_length=120)]
CardLine = Annotated[str, Meta(min_length=1, max_length=200)]
Label = Annotated[str, Meta(min_length=1, max_length=40)]
ReplyText = Annotated[str, Meta(min_length=1, max_length=80)]
Link = Annotated[str, Meta(max_length=2_000)]
FileId = Annotated[str, Meta(min_length=26, max_length=26)]


class Status(StrEnum):
    """Where a conversation stands (the table in ARCHITECTURE.md, "Conversation status")."""

    BOT = "bot"
    QUEUED = "queued"
    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    OFFLINE = "offline"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Kind(StrEnum):
    """What an entry of a thread is.

    `message` is seen by both sides; `note` and `system` by staff alone; `notice` is a system line that the
    visitor sees too. `edit` and `delete` are entries with numbers of their own that change an earlier one.
    """

    MESSAGE = "message"
    NOTE = "note"
    SYSTEM = "system"
    NOTICE = "notice"
    EDIT = "edit"
    DELETE = "delete"


class Speaker(Struct, frozen=True, gc=False):
    """Who wrote an entry: `kind` is visitor, agent, bot or system."""

    kind: str
    id: str
    name: str = ""


class Attachment(Struct, frozen=True, gc=False):
    """A file in a message: `size` in bytes; `width`, `height` in pixels for images, else 0."""

    id: str
    name: str
    type: str
    size: int
    width: int = 0
    height: int = 0


class CardButton(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Opens `link` (http, https) or says `reply` in the visitor's name: exactly one of the two."""

    label: Label
    link: Link | None = None
    reply: ReplyText | None = None


class Card(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A thing that is talked about: `picture` is an image among the message's own files, shown here and not beside."""

    title: Title
    lines: Annotated[tuple[CardLine, ...], Meta(max_length=CARD_LINES_MAX)] = ()
    picture: FileId | None = None
    buttons: Annotated[tuple[CardButton, ...], Meta(max_length=CARD_BUTTONS_MAX)] = ()


class Content(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a message of ours shows beside its text. `replies` are quick replies, gone once the visitor has answered."""

    cards: Annotated[tuple[Card, ...], Meta(max_length=CARDS_MAX)] = ()
    replies: Annotated[tuple[ReplyText, ...], Meta(max_length=REPLIES_MAX)] = ()


class Message(Struct, frozen=True, gc=False):
    """One entry of a thread.

    `staff_seq` counts every entry of the conversation from 1 without a hole; `seq` counts those that the visitor
    may see and is None where he may not. `target` is the message an edit or delete changes. `data` holds the
    parameters of a system line (its wording belongs to the screen that shows it), and of a note whom it names: names by
    agent's id. `at` in milliseconds UTC.
    """

    id: str
    conversation_id: str
    staff_seq: int
    seq: int | None
    kind: Kind
    sender: Speaker
    text: str
    at: int
    cid: str = ""
    attachments: tuple[Attachment, ...] = ()
    target: str | None = None
    data: dict[str, str] | None = None
    edited_at: int | None = None
    deleted: bool = False
    content: Content | None = None


class Conversation(Struct, frozen=True, gc=False):
    """The head of a conversation: everything but its messages. Times in milliseconds UTC."""

    id: str
    inbox_id: str
    contact_id: str
    status: Status
    created_at: int
    updated_at: int
    seq: int = 0
    staff_seq: int = 0
    assignee_id: str | None = None
    team_id: str | None = None
    priority: int = 2  # 1 low, 2 normal, 3 high, 4 urgent, as of tickets
    waiting_since: int | None = None
    snoozed_until: int | None = None
    resolved_at: int | None = None
    close_reason: str | None = None
    merged_into: str | None = None
    follows: str | None = None  # the conversation it continues after the reopen window
    fence: int = 0  # fencing token of the lock under which it was last assigned
    last_text: str = ""
    last_kind: str = ""  # the speaker's kind of the last message or note
    last_note: bool = False
    last_at: int = 0
    visitor_read: int = 0  # highest seq the visitor has read
    visitor_delivered: int = 0
    staff_read: int = 0  # highest seq any agent has read, shown to the visitor
    tags: tuple[str, ...] = ()  # ids of the desk's tags, in the order in which they were put on
    attributes: dict[str, str] = {}  # values of the desk's own fields of conversations, by their keys


class Rating(Struct, frozen=True, gc=False):
    """What a visitor says of a conversation that is over: `score` 1 (bad) to 5, `tags` of a fixed list, his words."""

    conversation_id: str
    contact_id: str
    inbox_id: str
    agent_id: str | None
    score: int
    tags: tuple[str, ...]
    text: str
    created_at: int
    updated_at: int
    changes: int = 0
