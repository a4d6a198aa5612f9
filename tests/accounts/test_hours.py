"""Whether it is open, and until when that holds."""

from datetime import UTC, datetime

import pytest

from app.accounts.hours import Opening, checked, opening
from app.model.errors import Invalid
from app.model.widget import Hours, Period

WEEK = Hours("Asia/Shanghai", tuple(Period(day, 9 * 60, 18 * 60) for day in range(1, 6)))


def at(text: str) -> int:
    """Milliseconds of a moment in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("now", "open_now", "changes"),
    [
        ("2026-11-26T00:59", False, "2026-11-26T01:00"),  # Thursday, 8:59 in Shanghai
        ("2026-11-26T01:00", True, "2026-11-26T10:00"),
        ("2026-11-26T09:59", True, "2026-11-26T10:00"),
        ("2026-11-26T10:00", False, "2026-11-27T01:00"),
        ("2026-11-27T10:00", False, "2026-11-30T01:00"),  # over the weekend
        ("2026-11-28T05:00", False, "2026-11-30T01:00"),
    ],
)
def test_a_week_of_office_hours(now: str, open_now: bool, changes: str) -> None:
    assert opening(WEEK, at(now)) == Opening(open_now, at(changes))


def test_without_periods_it_is_always_open() -> None:
    assert opening(Hours(), at("2026-11-26T00:00")) == Opening(open=True)


def test_several_periods_a_day() -> None:
    hours = Hours("UTC", (Period(4, 540, 720), Period(4, 780, 1_080)))
    assert opening(hours, at("2026-11-26T12:30")) == Opening(open=False, changes_at=at("2026-11-26T13:00"))
    assert opening(hours, at("2026-11-26T20:00")) == Opening(open=False, changes_at=at("2026-12-03T09:00"))


def test_past_midnight_it_goes_on() -> None:
    hours = Hours("UTC", (Period(4, 1_320, 1_440), Period(5, 0, 120)))
    assert opening(hours, at("2026-11-26T23:00")) == Opening(open=True, changes_at=at("2026-11-27T02:00"))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Santiago", "Asia/Beirut"])
def test_open_day_and_night_it_never_changes(zone: str) -> None:
    """Santiago and Beirut have days without a midnight, and days with two."""
    always = Hours(zone, tuple(Period(day, 0, 1_440) for day in range(1, 8)))
    hours = [at("2026-01-01T00:30") + hour * 3_600_000 for hour in range(365 * 24)]
    assert {opening(always, hour) for hour in hours} == {Opening(open=True)}


def test_a_week_with_one_hour_closed_ends_there() -> None:
    hours = Hours("UTC", (*(Period(day, 0, 1_440) for day in range(1, 7)), Period(7, 0, 1_380)))
    assert opening(hours, at("2026-11-23T00:00")) == Opening(open=True, changes_at=at("2026-11-29T23:00"))
    assert opening(hours, at("2026-11-29T23:30")) == Opening(open=False, changes_at=at("2026-11-30T00:00"))


def test_clocks_that_change_move_the_moment_and_not_the_hands() -> None:
    """Berlin goes from UTC+2 to UTC+1 on the morning of 25 October 2026."""
    hours = Hours("Europe/Berlin", (Period(6, 540, 600), Period(7, 540, 600)))
    assert opening(hours, at("2026-10-24T06:00")).changes_at == at("2026-10-24T07:00")
    assert opening(hours, at("2026-10-24T12:00")).changes_at == at("2026-10-25T08:00")


def test_they_are_kept_in_order() -> None:
    later, earlier = Period(2, 540, 600), Period(1, 540, 600)
    assert checked(Hours("UTC", (later, earlier))).periods == (earlier, later)


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        (Hours("Mars/Olympus", (Period(1, 0, 60),)), "zone_unknown"),
        (Hours("../../etc/passwd", (Period(1, 0, 60),)), "zone_unknown"),
        (Hours("", (Period(1, 0, 60),)), "zone_unknown"),
        (Hours("UTC", (Period(1, 60, 60),)), "hours_empty"),
        (Hours("UTC", (Period(1, 0, 61), Period(1, 60, 90))), "hours_overlap"),
    ],
)
def test_what_are_no_hours(hours: Hours, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(hours)
    assert refused.value.code == code
