"""Merging and linking: the older goes on, nothing is renumbered, undone for a day; where the visitor's words land."""

import pytest
from msgspec.structs import replace

from app.chat.merging import Other
from app.chat.snoozing import Snooze
from app.model.conversations import Conversation, Status
from app.model.errors import Conflict, Forbidden, NotFound
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from app.storage import audit
from tests.domain import Domain


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(merged_into_one_max=2, linked_with_one_max=2, reopen_hours=1))


async def _two(domain: Domain, count: int = 2) -> tuple[Visitor, Agent, list[str]]:
    """A visitor's conversations, the oldest first, each opened after the one before was over."""
    ann = await domain.agent("Ann")
    visitor = await domain.visitor(await domain.inbox())
    convs: list[str] = []
    for number in range(count):
        ack = await domain.say(visitor, f"question {number}", convs[-1] if convs else None)
        convs.append(ack.conv)
        domain.clock.advance(1)
        if number < count - 1:
            await domain.conversations.resolve(ann, ack.conv)
            domain.clock.advance(2 * 3_600)
    return visitor, ann, convs


@pytest.mark.parametrize("swapped", [False, True])
async def test_the_older_goes_on_whichever_is_named_first(domain: Domain, swapped: bool) -> None:
    _, ann, (older, newer) = await _two(domain)
    entries = await domain.entries(newer)
    one, other = (newer, older) if swapped else (older, newer)
    head = await domain.tools.merging.merge(ann, one, Other(other))
    assert (head.id, head.status) == (older, Status.QUEUED)
    assert head.waiting_since is not None
    source = await domain.head(newer)
    assert (source.status, source.close_reason, source.merged_into) == (Status.CLOSED, "merged", older)
    after = await domain.entries(newer)
    assert after[:-1] == entries
    assert after[-1].data == {"event": "resolved", "merged_into": older, "agent": "Ann"}
    last = (await domain.entries(older))[-1]
    assert last.seq is None and last.data == {"event": "took_in", "conversation": newer, "agent": "Ann"}
    related = await domain.tools.merging.related(ann, older)
    assert [one.conversation.id for one in related.merged] == [newer]
    there = await domain.tools.merging.related(ann, newer)
    assert there.into is not None and there.into.id == older
    assert there.undo_until == related.merged[0].undo_until == domain.clock.now_ms() + 24 * 3_600_000


async def test_what_the_visitor_writes_into_a_merged_one_lands_in_the_other(domain: Domain) -> None:
    visitor, ann, (older, newer) = await _two(domain)
    await domain.tools.merging.merge(ann, older, Other(newer))
    ack = await domain.say(visitor, "and one thing more", newer)
    assert ack.conv == older
    assert (await domain.entries(older))[-1].text == "and one thing more"
    with pytest.raises(Conflict) as closed:
        await domain.say(ann, "answer", newer)
    assert closed.value.code == "closed"
    await domain.conversations.resolve(ann, older)
    domain.clock.advance(2 * 3_600)
    follower = (await domain.say(visitor, "much later", newer)).conv
    assert follower not in (older, newer) and (await domain.head(follower)).follows == older


async def test_undoing_gives_it_back_as_it_stood(domain: Domain) -> None:
    visitor, ann, (older, newer) = await _two(domain)
    await domain.conversations.take(ann, newer)
    until = domain.clock.now_ms() + 5 * 3_600_000
    asleep = await domain.tools.snoozing.snooze(ann, newer, Snooze(until))
    await domain.tools.merging.merge(ann, older, Other(newer))
    assert await domain.tools.snoozing.next_due() is None
    domain.clock.advance(24 * 3_600)
    back = await domain.tools.merging.unmerge(ann, newer)
    assert _facts(back) == _facts(asleep)
    assert (await domain.tools.merging.related(ann, older)).merged == ()
    assert (await domain.entries(older))[-1].data == {
        "event": "gave_back", "conversation": newer, "agent": "Ann",
    }  # fmt: skip
    assert (await domain.say(visitor, "here", newer)).conv == newer
    with pytest.raises(Conflict) as again:
        await domain.tools.merging.unmerge(ann, newer)
    assert again.value.code == "not_merged"
    noted = [entry.action for entry in await audit.page(domain.database, audit.Filter(), 2**53, 10)]
    assert noted[:2] == ["conversation.unmerge", "conversation.merge"]


async def test_after_a_day_it_stays(domain: Domain) -> None:
    _, ann, (older, newer) = await _two(domain)
    await domain.tools.merging.merge(ann, older, Other(newer))
    domain.clock.advance(24 * 3_600 + 1)
    with pytest.raises(Conflict) as late:
        await domain.tools.merging.unmerge(ann, newer)
    assert late.value.code == "too_late"


async def test_what_cannot_be_merged_is_refused(domain: Domain) -> None:
    _, ann, convs = await _two(domain, 5)
    merge = domain.tools.merging.merge
    stranger = (await domain.say(await domain.visitor(await domain.inbox()), "hello")).conv

    async def refused(one: str, other: str) -> str:
        with pytest.raises(Conflict) as conflict:
            await merge(ann, one, Other(other))
        return conflict.value.code

    assert await refused(convs[0], convs[0]) == "merge_itself"
    assert await refused(convs[0], stranger) == "other_contact"
    await merge(ann, convs[1], Other(convs[2]))
    assert await refused(convs[0], convs[2]) == "merged"
    assert await refused(convs[0], convs[1]) == "merge_holds_others"
    await merge(ann, convs[1], Other(convs[3]))
    assert await refused(convs[1], convs[4]) == "limit_reached"
    await domain.change(convs[0], "status = 'closed'")
    assert await refused(convs[0], convs[4]) == "closed"
    for someone, error in ((await domain.agent("Olga", "observer"), Forbidden),):
        with pytest.raises(error):
            await merge(someone, convs[0], Other(convs[4]))
    hidden = await domain.visitor(await domain.inbox(await domain.team("North")))
    elsewhere = (await domain.say(hidden, "hello")).conv
    with pytest.raises(NotFound):
        await merge(ann, convs[4], Other(elsewhere))
    with pytest.raises(NotFound):
        await merge(ann, convs[4], Other("f" * 26))


async def test_links_are_seen_from_both_sides(domain: Domain) -> None:
    _, ann, (older, newer) = await _two(domain)
    others = [(await domain.say(await domain.visitor(await domain.inbox()), "hello")).conv for _ in range(2)]
    link, related = domain.tools.merging.link, domain.tools.merging.related
    before = await domain.head(newer)
    linked = await link(ann, newer, Other(others[0]), on=True)
    assert linked.staff_seq == before.staff_seq + 1 and linked.seq == before.seq
    assert await link(ann, newer, Other(others[0]), on=True) == linked
    assert await link(ann, others[0], Other(newer), on=True) == await domain.head(others[0])
    for one, other in ((newer, others[0]), (others[0], newer)):
        assert [head.id for head in (await related(ann, one)).linked] == [other]
    await link(ann, newer, Other(others[1]), on=True)
    for code, other in (("limit_reached", older), ("link_itself", newer)):
        with pytest.raises(Conflict) as refused:
            await link(ann, newer, Other(other), on=True)
        assert refused.value.code == code
    await link(ann, others[0], Other(newer), on=False)
    assert [head.id for head in (await related(ann, newer)).linked] == [others[1]]


async def test_what_one_may_not_see_is_not_told(domain: Domain) -> None:
    boss, ann = await domain.agent("Boss", "admin"), await domain.agent("Ann")
    mine = (await domain.say(await domain.visitor(await domain.inbox()), "hello")).conv
    north = await domain.inbox(await domain.team("North"))
    hidden = (await domain.say(await domain.visitor(north), "hello")).conv
    await domain.tools.merging.link(boss, mine, Other(hidden), on=True)
    assert (await domain.tools.merging.related(ann, mine)).linked == ()
    with pytest.raises(NotFound):
        await domain.tools.merging.related(ann, hidden)


def _facts(head: Conversation) -> tuple[object, ...]:
    return (
        head.status, head.assignee_id, head.waiting_since, head.snoozed_until, head.resolved_at, head.close_reason,
        head.merged_into,
    )  # fmt: skip
