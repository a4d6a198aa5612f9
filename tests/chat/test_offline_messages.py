"""Messages that are left: an address, a number, and a conversation that waits for nobody in the chat."""

import pytest

from app.chat.offline_messages import Left, NewOfflineMessage
from app.model.errors import Conflict, Invalid, NotFound, TooMany
from app.model.events import ConversationChanged, Event, TicketChanged
from app.model.frames import Send
from app.model.tickets import Priority, Status, Type
from app.storage import ticket_links
from app.storage.database import Transaction
from app.tickets.queries import TicketQuery
from tests.domain import Domain

ASKED = NewOfflineMessage("The spout is cracked.", "Lin", "lin@example.com")


async def test_it_is_a_ticket_that_leads_to_its_words_and_to_its_customer(domain: Domain) -> None:
    team = await domain.team("North")
    visitor, agent = await domain.visitor(await domain.inbox(team)), await domain.agent("Ann", teams=[team])
    stranger = await domain.agent("Ben", teams=[await domain.team("South")])
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    left = await domain.offline_messages.leave(
        visitor, domain.cid(), NewOfflineMessage("The spout is cracked.\nCan it be mended?", email="lin@example.com")
    )
    (row,) = (await domain.ticket_queries.listing(agent, TicketQuery())).tickets
    ticket = row.ticket
    assert (ticket.number, ticket.title, ticket.description) == (
        left.number, "The spout is cracked.", "The spout is cracked.\nCan it be mended?",
    )  # fmt: skip
    assert (ticket.status, ticket.type, ticket.priority) == (Status.NEW, Type.MESSAGE, Priority.NORMAL)
    assert (ticket.contact_id, ticket.team_id, ticket.assignee_id) == (visitor.contact_id, team.id, None)
    assert row.contact is not None
    assert row.contact.email == "lin@example.com"
    tied = await domain.database.write(lambda tx: ticket_links.ties(tx, ticket.id))
    assert tied == 1
    assert [event.name for event in heard if isinstance(event, TicketChanged)] == ["ticket.created"]
    assert (await domain.ticket_queries.listing(stranger, TicketQuery())).tickets == []


async def test_what_he_wrote_before_is_the_tickets_where_he_adds_nothing(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "Is anybody there?")).conv
    left = await domain.offline_messages.leave(visitor, domain.cid(), NewOfflineMessage(phone="13800000000", conv=conv))
    (row,) = (await domain.ticket_queries.listing(agent, TicketQuery(conversation=conv))).tickets
    assert (row.ticket.number, row.ticket.title) == (left.number, "Is anybody there?")


async def test_what_he_adds_stands_below_what_he_asked(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "Is anybody there?")).conv
    await domain.offline_messages.leave(
        visitor, domain.cid(), NewOfflineMessage("Call after six.", phone="13800000000", conv=conv)
    )
    (row,) = (await domain.ticket_queries.listing(agent, TicketQuery(conversation=conv))).tickets
    assert (row.ticket.title, row.ticket.description) == ("Is anybody there?", "Is anybody there?\n\nCall after six.")


async def test_one_left_before_there_were_tickets_keeps_its_number(domain: Domain) -> None:
    visitor, cid = await domain.visitor(await domain.inbox()), domain.cid()
    left = await domain.offline_messages.leave(visitor, cid, ASKED)

    def as_it_was(tx: Transaction) -> None:
        tx.execute("UPDATE offline_messages SET number = 40, ticket_id = NULL")

    await domain.database.write(as_it_was)
    assert await domain.offline_messages.leave(visitor, cid, ASKED) == Left(40, left.conv)


async def test_a_power_cut_leaves_all_of_it_or_nothing(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, cid, agent = await domain.visitor(await domain.inbox()), domain.cid(), await domain.agent("Ann")
    with monkeypatch.context() as cut:

        def gone(*_: object) -> None:
            raise ConnectionError

        cut.setattr("app.chat.offline_messages.offline_messages.insert", gone)  # after the ticket was made
        with pytest.raises(ConnectionError):
            await domain.offline_messages.leave(visitor, cid, ASKED)
    assert (await domain.ticket_queries.listing(agent, TicketQuery())).tickets == []
    assert await domain.history.threads(visitor) == []
    assert (await domain.offline_messages.leave(visitor, cid, ASKED)).number == 1


async def test_it_becomes_a_conversation_with_an_address_and_a_number(domain: Domain) -> None:
    team = await domain.team("North")
    visitor, agent = await domain.visitor(await domain.inbox(team)), await domain.agent("Ann", teams=[team])
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)

    left = await domain.offline_messages.leave(visitor, domain.cid(), ASKED)

    head = await domain.head(left.conv)
    assert (head.status, head.team_id, head.last_text, head.waiting_since) == (
        "offline", team.id, "The spout is cracked.", domain.clock.now_ms(),
    )  # fmt: skip
    contact = await domain.contacts.find(agent, visitor.contact_id)
    assert (contact.name, contact.email, contact.claimed) == ("Lin", "lin@example.com", ("name", "email"))
    said, line = (await domain.history.thread(visitor, left.conv, None, 50)).messages
    assert (said.text, line.data) == ("The spout is cracked.", {"event": "left_message", "number": str(left.number)})
    names = [event.name for event in heard if isinstance(event, ConversationChanged)]
    assert names == ["offline_message.created"]
    rows = await domain.database.read("SELECT email FROM offline_messages")
    assert rows == [("lin@example.com",)]


async def test_numbers_count_on(domain: Domain) -> None:
    inbox = await domain.inbox()
    numbers = [
        (await domain.offline_messages.leave(await domain.visitor(inbox), domain.cid(), ASKED)).number for _ in range(3)
    ]
    assert numbers == [1, 2, 3]


async def test_sent_again_it_finds_the_first(domain: Domain) -> None:
    visitor, cid = await domain.visitor(await domain.inbox()), domain.cid()
    first = await domain.offline_messages.leave(visitor, cid, ASKED)
    assert await domain.offline_messages.leave(visitor, cid, ASKED) == first
    assert len(await domain.history.threads(visitor)) == 1
    assert await domain.database.read("SELECT count(*) FROM tickets") == [(1,)]
    with pytest.raises(Conflict) as refused:
        await domain.offline_messages.leave(visitor, cid, NewOfflineMessage("Another.", phone="13800000000"))
    assert refused.value.code == "cid_reused"


async def test_a_key_that_a_message_had_is_refused(domain: Domain) -> None:
    visitor, cid = await domain.visitor(await domain.inbox()), domain.cid()
    await domain.messages.accept(visitor, Send(cid, None, "Is anybody there?"))
    with pytest.raises(Conflict) as refused:
        await domain.offline_messages.leave(visitor, cid, ASKED)
    assert refused.value.code == "cid_reused"
    assert len(await domain.history.threads(visitor)) == 1


async def test_who_waits_may_leave_it_and_goes_on_waiting_for_nobody(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "Is anybody there?")).conv
    left = await domain.offline_messages.leave(visitor, domain.cid(), NewOfflineMessage(phone="13800000000", conv=conv))
    assert (left.conv, (await domain.head(conv)).status) == (conv, "offline")
    await domain.say(agent, "Good morning.", conv)
    assert (await domain.head(conv)).status == "open"


async def test_what_is_being_answered_is_not_left(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "Hello?")).conv
    await domain.say(agent, "Hello.", conv)
    with pytest.raises(Conflict) as refused:
        await domain.offline_messages.leave(visitor, domain.cid(), NewOfflineMessage(phone="13800000000", conv=conv))
    assert refused.value.code == "being_answered"
    assert await domain.database.read("SELECT * FROM offline_messages") == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (NewOfflineMessage("Hello."), "address_missing"),
        (NewOfflineMessage("Hello.", email=" "), "address_missing"),
        (NewOfflineMessage("Hello.", phone="\u200b"), "address_missing"),
        (NewOfflineMessage("  ", email="lin@example.com"), "empty"),
        (NewOfflineMessage("Hello.", email="lin"), "email_malformed"),
        (NewOfflineMessage("Hello.", phone="lin"), "phone_malformed"),
        (NewOfflineMessage("Hello.", email="lin@example.com", files=("0" * 26,)), "file_unusable"),
    ],
)
async def test_what_is_refused_leaves_nothing(domain: Domain, asked: NewOfflineMessage, code: str) -> None:
    visitor = await domain.visitor(await domain.inbox())
    with pytest.raises(Invalid) as refused:
        await domain.offline_messages.leave(visitor, domain.cid(), asked)
    assert refused.value.code == code
    assert await domain.history.threads(visitor) == []
    assert await domain.database.read("SELECT count(*) FROM tickets") == [(0,)]


async def test_an_address_that_is_known_needs_no_asking(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    await domain.offline_messages.leave(visitor, domain.cid(), ASKED)
    left = await domain.offline_messages.leave(visitor, domain.cid(), NewOfflineMessage("And the lid."))
    assert left.number == 2


async def test_nobody_leaves_many_a_day(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    for _ in range(domain.settings.limits.offline_messages_per_day):
        await domain.offline_messages.leave(visitor, domain.cid(), ASKED)
    with pytest.raises(TooMany):
        await domain.offline_messages.leave(visitor, domain.cid(), ASKED)
    domain.clock.advance(86_401)
    await domain.offline_messages.leave(visitor, domain.cid(), ASKED)


async def test_nobody_leaves_anothers(domain: Domain) -> None:
    inbox = await domain.inbox()
    conv = (await domain.say(await domain.visitor(inbox), "Hello?")).conv
    with pytest.raises(NotFound):
        await domain.offline_messages.leave(
            await domain.visitor(inbox), domain.cid(), NewOfflineMessage(phone="13800000000", conv=conv)
        )
