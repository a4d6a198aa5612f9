"""Phrases that are nearly the same: the ratio against a slow one, the index against comparing with all."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.intent.fuzzy import FuzzyIndex
from app.intent.similar import Likeness
from app.intent.starter import load
from app.settings import Limits

LIMITS = Limits()
_TEXT = st.text(alphabet="abc 退款了", max_size=40)


def slow_ratio(one: str, other: str) -> float:
    """By the table of longest common subsequences."""
    if not one and not other:
        return 100.0
    row = [0] * (len(other) + 1)
    for left in one:
        above = row
        row = [0]
        for at, right in enumerate(other, 1):
            row.append(above[at - 1] + 1 if left == right else max(above[at], row[-1]))
    return 200.0 * row[-1] / (len(one) + len(other))


@given(_TEXT, _TEXT)
def test_the_ratio_is_twice_the_common_letters_by_all(one: str, other: str) -> None:
    assert Likeness(one).ratio(other) == slow_ratio(one, other)
    assert Likeness(one).highest(other) >= slow_ratio(one, other)


@given(_TEXT, st.lists(_TEXT, max_size=12), st.integers(1, 5))
def test_the_best_are_those_of_all(one: str, others: list[str], count: int) -> None:
    ranked = Likeness(one).best(others, count)
    assert [ratio for ratio, _ in ranked] == sorted((slow_ratio(one, other) for other in others), reverse=True)[:count]
    assert all(slow_ratio(one, others[at]) == ratio for ratio, at in ranked)


def _phrases() -> list[tuple[str, str, str]]:
    return [(one.text.lower(), one.text, one.intent) for one in load().examples if one.intent]


def _typed_wrong(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    return text[:at] + text[at + 1 :]


def test_the_index_finds_what_comparing_with_all_finds() -> None:
    phrases = _phrases()
    index, rng = FuzzyIndex.of(phrases, LIMITS), random.Random(3)
    asked = [_typed_wrong(normalised, rng) for normalised, _, _ in rng.sample(phrases, 60)]
    right = 0
    for text in asked:
        likeness = Likeness(text)
        best = max(likeness.ratio(normalised) for normalised, _, _ in phrases)
        found = index.best(text)
        right += bool(found) and found[0].ratio == best
    assert right >= 58


def test_what_is_nearest_is_told_as_it_was_written() -> None:
    index = FuzzyIndex.of([("where is my parcel", "Where is my parcel?", "parcel"), ("hi", "Hi", "hello")], LIMITS)
    near, *_ = index.best("wheres my parcel")
    assert (near.text, near.intent) == ("Where is my parcel?", "parcel")
    assert near.ratio == pytest.approx(slow_ratio("where is my parcel", "wheres my parcel"))
    assert index.best("") == ()
    assert index.best("qqqq") == ()


def test_what_is_added_is_found_and_no_other_index_changes() -> None:
    index = FuzzyIndex.of([("where is my parcel", "where is my parcel", "parcel")], LIMITS)
    one = index.added("open on sundays", "Open on Sundays", "hours")
    other = index.added("how do i pay", "How do I pay", "payment")
    again = one.added("where is my parcel", "where is my parcel", "lost")
    assert one.best("open on sunday")[0].intent == "hours"
    assert "hours" not in {near.intent for near in other.best("open on sunday")}
    assert other.best("how do i pay it")[0].intent == "payment"
    assert (len(index), len(one), len(again)) == (1, 2, 3)
    assert [near.intent for near in again.best("where is my parcel")] == ["lost"], "these words mean that now"
    assert [near.intent for near in one.best("where is my parcel")] == ["parcel"]


def test_what_was_taken_away_is_not_found() -> None:
    index = FuzzyIndex.of([("where is it", "where is it", "parcel"), ("where is it", "where is it", "shop")], LIMITS)
    without = index.without("where is it", "parcel")
    assert [near.intent for near in without.best("where is it")] == ["shop"]
    assert {near.intent for near in without.added("where is it", "where is it", "parcel").best("where is it")} == {
        "parcel"
    }


def test_pieces_that_all_phrases_share_are_read_up_to_a_bound() -> None:
    """What is read for one message does not grow with the phrases; what is kept of a piece does not either."""
    words = [f"please tell me about my order of the {chr(97 + a)}{chr(97 + b)}{chr(97 + c)} kind"
             for a in range(20) for b in range(20) for c in range(10)]  # fmt: skip
    small = replace(LIMITS, intent_fuzzy_postings_max=300, intent_fuzzy_read_max=500)
    index = FuzzyIndex.of([(text, text, "order") for text in words], small)
    assert index.postings_max == 300
    near = index.best("please tell me about my order of the kcd kind")
    assert near[0].ratio > 95
    assert len(near) == small.intent_fuzzy_near_max
