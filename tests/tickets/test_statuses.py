"""A desk's own statuses: named, ordered, archived, each meaning one of three things to lists and promises."""

import pytest

from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.tickets import Category, Status, TicketStatus
from app.settings import Limits
from app.storage import audit
from app.tickets.queries import TicketQuery
from app.tickets.statuses import NewStatus, StatusChange, StatusOrder, TicketStatuses
from app.tickets.tickets import Merge, TicketChange
from tests.domain import SYSTEM, Domain
from tests.tickets.test_tickets import ABSENT, history, make, titles


async def named(domain: Domain, category: Category, name: str) -> TicketStatus:
    return await domain.ticket_statuses.create(SYSTEM, NewStatus(category, name))


async def test_a_desk_begins_with_four(domain: Domain) -> None:
    found = await domain.ticket_statuses.listing(await domain.agent("Ann"))
    assert [(one.id, one.name_en, one.name_zh, one.category.value) for one in found] == [
        ("new", "New", "新建", "open"),
        ("open", "Open", "处理中", "open"),
        ("waiting", "Waiting", "等待中", "waiting"),
        ("done", "Done", "已完成", "done"),
    ]


async def test_a_status_of_ones_own_means_what_its_category_means(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    carrier = await named(domain, Category.WAITING, "At the carrier")
    refused = await named(domain, Category.DONE, "Refused")
    ticket = await make(domain, ann, due_at=1)

    waiting = await domain.tickets.change(ann, ticket.id, TicketChange(status=carrier.id))
    assert (waiting.category, waiting.done_at) == (Category.WAITING, None)
    assert (await history(domain, ann, ticket))[-1] == ("changed", "Ann", {"status": ("new", carrier.id)})
    assert await titles(domain, ann, category=Category.WAITING) == ["A broken cup"]
    assert await titles(domain, ann, status=carrier.id) == ["A broken cup"]
    assert await titles(domain, ann, status="waiting") == []
    assert await titles(domain, ann, overdue=True) == ["A broken cup"]

    over = await domain.tickets.change(ann, ticket.id, TicketChange(status=refused.id))
    assert (over.category, over.done_at) == (Category.DONE, domain.clock.now_ms())
    assert await titles(domain, ann, overdue=True) == []
    page = await domain.ticket_queries.listing(ann, TicketQuery(category=Category.OPEN))
    assert page.counts == {"new": 0, "open": 0, "waiting": 0, "done": 0, carrier.id: 0, refused.id: 1}
    assert page.categories == {"open": 0, "waiting": 0, "done": 1}


async def test_assigning_merging_and_its_undoing_keep_to_categories(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    carrier = await named(domain, Category.WAITING, "At the carrier")
    twin, main = await make(domain, ann, "Twin", status=carrier.id), await make(domain, ann)
    assert twin.category is Category.WAITING
    given = await domain.tickets.change(ann, twin.id, TicketChange(assignee_id=ann.agent_id))
    assert given.status == carrier.id  # only what is new becomes open
    merged = await domain.tickets.merge(ann, twin.id, Merge(main.id))
    assert (merged.status, merged.category) == (Status.DONE, Category.DONE)
    back = await domain.tickets.unmerge(ann, twin.id)
    assert (back.status, back.category, back.done_at) == (carrier.id, Category.WAITING, None)


async def test_an_archived_status_stays_where_it_is_and_is_given_no_more(domain: Domain) -> None:
    ann, boss = await domain.agent("Ann"), await domain.agent("Boss", "owner")
    carrier = await named(domain, Category.WAITING, "At the carrier")
    ticket, other = await make(domain, ann, status=carrier.id), await make(domain, ann)
    await domain.ticket_statuses.change(boss, carrier.id, StatusChange(archived=True))
    kept = await domain.tickets.change(ann, ticket.id, TicketChange(title="Still there", status=carrier.id))
    assert (kept.title, kept.status) == ("Still there", carrier.id)
    with pytest.raises(Invalid, match="status_archived") as refused:
        await domain.tickets.change(ann, other.id, TicketChange(status=carrier.id))
    assert refused.value.field == "status" and "At the carrier" in refused.value.zh
    with pytest.raises(Invalid, match="status_archived"):
        await make(domain, ann, status=carrier.id)
    assert (await domain.ticket_queries.listing(ann, TicketQuery())).counts[carrier.id] == 1
    await domain.tickets.change(ann, ticket.id, TicketChange(status="open"))
    assert carrier.id not in (await domain.ticket_queries.listing(ann, TicketQuery())).counts
    await domain.ticket_statuses.change(boss, carrier.id, StatusChange(archived=False))
    await domain.tickets.change(ann, other.id, TicketChange(status=carrier.id))


async def test_what_a_status_must_be(domain: Domain) -> None:
    ann, boss = await domain.agent("Ann"), await domain.agent("Boss", "owner")
    for attempt in (
        domain.ticket_statuses.create(ann, NewStatus(Category.OPEN, "Mine")),
        domain.ticket_statuses.change(ann, "open", StatusChange(name_en="Mine")),
        domain.ticket_statuses.order(ann, StatusOrder(("new",))),
    ):
        with pytest.raises(Forbidden):
            await attempt
    made = await domain.ticket_statuses.create(boss, NewStatus(Category.OPEN, "", " 维修  中 "))
    assert (made.name_en, made.name_zh, made.position) == ("维修 中", "维修 中", 5)
    with pytest.raises(Invalid, match="empty"):
        await domain.ticket_statuses.create(boss, NewStatus(Category.OPEN, " ", "\0"))
    for new in (NewStatus(Category.OPEN, "done"), NewStatus(Category.OPEN, "Mending", "维修 中")):
        with pytest.raises(Conflict, match="name_taken"):
            await domain.ticket_statuses.create(boss, new)
    with pytest.raises(Conflict, match="status_given"):
        await domain.ticket_statuses.change(boss, "waiting", StatusChange(archived=True))
    with pytest.raises(NotFound):
        await domain.ticket_statuses.change(boss, ABSENT, StatusChange(archived=True))
    with pytest.raises(Invalid, match="status_unknown"):
        await make(domain, ann, status=ABSENT)
    renamed = await domain.ticket_statuses.change(
        boss, "waiting", StatusChange(name_en="With others", name_zh="等别人")
    )
    assert (renamed.id, renamed.name_en, renamed.category) == ("waiting", "With others", Category.WAITING)
    few = TicketStatuses(domain.database, domain.ids, Limits(ticket_statuses_max=5))
    with pytest.raises(Conflict, match="limit_reached"):
        await few.create(boss, NewStatus(Category.OPEN, "One too many"))


async def test_they_have_the_order_that_they_are_given(domain: Domain) -> None:
    boss = await domain.agent("Boss", "owner")
    mine = await named(domain, Category.OPEN, "In the workshop")
    wanted = ("new", mine.id, "open", "waiting", "done")
    assert [one.id for one in await domain.ticket_statuses.order(boss, StatusOrder(wanted))] == list(wanted)
    assert [one.id for one in await domain.ticket_statuses.listing(boss)] == list(wanted)
    noted = await audit.page(domain.database, audit.Filter(noun="ticket_status"), 2**53, 10)
    assert [(one.action, one.object_name) for one in noted] == [
        ("ticket_status.order", ""),
        ("ticket_status.create", "In the workshop"),
    ]
    for ids in (("new", "open"), (*wanted, ABSENT), ("new", "new", *wanted[2:])):
        with pytest.raises(Conflict, match="stale"):
            await domain.ticket_statuses.order(boss, StatusOrder(ids))
