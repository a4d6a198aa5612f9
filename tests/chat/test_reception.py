"""What visitors are told before they write: only what is so."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from app.accounts.agents import ProfileChange
from app.accounts.inboxes import InboxChange
from app.chat.offline_messages import NewOfflineMessage
from app.chat.reception import promised_seconds
from app.model.people import Availability
from app.model.widget import Hours, Period, Widget
from app.storage import inboxes
from app.storage.replies import FirstReply
from tests.domain import SYSTEM, Domain

NOW = 100_000_000


def replies(*waits: int | None) -> list[FirstReply]:
    """Conversations that began at 0, each answered after so many seconds, or not yet."""
    return [FirstReply(0, None if wait is None else wait * 1_000) for wait in waits]


def test_half_of_them_had_an_answer_by_then() -> None:
    assert promised_seconds(replies(10, 20, 30, 40, 50), Hours(), NOW, 5) == 30


def test_too_few_answers_promise_nothing() -> None:
    assert promised_seconds(replies(10, 20, 30, 40), Hours(), NOW, 5) is None
    assert promised_seconds(replies(10, 20, 30, 40, None, None, None), Hours(), NOW, 5) is None


def test_who_still_waits_counts_as_long_as_he_waits() -> None:
    assert promised_seconds(replies(10, 20, 30, 40, 50, None, None, None, None, None), Hours(), NOW, 5) == NOW // 1_000


def test_who_wrote_at_night_does_not_count() -> None:
    hours = Hours("UTC", (Period(5, 0, 60),))  # the 2nd of January 1970 was a Friday
    assert promised_seconds(replies(10, 20, 30, 40, 50), hours, NOW, 5) is None


async def test_who_is_there(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    inbox = await domain.inbox(north)
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben", teams=[south])
    eve, cai = await domain.agent("Eve", "observer"), await domain.agent("Cai", teams=[north])
    assert (await domain.receptionist.reception(inbox)).online == 0
    for agent in (ann, ben, eve, cai):
        domain.presence.connected(agent)
    await domain.agents.change_profile(cai, ProfileChange(availability=Availability.AWAY))
    domain.receptionist.forget()
    told = await domain.receptionist.reception(inbox)
    assert (told.online, [face.name for face in told.faces]) == (1, ["Ann"])
    domain.presence.disconnected(ann)
    assert (await domain.receptionist.reception(inbox)).online == 1  # as it was a moment ago
    domain.clock.advance(domain.settings.limits.reception_seconds)
    assert (await domain.receptionist.reception(inbox)).online == 0


async def test_the_promise_is_of_this_inbox_and_of_agents_first_answers(domain: Domain) -> None:
    inbox, other, ann = await domain.inbox(), await domain.inbox(), await domain.agent("Ann")
    for seconds in (40, 50, 60, 70, 80):
        conv = (await domain.say(await domain.visitor(inbox), "Hello?")).conv
        await domain.say(ann, "He is new here.", conv, note=True)
        domain.clock.advance(seconds)
        await domain.say(ann, "Hello.", conv)
        await domain.say(ann, "What can I do?", conv)
    left = NewOfflineMessage("Call me.", phone="13800000000")
    for _ in range(9):
        await domain.offline_messages.leave(await domain.visitor(inbox), domain.cid(), left)
    assert (await domain.receptionist.reception(inbox)).reply_seconds == 60
    assert (await domain.receptionist.reception(other)).reply_seconds is None
    domain.clock.advance(15 * 86_400)
    assert (await domain.receptionist.reception(inbox)).reply_seconds is None


@pytest.mark.parametrize(("day", "is_open"), [(1, True), (5, False)])
async def test_whether_it_is_open(domain: Domain, day: int, is_open: bool) -> None:
    """The tests' clock stands on a Monday, 21 September 2026, at 14:13:20 UTC."""
    inbox = await domain.inbox()
    hours = Hours("UTC", (Period(day, 60, 1_440),))
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(hours=hours)))
    told = await domain.receptionist.reception(inbox)
    until = ((24 * 60 - (14 * 60 + 13)) * 60 - 20) if is_open else ((4 * 24 + 1) * 60 - (14 * 60 + 13)) * 60 - 20
    assert (told.open, told.changes_at) == (is_open, domain.clock.now_ms() + until * 1_000)


async def test_a_zone_that_this_machine_has_lost_keeps_nobody_out(domain: Domain) -> None:
    inbox = await domain.inbox()
    stored = replace(domain.inboxes.find(inbox), widget=Widget(hours=Hours("Moon/Tycho", (Period(1, 0, 60),))))
    await domain.database.write(lambda tx: inboxes.save(tx, stored))
    await domain.inboxes.load()
    told = await domain.receptionist.reception(inbox)
    assert (told.open, told.changes_at) == (True, None)


async def test_of_many_who_ask_at_once_one_looks(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, asked, read = await domain.inbox(), [], domain.database.read

    async def counted(sql: str, *rest: Any, **named: Any) -> Any:
        asked.append(sql)
        return await read(sql, *rest, **named)

    monkeypatch.setattr(domain.database, "read", counted)
    told = await asyncio.gather(*(domain.receptionist.reception(inbox) for _ in range(20)))
    assert told == [told[0]] * 20
    assert len(asked) == len(set(asked))


async def test_what_was_looked_at_before_a_change_is_not_said_after_it(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, read, goes_on = await domain.inbox(), domain.database.read, asyncio.Event()

    async def late(sql: str, *rest: Any, **named: Any) -> Any:
        await goes_on.wait()
        return await read(sql, *rest, **named)

    monkeypatch.setattr(domain.database, "read", late)
    looking = asyncio.ensure_future(domain.receptionist.reception(inbox))
    await asyncio.sleep(0)
    never = Hours("UTC", (Period(5, 0, 60),))  # the tests' clock stands on a Monday
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(hours=never)))
    domain.receptionist.forget()
    goes_on.set()
    assert (await looking).open
    assert not (await domain.receptionist.reception(inbox)).open
