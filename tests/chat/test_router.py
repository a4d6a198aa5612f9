"""What routing does with what it hears: gives, offers, takes back; over a real database."""

import asyncio
from contextlib import suppress

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange, ProfileChange
from app.accounts.roles import NewRole, RoleChange, Roles
from app.chat.conversations import Assignment
from app.chat.router import Handover
from app.model.clock import SystemClock
from app.model.conversations import Kind, Status
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import Event, OffersChanged
from app.model.people import MISSED_OFFERS, Availability, Team
from app.model.principals import Agent, Visitor
from app.model.routing import Mode, OfferKind, OfferState, Rules
from app.storage import offers
from tests.domain import SYSTEM, Domain

AUTO = Rules(Mode.AUTO)
OFFER = Rules(Mode.OFFER, offer_seconds=30, passes_max=2)


async def come(domain: Domain, *names: str, team: Team | None = None, capacity: int = 5) -> list[Agent]:
    """New agents who are there."""
    found = []
    for name in names:
        agent = await domain.agent(name, teams=[team] if team else [])
        await domain.agents.change(SYSTEM, agent.agent_id, AgentChange(capacity=capacity))
        domain.presence.connected(agent)
        domain.presence._announce()
        found.append(agent)
    return found


async def waits(domain: Domain, inbox: str | None = None, text: str = "hello") -> tuple[Visitor, str]:
    """A visitor who has just written."""
    visitor = await domain.visitor(inbox or await domain.inbox())
    domain.clock.advance(0.001)  # two who come within a millisecond are in no order
    conv = (await domain.say(visitor, text)).conv
    await domain.router.settle()
    return visitor, conv


async def leave(domain: Domain, agent: Agent) -> None:
    """An agent's line is gone, and everybody was told."""
    domain.presence.disconnected(agent)
    domain.presence._announce()
    await domain.router.settle()


async def later(domain: Domain, seconds: float) -> None:
    domain.clock.advance(seconds)
    domain.router.changed()
    await domain.router.settle()


async def test_by_hand_it_waits_until_somebody_takes_it(domain: Domain) -> None:
    (ann,) = await come(domain, "Ann")
    _, conv = await waits(domain)
    assert (await domain.head(conv)).status is Status.QUEUED
    head = await domain.conversations.take(ann, conv)
    assert await domain.router.why(ann, head) is None


async def test_it_is_given_to_who_has_least_and_says_why(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, AUTO)
    ann, ben = await come(domain, "Ann", "Ben")
    inbox = await domain.inbox()
    given = [await domain.head((await waits(domain, inbox))[1]) for _ in range(3)]
    assert {given[0].assignee_id, given[1].assignee_id} == {ann.agent_id, ben.agent_id}
    assert all(head.status is Status.OPEN for head in given)
    why = await domain.router.why(ann, given[1])
    assert why is not None and why.kind is OfferKind.ASSIGNMENT and why.state is OfferState.ACCEPTED
    assert (why.why.rule, why.why.load, why.why.capacity, why.why.candidates) == ("least_load", 0, 5, 2)
    notice = (await domain.entries(given[0].id))[-1]
    assert notice.data is not None and notice.data["event"] == "joined" and notice.kind is Kind.NOTICE


async def test_an_agent_who_is_freed_gets_the_next_one(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, AUTO)
    (ann,) = await come(domain, "Ann", capacity=1)
    inbox = await domain.inbox()
    (_, first), (_, second), (_, third) = [await waits(domain, inbox) for _ in range(3)]
    assert [(await domain.head(one)).assignee_id for one in (first, second, third)] == [ann.agent_id, None, None]
    await domain.conversations.resolve(ann, first)
    await domain.router.settle()
    assert [(await domain.head(one)).assignee_id for one in (second, third)] == [ann.agent_id, None]
    await domain.agents.change(SYSTEM, ann.agent_id, AgentChange(capacity=2))
    await domain.router.settle()
    assert (await domain.head(third)).assignee_id == ann.agent_id


async def test_who_comes_online_gets_what_waits_and_who_is_away_nothing(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, AUTO)
    ann = await domain.agent("Ann")
    _, conv = await waits(domain)
    assert (await domain.head(conv)).assignee_id is None
    await domain.agents.change_profile(ann, ProfileChange(availability=Availability.AWAY, away_reason="lunch"))
    domain.presence.connected(ann)
    domain.presence._announce()
    await domain.router.settle()
    assert (await domain.head(conv)).assignee_id is None
    changed = await domain.agents.change_profile(ann, ProfileChange(availability=Availability.ONLINE))
    await domain.router.settle()
    assert changed.away_reason == ""
    assert (await domain.head(conv)).assignee_id == ann.agent_id


async def test_a_role_of_the_desks_own_is_given_what_it_may_answer(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, AUTO)
    night = await domain.roles.create(SYSTEM, NewRole("Night", ("conversations.read_all",)))
    (ann,) = await come(domain, "Ann")
    await domain.agents.change(SYSTEM, ann.agent_id, AgentChange(role=night.id))
    _, conv = await waits(domain)
    assert (await domain.head(conv)).assignee_id is None
    writing = RoleChange(permissions=("conversations.read_all", "conversations.write"))
    await domain.roles.change(SYSTEM, night.id, writing)
    await later(domain, 1)
    assert (await domain.head(conv)).assignee_id == ann.agent_id


async def test_what_a_role_allows_is_known_to_its_own_desk_alone(domain: Domain) -> None:
    night = await domain.roles.create(SYSTEM, NewRole("Night", ("conversations.write",)))
    another = Roles(domain.database, domain.ids, domain.clock, domain.settings.limits)
    assert (domain.roles.rights_known(night.id), another.rights_known(night.id)) == (
        frozenset({"conversations.write"}),
        frozenset(),
    )
    await another.load()
    assert another.rights_known(night.id) == {"conversations.write"}


async def test_priority_goes_before_time_but_not_before_every_wait(domain: Domain) -> None:
    inbox = await domain.inbox()
    (_, first) = await waits(domain, inbox)
    domain.clock.advance(domain.settings.limits.queue_priority_seconds + 1)
    (_, second), (_, third) = await waits(domain, inbox), await waits(domain, inbox)
    await domain.change(third, "priority = 3")
    await domain.rules.set_default(SYSTEM, AUTO)
    (ann,) = await come(domain, "Ann", capacity=1)
    order = []
    for _ in range(3):
        domain.router.changed()
        await domain.router.settle()
        (mine,) = [one for one in (first, second, third) if (await domain.head(one)).status is Status.OPEN]
        order.append(mine)
        await domain.conversations.resolve(ann, mine)
    assert order == [first, third, second]


async def test_an_offer_is_accepted_once_by_whom_it_was_put_before(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, OFFER)
    (ann,) = await come(domain, "Ann")
    ben = await domain.agent("Ben")
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    _, conv = await waits(domain, text="Where is my parcel?")
    (offer,) = domain.router.before(ann.agent_id)
    assert (offer.kind, offer.conversation_id, offer.line) == (OfferKind.OFFER, conv, "Where is my parcel?")
    assert offer.deadline_at - offer.made_at == 30_000
    told = [event for event in heard if isinstance(event, OffersChanged)]
    assert [(event.agent_id, len(event.offers)) for event in told] == [(ann.agent_id, 1)]
    assert (await domain.head(conv)).status is Status.QUEUED
    with pytest.raises(NotFound):
        await domain.router.accept(ben, offer.id)
    head = await domain.router.accept(ann, offer.id)
    assert (head.assignee_id, head.status) == (ann.agent_id, Status.OPEN)
    assert domain.router.before(ann.agent_id) == ()
    with pytest.raises(NotFound):
        await domain.router.accept(ann, offer.id)
    why = await domain.router.why(ann, head)
    assert why is not None and why.kind is OfferKind.OFFER


async def test_an_offer_that_is_refused_goes_to_the_next_and_comes_back_after_a_rest(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, OFFER)
    ann, ben = await come(domain, "Ann", "Ben")
    _, conv = await waits(domain)
    asked = [agent for agent in (ann, ben) if domain.router.before(agent.agent_id)]
    (first,) = asked
    other = ben if first is ann else ann
    await domain.router.refuse(first, domain.router.before(first.agent_id)[0].id, "  I know  nothing of it ")
    await domain.router.settle()
    (second,) = domain.router.before(other.agent_id)
    assert (second.conversation_id, second.number) == (conv, 2)
    await domain.router.refuse(other, second.id, "")
    await domain.router.settle()
    assert domain.router.before(ann.agent_id) == domain.router.before(ben.agent_id) == ()
    rest = domain.settings.limits.offer_rest_seconds
    assert domain.router.due_seconds() == pytest.approx(rest)
    await later(domain, rest + 0.1)
    assert len(domain.router.before(ann.agent_id)) + len(domain.router.before(ben.agent_id)) == 1


async def test_an_offer_that_nobody_answers_ends_and_makes_its_agent_away(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, OFFER)
    (ann,) = await come(domain, "Ann")
    inbox = await domain.inbox()
    first, second = await waits(domain, inbox), await waits(domain, inbox)
    assert len(domain.router.before(ann.agent_id)) == 2
    assert domain.router.due_seconds() == pytest.approx(30, abs=0.1)
    await later(domain, 29)
    assert len(domain.router.before(ann.agent_id)) == 2
    await later(domain, 1.1)
    assert domain.router.before(ann.agent_id) == ()
    agent = await domain.agents.find(ann.agent_id)
    assert (agent.availability, agent.away_reason) == (Availability.AWAY, MISSED_OFFERS)
    await domain.agents.change_profile(ann, ProfileChange(availability=Availability.ONLINE))
    await later(domain, domain.settings.limits.offer_rest_seconds + 0.1)
    assert {offer.conversation_id for offer in domain.router.before(ann.agent_id)} == {first[1], second[1]}


async def test_who_goes_away_is_no_longer_asked(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, OFFER)
    (ann,) = await come(domain, "Ann")
    _, conv = await waits(domain)
    (ben,) = await come(domain, "Ben")
    await domain.agents.change_profile(ann, ProfileChange(availability=Availability.AWAY, away_reason="break"))
    await domain.router.settle()
    assert domain.router.before(ann.agent_id) == ()
    assert [offer.conversation_id for offer in domain.router.before(ben.agent_id)] == [conv]


async def test_what_goes_another_way_is_offered_no_more(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, OFFER)
    (ann,) = await come(domain, "Ann")
    ben = await domain.agent("Ben")
    _, conv = await waits(domain)
    (offer,) = domain.router.before(ann.agent_id)
    await domain.conversations.take(ben, conv)
    with pytest.raises(Conflict) as over:
        await domain.router.accept(ann, offer.id)
    assert over.value.code == "offer_over"
    await domain.router.settle()
    assert domain.router.before(ann.agent_id) == ()
    stored = await domain.database.read("SELECT state FROM offers")
    assert stored == [("withdrawn",)]


async def test_a_gone_agents_waiting_visitors_go_to_the_front(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, AUTO)
    (ann,) = await come(domain, "Ann", capacity=2)
    inbox = await domain.inbox()
    _, waiting = await waits(domain, inbox)
    visitor, answered = await waits(domain, inbox)
    await domain.say(ann, "One moment", answered)
    _, queued = await waits(domain, inbox)
    await leave(domain, ann)
    grace = domain.settings.limits.agent_grace_seconds
    assert domain.router.due_seconds() == pytest.approx(grace)
    await later(domain, grace - 1)
    assert (await domain.head(waiting)).assignee_id == ann.agent_id
    await later(domain, 1.1)
    assert (await domain.head(waiting)).status is Status.QUEUED
    assert (await domain.head(answered)).assignee_id == ann.agent_id
    (ben,) = await come(domain, "Ben", capacity=1)
    domain.router.changed()
    await domain.router.settle()
    assert [(await domain.head(one)).assignee_id for one in (waiting, queued)] == [ben.agent_id, None]
    await domain.say(visitor, "Are you there?", answered)
    await later(domain, grace + 0.1)
    assert (await domain.head(answered)).status is Status.QUEUED


async def test_who_comes_back_in_time_keeps_what_he_has(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, AUTO)
    (ann,) = await come(domain, "Ann")
    _, conv = await waits(domain)
    await leave(domain, ann)
    domain.clock.advance(30)
    domain.presence.connected(ann)
    domain.presence._announce()
    await later(domain, 300)
    assert (await domain.head(conv)).assignee_id == ann.agent_id
    assert domain.router.due_seconds() is None


async def test_by_hand_a_gone_agent_keeps_what_he_has(domain: Domain) -> None:
    (ann,) = await come(domain, "Ann")
    _, conv = await waits(domain)
    await domain.conversations.take(ann, conv)
    await domain.change(conv, "waiting_since = 1")
    await leave(domain, ann)
    await later(domain, 3_600)
    assert (await domain.head(conv)).assignee_id == ann.agent_id


@pytest.mark.parametrize("change", [AgentChange(disabled=True), AgentChange(role="observer")])
async def test_by_hand_too_nobody_waits_for_who_does_not_work_here_any_more(
    domain: Domain, change: AgentChange
) -> None:
    (ann,) = await come(domain, "Ann")
    visitor, waiting = await waits(domain)
    await domain.conversations.take(ann, waiting)
    visitor, answered = await waits(domain)
    await domain.say(ann, "One moment", answered)
    await domain.agents.change(SYSTEM, ann.agent_id, change)
    await leave(domain, ann)
    await later(domain, domain.settings.limits.agent_grace_seconds + 0.1)
    assert (await domain.head(waiting)).status is Status.QUEUED
    assert (await domain.head(answered)).assignee_id == ann.agent_id, "nobody waits there"
    await domain.say(visitor, "Hello?", answered)
    await later(domain, domain.settings.limits.agent_grace_seconds + 0.1)
    assert (await domain.head(answered)).status is Status.QUEUED


async def test_a_team_overflows_into_another(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    await domain.rules.set_team(SYSTEM, north.id, replace(AUTO, overflow_team_id=south.id, overflow_seconds=60))
    await domain.rules.set_team(SYSTEM, south.id, AUTO)
    inbox = await domain.inbox(north)
    (ann,) = await come(domain, "Ann", team=north, capacity=1)
    (ben,) = await come(domain, "Ben", team=south)
    (_, first), (_, second) = await waits(domain, inbox), await waits(domain, inbox)
    assert (await domain.head(first)).assignee_id == ann.agent_id
    assert domain.router.due_seconds() == pytest.approx(60, abs=0.1)
    await later(domain, 60.1)
    head = await domain.head(second)
    assert (head.team_id, head.assignee_id) == (south.id, ben.agent_id)
    await leave(domain, ann)
    _, third = await waits(domain, inbox)
    assert (await domain.head(third)).assignee_id == ben.agent_id, "nobody of the team is there"


async def test_a_hand_over_is_put_before_the_colleague(domain: Domain) -> None:
    ann, ben = await come(domain, "Ann", "Ben")
    _, conv = await waits(domain, text="Where is it?")
    await domain.conversations.take(ann, conv)
    await domain.router.transfer(ann, conv, Handover(ben.agent_id, "he is in a hurry"))
    (offer,) = domain.router.before(ben.agent_id)
    assert domain.router.before(ann.agent_id) == (offer,)
    assert (offer.kind, offer.from_id, offer.note, offer.line) == (
        OfferKind.TRANSFER, ann.agent_id, "he is in a hurry", "Where is it?",
    )  # fmt: skip
    with pytest.raises(Conflict) as twice:
        await domain.router.transfer(ann, conv, Handover(ben.agent_id))
    assert twice.value.code == "offered_already"
    head = await domain.router.accept(ben, offer.id)
    assert head.assignee_id == ben.agent_id
    note, line = (await domain.entries(conv))[-2:]
    assert (note.kind, note.text, note.sender.name, note.seq) == (Kind.NOTE, "he is in a hurry", "Ann", None)
    assert line.data == {"event": "transferred", "agent": "Ann", "to": "Ben"}
    assert head == await domain.head(conv)


async def test_a_colleague_may_put_anothers_conversation_before_somebody(domain: Domain) -> None:
    """Whoever may write in it hands it on: it is still where it was offered from, though that is not his own list."""
    (ann, ben, boss) = await come(domain, "Ann", "Ben", "Boss")
    visitor, conv = await waits(domain)
    await domain.conversations.take(ann, conv)
    offer = await domain.router.transfer(boss, conv, Handover(ben.agent_id, "Ann is ill"))
    await domain.say(visitor, "Hello?", conv)
    await domain.router.settle()
    head = await domain.router.accept(ben, offer.id)
    assert (head.assignee_id, head.status) == (ben.agent_id, Status.OPEN)
    gone = await domain.router.transfer(boss, conv, Handover(ann.agent_id))
    await domain.conversations.assign(boss, conv, Assignment(boss.agent_id))
    with pytest.raises(Conflict, match="offer_over"):
        await domain.router.accept(ann, gone.id)


async def test_a_hand_over_that_is_refused_stays_where_it_was_with_the_reason(domain: Domain) -> None:
    ann, ben = await come(domain, "Ann", "Ben")
    _, conv = await waits(domain)
    await domain.conversations.take(ann, conv)
    offer = await domain.router.transfer(ann, conv, Handover(ben.agent_id))
    await domain.router.refuse(ben, offer.id, "Not mine")
    head = await domain.head(conv)
    line = (await domain.entries(conv))[-1]
    assert (head.assignee_id, line.kind, line.seq) == (ann.agent_id, Kind.SYSTEM, None)
    assert line.data == {"event": "transfer_refused", "agent": "Ben", "reason": "Not mine"}
    again = await domain.router.transfer(ann, conv, Handover(ben.agent_id))
    await later(domain, domain.settings.limits.transfer_offer_seconds + 0.1)
    assert (await domain.entries(conv))[-1].data == {"event": "transfer_expired", "agent": "Ben", "reason": ""}
    assert (await domain.agents.find(ben.agent_id)).availability is Availability.ONLINE
    with pytest.raises(NotFound):
        await domain.router.accept(ben, again.id)
    third = await domain.router.transfer(ann, conv, Handover(ben.agent_id))
    with pytest.raises(NotFound):
        await domain.router.take_back(ben, third.id)
    await domain.router.take_back(ann, third.id)
    assert domain.router.before(ben.agent_id) == ()


async def test_a_hand_over_needs_somebody_who_may_answer(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    observer = await domain.agent("Olga", "observer")
    _, conv = await waits(domain)
    await domain.conversations.take(ann, conv)
    for to, code in (
        (observer.agent_id, "agent_unusable"),
        ("0" * 26, "agent_unusable"),
        (ann.agent_id, "agent_has_it"),
    ):
        with pytest.raises(Invalid) as refused:
            await domain.router.transfer(ann, conv, Handover(to))
        assert refused.value.code == code
    with pytest.raises(Forbidden):
        await domain.router.transfer(observer, conv, Handover(ann.agent_id))
    await domain.conversations.resolve(ann, conv)
    with pytest.raises(Conflict):
        await domain.router.transfer(ann, conv, Handover((await domain.agent("Ben")).agent_id))


async def test_what_is_before_somebody_survives_a_restart(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, OFFER)
    (ann,) = await come(domain, "Ann")
    _, conv = await waits(domain)
    domain.clock.advance(10)
    again = Domain(domain.path, domain.settings, domain.clock)
    async with again:
        (offer,) = again.router.before(ann.agent_id)
        assert offer.conversation_id == conv
        assert again.router.due_seconds() == pytest.approx(20)
        await later(again, 20.1)
        assert again.router.before(ann.agent_id) == ()
        assert again.rules.book.default == OFFER


async def test_a_clock_that_is_set_back_does_not_keep_an_offer_open(domain: Domain) -> None:
    await domain.rules.set_default(SYSTEM, OFFER)
    (ann,) = await come(domain, "Ann")
    await waits(domain)
    domain.clock.jump(-86_400)
    await later(domain, 30.1)
    assert domain.router.before(ann.agent_id) == ()
    async with Domain(domain.path, domain.settings, domain.clock) as again:
        due = again.router.due_seconds()
        assert due is None or due <= 60


async def test_rules_are_refused_that_lead_nowhere(domain: Domain) -> None:
    north = await domain.team("North")
    owner, agent = await domain.agent("Boss", "owner"), await domain.agent("Ann")
    with pytest.raises(Forbidden):
        await domain.rules.set_team(agent, north.id, AUTO)
    for target, code in (("0" * 26, "team_unknown"), (north.id, "overflow_self")):
        with pytest.raises(Invalid) as refused:
            await domain.rules.set_team(owner, north.id, replace(AUTO, overflow_team_id=target))
        assert (refused.value.code, refused.value.field) == (code, "overflow_team_id")
    with pytest.raises(NotFound):
        await domain.rules.set_team(owner, "0" * 26, AUTO)
    book = await domain.rules.set_team(owner, north.id, AUTO)
    assert book.teams == {north.id: AUTO}
    assert (await domain.rules.set_team(owner, north.id, None)).teams == {}
    inbox = await domain.inbox()
    assert (await domain.rules.set_inbox(owner, inbox, OFFER)).of(inbox, north.id) == OFFER
    assert await offers.open_ones(domain.database) == []


async def test_it_routes_by_itself_at_events_and_deadlines(domain: Domain) -> None:
    """As the server runs it: nobody calls it, time moves on, and what is due is done."""
    ann, ben = await come(domain, "Ann", "Ben")
    await domain.rules.set_default(SYSTEM, AUTO)
    running = asyncio.create_task(domain.router.run())
    try:
        visitor = await domain.visitor(await domain.inbox())
        conv = (await domain.say(visitor, "hello")).conv
        async with asyncio.timeout(60):  # against hanging
            while (assignee := (await domain.head(conv)).assignee_id) is None:
                await asyncio.sleep(0.005)
        giver, taker = (ann, ben) if assignee == ann.agent_id else (ben, ann)
        await domain.router.transfer(giver, conv, Handover(taker.agent_id))
        domain.clock.advance(domain.settings.limits.transfer_offer_seconds + 1)
        domain.router.changed()  # the sleep was for as long as the deadline; this clock has jumped over it
        async with asyncio.timeout(60):
            while domain.router.before(taker.agent_id):
                await asyncio.sleep(0.005)
        assert (await domain.entries(conv))[-1].data == {
            "event": "transfer_expired",
            "agent": _name(domain, taker),
            "reason": "",
        }
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_deadline_wakes_it_without_any_event(domain: Domain) -> None:
    """By the machine's own clock: an offer of a second ends though nothing else happens."""
    ann, ben = await come(domain, "Ann", "Ben")
    _, conv = await waits(domain)
    await domain.conversations.take(ann, conv)
    settings = replace(domain.settings, limits=replace(domain.settings.limits, transfer_offer_seconds=1))
    async with Domain(domain.path, settings, SystemClock()) as again:  # type: ignore[arg-type]
        running = asyncio.create_task(again.router.run())
        try:
            await again.router.transfer(ann, conv, Handover(ben.agent_id))
            async with asyncio.timeout(60):  # against hanging
                while again.router.before(ben.agent_id):
                    await asyncio.sleep(0.01)
            stored = await again.database.read("SELECT state, ended_at - made_at FROM offers")
            ((state, lasted),) = stored
            assert (state, isinstance(lasted, int) and lasted >= 1_000) == ("expired", True)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def _name(domain: Domain, agent: Agent) -> str:
    return domain.agents.names[agent.agent_id]
