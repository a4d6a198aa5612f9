"""Take, assign, resolve, reopen, and read marks."""

import asyncio

import pytest

from app.chat.conversations import Assignment
from app.model.conversations import Kind, Status
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import ConversationChanged, Event, MessageCreated, WatermarkMoved
from app.model.principals import Visitor
from tests.domain import Domain


async def _waiting(domain: Domain, team_name: str = "") -> tuple[Visitor, str]:
    team = await domain.team(team_name) if team_name else None
    visitor = await domain.visitor(await domain.inbox(team))
    return visitor, (await domain.say(visitor, "hello")).conv


async def test_one_of_two_takers_gets_it_and_the_other_learns_who(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    results = await asyncio.gather(
        domain.conversations.take(ann, conv), domain.conversations.take(ben, conv), return_exceptions=True
    )
    taken, refused = results
    assert not isinstance(taken, BaseException) and taken.assignee_id == ann.agent_id and taken.fence > 0
    assert isinstance(refused, Conflict) and refused.code == "already_taken"
    assert "Ann" in refused.en and "Ann" in refused.zh


async def test_taking_says_so_to_the_visitor(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    domain.clock.advance(18)
    head = await domain.conversations.take(ann, conv)
    notice = (await domain.entries(conv))[-1]
    assert (notice.kind, notice.text, notice.seq) == (Kind.NOTICE, "", 2)
    assert notice.data == {"event": "joined", "agent": "Ann", "waited_ms": "18000"}
    assert head == await domain.head(conv)
    changed, created = heard
    assert isinstance(changed, ConversationChanged) and changed.name == "conversation.assigned"
    assert (changed.was_assignee, changed.agent_name) == (None, "Ann")
    assert isinstance(created, MessageCreated) and created.conversation == head
    assert (await domain.history.threads(visitor))[0].agent == "Ann"


async def test_taking_twice_writes_once(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    first = await domain.conversations.take(ann, conv)
    assert await domain.conversations.take(ann, conv) == first


async def test_a_lock_that_was_lost_cannot_assign(domain: Domain) -> None:
    """The holder slept past its lease, somebody else assigned with a newer token: the old one is refused."""
    _, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    await domain.change(conv, f"fence = {2**62}")
    with pytest.raises(Conflict) as refused:
        await domain.conversations.take(ann, conv)
    assert refused.value.code == "lock_lost"


async def test_a_hand_over_takes_its_note_along(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    await domain.conversations.take(ann, conv)
    head = await domain.conversations.assign(ann, conv, Assignment(ben.agent_id, None, "he is angry"))
    note, notice = (await domain.entries(conv))[-2:]
    assert (head.assignee_id, head.status) == (ben.agent_id, Status.OPEN)
    assert (note.kind, note.text, note.seq) == (Kind.NOTE, "he is angry", None)
    assert notice.data == {"event": "transferred", "agent": "Ann", "to": "Ben"}
    assert head == await domain.head(conv)


async def test_a_hand_over_to_where_it_is_still_keeps_the_note(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    await domain.conversations.take(ann, conv)
    head = await domain.conversations.assign(ann, conv, Assignment(ann.agent_id, None, "mine anyway"))
    assert [entry.text for entry in await domain.entries(conv)][-1] == "mine anyway"
    assert head == await domain.head(conv)
    assert (head.staff_seq, head.last_text) == (3, "mine anyway")


async def test_to_a_team_means_into_its_queue_and_out_of_sight(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    returns = await domain.team("Returns")
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben", teams=[returns])
    await domain.conversations.take(ann, conv)
    head = await domain.conversations.assign(ann, conv, Assignment(None, returns.id))
    assert (head.status, head.assignee_id, head.team_id) == (Status.QUEUED, None, returns.id)
    line = (await domain.entries(conv))[-1]
    assert (line.kind, line.data) == (Kind.NOTICE, {"event": "transferred", "agent": "Ann", "team": "Returns"})
    with pytest.raises(NotFound):
        await domain.say(ann, "hello?", conv)
    await domain.conversations.take(ben, conv)


async def test_refused_assignments(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    ann, eve = await domain.agent("Ann"), await domain.agent("Eve", "observer")
    for assignment in (
        Assignment(),
        Assignment(domain.ids.new()),
        Assignment(eve.agent_id),
        Assignment(None, domain.ids.new()),
    ):
        with pytest.raises(Invalid):
            await domain.conversations.assign(ann, conv, assignment)
    assert (await domain.head(conv)).staff_seq == 1


async def test_resolve_and_reopen(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    await domain.conversations.take(ann, conv)
    head = await domain.conversations.resolve(ann, conv, "spam")
    assert (head.status, head.close_reason, head.waiting_since) == (Status.RESOLVED, "spam", None)
    assert await domain.conversations.resolve(ann, conv) == head
    assert (await domain.entries(conv))[-1].data == {"event": "resolved", "agent": "Ann"}
    with pytest.raises(Conflict):
        await domain.conversations.take(ann, conv)
    head = await domain.conversations.reopen(ann, conv)
    assert (head.status, head.assignee_id, head.close_reason) == (Status.OPEN, ann.agent_id, None)
    assert await domain.conversations.reopen(ann, conv) == head
    assert (await domain.history.threads(visitor))[0].status == "open"


async def test_observers_change_nothing(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    eve = await domain.agent("Eve", "observer")
    for refused in (
        domain.conversations.take(eve, conv),
        domain.conversations.resolve(eve, conv),
        domain.conversations.reopen(eve, conv),
        domain.conversations.assign(eve, conv, Assignment(eve.agent_id)),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_visitors_change_no_status(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    with pytest.raises(NotFound):
        await domain.conversations.resolve(visitor, conv)


async def test_other_teams_conversations_are_not_there(domain: Domain) -> None:
    _, conv = await _waiting(domain, "Sales")
    ann = await domain.agent("Ann")
    for refused in (
        domain.conversations.take(ann, conv),
        domain.conversations.resolve(ann, conv),
        domain.conversations.read(ann, conv, 1),
        domain.conversations.take(ann, domain.ids.new()),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_marks_only_grow_and_only_growth_is_announced(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    for text in ("one", "two"):
        await domain.say(ann, text, conv)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    for seq in (2, 3, 1, 3, 2):
        await domain.conversations.read(visitor, conv, seq)
    head = await domain.head(conv)
    assert head.visitor_read == 3
    assert [(event.what, event.by, event.seq) for event in heard if isinstance(event, WatermarkMoved)] == [
        ("read", "visitor", 2),
        ("read", "visitor", 3),
    ]


async def test_a_mark_beyond_the_end_stops_at_the_end(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    await domain.conversations.delivered(visitor, conv, 2**50)
    assert (await domain.head(conv)).visitor_delivered == 1


async def test_an_agents_mark_is_told_in_the_visitors_numbers(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    await domain.say(ann, "private", conv, note=True)
    await domain.say(visitor, "there?", conv)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    await domain.conversations.read(ann, conv, 2)
    assert (await domain.head(conv)).staff_read == 1
    await domain.conversations.read(ann, conv, 3)
    assert (await domain.head(conv)).staff_read == 2
    assert [event.seq for event in heard if isinstance(event, WatermarkMoved)] == [1, 2]
    assert (await domain.history.detail(ann, conv)).agent_read == 3


async def test_marks_are_each_persons_own(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    await domain.say(visitor, "there?", conv)
    await domain.conversations.read(ann, conv, 2)
    assert (await domain.history.detail(ann, conv)).unread == 0
    assert (await domain.history.detail(ben, conv)).unread == 2
