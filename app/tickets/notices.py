"""Who is told of what happens to a ticket: the one who has it, who watches it, who is named in a note."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.policy import allowed, demand
from app.accounts.roles import rights_of
from app.model.errors import Invalid
from app.model.events import TicketNoticesChanged
from app.model.frames import Id
from app.model.people import Colleague
from app.model.principals import Agent
from app.model.tickets import Entry, NoticeChoice, Ticket, TicketNotice, Why
from app.settings import Limits
from app.storage import agents, ticket_links, ticket_notices
from app.storage.database import Database, Transaction
from app.tickets.queries import sight_of

_NEWEST = 2**53

Place = Annotated[int, Meta(ge=0, le=_NEWEST)]


class NoticeQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`before` is the lowest number of the page before."""

    before: Place = _NEWEST
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class NoticeList(Struct, frozen=True):
    """A page, newest first; `more` says whether older ones exist. `unseen` counts all."""

    notices: list[TicketNotice]
    more: bool
    unseen: int


class Seen(Struct, frozen=True, forbid_unknown_fields=True):
    """What he has looked at: everything up to `number`, or of one ticket alone."""

    number: Place = _NEWEST
    ticket_id: Id | None = None


class TicketNotices:
    """An agent's own notices."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    async def listing(self, principal: Agent, asked: NoticeQuery) -> NoticeList:
        """A page of his own, of tickets that he may still see; raises `Forbidden`."""
        demand(principal, "ticket.read")
        sight, most = sight_of(principal), min(asked.limit, self._limits.page_rows_max)
        rows = await ticket_notices.listed(self._database, sight, principal.agent_id, asked.before, most + 1)
        unseen = await ticket_notices.unseen(self._database, sight, principal.agent_id)
        return NoticeList(rows[:most], len(rows) > most, unseen)

    async def see(self, principal: Agent, seen: Seen) -> None:
        """He has looked at them; once more changes nothing."""
        demand(principal, "ticket.read")

        def unit(tx: Transaction) -> None:
            if ticket_notices.see(tx, principal.agent_id, seen.number, seen.ticket_id or ""):
                tx.announce(TicketNoticesChanged(principal.agent_id))

        await self._database.write(unit)

    async def choice(self, principal: Agent) -> NoticeChoice:
        """What he is told of."""
        demand(principal, "ticket.read")
        return await ticket_notices.chosen(self._database, principal.agent_id)

    async def choose(self, principal: Agent, choice: NoticeChoice) -> NoticeChoice:
        """Switch kinds of them on or off, from now on."""
        demand(principal, "ticket.read")
        await self._database.write(lambda tx: ticket_notices.choose(tx, principal.agent_id, choice))
        return choice


def tell(tx: Transaction, ticket: Ticket, entry: Entry, mentioned: Sequence[str], most: int) -> None:
    """Note a line of its history for whom it concerns, once each by the strongest reason; never for who did it."""
    reasons = dict.fromkeys(ticket_links.watchers(tx, ticket.id), Why.WATCHED)
    if ticket.assignee_id is not None:
        reasons[ticket.assignee_id] = Why.ASSIGNED
    reasons |= dict.fromkeys(mentioned, Why.MENTIONED)
    reasons.pop(entry.actor.id, None)
    for agent_id, why in reasons.items():
        colleague = agents.by_id(tx, agent_id)
        wanted = getattr(ticket_notices.choice_of(tx, agent_id), why.value)
        if colleague is not None and not colleague.disabled and wanted and _reads(tx, colleague, ticket):
            ticket_notices.insert(tx, agent_id, ticket.id, entry.seq, why, most)
            tx.announce(TicketNoticesChanged(agent_id))


def demand_readers(tx: Transaction, ticket: Ticket, agent_ids: Sequence[str]) -> None:
    """Raise `Invalid` (mention_unknown, mention_blind) for one who could not read what he is named in."""
    for agent_id in agent_ids:
        colleague = agents.by_id(tx, agent_id)
        if colleague is None or colleague.disabled:
            raise Invalid(
                "mention_unknown",
                "A colleague named in the note is not here any more. Take the name out and send again.",
                "备注中提到的同事已不在。请去掉该名字后重新发送。",
                field="mentions",
            )
        if not _reads(tx, colleague, ticket):
            raise Invalid(
                "mention_blind",
                f"{colleague.name} may not see this ticket. Take the name out, or give the ticket to that team.",
                f"{colleague.name} 无权查看该工单。请去掉该名字，或先把工单转给其所在团队。",
                field="mentions",
            )


def _reads(tx: Transaction, colleague: Colleague, ticket: Ticket) -> bool:
    rights = rights_of(tx, colleague.role)
    return allowed(Agent(colleague.id, "", colleague.role, rights, colleague.teams), "ticket.read", ticket)
