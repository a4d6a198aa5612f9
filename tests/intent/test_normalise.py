"""Normalised texts and their features: the same whatever tricks they were typed with, and bounded."""

import random
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intent.characters import readings, simplified
from app.intent.features import features, surface, weight
from app.intent.lexicon import meanings
from app.intent.normalise import _WITH_DIGITS, normalise
from app.settings import Limits
from tests.intent.homophones import mistyped

LIMITS = Limits()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("Where IS my order?!", "where is my order"),
        ("ＷＨＥＲＥ　ｉｓ", "where is"),
        ("I don't / I don’t", "i dont i dont"),
        ("我的訂單，什麼時候發貨？", "我的订单什么时候发货"),
        ("我 的 订单", "我的订单"),
        ("您好，妳在嗎", "你好你在吗"),
        ("查iPhone订单", "查 iphone 订单"),
        ("order AB-2024-0618773", "order #"),
        ("单号20240618773，到哪了", "单号 # 到哪了"),
        ("alarm at 7am or 7 am", "alarm at # am or # am"),
        ("1,299.00 元", "# 元"),
        ("2024-06-18", "#"),
        ("mp3 player", "mp3 player"),
        ("write to a.b@shop.example or https://x.example/y?z=1", "write to @ or @"),
        ("nooooo!!!", "noo"),
        ("哈哈哈哈哈哈", "哈哈"),
        ("thanks 👍🏽", "thanks"),
        ("👍🏽", "👍"),
        ("😡😡😡😡", "😡 😡"),
        ("re\u200bfu\u00adnd \u202eplease\u202c\ufeff", "refund please"),
        ("\ud800refund\udfff", "refund"),
        ("退\u200d款", "退款"),
        ("snake_case", "snake case"),
    ],
)
def test_what_is_the_same_comes_out_the_same(text: str, expected: str) -> None:
    assert normalise(text, LIMITS) == expected


ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
TRICKY = st.lists(
    st.sampled_from([*"aZ1٣我裡é#@_'.-🏽👍", "\u200b", "\u202e", "\ufdfa", "\ud800", "\ue000", " ", "www.", "退款"]),
    max_size=60,
).map("".join)


@given(ANY | TRICKY)
def test_a_normalised_text_is_words_between_single_blanks_and_stays_as_it_is(text: str) -> None:
    normalised = normalise(text, LIMITS)
    assert normalised == " ".join(normalised.split())
    assert not any(unicodedata.category(sign) in {"Cf", "Cs", "Cc", "Co"} for sign in normalised)
    normalised.encode()


@given(ANY | TRICKY, st.integers(1, 40))
def test_it_is_as_long_as_is_allowed_and_so_are_its_features(text: str, most: int) -> None:
    tight = msgspec.structs.replace(LIMITS, intent_text_characters_max=most, intent_features_max=most)
    normalised = normalise(text, tight)
    found = features(normalised, tight)
    assert len(normalised) <= most and len(found) <= most
    assert len(set(found)) == len(found) and all(one and "\n" not in one and weight(one) > 0 for one in found)


@pytest.mark.parametrize(
    "one",
    [
        "a",
        "哈",
        "訂",
        "1",
        "@",
        "a.",
        "a@",
        "a1-",
        "www.",
        "\u200b",
        "\u202e",
        "\ud83d",
        "\ufdfa",
        "👍",
        " ",
        "e\u0301",
        "_",
    ],
)
def test_64_kilobytes_of_one_character_are_cut_before_they_cost_anything(one: str) -> None:
    normalised = normalise(one * 65_536, LIMITS)
    assert len(normalised) <= LIMITS.intent_text_characters_max
    assert len(features(normalised, LIMITS)) <= 80


def test_most_features_of_the_longest_text_are_as_many_as_is_allowed() -> None:
    dice = random.Random(1)
    text = " ".join("".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=19)) for _ in range(9_000))
    assert len(features(normalise(text, LIMITS), LIMITS)) == LIMITS.intent_features_max


def test_words_their_pairs_and_their_parts_are_features() -> None:
    found = surface("my id", LIMITS)
    assert {"w my", "^ my", "w id", "my id", "<m", "my>", "<my>", "<id>"} <= {*found} and "yi" not in found


def test_chinese_characters_and_their_readings_are_features() -> None:
    assert surface("退款", LIMITS) == ["退", "款", "退款", "~tui", "~kuan", "~tui~kuan"]


def test_a_character_of_the_same_sound_keeps_the_readings() -> None:
    dice = random.Random(3)
    for text in ("我要退款", "什么时候发货", "发票抬头写错了"):
        wrong = mistyped(text, dice)
        assert wrong != text
        kept = {one for one in surface(text, LIMITS) if one[0] == "~"}
        assert kept == {one for one in surface(wrong, LIMITS) if one[0] == "~"}


def test_what_means_the_same_in_two_languages_shares_features() -> None:
    assert meanings("i was refunded") == meanings("退钱") == ["money_back"]
    assert "%pay_failed" in features("my card was declined", LIMITS)
    assert {"%late", "%received", "+late+received"} <= {*features("我还没收到", LIMITS)}
    assert meanings("xylophone") == []


def test_a_meaning_is_heard_where_a_character_is_typed_for_another_of_its_sound() -> None:
    assert meanings("我要推宽") == meanings("我要退款") == ["money_back"]
    assert "money_back" not in meanings("推")


def test_of_a_phrase_all_words_are_asked_for() -> None:
    assert "send_back" in meanings("take it back or send back")
    assert "send_back" not in meanings("i was sent a back rest")


def test_words_weigh_more_than_their_parts() -> None:
    assert weight("w refund") > weight("ref") > weight("re") > 0
    assert weight("%money_back") > weight("+late+lost")


def test_the_table_of_characters_holds_what_is_in_use() -> None:
    assert len(readings()) > 6_700 and len(simplified()) > 2_500
    assert [readings()[one] for one in "退款发货女"] == ["tui", "kuan", "fa", "huo", "nv"]
    assert all(sound.isascii() and sound.islower() for sound in readings().values())
    assert "".join(simplified().get(one, one) for one in "訂單裡麼後擡么抬") == "订单里么后抬么抬"
    assert not simplified().keys() & set(simplified().values())


def test_letters_before_a_number_are_looked_at_once() -> None:
    """From their beginning alone: begun anew at each letter, 4,000 letters would hold everybody up for 72 ms."""
    assert _WITH_DIGITS.match("abc7") is not None
    assert [at for at in range(1, 3) if _WITH_DIGITS.match("abc7", at)] == []
