"""Answers that go later: held so that they can be taken back, at a moment, not where the visitor has written."""

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange
from app.chat.merging import Other
from app.chat.scheduling import NewScheduled, UndoSend
from app.model.conversations import Kind, Status
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import Event
from app.model.frames import Send
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from tests.domain import SYSTEM, Domain

_HOUR = 3_600_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(scheduled_of_one_max=3, scheduled_days_max=10))


async def _talk(domain: Domain) -> tuple[Visitor, Agent, str]:
    ann = await domain.agent("Ann")
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    await domain.conversations.take(ann, conv)
    return visitor, ann, conv


async def _said(domain: Domain, conv: str) -> list[str]:
    return [entry.text for entry in await domain.entries(conv) if entry.kind is Kind.MESSAGE]


def _at(domain: Domain, hours: float) -> int:
    return domain.clock.now_ms() + round(hours * _HOUR)


async def test_what_is_held_goes_when_the_while_is_over_and_nobody_knew_of_it(domain: Domain) -> None:
    _, ann, conv = await _talk(domain)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    held = await domain.tools.scheduling.schedule(ann, conv, domain.cid(), NewScheduled("on its way", hold_seconds=10))
    assert held.held and held.due_at == domain.clock.now_ms() + 10_000
    assert heard == [] and await _said(domain, conv) == ["hello"]
    domain.clock.advance(9)
    assert await domain.tools.alarm.ring() == held.due_at
    assert await _said(domain, conv) == ["hello"]
    domain.clock.advance(1)
    assert await domain.tools.alarm.ring() is None
    assert await _said(domain, conv) == ["hello", "on its way"]
    sent = (await domain.entries(conv))[-1]
    assert (sent.sender.kind, sent.sender.id, sent.cid) == ("agent", ann.agent_id, held.cid)
    assert await domain.tools.scheduling.listing(ann) == []


async def test_it_is_taken_back_before_it_goes_and_not_after(domain: Domain) -> None:
    _, ann, conv = await _talk(domain)
    schedule, cancel = domain.tools.scheduling.schedule, domain.tools.scheduling.cancel
    held = await schedule(ann, conv, domain.cid(), NewScheduled("rash words", hold_seconds=10))
    assert (await cancel(ann, held.id)).text == "rash words"
    domain.clock.advance(60)
    await domain.tools.alarm.ring()
    assert await _said(domain, conv) == ["hello"]
    gone = await schedule(ann, conv, domain.cid(), NewScheduled("calm words", hold_seconds=1))
    for someone in (await domain.agent("Ben"),):
        with pytest.raises(NotFound):
            await cancel(someone, gone.id)
    domain.clock.advance(1)
    await domain.tools.alarm.ring()
    with pytest.raises(NotFound):
        await cancel(ann, gone.id)


async def test_the_same_key_makes_one(domain: Domain) -> None:
    _, ann, conv = await _talk(domain)
    cid, later = domain.cid(), NewScheduled("once", due_at=_at(domain, 1))
    first = await domain.tools.scheduling.schedule(ann, conv, cid, later)
    assert await domain.tools.scheduling.schedule(ann, conv, cid, later) == first
    domain.clock.advance(3_600)
    await domain.tools.alarm.ring()
    await domain.tools.alarm.ring()
    assert await _said(domain, conv) == ["hello", "once"]
    with pytest.raises(Conflict) as again:
        await domain.tools.scheduling.schedule(ann, conv, cid, NewScheduled("once", hold_seconds=1))
    assert again.value.code == "cid_reused"


async def test_where_asked_it_does_not_go_once_the_visitor_has_written(domain: Domain) -> None:
    visitor, ann, conv = await _talk(domain)
    schedule = domain.tools.scheduling.schedule
    await schedule(ann, conv, domain.cid(), NewScheduled("still there?", due_at=_at(domain, 1), unless_written=True))
    await schedule(ann, conv, domain.cid(), NewScheduled("good night", due_at=_at(domain, 1)))
    await domain.say(visitor, "I am here", conv)
    domain.clock.advance(3_600)
    assert await domain.tools.alarm.ring() is None
    assert await _said(domain, conv) == ["hello", "I am here", "good night"]
    noted = [entry.data for entry in await domain.entries(conv) if entry.data and entry.data["event"] == "not_sent"]
    assert noted == [{"event": "not_sent", "agent": "Ann", "why": "written", "text": "still there?"}]


@pytest.mark.parametrize("how", ["closed", "disabled"])
async def test_what_cannot_go_any_more_is_told_and_holds_back_no_other(domain: Domain, how: str) -> None:
    visitor, ann, conv = await _talk(domain)
    other = (await domain.say(await domain.visitor(visitor.inbox_id), "hi")).conv
    ben = await domain.agent("Ben")
    schedule = domain.tools.scheduling.schedule
    await schedule(ann, conv, domain.cid(), NewScheduled("too late", due_at=_at(domain, 1)))
    await schedule(ben, other, domain.cid(), NewScheduled("in time", due_at=_at(domain, 1)))
    if how == "closed":
        await domain.change(conv, f"status = '{Status.CLOSED.value}'")
    else:
        await domain.agents.change(SYSTEM, ann.agent_id, AgentChange(disabled=True))
    domain.clock.advance(3_600)
    assert await domain.tools.alarm.ring() is None
    assert await _said(domain, conv) == ["hello"] and await _said(domain, other) == ["hi", "in time"]
    line = (await domain.entries(conv))[-1]
    assert line.kind is Kind.SYSTEM and line.data is not None
    assert line.data["why"] == ("refused" if how == "closed" else "agent")


async def test_bad_ones_are_refused(domain: Domain) -> None:
    visitor, ann, conv = await _talk(domain)
    now = domain.clock.now_ms()
    schedule = domain.tools.scheduling.schedule
    for new, code in (
        (NewScheduled(" ", hold_seconds=1), "empty"),
        (NewScheduled("x"), "due_unusable"),
        (NewScheduled("x", due_at=now + 1, hold_seconds=1), "due_unusable"),
        (NewScheduled("x", due_at=now), "due_unusable"),
        (NewScheduled("x", due_at=now + 11 * 24 * _HOUR), "due_unusable"),
        (NewScheduled("x", files=("f" * 26,), due_at=now + 13 * _HOUR), "files_too_late"),
    ):
        with pytest.raises(Invalid) as refused:
            await schedule(ann, conv, domain.cid(), new)
        assert refused.value.code == code
    expected = (await domain.head(conv)).staff_seq
    await domain.say(visitor, "wait", conv)
    with pytest.raises(Conflict) as stale:
        await schedule(ann, conv, domain.cid(), NewScheduled("x", hold_seconds=1, expected=expected))
    assert stale.value.code == "stale"
    with pytest.raises(Forbidden):
        await schedule(await domain.agent("Olga", "observer"), conv, domain.cid(), NewScheduled("x", hold_seconds=1))
    with pytest.raises(NotFound):
        await schedule(ann, "f" * 26, domain.cid(), NewScheduled("x", hold_seconds=1))
    for _ in range(3):
        await schedule(ann, conv, domain.cid(), NewScheduled("x", due_at=now + _HOUR))
    with pytest.raises(Conflict) as full:
        await schedule(ann, conv, domain.cid(), NewScheduled("x", due_at=now + _HOUR))
    assert full.value.code == "limit_reached"


async def test_how_long_answers_can_be_taken_back_is_each_ones_own(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    assert (await domain.tools.scheduling.undo_send(ann)).seconds == 0
    await domain.tools.scheduling.set_undo_send(ann, UndoSend(10))
    await domain.tools.scheduling.set_undo_send(ann, UndoSend(20))
    assert (await domain.tools.scheduling.undo_send(ann)).seconds == 20
    assert (await domain.tools.scheduling.undo_send(ben)).seconds == 0


async def test_colleagues_see_what_waits_where_they_may_look(domain: Domain) -> None:
    _, ann, conv = await _talk(domain)
    one = await domain.tools.scheduling.schedule(ann, conv, domain.cid(), NewScheduled("x", due_at=_at(domain, 1)))
    ben = await domain.agent("Ben")
    assert await domain.tools.scheduling.listing(ben, conv) == [one]
    assert await domain.tools.scheduling.listing(ben) == []
    await domain.change(conv, f"team_id = '{(await domain.team('North')).id}', assignee_id = NULL")
    assert await domain.tools.scheduling.listing(ben, conv) == []


async def test_what_waits_goes_on_where_its_conversation_was_merged_into(domain: Domain) -> None:
    visitor, ann, older = await _talk(domain)
    domain.clock.advance(1)
    newer = (await domain.messages.accept(visitor, Send(domain.cid(), None, "another"))).conv
    schedule, listing = domain.tools.scheduling.schedule, domain.tools.scheduling.listing
    await schedule(ann, newer, domain.cid(), NewScheduled("on its way", due_at=_at(domain, 1)))
    unless = NewScheduled("still there?", due_at=_at(domain, 1), unless_written=True)
    await schedule(ann, newer, domain.cid(), unless)
    await domain.tools.merging.merge(ann, newer, Other(older))
    assert sorted(one.text for one in await listing(ann, older)) == ["on its way", "still there?"]
    domain.clock.advance(1)
    await domain.say(visitor, "I am here", newer)
    domain.clock.advance(3_600)
    assert await domain.tools.alarm.ring() is None
    assert await _said(domain, older) == ["hello", "I am here", "on its way"]
    noted = [entry.data for entry in await domain.entries(older) if entry.data and entry.data["event"] == "not_sent"]
    assert [one["why"] for one in noted if one] == ["written"]


async def test_who_may_not_answer_any_more_sends_nothing_later_and_no_word_is_lost(domain: Domain) -> None:
    _, ann, conv = await _talk(domain)
    words = "A long answer. " * 60
    await domain.tools.scheduling.schedule(ann, conv, domain.cid(), NewScheduled(words, due_at=_at(domain, 1)))
    await domain.agents.change(SYSTEM, ann.agent_id, AgentChange(role="observer"))
    domain.clock.advance(3_600)
    await domain.tools.alarm.ring()
    assert await _said(domain, conv) == ["hello"]
    assert (await domain.entries(conv))[-1].data == {
        "event": "not_sent", "agent": "Ann", "why": "agent", "text": words,
    }  # fmt: skip
