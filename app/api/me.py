"""The signed-in agent himself."""

from msgspec import Struct

from app.accounts.agents import Agents, ProfileChange
from app.api.call import Call, Nothing
from app.api.session import AgentAnswer
from app.model.people import Colleague
from app.model.principals import Agent
from app.storage.database import Database


class Me(Struct, frozen=True):
    """Who I am, what I may do, which generation of the database this is, and whether it is a demo."""

    agent: Colleague
    permissions: tuple[str, ...]
    epoch: str
    demo: bool


class MeRoutes:
    """Reads and changes one's own profile."""

    def __init__(self, agents: Agents, database: Database, *, demo: bool) -> None:
        self._agents = agents
        self._database = database
        self._demo = demo

    async def read(self, call: Call[Agent], _: Nothing) -> Me:
        agent = await self._agents.find(call.principal.agent_id)
        return Me(agent, tuple(sorted(call.principal.permissions)), self._database.epoch, self._demo)

    async def change(self, call: Call[Agent], asked: ProfileChange) -> AgentAnswer:
        return AgentAnswer(await self._agents.change_profile(call.principal, asked))
