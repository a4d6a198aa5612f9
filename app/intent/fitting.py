"""A model with the thresholds that belong to it, out of phrases: for a process of its own, as it takes its time."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from app.intent.calibration import Judge, Sample, fit, folds_of, out_of_fold, trust_in
from app.intent.decision import Thresholds
from app.intent.engine import Engine
from app.intent.linear import Model
from app.intent.training import train
from app.model.intents import Example, Intent, Phrase
from app.settings import Limits

Progress = Callable[[int, int], None]  # steps done, of so many in all


class Fitted(Struct, frozen=True):
    """A model, its thresholds, and on how many messages these were found."""

    model: Model
    thresholds: Thresholds
    samples: int


def fitted(
    examples: Sequence[Example],
    *,
    seed: int,
    limits: Limits,
    valid: Sequence[Example] = (),
    version: int = 0,
    progress: Progress | None = None,
) -> Fitted:
    """Train on the examples; thresholds by `valid`, or without it by 15 % of the examples, held out in turn.

    The model has learned from all examples, those held out for the thresholds included. Examples of no intent are out
    of scope: never learned, but the thresholds heed them. Invalid where there is nothing to learn from.
    """
    courses = _Courses(1 if valid else 1 + folds_of(examples), seed, limits, progress)
    model = courses.train(examples)
    if valid:
        judge = _judge(model, examples, limits)
        samples = [Sample(judge(one.text), one.intent) for one in valid]
        return Fitted(model, fit(samples, version=version), len(samples))
    samples = out_of_fold(examples, lambda rest: _judge(courses.train(rest), rest, limits), seed=seed)
    return Fitted(model, fit(samples, trust=trust_in(samples), version=version), len(samples))


def engine(made: Fitted, examples: Iterable[Example], limits: Limits) -> Engine:
    """Recognition by phrases and the model, without rules."""
    return Engine.of(intents_of(examples), made.model, made.thresholds, limits)


def intents_of(examples: Iterable[Example]) -> list[Intent]:
    """Intents that have nothing but phrases; what is out of scope is left out."""
    phrases: dict[str, list[Phrase]] = {}
    for one in examples:
        if one.intent:
            phrases.setdefault(one.intent, []).append(Phrase(one.text, one.language))
    return [Intent(name, {}, tuple(each)) for name, each in phrases.items()]


def _judge(model: Model, examples: Sequence[Example], limits: Limits) -> Judge:
    return Engine.of(intents_of(examples), model, None, limits).signals


class _Courses:
    """Several trainings, one after the other, told of as one."""

    def __init__(self, count: int, seed: int, limits: Limits, progress: Progress | None) -> None:
        self._count = count
        self._seed = seed
        self._limits = limits
        self._progress = progress
        self._done = 0

    def train(self, examples: Sequence[Example]) -> Model:
        model = train(examples, seed=self._seed, limits=self._limits, progress=self._told)
        self._done += 1
        return model

    def _told(self, seen: int, of: int) -> None:
        if self._progress is not None:
            self._progress(self._done * of + seen, self._count * of)
