"""Trees as Hypothesis makes them up, of what all formats hold or of what one does."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from app.adapters.formats.records import Reader
from app.adapters.formats.tree import Tree

Scalars = st.SearchStrategy[Tree]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.one_of(st.integers(), st.integers(2**53, 2**64), st.integers(-(2**200), 2**200))
FRACTIONS = st.decimals(allow_nan=False, allow_infinity=False, places=4).filter(lambda one: one.adjusted() < 400)
SCALARS: Scalars = st.one_of(st.none(), st.booleans(), INTEGERS, FRACTIONS, TEXTS)
TREES: st.SearchStrategy[Tree] = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)  # fmt: skip


def pieces(raw: bytes, size: int) -> list[bytes]:
    """The document as it comes in, so many bytes at a time."""
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def fed(reader: Reader, chunks: Iterable[bytes]) -> list[Any]:
    """What a reader gives of all of it."""
    found = [one for chunk in chunks for one in reader.feed(chunk)]
    return found + reader.close()


def same(one: Tree, other: Tree) -> bool:
    """Equal, and of the same types: to Python 1, True and Decimal(1) are one."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other if not isinstance(one, Decimal) else str(one) == str(other)
