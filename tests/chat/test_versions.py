"""What messages said before: who changed them, when, and who may still read what was taken back."""

import pytest

from app.model.errors import Conflict, NotFound
from app.model.frames import Delete, Edit
from tests.domain import Domain


async def test_every_earlier_version_is_kept_with_who_ended_it_when(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    visitor = await domain.visitor(await domain.inbox())
    asked = await domain.say(visitor, "were is it")
    said = await domain.say(ann, "tomorow", asked.conv)
    accept = domain.messages.accept
    domain.clock.advance(1)
    first = domain.clock.now_ms()
    await accept(ann, Edit(domain.cid(), asked.conv, said.id, "tomorrow"))
    domain.clock.advance(1)
    await accept(ann, Edit(domain.cid(), asked.conv, said.id, "on Monday"))
    domain.clock.advance(1)
    await accept(visitor, Edit(domain.cid(), asked.conv, asked.id, "where is it"))
    versions = await domain.history.versions(ann, asked.conv)
    assert [(one.message_id, one.text, one.by.name, one.deleted) for one in versions] == [
        (asked.id, "were is it", "", False), (said.id, "tomorrow", "Ann", False), (said.id, "tomorow", "Ann", False),
    ]  # fmt: skip
    assert versions[-1].at == first and versions[-1].seq == said.seq
    assert not any(one.withheld for one in versions)


async def test_what_was_taken_back_is_for_who_reads_the_audit_log(domain: Domain) -> None:
    ann, boss = await domain.agent("Ann"), await domain.agent("Boss", "admin")
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    said = await domain.say(ann, "rash", conv)
    await domain.messages.accept(ann, Edit(domain.cid(), conv, said.id, "rude"))
    await domain.messages.accept(ann, Delete(domain.cid(), conv, said.id))
    for reader, texts in ((boss, ["rude", "rash"]), (ann, ["", ""])):
        versions = await domain.history.versions(reader, conv)
        assert sorted(one.text for one in versions) == sorted(texts)
        assert [one.withheld for one in versions] == [reader is ann] * 2
        assert sum(one.deleted for one in versions) == 1


async def test_a_change_that_is_refused_or_comes_twice_keeps_nothing_more(domain: Domain) -> None:
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    said = await domain.say(ann, "one", conv)
    edit = Edit(domain.cid(), conv, said.id, "two")
    await domain.messages.accept(ann, edit)
    await domain.messages.accept(ann, edit)
    with pytest.raises(NotFound):
        await domain.messages.accept(ben, Edit(domain.cid(), conv, said.id, "three"))
    await domain.messages.accept(ann, Delete(domain.cid(), conv, said.id))
    with pytest.raises(Conflict):
        await domain.messages.accept(ann, Delete(domain.cid(), conv, said.id))
    assert len(await domain.history.versions(ann, conv)) == 2


async def test_the_versions_of_what_one_may_not_see_are_not_told(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    hidden = await domain.visitor(await domain.inbox(await domain.team("North")))
    conv = (await domain.say(hidden, "hello")).conv
    with pytest.raises(NotFound):
        await domain.history.versions(ann, conv)
