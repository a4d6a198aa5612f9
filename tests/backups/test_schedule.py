"""When a backup is due, over days that a clock change makes shorter or longer."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.backups.schedule import latest_moment, next_moment
from app.settings import Backups

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("now", "rules", "latest"),
    [
        ("2026-11-26 18:00", Backups(), "2026-11-26 03:00"),
        ("2026-11-26 02:59:59", Backups(), "2026-11-25 03:00"),
        ("2026-11-26 03:00", Backups(), "2026-11-26 03:00"),
        ("2026-11-26 18:00", Backups(hour=23), "2026-11-25 23:00"),
        ("2026-11-26 18:00", Backups(every_hours=6), "2026-11-26 15:00"),
        ("2026-11-26 02:00", Backups(every_hours=6), "2026-11-25 21:00"),
        ("2026-11-26 18:30", Backups(every_hours=1), "2026-11-26 18:00"),
        ("2027-01-01 00:10", Backups(every_hours=12, hour=13), "2026-12-31 13:00"),
        ("2026-03-29 12:00", Backups(hour=2), "2026-03-29 02:00"),  # an hour that this day lacks
        ("2026-10-25 12:00", Backups(hour=2), "2026-10-25 02:00"),  # and one that this day has twice
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, SHANGHAI])
def test_the_moment_that_passed_last(now: str, rules: Backups, latest: str, zone: ZoneInfo) -> None:
    assert latest_moment(at(now, zone), rules, zone) == at(latest, zone)


@pytest.mark.parametrize(
    ("now", "rules", "following"),
    [
        ("2026-11-26 18:00", Backups(), "2026-11-27 03:00"),
        ("2026-11-26 02:59:59", Backups(), "2026-11-26 03:00"),
        ("2026-11-26 03:00", Backups(), "2026-11-27 03:00"),
        ("2026-11-26 18:00", Backups(every_hours=6), "2026-11-26 21:00"),
        ("2026-12-31 23:30", Backups(every_hours=12, hour=13), "2027-01-01 01:00"),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, SHANGHAI])
def test_the_moment_that_comes_next(now: str, rules: Backups, following: str, zone: ZoneInfo) -> None:
    assert next_moment(at(now, zone), rules, zone) == at(following, zone)


def test_hour_by_hour_over_a_year_each_day_has_one_moment() -> None:
    start = at("2026-01-01 03:00")
    moments = {latest_moment(start + hour * 3_600_000, Backups(), BERLIN) for hour in range(365 * 24)}
    days = {datetime.fromtimestamp(moment / 1_000, UTC).astimezone(BERLIN).date() for moment in moments}
    assert len(moments) == len(days) == 365
