"""E-mail: the relay that letters leave by."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.mail.relay import NewRelay, RelayFacts, RelayKeeper, Tried
from app.model.frames import Line
from app.model.principals import Agent


class MailFacts(Struct, frozen=True):
    """How letters leave; None where they do not."""

    relay: RelayFacts | None


class RelayAnswer(Struct, frozen=True):
    """The relay as it is shown."""

    relay: RelayFacts


class MailTrial(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a real letter goes to."""

    to: Line
    language: Line = ""


class MailRoutes:
    """The room `mail` decides who may."""

    def __init__(self, relay: RelayKeeper) -> None:
        self._relay = relay

    async def facts(self, call: Call[Agent], _: Nothing) -> MailFacts:
        return MailFacts(await self._relay.facts(call.principal))

    async def set_relay(self, call: Call[Agent], asked: NewRelay) -> RelayAnswer:
        return RelayAnswer(await self._relay.change(call.principal, asked))

    async def remove_relay(self, call: Call[Agent], _: Nothing) -> Done:
        await self._relay.remove(call.principal)
        return Done()

    async def test(self, call: Call[Agent], asked: MailTrial) -> Tried:
        return await self._relay.test(call.principal, asked.to, asked.language)
