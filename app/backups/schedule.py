"""When a backup is due: at an hour of the machine's own day, and every so many hours from then."""

from datetime import datetime, timedelta, tzinfo

from app.settings import Backups

_DAY_HOURS = 24


def latest_moment(now_ms: int, rules: Backups, zone: tzinfo | None = None) -> int:
    """The last scheduled moment that is not after `now_ms` (both milliseconds UTC); `zone` defaults to the machine's.

    Wall clocks are put forward and back: what matters is which moment passed last, so an hour that a day lacks or has
    twice brings one backup all the same.
    """
    return max(moment for moment in _around(now_ms, rules, zone) if moment <= now_ms)


def next_moment(now_ms: int, rules: Backups, zone: tzinfo | None = None) -> int:
    """The first scheduled moment after `now_ms`."""
    return min(moment for moment in _around(now_ms, rules, zone) if moment > now_ms)


def _around(now_ms: int, rules: Backups, zone: tzinfo | None) -> list[int]:
    """Every scheduled moment of yesterday, today and tomorrow."""
    now = datetime.fromtimestamp(now_ms / 1_000, zone)
    hours = range(rules.hour % rules.every_hours, _DAY_HOURS, rules.every_hours)
    days = [now.date() + timedelta(days=days) for days in (-1, 0, 1)]
    moments = [datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp() for day in days for hour in hours]
    return [round(moment * 1_000) for moment in moments]
