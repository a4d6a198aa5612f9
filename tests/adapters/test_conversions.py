"""What a map makes of values: nothing is rounded, nothing is guessed."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.maps.conversions import UNITS, As, converter, money
from tests.adapters.maps import one


@pytest.mark.parametrize(
    ("unit", "value", "told"),
    [
        ("yuan", "39.99", "39.99"),
        ("yuan", "39.9", "39.90"),
        ("yuan", "40", "40.00"),
        ("yuan", 40, "40.00"),
        ("yuan", Decimal("0.1") + Decimal("0.2"), "0.30"),
        ("yuan", "0039.99", "39.99"),
        ("yuan", "39.995", "39.995"),
        ("yuan", "39.9900", "39.99"),
        ("yuan", " 39.99 ", "39.99"),
        ("yuan", "-0.00", "0.00"),
        ("yuan", Decimal("-0.00"), "0.00"),
        ("yuan", Decimal("1E+3"), "1000.00"),
        ("yuan", "-12.5", "-12.50"),
        ("yuan", ".5", "0.50"),
        ("yuan", "1e2", "100.00"),
        ("yuan", "9007199254740993.01", "9007199254740993.01"),
        ("cents", 3999, "39.99"),
        ("cents", "3999", "39.99"),
        ("cents", 5, "0.05"),
        ("cents", -5, "-0.05"),
        ("cents", 0, "0.00"),
        ("cents", Decimal("3999.5"), "39.995"),
        ("cents", 9_223_372_036_854_775_807, "92233720368547758.07"),
        ("cents", "123456789012345678901234567890123", "1234567890123456789012345678901.23"),
        ("fen", 100, "1.00"),
        ("jiao", 15, "1.50"),
        ("mills", 1234, "1.234"),
        ("micros", 1_500_000, "1.50"),
        ("yen", "1200", "1200"),
        ("yen", "1200.5", "1200.5"),
        (3, 1234, "1.234"),
        (0, 12, "12"),
        ("yuan", "", None),
        ("yuan", None, None),
    ],
)
def test_money_is_exact(unit: Any, value: Tree, told: Any) -> None:
    assert one({"from": "x", "as": "money", "unit": unit}, {"x": value}) == told


@given(st.integers(-(10**20), 10**20))
def test_cents_and_yuan_are_the_same_amount(cents: int) -> None:
    told = money("cents")(cents)
    assert isinstance(told, str)
    assert Decimal(told) * 100 == cents
    assert money("yuan")(told) == told
    assert len(told.partition(".")[2]) == 2
    assert money("yuan")(Decimal(told)) == told


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("text", 9_223_372_036_854_775_807, "9223372036854775807"),
        ("text", Decimal("2.50"), "2.50"),
        ("text", Decimal("1E+3"), "1000"),
        ("text", Decimal("1E-7"), "0.0000001"),
        ("text", False, "false"),
        ("text", b"\x00\xff", "AP8="),
        ("text", "", ""),
        ("int", "9223372036854775807", 9_223_372_036_854_775_807),
        ("int", " 12 ", 12),
        ("int", "-3.0", -3),
        ("int", Decimal("12.00"), 12),
        ("int", "", None),
        ("decimal", "12.50", Decimal("12.50")),
        ("decimal", 12, Decimal(12)),
        ("bool", 1, True),
        ("bool", "0", False),
        ("bool", "YES", True),
        ("bool", "否", False),
        ("bool", "", None),
        ("json", '{"a": 0.1, "b": 9007199254740993}', {"a": Decimal("0.1"), "b": 9_007_199_254_740_993}),
        ("json", {"b": [1, Decimal("0.10")], "a": "ü"}, '{"b":[1,0.10],"a":"ü"}'),
        ("json", " ", None),
    ],
)
def test_a_value_becomes_what_the_map_says(kind: str, value: Tree, told: Any) -> None:
    given = one({"from": "x", "as": kind}, {"x": value})
    assert (given, type(given)) == (told, type(told))


@pytest.mark.parametrize("kind", ["text", "int", "decimal", "bool", "money", "time", "date", "json"])
def test_null_stays_null(kind: str) -> None:
    assert one({"from": "x", "as": kind}, {}) is None


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("text", [], "single value"),
        ("text", Decimal("1e999999999"), "more than 60 digits"),
        ("text", Decimal("1e-999999999"), "more than 60 digits"),
        ("text", Decimal("NaN"), "more than 60 digits"),
        ("int", "2.5", "no whole number"),
        ("int", "1e99", "more than 60 digits"),
        ("int", Decimal("1e999999999"), "more than 60 digits"),
        ("int", True, "a number is expected"),
        ("int", "١٢", "a number is expected"),
        ("int", "1_000", "a number is expected"),
        ("int", "0x10", "a number is expected"),
        ("int", "9" * 81, "a number is expected"),
        ("decimal", "1,5", "a number is expected"),
        ("decimal", "NaN", "a number is expected"),
        ("decimal", "Infinity", "a number is expected"),
        ("decimal", Decimal("Infinity"), "a number is expected"),
        ("bool", 2, "true or false"),
        ("bool", "maybe", "true or false"),
        ("bool", {}, "true or false"),
        ("money", "¥5", "a number is expected"),
        ("money", [1], "a number is expected"),
        ("money", "39.9９", "a number is expected"),
        ("json", "{", "no JSON"),
        ("json", "[" * 65 + "]" * 65, "more than 64 deep"),
        ("json", "[" * 5_000 + "]" * 5_000, "no JSON"),
    ],
)
def test_what_cannot_be_converted_is_told(kind: str, value: Tree, said: str) -> None:
    with pytest.raises(BadDocument) as refused:
        one({"from": "x", "as": kind}, {"x": value})
    assert said in refused.value.en
    assert refused.value.path == "x"


def test_no_error_repeats_the_value() -> None:
    for kind in ("int", "decimal", "money", "time", "date", "bool"):
        with pytest.raises(BadDocument) as refused:
            one({"from": "x", "as": kind}, {"x": "hunter2"})
        assert "hunter2" not in str(refused.value) + refused.value.en + refused.value.zh


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.text() | st.decimals(-100, 100, places=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
))  # fmt: skip
def test_json_in_a_text_comes_back_as_it_went(value: Any) -> None:
    as_json = converter(As("json"))
    text = as_json({"it": value})
    assert isinstance(text, str)
    json.loads(text)
    assert repr(as_json(text)) == repr({"it": value})


def test_every_unit_has_whole_digits() -> None:
    for name, (shift, places) in UNITS.items():
        assert money(name)(10**shift) == ("1." + "0" * places).rstrip("."), name
