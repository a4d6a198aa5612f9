"""How an inbox meets its visitors: looks, words, what is asked first, opening hours.

One value an inbox, stored as JSON: a field that is added later has a default, so that older rows stay readable.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

TEXT_MAX = 300
HOLIDAYS_MAX = 200
INVITATIONS_MAX = 20
GREETINGS_MAX = 20
PATIENCE_MINUTES_MAX = 1_440
Words = Annotated[str, Meta(max_length=TEXT_MAX)]
Link = Annotated[str, Meta(max_length=2_000, pattern=r"^(https?://[^\s]+)?(?!\n)$")]
TagWords = Annotated[str, Meta(max_length=40)]
Zone = Annotated[str, Meta(max_length=60)]


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages; an empty one leaves the product's own."""

    en: Words = ""
    zh: Words = ""


class Side(StrEnum):
    """Where on the page the launcher stands."""

    RIGHT = "right"
    LEFT = "left"


class Ask(StrEnum):
    """Whether something is asked before the first message."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Away(StrEnum):
    """What a visitor is offered when it is closed or nobody is online: the chat all the same, or a form."""

    CHAT = "chat"
    FORM = "form"


class Fields(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked before the first message. `free` is one field of the inbox's own, kept as an attribute.

    Where `consent` has words, they must be agreed to; `consent_link` leads to what they are about.
    """

    name: Ask = Ask.NO
    email: Ask = Ask.NO
    phone: Ask = Ask.NO
    free: Ask = Ask.NO
    free_label: Texts = Texts()
    consent: Texts = Texts()
    consent_link: Link = ""


class Period(Struct, frozen=True, forbid_unknown_fields=True):
    """Open on `day` (1 is Monday, 7 Sunday) from `opens` until `closes`, in minutes since midnight."""

    day: Annotated[int, Meta(ge=1, le=7)]
    opens: Annotated[int, Meta(ge=0, le=1_439)]
    closes: Annotated[int, Meta(ge=1, le=1_440)]


class Span(Struct, frozen=True, forbid_unknown_fields=True):
    """Open from `opens` until `closes`, in minutes since midnight of a day that is named elsewhere."""

    opens: Annotated[int, Meta(ge=0, le=1_439)]
    closes: Annotated[int, Meta(ge=1, le=1_440)]


class Holiday(Struct, frozen=True, forbid_unknown_fields=True):
    """A day with other hours, or, without periods, closed; `yearly` on this day of every year.

    29 February comes in leap years alone. A day that is named for its year goes before a yearly one.
    """

    date: date
    name: Texts = Texts()
    yearly: bool = False
    periods: Annotated[tuple[Span, ...], Meta(max_length=6)] = ()


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """When somebody answers, in the time of `zone` (IANA).

    No periods: every day is open from beginning to end but holidays; nothing at all: it is never closed, and nothing
    is said of it.
    """

    zone: Zone = ""
    periods: Annotated[tuple[Period, ...], Meta(max_length=42)] = ()
    holidays: Annotated[tuple[Holiday, ...], Meta(max_length=HOLIDAYS_MAX)] = ()


class Schedule(Struct, frozen=True):
    """Hours under a name, for inboxes and teams that share them."""

    id: str
    name: str
    hours: Hours


class TeamHours(Struct, frozen=True):
    """When a team is there: as a schedule says, else by hours of its own; none of both: always."""

    team_id: str
    schedule_id: str | None = None
    hours: Hours = Hours()


class SurveyTag(Struct, frozen=True, forbid_unknown_fields=True):
    """A word that a visitor may choose beside his score, in one language at least."""

    en: TagWords = ""
    zh: TagWords = ""


class Survey(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether visitors are asked to rate what an agent has resolved, `wait_minutes` later, and with which words.

    Without `question` or `tags` the product's own are taken. What is as usual is left out: every visitor fetches it.
    """

    ask: bool = True
    wait_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 0
    question: Texts = Texts()
    tags: Annotated[tuple[SurveyTag, ...], Meta(max_length=8)] = ()


class Whom(StrEnum):
    """Whom an invitation is for, as far as his browser remembers."""

    ALL = "all"
    NEW = "new"
    BACK = "back"


class When(StrEnum):
    """When an invitation is for: always, or only while it is open, or closed."""

    ANY = "any"
    OPEN = "open"
    CLOSED = "closed"


class Invitation(Struct, frozen=True, forbid_unknown_fields=True):
    """Words that are shown above the launcher, and when; `id` names it where it is counted.

    `page` are pieces of the address in their order, parted by `*`; none: every page. After `seconds` on the page, or,
    where `event` is named, when the site's page calls `Monodesk('event', …)` with it.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9]{1,26}(?!\n)$")]
    text: Texts
    page: Annotated[str, Meta(max_length=200)] = ""
    seconds: Annotated[int, Meta(ge=0, le=3_600)] = 8
    event: Annotated[str, Meta(max_length=60)] = ""
    who: Whom = Whom.ALL
    when: When = When.ANY


class Tongue(StrEnum):
    """Whom a greeting is for: everybody, or readers of one language."""

    ANY = "any"
    EN = "en"
    ZH = "zh"


class Greeting(Struct, frozen=True, forbid_unknown_fields=True):
    """With which words who opens the chat is met on some pages; `page` as of an invitation."""

    text: Texts
    page: Annotated[str, Meta(max_length=200)] = ""
    language: Tongue = Tongue.ANY


class Then(StrEnum):
    """What becomes of the form when the longest wait has passed: it is offered, or stands in front."""

    OFFER = "offer"
    FORM = "form"


class Patience(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many `minutes` a visitor waits in the queue before the form comes to him; 0: it never does by itself."""

    minutes: Annotated[int, Meta(ge=0, le=PATIENCE_MINUTES_MAX)] = 0
    then: Then = Then.OFFER


class InvitationCount(Struct, frozen=True):
    """How often an invitation was shown, and followed."""

    id: str
    shown: int
    accepted: int


class Widget(Struct, frozen=True, forbid_unknown_fields=True):
    """How an inbox meets its visitors.

    `label` stands beside the launcher's icon. `invitation` is shown above it after `invitation_seconds`, until it was
    dismissed; where it has no words, nothing is shown. Of `invitations` the first that fits is shown, and then none for
    `invitation_pause_hours`. Of `greetings` the first that fits goes before the inbox's own.
    """

    side: Side = Side.RIGHT
    label: Texts = Texts()
    invitation: Texts = Texts()
    invitation_seconds: Annotated[int, Meta(ge=0, le=600)] = 8
    fields: Fields = Fields()
    hours: Hours = Hours()
    away: Away = Away.CHAT
    invitations: Annotated[tuple[Invitation, ...], Meta(max_length=INVITATIONS_MAX)] = ()
    invitation_pause_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    survey: Survey = Survey()
    greetings: Annotated[tuple[Greeting, ...], Meta(max_length=GREETINGS_MAX)] = ()
    patience: Patience = Patience()
