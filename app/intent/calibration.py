"""Thresholds that keep their word on new traffic: a confidence fitted on messages that the model has not seen.

A random split of one writer's phrases is kinder than the traffic where these were taken from traffic, and harder where
they were thought up to be unlike each other. So more than what is to be delivered is asked for, of a lower bound; and
held-out phrases of which the model knows few are trusted less than what messages of many sets have shown: `TYPICAL`.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from msgspec import Struct

from app.intent.decision import Signals, Thresholds, confidence_of, features, logistic, wilson
from app.model.intents import Example

Judge = Callable[[str], Signals]
Trainer = Callable[[Sequence[Example]], Judge]

TARGET = 0.99  # asked on validation, so that 0.985 is delivered
# What 760 messages in both languages have shown, as customers write on an ordinary day, of models that knew phrases of
# another writer: the constant, then a weight for each of `decision.features`. What a desk's own messages show is
# weighed against it.
TYPICAL = (-4.31, 5.72, -0.68, 2.15, -0.12, 2.39, 1.01, 2.58, -0.06)
_SPREADS = (1.0, 0.45, 0.4, 0.17, 0.2, 0.25, 0.25, 0.2, 0.15)  # of the same, over messages of these sets
_STIFFNESS = 10.0  # so many messages does what is typical stand for; more beside phrases that are trusted less
TYPICAL_ANSWER = 0.94  # from here on 99.5 % of the answers to these were right
_TRUST_MIN, _UNLIKE, _ALIKE = 0.1, 0.3, 0.8  # held-out phrases recognised: a share for no trust, and one for all
_FOLDS = 7  # a fold is the 15 % that is held out
_ONE_FOLD_FROM = 4_000  # so many phrases: one held-out fold is enough, and training again and again takes too long
_ROUNDS = 40
_STILL = 1e-6  # a step that small is the last
_STEP_MAX = 1.0
_Z_ASKED = 0.7
_ANSWERED_MIN = 20


class Sample(Struct, frozen=True, gc=False):
    """A message that the model has not seen, with what it says and what is right (empty: out of scope)."""

    signals: Signals
    intent: str

    @property
    def right(self) -> bool:
        return bool(self.intent) and bool(self.signals.ranked) and self.signals.ranked[0][0] == self.intent


def fit(samples: Sequence[Sample], *, target: float = TARGET, trust: float = 1.0, version: int = 0) -> Thresholds:
    """Weights and thresholds out of samples; `trust` is how much of a message a sample is, 0 to 1."""
    weights = _weights(samples, trust)
    judged = sorted(((confidence_of(one.signals, weights), one.right) for one in samples), reverse=True)
    answer = trust * _answer_from(judged, target) + (1 - trust) * TYPICAL_ANSWER
    return Thresholds(weights, answer, version=version)


def trust_in(held_out: Sequence[Sample]) -> float:
    """How much held-out phrases tell of traffic: little where most of them are like no other phrase."""
    inside = [one.right for one in held_out if one.intent]
    share = sum(inside) / len(inside) if inside else 0.0
    return min(max((share - _UNLIKE) / (_ALIKE - _UNLIKE), _TRUST_MIN), 1.0) ** 2


def out_of_fold(examples: Sequence[Example], trainer: Trainer, *, seed: int) -> list[Sample]:
    """Each phrase as a model says it that was trained without it; of many phrases, 15 % of them.

    Examples out of scope are never trained on and judged by every fold's model in turn.
    """
    return list(_judged(examples, trainer, seed))


def folds_of(examples: Sequence[Example]) -> int:
    """How many models are trained to hold each phrase out once, or of many phrases 15 %."""
    return 1 if len(examples) >= _ONE_FOLD_FROM else _FOLDS


def _judged(examples: Sequence[Example], trainer: Trainer, seed: int) -> Iterator[Sample]:
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)
    for fold in range(folds_of(examples)):
        held = order[fold::_FOLDS]
        out = set(held)
        rest = [one for at, one in enumerate(examples) if at not in out and one.intent]
        if not rest:
            return
        judge = trainer(rest)
        for at in held:
            yield Sample(judge(examples[at].text), examples[at].intent)


def _answer_from(judged: Sequence[tuple[float, bool]], target: float) -> float:
    """The lowest confidence from which the lower bound of what is right among the answered stays at the target.

    `judged`: confidence and whether it is right, the highest confidence first; 1 where nothing can be promised.
    """
    right, answered, lowest = 0, 0, 1.0
    for confidence, alike in groupby(judged, key=itemgetter(0)):
        rights = [is_right for _, is_right in alike]
        right += sum(rights)
        answered += len(rights)
        if answered >= _ANSWERED_MIN and wilson(right, answered, _Z_ASKED)[0] >= target:
            lowest = confidence
    return lowest


# ---- the logistic


def _weights(samples: Sequence[Sample], trust: float) -> tuple[float, ...]:
    """The likeliest weights: those that are typical, as far as the samples do not say otherwise (Newton's steps)."""
    rows = [(1.0, *features(one.signals)) for one in samples]
    targets = [float(one.right) for one in samples]
    stiff = [_STIFFNESS / trust * spread * spread for spread in _SPREADS]
    weights, size = list(TYPICAL), len(TYPICAL)
    for _ in range(_ROUNDS):
        slope = [by * (typical - weight) for by, typical, weight in zip(stiff, TYPICAL, weights, strict=True)]
        bend = [[stiff[at] * (at == other) for other in range(size)] for at in range(size)]
        for row, target in zip(rows, targets, strict=True):
            guess = logistic(sum(map(float.__mul__, weights, row)))
            _add(slope, bend, row, trust * (target - guess), trust * guess * (1 - guess))
        step = _solved(bend, slope)
        longest = max(abs(by) * spread for by, spread in zip(step, _SPREADS, strict=True))
        share = min(1.0, _STEP_MAX / longest) if longest else 1.0  # further, and Newton's steps may lead away
        weights = [weight + share * by for weight, by in zip(weights, step, strict=True)]
        if longest < _STILL:
            break
    return tuple(weights)


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
