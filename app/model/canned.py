"""Canned replies: answers that are at hand."""

import re
from enum import StrEnum
from typing import Final

from msgspec import Struct

VARIABLES: Final = ("contact.name", "contact.email", "contact.phone", "agent.name", "inbox.name")
_VARIABLE: Final = re.compile(r"\{\{([^{}]*)\}\}")


class Scope(StrEnum):
    """Whose it is: its owner's, a team's, or everybody's."""

    ME = "me"
    TEAM = "team"
    ALL = "all"


class CannedReply(Struct, frozen=True):
    """An answer that is at hand: chosen by `/` and `shortcut`, or by words of `title` and text.

    Its text in one language or both. `{{contact.name}}` and the other `VARIABLES` stand for what is known when it is
    used, `{{contact.name|there}}` with what to say where it is not. `used`: how often.
    """

    id: str
    shortcut: str
    title: str
    text_en: str
    text_zh: str
    scope: Scope
    owner_id: str
    team_id: str | None
    created_at: int
    updated_at: int
    used: int = 0


def unknown_variables(text: str) -> list[str]:
    """What stands between `{{` and `}}` and is none of `VARIABLES`."""
    named = [inner.partition("|")[0].strip() for inner in _VARIABLE.findall(text)]
    return [name for name in named if name not in VARIABLES]
