"""The dialogues as written: enough, well-formed, in the tone of LOOK §1; a broken file is refused by its fault."""

import json
from typing import Any

import pytest

from app.demo import shop
from app.demo.dialogues import LANGUAGES, Dialogue, Outcome, Voice, load, parse
from app.model.errors import Defect

Raw = dict[str, Any]


@pytest.fixture(params=LANGUAGES)
def dialogues(request: pytest.FixtureRequest) -> tuple[Dialogue, ...]:
    return load(request.param)


def test_enough_of_them_short_and_long(dialogues: tuple[Dialogue, ...]) -> None:
    lengths = [len(dialogue.turns) for dialogue in dialogues]
    assert len(dialogues) >= 44
    assert min(lengths) <= 3 and max(lengths) >= 16
    assert {dialogue.outcome for dialogue in dialogues} == set(Outcome)


def test_each_shows_a_different_kind_of_work(dialogues: tuple[Dialogue, ...]) -> None:
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    assert sum(turn.by == 2 for turn in turns) >= 2
    assert sum(turn.voice is Voice.NOTE for turn in turns) >= 5
    assert sum(bool(turn.file) for turn in turns) >= 5
    assert any(dialogue.returning for dialogue in dialogues)
    assert any(not dialogue.contact.name for dialogue in dialogues)


def test_our_side_never_cheers(dialogues: tuple[Dialogue, ...]) -> None:
    ours = [turn.text for dialogue in dialogues for turn in dialogue.turns if turn.voice is not Voice.VISITOR]
    assert not [text for text in ours if "!" in text or "！" in text or "亲，" in text]


def test_the_shop_sells_what_is_talked_about(dialogues: tuple[Dialogue, ...]) -> None:
    groups = {product.group for product in shop.PRODUCTS}
    assert {dialogue.product for dialogue in dialogues} - {""} <= groups


def test_languages_share_no_id() -> None:
    assert not {d.id for d in load("en")} & {d.id for d in load("zh")}


def _turn(voice: str, text: str, **more: object) -> Raw:
    return {"from": voice, "text": text, "after_seconds": 5, **more}


def _raw(*turns: Raw, outcome: str = "queued", **more: object) -> Raw:
    return {
        "id": "one",
        "subject": "One",
        "language": "en",
        "product": "",
        "contact": {"name": "", "city": "York", "browser": "Firefox"},
        "outcome": outcome,
        "pages": [],
        "turns": list(turns),
        **more,
    }


def test_a_sound_dialogue_is_read() -> None:
    (dialogue,) = parse(json.dumps([_raw(_turn("visitor", "Hello"))]).encode())
    assert dialogue.turns[0].voice is Voice.VISITOR


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (_raw(_turn("agent", "Hello"), outcome="waiting"), "customer speaks first"),
        (_raw(_turn("visitor", "Hello {name}")), "every place is known"),
        (_raw(_turn("visitor", "My {product}")), "every place is known"),
        (_raw(_turn("visitor", "My {colour}"), product="kettle"), "every place is known"),
        (_raw(_turn("visitor", "{Hi {order}|Hello}")), "do not nest"),
        (_raw(_turn("visitor", "")), "a text or a file"),
        (_raw(_turn("visitor", "Hello"), _turn("system", "exploded")), "known event"),
        (_raw(_turn("visitor", "Hello"), _turn("agent", "Yes", by=2), outcome="waiting"), "after a hand-over"),
        (_raw(_turn("visitor", "Hello"), outcome="resolved"), "fits its outcome"),
        (_raw(_turn("visitor", "Hello"), _turn("agent", "Yes"), outcome="queued"), "fits its outcome"),
        (_raw(_turn("visitor", "Hello"), outcome="open"), "fits its outcome"),
        (_raw(*[_turn("visitor", "Hello")] * 19), "at most 18 turns"),
        (_raw(_turn("visitor", "Hello"), language="fr"), "language is en or zh"),
        (_raw(_turn("visitor", "Hello", mood="cross")), "unknown field `mood`"),
    ],
)
def test_a_broken_dialogue_is_refused_by_its_fault(raw: Raw, fault: str) -> None:
    with pytest.raises(Defect, match=fault):
        parse(json.dumps([raw]).encode())


def test_two_dialogues_of_one_id_are_refused() -> None:
    with pytest.raises(Defect, match="used twice"):
        parse(json.dumps([_raw(_turn("visitor", "Hello"))] * 2).encode())
