"""A ticket out of a conversation: named by the visitor's words, linked, noted in the thread for staff alone."""

import asyncio

import pytest

from app.accounts.agents import AgentChange
from app.chat.conversations import Assignment
from app.chat.ticketing import TicketFromConversation
from app.model.conversations import Kind
from app.model.errors import Forbidden, NotFound
from app.model.tickets import Status
from app.tickets.queries import TicketQuery
from tests.domain import SYSTEM, Domain


async def test_one_click_says_all_that_the_conversation_knows(domain: Domain) -> None:
    team = await domain.team("Returns")
    ann = await domain.agent("Ann", teams=[team])
    visitor = await domain.visitor(await domain.inbox(team))
    conv = (await domain.say(visitor, "Hello")).conv
    await domain.conversations.take(ann, conv)
    await domain.say(ann, "What is it?", conv)
    await domain.say(visitor, "My cup is broken.\nOrder 4711.", conv)

    ticket = await domain.ticketing.create(ann, conv, domain.cid(), TicketFromConversation())
    assert (ticket.title, ticket.description) == ("My cup is broken.", "My cup is broken.\nOrder 4711.")
    assert (ticket.contact_id, ticket.team_id, ticket.assignee_id) == (visitor.contact_id, team.id, ann.agent_id)
    assert ticket.status == Status.OPEN  # somebody has it
    detail = await domain.ticket_queries.detail(ann, ticket.id)
    assert [head.id for head in detail.conversations] == [conv]
    assert detail.contact is not None and detail.contact.id == visitor.contact_id

    line = (await domain.entries(conv))[-1]
    assert (line.kind, line.seq) == (Kind.SYSTEM, None)  # the visitor sees nothing of it
    assert line.data == {"event": "ticket_created", "agent": "Ann", "ticket": ticket.id, "number": "1"}
    assert (await domain.head(conv)).staff_seq == line.staff_seq
    page = await domain.history.thread(visitor, conv, None, 50)
    assert [entry.text for entry in page.messages if entry.text] == [
        "Hello", "What is it?", "My cup is broken.\nOrder 4711.",
    ]  # fmt: skip
    await domain.say(visitor, "Are you there?", conv)  # the thread's numbers go on


async def test_a_second_click_makes_no_second_ticket(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    conv = (await domain.say(await domain.visitor(await domain.inbox()), "Help")).conv
    cid = domain.cid()
    first, again = await asyncio.gather(
        *(domain.ticketing.create(ann, conv, cid, TicketFromConversation()) for _ in range(2))
    )
    assert first == again
    assert len([entry for entry in await domain.entries(conv) if entry.kind is Kind.SYSTEM]) == 1
    assert len((await domain.ticket_queries.listing(ann, TicketQuery(conversation=conv))).tickets) == 1


async def test_what_is_said_goes_before_what_is_known(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    conv = (await domain.say(await domain.visitor(await domain.inbox()), "x" * 900)).conv
    asked = TicketFromConversation("Call back", "At nine", assignee_id=ben.agent_id)
    ticket = await domain.ticketing.create(ann, conv, domain.cid(), asked)
    assert (ticket.title, ticket.description, ticket.assignee_id) == ("Call back", "At nine", ben.agent_id)
    long = await domain.ticketing.create(ann, conv, domain.cid(), TicketFromConversation())
    assert len(long.title) == 200 and long.title.endswith("…") and long.description == "x" * 900


async def test_who_left_the_company_is_not_given_it(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    conv = (await domain.say(await domain.visitor(await domain.inbox()), "Help")).conv
    await domain.conversations.assign(ann, conv, Assignment(ben.agent_id))
    await domain.agents.change(SYSTEM, ben.agent_id, AgentChange(disabled=True))
    ticket = await domain.ticketing.create(ann, conv, domain.cid(), TicketFromConversation())
    assert (ticket.assignee_id, ticket.status) == (None, Status.NEW)


async def test_only_who_may_write_in_the_conversation(domain: Domain) -> None:
    north = await domain.team("North")
    ben, observer = await domain.agent("Ben"), await domain.agent("Oz", "observer")
    conv = (await domain.say(await domain.visitor(await domain.inbox(north)), "Help")).conv
    with pytest.raises(NotFound):
        await domain.ticketing.create(ben, conv, domain.cid(), TicketFromConversation())
    with pytest.raises(Forbidden):
        await domain.ticketing.create(observer, conv, domain.cid(), TicketFromConversation())
