"""Tickets over REST."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.chat.ticketing import TicketFromConversation, Ticketing
from app.model.frames import Number
from app.model.principals import Agent
from app.model.tickets import NoticeChoice, Ticket, TicketStatus, TicketView
from app.tickets.notices import NoticeList, NoticeQuery, Seen, TicketNotices
from app.tickets.queries import EntryPage, TicketDetail, TicketList, TicketQueries, TicketQuery
from app.tickets.statuses import NewStatus, StatusChange, StatusOrder, TicketStatuses
from app.tickets.tickets import Bulk, Changed, Merge, Named, NewNote, NewTicket, TicketChange, Tickets, Tie
from app.tickets.views import NewView, TicketViews

_NEWEST = 2**53


class TicketAnswer(Struct, frozen=True):
    """A ticket after what was asked."""

    ticket: Ticket


class EntryQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`before` is the lowest number that is held; without it the newest entries come."""

    before: Number = _NEWEST


class StatusList(Struct, frozen=True):
    """The desk's statuses, in their order, archived ones too."""

    statuses: list[TicketStatus]


class StatusAnswer(Struct, frozen=True):
    """One of them."""

    status: TicketStatus


class ViewList(Struct, frozen=True):
    """My own lists, then those that everybody has."""

    views: list[TicketView]


class ViewAnswer(Struct, frozen=True):
    """One of them."""

    view: TicketView


class TicketRoutes:
    """The room `tickets` decides who may; `chat` where one comes out of a conversation."""

    def __init__(self, tickets: Tickets, queries: TicketQueries, ticketing: Ticketing) -> None:
        self._tickets = tickets
        self._queries = queries
        self._ticketing = ticketing

    async def listing(self, call: Call[Agent], asked: TicketQuery) -> TicketList:
        return await self._queries.listing(call.principal, asked)

    async def create(self, call: Call[Agent], asked: NewTicket) -> TicketAnswer:
        return TicketAnswer(await self._tickets.create(call.principal, call.key, asked))

    async def create_from(self, call: Call[Agent], asked: TicketFromConversation) -> TicketAnswer:
        return TicketAnswer(await self._ticketing.create(call.principal, call.id, call.key, asked))

    async def change_all(self, call: Call[Agent], asked: Bulk) -> Changed:
        return await self._tickets.change_all(call.principal, asked)

    async def merge(self, call: Call[Agent], asked: Merge) -> TicketAnswer:
        return TicketAnswer(await self._tickets.merge(call.principal, call.id, asked))

    async def unmerge(self, call: Call[Agent], _: Nothing) -> TicketAnswer:
        return TicketAnswer(await self._tickets.unmerge(call.principal, call.id))

    async def detail(self, call: Call[Agent], _: Nothing) -> TicketDetail:
        return await self._queries.detail(call.principal, call.id)

    async def change(self, call: Call[Agent], asked: TicketChange) -> TicketAnswer:
        return TicketAnswer(await self._tickets.change(call.principal, call.id, asked))

    async def entries(self, call: Call[Agent], asked: EntryQuery) -> EntryPage:
        return await self._queries.entries(call.principal, call.id, asked.before)

    async def note(self, call: Call[Agent], asked: NewNote) -> TicketAnswer:
        return TicketAnswer(await self._tickets.note(call.principal, call.id, call.key, asked))

    async def tie(self, call: Call[Agent], asked: Tie) -> TicketAnswer:
        return TicketAnswer(await self._tickets.tie(call.principal, call.id, asked))

    async def untie(self, call: Call[Agent], asked: Tie) -> TicketAnswer:
        return TicketAnswer(await self._tickets.untie(call.principal, call.id, asked))

    async def name(self, call: Call[Agent], asked: Named) -> TicketAnswer:
        return TicketAnswer(await self._tickets.name(call.principal, call.id, asked))

    async def unname(self, call: Call[Agent], asked: Named) -> TicketAnswer:
        return TicketAnswer(await self._tickets.unname(call.principal, call.id, asked))

    async def watch(self, call: Call[Agent], _: Nothing) -> Done:
        await self._tickets.watch(call.principal, call.id, on=True)
        return Done()

    async def unwatch(self, call: Call[Agent], _: Nothing) -> Done:
        await self._tickets.watch(call.principal, call.id, on=False)
        return Done()


class TicketStatusRoutes:
    """The room `tickets` decides who may."""

    def __init__(self, statuses: TicketStatuses) -> None:
        self._statuses = statuses

    async def listing(self, call: Call[Agent], _: Nothing) -> StatusList:
        return StatusList(await self._statuses.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewStatus) -> StatusAnswer:
        return StatusAnswer(await self._statuses.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: StatusChange) -> StatusAnswer:
        return StatusAnswer(await self._statuses.change(call.principal, call.id, asked))

    async def order(self, call: Call[Agent], asked: StatusOrder) -> StatusList:
        return StatusList(await self._statuses.order(call.principal, asked))


class NoticeChoiceAnswer(Struct, frozen=True):
    """What I am told of."""

    choice: NoticeChoice


class TicketNoticeRoutes:
    """One's own, whoever asks."""

    def __init__(self, notices: TicketNotices) -> None:
        self._notices = notices

    async def listing(self, call: Call[Agent], asked: NoticeQuery) -> NoticeList:
        return await self._notices.listing(call.principal, asked)

    async def see(self, call: Call[Agent], asked: Seen) -> Done:
        await self._notices.see(call.principal, asked)
        return Done()

    async def choice(self, call: Call[Agent], _: Nothing) -> NoticeChoiceAnswer:
        return NoticeChoiceAnswer(await self._notices.choice(call.principal))

    async def choose(self, call: Call[Agent], asked: NoticeChoice) -> NoticeChoiceAnswer:
        return NoticeChoiceAnswer(await self._notices.choose(call.principal, asked))


class TicketViewRoutes:
    """The room `tickets` decides who may."""

    def __init__(self, views: TicketViews) -> None:
        self._views = views

    async def listing(self, call: Call[Agent], _: Nothing) -> ViewList:
        return ViewList(await self._views.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewView) -> ViewAnswer:
        return ViewAnswer(await self._views.create(call.principal, asked))

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._views.delete(call.principal, call.id)
        return Done()
