"""What a screen is: where it is, who looks at it, and how he gets there."""

from collections.abc import Awaitable, Callable
from enum import Enum

from msgspec import Struct

from tests.shots.view import View

Step = Callable[[View], Awaitable[None]]


class House(Enum):
    """Which appliance a screen is drawn from."""

    DEMO = "demo"  # the shop with its people and two months of conversations
    EMPTY = "empty"  # an owner with a second step, and nothing said yet
    UNSET = "unset"  # nobody has set it up
    NEW = "new"  # the same, for this drawing alone: the screen sets it up
    SECURE = "secure"  # its own certificate authority


class Who(Enum):
    """Whose eyes."""

    NOBODY = "nobody"  # a visitor, or who is not signed in
    AGENT = "agent"  # Hannah Reed, or 陈默 in Chinese
    OWNER = "owner"


class Screen(Struct, frozen=True):
    """One screen. `before` is done before its address is opened (what shall fail); `steps` after, until it stands.

    `whole`: a page that is read by scrolling, so all of it is drawn. `phone`: whether there is such a thing on a phone.
    `proved`: it is measured too, not only drawn; others of its kind are, where it is not.
    `refused`: the server refuses something on the way, and the browser says so in its console.
    """

    name: str
    path: str
    steps: Step
    who: Who = Who.NOBODY
    house: House = House.DEMO
    before: Step | None = None
    whole: bool = False
    phone: bool = True
    refused: bool = False
    proved: bool = True
