"""Which archives stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.backups.rotation import Kept, surplus
from app.settings import Backups

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday


def made(hours_ago: int, size: int = 10) -> Kept:
    at = NOON - timedelta(hours=hours_ago)
    return Kept(Path(f"{hours_ago:06}"), round(at.timestamp() * 1_000), size)


def stay(archives: list[Kept], rules: Backups) -> list[int]:
    """Hours ago of those that stay."""
    gone = {one.path for one in surplus(archives, rules, archives[0].path, UTC)}
    return [int(one.path.name) for one in archives if one.path not in gone]


def test_days_then_weeks() -> None:
    daily = [made(24 * days) for days in range(60)]
    assert [hours // 24 for hours in stay(daily, Backups())] == [0, 1, 2, 3, 4, 5, 6, 11, 18]
    assert [hours // 24 for hours in stay(daily, Backups(daily_kept=2, weekly_kept=0))] == [0, 1]
    assert stay(daily, Backups(daily_kept=0, weekly_kept=0)) == [0]


def test_all_of_the_last_day_where_it_has_several() -> None:
    often = [made(6 * number) for number in range(40)]
    assert stay(often, Backups(every_hours=6, daily_kept=3, weekly_kept=0)) == [0, 6, 12, 18, 42]


def test_days_without_a_backup_take_no_place() -> None:
    """Who was on holiday comes back to the backups from before it."""
    gaps = [made(24 * days) for days in (0, 30, 31, 32, 90)]
    assert stay(gaps, Backups(daily_kept=3, weekly_kept=4)) == [0, 720, 744, 768, 2_160]


def test_the_quota_takes_the_oldest_first_and_never_the_newest() -> None:
    daily = [made(24 * days) for days in range(5)]
    assert stay(daily, Backups(bytes_max=35)) == [0, 24, 48]
    assert stay(daily, Backups(bytes_max=5)) == [0]
    assert [int(one.path.name) for one in surplus(daily, Backups(bytes_max=25), daily[0].path, UTC)] == [96, 72, 48]


def test_one_from_a_clock_that_was_wrong_does_not_push_out_the_one_just_made() -> None:
    archives = [made(0), made(-24 * 400), made(24)]
    assert stay(archives, Backups(daily_kept=1, weekly_kept=0, bytes_max=10)) == [0]


@given(
    hours=st.lists(st.integers(0, 3_000), min_size=1, max_size=50, unique=True),
    rules=st.builds(
        Backups,
        every_hours=st.sampled_from((1, 4, 24)),
        daily_kept=st.integers(0, 9),
        weekly_kept=st.integers(0, 9),
        bytes_max=st.integers(1, 400),
    ),
)
def test_whatever_is_there_the_newest_stays_and_the_quota_holds(hours: list[int], rules: Backups) -> None:
    archives = [made(ago) for ago in sorted(hours)]
    left = stay(archives, rules)
    assert left[0] == min(hours)
    assert len(left) == 1 or len(left) * 10 <= rules.bytes_max
    assert len(left) <= 24 // rules.every_hours + rules.daily_kept + rules.weekly_kept
