"""What the core hands to a gateway: deliveries by event, alone; and sessions, commands, files."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from app.accounts import policy
from app.accounts.agents import AgentChange, NewAgent
from app.chat.history import replay
from app.gateway.core import Delivery, Peer
from app.gateway.local import deliveries
from app.model import events, frames
from app.model.conversations import Conversation, Kind, Message, Speaker, Status
from app.model.errors import Invalid, NotFound, Unauthenticated
from app.model.people import Availability, Colleague, Contact, Visit
from app.model.principals import Agent
from app.model.records import Order, Record
from app.model.tickets import Priority, Ticket, Type
from app.model.tickets import Status as TicketStatus
from app.settings import Settings
from tests.clock import ManualClock
from tests.domain import PASSWORD, SYSTEM, Domain, stream

HEAD = Conversation(
    "c" * 26, "i" * 26, "visitor", Status.OPEN, 1, 1, seq=2, staff_seq=3, assignee_id="ann", team_id="t"
)
SAID = Message("m", HEAD.id, 3, 2, Kind.MESSAGE, Speaker("agent", "ann", "Ann"), "hello", 5, "cid")
STAFF = policy.audience("t", "ann")
decode = msgspec.json.Decoder(frames.ServerFrame).decode


@pytest.fixture
async def domain(database_path: Path, settings: Settings, clock: ManualClock) -> AsyncIterator[Domain]:
    async with Domain(database_path, settings, clock) as domain:
        yield domain


def test_a_message_goes_to_each_side_in_its_numbers_and_the_head_follows_for_staff() -> None:
    visitor, staff, head = deliveries(events.MessageCreated(HEAD, SAID, pos=9))
    assert (visitor.topics, visitor.cid) == (("visitor",), "cid")
    assert (staff.topics, staff.cid) == (STAFF, "cid")
    assert (head.topics, head.cid) == (STAFF, "")
    said, told = decode(visitor.frame), decode(staff.frame)
    assert isinstance(said, frames.Msg) and (said.seq, said.pos, said.text) == (2, None, "hello")
    assert isinstance(told, frames.Msg) and (told.seq, told.pos) == (3, None)
    assert decode(head.frame) == frames.Head(9, "message.created", HEAD)


def test_where_both_sides_count_alike_one_encoding_serves_both() -> None:
    visitor, staff, _ = deliveries(events.MessageCreated(HEAD, replace(SAID, seq=3), pos=9))
    assert visitor.frame is staff.frame
    said = decode(staff.frame)
    assert isinstance(said, frames.Msg) and (said.seq, said.pos) == (3, None)


def test_a_note_never_reaches_the_visitor() -> None:
    made = deliveries(events.MessageCreated(HEAD, replace(SAID, kind=Kind.NOTE, seq=None), pos=9))
    assert all("visitor" not in delivery.topics for delivery in made)
    assert [type(decode(delivery.frame)) for delivery in made] == [frames.Msg, frames.Head]


def test_the_first_message_brings_the_thread_and_the_contact() -> None:
    contact = Contact("visitor", 1, 1, 1)
    made = deliveries(events.MessageCreated(HEAD, SAID, contact, "Ann", 9))
    thread = decode(made[0].frame)
    assert made[0].topics == ("visitor",) and made[0].cid == ""
    assert isinstance(thread, frames.Thread) and (thread.conv, thread.agent) == (HEAD.id, "Ann")
    head = decode(made[-1].frame)
    assert isinstance(head, frames.Head) and head.contact == contact


def test_the_visitors_thread_holds_nothing_of_the_staffs() -> None:
    made = deliveries(events.ConversationChanged("x", HEAD, Speaker("agent", "ann"), "t", "ann", "Ann"))
    raw = msgspec.json.decode(made[0].frame)
    assert set(raw) <= {"t", "conv", "status", "seq", "created_at", "agent", "visitor_read", "staff_read"}


def test_who_may_no_longer_see_it_is_told_that_it_is_gone() -> None:
    made = deliveries(events.ConversationChanged("conversation.transferred", HEAD, Speaker("agent", "a"), "old", "ben"))
    thread, gone, head = made
    assert isinstance(decode(thread.frame), frames.Thread)
    assert decode(gone.frame) == frames.Gone(0, HEAD.id)
    assert set(gone.topics) == {"team:old", "agent:ben"}
    assert gone.except_topics == STAFF == head.topics


def test_nobody_is_told_gone_while_everybody_still_sees_it() -> None:
    made = deliveries(events.ConversationChanged("conversation.assigned", HEAD, Speaker("agent", "ann"), "t", None))
    assert [type(decode(delivery.frame)) for delivery in made] == [frames.Thread, frames.Head]


def test_unsent_words_never_go_back_to_the_visitor() -> None:
    (only,) = deliveries(events.Writing(HEAD, Speaker("visitor", "visitor"), True, "I wan"))
    assert only.topics == STAFF
    staff, visitor = deliveries(events.Writing(HEAD, Speaker("agent", "ann", "Ann"), True, ""))
    assert (staff.topics, visitor.topics) == (STAFF, ("visitor",))


def test_a_ticket_is_told_to_who_may_see_it_and_taken_from_who_no_longer_may() -> None:
    ticket = Ticket(
        "k", 1, 2, "A cup", "", TicketStatus.NEW, Priority.LOW, Type.TASK, None, "ann", "t", None, "ann", 1, 1
    )  # fmt: skip
    gone, told = deliveries(events.TicketChanged("ticket.updated", ticket, Speaker("agent", "ann"), "old", None, 4))
    assert decode(gone.frame) == frames.TicketGone(4, "k")
    assert gone.topics == ("tickets:team:old",)
    assert gone.except_topics == told.topics == ("tickets:all", "tickets:team:t", "tickets:agent:ann")
    shown = decode(told.frame)
    assert isinstance(shown, frames.TicketUpdated) and shown.ticket == ticket
    (only,) = deliveries(events.TicketChanged("ticket.created", ticket, Speaker("agent", "ann"), "t", "ann"))
    assert isinstance(decode(only.frame), frames.TicketUpdated)


@pytest.mark.parametrize("permissions", [{policy.READ_TEAM}, {policy.READ_ALL}, set(), {policy.READ_TEAM, "x"}])
@pytest.mark.parametrize("reads", [True, False])
def test_the_topics_of_tickets_agree_with_the_policy(permissions: set[str], reads: bool) -> None:
    held = frozenset(permissions | ({policy.TICKETS_READ} if reads else set()))
    agent = Agent("ann", "s", "agent", held, ("t",))
    for team in (None, "t", "u"):
        for assignee in (None, "ann", "ben"):
            ticket = Ticket(
                "k", 1, 2, "A cup", "", TicketStatus.NEW, Priority.LOW, Type.TASK, None, assignee, team, None, "a", 1, 1
            )  # fmt: skip
            told = bool(set(policy.topics(agent)) & set(policy.ticket_audience(team, assignee)))
            assert told == policy.allowed(agent, "ticket.read", ticket), (team, assignee)


@pytest.mark.parametrize(
    ("event", "topics", "kind"),
    [
        (events.ContactChanged(Contact("p", 1, 1, 1), 4), ("contacts",), frames.ContactUpdated),
        (events.WatermarkMoved(HEAD, "read", "agent", "ann", 2), ("visitor", *STAFF), frames.Watermark),
        (events.WatermarkMoved(replace(HEAD, staff_read=2), "read", "agent", "ann", 2), STAFF, frames.Watermark),
        (events.WatermarkMoved(HEAD, "delivered", "agent", "ann", 2), STAFF, frames.Watermark),
        (events.WatermarkMoved(HEAD, "delivered", "visitor", "visitor", 2), ("visitor", *STAFF), frames.Watermark),
        (events.PresenceChanged("visitor", ("p",), ()), ("staff",), frames.Presence),
        (
            events.AgentChanged(Colleague("a", "Ann", "a@b.c", "agent", Availability.AWAY)),
            ("staff",),
            frames.AgentStatus,
        ),
        (events.PageViewed(Visit("v", "p", "i", "https://x/", "", "", 1)), ("contacts",), frames.Viewed),
        (events.SiteChanged(3), ("contacts",), frames.Site),
    ],
)
def test_the_rest(event: events.Event, topics: tuple[str, ...], kind: type[frames.ServerFrame]) -> None:
    (only,) = deliveries(event)
    assert set(only.topics) == set(topics)
    assert isinstance(decode(only.frame), kind)


def test_ended_sessions_close_their_sockets() -> None:
    assert deliveries(events.SessionsRevoked(("s1", "s2"))) == [
        Delivery(("session:s1", "session:s2"), b"", close=frames.CloseCode.UNAUTHORISED)
    ]
    assert deliveries(events.SessionsRevoked(())) == []


@pytest.mark.parametrize("reads", [True, False])
def test_of_customers_only_those_hear_who_may_read_of_them(reads: bool) -> None:
    held = frozenset({policy.READ_ALL, policy.WRITE, *([policy.CONTACTS_READ] if reads else [])})
    agent = Agent("ann", "s", "own role", held)
    (told,) = deliveries(events.ContactChanged(Contact("p", 1, 1, 1, "Ben", "ben@example.com"), 4))
    assert bool(set(told.topics) & set(policy.topics(agent))) == reads == policy.allowed(agent, "contact.read")


async def test_a_visitor_opens_by_token_of_that_inbox_only(domain: Domain) -> None:
    inbox, other = await domain.inbox(), await domain.inbox()
    session = await domain.visitors.session(inbox)
    opened = await domain.core.open(Peer("127.0.0.1"), frames.Hello(inbox, session.token))
    assert (opened.principal, opened.topics) == (session.visitor, (session.visitor.contact_id,))
    assert decode(opened.frames[0]) == frames.Welcome(
        domain.database.epoch, "visitor", session.visitor.contact_id, domain.clock.now_ms()
    )
    assert domain.presence.online(session.visitor.contact_id)
    await domain.core.closed(opened.principal)
    assert not domain.presence.online(session.visitor.contact_id)
    for hello in (
        frames.Hello(other, session.token),
        frames.Hello(inbox, "0" * 32),
        frames.Hello(inbox, None),
        frames.Hello(),
    ):
        with pytest.raises(Unauthenticated):
            await domain.core.open(Peer("127.0.0.1"), hello)


async def test_an_agent_opens_by_cookie_and_is_closed_when_his_rights_change(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, NewAgent("Ann", "ann@example.com", "agent", PASSWORD))
    signed = await domain.sessions.begin(colleague.id, "127.0.0.1", "")
    peer = Peer("127.0.0.1", cookie=f"theme=dark; monodesk_session={signed.secret}")
    opened = await domain.core.open(peer, frames.Hello())
    got: list[Delivery] = []

    def receive(batch: Sequence[Delivery]) -> None:
        got.extend(batch)

    domain.core.listen(receive)
    await domain.agents.change(SYSTEM, colleague.id, AgentChange(role="observer"))
    closing = [delivery for delivery in got if delivery.close]
    assert len(closing) == 1 and set(closing[0].topics) <= set(opened.topics)
    with pytest.raises(Unauthenticated):
        await domain.core.open(peer, frames.Hello())


async def test_commands_are_answered_and_told(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    got: list[Delivery] = []
    domain.core.listen(got.extend)
    replies = await domain.core.command(visitor, frames.Send(domain.cid(), None, "hello"), "en")
    ack = decode(replies.frames[0])
    assert isinstance(ack, frames.Ack)
    conv = ack.conv
    for frame in (frames.Delivered(conv, 1), frames.Read(conv, 1), frames.Typing(conv, True, "mo"), frames.Pong()):
        assert (await domain.core.command(visitor, frame, "en")).frames == ()
    fetched = await domain.core.command(agent, frames.Fetch(conv, 1, 1), "en")
    assert [type(decode(frame)) for frame in fetched.frames] == [frames.Msg, frames.Fetched]
    live = await domain.core.command(agent, frames.Resume(), "en")
    assert [type(decode(frame)) for frame in live.frames] == [frames.Live, frames.Snapshot, frames.OffersNow]
    told = [type(decode(delivery.frame)) for delivery in got]
    assert told == [
        frames.Thread, frames.Msg, frames.Msg, frames.Head, frames.Watermark, frames.Watermark, frames.Writing,
    ]  # fmt: skip
    with pytest.raises(Invalid):
        await domain.core.command(visitor, frames.Hello(), "en")


async def test_deliveries_of_a_command_come_before_its_ack(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    got: list[Delivery] = []
    domain.core.listen(got.extend)
    command = domain.core.command(visitor, frames.Send(domain.cid(), None, "hello"), "en")
    assert got == []
    await command
    assert len(got) == 4


async def test_files_are_granted_to_the_proven(domain: Domain) -> None:
    inbox = await domain.inbox()
    session = await domain.visitors.session(inbox)
    file = await domain.files.receive(session.visitor, "a.txt", stream(b"hello"))
    grant = await domain.core.file(Peer("127.0.0.1", authorization=f"Bearer {session.token}"), file.id)
    assert Path(grant.path).read_bytes() == b"hello"
    with pytest.raises(Unauthenticated):
        await domain.core.file(Peer("127.0.0.1"), file.id)
    other = await domain.visitors.session(inbox)
    with pytest.raises(NotFound):
        await domain.core.file(Peer("127.0.0.1", authorization=f"Bearer {other.token}"), file.id)


async def test_topics_and_audiences_agree_with_the_policy(domain: Domain) -> None:
    """A socket hears of a conversation exactly when its principal may read it."""
    teams = [await domain.team(name) for name in ("Sales", "Returns")]
    people = [
        await domain.agent("Ann", teams=teams[:1]),
        await domain.agent("Ben", teams=teams),
        await domain.agent("Cai"),
        await domain.agent("Eve", "observer"),
        await domain.agent("Boss", "owner"),
    ]
    for team in (None, *teams):
        for assignee in (None, *people):
            head = replace(HEAD, team_id=team and team.id, assignee_id=assignee and assignee.agent_id)
            heard_by = set(policy.audience(head.team_id, head.assignee_id))
            for person in people:
                hears = bool(heard_by & set(policy.topics(person)))
                assert hears == policy.allowed(person, "conversation.read", head)


async def test_who_may_read_records_hears_whose_are_others_and_nobody_else(domain: Domain) -> None:
    (told,) = deliveries(events.RecordsMoved(("ann", "bob")))
    assert decode(told.frame) == frames.RecordsNow(("ann", "bob"))
    blind = Agent("a" * 26, "s" * 26, "narrow", policy.ROLES["agent"] - {policy.RECORDS_READ})
    for person in (await domain.agent("Ann"), await domain.agent("Eve", "observer"), blind):
        assert bool({*told.topics} & {*policy.topics(person)}) == policy.allowed(person, "record.read")
    assert not {*told.topics} & {*policy.topics(await domain.visitor(await domain.inbox()))}
    record = Record("r", "mall", "1", Order("1"), 1, 1, 1)
    assert deliveries(events.RecordChanged("record.upserted", record, 5)) == []
    assert replay(await domain.agent("Boss", "owner"), (events.RecordChanged("record.upserted", record, 5),)) == []
