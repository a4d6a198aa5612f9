"""What happened on our side, as a document for maps and as the body of a webhook. Times in ms UTC."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.model.channels import Channel
from app.model.events import (
    ContactChanged,
    ConversationChanged,
    MessageCreated,
    RatingRequested,
    RatingSubmitted,
    StoredEvent,
    TicketChanged,
)
from app.model.people import Contact
from app.model.principals import SOURCE


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
    what its customer writes, where he does so by another system.
    """

    references: Mapping[str, str] = {}
    reference: str = ""
    channel: Channel | None = None


NOWHERE_ELSE = Elsewhere()


def happenings(
    event: StoredEvent, contact: Contact | None, at: int, elsewhere: Elsewhere = NOWHERE_ELSE
) -> list[Happening]:
    """An event as each of its names: the first message of a conversation is its beginning, too."""
    made = _one(event, contact, at)
    if made.get("ticket"):
        made["ticket"] |= {"references": dict(elsewhere.references), "reference": elsewhere.reference}
    names = [made["type"]]
    if isinstance(event, MessageCreated) and event.contact is not None:
        names.insert(0, "conversation.created")
    conversation = made.get("conversation") or {}
    ticket = made.get("ticket") or {}
    speaker = made.get("actor") or {}
    echo = str(speaker.get("id", "")).removeprefix(SOURCE) if str(speaker.get("id", "")).startswith(SOURCE) else ""
    channel = elsewhere.channel
    if channel is not None and speaker.get("kind") == "visitor":
        echo = channel.source
    beside: dict[str, Any] = {"channel": msgspec.to_builtins(channel), "origin": echo}
    things = (str(conversation.get("id", "")), contact.id if contact is not None else "", str(ticket.get("id", "")))
    return [Happening(name, {**made, **beside, "type": name}, *things, echo) for name in names]


def contact_of(event: StoredEvent) -> str | None:
    """Whom it is about."""
    match event:
        case ContactChanged():
            return event.contact.id
        case TicketChanged():
            return event.ticket.contact_id
        case _:
            return event.conversation.contact_id


def conversation_of(event: StoredEvent) -> str | None:
    """In which conversation it happened."""
    return None if isinstance(event, ContactChanged | TicketChanged) else event.conversation.id


def _one(event: StoredEvent, contact: Contact | None, at: int) -> dict[str, Any]:
    match event:
        case MessageCreated():
            told = {"conversation": event.conversation, "message": event.message, "actor": event.message.sender}
            name = "message.created"
        case ConversationChanged():
            told, name = {"conversation": event.conversation, "actor": event.actor}, event.name
        case RatingSubmitted():
            told = {"conversation": event.conversation, "rating": event.rating, "actor": event.actor}
            name = "csat.submitted"
        case RatingRequested():
            told, name = {"conversation": event.conversation, "actor": event.actor}, "csat.requested"
        case TicketChanged():
            told, name = {"ticket": event.ticket, "actor": event.actor}, event.name
        case ContactChanged():
            told, name = {}, "contact.updated"
    plain: dict[str, Any] = msgspec.to_builtins(told)
    return {"type": name, "pos": event.pos, "at": at, **plain, "contact": _contact(contact)}


def _contact(contact: Contact | None) -> dict[str, Any] | None:
    """Without what is about his browser."""
    if contact is None:
        return None
    told: dict[str, Any] = msgspec.to_builtins(contact)
    return {name: value for name, value in told.items() if name not in ("browser", "address")}
