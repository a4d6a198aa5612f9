"""Macros and bulk actions: preview first, all of it or nothing, drafts left alone, refusals named."""

import pytest
from msgspec.structs import replace

from app.chat.drafts import DraftChange
from app.chat.macros import MacroChange, MacroChoice, MacroRun, NewMacro
from app.chat.tags import NewTag
from app.contacts.contacts import ContactChange
from app.model.canned import Scope
from app.model.conversations import Kind, Status
from app.model.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from app.model.events import Event
from app.model.macros import (
    Action,
    Assign,
    ChangeTags,
    OpenTicket,
    PutOff,
    Resolve,
    SayReply,
    SetPriority,
    WriteNote,
)
from app.model.principals import Agent, Visitor
from app.model.tickets import Priority
from app.settings import Limits, Settings
from tests.domain import SYSTEM, Domain

GREET = SayReply(
    "Hello {{contact.name|there}}, this is {{agent.name}}.", "你好 {{contact.name|}}，我是{{agent.name}}。"
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(bulk_max=3, macros_max=2, macros_of_one_max=3))


async def _talk(domain: Domain) -> tuple[Visitor, str]:
    visitor = await domain.visitor(await domain.inbox())
    return visitor, (await domain.say(visitor, "hello")).conv


async def _macro(domain: Domain, ann: Agent, *actions: Action) -> str:
    return (await domain.tools.macros.create(ann, NewMacro("Do it", actions))).id


async def _run(domain: Domain, ann: Agent, conv: str, macro_id: str) -> None:
    _, expected = await domain.tools.macros.preview(ann, conv, MacroChoice(macro_id))
    await domain.tools.macros.run(ann, conv, MacroRun(macro_id, expected))


async def test_a_preview_shows_it_with_its_words_filled_and_stores_nothing(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    visitor, conv = await _talk(domain)
    await domain.contacts.change(SYSTEM, visitor.contact_id, ContactChange(name="Mei"))
    tag = await domain.tools.tags.create(SYSTEM, NewTag("Refund"))
    macro = await _macro(domain, ann, GREET, ChangeTags(add=(tag.id,)), OpenTicket(), Resolve("solved"))
    before, entries = await domain.head(conv), await domain.entries(conv)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    done, expected = await domain.tools.macros.preview(ann, conv, MacroChoice(macro))
    assert [step.text for step in done.steps] == ["Hello Mei, this is Ann.", "", "", ""]
    assert done.conversation.status is Status.RESOLVED and done.conversation.tags == (tag.id,)
    assert (await domain.head(conv), await domain.entries(conv), heard) == (before, entries, [])
    assert expected == before.staff_seq and (await domain.tools.macros.listing(ann))[0].used == 0


async def test_all_of_it_is_done_in_order_and_counted(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    visitor, conv = await _talk(domain)
    tag = await domain.tools.tags.create(SYSTEM, NewTag("Refund"))
    macro = await _macro(
        domain, ann, GREET, WriteNote("Asked {{contact.name|the customer}}"), ChangeTags(add=(tag.id,)),
        SetPriority(Priority.URGENT), Assign(agent_id=ben.agent_id), OpenTicket("Refund"), PutOff(minutes=60),
    )  # fmt: skip
    await _run(domain, ann, conv, macro)
    head = await domain.head(conv)
    assert (head.status, head.assignee_id, head.priority, head.tags) == (
        Status.SNOOZED, ben.agent_id, 4, (tag.id,),
    )  # fmt: skip
    assert head.snoozed_until == domain.clock.now_ms() + 3_600_000
    entries = await domain.entries(conv)
    said = [(entry.kind, entry.text) for entry in entries if entry.kind in (Kind.MESSAGE, Kind.NOTE)]
    assert said == [
        (Kind.MESSAGE, "hello"), (Kind.MESSAGE, "Hello there, this is Ann."), (Kind.NOTE, "Asked the customer"),
    ]  # fmt: skip
    events = [entry.data["event"] for entry in entries if entry.data and "event" in entry.data]
    assert events == ["joined", "tags_changed", "priority_changed", "transferred", "ticket_created", "snoozed"]
    assert (await domain.tools.macros.listing(ann))[0].used == 1
    assert [entry.staff_seq for entry in entries] == list(range(1, head.staff_seq + 1))
    assert (await domain.history.threads(visitor))[0].status == "open"


async def test_where_one_thing_is_refused_nothing_is_done(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    _, conv = await _talk(domain)
    tag = await domain.tools.tags.create(SYSTEM, NewTag("Refund"))
    for last, code in (
        (SayReply("Mail to {{contact.email}}"), "variable_empty"),
        (Assign(agent_id="f" * 26), "agent_unusable"),
        (ChangeTags(add=("f" * 26,)), "tag_unusable"),
        (PutOff(until=1), "until_unusable"),
    ):
        macro = await _macro(domain, ann, SetPriority(Priority.HIGH), ChangeTags(add=(tag.id,)), GREET, last)
        before, entries = await domain.head(conv), await domain.entries(conv)
        with pytest.raises(Problem) as refused:
            await domain.tools.macros.run(ann, conv, MacroRun(macro, before.staff_seq))
        assert refused.value.code == code
        with pytest.raises(Problem) as foreseen:
            await domain.tools.macros.preview(ann, conv, MacroChoice(macro))
        assert foreseen.value.code == code
        assert (await domain.head(conv), await domain.entries(conv)) == (before, entries)
        assert (await domain.tools.macros.listing(ann))[0].used == 0
        await domain.tools.macros.delete(ann, macro)


async def test_it_is_done_once_and_not_on_top_of_what_was_not_seen(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    visitor, conv = await _talk(domain)
    macro = await _macro(domain, ann, GREET)
    _, expected = await domain.tools.macros.preview(ann, conv, MacroChoice(macro))
    await domain.say(visitor, "wait, one more thing", conv)
    with pytest.raises(Conflict) as stale:
        await domain.tools.macros.run(ann, conv, MacroRun(macro, expected))
    assert stale.value.code == "went_on"
    _, expected = await domain.tools.macros.preview(ann, conv, MacroChoice(macro))
    await domain.tools.macros.run(ann, conv, MacroRun(macro, expected))
    with pytest.raises(Conflict):
        await domain.tools.macros.run(ann, conv, MacroRun(macro, expected))
    texts = [entry.text for entry in await domain.entries(conv) if entry.sender.kind == "agent"]
    assert texts == ["Hello there, this is Ann."]


async def test_what_is_written_in_the_field_stays_there_and_is_not_sent(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    _, conv = await _talk(domain)
    await domain.drafts.write(ann, conv, DraftChange(reply="half a sentence", note="and a thought"))
    await _run(domain, ann, conv, await _macro(domain, ann, GREET, WriteNote("done")))
    kept = await domain.drafts.of(ann, conv)
    assert kept.reply is not None and kept.reply.text == "half a sentence"
    assert kept.note is not None and kept.note.text == "and a thought"


async def test_the_customers_language_decides(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    session = await domain.visitors.session(await domain.inbox(), language="zh-CN")
    conv = (await domain.say(session.visitor, "你好")).conv
    done, _ = await domain.tools.macros.preview(ann, conv, MacroChoice(await _macro(domain, ann, GREET)))
    assert done.steps[0].text == "你好 ，我是Ann。"


async def test_whose_macros_are_whose(domain: Domain) -> None:
    team = await domain.team("North")
    ann, ben = await domain.agent("Ann", teams=[team]), await domain.agent("Ben")
    boss = await domain.agent("Boss", "admin")
    macros, note = domain.tools.macros, (WriteNote("x"),)
    own = await macros.create(ann, NewMacro("Own", note))
    teams = await macros.create(ann, NewMacro("Team's", note, Scope.TEAM, team.id))
    alls = await macros.create(boss, NewMacro("All's", note, Scope.ALL))
    assert [one.name for one in await macros.listing(ann)] == ["All's", "Own", "Team's"]
    assert [one.name for one in await macros.listing(ben)] == ["All's"]
    with pytest.raises(Forbidden):
        await macros.create(ann, NewMacro("Mine for all", note, Scope.ALL))
    with pytest.raises(Forbidden):
        await macros.change(ben, alls.id, MacroChange(name="Changed"))
    _, conv = await _talk(domain)
    for foreign in (own, teams):
        for act in (
            macros.change(ben, foreign.id, MacroChange(name="Changed")),
            macros.delete(ben, foreign.id),
            macros.preview(ben, conv, MacroChoice(foreign.id)),
            macros.run(ben, conv, MacroRun(foreign.id, 1)),
        ):
            with pytest.raises(NotFound):
                await act
    with pytest.raises(Conflict) as full:
        await macros.create(boss, NewMacro("Third", note, Scope.ALL))
    assert full.value.code == "limit_reached"


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewMacro(" \0", (WriteNote("x"),)), "empty"),
        (NewMacro("x", (WriteNote(" "),)), "empty"),
        (NewMacro("x", (SayReply(),)), "empty"),
        (NewMacro("x", (SayReply("{{contact.shoe}}"),)), "variable_unknown"),
        (NewMacro("x", (Assign(),)), "nobody_named"),
        (NewMacro("x", (WriteNote("x"),), Scope.TEAM), "team_missing"),
    ],
)
async def test_bad_macros_are_refused(domain: Domain, new: NewMacro, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await domain.tools.macros.create(await domain.agent("Ann"), new)
    assert refused.value.code == code


async def test_many_at_once_and_those_that_are_refused_are_named(domain: Domain) -> None:
    north = await domain.team("North")
    ann, south = await domain.agent("Ann", "admin"), await domain.agent("Sue")
    convs = [(await _talk(domain))[1] for _ in range(2)]
    hidden = await domain.visitor(await domain.inbox(north))
    convs.append((await domain.say(hidden, "hello")).conv)
    await domain.conversations.resolve(ann, convs[1])
    done = await domain.tools.actions.change_all(
        south, (*convs, convs[0]), (SetPriority(Priority.HIGH), Assign(me=True), Resolve("spam"))
    )
    assert [head.id for head in done.conversations] == [convs[0]]
    assert done.conversations[0].close_reason == "spam"
    assert [(one.id, one.code) for one in done.refused] == [(convs[1], "not_active"), (convs[2], "not_found")]
    assert (await domain.head(convs[1])).priority == 2  # nothing of it was done


async def test_bad_bulk_actions_are_refused_whole(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    change_all = domain.tools.actions.change_all
    for actions in ((GREET,), (WriteNote("x"),), (Resolve(), OpenTicket())):
        with pytest.raises(Invalid) as refused:
            await change_all(ann, ("c" * 26,), actions)
        assert refused.value.code == "action_unusable"
    with pytest.raises(Invalid) as many:
        await change_all(ann, tuple(f"{number:026}" for number in range(4)), (Resolve(),))
    assert many.value.code == "too_many_at_once"
    with pytest.raises(Forbidden):
        await change_all(await domain.agent("Olga", "observer"), ("c" * 26,), (Resolve(),))
