"""Thresholds keep their word on messages that they were not made of."""

import random
from collections.abc import Sequence

import pytest

from app.intent.calibration import TYPICAL_ANSWER, Sample, fit, folds_of, out_of_fold, trust_in
from app.intent.decision import Signals, confidence_of, decide, logistic
from app.intent.evaluation import calibration_error
from app.model.intents import Example, Outcome


def traffic(seed: int, count: int, sharpness: float = 9.0, oos: float = 0.1) -> list[Sample]:
    """Messages whose chance to be right is a logistic function of the margin."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        margin = chance.random() * 1.4
        right = chance.random() < logistic(sharpness * margin - 2)
        if not right and chance.random() < oos:
            found.append(Sample(Signals((("a", margin - 0.4), ("b", -0.4)), length=20), ""))
        else:
            found.append(Sample(Signals((("a", margin - 0.4), ("b", -0.4)), length=20), "a" if right else "b"))
    return found


def delivered(samples: Sequence[Sample], made_of: Sequence[Sample]) -> tuple[float, float]:
    """What is answered, and how much of it right, of messages that the thresholds have not seen."""
    thresholds = fit(made_of)
    answered = [one for one in samples if decide(one.signals, thresholds).outcome == Outcome.ANSWER]
    return len(answered) / len(samples), sum(one.right for one in answered) / max(len(answered), 1)


@pytest.mark.parametrize("sharpness", [6.0, 9.0, 14.0])
def test_what_was_asked_for_is_delivered_on_new_messages(sharpness: float) -> None:
    coverage, precision = delivered(traffic(1, 4_000, sharpness), traffic(2, 800, sharpness))
    assert precision >= 0.985
    assert coverage >= 0.2


def test_the_confidence_is_calibrated() -> None:
    weights = fit(traffic(3, 2_000)).weights
    new = [(confidence_of(one.signals, weights), one.right) for one in traffic(4, 4_000)]
    assert calibration_error(new) <= 0.03


def test_where_nothing_can_be_promised_the_model_answers_nothing() -> None:
    chance = random.Random(5)
    noise = [Sample(one.signals, chance.choice("ab")) for one in traffic(6, 500)]
    assert delivered(traffic(7, 500), noise)[0] == 0


def test_more_is_asked_of_few_messages_than_of_many() -> None:
    right = Sample(Signals((("a", 1.0), ("b", -0.5))), "a")
    unsure = Sample(Signals((("a", 0.2), ("b", 0.1))), "b")
    few, many = ([right] * count + [unsure] * (count // 4) for count in (40, 400))
    assert decide(right.signals, fit(few)).outcome != Outcome.ANSWER
    assert decide(right.signals, fit(many)).outcome == Outcome.ANSWER


def test_a_stricter_target_answers_less() -> None:
    samples = traffic(9, 1_500)
    assert fit(samples, target=0.998).answer > fit(samples, target=0.97).answer


def test_phrases_that_are_not_trusted_leave_what_is_typical() -> None:
    nothing = [Sample(one.signals, "b") for one in traffic(10, 200)]
    assert fit(nothing, trust=0.01).answer == pytest.approx(TYPICAL_ANSWER, abs=0.01)
    assert fit(nothing).answer == 1.0


def test_each_phrase_is_held_out_once_and_never_known_to_its_judge() -> None:
    examples = [Example(f"text {number}", "abc"[number % 3]) for number in range(60)] + [Example("sing", "")]
    trained: list[set[str]] = []

    def trainer(rest: Sequence[Example]) -> "Knower":
        trained.append({one.text for one in rest})
        assert all(one.intent for one in rest)
        return Knower(trained[-1])

    samples = out_of_fold(examples, trainer, seed=1)
    assert len(samples) == len(examples)
    assert len(trained) == folds_of(examples) == 7
    assert all(one.signals.known == 0 for one in samples)
    assert sorted(one.intent for one in samples) == sorted(one.intent for one in examples)


class Knower:
    """Tells by `known` whether it has learned a text."""

    def __init__(self, texts: set[str]) -> None:
        self._texts = texts

    def __call__(self, text: str) -> Signals:
        return Signals((("a", 1.0),), known=float(text in self._texts))


def test_of_many_phrases_a_seventh_is_held_out() -> None:
    examples = [Example(str(number), "a") for number in range(7_000)]
    assert len(out_of_fold(examples, lambda rest: Knower(set()), seed=1)) == 1_000


def test_the_same_seed_holds_the_same_out() -> None:
    examples = [Example(str(number), "ab"[number % 2]) for number in range(4_200)]

    def intents(seed: int) -> list[str]:
        return [one.intent for one in out_of_fold(examples, lambda rest: Knower(set()), seed=seed)]

    assert intents(1) == intents(1) != intents(2)


def test_phrases_that_are_like_no_other_are_trusted_less() -> None:
    known = [Sample(Signals((("a", 1.0),)), "a")] * 9 + [Sample(Signals((("a", 1.0),)), "b")]
    unlike = [Sample(Signals((("a", 1.0),)), "b")] * 9 + [Sample(Signals((("a", 1.0),)), "a")]
    assert trust_in(known) == 1.0
    assert trust_in(unlike) < 0.2
    assert trust_in([]) < 0.2
