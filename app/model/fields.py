"""Fields of a desk's own: what it wants to know of tickets, contacts, organisations and conversations."""

from enum import StrEnum

from msgspec import Struct


class Noun(StrEnum):
    """What a field is asked of."""

    TICKET = "ticket"
    CONTACT = "contact"
    ORGANISATION = "organisation"
    CONVERSATION = "conversation"


class FieldKind(StrEnum):
    """What a field of the desk's own holds, always as text.

    A number as in JSON, a date as YYYY-MM-DD, one of its choices, a ticked box as `true`; nothing is no value.
    """

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CHECKBOX = "checkbox"


class Field(Struct, frozen=True):
    """A field that this desk's things have beside the common ones. `archived`: no longer asked for, values stay.

    `key` is what its value stands under: of a ticket the id, of all others a name that programs and tables use too.
    """

    id: str
    name_en: str
    name_zh: str
    kind: FieldKind
    choices: tuple[str, ...]
    position: int
    archived: bool = False
    noun: Noun = Noun.TICKET
    key: str = ""
