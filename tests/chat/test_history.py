"""Lists, threads, holes and resumes."""

import pytest
from msgspec.structs import replace

from app.accounts.policy import ROLES, generation
from app.chat.conversations import Assignment
from app.chat.history import History, Missed, sight_of
from app.contacts.contacts import ContactChange
from app.model import frames
from app.model.errors import Invalid, NotFound
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from app.storage import events
from app.storage.conversations import View
from tests.domain import SYSTEM, Domain


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(resume_rows_max=4, replay_events_max=20))


async def _resumed(domain: Domain, principal: Visitor | Agent, resume: frames.Resume) -> list[frames.ServerFrame]:
    """Every page of a resume, one after the other."""
    told: list[frames.ServerFrame] = []
    more: frames.Resume | None = resume
    while more is not None:
        missed: Missed = await domain.history.resume(principal, more)
        assert len([frame for frame in missed.told if isinstance(frame, frames.Msg)]) <= 4
        told += missed.told
        more = missed.more
    return told


async def test_views_and_counts(domain: Domain) -> None:
    inbox = await domain.inbox()
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    convs = []
    for _ in range(4):
        domain.clock.advance(1)
        convs.append((await domain.say(await domain.visitor(inbox), "hello")).conv)
    domain.clock.advance(1)
    await domain.conversations.take(ann, convs[0])
    await domain.conversations.take(ben, convs[1])
    await domain.conversations.resolve(ben, convs[2])
    shown = {
        view: [row.conversation.id for row in (await domain.history.listing(ann, view, None, 50)).conversations]
        for view in View
    }
    assert shown[View.MINE] == [convs[0]]
    assert shown[View.UNASSIGNED] == [convs[3]]
    assert sorted(shown[View.ALL]) == sorted([convs[0], convs[1], convs[3]])
    assert shown[View.RESOLVED] == [convs[2]]
    counts = (await domain.history.listing(ann, View.ALL, None, 50)).counts
    assert (counts.mine, counts.unassigned, counts.all) == (1, 1, 3)


async def test_pages_of_a_list_meet_without_gap_or_overlap(domain: Domain) -> None:
    inbox = await domain.inbox()
    ann = await domain.agent("Ann")
    convs = [(await domain.say(await domain.visitor(inbox), "hello")).conv for _ in range(7)]  # all at the same moment
    seen: list[str] = []
    before: str | None = None
    while True:
        page = await domain.history.listing(ann, View.ALL, before, 3)
        seen += [row.conversation.id for row in page.conversations]
        before = page.next
        if before is None:
            break
    assert seen == sorted(convs, reverse=True)


async def test_resolved_and_closed_share_a_view_in_order_of_change(domain: Domain) -> None:
    inbox = await domain.inbox()
    ann = await domain.agent("Ann")
    convs = [(await domain.say(await domain.visitor(inbox), "hello")).conv for _ in range(4)]
    for number, conv in enumerate(convs):
        await domain.change(conv, f"status = '{'closed' if number % 2 else 'resolved'}', updated_at = {number}")
    page = await domain.history.listing(ann, View.RESOLVED, None, 3)
    assert [row.conversation.id for row in page.conversations] == convs[:0:-1]
    rest = await domain.history.listing(ann, View.RESOLVED, page.next, 3)
    assert [row.conversation.id for row in rest.conversations] == convs[:1]


async def test_a_list_holds_what_the_policy_allows(domain: Domain) -> None:
    sales, returns = await domain.team("Sales"), await domain.team("Returns")
    in_sales = (await domain.say(await domain.visitor(await domain.inbox(sales)), "hello")).conv
    in_returns = (await domain.say(await domain.visitor(await domain.inbox(returns)), "hello")).conv
    free = (await domain.say(await domain.visitor(await domain.inbox()), "hello")).conv
    ann, ben = await domain.agent("Ann", teams=[sales]), await domain.agent("Ben")
    eve = await domain.agent("Eve", "observer")
    boss = await domain.agent("Boss", "owner")
    await domain.conversations.assign(boss, in_returns, Assignment(ben.agent_id))

    async def seen(agent: Agent) -> set[str]:
        page = await domain.history.listing(agent, View.ALL, None, 50)
        assert page.counts.all == len(page.conversations)
        listed = {row.conversation.id for row in page.conversations}
        assert {conv for conv in (in_sales, in_returns, free) if await reads(agent, conv)} == listed
        return listed

    async def reads(agent: Agent, conv: str) -> bool:
        try:
            return bool((await domain.history.thread(agent, conv, None, 5)).messages)
        except NotFound:
            return False

    assert await seen(ann) == {in_sales, free}
    assert await seen(ben) == {in_returns, free}
    assert await seen(eve) == {in_sales, in_returns, free}
    nobody = replace(ann, permissions=frozenset[str]())
    assert not sight_of(nobody).everything and sight_of(nobody).sql() == "c.assignee_id = :agent"


async def test_a_made_up_cursor_is_refused(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    for before in ("", "x", "1", "1.", "-1.abc", "9" * 40 + ".abc"):
        with pytest.raises(Invalid):
            await domain.history.listing(ann, View.ALL, before, 3)


async def test_a_thread_is_read_backwards_in_each_ones_numbers(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "1")).conv
    await domain.say(ann, "note", conv, note=True)
    for text in ("2", "3"):
        await domain.say(visitor, text, conv)
    page = await domain.history.thread(visitor, conv, None, 2)
    assert ([entry.text for entry in page.messages], [entry.seq for entry in page.messages]) == (["2", "3"], [2, 3])
    assert page.more
    page = await domain.history.thread(visitor, conv, 2, 2)
    assert ([entry.text for entry in page.messages], page.more) == (["1"], False)
    page = await domain.history.thread(ann, conv, None, 50)
    assert [(entry.seq, entry.text) for entry in page.messages] == [(1, "1"), (2, "note"), (3, "2"), (4, "3")]


async def test_what_is_not_his_is_not_there(domain: Domain) -> None:
    inbox = await domain.inbox(await domain.team("Sales"))
    visitor, other, ann = await domain.visitor(inbox), await domain.visitor(inbox), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    for stranger in (other, ann):
        for refused in (
            domain.history.thread(stranger, conv, None, 5),
            domain.history.fetch(stranger, frames.Fetch(conv, 1, 1)),
            domain.history.head(stranger, conv),
        ):
            with pytest.raises(NotFound):
                await refused
    with pytest.raises(NotFound):
        await domain.history.detail(ann, conv)
    assert await domain.history.of_contact(ann, visitor.contact_id) == []


async def test_fetch_covers_every_number_asked_for(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "1")).conv
    for text in ("2", "3", "4"):
        await domain.say(visitor, text, conv)
    await domain.database.write(lambda tx: tx.execute("DELETE FROM messages WHERE seq IN (2, 3)"))
    told = await domain.history.fetch(visitor, frames.Fetch(conv, 1, 4))
    assert [frame.seq for frame in told if isinstance(frame, frames.Msg)] == [1, 4]
    assert [frame for frame in told if isinstance(frame, frames.Void)] == [frames.Void(conv, 2, 3)]
    assert told[-1] == frames.Fetched(conv, 1, 4)


async def test_fetch_gives_no_number_away_that_is_still_to_come(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "1")).conv
    told = await domain.history.fetch(visitor, frames.Fetch(conv, 1, 100))
    assert [frame.t for frame in _tagged(told)] == ["msg", "fetched"]
    assert told[-1] == frames.Fetched(conv, 1, 1)
    assert await domain.history.fetch(visitor, frames.Fetch(conv, 5, 9)) == (frames.Fetched(conv, 5, 4),)


async def test_a_visitor_is_told_every_thread_and_what_he_missed_page_by_page(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    first = (await domain.say(visitor, "1")).conv
    second = (await domain.say(visitor, "1")).conv
    for text in ("2", "3", "4"):
        await domain.say(visitor, text, first)
        await domain.say(visitor, text, second)
    await domain.say(ann, "private", second, note=True)
    epoch = domain.database.epoch
    told = await _resumed(domain, visitor, frames.Resume(epoch, {first: 3}))
    threads = [frame.conv for frame in told if isinstance(frame, frames.Thread)]
    assert sorted(threads) == sorted([first, second])
    held = [(frame.conv, frame.seq) for frame in told if isinstance(frame, frames.Msg)]
    assert sorted(held) == sorted([(first, 4), (second, 1), (second, 2), (second, 3), (second, 4)])
    assert told[-1] == frames.Live()


async def test_a_visitor_who_holds_everything_is_told_only_the_threads(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "1")).conv
    told = await _resumed(domain, visitor, frames.Resume(domain.database.epoch, {conv: 1}))
    assert [frame.t for frame in _tagged(told)] == ["thread", "live"]


async def test_a_resume_that_names_what_is_not_his_goes_on_with_his_own_alone(domain: Domain) -> None:
    """The page that follows travels as a frame with the same bound: 201 names broke the link to the gateway."""
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "1")).conv
    for text in ("2", "3", "4", "5"):
        await domain.say(visitor, text, conv)
    strange = {f"{number:026d}": 1 for number in range(frames.CONVERSATIONS_MAX)}
    missed = await domain.history.resume(visitor, frames.Resume(domain.database.epoch, strange))
    assert missed.more is not None and missed.more.convs == {conv: 4}


async def test_a_page_holds_only_so_much_text(domain: Domain) -> None:
    """Sixteen thousand characters an entry would make a page of megabytes that a slow reader holds in our memory."""
    history = History(domain.database, Limits(page_characters_max=1_000), domain.agents.names)
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    convs = [(await domain.say(visitor, "x" * 600)).conv for _ in range(3)]
    for conv in convs * 2:
        await domain.say(visitor, "x" * 600, conv)
    held = frames.Resume(domain.database.epoch, dict.fromkeys(convs, 2))
    missed = await history.resume(visitor, held)  # one entry of each thread
    assert len([frame for frame in missed.told if isinstance(frame, frames.Msg)]) == 2
    for principal, resume in ((visitor, frames.Resume("")), (ann, frames.Resume(_epoch(domain, ann), {}, 0))):
        more: frames.Resume | None = resume
        said: list[frames.Msg] = []
        while more is not None:
            missed = await history.resume(principal, more)
            page = [frame for frame in missed.told if isinstance(frame, frames.Msg)]
            assert len(page) <= 2  # what fits, and one more of the next thread
            said += page
            more = missed.more
        assert sorted((entry.conv, entry.seq) for entry in said) == sorted((c, n) for c in convs for n in (1, 2, 3))
        assert isinstance(missed.told[-1], frames.Live)
        fetched = await history.fetch(principal, frames.Fetch(convs[0], 1, 3))
        assert [frame.seq for frame in fetched if isinstance(frame, frames.Msg)] == [1]
        assert fetched[-1] == frames.Fetched(convs[0], 1, 1)
        thread = await history.thread(principal, convs[0], None, 50)
        assert ([entry.seq for entry in thread.messages], thread.more) == ([3], True)


async def test_another_epoch_resets(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "1")).conv
    reset = [frames.Reset(domain.database.epoch)]
    assert await _resumed(domain, visitor, frames.Resume("before", {conv: 1})) == reset
    assert await _resumed(domain, ann, frames.Resume("before", {}, 1)) == [frames.Reset(_epoch(domain, ann))]
    assert (await _resumed(domain, visitor, frames.Resume("")))[-1] == frames.Live()


async def test_other_rights_or_another_agent_reset(domain: Domain) -> None:
    """His position was taken when he saw other conversations: those he sees now were never told to him."""
    sales, returns = await domain.team("Sales"), await domain.team("Returns")
    await domain.say(await domain.visitor(await domain.inbox(returns)), "hello")
    ann, ben = await domain.agent("Ann", teams=[sales]), await domain.agent("Ben", teams=[sales])
    before = frames.Resume(_epoch(domain, ann), {}, await events.latest(domain.database))
    moved = replace(ann, session_id="another", teams=(returns.id,))
    for now in (moved, replace(ann, permissions=ROLES["observer"]), ben):
        assert await _resumed(domain, now, before) == [frames.Reset(_epoch(domain, now))]
    again = replace(ann, session_id="another", permissions=frozenset(sorted(ann.permissions, reverse=True)))
    assert (await _resumed(domain, again, before))[-1] == frames.Live(1)


async def test_an_agent_without_a_position_is_live_at_once(domain: Domain) -> None:
    await domain.say(await domain.visitor(await domain.inbox()), "1")
    assert await _resumed(domain, await domain.agent("Ann"), frames.Resume("")) == [frames.Live(1)]


async def test_an_agent_is_told_entries_heads_and_marks_since_his_position(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "1")).conv
    pos = await events.latest(domain.database)
    for text in ("2", "3", "4", "5", "6"):
        await domain.say(visitor, text, conv)
    await domain.conversations.take(ann, conv)
    await domain.conversations.read(visitor, conv, 3)
    contact = await domain.contacts.change(SYSTEM, visitor.contact_id, ContactChange(name="Mei"))
    told = await _resumed(domain, ann, frames.Resume(_epoch(domain, ann), {}, pos))
    assert [frame.seq for frame in told if isinstance(frame, frames.Msg)] == [2, 3, 4, 5, 6, 7]
    heads = [frame for frame in told if isinstance(frame, frames.Head)]
    assert replace(heads[-1].conversation, visitor_read=3) == await domain.head(conv)
    assert frames.Watermark(conv, "read", "visitor", visitor.contact_id, 3) in told
    assert [frame.contact for frame in told if isinstance(frame, frames.ContactUpdated)] == [contact]
    assert told[-1] == frames.Live(await events.latest(domain.database))


async def test_a_mark_that_moved_without_any_event_is_repeated(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "1")).conv
    pos = await events.latest(domain.database)
    await domain.conversations.read(visitor, conv, 1)
    await domain.conversations.read(ann, conv, 1)
    told = await _resumed(domain, ann, frames.Resume(_epoch(domain, ann), {}, pos))
    assert told == [
        frames.Watermark(conv, "read", "visitor", visitor.contact_id, 1),
        frames.Watermark(conv, "read", "agent", ann.agent_id, 1),
        frames.Live(pos),
    ]


async def test_a_replay_tells_only_what_the_policy_allows_and_what_is_gone(domain: Domain) -> None:
    sales, returns = await domain.team("Sales"), await domain.team("Returns")
    visitor = await domain.visitor(await domain.inbox(sales))
    boss, ann = await domain.agent("Boss", "owner"), await domain.agent("Ann", teams=[sales])
    ben = await domain.agent("Ben", teams=[returns])
    conv = (await domain.say(visitor, "1")).conv
    await domain.conversations.assign(boss, conv, Assignment(None, returns.id))
    await domain.say(visitor, "secret", conv)
    told = await _resumed(domain, ann, frames.Resume(_epoch(domain, ann), {}, 0))
    assert [frame.text for frame in told if isinstance(frame, frames.Msg)] == ["1"]
    assert [frame.conv for frame in told if isinstance(frame, frames.Gone)] == [conv]
    assert not any(isinstance(frame, frames.Head) for frame in told)
    told = await _resumed(domain, ben, frames.Resume(_epoch(domain, ben), {}, 0))
    assert [frame.text for frame in told if isinstance(frame, frames.Msg)] == ["", "secret"]
    assert await domain.head(conv) in [frame.conversation for frame in told if isinstance(frame, frames.Head)]


async def test_a_replayed_head_names_its_contact_by_the_newest_facts(domain: Domain) -> None:
    """The conversation began before he was named, its newest head comes after: the old facts must not win."""
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "1")).conv
    contact = await domain.contacts.change(SYSTEM, visitor.contact_id, ContactChange(name="Mei"))
    await domain.say(visitor, "2", conv)
    told = await _resumed(domain, ann, frames.Resume(_epoch(domain, ann), {}, 0))
    assert [frame.contact for frame in told if isinstance(frame, frames.Head)] == [contact]


async def test_too_far_behind_resets(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "1")).conv
    for number in range(21):
        await domain.say(visitor, str(number), conv)
    epoch = _epoch(domain, ann)
    assert await _resumed(domain, ann, frames.Resume(epoch, {}, 1)) == [frames.Reset(epoch)]
    assert (await _resumed(domain, ann, frames.Resume(epoch, {}, 2)))[-1] == frames.Live(22)
    assert await _resumed(domain, ann, frames.Resume(epoch, {}, 23)) == [frames.Reset(epoch)]


async def test_a_position_that_was_pruned_resets(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "1")).conv
    for number in range(4):
        await domain.say(visitor, str(number), conv)
    await domain.database.write(lambda tx: tx.execute("DELETE FROM events WHERE pos <= 2"))
    epoch = _epoch(domain, ann)
    assert await _resumed(domain, ann, frames.Resume(epoch, {}, 1)) == [frames.Reset(epoch)]
    assert (await _resumed(domain, ann, frames.Resume(epoch, {}, 2)))[-1] == frames.Live(5)


def _epoch(domain: Domain, agent: Agent) -> str:
    return generation(domain.database.epoch, agent)


class _Tag:
    def __init__(self, frame: frames.ServerFrame) -> None:
        self.t = frame.__struct_config__.tag


def _tagged(told: list[frames.ServerFrame] | tuple[frames.ServerFrame, ...]) -> list[_Tag]:
    return [_Tag(frame) for frame in told]
