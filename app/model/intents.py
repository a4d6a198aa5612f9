"""Intents: what visitors want, how it is recognised, what is answered and done.

The same Structs are what is stored, what the API takes and gives, and what the starter pack's files hold. Languages are
`zh` and `en`; an empty one means any.
"""

from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from app.model.conversations import Content

PHRASE_CHARACTERS_MAX = 500
REPLY_CHARACTERS_MAX = 4_000

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,59}(?!\n)$")]
Language = Annotated[str, Meta(pattern=r"^(zh|en)?(?!\n)$")]
PhraseText = Annotated[str, Meta(min_length=1, max_length=PHRASE_CHARACTERS_MAX)]
Texts = dict[str, Annotated[str, Meta(max_length=REPLY_CHARACTERS_MAX)]]  # by language


class Outcome(StrEnum):
    """What is done with a visitor's message: answered, the best three offered, or left to a human."""

    ANSWER = "answer"
    OFFER = "offer"
    HAND_OVER = "hand_over"


class Tier(StrEnum):
    """What decided: a confirmed phrase, a rule, a phrase nearly the same, the model, the optional pack; or nothing."""

    CONFIRMED = "confirmed"
    RULE = "rule"
    FUZZY = "fuzzy"
    MODEL = "model"
    PACK = "pack"
    NONE = "none"


class Phrase(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Words that mean an intent. `origin` is own, starter, correction, or review (taken over from solved chats)."""

    text: PhraseText
    language: Language = ""
    origin: str = "own"


class Rule(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A pattern that answers alone (`app/intent/rules.py` has its words); the highest `priority` goes first.

    It holds where `language` and `inbox_id` are empty or those of the message.
    """

    pattern: PhraseText
    language: Language = ""
    inbox_id: str = ""
    priority: int = 0


class Example(Struct, frozen=True, gc=False):
    """A phrase with its intent, as training takes it; `intent` is empty for what is out of scope."""

    text: str
    intent: str
    language: str = ""


class Reply(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What is said in a language; `{contact.name}`, `{slot.order_no}`, `{record.status}` stand for what is known."""

    language: Language
    text: Annotated[str, Meta(min_length=1, max_length=REPLY_CHARACTERS_MAX)]
    content: Content | None = None


class Slot(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What has to be known before the answer; asked for where the message did not say it.

    `kind` is text, number, order_no, phone, email, date or choice (of `choices`). `ask` and `again` (after an answer
    that will not do) are by language. After `tries` answers that will not do a human takes over.
    """

    name: Name
    kind: str = "text"
    ask: Texts = {}
    again: Texts = {}
    choices: tuple[str, ...] = ()
    required: bool = True
    tries: Annotated[int, Meta(ge=1, le=5)] = 2


class LookUpRecords(Struct, frozen=True, tag_field="do", tag="records.look_up", forbid_unknown_fields=True):
    """Find the visitor's own records of a kind, by the number in a slot where one is named; they fill the reply.

    `missing` is said, by language, where there is none.
    """

    kind: str = "order"
    slot: str = ""
    missing: Texts = {}


class OpenTicket(Struct, frozen=True, tag_field="do", tag="tickets.open", forbid_unknown_fields=True):
    """Open a ticket of the conversation; its number fills `{ticket.number}`."""

    title: Texts = {}
    priority: Annotated[int, Meta(ge=1, le=4)] = 2


class AddTags(Struct, frozen=True, tag_field="do", tag="tags.add", forbid_unknown_fields=True):
    """Put tags on the conversation, by their names."""

    tags: Annotated[tuple[str, ...], Meta(min_length=1, max_length=10)]


class RouteToTeam(Struct, frozen=True, tag_field="do", tag="teams.route", forbid_unknown_fields=True):
    """Hand over to a team, by its name; after the reply."""

    team: str


class HandOver(Struct, frozen=True, tag_field="do", tag="hand_over", forbid_unknown_fields=True):
    """Hand over to a human after the reply."""


Action = LookUpRecords | OpenTicket | AddTags | RouteToTeam | HandOver


class Case(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A test inside the configuration: this text is to be this intent (empty: out of scope)."""

    text: PhraseText
    intent: str = ""


class Intent(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that visitors want. `title` by language; `inbox_ids` where it holds, empty for everywhere.

    With `follow_up` the visitor is asked whether the answer helped; a greeting does without.
    """

    name: Name
    title: Texts
    phrases: tuple[Phrase, ...] = ()
    rules: tuple[Rule, ...] = ()
    replies: tuple[Reply, ...] = ()
    slots: tuple[Slot, ...] = ()
    actions: tuple[Action, ...] = ()
    cases: tuple[Case, ...] = ()
    enabled: bool = True
    inbox_ids: tuple[str, ...] = ()
    follow_up: bool = True


class Candidate(Struct, frozen=True, gc=False):
    """An intent that it may be; `confidence` is 0 to 1 and calibrated: of those at 0.9, nine of ten are right."""

    intent: str
    confidence: float


class Near(Struct, frozen=True, gc=False):
    """A known phrase that is like the message: `ratio` 0 to 100."""

    text: str
    intent: str
    ratio: float


class Classification(Struct, frozen=True, gc=False):
    """What a message means, and why.

    `intent` is the best one whatever the outcome, empty where nothing is known of it; `candidates` are the best three,
    the best first. `rule` is the pattern that matched, `near` the phrases nearest to it, `margin` and `maximum` what
    the model says (out of scope is told by them). `slots` are what a rule's marks took, by name.
    """

    outcome: Outcome
    tier: Tier
    intent: str
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    rule: str = ""
    near: tuple[Near, ...] = ()
    margin: float = 0.0
    maximum: float = 0.0
    slots: dict[str, str] = {}
    normalised: str = ""


class Verdict(StrEnum):
    """What an agent says of a classification: it was right, it was wrong, it is that one; chosen: while taking it."""

    RIGHT = "right"
    WRONG = "wrong"
    THIS = "this"
    CHOSEN = "chosen"


class Correction(Struct, frozen=True):
    """What the engine said of a message, and what an agent says it is.

    `intent` is what the text means from now on, empty for none of them; `said`, `tier` and `confidence` are the
    engine's. `at` in milliseconds UTC.
    """

    id: str
    at: int
    conversation_id: str
    message_id: str
    text: str
    said: str
    tier: Tier
    confidence: float
    verdict: Verdict
    intent: str
    agent_id: str


class Question(Struct, frozen=True):
    """A visitor's message that the engine was asked about, and what came of it; `at` in milliseconds UTC.

    `first` of its conversation: what the review list learns from.
    """

    at: int
    conversation_id: str
    message_id: str
    text: str
    inbox_id: str
    language: str
    classification: Classification
    first: bool = False


class Understanding(Protocol):
    """What visitors' messages mean, as the engine in the core says it: what a bot needs of it."""

    @property
    def ready(self) -> bool:
        """Whether there are intents and the engine over them is at work."""
        ...

    def classify(self, text: str, *, inbox_id: str = "", language: str = "") -> Classification | None:
        """What a message means, within two milliseconds; None where no engine is at work."""
        ...

    def intent(self, name: str) -> Intent | None:
        """An intent that is enabled, without its phrases."""
        ...

    def asked(self, question: Question) -> None:
        """Count what came of a message, and keep it for the review list; costs microseconds."""
        ...
