"""What a desk does with its tickets: fields of its own, lists that are kept, merging and its undoing, many at once."""

from typing import Any

import pytest

from app.accounts.fields import FieldChange, NewField
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.fields import Field, FieldKind
from app.model.principals import Agent
from app.model.tickets import Priority, Status, Ticket
from app.settings import Limits
from app.tickets.queries import TicketQuery
from app.tickets.tickets import Bulk, Merge, Named, NewNote, NewTicket, TicketChange, Tickets
from app.tickets.views import NewView, TicketViews
from tests.domain import Domain
from tests.tickets.test_tickets import ABSENT, history, make, titles

# --- fields ---------------------------------------------------------------------------------------------------------


async def field(domain: Domain, kind: FieldKind, *choices: str) -> Field:
    boss = await domain.agent(f"Boss {domain.cid()[-3:]}", "owner")
    return await domain.own_fields.create(boss, NewField(kind, f"{kind.value}?", "", choices))


async def put(domain: Domain, agent: Agent, ticket: Ticket, of: Field, value: str) -> dict[str, str]:
    return (await domain.tickets.change(agent, ticket.id, TicketChange(fields={of.id: value}))).fields


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (FieldKind.TEXT, ["批次 7", "x" * 500], ["x" * 501]),
        (FieldKind.NUMBER, ["12.5", "-3", "1e3"], ["twelve", "1_000", "nan", "inf", "١٢", "1,5"]),
        (FieldKind.DATE, ["2026-11-26"], ["26.11.2026", "2026-02-30", "20261126", "tomorrow"]),
        (FieldKind.CHOICE, ["red", "green"], ["blue", "Red"]),
        (FieldKind.CHECKBOX, ["true"], ["false", "yes", "1"]),
    ],
)
async def test_each_kind_takes_what_it_is_for(domain: Domain, kind: FieldKind, good: list[str], bad: list[str]) -> None:
    ann = await domain.agent("Ann")
    ticket = await make(domain, ann)
    choices = ("red", "green") if kind is FieldKind.CHOICE else ()
    one = await field(domain, kind, *choices)
    for value in good:
        assert await put(domain, ann, ticket, one, f" {value} ") == {one.id: value}
    for value in bad:
        with pytest.raises(Invalid, match="value_unusable") as refused:
            await put(domain, ann, ticket, one, value)
        assert refused.value.field == f"fields.{one.id}" and refused.value.zh
    assert (await domain.ticket_queries.detail(ann, ticket.id)).ticket.fields == {one.id: good[-1]}
    assert await put(domain, ann, ticket, one, "") == {}
    last = (await history(domain, ann, ticket))[-1]
    assert last == ("changed", "Ann", {f"fields.{one.id}": (good[-1], "")})


async def test_a_value_outlives_its_choice_and_its_field(domain: Domain) -> None:
    ann, boss = await domain.agent("Ann"), await domain.agent("Boss", "owner")
    colour = await field(domain, FieldKind.CHOICE, "red", "green")
    ticket = await make(domain, ann, fields={colour.id: "red"})
    await domain.own_fields.change(boss, colour.id, FieldChange(choices=("green",), archived=True))
    assert await put(domain, ann, ticket, colour, "red") == {colour.id: "red"}  # as it is
    with pytest.raises(Invalid):
        await make(domain, ann, fields={colour.id: "red"})
    assert [one.archived for one in await domain.own_fields.listing(ann)] == [True]
    assert await titles(domain, ann, q="red") == ["A broken cup"]


async def test_who_may_define_fields_and_what_they_must_have(domain: Domain) -> None:
    ann, boss = await domain.agent("Ann"), await domain.agent("Boss", "owner")
    with pytest.raises(Forbidden):
        await domain.own_fields.create(ann, NewField(FieldKind.TEXT, "Mine"))
    for new, code in (
        (NewField(FieldKind.TEXT, " "), "empty"),
        (NewField(FieldKind.CHOICE, "Colour"), "choices_missing"),
    ):
        with pytest.raises(Invalid, match=code):
            await domain.own_fields.create(boss, new)
    made = await domain.own_fields.create(boss, NewField(FieldKind.CHOICE, "", " 颜色 ", ("红", "红", " 绿 ")))
    assert (made.name_en, made.name_zh, made.choices, made.position) == ("颜色", "颜色", ("红", "绿"), 1)
    with pytest.raises(NotFound):
        await domain.own_fields.change(boss, ABSENT, FieldChange(archived=True))
    ticket = await make(domain, ann)
    with pytest.raises(Invalid, match="field_unknown"):
        await domain.tickets.change(ann, ticket.id, TicketChange(fields={ABSENT: "x"}))


# --- merging --------------------------------------------------------------------------------------------------------


async def test_a_merged_ticket_is_to_be_read_only_and_comes_back_as_it_was(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    twin = await make(domain, ann, "The same cup", status=Status.WAITING)
    main = await make(domain, ann)
    await domain.tickets.name(ann, twin.id, Named("erp", "4711"))
    merged = await domain.tickets.merge(ann, twin.id, Merge(main.id))
    assert (merged.status, merged.merged_into) == (Status.DONE, main.id)
    assert await titles(domain, ann) == ["A broken cup"]
    assert [one.id for one in (await domain.ticket_queries.detail(ann, main.id)).merged] == [twin.id]
    assert (await history(domain, ann, main))[-1] == ("linked", "Ann", {"ticket": ("", "#1")})
    for attempt in (
        domain.tickets.change(ann, twin.id, TicketChange(title="Other")),
        domain.tickets.note(ann, twin.id, domain.cid(), NewNote("Hello")),
        domain.tickets.merge(ann, twin.id, Merge(main.id)),
        domain.tickets.merge(ann, main.id, Merge(twin.id)),
        domain.tickets.name(ann, twin.id, Named("crm", "1")),
    ):
        with pytest.raises(Conflict, match=r"merged|merge_holds_others") as refused:
            await attempt
        assert "#2" in refused.value.en or refused.value.code == "merge_holds_others"
    with pytest.raises(Conflict, match="reference_taken"):
        await domain.tickets.name(ann, main.id, Named("erp", "4711"))  # what comes back from outside finds the twin

    back = await domain.tickets.unmerge(ann, twin.id)
    assert (back.status, back.merged_into, back.done_at) == (Status.WAITING, None, None)
    assert await titles(domain, ann) == ["A broken cup", "The same cup"] or await titles(domain, ann) == [
        "The same cup", "A broken cup",
    ]  # fmt: skip
    assert [kind for kind, _, _ in await history(domain, ann, twin)][-2:] == ["merged", "unmerged"]
    with pytest.raises(Conflict, match="not_merged"):
        await domain.tickets.unmerge(ann, twin.id)


async def test_a_merging_can_be_undone_for_a_day(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    twin, main = await make(domain, ann), await make(domain, ann)
    await domain.tickets.merge(ann, twin.id, Merge(main.id))
    domain.clock.jump(24 * 3_600 + 1)
    with pytest.raises(Conflict, match="too_late"):
        await domain.tickets.unmerge(ann, twin.id)


async def test_nobody_merges_into_what_he_may_not_see(domain: Domain) -> None:
    north = await domain.team("North")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben")
    theirs, his = await make(domain, ann, team_id=north.id), await make(domain, ben)
    for attempt in (
        domain.tickets.merge(ben, his.id, Merge(theirs.id)),
        domain.tickets.merge(ben, theirs.id, Merge(his.id)),
        domain.tickets.unmerge(ben, theirs.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(Conflict, match="merge_itself"):
        await domain.tickets.merge(ben, his.id, Merge(his.id))
    await domain.tickets.merge(ann, theirs.id, Merge(his.id))
    assert (await domain.ticket_queries.detail(ben, his.id)).merged == []


# --- many at once -----------------------------------------------------------------------------------------------------


async def test_many_are_changed_at_once_and_what_cannot_be_holds_nothing_back(domain: Domain) -> None:
    north = await domain.team("North")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben")
    mine = [await make(domain, ben, str(number)) for number in range(3)]
    theirs = await make(domain, ann, team_id=north.id)
    await domain.tickets.merge(ben, mine[2].id, Merge(mine[0].id))
    ids = (mine[0].id, theirs.id, mine[1].id, mine[2].id, mine[0].id)
    changed = await domain.tickets.change_all(ben, Bulk(ids, TicketChange(priority=Priority.URGENT)))
    assert [one.id for one in changed.tickets] == [mine[0].id, mine[1].id]
    assert [(one.id, one.code) for one in changed.refused] == [(theirs.id, "not_found"), (mine[2].id, "merged")]
    assert await titles(domain, ben, priority=Priority.URGENT, sort="created") == ["1", "0"]
    assert (await domain.ticket_queries.detail(ann, theirs.id)).ticket.version == theirs.version

    few = Tickets(domain.database, domain.ids, domain.clock, Limits(ticket_bulk_max=1), domain.agents.names)
    with pytest.raises(Invalid, match="too_many_at_once"):
        await few.change_all(ben, Bulk(ids[:2], TicketChange(priority=Priority.LOW)))
    with pytest.raises(Forbidden):
        await domain.tickets.change_all(await domain.agent("Oz", "observer"), Bulk(ids, TicketChange()))


# --- lists that are kept ----------------------------------------------------------------------------------------------


async def test_own_lists_are_ones_own_and_shared_ones_everybodys(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    boss, observer = await domain.agent("Boss", "owner"), await domain.agent("Oz", "observer")
    hers = await domain.ticket_views.create(ann, NewView(" Late  ones ", {"overdue": "1", "assignee": "me"}))
    shared = await domain.ticket_views.create(boss, NewView("Urgent", {"priority": "4"}, shared=True))
    with pytest.raises(Forbidden):
        await domain.ticket_views.create(ann, NewView("Everybody's", {}, shared=True))
    for agent, names in ((ann, ["Late ones", "Urgent"]), (ben, ["Urgent"]), (observer, ["Urgent"])):
        assert [view.name for view in await domain.ticket_views.listing(agent)] == names
    with pytest.raises(NotFound):
        await domain.ticket_views.delete(ben, hers.id)
    with pytest.raises(Forbidden):
        await domain.ticket_views.delete(ann, shared.id)
    await domain.ticket_views.delete(boss, shared.id)
    await domain.ticket_views.delete(ann, hers.id)
    assert await domain.ticket_views.listing(ann) == []


@pytest.mark.parametrize(
    "query", [{"colour": "red"}, {"priority": "9"}, {"before": "1.1"}, {"limit": "5"}, {"sort": "title"}]
)
async def test_a_list_that_cannot_be_asked_for_is_not_kept(domain: Domain, query: dict[str, Any]) -> None:
    ann = await domain.agent("Ann")
    with pytest.raises(Invalid, match="query_unknown"):
        await domain.ticket_views.create(ann, NewView("Bad", query))


async def test_there_are_so_many_lists_and_no_more(domain: Domain) -> None:
    limits = Limits(ticket_views_of_one_max=1, ticket_views_shared_max=1)
    views = TicketViews(domain.database, domain.ids, domain.clock, limits)
    ann, boss = await domain.agent("Ann"), await domain.agent("Boss", "owner")
    await views.create(ann, NewView("One", {}))
    await views.create(boss, NewView("One", {}))
    await views.create(boss, NewView("Shared", {}, shared=True))
    for agent, shared in ((ann, False), (boss, True)):
        with pytest.raises(Conflict, match="limit_reached"):
            await views.create(agent, NewView("Two", {}, shared=shared))


async def test_a_new_ticket_says_nothing_of_fields_that_nobody_filled(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    ticket = await domain.tickets.create(ann, domain.cid(), NewTicket("A cup"))
    row = (await domain.ticket_queries.listing(ann, TicketQuery())).tickets[0].ticket
    assert row == ticket and row.fields == {}
