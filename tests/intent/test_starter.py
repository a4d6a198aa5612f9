"""The starter pack: every intent is whole in both languages, and promises nothing that is not there."""

import bz2
import re
from itertools import chain
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.chat.own_records import facts_of
from app.chat.slots import ADDRESS
from app.intent import starter
from app.intent.engine import Engine
from app.intent.rules import RuleBook
from app.intent.training import train
from app.model.errors import Defect
from app.model.intents import Example, Intent, LookUpRecords, OpenTicket
from app.model.records import Order, Parcel, Record
from app.settings import Limits

PACK = starter.load()
INTENTS = {intent.name: intent for intent in PACK.intents}
VARIABLE = re.compile(r"\{([a-z_.]+)\}")
CJK = re.compile(r"[\u4e00-\u9fff]")
ORDER = Record("1", "shop", "1", Order("1", parcels=[Parcel("SF", "9")]), 0, 0, 0)
RECORD = {f"record.{name}" for name in facts_of(ORDER, "en", proven=True)}
PACKED_BYTES_MAX = 60_000
each = pytest.mark.parametrize("intent", PACK.intents, ids=lambda intent: intent.name)


def test_there_are_64_of_them() -> None:
    assert len(PACK.intents) == len(INTENTS) == 64


@each
def test_each_has_title_replies_phrases_and_cases_in_both_languages(intent: Intent) -> None:
    assert set(intent.title) == set(starter.LANGUAGES) and all(intent.title.values())
    assert [reply.language for reply in intent.replies] == list(starter.LANGUAGES)
    for language in starter.LANGUAGES:
        assert sum(phrase.language == language for phrase in intent.phrases) >= 15
        assert sum((CJK.search(case.text) is None) == (language == "en") for case in intent.cases) >= 2


@each
def test_what_is_said_is_in_the_language_it_is_said_in(intent: Intent) -> None:
    texts = [{reply.language: reply.text for reply in intent.replies}, intent.title]
    texts += [text for slot in intent.slots for text in (slot.ask, slot.again)]
    texts += [action.missing for action in intent.actions if isinstance(action, LookUpRecords)]
    texts += [action.title for action in intent.actions if isinstance(action, OpenTicket)]
    for text in texts:
        assert set(text) == set(starter.LANGUAGES)
        assert CJK.search(text["zh"]) and not CJK.search(text["en"])


@each
def test_every_variable_is_known_when_the_reply_is_given(intent: Intent) -> None:
    known = {f"slot.{slot.name}" for slot in intent.slots} | {"contact.name"}
    assert f"slot.{ADDRESS.name}" not in known, "the bot asks for that one by itself"
    known |= RECORD if any(isinstance(action, LookUpRecords) for action in intent.actions) else set()
    known |= {"ticket.number"} if any(isinstance(action, OpenTicket) for action in intent.actions) else set()
    titles = chain.from_iterable(one.title.values() for one in intent.actions if isinstance(one, OpenTicket))
    for text in (*(reply.text for reply in intent.replies), *titles):
        assert set(VARIABLE.findall(text)) <= known


@each
def test_no_case_is_a_phrase(intent: Intent) -> None:
    known = {phrase.text.casefold() for one in PACK.intents for phrase in one.phrases}
    assert not {case.text.casefold() for case in intent.cases} & known
    assert {case.intent for case in intent.cases} == {intent.name}


@each
def test_it_does_not_cheer(intent: Intent) -> None:
    assert not [reply for reply in intent.replies if re.search("[!！]|亲[，,]", reply.text)]


def test_no_phrase_means_two_things() -> None:
    meant: dict[str, set[str]] = {}
    for one in PACK.examples:
        meant.setdefault(one.text.casefold(), set()).add(one.intent)
    assert not {text: intents for text, intents in meant.items() if len(intents) > 1}


def test_what_is_out_of_scope_is_kept() -> None:
    rest = starter.out_of_scope(PACK)
    assert len(rest) >= 150 and {one.language for one in rest} == set(starter.LANGUAGES)


def test_what_the_shop_says_of_itself_is_said() -> None:
    told = starter.load({"returns": {"en": "You have 30 days.", "zh": " "}})
    english, chinese = next(one for one in told.intents if one.name == "return_policy").replies
    assert english.text.startswith("You have 30 days. ")
    assert chinese == INTENTS["return_policy"].replies[1], "an empty answer is none"


def test_every_fact_is_asked_for_because_a_reply_says_it() -> None:
    for fact in starter.facts():
        assert set(fact.question) == set(fact.otherwise) == set(starter.LANGUAGES)
        changed = starter.load({fact.name: {"en": "Said by us.", "zh": "这是我们说的。"}})
        assert changed.intents != PACK.intents, fact.name


def test_packed_it_is_small_and_reads_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = Path(starter.__file__).with_name("starter")
    (tmp_path / "starter").mkdir()
    for file in folder.iterdir():
        (tmp_path / "starter" / f"{file.name}.bz2").write_bytes(bz2.compress(file.read_bytes()))
    assert sum(file.stat().st_size for file in (tmp_path / "starter").iterdir()) <= PACKED_BYTES_MAX
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    assert starter.load() == PACK


def test_a_pack_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(Defect, match=r"has no facts\.json"):
        starter.load()


def test_its_rules_are_read_and_answer_what_a_person_would_say_they_mean() -> None:
    refused: list[str] = []
    bare = [replace(intent, phrases=()) for intent in PACK.intents]
    book = RuleBook.of(bare, str.casefold, Limits(), lambda _, bad: refused.append(bad.en))
    assert not refused and len(book) == sum(len(intent.rules) for intent in PACK.intents) >= 75
    answered = 0
    for one in (*PACK.examples, *(Example(case.text, case.intent) for i in PACK.intents for case in i.cases)):
        match = book.ruled(one.text, "", one.language)
        answered += match is not None
        assert match is None or match.intent == one.intent, one.text
    assert answered >= 80


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("人工", "human_agent", {}),
        ("Human", "human_agent", {}),
        ("我要转人工客服", "human_agent", {}),
        ("订单 20240618773", "order_status", {"order_no": "20240618773"}),
        ("please check my order B20913", "order_status", {"order_no": "B20913"}),
        ("帮我取消订单20240618773", "cancel_order", {"order_no": "20240618773"}),
        ("你是机器人吗", "bot_identity", {}),
        ("我要投诉", "complaint", {}),
    ],
)
def test_what_is_said_every_day_is_answered_by_a_rule(text: str, intent: str, slots: dict[str, str]) -> None:
    bare = [replace(one, phrases=()) for one in PACK.intents]
    match = RuleBook.of(bare, str.casefold, Limits()).ruled(text)
    assert match is not None and (match.intent, match.slots) == (intent, slots)


def test_the_real_engine_knows_what_its_cases_mean() -> None:
    model = train([one for one in PACK.examples if one.intent], seed=1, limits=Limits())
    engine = Engine.of(PACK.intents, model)
    cases = [case for intent in PACK.intents for case in intent.cases]
    told = [engine.classify(case.text) for case in cases]
    first = sum(one.intent == case.intent for one, case in zip(told, cases, strict=True))
    assert first >= 0.98 * len(cases)
    for one, case in zip(told, cases, strict=True):
        assert case.intent in [candidate.intent for candidate in one.candidates], case.text
