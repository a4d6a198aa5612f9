"""Who gets which conversation: rules, reasons, offers."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

SKILLS_MAX = 20
OFFER_SECONDS_MIN = 5
OFFER_SECONDS_MAX = 600

Skill = Annotated[str, Meta(min_length=1, max_length=40)]
Skills = Annotated[tuple[Skill, ...], Meta(max_length=SKILLS_MAX)]


class Mode(StrEnum):
    """How a conversation comes to its agent: he takes it, he is given it, or he is asked."""

    MANUAL = "manual"
    AUTO = "auto"
    OFFER = "offer"


class Strategy(StrEnum):
    """Who of those that could take it gets it."""

    LEAST_LOAD = "least_load"
    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"


class Match(StrEnum):
    """What the visitor's language counts for."""

    IGNORE = "ignore"
    PREFER = "prefer"
    REQUIRE = "require"


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """How the conversations of an inbox, of a team, or all others are routed.

    `skills` are what their agent must have, all of them. `passes_max` offers in a row that an agent lets pass make him
    away, 0: never. To `overflow_team_id` goes what has waited `overflow_seconds` (0: however long it waits) or what
    nobody of the team is there for.
    """

    mode: Mode = Mode.MANUAL
    strategy: Strategy = Strategy.LEAST_LOAD
    sticky: bool = True  # whoever spoke with this visitor before comes first
    language: Match = Match.IGNORE
    skills: Skills = ()
    offer_seconds: Annotated[int, Meta(ge=OFFER_SECONDS_MIN, le=OFFER_SECONDS_MAX)] = 30
    passes_max: Annotated[int, Meta(ge=0, le=20)] = 3
    overflow_team_id: str | None = None
    overflow_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 0


class RuleBook(Struct, frozen=True):
    """Every rule: of inboxes and teams by their ids, and of all others."""

    default: Rules = Rules()
    teams: dict[str, Rules] = {}
    inboxes: dict[str, Rules] = {}

    def of(self, inbox_id: str, team_id: str | None) -> Rules:
        """Those of the inbox, else those of the team, else those of all others."""
        found = self.inboxes.get(inbox_id)
        if found is None and team_id is not None:
            found = self.teams.get(team_id)
        return self.default if found is None else found

    @property
    def overflows(self) -> bool:
        """Whether anything may go on to another team."""
        rules = (self.default, *self.teams.values(), *self.inboxes.values())
        return any(one.overflow_team_id is not None for one in rules)

    @property
    def manual(self) -> bool:
        """Whether nothing is ever routed."""
        return all(rules.mode is Mode.MANUAL for rules in (self.default, *self.teams.values(), *self.inboxes.values()))


class Why(Struct, frozen=True, omit_defaults=True):
    """Why this agent: `rule` is `sticky`, a strategy's name, or `transfer`; among so many `candidates`.

    `load` of `capacity` is what he had before it. `language`, `skills` are what was asked for and he has. `holder` had
    it when a colleague, himself or another, handed it on.
    """

    rule: str
    load: int = 0
    capacity: int = 0
    candidates: int = 0
    waited_ms: int = 0
    language: str = ""
    skills: tuple[str, ...] = ()
    holder: str = ""


class OfferKind(StrEnum):
    """Given outright, offered by routing, or handed on by a colleague."""

    ASSIGNMENT = "assignment"
    OFFER = "offer"
    TRANSFER = "transfer"


class OfferState(StrEnum):
    """What became of an offer; every one ends."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Offer(Struct, frozen=True):
    """A conversation put before an agent until `deadline_at` (ms UTC); `number` counts those of this conversation.

    `contact` and `line` (its last words) are what he sees of it before he answers.
    """

    id: str
    conversation_id: str
    agent_id: str
    kind: OfferKind
    state: OfferState
    made_at: int
    deadline_at: int
    why: Why
    number: int = 1
    from_id: str | None = None
    note: str = ""
    ended_at: int | None = None
    answer: str = ""
    contact_id: str = ""
    contact: str = ""
    line: str = ""


class QueuePlace(Struct, frozen=True, gc=False):
    """Where a visitor's conversation stands, from 1; `wait_seconds` is an estimate, None: nobody can say.

    `overdue`: it has waited as long as its inbox wants anybody to.
    """

    conversation_id: str
    contact_id: str
    position: int
    wait_seconds: int | None = None
    overdue: bool = False
