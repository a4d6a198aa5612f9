"""Macros: what is done with a conversation again and again, under a name."""

from typing import Annotated

from msgspec import Meta, Struct

from app.model.canned import Scope
from app.model.tickets import Priority, Type

Words = Annotated[str, Meta(max_length=4_000)]
Known = Annotated[str, Meta(min_length=26, max_length=26)]
Tags = Annotated[tuple[Known, ...], Meta(max_length=20)]


class SayReply(Struct, frozen=True, tag_field="do", tag="reply", forbid_unknown_fields=True):
    """Words to the customer, in his language where they are there in it; variables as in canned replies."""

    text_en: Words = ""
    text_zh: Words = ""


class WriteNote(Struct, frozen=True, tag_field="do", tag="note", forbid_unknown_fields=True):
    """Words for colleagues; variables as in canned replies."""

    text: Words


class ChangeTags(Struct, frozen=True, tag_field="do", tag="tags", forbid_unknown_fields=True):
    """Put tags on, take tags off."""

    add: Tags = ()
    remove: Tags = ()


class SetPriority(Struct, frozen=True, tag_field="do", tag="priority", forbid_unknown_fields=True):
    """Say how much it presses."""

    priority: Priority


class Assign(Struct, frozen=True, tag_field="do", tag="assign", forbid_unknown_fields=True):
    """Give it to somebody: to whoever does it (`me`), to an agent, to a team."""

    me: bool = False
    agent_id: Known | None = None
    team_id: Known | None = None


class PutOff(Struct, frozen=True, tag_field="do", tag="snooze", forbid_unknown_fields=True):
    """Put it off for so many minutes, or until a moment (ms UTC); without either until the customer writes."""

    minutes: Annotated[int, Meta(ge=1, le=527_040)] | None = None
    until: Annotated[int, Meta(ge=0, le=2**53)] | None = None


class Resolve(Struct, frozen=True, tag_field="do", tag="resolve", forbid_unknown_fields=True):
    """End it."""

    reason: Annotated[str, Meta(max_length=100)] = ""


class OpenTicket(Struct, frozen=True, tag_field="do", tag="ticket", forbid_unknown_fields=True):
    """Make a ticket of it; without a title it is what the customer said last."""

    title: Annotated[str, Meta(max_length=200)] = ""
    priority: Priority = Priority.NORMAL
    type: Type = Type.QUESTION


Action = SayReply | WriteNote | ChangeTags | SetPriority | Assign | PutOff | Resolve | OpenTicket
Actions = Annotated[tuple[Action, ...], Meta(min_length=1, max_length=10)]


class Macro(Struct, frozen=True):
    """What is done, in this order, all of it or nothing. `scope` as of canned replies. `used`: how often."""

    id: str
    name: str
    scope: Scope
    owner_id: str
    team_id: str | None
    actions: tuple[Action, ...]
    created_at: int
    updated_at: int
    used: int = 0
