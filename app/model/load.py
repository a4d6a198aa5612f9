"""What is left out when memory runs short, in the order in which it goes."""

from collections.abc import Callable
from enum import IntEnum


class Shed(IntEnum):
    """A level leaves out what stands at it and before it. Messages are at none."""

    NOTHING = 0
    PREVIEW = 1  # what a visitor is writing, as the agent sees it
    TYPING = 2  # that somebody is writing
    TRACKING = 3  # which page a visitor looks at
    BOT = 4  # answers by the intent engine
    NEW_VISITORS = 5  # who has never been here; who has, is let in


Sheds = Callable[[Shed], bool]


def sheds_nothing(what: Shed) -> bool:
    """Where nobody watches the memory."""
    return False
