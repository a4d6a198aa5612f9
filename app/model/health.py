"""What an examination of the server says: one finding a check, for people in both languages."""

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """How a check stands. The order is that in which people read them: the worst first."""

    WRONG = "wrong"
    WARNING = "warning"
    NOT_ASKED = "not_asked"  # it has no meaning here, or what would say so is not to be had
    FINE = "fine"


class Words(Struct, frozen=True):
    """The same in both languages that people read."""

    en: str
    zh: str


class Finding(Struct, frozen=True, kw_only=True):
    """What one check found. `id` is stable.

    `meaning` is what it means where it is not fine, `advice` what to do then, and `command` the line for a shell that
    mends it, empty where it is fine or where no one line can.
    """

    id: str
    state: State
    title: Words
    found: Words
    meaning: Words
    advice: Words
    command: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """All findings, the worst first; `state` is that of the worst. `at` in milliseconds UTC.

    `running`: a server held the data folder. `deep`: also what takes long was looked at.
    """

    version: str
    at: int
    running: bool
    deep: bool
    state: State
    findings: tuple[Finding, ...]
