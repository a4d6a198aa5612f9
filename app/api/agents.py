"""Colleagues: everybody sees them, administrators add and change them."""

from msgspec import Struct

from app.accounts.agents import AgentChange, Agents, NewAgent
from app.accounts.credentials import Credentials
from app.api.call import Call, Nothing
from app.api.session import AgentAnswer
from app.model.people import Colleague
from app.model.principals import Agent


class AgentList(Struct, frozen=True):
    """Every agent, oldest first; for those who manage agents, ids of the ones whose second step is on."""

    agents: list[Colleague]
    second_step: tuple[str, ...]


class AgentRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, agents: Agents, credentials: Credentials) -> None:
        self._agents = agents
        self._credentials = credentials

    async def listing(self, call: Call[Agent], _: Nothing) -> AgentList:
        listing = await self._agents.listing(call.principal)
        return AgentList(listing, await self._credentials.who_has_second_step(call.principal))

    async def create(self, call: Call[Agent], asked: NewAgent) -> AgentAnswer:
        return AgentAnswer(await self._agents.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: AgentChange) -> AgentAnswer:
        return AgentAnswer(await self._agents.change(call.principal, call.id, asked))
