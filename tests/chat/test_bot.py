"""The bot answers what it surely knows, asks for what is missing, and hands over the rest: once, and never twice."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from app.accounts.inboxes import InboxChange
from app.chat.bot import Bot
from app.chat.dialogue import HELPED, NOT_HELPED, PERSON
from app.gateway.local import deliveries
from app.model.conversations import Kind, Message, Status
from app.model.events import Event, IntentMatched
from app.model.frames import Delete
from app.model.intents import Outcome
from app.model.principals import Agent, Visitor
from app.model.records import RecordKind
from app.model.widget import Bot as BotSetting
from app.model.widget import Texts, Widget
from app.records.records import Brought, Records
from app.storage import bot as stored
from app.storage import contacts
from app.storage.conversations import View
from app.storage.replies import first_replies
from tests.chat.understanding import Book
from tests.domain import SYSTEM, Domain

Talk = tuple[Visitor, str]


class Shop:
    """A desk with a bot, and short ways to talk with it."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.book = Book()
        self.bot: Bot = domain.bot(self.book)
        self.inbox = ""
        self.heard: list[Event] = []
        domain.bus.subscribe(self.heard.extend)

    async def opened(self) -> "Shop":
        self.inbox = await self.domain.inbox()
        await self.switch(on=True)
        return self

    async def switch(self, *, on: bool, name: Texts | None = None) -> None:
        change = InboxChange(widget=Widget(bot=BotSetting(on=on, name=name or Texts())))
        await self.domain.inboxes.change(SYSTEM, self.inbox, change)

    async def visitor(self, **facts: Any) -> Visitor:
        """Somebody of whom these facts are known."""
        visitor = await self.domain.visitor(self.inbox)
        found = await contacts.find(self.domain.database, visitor.contact_id)
        assert found is not None
        known = replace(found, **facts)
        await self.domain.database.write(lambda tx: contacts.update(tx, known))
        return visitor

    async def ask(self, text: str, *, talk: Talk | None = None, **facts: Any) -> Talk:
        """Say something and let the bot answer; without `talk` somebody new begins."""
        visitor = talk[0] if talk else await self.visitor(**facts)
        conv = (await self.domain.say(visitor, text, talk[1] if talk else None)).conv
        await self.domain.outbox.drain()
        return visitor, conv

    async def answers(self, talk: Talk) -> list[Message]:
        """All that the bot has said."""
        return [
            one for one in await self.domain.entries(talk[1]) if one.sender.kind == "bot" and one.kind is Kind.MESSAGE
        ]

    async def last(self, talk: Talk) -> Message:
        return (await self.answers(talk))[-1]

    async def status(self, talk: Talk) -> Status:
        return (await self.domain.head(talk[1])).status

    async def summary(self, talk: Talk) -> dict[str, str]:
        """The line for colleagues."""
        (line,) = [
            one for one in await self.domain.entries(talk[1]) if one.data and one.data.get("event") == "bot_summary"
        ]
        assert line.kind is Kind.SYSTEM and line.seq is None and line.data is not None
        return line.data

    async def turns(self) -> list[tuple[Any, ...]]:
        sql = "SELECT intent, outcome, helped, chosen, answer_id IS NOT NULL FROM bot_turns ORDER BY rowid"
        return [tuple(row) for row in await self.domain.database.read(sql)]

    async def sell(self, number: str, *, email: str = "", phone: str = "", external_id: str = "") -> None:
        """An order of a joined shop."""
        buyer = {"email": email, "phone": phone, "external_id": external_id, "name": "Wang Fang"}
        order = {
            "id": number, "status": "shipped", "created_at": "2026-11-20T08:00:00Z", "receiver": {"name": "Wang Fang"},
            "address": "1 Hidden Road", "customer": {name: value for name, value in buyer.items() if value},
            "items": [{"title": "Kettle", "quantity": 2}], "parcels": [{"carrier": "SF", "number": "SF123456"}],
        }  # fmt: skip
        room = Records(self.domain.database, self.domain.ids, self.domain.clock, self.domain.settings.limits)
        ready = room.prepared("shop", RecordKind.ORDER, Brought(order), "")
        await self.domain.database.write(lambda tx: room.write(tx, [ready]))


@pytest.fixture
async def shop(domain: Domain) -> Shop:
    return await Shop(domain).opened()


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told", "language"),
    [("How long does shipping take?", "Two days.", "en"), ("多久发货", "两天内发货。", "zh")],
)
async def test_a_first_message_is_answered_in_its_language(shop: Shop, asked: str, told: str, language: str) -> None:
    talk = await shop.ask(asked)
    answer = await shop.last(talk)
    assert (answer.text, await shop.status(talk)) == (told, Status.BOT)
    assert answer.content is not None and answer.content.replies == (HELPED[language], NOT_HELPED[language])
    assert answer.sender.name == {"en": "Assistant", "zh": "智能助手"}[language]
    assert answer.data is not None and answer.data["intent"] == "shipping_time" and answer.data["confidence"] == "1.00"
    assert (await shop.domain.head(talk[1])).waiting_since is None
    (matched,) = [event for event in shop.heard if isinstance(event, IntentMatched)]
    assert matched.classification.intent == "shipping_time" and matched.pos > 0
    assert [(one.first, one.language) for one in shop.book.questions] == [(True, language)]


async def test_what_it_made_of_his_words_is_for_colleagues_alone(shop: Shop) -> None:
    talk = await shop.ask("hello")
    frames = [(one.topics, one.frame) for event in shop.heard for one in _deliveries(event)]
    told = {
        topics == (talk[0].contact_id,): frame for topics, frame in frames if b'"Hi!"' in frame and b'"msg"' in frame
    }
    assert b"confidence" in told[False] and b"confidence" not in told[True]


async def test_variables_are_filled_and_what_is_not_known_leaves_no_hole(shop: Shop) -> None:
    assert (await shop.last(await shop.ask("how long does shipping take", name="Mei"))).text == "Two days, Mei."
    assert (await shop.last(await shop.ask("how long does shipping take"))).text == "Two days."


async def test_without_the_switch_and_without_an_engine_people_answer(shop: Shop) -> None:
    await shop.switch(on=False)
    assert await shop.status(await shop.ask("hello")) is Status.QUEUED
    await shop.switch(on=True)
    shop.domain.understanding = None
    talk = await shop.ask("hello")
    assert await shop.status(talk) is Status.QUEUED and await shop.answers(talk) == []


async def test_its_name_is_the_inboxs_and_it_stays_a_bot(shop: Shop) -> None:
    await shop.switch(on=True, name=Texts("Robo", "小山"))
    assert (await shop.last(await shop.ask("你好"))).sender.name == "小山"
    answer = await shop.last(await shop.ask("hello"))
    assert (answer.sender.kind, answer.sender.name) == ("bot", "Robo")
    assert answer.content is None  # nobody is asked whether a greeting helped


# --- offers, feedback ------------------------------------------------------------------------------------------------


async def test_where_it_is_not_sure_it_offers_and_the_choice_is_kept(shop: Shop) -> None:
    shop.book.unsure["it is about a thing"] = ("return_policy", "shipping_time", "nowhere")
    talk = await shop.ask("It is about a thing")
    offer = await shop.last(talk)
    assert offer.content is not None
    assert offer.content.replies == ("Returns", "How long shipping takes", PERSON["en"])
    await shop.ask("Returns", talk=talk)
    answer = await shop.last(talk)
    assert answer.text == "Within 7 days." and answer.content is not None
    assert answer.content.replies == ("Start a return", HELPED["en"], NOT_HELPED["en"])
    assert (await shop.turns())[0] == ("return_policy", Outcome.OFFER, None, "return_policy", 1)


async def test_a_second_offer_in_a_row_would_be_a_loop(shop: Shop) -> None:
    shop.book.unsure |= {"about a thing": ("return_policy",), "well the other thing": ("shipping_time",)}
    talk = await shop.ask("about a thing")
    await shop.ask("well, the other thing", talk=talk)
    assert await shop.status(talk) is Status.QUEUED
    assert (await shop.summary(talk))["reason"] == "unsure"


async def test_yes_is_noted_and_silence_resolves_it(shop: Shop) -> None:
    talk = await shop.ask("can I return it")
    await shop.ask(HELPED["en"], talk=talk)
    assert (await shop.last(talk)).text.startswith("Glad to hear that") and await shop.status(talk) is Status.BOT
    assert (await shop.turns())[0][2] == 1
    shop.domain.clock.advance(shop.domain.settings.limits.bot_silence_minutes * 60 + 1)
    assert await shop.domain.tools.alarm.ring() is None
    head = await shop.domain.head(talk[1])
    assert (head.status, head.close_reason) == (Status.RESOLVED, "answered")
    await shop.ask("多久发货", talk=talk)
    assert await shop.status(talk) is Status.BOT and (await shop.last(talk)).text == "两天内发货。"


async def test_no_is_noted_and_a_person_takes_over(shop: Shop) -> None:
    talk = await shop.ask("可以退货吗")
    await shop.ask(NOT_HELPED["zh"], talk=talk)
    assert await shop.status(talk) is Status.QUEUED
    assert (await shop.turns())[0][2] == 0
    told = await shop.summary(talk)
    assert (told["reason"], told["title_zh"], told["answered_zh"]) == ("not_helped", "退货政策", "退货政策")
    assert "人工客服" in (await shop.last(talk)).text


# --- hand-over -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("I want to talk to a human", "human"), ("转人工", "human"), ("A person, please", "human"), ("人工", "human"),
        ("this is ridiculous, where is my stuff", "angry"), ("你们就是骗子", "angry"),
        ("WHERE IS MY ORDER NOW", "angry"), ("where is it!!!!", "angry"),
        ("quantum chromodynamics", "unknown"), ("量子色动力学", "unknown"),
    ],
)  # fmt: skip
async def test_who_wants_a_person_is_angry_or_not_understood_gets_one(shop: Shop, words: str, reason: str) -> None:
    for talk in (await shop.ask(words), await shop.ask(words, talk=await shop.ask("where is my order"))):
        head = await shop.domain.head(talk[1])
        if reason == "unknown" and (await shop.answers(talk))[0].text == "Which order number?":
            continue  # what is no number is asked for again
        assert head.status is Status.QUEUED and head.waiting_since is not None
        assert (await shop.summary(talk))["reason"] == reason
        events = [getattr(event, "name", "") for event in shop.heard]
        assert "conversation.bot_handoff" in events


async def test_the_same_question_twice_goes_to_a_person(shop: Shop) -> None:
    talk = await shop.ask("How long does shipping take?")
    await shop.ask("how long does  shipping take", talk=talk)
    assert await shop.status(talk) is Status.QUEUED and (await shop.summary(talk))["reason"] == "repeated"
    talk = await shop.ask("how long does shipping take")
    await shop.ask("多久发货", talk=talk)  # the same, in other words
    assert (await shop.summary(talk))["reason"] == "repeated"


async def test_greetings_are_no_loop_at_once(shop: Shop) -> None:
    talk = await shop.ask("hello")
    await shop.ask("你好", talk=talk)
    assert await shop.status(talk) is Status.BOT and len(await shop.answers(talk)) == 2


async def test_a_broken_engine_is_a_person(shop: Shop) -> None:
    shop.book.broken = True
    talk = await shop.ask("hello")
    assert await shop.status(talk) is Status.QUEUED


async def test_after_a_start_it_waits_for_its_engine(shop: Shop) -> None:
    visitor = await shop.visitor()
    conv = (await shop.domain.say(visitor, "hello")).conv
    shop.book.ready = False
    await shop.domain.outbox.drain()
    talk = (visitor, conv)
    assert await shop.answers(talk) == [] and await shop.status(talk) is Status.BOT
    shop.book.ready = True
    shop.domain.clock.advance(2)
    await shop.domain.outbox.drain()
    assert [one.text for one in await shop.answers(talk)] == ["Hi!"]


async def test_who_waits_too_long_for_the_bot_gets_a_person_once(shop: Shop) -> None:
    visitor = await shop.visitor()
    conv = (await shop.domain.say(visitor, "hello")).conv
    shop.domain.clock.advance(shop.domain.settings.limits.bot_answer_seconds + 1)
    await shop.domain.tools.alarm.ring()
    await shop.domain.outbox.drain()
    talk = (visitor, conv)
    assert await shop.status(talk) is Status.QUEUED and len(await shop.answers(talk)) == 1
    assert (await shop.summary(talk))["reason"] == "late"


async def test_nobody_there_is_said(shop: Shop) -> None:
    talk = await shop.ask("转人工")
    assert "没有客服在线" in (await shop.last(talk)).text


async def test_an_intent_hands_over_to_its_team(shop: Shop) -> None:
    team = await shop.domain.team("Sales")
    talk = await shop.ask("we want 500 pieces")
    head = await shop.domain.head(talk[1])
    assert (head.status, head.team_id) == (Status.QUEUED, team.id)
    assert "Our sales team answers." in [one.text for one in await shop.answers(talk)]
    talk = await shop.ask("有人在吗")
    assert await shop.status(talk) is Status.QUEUED


# --- lists ------------------------------------------------------------------------------------------------------------


async def test_colleagues_see_what_is_with_the_bot_apart_from_what_waits_for_them(shop: Shop) -> None:
    ann = await shop.domain.agent("Ann")
    with_bot, waits = await shop.ask("hello"), await shop.ask("转人工")
    for view, talk in ((View.BOT, with_bot), (View.UNASSIGNED, waits)):
        page = await shop.domain.history.listing(ann, view, None, 10)
        assert [row.conversation.id for row in page.conversations] == [talk[1]]
        assert (page.counts.bot, page.counts.unassigned, page.counts.all) == (1, 1, 2)
    await shop.domain.say(ann, "I take this over", with_bot[1])
    assert await shop.status(with_bot) is Status.OPEN
    await shop.ask("hello", talk=with_bot)
    assert len(await shop.answers(with_bot)) == 1


async def test_the_bot_makes_no_promise_of_a_persons_reply_time(shop: Shop) -> None:
    """What it answers alone is no wait, and one that it hands over waits from then on."""
    await shop.ask("hello")
    shop.domain.clock.advance(shop.domain.settings.limits.bot_silence_minutes * 60 + 1)
    await shop.domain.tools.alarm.ring()  # it ended there, without a person
    talk = await shop.ask("hello")
    shop.domain.clock.advance(600)
    await shop.ask("转人工", talk=talk)
    shop.domain.clock.advance(30)
    await shop.domain.say(await shop.domain.agent("Ann"), "here I am", talk[1])
    (reply,) = await first_replies(shop.domain.database, shop.inbox, 0, 10)
    assert reply.replied_at is not None and 25_000 < reply.replied_at - reply.began_at < 35_000


# --- dialogues -------------------------------------------------------------------------------------------------------


async def test_slots_are_asked_for_checked_and_asked_for_again(shop: Shop) -> None:
    talk = await shop.ask("It arrived broken")
    assert (await shop.last(talk)).text == "Which order number?"
    await shop.ask("I do not know it", talk=talk)
    assert (await shop.last(talk)).text == "No order number in that."
    await shop.ask("it is A-20251, sorry", talk=talk)
    asked = await shop.last(talk)
    assert asked.content is not None and asked.content.replies == ("Cracked", "Does not start")
    await shop.ask("does not start", talk=talk)
    head = await shop.domain.head(talk[1])
    rows: list[Any] = await shop.domain.database.read("SELECT number, title, priority FROM tickets")
    (ticket,) = rows
    assert (await shop.last(talk)).text == f"Ticket {ticket[0]} for A-20251 is open."
    assert ticket[1:] == ("Broken: A-20251", 3)
    assert len(head.tags) == 1


async def test_what_will_not_do_too_often_is_a_person(shop: Shop) -> None:
    talk = await shop.ask("收到是坏的")
    for words in ("不知道", "没有"):
        await shop.ask(words, talk=talk)
    assert (await shop.summary(talk))["reason"] == "slot"


async def test_the_ways_out_of_a_dialogue(shop: Shop) -> None:
    talk = await shop.ask("it arrived broken")
    await shop.ask("never mind", talk=talk)
    assert (await shop.last(talk)).text.startswith("All right")
    talk = await shop.ask("收到是坏的")
    await shop.ask("多久发货", talk=talk)  # another question
    assert (await shop.last(talk)).text == "两天内发货。"
    talk = await shop.ask("收到是坏的")
    await shop.ask("转人工", talk=talk)
    assert await shop.status(talk) is Status.QUEUED


async def test_what_the_first_message_says_is_not_asked_for(shop: Shop) -> None:
    talk = await shop.ask("where is my order A-20251", email="a@example.com", claimed=("email",))
    assert (await shop.last(talk)).text == "No such order of yours."


async def test_a_dialogue_goes_on_after_a_restart(shop: Shop) -> None:
    talk = await shop.ask("it arrived broken")
    again = shop.domain.bot(shop.book)  # nothing of it is in memory
    assert again is not shop.bot
    await shop.ask("20251", talk=talk)
    asked = await shop.last(talk)
    assert asked.content is not None and asked.content.replies[0] == "Cracked"


# --- records ---------------------------------------------------------------------------------------------------------


async def test_a_proven_customer_sees_his_own_order_without_being_asked(shop: Shop) -> None:
    await shop.sell("A-20251", external_id="c-1")
    await shop.sell("A-20252", external_id="c-2")
    talk = await shop.ask("where is my order", external_id="c-1")
    answer = await shop.last(talk)
    assert answer.text == "Order A-20251 is shipped." and answer.content is not None
    (card,) = answer.content.cards
    told = msgspec.json.encode(card).decode()
    assert "A-20251 · shipped" in card.title and "Kettle × 2" in told and "SF123456" in told
    assert "Hidden" not in told and "Wang" not in told
    assert number_of_all(await shop.summary(await shop.ask("human", talk=talk))) == "A-20251"


async def test_nobody_is_told_of_anothers_order_even_by_its_number(shop: Shop) -> None:
    await shop.sell("A-20251", external_id="c-1", email="owner@example.com", phone="13800138000")
    for facts in (
        {"external_id": "c-2"},  # proven to be somebody else
        {"email": "other@example.com", "claimed": ("email",)},
        {"email": "other@example.com"},
        {"phone": "13900139000"},
    ):
        talk = await shop.ask("where is my order A-20251", **facts)
        answer = await shop.last(talk)
        assert answer.text == "No such order of yours." and not (answer.content and answer.content.cards), facts


async def test_a_claim_alone_opens_nothing_and_with_the_number_what_guests_may_see(shop: Shop) -> None:
    await shop.sell("A-20251", email="owner@example.com")
    talk = await shop.ask("where is my order", email="owner@example.com", claimed=("email",))
    assert (await shop.last(talk)).text == "Which order number?"
    await shop.ask("A-20251", talk=talk)
    answer = await shop.last(talk)
    assert answer.text == "Order A-20251 is shipped." and answer.content is not None
    assert "SF123456" not in msgspec.json.encode(answer.content).decode()


async def test_who_is_not_known_is_asked_by_what_it_is_his(shop: Shop) -> None:
    await shop.sell("A-20251", phone="13800138000")
    talk = await shop.ask("订单 A-20251 到哪了")
    assert "手机号或邮箱" in (await shop.last(talk)).text
    await shop.ask("138 0013 8000", talk=talk)
    assert (await shop.last(talk)).text == "订单 A-20251 的状态：已发货。"
    talk = await shop.ask("订单 A-20251 到哪了")
    await shop.ask("139 0013 9000", talk=talk)
    assert (await shop.last(talk)).text == "没有查到你的这个订单。"


async def test_numbers_cannot_be_counted_through(shop: Shop) -> None:
    await shop.sell("A-20259", email="owner@example.com")
    facts: dict[str, Any] = {"email": "owner@example.com", "claimed": ("email",)}
    talk = await shop.ask("where is my order A-20250", **facts)
    for number in range(1, 4):
        await shop.ask(f"where is my order A-2025{number}", talk=talk)
    assert await shop.status(talk) is Status.QUEUED and (await shop.summary(talk))["reason"] == "proof"
    tries = shop.domain.settings.limits.bot_numbers_a_day_max
    for number in range(tries):  # in conversations of their own
        await shop.ask(f"where is my order A-1{number:04}", talk=(talk[0], None))  # type: ignore[arg-type]
        await shop.domain.change(talk[1], "status = 'closed'")
    conv = (await shop.domain.say(talk[0], "where is my order A-20259")).conv
    await shop.domain.outbox.drain()
    assert all("A-20259" not in one.text for one in await shop.answers((talk[0], conv)))


# --- once ------------------------------------------------------------------------------------------------------------


async def test_a_message_that_is_handed_over_twice_is_answered_once(shop: Shop) -> None:
    talk = await shop.ask("hello")
    (said,) = [one for one in await shop.domain.entries(talk[1]) if one.sender.kind == "visitor"]
    await shop.bot.answer(talk[1], said.id)
    await shop.bot.answer(talk[1], said.id)
    assert len(await shop.answers(talk)) == 1 and len(await shop.turns()) == 1
    assert len([event for event in shop.heard if isinstance(event, IntentMatched)]) == 1
    assert len(shop.book.questions) == 1


async def test_an_agent_who_takes_it_silences_the_bot_at_once(shop: Shop) -> None:
    ann: Agent = await shop.domain.agent("Ann")
    talk = await shop.ask("it arrived broken")
    await shop.domain.say(talk[0], "A-20251", talk[1])
    await shop.domain.conversations.take(ann, talk[1])
    await shop.domain.outbox.drain()
    assert len(await shop.answers(talk)) == 1 and await shop.status(talk) is Status.OPEN
    await shop.ask("hello", talk=talk)
    assert len(await shop.answers(talk)) == 1


async def test_the_last_look_is_inside_the_transaction(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading and writing somebody takes it: nothing is said."""
    ann = await shop.domain.agent("Ann")
    visitor = await shop.visitor()
    conv = (await shop.domain.say(visitor, "hello")).conv
    planned = shop.bot._planned

    async def taken(scene: Any) -> Any:
        plan = await planned(scene)
        await shop.domain.conversations.take(ann, conv)
        return plan

    monkeypatch.setattr(shop.bot, "_planned", taken)
    await shop.domain.outbox.drain()
    assert await shop.answers((visitor, conv)) == [] and await shop.status((visitor, conv)) is Status.OPEN


async def test_what_was_taken_back_before_it_was_answered_is_not(shop: Shop) -> None:
    visitor = await shop.visitor()
    ack = await shop.domain.say(visitor, "hello")
    await shop.domain.messages.accept(visitor, Delete(shop.domain.cid(), ack.conv, ack.id))
    await shop.domain.outbox.drain()
    assert await shop.answers((visitor, ack.conv)) == []
    shop.domain.clock.advance(shop.domain.settings.limits.bot_answer_seconds + 1)
    await shop.domain.tools.alarm.ring()
    assert await shop.status((visitor, ack.conv)) is Status.BOT


async def test_it_stops_after_so_many_turns(shop: Shop) -> None:
    talk = await shop.ask("hello")
    state = await stored.find(shop.domain.database, talk[1])
    assert state is not None
    most = shop.domain.settings.limits.bot_turns_max
    full = state.replace('"turns":1', f'"turns":{most}')
    await shop.domain.database.write(lambda tx: stored.keep(tx, talk[1], full, 1, handed=False))
    await shop.ask("多久发货", talk=talk)
    assert (await shop.summary(talk))["reason"] == "turns"


def number_of_all(told: dict[str, str]) -> str:
    return told["records"]


def _deliveries(event: Event) -> Any:
    return deliveries(event)
