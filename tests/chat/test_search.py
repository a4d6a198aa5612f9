"""Words in one thread: every place of them, and none of another conversation."""

import pytest

from app.chat.search import MessageSearch
from app.model.errors import Invalid, NotFound
from app.model.frames import Delete
from app.settings import Limits
from app.storage.search import Search
from tests.domain import Domain


async def test_finds_every_place_in_this_conversation_and_none_beside_it(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "我要退款")).conv
    await domain.say(await domain.visitor(await domain.inbox()), "退款在哪里")
    await domain.say(ann, "refund comes today", conv)
    await domain.say(ann, "退款 approved by Ben", conv, note=True)
    gone = await domain.say(ann, "退款 a slip", conv)
    await domain.messages.accept(ann, Delete(domain.cid(), conv, gone.id))
    await domain.index.rebuild()

    texts = {entry.staff_seq: entry.text for entry in await domain.entries(conv)}
    found = await domain.search.find_in(ann, conv, "退款", None, 10)
    assert [texts[seq] for seq in found.seqs] == ["退款 approved by Ben", "我要退款"] and found.next is None
    assert (await domain.search.find_in(ann, conv, "", None, 10)).seqs == ()


async def test_pages_lead_to_the_oldest_even_when_others_say_it_more_often(domain: Domain) -> None:
    visitor, other, ann = (
        await domain.visitor(await domain.inbox()),
        await domain.visitor(await domain.inbox()),
        await domain.agent("Ann"),
    )
    conv = (await domain.say(visitor, "refund 0")).conv
    for number in range(6):
        await domain.say(other, f"refund elsewhere {number}")
        await domain.say(visitor, f"refund {number + 1}", conv)
    await domain.index.rebuild()
    search = MessageSearch(domain.database, Search(domain.database, Limits(search_scan_max=4)))

    seqs: list[int] = []
    before, pages = None, 0
    while pages == 0 or before is not None:
        page = await search.find_in(ann, conv, "refund", before, 3)
        seqs, before, pages = [*seqs, *page.seqs], page.next, pages + 1
    assert seqs == [7, 6, 5, 4, 3, 2, 1] and pages > 2


async def test_who_may_not_read_it_finds_nothing(domain: Domain) -> None:
    team = await domain.team("Sales")
    conv = (await domain.say(await domain.visitor(await domain.inbox(team)), "refund")).conv
    with pytest.raises(NotFound):
        await domain.search.find_in(await domain.agent("Ben"), conv, "refund", None, 10)
    with pytest.raises(NotFound):
        await domain.search.find_in(await domain.agent("Ann"), "0" * 26, "refund", None, 10)
    with pytest.raises(Invalid):
        await domain.search.find_in(await domain.agent("Boss", "owner"), conv, "refund", "x", 10)
