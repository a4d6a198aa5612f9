"""Tickets: made once, changed by who may, every change in their history and told to who may see it."""

import asyncio
from typing import Any

import pytest
from msgspec import UNSET

from app.accounts.fields import NewField
from app.bus.bus import Listener
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import TicketChanged
from app.model.fields import FieldKind
from app.model.principals import Agent, Visitor
from app.model.tickets import EntryKind, Priority, Status, Ticket, Type
from app.settings import Limits
from app.storage.database import Transaction
from app.storage.tickets import Sort
from app.tickets.queries import TicketQuery
from app.tickets.tickets import Named, NewNote, NewTicket, TicketChange, Tickets, Tie
from tests.domain import SYSTEM, Domain

ABSENT = "0" * 26


async def make(domain: Domain, agent: Agent, title: str = "A broken cup", **facts: Any) -> Ticket:
    return await domain.tickets.create(agent, domain.cid(), NewTicket(title, **facts))


async def titles(domain: Domain, agent: Agent, **asked: Any) -> list[str]:
    page = await domain.ticket_queries.listing(agent, TicketQuery(**asked))
    return [row.ticket.title for row in page.tickets]


async def history(domain: Domain, agent: Agent, ticket: Ticket) -> list[tuple[str, str, dict[str, tuple[str, str]]]]:
    """Each entry's kind, whose it is, and what changed: field to before and after."""
    detail = await domain.ticket_queries.detail(agent, ticket.id)
    return [
        (entry.kind.value, entry.actor.name, {one.field: (one.before, one.after) for one in entry.changes})
        for entry in detail.entries
    ]


def heard_by(domain: Domain) -> list[TicketChanged]:
    heard: list[TicketChanged] = []
    listener: Listener = lambda batch: heard.extend(one for one in batch if isinstance(one, TicketChanged))  # noqa: E731
    domain.bus.subscribe(listener)
    return heard


async def test_numbers_are_dense_whoever_makes_them_and_whatever_fails(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    made = await asyncio.gather(*(make(domain, agent, f"Ticket {n}") for n in range(10) for agent in (ann, ben)))
    with pytest.raises(Invalid, match="agent_unusable"):
        await make(domain, ann, assignee_id=ABSENT)
    assert sorted(ticket.number for ticket in [*made, await make(domain, ann)]) == list(range(1, 22))


async def test_the_same_request_again_makes_no_second_one(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    cid, heard = domain.cid(), heard_by(domain)
    first, again = await asyncio.gather(*(domain.tickets.create(ann, cid, NewTicket("Once")) for _ in range(2)))
    assert first == again and len(heard) == 1
    with pytest.raises(Conflict, match="key_reused"):
        await domain.tickets.create(ann, cid, NewTicket("Another"))


async def test_a_change_is_a_line_of_the_history_and_an_event(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    ticket = await make(domain, ann)
    heard = heard_by(domain)
    change = TicketChange(priority=Priority.URGENT, assignee_id=ben.agent_id, due_at=5, type=Type.PROBLEM)
    after = await domain.tickets.change(ann, ticket.id, change)

    assert (after.status, after.version, after.entries) == (Status.OPEN, 2, 2)  # somebody has it: no longer new
    assert await history(domain, ann, ticket) == [
        ("created", "Ann", {}),
        (
            "changed",
            "Ann",
            {
                "status": ("new", "open"),
                "priority": ("2", "4"),
                "type": ("question", "problem"),
                "assignee_id": ("", ben.agent_id),
                "due_at": ("", "5"),
            },
        ),
    ]
    assert [(event.name, event.ticket) for event in heard] == [("ticket.updated", after)]
    assert await domain.tickets.change(ben, ticket.id, change) == after and len(heard) == 1  # nothing changes


async def test_it_is_done_since_it_became_so(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    ticket = await make(domain, ann)
    domain.clock.jump(60)
    done = await domain.tickets.change(ann, ticket.id, TicketChange(status=Status.DONE))
    assert done.done_at == domain.clock.now_ms()
    domain.clock.jump(60)
    renamed = await domain.tickets.change(ann, ticket.id, TicketChange(title="Other"))
    assert renamed.done_at == done.done_at
    assert (await domain.tickets.change(ann, ticket.id, TicketChange(status=Status.WAITING))).done_at is None


async def test_who_changes_what_he_did_not_see_is_told(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    ticket = await make(domain, ann)
    changes = [TicketChange(title=title, expected=ticket.version) for title in ("By Ann", "By Ben")]
    results = await asyncio.gather(
        *(domain.tickets.change(agent, ticket.id, change) for agent, change in zip((ann, ben), changes, strict=True)),
        return_exceptions=True,
    )
    refused = [one for one in results if isinstance(one, Conflict)]
    assert [one.code for one in refused] == ["stale"]
    assert await titles(domain, ann) in (["By Ann"], ["By Ben"])


async def test_whose_it_is_says_who_sees_it(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben", teams=[south])
    boss, observer = await domain.agent("Boss", "owner"), await domain.agent("Oz", "observer")
    ticket = await make(domain, ann, "North's", team_id=north.id)
    await make(domain, ann, "Everybody's")
    assert await titles(domain, ben) == ["Everybody's"]
    assert await titles(domain, boss) == await titles(domain, observer) == ["Everybody's", "North's"]
    for attempt in (
        domain.ticket_queries.detail(ben, ticket.id),
        domain.ticket_queries.entries(ben, ticket.id, 9),
        domain.tickets.change(ben, ticket.id, TicketChange(title="Mine")),
        domain.tickets.note(ben, ticket.id, domain.cid(), NewNote("Hello")),
        domain.tickets.watch(ben, ticket.id, on=True),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(Forbidden):
        await domain.tickets.change(observer, ticket.id, TicketChange(title="Mine"))
    with pytest.raises(Forbidden):
        await make(domain, observer)
    await domain.tickets.change(ann, ticket.id, TicketChange(assignee_id=ben.agent_id))
    assert (await domain.ticket_queries.detail(ben, ticket.id)).ticket.team_id == north.id


async def test_a_visitor_knows_of_none(domain: Domain) -> None:
    visitor = Visitor(ABSENT, ABSENT)
    with pytest.raises(NotFound):
        await domain.tickets.create(visitor, domain.cid(), NewTicket("Mine"))


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"title": " \n "}, "empty"),
        ({"assignee_id": ABSENT}, "agent_unusable"),
        ({"team_id": ABSENT}, "team_unknown"),
        ({"contact_id": ABSENT}, "contact_unknown"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_to_do(domain: Domain, facts: dict[str, Any], code: str) -> None:
    ann = await domain.agent("Ann")
    ticket = await make(domain, ann)
    for attempt in (
        domain.tickets.create(ann, domain.cid(), NewTicket(**{"title": "A cup", **facts})),
        domain.tickets.change(ann, ticket.id, TicketChange(**facts)),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert refused.value.code == code and refused.value.en and refused.value.zh and refused.value.field
    assert await domain.tickets.change(ann, ticket.id, TicketChange(title=UNSET)) == ticket


async def test_lists_are_narrowed_sorted_and_counted(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    inbox = await domain.inbox()
    visitor = await domain.visitor(inbox)
    now = domain.clock.now_ms()
    await make(domain, ann, "late", due_at=now - 1, priority=Priority.LOW, assignee_id=ann.agent_id)
    domain.clock.jump(1)
    await make(domain, ann, "soon", due_at=now + 9_000_000, priority=Priority.URGENT, contact_id=visitor.contact_id)
    domain.clock.jump(1)
    await make(domain, ben, "done", due_at=now - 2, status=Status.DONE, assignee_id=ben.agent_id, type=Type.TASK)
    domain.clock.jump(1)
    waiting = await make(domain, ben, "waiting", status=Status.WAITING)
    await domain.tickets.watch(ann, waiting.id, on=True)

    for asked, expected in (
        ({}, ["waiting", "done", "soon", "late"]),
        ({"sort": Sort.CREATED}, ["waiting", "done", "soon", "late"]),
        ({"sort": Sort.DUE}, ["done", "late", "soon", "waiting"]),
        ({"sort": Sort.PRIORITY}, ["soon", "waiting", "done", "late"]),
        ({"category": "open"}, ["soon", "late"]),
        ({"status": Status.NEW}, ["soon"]),
        ({"status": Status.OPEN, "category": "done"}, []),
        ({"assignee": "me"}, ["late"]),
        ({"assignee": "none"}, ["waiting", "soon"]),
        ({"assignee": ben.agent_id}, ["done"]),
        ({"team": "none", "type": Type.TASK}, ["done"]),
        ({"priority": Priority.URGENT}, ["soon"]),
        ({"contact": visitor.contact_id}, ["soon"]),
        ({"watching": True}, ["waiting"]),
        ({"overdue": True}, ["late"]),
    ):
        assert await titles(domain, ann, **asked) == expected, asked
    counts = (await domain.ticket_queries.listing(ann, TicketQuery(status=Status.DONE))).counts
    assert counts == {"new": 1, "open": 1, "waiting": 1, "done": 1}


@pytest.mark.parametrize("sort", [one for one in Sort if not one.startswith("field")])
async def test_pages_follow_one_another_in_every_order(domain: Domain, sort: Sort) -> None:
    ann = await domain.agent("Ann")
    for number in range(11):
        due = None if number % 3 else 1_000 + number % 2
        await make(domain, ann, str(number), priority=Priority(1 + number % 2), due_at=due)
    whole = await titles(domain, ann, sort=sort)
    found, before = [], None
    while True:
        page = await domain.ticket_queries.listing(ann, TicketQuery(sort=sort, before=before, limit=2))
        found += [row.ticket.title for row in page.tickets]
        before = page.next
        if before is None:
            break
    assert found == whole and len(found) == 11
    for nonsense in ("", "1", "x.1", "1.1.1", "9" * 40 + ".1"):
        with pytest.raises(Invalid, match="cursor_unknown"):
            await domain.ticket_queries.listing(ann, TicketQuery(sort=sort, before=nonsense))


async def test_they_are_found_by_words_number_and_what_others_call_them(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    cup = await make(domain, ann, "A broken cup", description="The handle came off 杯子碎了")
    await make(domain, ann, "退货申请")
    await domain.tickets.name(ann, cup.id, Named("shop", "SF-20991"))
    for words, expected in (
        ("handle", ["A broken cup"]),
        ("brok", ["A broken cup"]),
        ("碎了", ["A broken cup"]),
        ("退货", ["退货申请"]),
        ("SF-20991", ["A broken cup"]),
        ("#2", ["退货申请"]),
        ("1", ["A broken cup"]),
        ("nothing", []),
        ('"', []),
    ):
        assert await titles(domain, ann, q=words) == expected, words
    await domain.tickets.change(ann, cup.id, TicketChange(title="A jug", description=""))
    assert await titles(domain, ann, q="handle") == []
    assert await titles(domain, ann, q="SF-20991") == await titles(domain, ann, q="jug") == ["A jug"]


async def test_a_rebuild_of_the_search_index_finds_them_all_again(domain: Domain) -> None:
    ann, boss = await domain.agent("Ann"), await domain.agent("Boss", "owner")
    batch = await domain.own_fields.create(boss, NewField(FieldKind.TEXT, "Batch"))
    for number in range(3):
        ticket = await make(domain, ann, f"杯子 {number}", description="handle", fields={batch.id: "B-77"})
        await domain.tickets.name(ann, ticket.id, Named("shop", f"SF-{number}"))
    await domain.index.begin_rebuild()
    assert await titles(domain, ann, q="handle") == [] and not (await domain.index.rebuilt()).done
    while await domain.index.rebuild_some():
        pass
    assert (await domain.index.rebuilt()).done
    for words, found in (("handle", 3), ("杯子", 3), ("B-77", 3), ("SF-1", 1)):
        assert len(await titles(domain, ann, q=words)) == found, words


async def test_notes_are_written_once_and_stay(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    ticket = await make(domain, ann)
    cid = domain.cid()
    for _ in range(2):
        after = await domain.tickets.note(ann, ticket.id, cid, NewNote("Asked the warehouse"))
    assert after.entries == 2
    (_, note) = (await domain.ticket_queries.detail(ann, ticket.id)).entries
    assert (note.kind, note.text, note.actor.id) == (EntryKind.NOTE, "Asked the warehouse", ann.agent_id)
    with pytest.raises(Invalid, match="empty"):
        await domain.tickets.note(ann, ticket.id, domain.cid(), NewNote("  "))


async def test_an_external_name_leads_to_one_ticket(domain: Domain) -> None:
    north = await domain.team("North")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben")
    first, second = await make(domain, ann, team_id=north.id), await make(domain, ben)
    named = Named("erp", "4711", "https://erp.example/4711")
    for _ in range(2):
        assert (await domain.tickets.name(ann, first.id, named)).version == 2
    for who, words in ((ann, "#1"), (ben, "A ticket")):
        with pytest.raises(Conflict, match="reference_taken") as taken:
            await domain.tickets.name(who, second.id, named)
        assert words in taken.value.en
    await domain.tickets.name(ben, second.id, Named("crm", "4711"))  # another system's
    await domain.tickets.unname(ann, first.id, named)
    assert (await domain.tickets.name(ben, second.id, named)).id == second.id
    references = (await domain.ticket_queries.detail(ben, second.id)).references
    assert [(one.system, one.url) for one in references] == [("crm", ""), ("erp", "https://erp.example/4711")]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x.example", "https://", "https://a:b@x.example", "https://x.example/a b", "x"]
)
async def test_a_link_that_is_none_is_refused(domain: Domain, url: str) -> None:
    ann = await domain.agent("Ann")
    ticket = await make(domain, ann)
    with pytest.raises(Invalid, match="link_unusable"):
        await domain.tickets.name(ann, ticket.id, Named("erp", "1", url))


async def test_conversations_are_linked_by_who_may_read_them(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben", teams=[south])
    theirs = (await domain.say(await domain.visitor(await domain.inbox(north)), "Hello")).conv
    ticket = await make(domain, ann)
    with pytest.raises(NotFound):
        await domain.tickets.tie(ben, ticket.id, Tie(theirs))
    with pytest.raises(NotFound):
        await make(domain, ben, conversation_ids=(theirs,))
    for _ in range(2):
        assert (await domain.tickets.tie(ann, ticket.id, Tie(theirs))).version == 2
    seen = await domain.ticket_queries.detail(ann, ticket.id)
    hidden = await domain.ticket_queries.detail(ben, ticket.id)
    assert ([head.id for head in seen.conversations], seen.hidden) == ([theirs], 0)
    assert (hidden.conversations, hidden.hidden) == ([], 1)
    assert await titles(domain, ann, conversation=theirs) == ["A broken cup"]
    await domain.tickets.untie(ann, ticket.id, Tie(theirs))
    assert await titles(domain, ann, conversation=theirs) == []
    assert [kind for kind, _, _ in await history(domain, ann, ticket)] == ["created", "linked", "unlinked"]


async def test_nothing_of_a_history_can_be_changed_and_it_has_an_end(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    limits = Limits(ticket_entries_max=2, ticket_references_max=1)
    tickets = Tickets(domain.database, domain.ids, domain.clock, limits, domain.agents.names)
    ticket = await tickets.create(ann, domain.cid(), NewTicket("A cup"))
    await tickets.name(ann, ticket.id, Named("erp", "1"))
    with pytest.raises(Conflict, match="limit_reached"):
        await tickets.name(ann, ticket.id, Named("erp", "2"))
    with pytest.raises(Conflict, match="limit_reached"):
        await tickets.note(ann, ticket.id, domain.cid(), NewNote("One too many"))
    assert len((await domain.ticket_queries.detail(ann, ticket.id)).entries) == 2


async def test_machines_make_them_too(domain: Domain) -> None:
    boss = await domain.agent("Boss", "owner")
    await domain.tickets.create(SYSTEM, "", NewTicket("From the shop"))
    await domain.tickets.create(SYSTEM, "", NewTicket("From the shop"))
    assert await titles(domain, boss) == ["From the shop"] * 2


async def test_a_unit_run_twice_leaves_one_trace(domain: Domain) -> None:
    """Another unit of the group fails, so this one is run again from its start (group commit)."""
    ann = await domain.agent("Ann")

    def fails(tx: Transaction) -> None:
        tx.execute("DELETE FROM ticket_watchers")
        raise Conflict("no", "no", "no")

    results = await asyncio.gather(
        make(domain, ann), domain.database.write(fails), make(domain, ann), return_exceptions=True
    )
    assert isinstance(results[1], Conflict)
    assert [row.ticket.number for row in (await domain.ticket_queries.listing(ann, TicketQuery())).tickets] == [2, 1]
