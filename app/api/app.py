"""The Starlette application: the table, mounted."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct
from starlette.applications import Starlette
from starlette.routing import Route as Mounted
from starlette.types import ASGIApp

from app.accounts.agents import Agents
from app.accounts.audit import AuditLog
from app.accounts.authentication import Authentication
from app.accounts.credentials import Credentials
from app.accounts.fields import OwnFields
from app.accounts.inboxes import Inboxes
from app.accounts.roles import Roles
from app.accounts.schedules import Schedules
from app.accounts.sessions import Sessions
from app.accounts.setup import Setup
from app.accounts.tokens import Tokens
from app.api.access import AccessRoutes
from app.api.agents import AgentRoutes
from app.api.audit import AuditRoutes
from app.api.auth import Auth
from app.api.automations import AutomationRoutes
from app.api.blocks import BlockRoutes
from app.api.canned import CannedRoutes
from app.api.contacts import ContactRoutes
from app.api.conversations import ConversationRoutes
from app.api.credentials import CredentialRoutes
from app.api.drafts import DraftRoutes
from app.api.endpoint import Endpoint
from app.api.exchange import ExchangeRoutes
from app.api.fields import FieldRoutes
from app.api.files import FileRoutes
from app.api.frames import FrameTwins
from app.api.health import Examine, Health, Manual
from app.api.identities import IdentityRoutes
from app.api.inboxes import InboxRoutes
from app.api.incoming import FILES, Incoming, IncomingFiles
from app.api.incoming import PATH as INCOMING
from app.api.invitations import InvitationRoutes
from app.api.mail import MailRoutes
from app.api.me import MeRoutes
from app.api.messages import MessageRoutes
from app.api.organisations import OrganisationRoutes
from app.api.pages import Pages
from app.api.poll import Polls
from app.api.ratings import RatingRoutes
from app.api.records import RecordRoutes
from app.api.requests import Requests
from app.api.roles import RoleRoutes
from app.api.routes import Resources, table
from app.api.routing import RoutingRoutes
from app.api.schedules import ScheduleRoutes
from app.api.search import SearchRoutes
from app.api.server import ServerRoutes
from app.api.session import Cookies, SessionRoutes
from app.api.setup import SetUpRoutes
from app.api.site import SiteRoutes
from app.api.sources import SourceRoutes
from app.api.table import Table
from app.api.tags import TagRoutes
from app.api.teams import TeamRoutes
from app.api.tickets import TicketNoticeRoutes, TicketRoutes, TicketStatusRoutes, TicketViewRoutes
from app.api.tokens import TokenRoutes
from app.api.tools import ToolRoutes
from app.api.uploads import UploadRoutes
from app.api.visitor import VisitorRoutes
from app.certificates.page import root_pages
from app.chat.blocking import Blocking
from app.chat.canned import CannedReplies
from app.chat.conversations import Conversations
from app.chat.drafts import Drafts
from app.chat.history import History
from app.chat.messages import Messages
from app.chat.offline_messages import OfflineMessages
from app.chat.presence import Presence
from app.chat.ratings import Ratings
from app.chat.reception import Receptionist
from app.chat.router import Router
from app.chat.routing_rules import RoutingRules
from app.chat.search import MessageSearch
from app.chat.site import Site
from app.chat.ticketing import Ticketing
from app.chat.tools import Tools
from app.contacts.contacts import Contacts
from app.contacts.customers import Customers
from app.contacts.identity import Visitors
from app.contacts.introductions import Introductions
from app.contacts.merging import ContactMerging
from app.contacts.organisations import Organisations
from app.exchange.exports import Exports
from app.exchange.imports import Imports
from app.files.transfer import Files
from app.gateway.core import Core
from app.gateway.download import Downloads
from app.gateway.proxies import Heard
from app.mail.rooms import Mail
from app.model.arrivals import Systems
from app.model.clock import Clock
from app.model.fields import Noun
from app.model.ids import Ids
from app.model.sources import SourceDoor
from app.records.records import Records
from app.server.server import Server
from app.settings import Settings
from app.storage.database import Database
from app.telemetry.metrics import Metrics
from app.tickets.notices import TicketNotices
from app.tickets.queries import TicketQueries
from app.tickets.statuses import TicketStatuses
from app.tickets.tickets import Tickets
from app.tickets.views import TicketViews
from app.web.assets import Assets

_NOTHING_BUILT = Assets({})


class Joined(Systems, SourceDoor, Protocol):
    """The joined systems: the door for their calls, and for who manages them."""


class Rooms(Struct, frozen=True):
    """The domain that the API speaks for."""

    core: Core
    database: Database
    mail: Mail
    setup: Setup
    authentication: Authentication
    credentials: Credentials
    sessions: Sessions
    agents: Agents
    inboxes: Inboxes
    visitors: Visitors
    contacts: Contacts
    organisations: Organisations
    records: Records
    joined: Joined
    introductions: Introductions
    files: Files
    messages: Messages
    conversations: Conversations
    history: History
    presence: Presence
    schedules: Schedules
    blocking: Blocking
    site: Site
    receptionist: Receptionist
    offline_messages: OfflineMessages
    ratings: Ratings
    search: MessageSearch
    drafts: Drafts
    canned: CannedReplies
    tools: Tools
    tickets: Tickets
    ticket_queries: TicketQueries
    ticketing: Ticketing
    own_fields: OwnFields
    ticket_statuses: TicketStatuses
    ticket_notices: TicketNotices
    ticket_views: TicketViews
    server: Server
    audit: AuditLog
    routing_rules: RoutingRules
    router: Router
    roles: Roles
    customers: Customers
    merging: ContactMerging
    imports: Imports
    exports: Exports
    tokens: Tokens


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
        downloads: Downloads | None = None,
        *,
        examine: Examine,
        heard: Heard,
        starting: Callable[[], bool] = lambda: False,
        around: Callable[[ASGIApp], ASGIApp] = lambda application: application,
    ) -> None:
        """`around`: what is asked before the table of routes, with each request's id, client and log line."""
        limits, counted = settings.limits, downloads or Downloads(settings.limits)
        self._polls = Polls(rooms.core, limits)
        metrics.watch("polls_open", "Long polls waiting right now.", lambda: self.polls_waiting)
        cookies = Cookies(settings)
        self.routes = table(
            Resources(
                health=Health(rooms.database, metrics, clock, limits, draining, examine, starting),
                manual=Manual(lambda: self.routes),
                setup=SetUpRoutes(rooms.setup, cookies, rooms.server),
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
                inboxes=InboxRoutes(rooms.inboxes, rooms.receptionist, rooms.tools.alarm),
                invitations=InvitationRoutes(rooms.introductions),
                blocks=BlockRoutes(rooms.blocking),
                site=SiteRoutes(rooms.site, rooms.messages),
                schedules=ScheduleRoutes(rooms.schedules, rooms.receptionist),
                conversations=ConversationRoutes(rooms.conversations, rooms.history),
                routing=RoutingRoutes(rooms.routing_rules, rooms.router, rooms.history),
                messages=MessageRoutes(rooms.messages),
                drafts=DraftRoutes(rooms.drafts),
                canned=CannedRoutes(rooms.canned),
                tags=TagRoutes(rooms.tools.tags, rooms.tools.labelling),
                tools=ToolRoutes(rooms.tools),
                ratings=RatingRoutes(rooms.ratings),
                contacts=ContactRoutes(
                    rooms.contacts,
                    rooms.merging,
                    rooms.visitors.blocks,
                    rooms.history,
                    rooms.ratings,
                    rooms.presence,
                    rooms.organisations,
                ),
                organisations=OrganisationRoutes(rooms.organisations, rooms.history),
                records=RecordRoutes(rooms.records),
                sources=SourceRoutes(rooms.joined),
                automations=AutomationRoutes(rooms.joined),
                tickets=TicketRoutes(rooms.tickets, rooms.ticket_queries, rooms.ticketing),
                fields={noun: FieldRoutes(rooms.own_fields, noun) for noun in Noun},
                ticket_statuses=TicketStatusRoutes(rooms.ticket_statuses),
                ticket_notices=TicketNoticeRoutes(rooms.ticket_notices),
                ticket_views=TicketViewRoutes(rooms.ticket_views),
                visitor=VisitorRoutes(
                    rooms.visitors,
                    rooms.introductions,
                    rooms.customers,
                    rooms.history,
                    rooms.receptionist,
                    rooms.schedules,
                    rooms.offline_messages,
                    rooms.ratings,
                    rooms.mail.transcripts,
                    rooms.database,
                    clock,
                    limits,
                ),
                search=SearchRoutes(rooms.search),
                files=FileRoutes(rooms.files, counted),
                uploads=UploadRoutes(rooms.files.uploads, limits),
                frames=FrameTwins(rooms.core, limits),
                polls=self._polls,
                server=ServerRoutes(rooms.server),
                audit=AuditRoutes(rooms.audit),
                access=AccessRoutes(rooms.mail.links, rooms.mail.relay),
                mail=MailRoutes(rooms.mail, rooms.history),
                roles=RoleRoutes(rooms.roles),
                identities=IdentityRoutes(rooms.customers),
                exchange=ExchangeRoutes(rooms.imports, rooms.exports),
                tokens=TokenRoutes(rooms.tokens),
            )
        )
        auth = Auth(rooms.sessions, rooms.tokens, rooms.visitors, settings.public_host)
        paths = {route.path: [one for one in self.routes if one.path == route.path] for route in self.routes}
        endpoints = {path: Endpoint(routes, auth, limits) for path, routes in paths.items()}
        application = Starlette(routes=[Mounted(path, endpoint) for path, endpoint in endpoints.items()])
        incoming: dict[str, ASGIApp] = {
            INCOMING: Incoming(rooms.joined, limits),
            FILES: IncomingFiles(rooms.files, counted),
        }
        doors: dict[str, ASGIApp] = {**endpoints, **incoming}
        application.router.default = Pages(assets, rooms.core, root_pages(settings))
        # Starlette's own stack would put two nets under each request; `Requests` is the one that words refusals.
        application.middleware_stack = Requests(
            around(Table(doors, application.router)), settings, ids, clock, metrics, heard
        )
        self.application: ASGIApp = application

    @property
    def polls_waiting(self) -> int:
        """Long polls that wait for something to happen."""
        return self._polls.waiting

    async def close(self) -> None:
        """End the long polls, so that nothing waits when the server stops."""
        await self._polls.close()
