"""Tags: words that a desk puts on its conversations, to find them again."""

from enum import StrEnum

from msgspec import Struct


class Color(StrEnum):
    """What a tag looks like; screens draw each by a token of theirs."""

    GREY = "grey"
    BLUE = "blue"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    VIOLET = "violet"


class Tag(Struct, frozen=True):
    """One of the desk's tags. An archived one is put on nothing new, and stays where it is."""

    id: str
    name: str
    color: Color
    created_at: int
    archived: bool = False
