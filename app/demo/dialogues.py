"""The written dialogues: customers of the shop Shanlan (山岚) and its three agents, in English and in Chinese.

One JSON file a language. Braces in a text are filled when a conversation is made of it: `{name}`, `{order}` and the
like (`PLACES`), or a choice `{one|another}`, which falls the same way wherever the same braces stand in a dialogue.
"""

import re
from enum import StrEnum
from importlib import resources
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.model.errors import Defect

LANGUAGES = ("en", "zh")
PLACES = frozenset({"name", "agent", "second", "product", "price", "path", "order", "order2", "tracking", "email"})
BRACES = re.compile(r"\{([^{}]*)\}")
_TURNS_MAX = 18
_OF_A_PRODUCT = frozenset({"product", "price", "path"})

Line = Annotated[str, Meta(min_length=1, max_length=200)]
Seconds = Annotated[int, Meta(ge=0, le=1_209_600)]


class Voice(StrEnum):
    """Who speaks a turn. `system` turns name an event instead of a text: `handed_over` or `resolved`."""

    VISITOR = "visitor"
    AGENT = "agent"
    NOTE = "note"
    SYSTEM = "system"


class Outcome(StrEnum):
    """Where a dialogue stops: `waiting` is for the customer's answer."""

    QUEUED = "queued"
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"


HANDED_OVER = "handed_over"
RESOLVED = "resolved"


class Customer(Struct, frozen=True, forbid_unknown_fields=True):
    """Who writes: an invented name, or none; a city, where one is known."""

    name: str
    city: str
    browser: Line


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the shop that the customer looked at before he wrote."""

    path: Line
    title: Line


class Turn(Struct, frozen=True, forbid_unknown_fields=True, rename={"voice": "from"}):
    """One entry: `after_seconds` since the one before; `file` is the name of what goes along; `by` 2 is the colleague
    who took over."""

    voice: Voice
    text: Annotated[str, Meta(max_length=1_000)]
    after_seconds: Seconds
    file: str = ""
    by: Annotated[int, Meta(ge=1, le=2)] = 1


class Dialogue(Struct, frozen=True, forbid_unknown_fields=True):
    """A dialogue as written: `product` is a group of `shop.PRODUCTS` or empty; `once`: too particular to be told of
    other people too; `returning`: the customer has been here before."""

    id: Line
    subject: Line
    language: str
    product: str
    contact: Customer
    outcome: Outcome
    pages: tuple[Page, ...]
    turns: Annotated[tuple[Turn, ...], Meta(min_length=1)]
    once: bool = False
    returning: bool = False


def load(language: str) -> tuple[Dialogue, ...]:
    """Every dialogue of a language, checked; a fault in the files is a `Defect`, for they are part of the product."""
    text = resources.files("app.demo").joinpath(f"dialogues_{language}.json").read_bytes()
    return parse(text)


def parse(text: bytes) -> tuple[Dialogue, ...]:
    """The dialogues of one file, checked."""
    try:
        dialogues = msgspec.json.decode(text, type=tuple[Dialogue, ...])
    except msgspec.ValidationError as error:
        raise Defect(f"demo dialogues: {error}") from error
    ids = [dialogue.id for dialogue in dialogues]
    if len(set(ids)) < len(ids):
        raise Defect("demo dialogues: an id is used twice")
    for dialogue in dialogues:
        for fault in _faults(dialogue):
            raise Defect(f"demo dialogue {dialogue.id}: {fault}")
    return dialogues


def _faults(dialogue: Dialogue) -> list[str]:
    spoken = [turn for turn in dialogue.turns if turn.voice is not Voice.SYSTEM]
    checks = {
        "language is en or zh": dialogue.language in LANGUAGES,
        "the customer speaks first": dialogue.turns[0].voice is Voice.VISITOR,
        f"at most {_TURNS_MAX} turns": len(spoken) <= _TURNS_MAX,
        "every turn has a text or a file": all(turn.text or turn.file for turn in dialogue.turns),
        "a system turn names a known event": all(
            turn.text in (HANDED_OVER, RESOLVED) for turn in dialogue.turns if turn.voice is Voice.SYSTEM
        ),
        "the colleague speaks after a hand-over": _colleague_was_called(dialogue),
        "its last turn fits its outcome": _ends_as_said(dialogue),
        "braces do not nest": not any("{" in rest or "}" in rest for rest in map(_outside_braces, _texts(dialogue))),
        "every place is known and can be filled": _places(dialogue) <= _fillable(dialogue),
    }
    return [f"broken rule: {rule}" for rule, holds in checks.items() if not holds]


def _colleague_was_called(dialogue: Dialogue) -> bool:
    called = False
    for turn in dialogue.turns:
        called = called or turn.text == HANDED_OVER
        if turn.by == 2 and not called:
            return False
    return True


def _ends_as_said(dialogue: Dialogue) -> bool:
    last = dialogue.turns[-1]
    answered = any(turn.voice is Voice.AGENT for turn in dialogue.turns)
    match dialogue.outcome:
        case Outcome.RESOLVED:
            return last.voice is Voice.SYSTEM and last.text == RESOLVED
        case Outcome.QUEUED:
            return all(turn.voice is Voice.VISITOR for turn in dialogue.turns)
        case Outcome.OPEN:
            return answered and last.voice is Voice.VISITOR
        case Outcome.WAITING:
            return last.voice is Voice.AGENT


def _texts(dialogue: Dialogue) -> list[str]:
    said = [turn.text for turn in dialogue.turns]
    return said + [part for page in dialogue.pages for part in (page.path, page.title)]


def _outside_braces(text: str) -> str:
    return BRACES.sub("", text)


def _places(dialogue: Dialogue) -> set[str]:
    return {found for text in _texts(dialogue) for found in BRACES.findall(text) if "|" not in found}


def _fillable(dialogue: Dialogue) -> set[str]:
    places = set(PLACES)
    if not dialogue.contact.name:
        places.discard("name")
    if not dialogue.product:
        places -= _OF_A_PRODUCT
    return places
