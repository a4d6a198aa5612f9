"""The core itself, behind the interface that a gateway sees."""

from collections.abc import Callable, Sequence

import msgspec

from app.accounts import policy
from app.accounts.agents import Agents
from app.accounts.inboxes import Inboxes
from app.accounts.sessions import Sessions, session_cookie
from app.bus.bus import Bus
from app.chat import views
from app.chat.conversations import Conversations
from app.chat.history import History, Missed
from app.chat.messages import Messages
from app.chat.presence import Presence
from app.contacts.identity import Visitors
from app.files.transfer import Files
from app.gateway.core import Delivery, FileGrant, Opened, Peer, Receive, Replies
from app.model import events, frames
from app.model.clock import Clock
from app.model.errors import Invalid, unauthenticated
from app.model.frames import ClientFrame, CloseCode, Hello
from app.model.principals import Agent, Visitor
from app.model.routing import Offer, QueuePlace
from app.storage.database import Database

_BEARER = "bearer "
_CROWDS_KEPT = 8
_encode = msgspec.json.Encoder().encode


class LocalCore:
    """As `gateway.core.Core`. `link` names the gateway where there are several; `forget` is called when one is lost."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        agents: Agents,
        inboxes: Inboxes,
        sessions: Sessions,
        visitors: Visitors,
        messages: Messages,
        conversations: Conversations,
        history: History,
        presence: Presence,
        files: Files,
        server: Callable[[], events.ServerChanged] = events.ServerChanged,
        offers: Callable[[str], tuple[Offer, ...]] = lambda agent_id: (),
        places: Callable[[str], tuple[QueuePlace, ...]] = lambda contact_id: (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._agents = agents
        self._inboxes = inboxes
        self._sessions = sessions
        self._visitors = visitors
        self._messages = messages
        self._conversations = conversations
        self._history = history
        self._presence = presence
        self._files = files
        self._server = server
        self._offers = offers
        self._places = places
        self._receivers: list[Receive] = []
        self.crowds: list[str] = []  # addresses that most connections came from, the latest last
        bus.subscribe(self._heard)

    async def open(self, peer: Peer, hello: Hello, link: str = "") -> Opened:
        """As `Core.open`; raises `Unauthenticated` for an unknown token or cookie."""
        principal = await self._proven(peer, hello)
        self._count(principal)
        self._presence.connected(principal, link)
        kind = "visitor" if isinstance(principal, Visitor) else "agent"
        epoch = policy.generation(self._database.epoch, principal)
        welcome = frames.Welcome(epoch, kind, _person(principal), self._clock.now_ms())
        return Opened(principal, policy.topics(principal), (_encode(welcome),))

    async def command(self, principal: Visitor | Agent, frame: ClientFrame, language: str) -> Replies:
        """As `Core.command`; a refusal is raised, its text chosen by whoever writes it out."""
        self._count(principal)
        match frame:
            case frames.Send() | frames.Edit() | frames.Delete():
                return Replies((_encode(await self._messages.accept(principal, frame)),))
            case frames.Resume():
                return self._told(principal, await self._history.resume(principal, frame))
            case frames.Fetch():
                return _replies(await self._history.fetch(principal, frame))
            case frames.Read():
                await self._conversations.read(principal, frame.conv, frame.seq)
            case frames.Delivered():
                await self._conversations.delivered(principal, frame.conv, frame.seq)
            case frames.Typing():
                await self._presence.writing(principal, frame, self._agents.names.get(_person(principal), ""))
            case frames.Viewing():
                return _replies((await self._presence.viewing(principal, frame),))
            case frames.Page():
                if isinstance(principal, Visitor):
                    await self._presence.viewed(principal, frame)
            case frames.Pong():
                pass
            case Hello():
                raise _hello_twice()
        return Replies()

    async def closed(self, principal: Visitor | Agent, link: str = "") -> None:
        """As `Core.closed`."""
        self._presence.disconnected(principal, link)

    async def flooded(self, visitor: Visitor) -> None:
        """As `Core.flooded`."""
        self._visitors.pace.rest(visitor.contact_id)

    def forget(self, link: str) -> None:
        """A gateway is lost, and everybody who came through it."""
        self._presence.forget(link)

    async def file(self, peer: Peer, file_id: str) -> FileGrant:
        """As `Core.file`."""
        grant = await self._files.grant(await self._proven(peer, Hello()), file_id)
        return FileGrant(grant.path, grant.name, grant.type, grant.size, grant.etag)

    async def sites(self, inbox_id: str) -> tuple[str, ...]:
        """As `Core.sites`, from memory."""
        return self._inboxes.find(inbox_id).origins

    async def crowded(self, address: str) -> None:
        """As `Core.crowded`."""
        if address not in self.crowds:
            self.crowds = [*self.crowds[1 - _CROWDS_KEPT :], address]

    def listen(self, receive: Receive) -> None:
        """As `Core.listen`; every receiver gets every batch."""
        self._receivers.append(receive)

    async def _proven(self, peer: Peer, hello: Hello) -> Visitor | Agent:
        """A visitor by the token in hello or in the Authorization header, else an agent by cookie."""
        token = hello.token or _bearer(peer.authorization)
        if token:
            self._visitors.blocks.demand_address(peer.address)
            visitor = await self._visitors.principal(token)
            if visitor is None or (hello.inbox is not None and hello.inbox != visitor.inbox_id):
                raise unauthenticated()
            return visitor
        agent = await self._sessions.principal(session_cookie(peer.cookie)) if hello.inbox is None else None
        if agent is None:
            raise unauthenticated()
        return agent

    def _count(self, principal: Visitor | Agent) -> None:
        if isinstance(principal, Visitor):
            self._visitors.blocks.demand(principal.contact_id)
            self._visitors.pace.spend(principal.contact_id)

    def _told(self, principal: Visitor | Agent, missed: Missed) -> Replies:
        told = tuple(_encode(frame) for frame in missed.told)
        last = missed.told[-1] if missed.told else None
        if isinstance(principal, Agent) and isinstance(last, frames.Live):
            offers = frames.OffersNow(self._offers(principal.agent_id))
            told = (*told, _encode(self._presence.snapshot()), _encode(offers))
            if policy.allowed(principal, policy.SERVER_READ):  # also that nothing is wrong any more
                told = (*told, _encode(_news(self._server())))
        if isinstance(principal, Visitor) and isinstance(last, frames.Live):
            told = (*told, *(_encode(_place(place)) for place in self._places(principal.contact_id)))
        return Replies(told, missed.more)

    def _heard(self, batch: Sequence[events.Event]) -> None:
        made = [delivery for event in batch for delivery in deliveries(event)]
        if made:
            for receive in self._receivers:
                receive(made)


def deliveries(event: events.Event) -> list[Delivery]:
    """Who is told what of an event: each frame encoded once for the visitor and once for staff."""
    match event:
        case events.MessageCreated():
            return _message_created(event)
        case events.ConversationChanged():
            return _conversation_changed(event)
        case events.RatingRequested():
            return _rating_requested(event)
        case events.RatingSubmitted():
            return _rated(event)
        case events.TicketChanged():
            return _ticket_changed(event)
        case events.WatermarkMoved():
            return _watermark_moved(event)
        case events.Writing():
            return _writing(event)
        case events.ViewersChanged():
            head = event.conversation
            return _to(policy.audience(head.team_id, head.assignee_id), frames.Viewers(head.id, event.viewers))
        case _:
            return _of_no_conversation(event)


def _of_no_conversation(event: events.OfNoConversation) -> list[Delivery]:
    match event:
        case events.ContactChanged():
            return _to((policy.TOPIC_CONTACTS,), frames.ContactUpdated(event.pos, event.contact))
        case events.PresenceChanged() | events.AgentChanged() | events.TagsChanged():
            return _to((policy.TOPIC_STAFF,), _told_to_all(event))
        case events.TicketNoticesChanged():
            return _to((policy.topic_of(event.agent_id),), frames.TicketNoticesNow())
        case events.OffersChanged():
            return _to((policy.topic_of(event.agent_id),), frames.OffersNow(event.offers))
        case events.QueueMoved():
            return [Delivery((place.contact_id,), _encode(_place(place))) for place in event.places]
        case events.PageViewed():
            visit = event.visit
            return _to((policy.TOPIC_CONTACTS,), frames.Viewed(visit.contact_id, visit.url, visit.title, visit.at))
        case events.BlocksMoved() | events.RecordChanged():  # whom that concerns is announced beside it
            return []
        case events.ServerChanged():
            return _to((policy.TOPIC_SERVER,), _news(event))
        case events.OrganisationsChanged():
            return _to((policy.TOPIC_CONTACTS,), frames.OrganisationNow(event.organisation_id))
        case events.RecordsMoved():
            return _to((policy.TOPIC_RECORDS,), frames.RecordsNow(event.contact_ids))
        case events.SiteChanged():
            return _to((policy.TOPIC_CONTACTS,), frames.Site(event.online))
        case _:
            topics = _put_out(event)
            return [Delivery(topics, b"", close=CloseCode.UNAUTHORISED)] if topics else []


def _told_to_all(event: events.PresenceChanged | events.AgentChanged | events.TagsChanged) -> frames.ServerFrame:
    """What everybody of the staff is told, whatever his rights."""
    match event:
        case events.PresenceChanged():
            return frames.Presence(event.kind, event.online, event.offline)
        case events.AgentChanged():
            return frames.AgentStatus(event.agent)
        case events.TagsChanged():
            return frames.TagsNow()


def _put_out(event: events.VisitorsBlocked | events.VisitorMoved | events.SessionsRevoked) -> tuple[str, ...]:
    """The topics of those whose sockets must close: what they proved holds no more."""
    match event:
        case events.VisitorsBlocked():
            return event.contact_ids
        case events.VisitorMoved():
            return (event.contact_id,)
        case events.SessionsRevoked():
            return tuple(f"session:{session_id}" for session_id in event.session_ids)


def _message_created(event: events.MessageCreated) -> list[Delivery]:
    head, message = event.conversation, event.message
    staff = policy.audience(head.team_id, head.assignee_id)
    made = []
    if event.contact is not None:
        made += _to((head.contact_id,), views.visitor_thread(head, event.agent_name))
    told = _encode(views.staff_entry(message))
    if message.seq is not None:
        alike = message.seq == message.staff_seq  # nothing private stands before it: both sides count alike
        shown = told if alike else _encode(views.visitor_entry(message))
        made.append(Delivery((head.contact_id,), shown, message.cid))
    made.append(Delivery(staff, told, message.cid))
    made += _to(staff, frames.Head(event.pos, "message.created", head, event.contact))
    return made


def _conversation_changed(event: events.ConversationChanged) -> list[Delivery]:
    head = event.conversation
    staff = policy.audience(head.team_id, head.assignee_id)
    before = policy.audience(event.was_team, event.was_assignee)
    made = [] if event.internal else _to((head.contact_id,), views.visitor_thread(head, event.agent_name))
    lost = tuple(topic for topic in before if topic not in staff)
    if lost:
        made.append(Delivery(lost, _encode(frames.Gone(event.pos, head.id)), except_topics=staff))
    made += _to(staff, frames.Head(event.pos, event.name, head, event.contact, event.actor))
    return made


def _rating_requested(event: events.RatingRequested) -> list[Delivery]:
    """To the visitor the line of its resolution says it."""
    head = event.conversation
    staff = policy.audience(head.team_id, head.assignee_id)
    return _to(staff, frames.Head(event.pos, "csat.requested", head, None, event.actor))


def _rated(event: events.RatingSubmitted) -> list[Delivery]:
    head = event.conversation
    made = _to((head.contact_id,), views.visitor_thread(head, event.agent_name))
    staff = policy.audience(head.team_id, head.assignee_id)
    return made + _to(staff, frames.Head(event.pos, "csat.submitted", head, None, event.actor))


def _ticket_changed(event: events.TicketChanged) -> list[Delivery]:
    ticket = event.ticket
    staff = policy.ticket_audience(ticket.team_id, ticket.assignee_id)
    before = policy.ticket_audience(event.was_team, event.was_assignee)
    lost = tuple(topic for topic in before if topic not in staff)
    made = []
    if lost:
        made.append(Delivery(lost, _encode(frames.TicketGone(event.pos, ticket.id)), except_topics=staff))
    return made + _to(staff, frames.TicketUpdated(event.pos, event.name, ticket, event.actor))


def _watermark_moved(event: events.WatermarkMoved) -> list[Delivery]:
    """The visitor is told only what his thread shows: that an agent read on over a note would betray the note."""
    head = event.conversation
    staff = policy.audience(head.team_id, head.assignee_id)
    shown = event.by == "visitor" or (event.what == "read" and event.seq > head.staff_read)
    topics = (head.contact_id, *staff) if shown else staff
    return _to(topics, frames.Watermark(head.id, event.what, event.by, event.person_id, event.seq))


def _writing(event: events.Writing) -> list[Delivery]:
    head, by = event.conversation, event.by
    staff = policy.audience(head.team_id, head.assignee_id)
    made = _to(staff, frames.Writing(head.id, by.kind, by.id, event.on, by.name, event.text))
    if by.kind == "agent":
        made += _to((head.contact_id,), frames.Writing(head.id, by.kind, by.id, event.on, by.name))
    return made


def _news(event: events.ServerChanged) -> frames.ServerNews:
    return frames.ServerNews(event.alerts, event.backup)


def _place(place: QueuePlace) -> frames.Queue:
    return frames.Queue(place.conversation_id, place.position, place.wait_seconds, place.overdue)


def _to(topics: tuple[str, ...], frame: frames.ServerFrame) -> list[Delivery]:
    return [Delivery(topics, _encode(frame))]


def _replies(told: Sequence[frames.ServerFrame]) -> Replies:
    return Replies(tuple(_encode(frame) for frame in told))


def _person(principal: Visitor | Agent) -> str:
    return principal.contact_id if isinstance(principal, Visitor) else principal.agent_id


def _bearer(authorization: str) -> str:
    return authorization[len(_BEARER) :].strip(" \t") if authorization.lower().startswith(_BEARER) else ""


def _hello_twice() -> Invalid:
    return Invalid(
        "hello_twice", "A connection says hello once. Open a new one.", "每个连接只能握手一次。请建立新连接。"
    )
