"""Secrets by which websites prove their customers, over REST."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.contacts.customers import Customers, KeyFacts, MadeKey
from app.model.principals import Agent


class KeyList(Struct, frozen=True):
    """An inbox's secrets that hold now, the newest first; never themselves."""

    keys: list[KeyFacts]


class IdentityRoutes:
    """The room `contacts` decides who may."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    async def listing(self, call: Call[Agent], _: Nothing) -> KeyList:
        return KeyList(await self._customers.keys(call.principal, call.id))

    async def create(self, call: Call[Agent], _: Nothing) -> MadeKey:
        return await self._customers.make_key(call.principal, call.id)

    async def end(self, call: Call[Agent], _: Nothing) -> Done:
        await self._customers.end_key(call.principal, call.id)
        return Done()
