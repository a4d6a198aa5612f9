"""How an inbox meets its visitors: looks, words, what is asked first, opening hours.

One value an inbox, stored as JSON: a field that is added later has a default, so that older rows stay readable.
Holidays will join `Hours` beside its periods.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

TEXT_MAX = 300
Words = Annotated[str, Meta(max_length=TEXT_MAX)]
Link = Annotated[str, Meta(max_length=2_000, pattern=r"^(https?://[^\s]+)?(?!\n)$")]
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


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """When somebody answers, in the time of `zone` (IANA); no periods: nothing is said, and it is never closed."""

    zone: Zone = ""
    periods: Annotated[tuple[Period, ...], Meta(max_length=42)] = ()


class Widget(Struct, frozen=True, forbid_unknown_fields=True):
    """How an inbox meets its visitors.

    `label` stands beside the launcher's icon. `invitation` is shown above it after `invitation_seconds`, until it was
    dismissed; where it has no words, nothing is shown.
    """

    side: Side = Side.RIGHT
    label: Texts = Texts()
    invitation: Texts = Texts()
    invitation_seconds: Annotated[int, Meta(ge=0, le=600)] = 8
    fields: Fields = Fields()
    hours: Hours = Hours()
    away: Away = Away.CHAT
