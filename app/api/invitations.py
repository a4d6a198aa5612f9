"""How invitations do."""

from msgspec import Struct

from app.api.call import Call, Nothing
from app.contacts.introductions import Introductions
from app.model.principals import Agent
from app.model.widget import InvitationCount

_DAYS = 30


class Invited(Struct, frozen=True):
    """How often each was shown and followed in so many days; one that is not named was not shown."""

    days: int
    counts: list[InvitationCount]


class InvitationRoutes:
    """The room `contacts` counts."""

    def __init__(self, introductions: Introductions) -> None:
        self._introductions = introductions

    async def counts(self, call: Call[Agent], _: Nothing) -> Invited:
        return Invited(_DAYS, await self._introductions.invitations(call.principal, call.id, _DAYS))
