"""What is told to be shallow is: brackets within texts, and marks that hide them, never make a deep text look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.formats import json
from app.adapters.formats.json_depth import is_shallow
from app.adapters.formats.tree import DEPTH_MAX, Tree
from tests.adapters.formats.trees import TREES

HIDING = st.sampled_from(["]", "}", "[", '"', "\\", '\\"', "]]", '"]', '","', "a"])
LEVELS = st.lists(st.lists(HIDING, max_size=4).map("".join), min_size=DEPTH_MAX, max_size=DEPTH_MAX + 3)


@given(LEVELS)
def test_no_text_hides_how_deep_it_stands(texts: list[str]) -> None:
    tree: Tree = []
    for text in texts:
        tree = [text, tree, text]
    assert not is_shallow(json._ENCODER.encode(tree))


@given(TREES)
def test_what_is_not_deep_and_holds_no_bracket_in_a_text_is_shallow(tree: Tree) -> None:
    raw = json.encode(tree)
    if not any(mark in repr(text) for mark in "[]{}" for text in _texts(tree)):
        assert is_shallow(raw)


def _texts(tree: Tree) -> list[str]:
    if isinstance(tree, dict):
        return [*tree, *(one for value in tree.values() for one in _texts(value))]
    if isinstance(tree, list):
        return [one for value in tree for one in _texts(value)]
    return [tree] if isinstance(tree, str) else []


@pytest.mark.parametrize(
    ("raw", "shallow"),
    [
        (b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, True), (b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), False),
        (b"1", True), (b'{"a":"x","b":{"c":[""]}}', True), (b'["\\"","\\\\",{}]', True), (b'["]"]', True),
        (b"[" + b'"]",' * 5_000 + b"1]", False), (b"[" + b"1," * 9_000 + b"[1]]", True),
    ],
)  # fmt: skip
def test_what_is_told_of_a_text(raw: bytes, shallow: bool) -> None:
    assert is_shallow(raw) is shallow
