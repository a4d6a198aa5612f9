"""When a source that goes by the clock is due: what was missed once, times of day as people of the zone read them."""

from datetime import UTC, datetime

import pytest

from app.adapters.origins.schedule import due
from app.adapters.specs.model import Day, Times


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("last", "now", "newest", "following"),
    [
        ("2026-03-01T00:00", "2026-03-01T00:04", None, "2026-03-01T00:05"),
        ("2026-03-01T00:00", "2026-03-01T00:05", "2026-03-01T00:05", "2026-03-01T00:10"),
        ("2026-03-01T00:00", "2026-03-01T00:23", "2026-03-01T00:20", "2026-03-01T00:25"),
    ],
)
def test_an_interval_counts_from_what_was_done_and_misses_are_one(
    last: str, now: str, newest: str | None, following: str
) -> None:
    found = due(Times(every=300.0), at(last), at(now))
    assert (found.at, found.next) == (None if newest is None else at(newest), at(following))


@pytest.mark.parametrize(
    ("zone", "days", "last", "now", "newest", "following"),
    [
        ("Asia/Shanghai", (), "2026-11-26T02:00", "2026-11-27T00:59", None, "2026-11-27T01:00"),
        ("Asia/Shanghai", (), "2026-11-26T02:00", "2026-11-27T01:00", "2026-11-27T01:00", "2026-11-28T01:00"),
        ("Asia/Shanghai", (), "2026-11-01T02:00", "2026-11-27T00:00", "2026-11-26T01:00", "2026-11-27T01:00"),
        ("UTC", ("mon", "fri"), "2026-11-20T10:00", "2026-11-26T10:00", "2026-11-23T09:00", "2026-11-27T09:00"),
        ("UTC", (), "2026-11-27T09:00", "2026-11-27T08:30", None, "2026-11-27T09:00"),  # the clock was put back
        ("UTC", ("fri",), "2026-11-27T09:00", "2026-11-27T09:00", None, "2026-12-04T09:00"),
    ],
)
def test_a_time_of_day_is_one_of_its_zone_and_its_days(
    zone: str, days: tuple[Day, ...], last: str, now: str, newest: str | None, following: str
) -> None:
    found = due(Times(at="09:00", zone=zone, days=days), at(last), at(now))
    assert (found.at, found.next) == (None if newest is None else at(newest), at(following))


def test_where_clocks_are_changed_a_time_of_day_comes_once_a_day() -> None:
    spring = Times(at="02:30", zone="Europe/Berlin")  # 2026-03-29: 02:00 becomes 03:00
    assert due(spring, at("2026-03-28T10:00"), at("2026-03-29T10:00")).at == at("2026-03-29T01:30")
    autumn = Times(at="02:30", zone="Europe/Berlin")  # 2026-10-25: 03:00 becomes 02:00
    first = due(autumn, at("2026-10-24T10:00"), at("2026-10-25T00:30"))
    assert first.at == at("2026-10-25T00:30")
    assert due(autumn, at("2026-10-25T00:30"), at("2026-10-25T02:00")).at is None
