"""YAML at the outermost wall: what people write is read with its places, what only attackers write is refused soon."""

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadSpec, Mark
from app.adapters.specs.nodes import Listing, Scalar, Table, documents, marks_of, value_of
from app.settings import Limits

LIMITS = Limits()


def _values(text: str) -> list[Any]:
    return [value_of(node) for node in documents(text.encode(), "a.yaml", LIMITS)]


def _refusal(text: str | bytes, limits: Limits = LIMITS) -> BadSpec:
    with pytest.raises(BadSpec) as raised:
        documents(text.encode() if isinstance(text, str) else text, "a.yaml", limits)
    assert raised.value.zh.startswith(f"{raised.value.mark}：")
    return raised.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-12", -12), ("0", 0), ("+5", 5), ("1.50", Decimal("1.50")), ("-.5", Decimal("-0.5")),
        ("2.0", Decimal("2.0")), ("true", True), ("False", False), ("a: ~", {"a": None}), ("a:", {"a": None}),
        # Numbers to some readers of YAML, text to people: nothing of it may be lost.
        ("012345", "012345"), ("1_000", "1_000"), ("0x1F", "0x1F"), ("1e5", "1e5"), (".inf", ".inf"), (".nan", ".nan"),
        ("09:30", "09:30"), ("2024-01-02", "2024-01-02"), ("yes", "yes"), ("on", "on"), ("No", "No"), ("1.", "1."),
        ('"1"', "1"), ("'true'", "true"), ('""', ""), ("|\n  1\n", "1\n"), ("9" * 40, int("9" * 40)),
        ("9" * 41, "9" * 41), ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}), ("on: x", {"on": "x"}), ("1: x", {"1": "x"}),
        ("\ufeffa: 中", {"a": "中"}),
    ],
)  # fmt: skip
def test_scalars_are_what_people_mean(text: str, value: Any) -> None:
    (found,) = _values(text)
    assert found == value and type(found) is type(value)


def test_documents_are_divided_and_empty_ones_left_out() -> None:
    assert _values("a: 1\n---\nb: 2\n...\n---\n---\n# nothing\n---\nc: 3\n") == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert _values("") == _values("# nothing\n") == []


def test_each_part_knows_its_place_in_characters() -> None:
    (node,) = documents('中: [1, "é😀", {b: c}]\n\n二:\n  - x\n'.encode(), "a.yaml", LIMITS)
    assert dict(marks_of(node)) == {
        (): Mark("a.yaml", 1, 1),
        ("中",): Mark("a.yaml", 1, 4),
        ("中", 0): Mark("a.yaml", 1, 5),
        ("中", 1): Mark("a.yaml", 1, 8),
        ("中", 2): Mark("a.yaml", 1, 14),
        ("中", 2, "b"): Mark("a.yaml", 1, 18),
        ("二",): Mark("a.yaml", 4, 3),
        ("二", 0): Mark("a.yaml", 4, 5),
    }
    assert isinstance(node, Table)
    assert isinstance(node.get("中"), Listing) and node.get("三") is None
    key = node.key("二")
    assert isinstance(key, Scalar) and key.mark == Mark("a.yaml", 3, 1) and node.key("三") is None


def test_an_alias_is_what_its_anchor_was() -> None:
    assert _values("a: &x {b: [1, 2]}\nc: *x\nd: [*x, *x]") == [
        {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}, "d": [{"b": [1, 2]}, {"b": [1, 2]}]}
    ]
    assert _values("a: &x 1\nb: &x 2\nc: *x") == [{"a": 1, "b": 2, "c": 2}]


@pytest.mark.parametrize(
    ("text", "place", "en"),
    [
        ("a: *x", (1, 4), "“*x” is named before"),
        ("a: &x [*x]", (1, 8), "“*x” is named before"),
        ("a: &x 1\n---\nb: *x", (3, 4), "“*x” is named before"),
        ("a: !!str 1", (1, 4), "tags (!…) are not taken"),
        ("a: !!python/object/apply:os.system [ls]", (1, 4), "tags (!…) are not taken"),
        ("!x {a: 1}", (1, 1), "tags (!…) are not taken"),
        ("%YAML 1.1\n---\na: 1", (1, 1), "directives"),
        ("%TAG ! tag:x,2000:\n---\na: 1", (1, 1), "directives"),
        ("a: 1\nb: 2\na: 3", (3, 1), "“a” stands here again; first on line 1"),
        ('{a: 1, "a": 2}', (1, 8), "“a” stands here again"),
        ("? [1]\n: 2", (1, 3), "a word is a text"),
        ("{a: 1}: 2", (1, 1), "a word is a text"),
        ("a: b: c", (1, 5), "a second `: ` on this line"),
        ("a:\n\t- b", (2, 1), "not tabs"),
        ("{a: 1", (2, 1), "a comma or the closing }"),
        ("[a, b", (2, 1), "a comma or the closing ]"),
        ("a: 'x", (1, 6), "the text ends inside quotes"),
        ("a: 1\n  b: 2", (2, 4), "a second `: `"),
        ("a:\n  b: 1\n c: 2", (3, 2), "neither as deep"),
        ('a: "\\q"', (1, 5), "this is no YAML"),
        ("a: \x00", (1, 4), "a control character"),
        ("a: b\nc: \x07", (2, 4), "a control character"),
        (b"a: \xff", (1, 4), "this is no UTF-8"),
        ("ä: 中\nb: ".encode() + b"\xe4\xb8", (2, 4), "this is no UTF-8"),
        ("[" * 65 + "]" * 65, (1, 65), "nested deeper than 64"),
        ("[" * 50_000, (1, 1_001), "nested deeper than 64"),
        ("a: &x " + "[" * 60 + "]" * 60 + "\nb: [[[[[*x]]]]]", (2, 9), "nested deeper than 64"),
    ],
)  # fmt: skip
def test_what_is_no_spec_is_told_where_it_stands(text: str | bytes, place: tuple[int, int], en: str) -> None:
    refusal = _refusal(text)
    assert (refusal.mark.file, refusal.mark.line, refusal.mark.column) == ("a.yaml", *place)
    assert en in refusal.en


def test_sixty_four_deep_is_taken() -> None:
    assert _values("[" * 64 + "]" * 64)


def test_an_alias_counts_as_often_as_it_is_named() -> None:
    laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    began = time.process_time()
    refusal = _refusal(laughs)
    assert "more than 20000 words and values" in refusal.en and refusal.mark.line == 5
    assert time.process_time() - began < 1.0


def test_so_many_parts_and_bytes_are_taken_and_no_more() -> None:
    few = Limits(adapter_spec_parts_max=5, adapter_spec_bytes_max=30)
    assert documents(b"a: [1, 2, 3]", "a.yaml", Limits(adapter_spec_parts_max=6))
    assert "more than 5 words" in _refusal("a: [1, 2, 3]", few).en
    assert "31 bytes; at most 30" in _refusal("a: " + "b" * 28, few).en


@given(st.binary(max_size=60) | st.text("ab:*&!%[]{},-?|>'\"#\n\t 1~é", max_size=60).map(str.encode))
def test_no_bytes_end_in_anything_but_nodes_or_a_refusal(text: bytes) -> None:
    try:
        for node in documents(text, "a.yaml", LIMITS):
            value_of(node)
    except BadSpec as refusal:
        assert refusal.mark.line >= 1 and refusal.mark.column >= 1  # noqa: PT017 - either is right
