"""Tags and priority: which there are, who may, what colleagues are told, and that no visitor notices."""

import msgspec
import pytest
from msgspec.structs import replace

from app.accounts.policy import TOPIC_STAFF, topics
from app.chat.labels import Labels
from app.chat.tags import NewTag, TagChange
from app.gateway.local import deliveries
from app.model.conversations import Kind, Status
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import ConversationChanged, Event, TagsChanged
from app.model.principals import Visitor
from app.model.tags import Color, Tag
from app.model.tickets import Priority
from app.settings import Limits, Settings
from app.storage.conversations import Narrow, View
from tests.domain import SYSTEM, Domain


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(tags_max=4, tags_of_conversation_max=2))


async def _waiting(domain: Domain) -> tuple[Visitor, str]:
    visitor = await domain.visitor(await domain.inbox())
    return visitor, (await domain.say(visitor, "hello")).conv


async def _tag(domain: Domain, name: str) -> Tag:
    return await domain.tools.tags.create(SYSTEM, NewTag(name))


async def test_a_desk_has_tags_by_name(domain: Domain) -> None:
    ann = await domain.agent("Ann", "admin")
    tags = domain.tools.tags
    refund = await tags.create(ann, NewTag(" Refund \n", Color.RED))
    broken = await tags.create(ann, NewTag("Broken"))
    renamed = await tags.change(ann, refund.id, TagChange(name="Money back", archived=True))
    assert (renamed.name, renamed.color, renamed.archived) == ("Money back", Color.RED, True)
    assert await tags.listing(ann) == [broken, renamed]


async def test_a_tag_that_is_made_or_changed_is_told_to_all_the_staff_and_to_nobody_else(domain: Domain) -> None:
    ann = await domain.agent("Ann", "admin")
    tags = domain.tools.tags
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    refund = await tags.create(ann, NewTag("Refund"))
    changes = (TagChange(name="Money back"), TagChange(color=Color.RED), TagChange(archived=True))
    for change in (*changes, TagChange(name=" Money  back ", color=Color.RED), TagChange()):  # the last two are none
        await tags.change(ann, refund.id, change)
    with pytest.raises(Conflict):
        await tags.create(ann, NewTag("money back"))
    assert heard == [TagsChanged(refund.id)] * 4
    told = [delivery for event in heard for delivery in deliveries(event)]
    assert {(delivery.topics, delivery.frame) for delivery in told} == {((TOPIC_STAFF,), b'{"t":"tags"}')}
    anyone = await domain.agent("Ben", "observer")
    assert TOPIC_STAFF in topics(anyone) and await tags.listing(anyone)
    assert TOPIC_STAFF not in topics(await domain.visitor(await domain.inbox()))


async def test_who_may_not_manage_them_may_read_them(domain: Domain) -> None:
    tag = await _tag(domain, "Refund")
    for role in ("agent", "observer"):
        someone = await domain.agent(role.title(), role)
        assert await domain.tools.tags.listing(someone) == [tag]
        with pytest.raises(Forbidden):
            await domain.tools.tags.create(someone, NewTag("Mine"))
        with pytest.raises(Forbidden):
            await domain.tools.tags.change(someone, tag.id, TagChange(name="Mine"))


async def test_bad_tags_are_refused(domain: Domain) -> None:
    tags = domain.tools.tags
    refund = await _tag(domain, "Refund")
    with pytest.raises(Invalid) as empty:
        await tags.create(SYSTEM, NewTag(" \0 "))
    assert (empty.value.code, empty.value.field) == ("empty", "name")
    with pytest.raises(Conflict) as taken:
        await tags.create(SYSTEM, NewTag("REFUND"))
    assert taken.value.code == "name_taken"
    assert (await tags.change(SYSTEM, refund.id, TagChange(name="refund"))).name == "refund"
    with pytest.raises(NotFound):
        await tags.change(SYSTEM, "f" * 26, TagChange(name="x"))
    for name in "abc":
        await _tag(domain, name)
    with pytest.raises(Conflict) as full:
        await _tag(domain, "d")
    assert full.value.code == "limit_reached"


async def test_labels_are_told_to_colleagues_and_not_to_the_visitor(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    refund = await _tag(domain, "Refund")
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    head = await domain.tools.labelling.change(
        ann, conv, Labels(priority=Priority.URGENT, add_tags=(refund.id, refund.id))
    )
    assert head == await domain.head(conv)
    assert (head.tags, head.priority, head.seq, head.staff_seq) == ((refund.id,), 4, 1, 3)
    tagged, urgent = (await domain.entries(conv))[1:]
    assert tagged.kind is urgent.kind is Kind.SYSTEM and tagged.seq is urgent.seq is None
    assert tagged.data == {"event": "tags_changed", "added": "Refund", "removed": "", "agent": "Ann"}
    assert urgent.data == {"event": "priority_changed", "from": "2", "to": "4", "agent": "Ann"}
    names = [event.name for event in heard if isinstance(event, ConversationChanged)]
    assert names == ["conversation.tags_changed", "conversation.priority_changed"]
    told = [delivery for event in heard for delivery in deliveries(event)]
    assert told and not [delivery for delivery in told if visitor.contact_id in delivery.topics]


async def test_what_is_so_already_changes_nothing(domain: Domain) -> None:
    _, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    refund = await _tag(domain, "Refund")
    head = await domain.tools.labelling.change(ann, conv, Labels(add_tags=(refund.id,)))
    again = Labels(priority=Priority.NORMAL, add_tags=(refund.id,), remove_tags=("f" * 26,))
    assert await domain.tools.labelling.change(ann, conv, again) == head
    bare = await domain.tools.labelling.change(ann, conv, Labels(remove_tags=(refund.id,)))
    assert (bare.tags, bare.staff_seq) == ((), head.staff_seq + 1)
    assert (await domain.entries(conv))[-1].data == {
        "event": "tags_changed", "added": "", "removed": "Refund", "agent": "Ann",
    }  # fmt: skip


async def test_bad_labels_are_refused_whole(domain: Domain) -> None:
    visitor, conv = await _waiting(domain)
    ann = await domain.agent("Ann")
    tags = [await _tag(domain, name) for name in ("a", "b", "c")]
    archived = await domain.tools.tags.change(SYSTEM, tags[2].id, TagChange(archived=True))
    before = await domain.head(conv)
    for labels, code in (
        (Labels(priority=Priority.LOW, add_tags=("f" * 26,)), "tag_unusable"),
        (Labels(add_tags=(tags[0].id, archived.id)), "tag_unusable"),
    ):
        with pytest.raises(Invalid) as refused:
            await domain.tools.labelling.change(ann, conv, labels)
        assert refused.value.code == code
    await domain.tools.tags.change(SYSTEM, archived.id, TagChange(archived=False))
    with pytest.raises(Invalid) as many:
        await domain.tools.labelling.change(ann, conv, Labels(add_tags=tuple(tag.id for tag in tags)))
    assert many.value.code == "tags_too_many"
    assert await domain.head(conv) == before
    with pytest.raises(NotFound):
        await domain.tools.labelling.change(visitor, conv, Labels(priority=Priority.LOW))
    with pytest.raises(Forbidden):
        await domain.tools.labelling.change(await domain.agent("Olga", "observer"), conv, Labels(priority=Priority.LOW))
    await domain.change(conv, f"status = '{Status.CLOSED.value}'")
    with pytest.raises(Conflict) as closed:
        await domain.tools.labelling.change(ann, conv, Labels(priority=Priority.LOW))
    assert closed.value.code == "closed"


async def test_a_list_is_narrowed_by_tag_priority_and_reason(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    refund = await _tag(domain, "Refund")
    convs = [(await _waiting(domain))[1] for _ in range(4)]
    await domain.tools.labelling.change(ann, convs[0], Labels(add_tags=(refund.id,), priority=Priority.HIGH))
    await domain.tools.labelling.change(ann, convs[1], Labels(add_tags=(refund.id,)))
    await domain.conversations.resolve(ann, convs[1], "spam")
    await domain.conversations.resolve(ann, convs[2])

    async def found(view: View, narrow: Narrow) -> set[str]:
        page = await domain.history.listing(ann, view, None, 50, narrow)
        return {row.conversation.id for row in page.conversations}

    assert await found(View.ALL, Narrow(tag=refund.id)) == {convs[0]}
    assert await found(View.RESOLVED, Narrow(tag=refund.id)) == {convs[1]}
    assert await found(View.RESOLVED, Narrow(reason="spam")) == {convs[1]}
    assert await found(View.RESOLVED, Narrow(reason="solved")) == {convs[2]}
    assert await found(View.ALL, Narrow(priority=3)) == {convs[0]}
    assert await found(View.ALL, Narrow(priority=3, tag="f" * 26)) == set()
    counts = (await domain.history.listing(ann, View.ALL, None, 50, Narrow(priority=3))).counts
    assert counts.all == 2  # of the whole view


async def test_a_head_of_before_is_read_with_no_tags(domain: Domain) -> None:
    """A stored event of an older release has neither the field nor a priority of the new scale."""
    _, conv = await _waiting(domain)
    old = msgspec.to_builtins(await domain.head(conv))
    del old["tags"]
    assert msgspec.convert(old, type(await domain.head(conv))).tags == ()
