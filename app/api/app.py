"""The Starlette application: the table, mounted."""

from collections.abc import Callable

from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route as Mounted
from starlette.types import ASGIApp

from app.accounts.agents import Agents
from app.accounts.authentication import Authentication
from app.accounts.credentials import Credentials
from app.accounts.inboxes import Inboxes
from app.accounts.sessions import Sessions
from app.accounts.setup import Setup
from app.api.agents import AgentRoutes
from app.api.auth import Auth
from app.api.contacts import ContactRoutes
from app.api.conversations import ConversationRoutes
from app.api.credentials import CredentialRoutes
from app.api.endpoint import Endpoint
from app.api.files import FileRoutes
from app.api.frames import FrameTwins
from app.api.health import Health, Manual
from app.api.inboxes import InboxRoutes
from app.api.me import MeRoutes
from app.api.messages import MessageRoutes
from app.api.pages import Pages
from app.api.poll import Polls
from app.api.problems import on_http, on_problem, on_recursion
from app.api.requests import Requests
from app.api.routes import Resources, table
from app.api.search import SearchRoutes
from app.api.session import Cookies, SessionRoutes
from app.api.setup import SetUpRoutes
from app.api.teams import TeamRoutes
from app.api.uploads import UploadRoutes
from app.api.visitor import VisitorRoutes
from app.chat.conversations import Conversations
from app.chat.history import History
from app.chat.messages import Messages
from app.chat.presence import Presence
from app.chat.search import MessageSearch
from app.contacts.contacts import Contacts
from app.contacts.identity import Visitors
from app.files.transfer import Files
from app.gateway.core import Core
from app.model.clock import Clock
from app.model.errors import Problem
from app.model.ids import Ids
from app.settings import Settings
from app.storage.database import Database
from app.telemetry.metrics import Metrics
from app.web.assets import Assets

_NOTHING_BUILT = Assets({})


class Rooms(Struct, frozen=True):
    """The domain that the API speaks for."""

    core: Core
    database: Database
    setup: Setup
    authentication: Authentication
    credentials: Credentials
    sessions: Sessions
    agents: Agents
    inboxes: Inboxes
    visitors: Visitors
    contacts: Contacts
    files: Files
    messages: Messages
    conversations: Conversations
    history: History
    presence: Presence
    search: MessageSearch


class Api:
    """Built once by the appliance; `application` is what Hypercorn serves, `routes` the table it was made from."""

    def __init__(
        self,
        rooms: Rooms,
        settings: Settings,
        ids: Ids,
        clock: Clock,
        metrics: Metrics,
        draining: Callable[[], bool],
        assets: Assets = _NOTHING_BUILT,
    ) -> None:
        limits = settings.limits
        self._polls = Polls(rooms.core, limits)
        metrics.watch("polls_open", "Long polls waiting right now.", lambda: self.polls_waiting)
        cookies = Cookies(settings)
        self.routes = table(
            Resources(
                health=Health(rooms.database, metrics, clock, limits, draining),
                manual=Manual(lambda: self.routes),
                setup=SetUpRoutes(rooms.setup, cookies),
                session=SessionRoutes(rooms.authentication, rooms.sessions, cookies, demo=settings.demo),
                me=MeRoutes(
                    rooms.agents,
                    rooms.credentials,
                    rooms.sessions,
                    cookies,
                    rooms.setup,
                    rooms.database,
                    settings,
                ),
                credentials=CredentialRoutes(rooms.credentials, cookies),
                agents=AgentRoutes(rooms.agents, rooms.credentials),
                teams=TeamRoutes(rooms.agents),
                inboxes=InboxRoutes(rooms.inboxes),
                conversations=ConversationRoutes(rooms.conversations, rooms.history),
                messages=MessageRoutes(rooms.messages),
                contacts=ContactRoutes(rooms.contacts, rooms.history, rooms.presence),
                visitor=VisitorRoutes(rooms.visitors, rooms.history, rooms.database),
                search=SearchRoutes(rooms.search),
                files=FileRoutes(rooms.files),
                uploads=UploadRoutes(rooms.files.uploads, limits),
                frames=FrameTwins(rooms.core, limits),
                polls=self._polls,
            )
        )
        auth = Auth(rooms.sessions, rooms.visitors, settings.public_host)
        paths = {route.path: [one for one in self.routes if one.path == route.path] for route in self.routes}
        application = Starlette(
            routes=[Mounted(path, Endpoint(routes, auth, limits)) for path, routes in paths.items()],
            middleware=[Middleware(Requests, settings, ids, clock, metrics)],
            exception_handlers={Problem: on_problem, RecursionError: on_recursion, HTTPException: on_http},
        )
        application.router.default = Pages(assets, rooms.core)
        self.application: ASGIApp = application

    @property
    def polls_waiting(self) -> int:
        """Long polls that wait for something to happen."""
        return self._polls.waiting

    async def close(self) -> None:
        """End the long polls, so that nothing waits when the server stops."""
        await self._polls.close()
