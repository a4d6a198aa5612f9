"""Thresholds that keep their word on new traffic: a confidence fitted on phrases that the model has not seen.

A random split of one writer's phrases is kinder than the traffic. So more than what is to be delivered is asked for,
and it is asked of a lower bound.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from app.intent.decision import Signals, Thresholds, confidence_of, features, logistic, wilson
from app.model.intents import Example

Judge = Callable[[str], Signals]
Trainer = Callable[[Sequence[Example]], Judge]

TARGET = 0.9925  # asked on validation, so that 0.985 is delivered
_FOLDS = 7  # a fold is the 15 % that is held out
_ONE_FOLD_FROM = 4_000  # so many phrases: one held-out fold is enough, and training again and again takes too long
_ROUNDS = 25
_STILL = 1e-6  # a step that small is the last
_RIDGE = 0.5
_Z_ASKED = 0.7
_ANSWERED_MIN = 20


class Sample(Struct, frozen=True, gc=False):
    """A message that the model has not seen, with what it says and what is right (empty: out of scope)."""

    signals: Signals
    intent: str

    @property
    def right(self) -> bool:
        return bool(self.intent) and bool(self.signals.ranked) and self.signals.ranked[0][0] == self.intent


def fit(samples: Sequence[Sample], *, target: float = TARGET, version: int = 0) -> Thresholds:
    """Weights and thresholds out of samples; none are answered by the model where they do not carry it."""
    if not samples:
        return Thresholds(version=version)
    weights = _weights(samples)
    judged = sorted(((confidence_of(one.signals, weights), one.right) for one in samples), reverse=True)
    return Thresholds(weights, _answer_from(judged, target), version=version)


def out_of_fold(examples: Sequence[Example], trainer: Trainer, *, seed: int) -> list[Sample]:
    """Each phrase as a model says it that was trained without it; of many phrases, 15 % of them.

    Examples out of scope are never trained on and judged by every fold's model in turn.
    """
    return list(_judged(examples, trainer, seed))


def _judged(examples: Sequence[Example], trainer: Trainer, seed: int) -> Iterator[Sample]:
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)
    folds = 1 if len(examples) >= _ONE_FOLD_FROM else _FOLDS
    for fold in range(folds):
        held = order[fold::_FOLDS]
        out = set(held)
        judge = trainer([one for at, one in enumerate(examples) if at not in out and one.intent])
        for at in held:
            yield Sample(judge(examples[at].text), examples[at].intent)


def _answer_from(judged: Sequence[tuple[float, bool]], target: float) -> float:
    """The lowest confidence from which the lower bound of what is right among the answered stays at the target."""
    right, lowest = 0, 1.0
    for answered, (confidence, is_right) in enumerate(judged, 1):
        right += is_right
        if answered >= _ANSWERED_MIN and wilson(right, answered, _Z_ASKED)[0] >= target:
            lowest = confidence
    return lowest


# ---- the logistic


def _weights(samples: Sequence[Sample]) -> tuple[float, ...]:
    """Newton's steps on the ridged likelihood, over features brought to mean 0 and spread 1."""
    rows = [features(one.signals) for one in samples]
    columns = list(zip(*rows, strict=True))
    means = [sum(column) / len(rows) for column in columns]
    spreads = [
        math.sqrt(sum((value - mean) ** 2 for value in column) / len(rows)) or 1.0
        for column, mean in zip(columns, means, strict=True)
    ]
    scaled = [
        (1.0, *((value - mean) / spread for value, mean, spread in zip(row, means, spreads, strict=True)))
        for row in rows
    ]
    found = _newton(scaled, [float(one.right) for one in samples])
    slopes = [weight / spread for weight, spread in zip(found[1:], spreads, strict=True)]
    return (found[0] - sum(slope * mean for slope, mean in zip(slopes, means, strict=True)), *slopes)


def _newton(rows: Sequence[tuple[float, ...]], targets: Sequence[float]) -> list[float]:
    size = len(rows[0])
    weights = [0.0] * size
    for _ in range(_ROUNDS):
        slope = [-_RIDGE * weight for weight in weights]
        slope[0] = 0.0
        bend = [[_RIDGE * (at == other) + 1e-9 for other in range(size)] for at in range(size)]
        for row, target in zip(rows, targets, strict=True):
            guess = logistic(sum(map(float.__mul__, weights, row)))
            _add(slope, bend, row, target - guess, guess * (1 - guess))
        step = _solved(bend, slope)
        weights = [weight + by for weight, by in zip(weights, step, strict=True)]
        if max(map(abs, step)) < _STILL:
            break
    return weights


def _add(slope: list[float], bend: list[list[float]], row: tuple[float, ...], error: float, weight: float) -> None:
    for at, value in enumerate(row):
        slope[at] += error * value
        by, line = weight * value, bend[at]
        for other in range(at + 1):
            line[other] += by * row[other]


def _solved(lower: list[list[float]], right: Sequence[float]) -> list[float]:
    """x of A x = b, of a symmetric A of which the lower half is filled, by Cholesky."""
    size = len(right)
    root = [[0.0] * size for _ in range(size)]
    for at in range(size):
        for other in range(at + 1):
            rest = lower[at][other] - sum(map(float.__mul__, root[at][:other], root[other][:other]))
            root[at][other] = math.sqrt(max(rest, 1e-12)) if at == other else rest / root[other][other]
    half: list[float] = []
    for at in range(size):
        half.append((right[at] - sum(map(float.__mul__, root[at][:at], half))) / root[at][at])
    found = [0.0] * size
    for at in reversed(range(size)):
        rest = half[at] - sum(root[below][at] * found[below] for below in range(at + 1, size))
        found[at] = rest / root[at][at]
    return found
