"""Ratings: of what is over and was answered, once, changeable for a day, told to staff as a line and an event."""

from typing import Any

import pytest

from app.accounts.inboxes import InboxChange, NewInbox
from app.chat.conversations import Assignment
from app.chat.history import replay
from app.chat.ratings import Judgement, RatingQuery
from app.chat.surveys import NEVER_ASKED
from app.gateway.local import deliveries
from app.model import frames
from app.model.conversations import Kind, Rating
from app.model.errors import Conflict, Invalid, NotFound
from app.model.events import Event, RatingRequested, RatingSubmitted
from app.model.principals import Agent, Visitor
from app.model.widget import Survey, SurveyTag, Widget
from app.storage import events
from tests.domain import SYSTEM, Domain

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


# --- who is asked ----------------------------------------------------------------------------------------------------


async def asked_from(domain: Domain, visitor: Visitor, conv: str) -> int | None:
    """What the line of the resolution tells the visitor: from when on he is asked, in ms UTC."""
    lines = (await domain.history.thread(visitor, conv, None, 50)).messages
    said = [line.data or {} for line in lines if line.kind == Kind.NOTICE]
    resolved = [data for data in said if data.get("event") == "resolved"]
    return int(resolved[-1]["rate_from"]) if "rate_from" in resolved[-1] else None


async def surveyed(domain: Domain, survey: Survey) -> str:
    """An inbox with this policy."""
    inbox = await domain.inboxes.create(SYSTEM, NewInbox("Shop", widget=Widget(survey=survey)))
    return inbox.id


async def resolved(domain: Domain, visitor: Visitor, agent: Agent, reason: str = "") -> str:
    conv = (await domain.say(visitor, "Where is it?")).conv
    await domain.say(agent, "On its way.", conv)
    await domain.conversations.resolve(agent, conv, reason)
    return conv


async def test_who_resolves_asks_and_says_so(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    conv = await resolved(domain, visitor, agent)
    assert await asked_from(domain, visitor, conv) == domain.clock.now_ms()
    (event,) = [one for one in heard if isinstance(one, RatingRequested)]
    assert (event.conversation, event.shown_from) == (await domain.head(conv), domain.clock.now_ms())
    assert any(b'"event":"csat.requested"' in delivery.frame for delivery in deliveries(event))
    assert [type(one) for one in replay(agent, (event,))] == [frames.Head]
    await domain.conversations.resolve(agent, conv)  # once more changes nothing
    assert len([one for one in heard if isinstance(one, RatingRequested)]) == 1


async def test_an_inbox_that_does_not_ask_is_not_rated(domain: Domain) -> None:
    visitor = await domain.visitor(await surveyed(domain, Survey(ask=False)))
    conv = await resolved(domain, visitor, await domain.agent("Ann"))
    assert await asked_from(domain, visitor, conv) is None
    assert await refused(domain, visitor, conv, Judgement(5)) == "not_asked"


@pytest.mark.parametrize("reason", sorted(NEVER_ASKED))
async def test_what_was_closed_for_such_a_reason_is_not_rated(domain: Domain, reason: str) -> None:
    visitor = await domain.visitor(await domain.inbox())
    conv = await resolved(domain, visitor, await domain.agent("Ann"), reason)
    assert await asked_from(domain, visitor, conv) is None
    assert await refused(domain, visitor, conv, Judgement(5)) == "not_asked"


async def test_what_ends_by_itself_or_without_an_answer_is_not_rated(domain: Domain) -> None:
    agent, inbox = await domain.agent("Ann"), await domain.inbox()
    visitor = await domain.visitor(inbox)
    conv = (await domain.say(visitor, "Where is it?")).conv
    await domain.say(agent, "On its way.", conv)
    await domain.conversations.resolve(SYSTEM, conv)
    assert await asked_from(domain, visitor, conv) is None
    visitor = await domain.visitor(inbox)
    conv = (await domain.say(visitor, "Hello?")).conv
    await domain.say(agent, "Nobody answers him.", conv, note=True)
    await domain.conversations.resolve(agent, conv)
    assert await asked_from(domain, visitor, conv) is None


async def test_a_contact_is_asked_once_a_day(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    first = await resolved(domain, visitor, agent)
    domain.clock.jump(DAY - 1)
    again = await resolved(domain, visitor, agent)
    assert await asked_from(domain, visitor, again) in (None, domain.clock.now_ms() - (DAY - 1) * 1_000)
    await domain.ratings.submit(visitor, first, Judgement(4))  # what was asked can still be answered
    domain.clock.jump(1)
    later = await resolved(domain, visitor, agent)
    assert await asked_from(domain, visitor, later) == domain.clock.now_ms()
    other = await domain.visitor(await domain.inbox())
    assert await asked_from(domain, other, await resolved(domain, other, agent)) == domain.clock.now_ms()


async def test_it_waits_as_long_as_the_inbox_wants(domain: Domain) -> None:
    visitor = await domain.visitor(await surveyed(domain, Survey(wait_minutes=10)))
    conv = await resolved(domain, visitor, await domain.agent("Ann"))
    assert await asked_from(domain, visitor, conv) == domain.clock.now_ms() + 600_000
    domain.clock.advance(599)
    assert await refused(domain, visitor, conv, Judgement(5)) == "not_asked"
    domain.clock.advance(1)
    assert (await domain.ratings.submit(visitor, conv, Judgement(5))).score == 5


async def test_an_inbox_has_tags_of_its_own(domain: Domain) -> None:
    tags = (
        SurveyTag(" Well  packed ", "包装好"),
        SurveyTag("", "送得快"),
        SurveyTag("", " "),
        SurveyTag("Well packed"),
    )
    inbox = await surveyed(domain, Survey(tags=tags))
    kept = domain.inboxes.find(inbox).widget.survey.tags
    assert kept == (SurveyTag("Well packed", "包装好"), SurveyTag("", "送得快"))
    visitor, agent = await domain.visitor(inbox), await domain.agent("Ann")
    conv = await resolved(domain, visitor, agent)
    with pytest.raises(Invalid, match="tag_unknown"):
        await domain.ratings.submit(visitor, conv, Judgement(5, ("fast",)))
    rating = await domain.ratings.submit(visitor, conv, Judgement(5, ("Well packed", "送得快")))
    assert rating.tags == ("Well packed", "送得快")
    change = InboxChange(widget=Widget(survey=Survey(tags=(SurveyTag("Other"),))))
    await domain.inboxes.change(SYSTEM, inbox, change)
    again = await domain.ratings.submit(visitor, conv, Judgement(4, ("送得快", "Other")))  # what he said may stay
    assert again.tags == ("送得快", "Other")
    plain = await domain.visitor(await domain.inbox())
    conv = await resolved(domain, plain, agent)
    with pytest.raises(Invalid, match="tag_unknown"):
        await domain.ratings.submit(plain, conv, Judgement(5, ("Well packed",)))


# --- the list -------------------------------------------------------------------------------------------------------


async def test_the_list_shows_what_its_reader_may_see_and_is_narrowed(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben", teams=[south])
    boss, inboxes = await domain.agent("Boss", "admin"), (await domain.inbox(north), await domain.inbox(south))
    given: list[Rating] = []
    for agent, inbox, score, tags in (
        (ann, inboxes[0], 5, ("fast",)), (ann, inboxes[0], 2, ("unsolved", "clear")), (ben, inboxes[1], 4, ()),
    ):  # fmt: skip
        domain.clock.advance(1)
        visitor = await domain.visitor(inbox)
        given.append(
            await domain.ratings.submit(visitor, await resolved(domain, visitor, agent), Judgement(score, tags))
        )

    async def scores(reader: Agent, **asked: Any) -> list[int]:
        return [one.rating.score for one in (await domain.ratings.listing(reader, RatingQuery(**asked))).ratings]

    assert await scores(boss) == [4, 2, 5]
    assert (await scores(ann), await scores(ben)) == ([2, 5], [4])
    assert await scores(boss, inbox=inboxes[0]) == [2, 5]
    assert await scores(boss, agent=ben.agent_id) == [4]
    assert await scores(boss, score=2) == [2]
    assert await scores(boss, tag="unsolved") == [2]
    assert await scores(boss, tag="%") == []
    assert await scores(boss, since=given[1].created_at, until=given[2].created_at) == [2]
    page = await domain.ratings.listing(boss, RatingQuery(limit=2))
    assert page.scores == {"1": 0, "2": 1, "3": 0, "4": 1, "5": 1} and page.next is not None
    assert await scores(boss, limit=2, before=page.next) == [5]
    assert page.ratings[0].contact.id == given[2].contact_id
    for cursor in ("x", "1", "1.", "٣.a", "9" * 16 + ".a"):
        with pytest.raises(Invalid, match="cursor_unknown"):
            await scores(boss, before=cursor)
