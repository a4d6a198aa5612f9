"""Colleagues: everybody sees them, administrators add and change them."""

from msgspec import Struct

from app.accounts.agents import AgentChange, Agents, NewAgent
from app.api.call import Call, Nothing
from app.api.session import AgentAnswer
from app.model.people import Colleague
from app.model.principals import Agent


class AgentList(Struct, frozen=True):
    """Every agent, oldest first."""

    agents: list[Colleague]


class AgentRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    async def listing(self, call: Call[Agent], _: Nothing) -> AgentList:
        return AgentList(await self._agents.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewAgent) -> AgentAnswer:
        return AgentAnswer(await self._agents.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: AgentChange) -> AgentAnswer:
        return AgentAnswer(await self._agents.change(call.principal, call.id, asked))
