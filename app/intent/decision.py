"""From what the tiers say of a message to what is done with it: a calibrated confidence, then one of three outcomes.

Pure arithmetic over a handful of numbers. `Thresholds` are made by `calibration` and stored beside the model that they
belong to: their weights mean nothing to another one.
"""

import math
from collections.abc import Mapping, Sequence
from heapq import nlargest

from msgspec import Struct
from msgspec.structs import replace

from app.model.intents import Candidate, Near, Outcome, Tier

OFFERED = 3
FUZZY_ALONE_RATIO = 95.0  # from here on a phrase nearly the same is an answer by itself
_MAXIMUM_SHARE = 0.5  # of the maximum beside the margin: what tells best what is out of scope
_VOTE = 0.3  # of the same phrase, beside scores of about -1 to 1
_UNSURE = 0.1  # a margin under which the model has no opinion
_LIKE_RATIO = 60.0  # from here on a phrase counts as like the message
_Z = 1.64  # of the Wilson bounds: 95 % on one side
_EXPONENT_MAX = 35.0
_AS_ASKED = 30  # answers that every intent is credited with, as good as they are to be
_SHARPNESS = 4.0  # of how the second and third share what the best leaves
_NONE_OF_THEM = 0.2


class Signals(Struct, frozen=True, gc=False):
    """What is known of a message before it is decided.

    `ranked` are the model's best labels with their scores, the best first; `near` the phrases nearest to it, the
    nearest first; `known` the share of its features that the model has seen, 0 to 1; `length` its characters.
    """

    ranked: tuple[tuple[str, float], ...]
    near: tuple[Near, ...] = ()
    known: float = 1.0
    length: int = 0

    @property
    def maximum(self) -> float:
        return self.ranked[0][1] if self.ranked else 0.0

    @property
    def margin(self) -> float:
        """By how much the model's best label is before its second; the whole score where there is no second."""
        if len(self.ranked) > 1:
            return self.ranked[0][1] - self.ranked[1][1]
        return self.maximum

    @property
    def scope(self) -> float:
        """Margin + half the maximum: the lower, the likelier it is out of scope."""
        return self.margin + _MAXIMUM_SHARE * self.maximum


class Feedback(Struct, frozen=True, gc=False):
    """How often an intent's answers were right and wrong in live chats."""

    right: int = 0
    wrong: int = 0


class Thresholds(Struct, frozen=True, gc=False):
    """What turns signals into an outcome; belongs to one version of the model.

    `weights` (the first is the constant) over `features`, already in their units; empty where nothing was calibrated:
    then only a phrase nearly the same is answered. `answer` and `offer` are confidences, `floor` a `Signals.scope`
    under which a message is out of scope; `of_intent` are confidences above `answer` that live feedback asks for.
    """

    weights: tuple[float, ...] = ()
    answer: float = 1.0
    offer: float = 0.3
    floor: float = 0.0
    of_intent: dict[str, float] = {}
    version: int = 0


class Decision(Struct, frozen=True, gc=False):
    """An outcome with its reasons; `candidates` are the best three, the best first."""

    outcome: Outcome
    tier: Tier
    intent: str
    confidence: float
    candidates: tuple[Candidate, ...] = ()


def signals_of(
    scores: Sequence[float], labels: Sequence[str], near: tuple[Near, ...] = (), known: float = 1.0, length: int = 0
) -> Signals:
    """Signals out of a model's scores, one for each label, and the votes of the phrases nearest to the message."""
    voted = _voted(scores, labels, near)
    best = nlargest(OFFERED, range(len(voted)), key=voted.__getitem__)
    return Signals(tuple((labels[at], voted[at]) for at in best), near, known, length)


def _voted(scores: Sequence[float], labels: Sequence[str], near: Sequence[Near]) -> list[float]:
    """The scores, where a phrase speaks for a label more the liker it is: half like, a sixteenth of its vote."""
    votes: dict[str, float] = {}
    for one in near:
        votes[one.intent] = max(votes.get(one.intent, 0.0), one.ratio)
    voted = list(scores)
    for label, ratio in votes.items():
        if label in labels:
            voted[labels.index(label)] += _VOTE * (ratio / 100) ** 4
    return voted


def features(signals: Signals) -> tuple[float, ...]:
    """What the confidence is a logistic function of: of the best intent, about -1 to 3 each."""
    intent = _best(signals)
    agreeing = max((near.ratio for near in signals.near if near.intent == intent), default=0.0)
    against = max((near.ratio for near in signals.near if near.intent != intent), default=0.0)
    like = [near for near in signals.near if near.ratio >= _LIKE_RATIO]
    agreement = (sum(near.intent == intent for near in like) + 1) / (len(like) + 2)
    return (
        signals.margin,
        signals.maximum,
        min(signals.margin, 0.5),
        agreeing / 100,
        (agreeing - against) / 100,
        agreement,
        signals.known,
        math.log1p(signals.length) / 4,
    )


def confidence_of(signals: Signals, weights: Sequence[float]) -> float:
    """How likely the best intent is right, 0 to 1; 0 without weights."""
    if not weights or not signals.ranked:
        return 0.0
    return logistic(weights[0] + sum(map(float.__mul__, weights[1:], features(signals))))


def decide(signals: Signals, thresholds: Thresholds) -> Decision:
    """What is done with a message that no confirmed phrase and no rule has answered."""
    nearest = signals.near[0] if signals.near else None
    if nearest and nearest.ratio >= FUZZY_ALONE_RATIO and _undisputed(signals):
        confidence = max(nearest.ratio / 100, confidence_of(signals, thresholds.weights))
        candidates = _candidates(nearest.intent, confidence, signals)
        return Decision(Outcome.ANSWER, Tier.FUZZY, nearest.intent, confidence, candidates)
    intent, confidence = _best(signals), confidence_of(signals, thresholds.weights)
    if not intent:
        return Decision(Outcome.HAND_OVER, Tier.NONE, "", 0.0)
    outcome = _outcome(intent, confidence, signals.scope, thresholds)
    return Decision(outcome, Tier.MODEL, intent, confidence, _candidates(intent, confidence, signals))


def tightened(thresholds: Thresholds, feedback: Mapping[str, Feedback], *, target: float) -> Thresholds:
    """With a threshold of its own for every intent whose live answers are surely worse than `target` (0 to 1).

    An intent is judged by the upper Wilson bound of its share of right answers, beside a few that were as good as asked
    for: a single wrong one proves nothing. What it then lacks is asked of its confidence.
    """
    own = {}
    for intent, seen in feedback.items():
        answered = seen.right + seen.wrong
        reached = wilson(seen.right + _AS_ASKED * target, answered + _AS_ASKED)[1]
        if reached < target:
            doubt = (1 - thresholds.answer) * (1 - target) / (1 - reached)
            own[intent] = 1 - doubt
    return replace(thresholds, of_intent=own)


def wilson(right: float, of: float, z: float = _Z) -> tuple[float, float]:
    """The lower and the upper Wilson bound of a share; 0 and 1 of nothing."""
    if of <= 0:
        return 0.0, 1.0
    share = right / of
    middle = share + z * z / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    return max((middle - spread) / whole, 0.0), min((middle + spread) / whole, 1.0)


def logistic(value: float) -> float:
    """1 / (1 + e^-value), without overflow."""
    return 1 / (1 + math.exp(-max(-_EXPONENT_MAX, min(value, _EXPONENT_MAX))))


def _best(signals: Signals) -> str:
    """The model's best label; where there is no model, that of the nearest phrase."""
    if signals.ranked:
        return signals.ranked[0][0]
    return signals.near[0].intent if signals.near else ""


def _undisputed(signals: Signals) -> bool:
    """Whether all phrases that are nearly the same mean one intent, and the model is not of another opinion.

    A single word more may turn the meaning; on voice commands the model is right as often where the two differ.
    """
    meant = {one.intent for one in signals.near if one.ratio >= FUZZY_ALONE_RATIO}
    return len(meant) == 1 and (not signals.ranked or signals.margin < _UNSURE or signals.ranked[0][0] in meant)


def _outcome(intent: str, confidence: float, scope: float, thresholds: Thresholds) -> Outcome:
    if scope < thresholds.floor:
        return Outcome.HAND_OVER
    if thresholds.weights and confidence >= max(thresholds.answer, thresholds.of_intent.get(intent, 0.0)):
        return Outcome.ANSWER
    return Outcome.OFFER if confidence >= thresholds.offer else Outcome.HAND_OVER


def _candidates(intent: str, confidence: float, signals: Signals) -> tuple[Candidate, ...]:
    """The best three; what confidence is left is shared among the others by their distance to the best."""
    scores = {near.intent: 0.0 for near in signals.near} | dict(signals.ranked)
    scores.pop(intent, None)
    others = nlargest(OFFERED - 1, scores, key=scores.__getitem__)
    shares = [math.exp(_SHARPNESS * (scores[label] - signals.maximum)) for label in others]
    left = (1 - confidence) / (sum(shares) + _NONE_OF_THEM)
    rest = (Candidate(label, min(left * share, confidence)) for label, share in zip(others, shares, strict=True))
    return (Candidate(intent, confidence), *rest)
