"""What an agent is writing: his alone, kept on disk, gone with the sending."""

import pytest

from app.chat.drafts import DraftChange, Drafts
from app.model.drafts import Draft
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.settings import Limits
from tests.domain import Domain


async def asked(domain: Domain) -> str:
    return (await domain.say(await domain.visitor(await domain.inbox()), "Where is it?")).conv


async def test_reply_and_note_are_kept_apart_and_empty_forgets(domain: Domain) -> None:
    conv, ann = await asked(domain), await domain.agent("Ann")
    await domain.drafts.write(ann, conv, DraftChange(reply="On its w"))
    await domain.drafts.write(ann, conv, DraftChange(note="ask the warehouse"))
    at = domain.clock.now_ms()

    held = await domain.drafts.of(ann, conv)
    assert (held.reply, held.note) == (Draft("On its w", at), Draft("ask the warehouse", at))
    emptied = await domain.drafts.write(ann, conv, DraftChange(reply="  "))
    assert emptied == await domain.drafts.of(ann, conv)
    assert (emptied.reply, emptied.note) == (None, held.note)


async def test_are_nobody_elses(domain: Domain) -> None:
    conv, ann, ben = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben")
    await domain.drafts.write(ann, conv, DraftChange(reply="mine"))
    assert (await domain.drafts.of(ben, conv)).reply is None


async def test_another_who_signed_in_meanwhile_gets_nobodys_words(domain: Domain) -> None:
    conv, ann, ben = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben")
    with pytest.raises(Conflict, match="signed_in_as_another"):
        await domain.drafts.write(ben, conv, DraftChange(reply="Ann's words", agent_id=ann.agent_id))
    held = await domain.drafts.of(ben, conv)
    assert (held.agent_id, held.reply) == (ben.agent_id, None)


async def test_sending_forgets_the_draft_of_its_kind_in_the_same_commit(domain: Domain) -> None:
    conv, ann, ben = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben")
    for agent in (ann, ben):
        await domain.drafts.write(agent, conv, DraftChange(reply="On its way", note="late again"))
    await domain.say(ann, "On its way", conv)
    held = await domain.drafts.of(ann, conv)
    assert held.reply is None and held.note is not None
    await domain.say(ann, "late again", conv, note=True)
    assert (await domain.drafts.of(ann, conv)).note is None
    assert (await domain.drafts.of(ben, conv)).reply is not None


async def test_a_refused_send_keeps_it(domain: Domain) -> None:
    conv, ann, ben = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben")
    await domain.drafts.write(ann, conv, DraftChange(reply="My answer"))
    await domain.say(ben, "Mine was first", conv)
    with pytest.raises(Exception, match="stale"):
        await domain.say(ann, "My answer", conv, expected=1)
    assert (await domain.drafts.of(ann, conv)).reply is not None


async def test_who_may_not_write_has_none(domain: Domain) -> None:
    team = await domain.team("Sales")
    conv = (await domain.say(await domain.visitor(await domain.inbox(team)), "Where is it?")).conv
    stranger, observer = await domain.agent("Ben"), await domain.agent("Oz", "observer")
    for who, refusal in ((stranger, NotFound), (observer, Forbidden)):
        with pytest.raises(refusal):
            await domain.drafts.of(who, conv)
        with pytest.raises(refusal):
            await domain.drafts.write(who, conv, DraftChange(reply="x"))
    with pytest.raises(NotFound):
        await domain.drafts.write(await domain.agent("Ann"), "0" * 26, DraftChange(reply="x"))


async def test_beyond_the_limit_the_oldest_makes_room(domain: Domain) -> None:
    drafts = Drafts(domain.database, domain.clock, Limits(drafts_per_agent_max=2))
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    convs = [await asked(domain) for _ in range(3)]
    await drafts.write(ben, convs[0], DraftChange(reply="another's"))
    for conv in convs:
        domain.clock.advance(1)
        await drafts.write(ann, conv, DraftChange(reply="words"))
    assert [(await drafts.of(ann, conv)).reply is not None for conv in convs] == [False, True, True]
    assert (await drafts.of(ben, convs[0])).reply is not None


async def test_broken_text_is_refused(domain: Domain) -> None:
    conv, ann = await asked(domain), await domain.agent("Ann")
    with pytest.raises(Invalid):
        await domain.drafts.write(ann, conv, DraftChange(reply="half \ud83d"))
