"""A model with the thresholds that belong to it, out of phrases: for a process of its own, as it takes its time."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from app.intent.calibration import Judge, Sample, fit, out_of_fold
from app.intent.decision import Signals, Thresholds, decide, signals_of
from app.intent.features import features
from app.intent.fuzzy import FuzzyIndex
from app.intent.linear import Model
from app.intent.normalise import normalise
from app.intent.training import train
from app.model.intents import Candidate, Classification, Example, Outcome, Tier
from app.settings import Limits

_CONFIRMED = 0.99  # the confidence of what a person has confirmed

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
    model = train(examples, seed=seed, limits=limits, progress=progress)
    if valid:
        judge = reader(model, examples, limits)
        samples = [Sample(judge(one.text), one.intent) for one in valid]
    else:
        samples = out_of_fold(examples, lambda rest: _trained(rest, seed, limits), seed=seed)
    return Fitted(model, fit(samples, version=version), len(samples))


def reader(model: Model, examples: Sequence[Example], limits: Limits) -> Judge:
    """What the model and the phrases nearest to it say of a text."""
    phrases = [(normalise(one.text, limits), one.text, one.intent) for one in examples if one.intent]
    index = FuzzyIndex.of(phrases, limits)

    def judge(text: str) -> Signals:
        normalised = normalise(text, limits)
        found = features(normalised, limits)
        return signals_of(
            model.scores(found), model.labels, index.best(normalised), known=model.known(found), length=len(normalised)
        )

    return judge


def _trained(examples: Sequence[Example], seed: int, limits: Limits) -> Judge:
    return reader(train(examples, seed=seed, limits=limits), examples, limits)


def classifier(fitted: Fitted, examples: Sequence[Example], limits: Limits) -> Callable[[str], Classification]:
    """Recognition by phrases and the model alone: what an engine without rules does."""
    judge = reader(fitted.model, examples, limits)
    meant: dict[str, set[str]] = {}
    for one in examples:
        if one.intent:
            meant.setdefault(normalise(one.text, limits), set()).add(one.intent)
    confirmed = {text: min(intents) for text, intents in meant.items() if len(intents) == 1}

    def classify(text: str) -> Classification:
        normalised = normalise(text, limits)
        intent = confirmed.get(normalised)
        if intent:
            return Classification(Outcome.ANSWER, Tier.CONFIRMED, intent, _CONFIRMED, (Candidate(intent, _CONFIRMED),))
        signals = judge(text)
        said = decide(signals, fitted.thresholds)
        return Classification(
            said.outcome,
            said.tier,
            said.intent,
            said.confidence,
            said.candidates,
            near=signals.near,
            margin=signals.margin,
            maximum=signals.maximum,
            normalised=normalised,
        )

    return classify
