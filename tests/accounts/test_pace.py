"""How fast a visitor may ask: a burst, then a rate; who is too fast rests, and nobody else does."""

import pytest
from msgspec.structs import replace

from app.accounts.pace import Pace
from app.model.errors import TooFast
from app.settings import Limits
from tests.clock import ManualClock

LIMITS = Limits(visitor_frames_per_second=2, visitor_frames_burst=5, abuse_rest_seconds=30, paces_kept=3)
ANNE, BERT = "a" * 26, "b" * 26


def taken(pace: Pace, contact_id: str) -> int:
    """How many he gets at once until he is refused."""
    count = 0
    try:
        while True:
            pace.spend(contact_id)
            count += 1
    except TooFast:
        return count


def refused_ms(pace: Pace, contact_id: str) -> int | None:
    with pytest.raises(TooFast) as refusal:
        pace.spend(contact_id)
    return refusal.value.retry_after_ms


def test_a_burst_then_a_rest_in_which_nothing_passes(clock: ManualClock) -> None:
    pace = Pace(clock, LIMITS)
    assert taken(pace, ANNE) == 5
    clock.advance(10)
    assert refused_ms(pace, ANNE) == 20_000
    clock.advance(19.5)
    assert refused_ms(pace, ANNE) == 500
    clock.advance(0.5)
    assert taken(pace, ANNE) == 5


def test_a_bucket_that_is_full_again_before_it_is_noted_leaves_nothing_behind() -> None:
    class Late(ManualClock):
        """Somebody else's turn comes between any two looks at it."""

        def monotonic(self) -> float:
            self.advance(1)
            return super().monotonic()

    pace = Pace(Late(), LIMITS)
    for _ in range(20):
        pace.spend(ANNE)
    assert len(pace) == 0


def test_a_burst_comes_back_at_the_rate(clock: ManualClock) -> None:
    pace = Pace(clock, LIMITS)
    for _ in range(5):
        pace.spend(ANNE)
    clock.advance(1)
    assert taken(pace, ANNE) == 2


def test_who_keeps_to_the_rate_is_never_refused(clock: ManualClock) -> None:
    pace = Pace(clock, LIMITS)
    for _ in range(200):
        pace.spend(ANNE)
        clock.advance(0.5)


def test_each_has_a_bucket_of_his_own(clock: ManualClock) -> None:
    pace = Pace(clock, LIMITS)
    taken(pace, ANNE)
    assert taken(pace, BERT) == 5


def test_who_was_too_fast_elsewhere_rests(clock: ManualClock) -> None:
    pace = Pace(clock, LIMITS)
    pace.rest(ANNE)
    assert refused_ms(pace, ANNE) == 30_000
    pace.spend(BERT)


def test_it_keeps_only_who_asked_a_moment_ago_and_never_more_than_its_bound(clock: ManualClock) -> None:
    pace = Pace(clock, LIMITS)
    for number in range(10):
        pace.spend(f"{number:026d}")
    assert len(pace) == 3
    clock.advance(60)
    pace.spend(ANNE)
    assert len(pace) == 1


def test_who_rests_is_not_forgotten_for_those_whose_buckets_are_full(clock: ManualClock) -> None:
    pace = Pace(clock, replace(LIMITS, paces_kept=100))
    pace.rest(ANNE)
    for number in range(200):
        pace.spend(f"{number:026d}")
        clock.advance(0.1)
    assert refused_ms(pace, ANNE) == 10_000
