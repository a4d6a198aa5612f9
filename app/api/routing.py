"""Routing over REST: its rules, and the offers that it makes."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.api.conversations import ConversationAnswer
from app.chat.history import History
from app.chat.router import Handover, Router
from app.chat.routing_rules import RoutingRules
from app.model.frames import Line
from app.model.principals import Agent
from app.model.routing import Offer, RuleBook, Rules


class Declined(Struct, frozen=True, forbid_unknown_fields=True):
    """Why an agent does not take it."""

    reason: Line = ""


class OfferList(Struct, frozen=True):
    """What is before me, and what I put before colleagues, oldest first."""

    offers: list[Offer]


class OfferAnswer(Struct, frozen=True):
    """One offer; None where an agent took it himself."""

    offer: Offer | None


class RoutingRoutes:
    """The room `chat` decides who may."""

    def __init__(self, rules: RoutingRules, router: Router, history: History) -> None:
        self._rules = rules
        self._router = router
        self._history = history

    async def rules(self, call: Call[Agent], _: Nothing) -> RuleBook:
        return await self._rules.listing(call.principal)

    async def set_default(self, call: Call[Agent], asked: Rules) -> RuleBook:
        return self._changed(await self._rules.set_default(call.principal, asked))

    async def set_team(self, call: Call[Agent], asked: Rules) -> RuleBook:
        return self._changed(await self._rules.set_team(call.principal, call.id, asked))

    async def drop_team(self, call: Call[Agent], _: Nothing) -> RuleBook:
        return self._changed(await self._rules.set_team(call.principal, call.id, None))

    async def set_inbox(self, call: Call[Agent], asked: Rules) -> RuleBook:
        return self._changed(await self._rules.set_inbox(call.principal, call.id, asked))

    async def drop_inbox(self, call: Call[Agent], _: Nothing) -> RuleBook:
        return self._changed(await self._rules.set_inbox(call.principal, call.id, None))

    async def offers(self, call: Call[Agent], _: Nothing) -> OfferList:
        return OfferList(list(self._router.before(call.principal.agent_id)))

    async def accept(self, call: Call[Agent], _: Nothing) -> ConversationAnswer:
        return ConversationAnswer(await self._router.accept(call.principal, call.id))

    async def refuse(self, call: Call[Agent], asked: Declined) -> Done:
        await self._router.refuse(call.principal, call.id, asked.reason)
        return Done()

    async def take_back(self, call: Call[Agent], _: Nothing) -> Done:
        await self._router.take_back(call.principal, call.id)
        return Done()

    async def transfer(self, call: Call[Agent], asked: Handover) -> OfferAnswer:
        return OfferAnswer(await self._router.transfer(call.principal, call.id, asked))

    async def why(self, call: Call[Agent], _: Nothing) -> OfferAnswer:
        head = await self._history.head(call.principal, call.id)
        return OfferAnswer(await self._router.why(call.principal, head))

    def _changed(self, book: RuleBook) -> RuleBook:
        self._router.changed()
        return book
