"""The engine on messages by another writer than that of its phrases: a slice of the shop's intents, really learned."""

import time
from pathlib import Path

import pytest

from app.intent import starter
from app.intent.evaluation import Figures, figures, judge
from app.intent.fitting import engine, fitted
from app.intent.tables import examples
from app.model.intents import Example
from app.settings import Limits

LIMITS = Limits()
INTENTS = 8
ASKED = Path(__file__).parent / "shop_natural.tsv"


def sliced(rows: list[Example], names: set[str]) -> list[Example]:
    return [one for one in rows if not one.intent or one.intent in names]


@pytest.fixture(scope="module")
def measured() -> Figures:
    known = list(starter.load().examples)
    names = set(sorted({one.intent for one in known if one.intent})[::8][:INTENTS])
    learned = sliced(known, names)
    asked = sliced(examples(ASKED.read_bytes(), ASKED.name, "test", LIMITS), names)
    made = fitted(learned, seed=1, limits=LIMITS)
    return figures(judge(engine(made, learned, LIMITS).classify, asked, time.perf_counter))


def test_most_messages_are_recognised(measured: Figures) -> None:
    assert (measured.intents, measured.queries) == (INTENTS, INTENTS * 10 + 120)
    assert measured.accuracy >= 0.93


def test_what_is_answered_is_right(measured: Figures) -> None:
    assert measured.precision >= 0.985
    assert measured.precision_all >= 0.97
    assert measured.coverage >= 0.6


def test_what_is_out_of_scope_is_not_answered(measured: Figures) -> None:
    assert measured.oos_recall is not None and measured.oos_recall >= 0.93


def test_what_is_offered_holds_the_right_one(measured: Figures) -> None:
    assert measured.offered_right >= 0.85
