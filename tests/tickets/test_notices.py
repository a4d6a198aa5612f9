"""Who is told of what happens to a ticket: who watches it, who has it, who is named in a note; never who did it."""

import pytest

from app.bus.bus import Listener
from app.gateway.local import deliveries
from app.model.errors import Forbidden, Invalid
from app.model.events import TicketNoticesChanged
from app.model.principals import Agent
from app.model.tickets import NoticeChoice, Priority
from app.settings import Limits
from app.tickets.notices import NoticeQuery, Seen, TicketNotices
from app.tickets.tickets import Merge, NewNote, NewTicket, TicketChange, Tickets
from tests.domain import Domain
from tests.tickets.test_tickets import ABSENT, make


async def told(domain: Domain, agent: Agent) -> list[tuple[str, int, str]]:
    """Why, of which ticket, of what; newest first."""
    page = await domain.ticket_notices.listing(agent, NoticeQuery())
    return [(one.why.value, one.ticket_number, one.entry.kind.value) for one in page.notices]


async def unseen(domain: Domain, agent: Agent) -> int:
    return (await domain.ticket_notices.listing(agent, NoticeQuery(limit=1))).unseen


def heard_by(domain: Domain) -> list[str]:
    """Whom the line tells, by id, in order."""
    heard: list[str] = []
    listener: Listener = lambda batch: heard.extend(  # noqa: E731
        one.agent_id for one in batch if isinstance(one, TicketNoticesChanged)
    )
    domain.bus.subscribe(listener)
    return heard


async def test_who_watches_is_told_and_who_did_it_is_not(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    ticket = await make(domain, ann)
    for agent in (ann, ben):
        await domain.tickets.watch(agent, ticket.id, on=True)
    heard = heard_by(domain)
    await domain.tickets.change(ann, ticket.id, TicketChange(priority=Priority.HIGH))
    assert await told(domain, ben) == [("watched", 1, "changed")]
    assert (await told(domain, ann), heard) == ([], [ben.agent_id])
    (frame,) = [one.frame for one in deliveries(TicketNoticesChanged(ben.agent_id))]
    assert frame == b'{"t":"ticket_notices"}'
    await domain.tickets.watch(ben, ticket.id, on=False)
    await domain.tickets.change(ann, ticket.id, TicketChange(priority=Priority.LOW))
    assert len(await told(domain, ben)) == 1


async def test_who_gets_a_ticket_is_told_and_what_happens_to_it_later(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    ticket = await make(domain, ann, assignee_id=ben.agent_id)
    await domain.tickets.note(ann, ticket.id, domain.cid(), NewNote("Look at it"))
    assert await told(domain, ben) == [("assigned", 1, "note"), ("assigned", 1, "created")]
    await domain.tickets.change(ben, ticket.id, TicketChange(assignee_id=ann.agent_id))
    assert await told(domain, ann) == [("assigned", 1, "changed")]
    assert len(await told(domain, ben)) == 2  # he gave it away himself
    main = await make(domain, ben)
    await domain.tickets.merge(ben, ticket.id, Merge(main.id))
    assert (await told(domain, ann))[0] == ("assigned", 1, "merged")


async def test_who_is_named_in_a_note_is_told_once_by_the_strongest_reason(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    ticket = await make(domain, ann, assignee_id=ben.agent_id)
    await domain.tickets.watch(ben, ticket.id, on=True)
    note = NewNote("@Ben, @Ann", (ben.agent_id, ben.agent_id, ann.agent_id))
    cid = domain.cid()
    for _ in range(2):
        await domain.tickets.note(ann, ticket.id, cid, note)
    assert (await told(domain, ben))[0] == ("mentioned", 1, "note") and len(await told(domain, ben)) == 2
    assert await told(domain, ann) == []
    entry = (await domain.ticket_queries.detail(ben, ticket.id)).entries[-1]
    assert [(one.field, one.after) for one in entry.changes] == [("mention", ben.agent_id), ("mention", ann.agent_id)]


async def test_nobody_is_named_in_what_he_could_not_read(domain: Domain) -> None:
    north = await domain.team("North")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben")
    ticket = await make(domain, ann, team_id=north.id)
    for named, code in ((ABSENT, "mention_unknown"), (ben.agent_id, "mention_blind")):
        with pytest.raises(Invalid, match=code) as refused:
            await domain.tickets.note(ann, ticket.id, domain.cid(), NewNote("Look", (named,)))
        assert refused.value.field == "mentions"
    assert (await domain.ticket_queries.detail(ann, ticket.id)).ticket.entries == 1


async def test_who_may_no_longer_see_it_is_told_no_more(domain: Domain) -> None:
    north = await domain.team("North")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben")
    ticket = await make(domain, ann)
    await domain.tickets.watch(ben, ticket.id, on=True)
    await domain.tickets.change(ann, ticket.id, TicketChange(priority=Priority.HIGH))
    assert await unseen(domain, ben) == 1
    await domain.tickets.change(ann, ticket.id, TicketChange(team_id=north.id))
    await domain.tickets.note(ann, ticket.id, domain.cid(), NewNote("Between us"))
    assert (await told(domain, ben), await unseen(domain, ben)) == ([], 0)


async def test_each_kind_can_be_switched_off(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    ticket = await make(domain, ann, assignee_id=ben.agent_id)
    await domain.tickets.watch(ben, ticket.id, on=True)
    assert await domain.ticket_notices.choice(ben) == NoticeChoice()
    await domain.ticket_notices.choose(ben, NoticeChoice(assigned=False))
    await domain.tickets.note(ann, ticket.id, domain.cid(), NewNote("Not told"))
    await domain.tickets.note(ann, ticket.id, domain.cid(), NewNote("@Ben", (ben.agent_id,)))
    assert await told(domain, ben) == [("mentioned", 1, "note"), ("assigned", 1, "created")]
    await domain.ticket_notices.choose(ben, NoticeChoice(mentioned=False, watched=False))
    await domain.tickets.note(ann, ticket.id, domain.cid(), NewNote("@Ben", (ben.agent_id,)))
    await domain.tickets.change(ann, ticket.id, TicketChange(assignee_id=None))
    assert len(await told(domain, ben)) == 2
    assert await domain.ticket_notices.choice(ben) == NoticeChoice(mentioned=False, watched=False)
    assert await domain.ticket_notices.choice(ann) == NoticeChoice()


async def test_what_was_looked_at_is_no_longer_new(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    first, second = [await make(domain, ann, assignee_id=ben.agent_id) for _ in range(2)]
    heard = heard_by(domain)
    await domain.tickets.note(ann, first.id, domain.cid(), NewNote("Look"))
    assert await unseen(domain, ben) == 3
    await domain.ticket_notices.see(ben, Seen(ticket_id=first.id))
    assert (await unseen(domain, ben), heard) == (1, [ben.agent_id] * 2)
    await domain.ticket_notices.see(ann, Seen())  # hers alone
    page = await domain.ticket_notices.listing(ben, NoticeQuery())
    assert [(one.ticket_id, one.seen) for one in page.notices] == [
        (first.id, True), (second.id, False), (first.id, True),
    ]  # fmt: skip
    await domain.ticket_notices.see(ben, Seen(number=page.notices[1].number))
    assert await unseen(domain, ben) == 0
    await domain.ticket_notices.see(ben, Seen())
    assert len(heard) == 3  # the last one changed nothing
    older = await domain.ticket_notices.listing(ben, NoticeQuery(before=page.notices[0].number, limit=1))
    assert ([one.number for one in older.notices], older.more) == ([page.notices[1].number], True)


async def test_an_agent_keeps_the_newest_and_no_more(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    limits = Limits(ticket_notices_of_one_max=3)
    few = Tickets(domain.database, domain.ids, domain.clock, limits, domain.agents.names)
    for number in range(5):
        await few.create(ann, domain.cid(), NewTicket(f"{number}", assignee_id=ben.agent_id))
    assert [number for _, number, _ in await told(domain, ben)] == [5, 4, 3]


async def test_who_reads_no_tickets_has_no_notices(domain: Domain) -> None:
    nobody = Agent("a" * 26, "s" * 26, "agent", frozenset())
    notices = TicketNotices(domain.database, Limits())
    for attempt in (notices.listing(nobody, NoticeQuery()), notices.choice(nobody), notices.see(nobody, Seen())):
        with pytest.raises(Forbidden):
            await attempt
