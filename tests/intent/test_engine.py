"""The engine whole: which tier answers, why, what a correction changes, and where an intent holds."""

import pytest

from app.intent.engine import Engine
from app.intent.training import train
from app.model.intents import Example, Intent, Outcome, Phrase, Rule, Tier
from app.settings import Limits

LIMITS = Limits()
REFUND = Intent(
    "refund",
    {"en": "Refund"},
    phrases=(Phrase("I want my money back"), Phrase("please refund me"), Phrase("我要退款"), Phrase("退钱给我")),
    rules=(Rule("*refund*"), Rule("退款 {order_no}", priority=2)),
)
PARCEL = Intent(
    "parcel",
    {"en": "Parcel"},
    phrases=(Phrase("where is my parcel"), Phrase("track my package"), Phrase("我的包裹到哪了"), Phrase("查一下物流")),
    rules=(Rule("where * order {order_no}"),),
)
SHOP = Intent("shop", {"en": "Shop"}, phrases=(Phrase("when do you open"), Phrase("几点开门")), inbox_ids=("berlin",))
INTENTS = (REFUND, PARCEL, SHOP)


@pytest.fixture(scope="module")
def engine() -> Engine:
    examples = [Example(phrase.text, intent.name) for intent in INTENTS for phrase in intent.phrases]
    return Engine.of(INTENTS, train(examples, seed=1, limits=LIMITS), limits=LIMITS)


def test_each_tier_answers_what_it_knows_and_says_why(engine: Engine) -> None:
    confirmed = engine.classify("Where is my PARCEL?!")
    assert (confirmed.tier, confirmed.intent, confirmed.outcome) == (Tier.CONFIRMED, "parcel", Outcome.ANSWER)
    ruled = engine.classify("退款 SO-2024-00123")
    assert (ruled.tier, ruled.intent, ruled.rule) == (Tier.RULE, "refund", "退款 {order_no}")
    assert ruled.slots == {"order_no": "SO-2024-00123"}, "as it was written, not masked"
    fuzzy = engine.classify("wher is my parcel")
    assert (fuzzy.tier, fuzzy.intent, fuzzy.near[0].text) == (Tier.FUZZY, "parcel", "where is my parcel")
    modelled = engine.classify("parcel tracking")
    assert (modelled.tier, modelled.intent) == (Tier.MODEL, "parcel")
    assert modelled.margin > 0
    assert len(modelled.candidates) > 1


def test_a_confirmed_phrase_goes_before_a_rule(engine: Engine) -> None:
    other = Intent("thanks", {}, phrases=(Phrase("thanks for the refund"),))
    said = Engine.of((*INTENTS, other), limits=LIMITS).classify("thanks for the refund")
    assert (said.tier, said.intent) == (Tier.CONFIRMED, "thanks")


def test_an_explanation_names_what_came_second(engine: Engine) -> None:
    assert not engine.classify("refund for my parcel").margin
    explained = engine.classify("refund for my parcel", explain=True)
    assert (explained.tier, explained.intent) == (Tier.RULE, "refund")
    assert explained.candidates[1].intent == "parcel"
    assert explained.near


def test_a_correction_is_at_work_at_once_and_its_engine_is_another_one(engine: Engine) -> None:
    text = "refund? no: I want to know where it is"
    corrected = engine.corrected(text, "parcel")
    assert engine.classify(text).intent == "refund"
    said = corrected.classify(text.upper())
    assert (said.tier, said.intent) == (Tier.CONFIRMED, "parcel"), "before the rule that matches it"
    assert corrected.classify(text + "x", explain=True).near[0].text == text, "and nearly the same words are near it"


def test_what_is_said_to_be_wrong_is_not_said_again(engine: Engine) -> None:
    text = "hello there my friend"
    taught = engine.corrected(text, "parcel")
    assert taught.rejected(text, "parcel").classify(text).intent != "parcel"
    assert engine.rejected("where is my parcel", "parcel").classify("where is my parcel").intent != "parcel"
    assert engine.rejected("full refund now", "refund").classify("full refund now").intent != "refund"
    again = taught.rejected(text, "parcel").corrected(text, "parcel").classify(text)
    assert (again.tier, again.intent) == (Tier.CONFIRMED, "parcel"), "and may be put right again"


def test_an_intent_holds_in_its_inboxes_alone(engine: Engine) -> None:
    assert engine.classify("when do you open", inbox_id="berlin").intent == "shop"
    elsewhere = engine.classify("when do you open", inbox_id="paris")
    assert elsewhere.intent != "shop"
    assert "shop" not in {one.intent for one in elsewhere.candidates}
    assert "shop" not in {one.intent for one in elsewhere.near}


def test_a_correction_to_an_intent_that_there_is_not_changes_nothing(engine: Engine) -> None:
    assert engine.corrected("anything", "unheard_of") is engine
    assert engine.corrected("  ", "parcel") is engine


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u202e", "?!…", "\ud800"])
def test_nothing_said_is_left_to_a_human(engine: Engine, text: str) -> None:
    said = engine.classify(text)
    assert (said.outcome, said.tier, said.intent) == (Outcome.HAND_OVER, Tier.NONE, "")
