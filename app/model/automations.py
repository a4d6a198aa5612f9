"""Automations and webhooks as a form: when something happens and all or any of this holds, do that."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.model.health import Words
from app.model.macros import Action
from app.model.sources import CaseTold, Condition, Mistake

Test = Literal[
    "is", "is_not", "contains", "contains_not", "has", "has_not", "above", "below", "known", "unknown"
]  # fmt: skip
FieldKind = Literal["text", "number", "choice", "tag", "team", "agent", "inbox"]
EventName = Annotated[str, Meta(max_length=60)]
FieldPath = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,40}(\.[A-Za-z0-9_]{1,60}){0,4}(?!\n)$")]
Value = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class OnEvent(Struct, frozen=True, tag_field="on", tag="event", forbid_unknown_fields=True):
    """When one of these happens at the desk, by their names."""

    events: Annotated[tuple[EventName, ...], Meta(min_length=1, max_length=30)]


class OnTime(Struct, frozen=True, tag_field="on", tag="time", forbid_unknown_fields=True):
    """By the clock: `every` (a duration, `15m`), or `at` a time of day in a `zone`, on `days` (none: every day)."""

    every: Annotated[str, Meta(max_length=12)] = ""
    at: Annotated[str, Meta(max_length=5)] = ""
    zone: Annotated[str, Meta(max_length=60)] = "UTC"
    days: Annotated[tuple[Day, ...], Meta(max_length=7)] = ()


class Holds(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition: the value at `field` of what happened, held against `value`.

    `has` is of lists (tags), `contains` of texts in letters of either case; `above` and `below` take a number, `known`
    and `unknown` nothing.
    """

    field: FieldPath
    test: Test
    value: Value = ""


class CallAddress(Struct, frozen=True, forbid_unknown_fields=True):
    """What happened is posted to `url` as JSON, signed (HMAC-SHA256), in the order of each conversation, for 3 days.

    `private`: its host is one of the own network; that is the owner's to say.
    """

    url: Annotated[str, Meta(max_length=2_000)]
    private: bool = False


class Automation(Struct, frozen=True, forbid_unknown_fields=True):
    """Either `actions` with the conversation that it is about, all of them or none, or a `call`.

    `match`: whether all of the conditions have to hold, or any of them.
    """

    title: Words
    when: OnEvent | OnTime
    match: Literal["all", "any"] = "all"
    conditions: Annotated[tuple[Holds, ...], Meta(max_length=20)] = ()
    actions: Annotated[tuple[Action, ...], Meta(max_length=10)] = ()
    call: CallAddress | None = None
    enabled: bool = True


class NewAutomation(Automation, frozen=True, forbid_unknown_fields=True):
    """An automation to be kept; `renew_secret`: its calls are signed with a new one, which is told this once."""

    renew_secret: bool = False


class AutomationFacts(Struct, frozen=True, kw_only=True):
    """An automation and how it is; `form` is None where it was written by hand: then it opens as YAML."""

    name: str
    title: Words
    enabled: bool
    editable: bool
    calls: bool
    form: Automation | None
    state: Condition
    code: str
    en: str
    zh: str
    held_at: int
    letters: int


class FieldOffered(Struct, frozen=True):
    """What a condition may be about; `events`: names, or beginnings of names, of those that have it."""

    path: str
    kind: FieldKind
    title: Words
    events: tuple[str, ...]
    choices: tuple[str, ...] = ()


class AutomationList(Struct, frozen=True):
    """All of them by title; `events` and `fields` are what a form offers."""

    automations: tuple[AutomationFacts, ...]
    events: tuple[str, ...]
    fields: tuple[FieldOffered, ...]


class AutomationSaved(Struct, frozen=True):
    """As `SpecSaved`; `secret` is told this once, where one was made: calls are signed with it."""

    saved: bool
    errors: tuple[Mistake, ...] = ()
    cases: tuple[CaseTold, ...] = ()
    automation: AutomationFacts | None = None
    secret: str = ""
