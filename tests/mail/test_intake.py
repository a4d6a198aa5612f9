"""A mail becomes a message, once; an answer becomes a mail; and what must not become either."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.accounts.inboxes import NewInbox
from app.chat.blocking import NewBlock
from app.chat.merging import Other
from app.contacts.introductions import Claim
from app.model.conversations import Card, CardButton, Content, Kind, Status
from app.model.frames import Send
from app.model.mail import LETTERS, Reply
from app.model.principals import Visitor
from app.settings import Limits
from app.storage import contacts, mailboxes, mails
from tests.api.desk import PNG, SYSTEM
from tests.clock import ManualClock
from tests.mail.world import ADDRESS, World, mail, mail_world


@pytest.fixture
async def world(migrated: Path, tmp_path: Path, clock: ManualClock) -> AsyncIterator[World]:
    async with mail_world(migrated, tmp_path / "data", clock) as world:
        yield world


async def test_a_new_mail_makes_a_conversation(world: World) -> None:
    assert await world.take(mail(Cc="kim@example.com").as_bytes()) == "taken"
    (head,) = await world.conversations()
    contact = await contacts.find(world.desk.database, head.contact_id)
    (entry,) = await world.entries(head.id)

    assert (head.inbox_id, head.status) == (world.inbox_id, Status.QUEUED)
    assert contact is not None and (contact.name, contact.email, contact.claimed) == ("Ben", "ben@example.com", ())
    assert (entry.text, entry.sender.kind) == ("Where is my order?", "visitor")
    assert entry.data == {
        "mail": "ben@example.com", "subject": "Order 1042", "to": ADDRESS, "cc": "kim@example.com",
    }  # fmt: skip
    assert (await mailboxes.state(world.desk.database, world.inbox_id)).uid == 1


async def test_the_same_mail_is_taken_once(world: World) -> None:
    assert [await world.take(mail().as_bytes()) for _ in range(3)] == ["taken", "known", "known"]
    (head,) = await world.conversations()
    assert len(await world.entries(head.id)) == 1


async def test_a_power_cut_between_the_message_and_its_record(world: World) -> None:
    made = mail("with a picture")
    made.add_attachment(PNG, maintype="image", subtype="png", filename="a.png")
    await world.take(made.as_bytes())
    await world.desk.database.write(lambda tx: tx.execute("UPDATE mails SET state = 'begun', conversation_id = NULL"))

    assert await world.take(made.as_bytes()) == "taken"
    (head,) = await world.conversations()
    (entry,) = await world.entries(head.id)
    assert [file.name for file in entry.attachments] == ["a.png"]
    assert await mails.known(world.desk.database, world.inbox_id, "<1@example.com>") == ("taken", head.contact_id)


async def test_an_answer_leaves_and_its_answer_comes_back(world: World) -> None:
    await world.take(mail(Cc="kim@example.com", Reply_To="ben@home.example").as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "It left yesterday.\n你好")
    assert await world.desk.outbox.drain() == 1

    letter = world.server.letter()
    assert world.server.recipients == [["ben@home.example", "kim@example.com"]]
    assert (letter["Subject"], letter["From"]) == ("Re: Order 1042", "Hannah · Support <support@shop.example>")
    assert (letter["In-Reply-To"], letter["References"]) == ("<1@example.com>", "<1@example.com>")
    assert world.server.text().replace("\r", "").strip() == "It left yesterday.\n你好"
    assert letter["Reply-To"].startswith("support+c") and letter["Auto-Submitted"] is None

    by_reference = mail("Thank you", header_id="<2@example.com>", references=letter["Message-ID"], subject="Re: Order")
    assert await world.take(by_reference.as_bytes()) == "taken"
    by_address = mail("And?", header_id="<3@example.com>", sender="ben@work.example", to=str(letter["Reply-To"]))
    assert await world.take(by_address.as_bytes()) == "taken"
    said = [entry.text for entry in await world.entries(head.id) if entry.kind is Kind.MESSAGE]
    assert said == ["Where is my order?", "It left yesterday.\n你好", "Thank you", "And?"]
    assert len(await world.conversations()) == 1


async def test_a_stranger_who_knows_a_message_id_gets_into_no_conversation(world: World) -> None:
    await world.take(mail().as_bytes())
    eve = mail("let me in", sender="eve@evil.example", header_id="<e@evil.example>", references="<1@example.com>")
    await world.take(eve.as_bytes())
    assert len(await world.conversations()) == 2


@pytest.mark.parametrize(
    "change", [lambda token: token.replace("+c0", "+c1", 1), lambda token: token.replace("@", "a@")]
)
async def test_an_address_that_was_changed_leads_nowhere(world: World, change: object) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello")
    await world.desk.outbox.drain()
    token = str(world.server.letter()["Reply-To"])
    assert callable(change)
    forged = mail("let me in", sender="eve@evil.example", header_id="<e@evil.example>", to=change(token))
    await world.take(forged.as_bytes())
    assert len(await world.conversations()) == 2


async def test_another_mail_of_the_same_customer_is_another_conversation(world: World) -> None:
    await world.take(mail().as_bytes())
    await world.take(mail("Something else", header_id="<2@example.com>", subject="Other").as_bytes())
    first, second = await world.conversations()
    assert first.contact_id == second.contact_id


async def test_a_claimed_address_brings_no_mail_to_who_claims_it(world: World) -> None:
    website = await world.desk.inboxes.create(SYSTEM, _website())
    session = await world.desk.visitors.session(website.id)
    await world.desk.introductions.claim(session.visitor, Claim(email="ben@example.com"))
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    assert head.contact_id != session.visitor.contact_id


async def test_a_closed_conversation_is_followed_by_another(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Done")
    await world.desk.conversations.resolve(world.agent, head.id)
    world.desk.clock.advance(world.desk.settings.limits.reopen_hours * 3_600 + 1)
    await world.take(mail("Again", header_id="<2@example.com>", references="<1@example.com>").as_bytes())
    heads = await world.conversations()
    assert [one.follows for one in heads] == [None, head.id]


@pytest.mark.parametrize(
    "headings",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Loop": "support@shop.example"},
        {"Return_Path": "<>"},
        {"sender": ADDRESS},
        {"sender": "MAILER-DAEMON@mx.example"},
    ],
)
async def test_what_no_person_wrote_becomes_nothing(world: World, headings: dict[str, str]) -> None:
    assert await world.take(mail(**headings).as_bytes()) == "ignored"
    assert await world.conversations() == []


async def test_who_writes_without_end_is_left_alone(migrated: Path, tmp_path: Path, clock: ManualClock) -> None:
    limits = Limits(mails_per_sender_hour=3)
    async with mail_world(migrated, tmp_path / "data", clock, limits=limits) as world:
        told = [await world.take(mail(header_id=f"<{number}@example.com>").as_bytes()) for number in range(5)]
        assert told == ["taken"] * 3 + ["ignored"] * 2
        assert await world.take(mail(sender="kim@example.com", header_id="<k@example.com>").as_bytes()) == "taken"
        clock.advance(3_601)
        assert await world.take(mail(header_id="<9@example.com>").as_bytes()) == "taken"


async def test_files_go_through_the_rules(world: World) -> None:
    made = mail("two files")
    made.add_attachment(PNG, maintype="image", subtype="png", filename="good.png")
    made.add_attachment(b"MZ\x90\0 not a picture", maintype="image", subtype="png", filename="bad.png")
    made.add_attachment(b"MZ\x90\0", maintype="application", subtype="octet-stream", filename="setup.exe")
    await world.take(made.as_bytes())
    (head,) = await world.conversations()
    (entry,) = await world.entries(head.id)
    assert [file.name for file in entry.attachments] == ["good.png"]
    assert entry.data is not None and entry.data["left_out"] == "bad.png, setup.exe"


async def test_a_long_mail_is_cut_and_an_empty_one_shows_its_subject(world: World) -> None:
    await world.take(mail("x" * 40_000).as_bytes())
    await world.take(mail("", header_id="<2@example.com>", subject="Only this").as_bytes())
    said = [(await world.entries(head.id))[0].text for head in await world.conversations()]
    assert sorted(map(len, said)) == [9, 16_000] and "Only this" in said


async def test_a_card_is_a_mail_line_by_line(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    card = Card("Order 4711", ("shipped",), buttons=(CardButton("See it", "https://mall.example/1"),))
    send = Send(world.desk.ids.token(), head.id, "", (), content=Content((card,)))
    await world.desk.messages.accept(world.agent, send)
    assert await world.desk.outbox.drain() == 1
    said = world.server.text().replace("\r", "").strip()
    assert said == "Order 4711\nshipped\nSee it: https://mall.example/1"


async def test_a_refused_answer_is_shown_in_its_conversation(world: World) -> None:
    await world.take(mail(sender="nobody@example.com").as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello?")
    await world.desk.outbox.drain()
    last = (await world.entries(head.id))[-1]
    assert (last.kind, last.seq) == (Kind.SYSTEM, None)
    assert last.data == {"event": "mail_failed", "address": "nobody@example.com", "reason": "5.1.1 no such mailbox"}


async def test_a_relay_that_is_away_keeps_the_answer_waiting(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello?")
    world.server.answer = "451 4.3.0 later"
    await world.desk.outbox.drain()
    assert world.server.letters == [] and (await world.entries(head.id))[-1].text == "Hello?"
    world.server.answer = ""
    world.desk.clock.advance(3_600)
    await world.desk.outbox.drain()
    assert len(world.server.letters) == 1


async def test_an_answer_that_was_given_up_is_shown_kept_and_sent_when_it_is_replayed(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello?")
    world.server.answer = "451 4.3.0 later"
    for _ in range(world.desk.settings.limits.outbox_attempts_max):
        await world.desk.outbox.drain()
        world.desk.clock.advance(3_600)
    lines = [entry.data for entry in await world.entries(head.id) if entry.kind is Kind.SYSTEM]
    assert [(data["event"], data["reason"]) for data in lines if data] == [("mail_failed", "4.3.0 later")]
    assert len(await world.desk.mail.answers.failures(head.id)) == 1
    (dead,) = await world.desk.outbox.dead()
    world.server.answer = ""
    assert await world.desk.outbox.replay(dead.number)
    await world.desk.outbox.drain()
    assert "Hello?" in world.server.text()
    assert await world.desk.mail.answers.failures(head.id) == []
    assert await world.desk.outbox.dead() == ()


async def test_what_a_server_refuses_for_good_is_not_kept_to_be_tried_again(world: World) -> None:
    await world.take(mail(sender="nobody@example.com").as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello?")
    await world.desk.outbox.drain()
    rows = await world.desk.database.read("SELECT count(*) FROM outbox WHERE topic = :topic", {"topic": LETTERS})
    assert rows == [(0,)]


async def test_an_answer_that_was_taken_is_not_sent_again(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    message_id = await world.answer(head.id, "Hello?")
    for _ in range(2):
        await world.desk.mail.answers.send(Reply(head.id, message_id), last=False)
    assert len(world.server.letters) == 1


async def test_a_bounce_is_shown_once(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello?")
    await world.desk.outbox.drain()
    ours = str(world.server.letter()["Message-ID"])
    report = (
        "From: MAILER-DAEMON@mx.example\r\nMessage-ID: <{}@mx.example>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n--B\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Final-Recipient: rfc822; ben@example.com\r\nAction: failed\r\nDiagnostic-Code: smtp; 550 full\r\n\r\n--B\r\n"
        f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {ours}\r\n\r\n--B--\r\n"
    )
    for number in range(2):
        assert await world.take(report.replace("{}", str(number)).encode()) == "ignored"
    lines = [entry.data for entry in await world.entries(head.id) if entry.kind is Kind.SYSTEM]
    assert lines == [{"event": "mail_failed", "address": "ben@example.com", "reason": "550 full"}]


async def test_notes_stay_in_the_house_and_files_go_along(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    note = Send(world.desk.ids.token(), head.id, "between us", (), True)
    await world.desk.messages.accept(world.agent, note)

    async def bytes_of() -> AsyncIterator[bytes]:
        yield PNG

    file = await world.desk.files.receive(world.agent, "bill.png", bytes_of(), len(PNG))
    await world.answer(head.id, "The bill", (file.id,))
    await world.desk.outbox.drain()
    assert len(world.server.letters) == 1
    (enclosed,) = world.server.letter().iter_attachments()
    assert (enclosed.get_filename(), enclosed.get_content()) == ("bill.png", PNG)


async def test_a_chat_on_the_website_sends_no_mail(world: World) -> None:
    website = await world.desk.inboxes.create(SYSTEM, _website())
    visitor: Visitor = (await world.desk.visitors.session(website.id)).visitor
    ack = await world.desk.messages.accept(visitor, Send(world.desk.ids.token(), None, "hi", ()))
    await world.answer(ack.conv, "Hello")
    await world.desk.outbox.drain()
    assert world.server.letters == []


async def test_who_is_blocked_gets_in_by_no_mail(world: World) -> None:
    """Neither as a new conversation nor by an answer, under another name either."""
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello")
    await world.desk.outbox.drain()
    token = str(world.server.letter()["Reply-To"])
    block = await world.desk.blocking.create(world.agent, NewBlock(head.contact_id, reason="insults"))
    again = mail("And now?", header_id="<2@example.com>")
    by_address = mail("And?", header_id="<3@example.com>", sender="ben@work.example", to=token)
    assert [await world.take(one.as_bytes()) for one in (again, by_address)] == ["ignored", "ignored"]
    assert [one.id for one in await world.conversations()] == [head.id]
    rows = await world.desk.database.read("SELECT reason FROM mails WHERE state = 'ignored'")
    assert [row[0] for row in rows] == ["blocked", "blocked"]
    await world.desk.blocking.delete(world.agent, block.id)
    assert await world.take(mail("Sorry", header_id="<4@example.com>").as_bytes()) == "taken"


@pytest.mark.parametrize(
    "address",
    [".ben@example.com", "ben..b@example.com", "张三@example.com", "ben@-x-.example", f"{70 * 'b'}@example.com"],
)
async def test_an_address_that_no_letter_can_bear_is_told_and_holds_up_nothing(world: World, address: str) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.desk.database.write(
        lambda tx: tx.execute("UPDATE mails SET answer_to = :to WHERE outgoing = 0", {"to": address})
    )
    await world.answer(head.id, "Hello?")
    assert await world.desk.outbox.drain() == 1
    assert (await world.entries(head.id))[-1].data == {
        "event": "mail_failed", "address": address, "reason": "mail_address_unusable",
    }  # fmt: skip
    assert await world.desk.outbox.dead() == ()


async def test_odd_copies_are_left_out_and_foreign_letters_written_in_ascii(world: World) -> None:
    made = mail(sender="Ben <ben@bücher.example>", Cc="kim@example.com")
    await world.take(made.as_bytes().replace(b"kim@example.com", b"kim@example.com, .odd@example.com"))
    (head,) = await world.conversations()
    await world.desk.database.write(
        lambda tx: tx.execute("UPDATE mails SET answer_to = 'ben@bücher.example' WHERE outgoing = 0", {})
    )
    await world.answer(head.id, "Hello")
    await world.desk.outbox.drain()
    assert world.server.recipients == [["ben@xn--bcher-kva.example", "kim@example.com"]]
    assert str(world.server.letter()["To"]) == "ben@xn--bcher-kva.example"


async def test_our_own_signed_address_in_copy_gets_no_answer(world: World) -> None:
    await world.take(mail().as_bytes())
    (head,) = await world.conversations()
    await world.answer(head.id, "Hello")
    await world.desk.outbox.drain()
    token = str(world.server.letter()["Reply-To"])
    await world.take(mail("Thanks", header_id="<2@example.com>", references="<1@example.com>", Cc=token).as_bytes())
    await world.answer(head.id, "Welcome")
    await world.desk.outbox.drain()
    assert world.server.recipients[-1] == ["ben@example.com"]


async def test_files_too_large_for_a_mail_are_named_in_it(migrated: Path, tmp_path: Path, clock: ManualClock) -> None:
    async with mail_world(
        migrated, tmp_path / "data", clock, limits=Limits(mail_files_bytes_max=len(PNG) - 1)
    ) as world:
        await world.take(mail().as_bytes())
        (head,) = await world.conversations()

        async def bytes_of() -> AsyncIterator[bytes]:
            yield PNG

        file = await world.desk.files.receive(world.agent, "bill.png", bytes_of(), len(PNG))
        await world.answer(head.id, "The bill", (file.id,))
        await world.desk.outbox.drain()
        assert list(world.server.letter().iter_attachments()) == []
        assert "Too large for a mail and left out: bill.png" in world.server.text()


async def test_a_letter_from_china_is_read_as_it_was_written(world: World) -> None:
    said = "退款什么时候到账？"
    raw = (
        b"From: =?gb2312?B?" + base64.b64encode("陈默".encode("gbk")) + b"?= <chen@example.cn>\r\n"
        b"To: support@shop.example\r\n"
        b"Subject: =?GBK?B?" + base64.b64encode("退款".encode("gbk")) + b"?=\r\nMessage-ID: <cn@example.cn>\r\n"
        b"Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + said.encode("gbk")
    )
    assert await world.take(raw) == "taken"
    (head,) = await world.conversations()
    (entry,) = await world.entries(head.id)
    contact = await contacts.find(world.desk.database, head.contact_id)
    assert (entry.text, contact and contact.name, (entry.data or {})["subject"]) == (said, "陈默", "退款")


async def test_an_answer_into_a_merged_conversation_goes_on_in_the_other(world: World) -> None:
    await world.take(mail().as_bytes())
    world.desk.clock.advance(1)
    await world.take(mail("Another", header_id="<2@example.com>", subject="Other").as_bytes())
    older, newer = await world.conversations()
    await world.desk.tools.merging.merge(world.agent, newer.id, Other(older.id))
    await world.take(mail("I wrote", header_id="<3@example.com>", references="<2@example.com>").as_bytes())
    said = [entry.text for entry in await world.entries(older.id) if entry.kind is Kind.MESSAGE]
    assert said == ["Where is my order?", "I wrote"] and len(await world.conversations()) == 2


def _website() -> NewInbox:

    return NewInbox("Website")
