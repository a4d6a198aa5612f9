"""How good an engine is on messages whose right intents are known: what `intent evaluate` and the console show."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from app.model.intents import Classification, Example, Outcome

Classify = Callable[[str], Classification]
Clock = Callable[[], float]  # seconds

_BINS = 10  # of the calibration error
_CURVE_POINTS = 41
_CONFUSED_MAX = 200


class Judged(Struct, frozen=True, gc=False):
    """A message, what is right (empty: out of scope), what was said, and how long that took in seconds."""

    text: str
    right: str
    said: Classification
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        return bool(self.right) and self.said.intent == self.right

    @property
    def answered(self) -> bool:
        return self.said.outcome == Outcome.ANSWER


class TierShare(Struct, frozen=True, gc=False):
    """What a tier answered: its share of all messages, and how much of that is right; both 0 to 1."""

    tier: str
    share: float
    precision: float


class Point(Struct, frozen=True, gc=False):
    """What would be answered, and how much of it right, from a confidence on; all 0 to 1, as in `Figures`."""

    threshold: float
    coverage: float
    precision: float
    precision_all: float


class Confused(Struct, frozen=True, gc=False):
    """How many messages of an intent were taken for another; an empty name is out of scope."""

    intent: str
    taken_for: str
    count: int


class OfIntent(Struct, frozen=True, gc=False):
    """An intent's own figures: `support` messages; shares 0 to 1 (`precision` of what was answered with it)."""

    intent: str
    support: int
    accuracy: float
    coverage: float
    precision: float


class Figures(Struct, frozen=True):
    """All figures of one evaluation.

    `accuracy` of the best intent, `coverage` and `precision` (of the `answered` ones `answered_right`) are of messages
    in scope. `precision_all` is of everything answered, where a message out of scope is always wrong; `oos_recall` is
    the share of those that was not answered, absent where the set has none. `ece` is the expected calibration error
    over all messages. All shares are 0 to 1.
    """

    queries: int
    oos_queries: int
    intents: int
    accuracy: float
    coverage: float
    precision: float
    precision_all: float
    answered: int
    answered_right: int
    oos_recall: float | None
    ece: float
    offered: float
    offered_right: float
    microseconds_per_query: float
    microseconds_p99: float
    tiers: tuple[TierShare, ...]
    curve: tuple[Point, ...]
    confusion: tuple[Confused, ...]
    per_intent: tuple[OfIntent, ...]


def judge(classify: Classify, tests: Sequence[Example], clock: Clock) -> list[Judged]:
    """What the engine says of every message; each is timed by itself."""
    found = []
    for test in tests:
        began = clock()
        said = classify(test.text)
        found.append(Judged(test.text, test.intent, said, clock() - began))
    return found


def figures(judged: Sequence[Judged]) -> Figures:
    """All figures out of what was said."""
    inside = [one for one in judged if one.right]
    outside = [one for one in judged if not one.right]
    answered = [one for one in inside if one.answered]
    right = sum(one.is_right for one in answered)
    refused = [one for one in outside if not one.answered]
    offered = [one for one in inside if one.said.outcome == Outcome.OFFER]
    among_offered = [one for one in offered if one.right in {candidate.intent for candidate in one.said.candidates}]
    spans = sorted(one.seconds for one in judged)
    return Figures(
        queries=len(judged),
        oos_queries=len(outside),
        intents=len({one.right for one in inside}),
        accuracy=_share(sum(one.is_right for one in inside), len(inside)),
        coverage=_share(sum(one.answered for one in inside), len(inside)),
        precision=_share(right, len(answered)),
        precision_all=_share(right, len(answered) + len(outside) - len(refused)),
        answered=len(answered),
        answered_right=right,
        oos_recall=_share(len(refused), len(outside)) if outside else None,
        ece=calibration_error([(one.said.confidence, one.is_right) for one in judged]),
        offered=_share(len(offered), len(inside)),
        offered_right=_share(len(among_offered), len(offered)),
        microseconds_per_query=_at(spans, 0.5) * 1e6,
        microseconds_p99=_at(spans, 0.99) * 1e6,
        tiers=_tiers(judged),
        curve=curve(judged),
        confusion=_confusion(judged),
        per_intent=_per_intent(judged),
    )


def calibration_error(said: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error: by how much confidence and share of right ones differ, over bins of equal width."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for confidence, right in said:
        bins[min(int(confidence * _BINS), _BINS - 1)].append((confidence, right))
    apart = sum(abs(sum(confidence - right for confidence, right in one)) for one in bins)
    return _share(apart, len(said))


def curve(judged: Sequence[Judged]) -> tuple[Point, ...]:
    """Precision against coverage at thresholds from 0 to 1, dense where they are chosen."""
    falling = sorted(((one.said.confidence, one.is_right, bool(one.right)) for one in judged), reverse=True)
    keys = [-confidence for confidence, _, _ in falling]
    rights, insides = [0], [0]
    for _, right, inside in falling:
        rights.append(rights[-1] + right)
        insides.append(insides[-1] + inside)
    points = []
    for step in range(_CURVE_POINTS):
        threshold = 1 - (1 - step / (_CURVE_POINTS - 1)) ** 2
        taken = bisect_left(keys, -threshold + 1e-12)
        known, good = insides[taken], rights[taken]
        points.append(Point(threshold, _share(known, insides[-1]), _share(good, known), _share(good, taken)))
    return tuple(points)


def _tiers(judged: Sequence[Judged]) -> tuple[TierShare, ...]:
    answered = Counter(one.said.tier for one in judged if one.answered)
    right = Counter(one.said.tier for one in judged if one.answered and one.is_right)
    return tuple(
        TierShare(str(tier), _share(count, len(judged)), _share(right[tier], count))
        for tier, count in answered.most_common()
    )


def _confusion(judged: Sequence[Judged]) -> tuple[Confused, ...]:
    """The most frequent first; of messages out of scope only those that were answered."""
    wrong = Counter((one.right, one.said.intent) for one in judged if not one.is_right and (one.right or one.answered))
    return tuple(Confused(right, taken, count) for (right, taken), count in wrong.most_common(_CONFUSED_MAX))


def _per_intent(judged: Sequence[Judged]) -> tuple[OfIntent, ...]:
    support = Counter(one.right for one in judged if one.right)
    right = Counter(one.right for one in judged if one.is_right)
    covered = Counter(one.right for one in judged if one.right and one.answered)
    named = Counter(one.said.intent for one in judged if one.answered)
    named_right = Counter(one.right for one in judged if one.answered and one.is_right)
    return tuple(
        OfIntent(
            intent,
            of,
            _share(right[intent], of),
            _share(covered[intent], of),
            _share(named_right[intent], named[intent]),
        )
        for intent, of in sorted(support.items())
    )


def _share(part: float, of: float) -> float:
    return part / of if of else 0.0


def _at(rising: Sequence[float], share: float) -> float:
    return rising[min(int(len(rising) * share), len(rising) - 1)] if rising else 0.0
