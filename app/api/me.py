"""The signed-in agent himself."""

from msgspec import Struct

from app.accounts.agents import Agents, ProfileChange
from app.accounts.policy import generation
from app.accounts.sessions import Sessions, session_cookie
from app.accounts.setup import Setup
from app.api.call import Call, Nothing
from app.api.session import AgentAnswer
from app.model.people import Colleague
from app.model.principals import Agent
from app.storage.database import Database


class Me(Struct, frozen=True):
    """Who I am, what I may do, which generation this is of what I may hold, and whether it is a demo."""

    agent: Colleague
    permissions: tuple[str, ...]
    epoch: str
    demo: bool


class SessionState(Struct, frozen=True):
    """Who is signed in, if anybody, and whether the desk still needs an owner: a page's first question."""

    me: Me | None
    needs_setup: bool


class MeRoutes:
    """Reads and changes one's own profile."""

    def __init__(self, agents: Agents, sessions: Sessions, setup: Setup, database: Database, *, demo: bool) -> None:
        self._agents = agents
        self._sessions = sessions
        self._setup = setup
        self._database = database
        self._demo = demo

    async def session(self, call: Call[None], _: Nothing) -> SessionState:
        """Answers 200 to nobody too: a browser writes every 401 into its console."""
        principal = await self._sessions.principal(session_cookie(call.peer.cookie))
        if principal is None:
            return SessionState(None, await self._setup.needed())
        return SessionState(await self._me(principal), needs_setup=False)

    async def read(self, call: Call[Agent], _: Nothing) -> Me:
        return await self._me(call.principal)

    async def _me(self, principal: Agent) -> Me:
        agent = await self._agents.find(principal.agent_id)
        epoch = generation(self._database.epoch, principal)
        return Me(agent, tuple(sorted(principal.permissions)), epoch, self._demo)

    async def change(self, call: Call[Agent], asked: ProfileChange) -> AgentAnswer:
        return AgentAnswer(await self._agents.change_profile(call.principal, asked))
