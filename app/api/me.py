"""The signed-in agent himself."""

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from app import __version__
from app.accounts.agents import Agents, ProfileChange
from app.accounts.credentials import Credentials
from app.accounts.policy import generation
from app.accounts.sessions import Sessions, session_cookie
from app.accounts.setup import Setup
from app.api.call import Call, Nothing
from app.api.session import AgentAnswer, Cookies
from app.model.frames import Line
from app.model.people import Availability, Colleague
from app.model.principals import Agent
from app.settings import Settings
from app.storage.database import Database


class Me(Struct, frozen=True):
    """Who I am, what I may do, which generation this is of what I may hold, and whether it is a demo.

    `public_url` is how visitors reach the server, with a slash at its end; empty where nobody has said it.
    """

    agent: Colleague
    permissions: tuple[str, ...]
    epoch: str
    demo: bool
    public_url: str
    version: str


class MeChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What one changes of oneself; a new password needs the present one, as `old_password`."""

    name: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    availability: Availability | UnsetType = UNSET
    away_reason: Line | UnsetType = UNSET
    password: Line | UnsetType = UNSET
    old_password: Line | UnsetType = UNSET


class SessionState(Struct, frozen=True):
    """Who is signed in, if anybody, and whether the desk still needs an owner: a page's first question."""

    me: Me | None
    needs_setup: bool


class MeRoutes:
    """Reads and changes one's own profile."""

    def __init__(
        self,
        agents: Agents,
        credentials: Credentials,
        sessions: Sessions,
        cookies: Cookies,
        setup: Setup,
        database: Database,
        settings: Settings,
    ) -> None:
        self._agents = agents
        self._credentials = credentials
        self._cookies = cookies
        self._sessions = sessions
        self._setup = setup
        self._database = database
        self._demo = settings.demo
        self._public_url = f"{settings.public_url.rstrip('/')}/" if settings.public_url else ""

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
        return Me(agent, tuple(sorted(principal.permissions)), epoch, self._demo, self._public_url, __version__)

    async def change(self, call: Call[Agent], asked: MeChange) -> AgentAnswer | Response:
        """A new password brings a new session cookie; it comes last, so that nothing fails after it."""
        profile = ProfileChange(asked.name, asked.language, asked.availability, asked.away_reason)
        if asked.password is UNSET or profile != ProfileChange():
            changed = await self._agents.change_profile(call.principal, profile)
        if asked.password is UNSET:
            return AgentAnswer(changed)
        old = "" if asked.old_password is UNSET else asked.old_password
        signed_in = await self._credentials.change_password(call.principal, old, asked.password)
        return self._cookies.answer(signed_in, call.peer)
