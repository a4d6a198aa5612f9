"""Colleagues who are named in notes."""

import pytest

from app.model.errors import Invalid
from app.model.events import Event, MessageCreated
from app.model.frames import Delete, Send
from app.model.principals import Agent
from app.storage.conversations import View
from app.storage.mentions import Unseen
from tests.domain import Domain


async def asked(domain: Domain) -> str:
    return (await domain.say(await domain.visitor(await domain.inbox()), "Where is it?")).conv


async def note(domain: Domain, author: Agent, conv: str, *named: Agent) -> tuple[int, str]:
    ids = tuple(agent.agent_id for agent in named)
    ack = await domain.messages.accept(author, Send(domain.cid(), conv, "@you look", (), True, mentions=ids))
    return ack.seq, ack.id


async def listed(domain: Domain, agent: Agent) -> list[str]:
    listing = await domain.history.listing(agent, View.MENTIONED, None, 50)
    return [row.conversation.id for row in listing.conversations]


async def test_the_note_names_them_and_they_find_it(domain: Domain) -> None:
    conv, other = await asked(domain), await asked(domain)
    ann, ben, cat = [await domain.agent(name) for name in ("Ann", "Ben", "Cat")]
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    seq, _ = await note(domain, ann, conv, ben)

    created = [event for event in told if isinstance(event, MessageCreated)]
    assert created[-1].message.data == {ben.agent_id: "Ben"}
    assert (await domain.entries(conv))[-1].data == {ben.agent_id: "Ben"}
    assert await domain.history.mentions(ben) == [Unseen(conv, seq)]
    assert (await listed(domain, ben), await listed(domain, cat)) == ([conv], [])
    assert await domain.history.mentions(cat) == [] and other not in await listed(domain, ben)


async def test_reading_up_to_it_ends_the_count_and_keeps_the_view(domain: Domain) -> None:
    conv, ann, ben = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben")
    first, _ = await note(domain, ann, conv, ben)
    second, _ = await note(domain, ann, conv, ben)
    await domain.conversations.read(ben, conv, first - 1)
    assert await domain.history.mentions(ben) == [Unseen(conv, first)]
    await domain.conversations.read(ben, conv, first)
    assert await domain.history.mentions(ben) == [Unseen(conv, second)]
    await domain.conversations.read(ben, conv, second)
    assert await domain.history.mentions(ben) == []
    await domain.conversations.resolve(ann, conv)
    assert await listed(domain, ben) == [conv]


async def test_a_note_taken_back_names_nobody(domain: Domain) -> None:
    conv, ann, ben = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben")
    _, message_id = await note(domain, ann, conv, ben)
    await domain.messages.accept(ann, Delete(domain.cid(), conv, message_id))
    assert await domain.history.mentions(ben) == [] and await listed(domain, ben) == []
    (taken,) = [entry for entry in await domain.entries(conv) if entry.id == message_id]
    assert taken.deleted and taken.data is None


async def test_who_named_himself_waits_for_nobody(domain: Domain) -> None:
    conv, ann = await asked(domain), await domain.agent("Ann")
    await note(domain, ann, conv, ann)
    assert await domain.history.mentions(ann) == []


async def test_who_cannot_read_it_cannot_be_named(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    conv = (await domain.say(await domain.visitor(await domain.inbox(north)), "Where is it?")).conv
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben", teams=[south])
    before = len(await domain.entries(conv))
    with pytest.raises(Invalid, match="mention_blind"):
        await note(domain, ann, conv, ben)
    with pytest.raises(Invalid, match="mention_unknown"):
        await domain.messages.accept(ann, Send(domain.cid(), conv, "@x", (), True, mentions=("0" * 26,)))
    assert len(await domain.entries(conv)) == before


async def test_what_the_visitor_sees_names_nobody(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "Where is it?")).conv
    for speaker in (visitor, ann):
        with pytest.raises(Invalid, match="mention_misplaced"):
            await domain.messages.accept(speaker, Send(domain.cid(), conv, "@x", (), mentions=(ann.agent_id,)))


async def test_the_same_key_with_others_named_is_a_conflict(domain: Domain) -> None:
    conv, ann, ben = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben")
    cid = domain.cid()
    first = await domain.messages.accept(ann, Send(cid, conv, "@you", (), True, mentions=(ben.agent_id,)))
    again = await domain.messages.accept(ann, Send(cid, conv, "@you", (), True, mentions=(ben.agent_id,)))
    assert again == first
    with pytest.raises(Exception, match="cid_reused"):
        await domain.messages.accept(ann, Send(cid, conv, "@you", (), True, mentions=()))
