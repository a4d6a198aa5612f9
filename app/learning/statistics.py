"""What came of what visitors asked: share answered per tier, precision against coverage, confusion, drift."""

from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.policy import demand
from app.intent.decision import wilson
from app.learning.counting import BUCKETS, DAY_MS
from app.model.clock import Clock
from app.model.intents import Outcome
from app.model.principals import Principal
from app.settings import Limits
from app.storage import intent_corrections, intent_counts, intent_questions
from app.storage.database import Database
from app.storage.intent_corrections import Mistaken
from app.storage.intent_counts import Count

_WEEK = 7
_CONFUSED_MAX = 200
_LOW = BUCKETS // 2  # the bucket below which a confidence is low

Counts = list[tuple[tuple[object, ...], Count]]


class StatisticsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The last so many days, today included."""

    days: Annotated[int, Meta(ge=1, le=400)] = 28


class TierCount(Struct, frozen=True, gc=False):
    """How many messages a tier decided with an outcome; what agents said of them."""

    tier: str
    outcome: str
    asked: int
    told_right: int
    told_wrong: int


class BucketCount(Struct, frozen=True, gc=False):
    """Messages with a confidence of at least `confidence` and less than a twentieth more."""

    confidence: float
    asked: int
    told_right: int
    told_wrong: int


class LivePoint(Struct, frozen=True, gc=False):
    """From a confidence on: the share of messages, and what agents say is right of these (None: nothing said)."""

    confidence: float
    coverage: float
    precision: float | None
    told: int


class LiveIntent(Struct, frozen=True, gc=False):
    """An intent: how often asked for and answered; the share that agents call right with its Wilson bounds (95 %)."""

    intent: str
    asked: int
    answered: int
    told_right: int
    told_wrong: int
    lower: float
    upper: float


class Week(Struct, frozen=True, gc=False):
    """Seven days from `from_day` (since 1970): what drifts. Shares 0 to 1 of `asked`.

    `unknown` was left to people, `low` had a confidence below a half.
    """

    from_day: int
    asked: int
    answered: float
    unknown: float
    low: float
    told_right: int
    told_wrong: int


class Statistics(Struct, frozen=True):
    """All of it, of days `first_day` to `last_day` (since 1970); what was counted seconds ago may be missing."""

    first_day: int
    last_day: int
    asked: int
    answered: int
    tiers: list[TierCount]
    buckets: list[BucketCount]
    curve: list[LivePoint]
    intents: list[LiveIntent]
    confusion: list[Mistaken]
    weeks: list[Week]
    suggestions: int


class IntentStatistics:
    """For who manages intents."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    async def take(self, principal: Principal, asked: StatisticsQuery) -> Statistics:
        """All of it; raises `Forbidden`."""
        demand(principal, "intent.write")
        last = self._clock.now_ms() // DAY_MS
        first = last - asked.days + 1
        tiers = await intent_counts.grouped(self._database, ("tier", "outcome"), first, last)
        buckets = await intent_counts.grouped(self._database, ("bucket",), first, last)
        intents = await intent_counts.grouped(self._database, ("intent", "outcome"), first, last)
        days = await intent_counts.grouped(self._database, ("day", "outcome", "bucket"), first, last)
        by_bucket = {int(str(key[0])): count for key, count in buckets}
        return Statistics(
            first, last,
            sum(count.asked for _, count in tiers),
            sum(count.asked for (_, outcome), count in tiers if outcome == Outcome.ANSWER),
            [TierCount(tier, outcome, one.asked, one.told_right, one.told_wrong) for (tier, outcome), one in tiers],
            [_bucket(number, by_bucket.get(number, Count())) for number in range(BUCKETS)],
            _curve(by_bucket),
            _intents([((str(name), str(outcome)), count) for (name, outcome), count in intents]),
            await intent_corrections.mistaken(self._database, first * DAY_MS, _CONFUSED_MAX),
            _weeks([((int(day), str(outcome), int(number)), one) for (day, outcome, number), one in days], first),
            await intent_questions.open_count(self._database),
        )  # fmt: skip


def _bucket(number: int, count: Count) -> BucketCount:
    return BucketCount(number / BUCKETS, count.asked, count.told_right, count.told_wrong)


def _curve(by_bucket: dict[int, Count]) -> list[LivePoint]:
    """From the highest confidence down: the more is answered, the less of it is right."""
    everything = sum(count.asked for count in by_bucket.values())
    asked = right = wrong = 0
    points = []
    for number in reversed(range(BUCKETS)):
        count = by_bucket.get(number, Count())
        asked, right, wrong = asked + count.asked, right + count.told_right, wrong + count.told_wrong
        told = right + wrong
        coverage = asked / everything if everything else 0.0
        points.append(LivePoint(number / BUCKETS, coverage, right / told if told else None, told))
    return points[::-1]


def _intents(counts: list[tuple[tuple[str, str], Count]]) -> list[LiveIntent]:
    found: dict[str, list[tuple[str, Count]]] = {}
    for (name, outcome), count in counts:
        found.setdefault(name, []).append((outcome, count))
    return [_intent(name, each) for name, each in found.items() if name]


def _intent(name: str, counts: list[tuple[str, Count]]) -> LiveIntent:
    right = sum(count.told_right for _, count in counts)
    wrong = sum(count.told_wrong for _, count in counts)
    answered = sum(count.asked for outcome, count in counts if outcome == Outcome.ANSWER)
    asked = sum(count.asked for _, count in counts)
    return LiveIntent(name, asked, answered, right, wrong, *wilson(right, right + wrong))


def _weeks(counts: list[tuple[tuple[int, str, int], Count]], first: int) -> list[Week]:
    found: dict[int, list[tuple[str, int, Count]]] = {}
    for (day, outcome, number), count in counts:
        found.setdefault((day - first) // _WEEK, []).append((outcome, number, count))
    return [_week(first + number * _WEEK, each) for number, each in sorted(found.items())]


def _week(from_day: int, counts: list[tuple[str, int, Count]]) -> Week:
    asked = sum(count.asked for _, _, count in counts)

    def share(of: int) -> float:
        return of / asked if asked else 0.0

    return Week(
        from_day, asked,
        share(sum(count.asked for outcome, _, count in counts if outcome == Outcome.ANSWER)),
        share(sum(count.asked for outcome, _, count in counts if outcome == Outcome.HAND_OVER)),
        share(sum(count.asked for _, number, count in counts if number < _LOW)),
        sum(count.told_right for _, _, count in counts),
        sum(count.told_wrong for _, _, count in counts),
    )  # fmt: skip
