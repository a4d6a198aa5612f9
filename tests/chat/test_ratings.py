"""Ratings: of what is over and was answered, once, changeable for a day, told to staff as a line and an event."""

import pytest

from app.chat.conversations import Assignment
from app.chat.history import replay
from app.chat.ratings import Judgement
from app.gateway.local import deliveries
from app.model import frames
from app.model.conversations import Kind
from app.model.errors import Conflict, NotFound
from app.model.events import Event, RatingSubmitted
from app.model.principals import Agent, Visitor
from app.storage import events
from tests.domain import Domain

DAY = 86_400


async def talked(
    domain: Domain, *, by: str = "Ann", answered: bool = True, resolved: bool = True
) -> tuple[Visitor, Agent, str]:
    """A visitor, an agent, and their conversation."""
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent(by)
    conv = (await domain.say(visitor, "The spout is cracked.")).conv
    await domain.say(agent, "Between us.", conv, note=True)
    if answered:
        await domain.say(agent, "A new one is on its way.", conv)
    if resolved:
        await domain.conversations.resolve(agent, conv)
    return visitor, agent, conv


async def refused(domain: Domain, visitor: Visitor, conv: str, judgement: Judgement) -> str:
    with pytest.raises(Conflict) as error:
        await domain.ratings.submit(visitor, conv, judgement)
    return error.value.code


async def test_a_rating_is_kept_told_and_shown(domain: Domain) -> None:
    visitor, agent, conv = await talked(domain)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    before = await domain.head(conv)

    rating = await domain.ratings.submit(visitor, conv, Judgement(4, ("fast", "clear", "fast"), " Thank you "))

    assert (rating.score, rating.tags, rating.text) == (4, ("fast", "clear"), "Thank you")
    assert rating.agent_id == agent.agent_id
    assert await domain.ratings.of_contact(agent, visitor.contact_id) == [rating]
    line = (await domain.history.thread(visitor, conv, None, 50)).messages[-1]
    assert (line.kind, line.data) == (
        Kind.NOTICE, {"event": "rated", "score": "4", "tags": "fast,clear", "text": "Thank you"},
    )  # fmt: skip
    after = await domain.head(conv)
    assert (after.seq, after.staff_seq, after.status) == (before.seq + 1, before.staff_seq + 1, "resolved")
    event = heard[0]
    assert isinstance(event, RatingSubmitted)
    assert (event.rating, event.conversation) == (rating, after)


async def test_its_event_is_stored_and_reaches_staff_live_and_later(domain: Domain) -> None:
    visitor, agent, conv = await talked(domain)
    latest = await events.latest(domain.database)
    await domain.ratings.submit(visitor, conv, Judgement(5))
    told = await events.after(domain.database, latest, 10, 100_000)
    rated = told[0]
    assert isinstance(rated, RatingSubmitted)
    assert any(b'"event":"csat.submitted"' in delivery.frame for delivery in deliveries(rated))
    again = replay(agent, told)
    assert [type(frame) for frame in again] == [frames.Msg, frames.Head]
    rows = await domain.database.read("SELECT body FROM events WHERE body LIKE '%\"csat.submitted\"%'")
    assert len(rows) == 1 and '"score":5' in str(rows[0][0])


async def test_the_same_once_more_changes_nothing_and_another_changes_it(domain: Domain) -> None:
    visitor, agent, conv = await talked(domain)
    first = await domain.ratings.submit(visitor, conv, Judgement(2, ("unsolved",)))
    numbers = (await domain.head(conv)).seq
    assert await domain.ratings.submit(visitor, conv, Judgement(2, ("unsolved",))) == first
    assert (await domain.head(conv)).seq == numbers
    domain.clock.advance(DAY)
    changed = await domain.ratings.submit(visitor, conv, Judgement(5))
    assert (changed.score, changed.created_at, changed.changes) == (5, first.created_at, 1)
    assert await domain.ratings.of_contact(agent, visitor.contact_id) == [changed]


async def test_it_stays_with_who_was_rated_when_another_has_the_conversation(domain: Domain) -> None:
    visitor, rated, conv = await talked(domain)
    other = await domain.agent("Bea")
    await domain.ratings.submit(visitor, conv, Judgement(2))
    await domain.conversations.reopen(rated, conv)
    await domain.conversations.assign(rated, conv, Assignment(agent_id=other.agent_id))
    await domain.conversations.resolve(other, conv)
    changed = await domain.ratings.submit(visitor, conv, Judgement(5))
    assert (changed.agent_id, changed.score) == (rated.agent_id, 5)
    assert await domain.ratings.of_contact(rated, visitor.contact_id) == [changed]


async def test_after_a_day_it_stands(domain: Domain) -> None:
    visitor, _, conv = await talked(domain)
    await domain.ratings.submit(visitor, conv, Judgement(2))
    domain.clock.advance(DAY + 1)
    assert await refused(domain, visitor, conv, Judgement(5)) == "rating_fixed"


async def test_it_is_not_changed_without_end(domain: Domain) -> None:
    visitor, _, conv = await talked(domain)
    for number in range(domain.settings.limits.rating_changes_max + 1):
        await domain.ratings.submit(visitor, conv, Judgement(1 + number % 2))
    assert await refused(domain, visitor, conv, Judgement(5)) == "rating_fixed"


async def test_what_goes_on_what_nobody_answered_and_what_is_long_over_is_not_rated(domain: Domain) -> None:
    visitor, _, conv = await talked(domain, resolved=False)
    assert await refused(domain, visitor, conv, Judgement(5)) == "not_over"
    visitor, _, conv = await talked(domain, by="Ben", answered=False)
    assert await refused(domain, visitor, conv, Judgement(5)) == "not_answered"
    visitor, _, conv = await talked(domain, by="Cai")
    domain.clock.advance(8 * DAY)
    assert await refused(domain, visitor, conv, Judgement(5)) == "rating_late"


async def test_nobody_rates_for_another(domain: Domain) -> None:
    _, _, conv = await talked(domain)
    other = await domain.visitor(await domain.inbox())
    for conversation in (conv, "0" * 26):
        with pytest.raises(NotFound):
            await domain.ratings.submit(other, conversation, Judgement(1))
    with pytest.raises(NotFound):
        await domain.ratings.of_contact(other, other.contact_id)


async def test_an_agent_reads_no_rating_of_a_conversation_that_he_may_not_see(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    visitor, ann = await domain.visitor(await domain.inbox(north)), await domain.agent("Ann", teams=[north])
    conv = (await domain.say(visitor, "The spout is cracked.")).conv
    await domain.say(ann, "A new one is on its way.", conv)
    await domain.conversations.resolve(ann, conv)
    rating = await domain.ratings.submit(visitor, conv, Judgement(1, (), "Between you and me."))
    ben, boss = await domain.agent("Ben", teams=[south]), await domain.agent("Boss", "admin")
    assert await domain.ratings.of_contact(ben, visitor.contact_id) == []
    for one in (ann, boss):
        assert await domain.ratings.of_contact(one, visitor.contact_id) == [rating]
