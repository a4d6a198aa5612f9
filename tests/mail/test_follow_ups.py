"""A chat goes on by mail: what was not seen leaves once, in time, and its answer comes back into the chat."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from app.accounts.inboxes import NewInbox
from app.contacts.introductions import Claim
from app.mail.refusals import Undelivered
from app.mail.transcripts import TranscriptAsk, TranscriptTo
from app.model.conversations import Card, CardButton, Content, Kind
from app.model.errors import Invalid, NotFound, TooFast, TooMany
from app.model.frames import Send
from app.model.principals import Visitor
from app.settings import Limits
from tests.api.desk import SYSTEM
from tests.clock import ManualClock
from tests.mail.world import ADDRESS, World, mail, mail_world

_MINUTE = 60


@pytest.fixture
async def world(migrated: Path, tmp_path: Path, clock: ManualClock) -> AsyncIterator[World]:
    async with mail_world(migrated, tmp_path / "data", clock) as world:
        yield world


async def chat(world: World, email: str = "ben@example.com", language: str = "en") -> tuple[Visitor, str]:
    """A visitor of the website with an address, and his conversation."""
    website = await world.desk.inboxes.create(SYSTEM, NewInbox("The shop"))
    visitor = (await world.desk.visitors.session(website.id, language=language)).visitor
    if email:
        await world.desk.introductions.claim(visitor, Claim(name="Ben", email=email))
    ack = await world.desk.messages.accept(visitor, Send(world.desk.ids.token(), None, "Is it in stock?", ()))
    return visitor, ack.conv


async def passed(world: World, minutes: float) -> int:
    """So long later: how many letters have left in all."""
    world.desk.clock.advance(minutes * _MINUTE)
    await world.desk.mail.follow_ups.look()
    await world.desk.outbox.drain()
    return len(world.server.letters)


async def test_an_answer_that_is_not_seen_leaves_after_ten_minutes_as_one_mail(world: World) -> None:
    _, conv = await chat(world)
    await world.answer(conv, "Yes, three of them.")
    await world.answer(conv, "Shall I put one aside?")
    assert await passed(world, 9.9) == 0
    assert await passed(world, 0.2) == 1
    assert await passed(world, 60) == 1

    letter = world.server.letter()
    assert (letter["To"], letter["From"]) == ("Ben <ben@example.com>", f"The shop <{ADDRESS}>")
    assert (letter["Auto-Submitted"], letter["X-Loop"]) == ("auto-generated", ADDRESS)
    words = world.server.text()
    assert all(text in words for text in ("Is it in stock?", "Yes, three of them.", "Shall I put one aside?"))
    assert "Reply to this mail" in words


async def test_a_card_leaves_line_by_line(world: World) -> None:
    _, conv = await chat(world)
    button = CardButton("See it", "https://mall.example/1")
    card = Card("Order 4711", ("shipped", "Total: CNY 39.90"), buttons=(button,))
    send = Send(world.desk.ids.token(), conv, "", (), content=Content((card,)))
    await world.desk.messages.accept(world.agent, send)
    assert await passed(world, 10.1) == 1
    words = world.server.text().splitlines()
    assert [line for line in words if line in ("Order 4711", "shipped", "Total: CNY 39.90")] == [
        "Order 4711", "shipped", "Total: CNY 39.90",
    ]  # fmt: skip
    assert "See it: https://mall.example/1" in words


async def test_his_answer_by_mail_comes_back_into_the_chat(world: World) -> None:
    _, conv = await chat(world)
    await world.answer(conv, "Yes.")
    await passed(world, 10)
    ours = world.server.letter()
    await world.take(mail("Great", header_id="<a@example.com>", to=str(ours["Reply-To"])).as_bytes())
    await world.take(mail("Send it", header_id="<b@example.com>", references=str(ours["Message-ID"])).as_bytes())
    said = [entry.text for entry in await world.entries(conv) if entry.kind is Kind.MESSAGE]
    assert said == ["Is it in stock?", "Yes.", "Great", "Send it"]
    assert len(await world.conversations()) == 1


async def test_what_he_has_seen_does_not_leave(world: World) -> None:
    visitor, conv = await chat(world)
    await world.answer(conv, "Yes.")
    seq = (await world.entries(conv))[-1].seq
    await world.desk.conversations.read(visitor, conv, seq or 0)
    assert await passed(world, 10) == 0
    await world.answer(conv, "And another.")
    assert await passed(world, 9) == 0
    assert await passed(world, 1) == 1


async def test_what_is_younger_waits_though_something_else_was_due(world: World) -> None:
    visitor, conv = await chat(world)
    await world.answer(conv, "Yes.")
    world.desk.clock.advance(5 * _MINUTE)
    seq = (await world.entries(conv))[-1].seq
    await world.desk.conversations.read(visitor, conv, seq or 0)
    await world.answer(conv, "And another.")
    assert await passed(world, 5) == 0
    assert await passed(world, 5) == 1


async def test_at_most_every_fifteen_minutes(world: World) -> None:
    _, conv = await chat(world)
    await world.answer(conv, "One.")
    assert await passed(world, 10) == 1
    await world.answer(conv, "Two.")
    assert await passed(world, 14.9) == 1
    assert await passed(world, 0.2) == 2
    assert "Two." in world.server.text()


async def test_the_last_ten_messages_go_along(world: World) -> None:
    _, conv = await chat(world)
    for number in range(12):
        await world.answer(conv, f"number {number:02}")
    await passed(world, 10)
    words = world.server.text()
    assert "number 02" in words and "number 01" not in words


async def test_who_left_no_address_gets_nothing(world: World) -> None:
    _, conv = await chat(world, email="")
    await world.answer(conv, "Yes.")
    assert await passed(world, 60) == 0
    with pytest.raises(Undelivered, match="mail_no_address"):
        await world.desk.mail.follow_ups.ask(world.agent, conv)


async def test_it_can_be_switched_off(world: World) -> None:
    off = world.server.settings()
    await world.desk.mail.relay.change(SYSTEM, replace(off, follow_up=False))
    _, conv = await chat(world)
    await world.answer(conv, "Yes.")
    assert await passed(world, 60) == 0
    assert off.server.password is UNSET or off.server.password == ""


async def test_a_restart_forgets_nothing_and_sends_nothing_twice(world: World) -> None:
    _, conv = await chat(world)
    await world.answer(conv, "Yes.")
    world.desk.clock.advance(10 * _MINUTE)
    assert await world.desk.mail.follow_ups.look() == 1
    assert await world.desk.mail.follow_ups.look() == 0
    await world.desk.outbox.drain()
    await world.desk.database.write(lambda tx: tx.execute("UPDATE mail_turns SET due_at = 1, sent_seq = 0"))
    assert await passed(world, 0) == 1


async def test_what_was_given_up_leaves_when_it_is_replayed(world: World) -> None:
    _, conv = await chat(world)
    await world.answer(conv, "Yes.")
    world.server.answer = "451 4.3.0 later"
    for _ in range(world.desk.settings.limits.outbox_attempts_max):
        assert await passed(world, 60) == 0
    (dead,) = await world.desk.outbox.dead()
    world.server.answer = ""
    assert await world.desk.outbox.replay(dead.number)
    assert await passed(world, 0) == 1
    assert "Yes." in world.server.text()
    assert await passed(world, 60) == 1


async def test_a_transcript_when_it_is_asked_for(world: World) -> None:
    _, conv = await chat(world, language="zh")
    await world.answer(conv, "有货。")
    note = Send(world.desk.ids.token(), conv, "between us", (), True)
    await world.desk.messages.accept(world.agent, note)
    assert (await world.desk.mail.follow_ups.ask(world.agent, conv)).to == "ben@example.com"
    await world.desk.outbox.drain()
    words = world.server.text()
    assert "会话记录" in words and "有货。" in words and "between us" not in words
    await world.desk.mail.relay.remove(SYSTEM)
    with pytest.raises(Invalid, match="mail_off"):
        await world.desk.mail.follow_ups.ask(world.agent, conv)


async def test_a_visitor_has_his_own_conversation_mailed_where_he_wants(world: World) -> None:
    visitor, conv = await chat(world, email="")
    await world.answer(conv, "Yes, three of them.")
    note = Send(world.desk.ids.token(), conv, "between us", (), True)
    await world.desk.messages.accept(world.agent, note)
    transcripts = world.desk.mail.transcripts
    with pytest.raises(Invalid, match="address_needed"):
        await transcripts.mail(visitor, conv, TranscriptTo())
    with pytest.raises(Invalid, match="email_malformed"):
        await transcripts.mail(visitor, conv, TranscriptTo("ben at example"))
    assert (await transcripts.mail(visitor, conv, TranscriptTo(" Ben@example.com "))).to == "Ben@example.com"
    await world.desk.outbox.drain()
    letter, words = world.server.letter(), world.server.text()
    assert letter["To"] == "Ben@example.com"
    assert "Yes, three of them." in words and "between us" not in words
    (line,) = [one for one in await world.entries(conv) if (one.data or {}).get("event") == "transcript_mailed"]
    assert (line.kind, line.seq, (line.data or {})["address"]) == (Kind.SYSTEM, None, "Ben@example.com")
    assert (await world.desk.contacts.find(world.agent, visitor.contact_id)).email == ""


async def test_nobody_is_flooded_with_transcripts(world: World) -> None:
    """Neither by one visitor, nor at one address by many; a day later there is room again."""
    transcripts = world.desk.mail.transcripts
    visitor, conv = await chat(world, email="")
    for number in range(3):
        await transcripts.mail(visitor, conv, TranscriptTo(f"ben{number}@example.com"))
    with pytest.raises(TooMany, match="too_many_transcripts"):
        await transcripts.mail(visitor, conv, TranscriptTo("ben4@example.com"))
    for address in ("mei@example.com", "Mei@Example.com", "MEI@example.com"):
        other, own = await chat(world, email="")
        await transcripts.mail(other, own, TranscriptTo(address))
    other, own = await chat(world, email="mei@example.com")
    with pytest.raises(TooMany, match="too_many_transcripts"):
        await transcripts.mail(other, own, TranscriptTo())
    world.desk.clock.advance(86_401)
    await transcripts.mail(other, own, TranscriptTo())


async def test_a_transcript_is_for_who_had_the_conversation_alone(world: World) -> None:
    _, conv = await chat(world)
    other, _ = await chat(world, email="mei@example.com")
    with pytest.raises(NotFound):
        await world.desk.mail.transcripts.mail(other, conv, TranscriptTo())
    with pytest.raises(NotFound):
        await world.desk.mail.transcripts.document(other, conv, TranscriptAsk())


async def test_a_transcript_as_a_file_says_what_was_said_and_no_more(world: World) -> None:
    visitor, conv = await chat(world)
    await world.answer(conv, 'Yes: <script>alert(1)</script> & "three".')
    await world.desk.messages.accept(world.agent, Send(world.desk.ids.token(), conv, "between us", (), True))
    transcripts = world.desk.mail.transcripts
    made = await transcripts.document(visitor, conv, TranscriptAsk("text", "en", "Asia/Shanghai"))
    assert (made.name, made.type) == ("conversation.txt", "text/plain; charset=utf-8")
    assert made.text.startswith("Your conversation with The shop\n\nYou (") and "UTC" not in made.text
    assert 'Yes: <script>alert(1)</script> & "three".\n' in made.text and "between us" not in made.text
    page = await transcripts.document(visitor, conv, TranscriptAsk("html", "zh-CN", "no/such"))
    assert page.name == "会话记录.html" and '<html lang="zh-CN">' in page.text and "UTC" in page.text
    assert (
        "<script" not in page.text
        and "Yes: &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;three&quot;." in page.text
    )


async def test_files_of_transcripts_are_made_at_a_pace(world: World) -> None:
    visitor, conv = await chat(world)
    for _ in range(Limits().transcripts_burst):
        await world.desk.mail.transcripts.document(visitor, conv, TranscriptAsk())
    with pytest.raises(TooFast):
        await world.desk.mail.transcripts.document(visitor, conv, TranscriptAsk())
