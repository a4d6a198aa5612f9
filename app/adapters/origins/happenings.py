"""What happened on our side, as a document for maps and as the body of a webhook. Times in ms UTC."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.model.channels import Channel
from app.model.conversations import Kind
from app.model.events import (
    ContactChanged,
    ConversationChanged,
    MessageCreated,
    RatingRequested,
    RatingSubmitted,
    RecordChanged,
    StoredEvent,
    TicketChanged,
)
from app.model.people import Contact
from app.model.principals import SOURCE

_OF_ENTRIES = {Kind.EDIT: "message.updated", Kind.DELETE: "message.deleted"}
_FACTS = (("assignee_id", "ticket.assigned"), ("status", "ticket.status_changed"))


class Happening(Struct, frozen=True):
    """One event under one of its names; `echo_of` is the source that brought it about, empty for people."""

    name: str
    document: dict[str, Tree]
    conversation_id: str = ""
    contact_id: str = ""
    ticket_id: str = ""
    echo_of: str = ""


class Elsewhere(Struct, frozen=True):
    """What other systems know of it.

    `references`: what its ticket is called there, by system; `reference`: in the system that is told. `channel`: by
    what its customer writes, where he does so by another system. `links`: where the files of a message are, by id.
    """

    references: Mapping[str, str] = {}
    reference: str = ""
    channel: Channel | None = None
    links: Mapping[str, str] = {}


NOWHERE_ELSE = Elsewhere()


def happenings(
    event: StoredEvent, contact: Contact | None, at: int, elsewhere: Elsewhere = NOWHERE_ELSE
) -> list[Happening]:
    """An event as each of its names: the first message of a conversation is its beginning, too.

    What a document holds is told to people in the manual, `docs/*/20-specs.md#happenings`.
    """
    made = _one(event, contact, at)
    if made.get("ticket"):
        made["ticket"] |= {"references": dict(elsewhere.references), "reference": elsewhere.reference}
    for file in (made.get("message") or {}).get("attachments", ()):
        file["link"] = elsewhere.links.get(file["id"], "")
    names = _names(event, made["type"])
    conversation = made.get("conversation") or {}
    ticket = made.get("ticket") or {}
    speaker = made.get("actor") or {}
    echo = str(speaker.get("id", "")).removeprefix(SOURCE) if str(speaker.get("id", "")).startswith(SOURCE) else ""
    if isinstance(event, RecordChanged):
        echo = event.record.source
    channel = elsewhere.channel
    if channel is not None and speaker.get("kind") == "visitor":
        echo = channel.source
    beside: dict[str, Any] = {"channel": msgspec.to_builtins(channel), "origin": echo}
    things = (str(conversation.get("id", "")), contact.id if contact is not None else "", str(ticket.get("id", "")))
    return [Happening(name, {**made, **beside, "type": name}, *things, echo) for name in names]


def _names(event: StoredEvent, name: str) -> list[str]:
    """The name that says least comes last."""
    match event:
        case MessageCreated() if event.contact is not None:
            return ["conversation.created", name]
        case ConversationChanged(name="contact.merged"):
            return []  # the contact's own event says it, whether he has conversations or not
        case TicketChanged() if event.name == "ticket.updated":
            facts = {one.field for one in event.changes}
            return [told for fact, told in _FACTS if fact in facts] + [name]
        case _:
            return [name]


def contact_of(event: StoredEvent) -> str | None:
    """Whom it is about."""
    match event:
        case RecordChanged():
            return None
        case ContactChanged():
            return event.contact.id
        case TicketChanged():
            return event.ticket.contact_id
        case _:
            return event.conversation.contact_id


def conversation_of(event: StoredEvent) -> str | None:
    """In which conversation it happened."""
    return None if isinstance(event, ContactChanged | TicketChanged | RecordChanged) else event.conversation.id


def _one(event: StoredEvent, contact: Contact | None, at: int) -> dict[str, Any]:
    told: dict[str, Any]
    match event:
        case MessageCreated():
            told = {"conversation": event.conversation, "message": event.message, "actor": event.message.sender}
            name = _OF_ENTRIES.get(event.message.kind, "message.created")
        case ConversationChanged():
            told, name = {"conversation": event.conversation, "actor": event.actor}, event.name
        case RatingSubmitted():
            told = {"conversation": event.conversation, "rating": event.rating, "actor": event.actor}
            name = "csat.submitted"
        case RatingRequested():
            told, name = {"conversation": event.conversation, "actor": event.actor}, "csat.requested"
        case TicketChanged():
            told, name = {"ticket": event.ticket, "actor": event.actor, "changes": _changes(event)}, event.name
        case RecordChanged():
            told, name = {"record": event.record}, event.name
        case ContactChanged():
            merged = event.contact.merged_into is not None
            told, name = {"actor": event.actor}, "contact.merged" if merged else event.name
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))  # lists, as documents have them
    return {"type": name, "pos": event.pos, "at": at, **plain, "contact": _contact(contact)}


def _changes(event: TicketChanged) -> dict[str, dict[str, str]]:
    """By fact, so that a map can send what changed and no more."""
    return {one.field: {"before": one.before, "after": one.after} for one in event.changes}


def _contact(contact: Contact | None) -> dict[str, Any] | None:
    """Without what is about his browser."""
    if contact is None:
        return None
    told: dict[str, Any] = msgspec.to_builtins(contact)
    return {name: value for name, value in told.items() if name not in ("browser", "address")}
