"""When a source that goes by the clock is due. Pure.

A time that was missed, however often, is due once. Where clocks are put forward over a time of day, it is due by the
offset before; where they are put back, the first of the two is meant.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.adapters.specs.model import Times

_SECOND_MS = 1_000
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = 8  # days, of which one at least is any that `days` name, on either side of now


class Due(Struct, frozen=True):
    """`at`: the newest time that is due and was not done, in ms UTC, None where none is; `next`: the one after now."""

    at: int | None
    next: int


def due(times: Times, last: int, now: int) -> Due:
    """What is due `now` (ms UTC) where all up to `last` was done."""
    return _by_interval(times, last, now) if times.every else _by_day(times, last, now)


def _by_interval(times: Times, last: int, now: int) -> Due:
    every = max(1, round(times.every * _SECOND_MS))
    newest = last + (now - last) // every * every
    return Due(newest if newest > last else None, newest + every)


def _by_day(times: Times, last: int, now: int) -> Due:
    zone = ZoneInfo(times.zone)
    today = datetime.fromtimestamp(now / _SECOND_MS, zone).date()
    hour, _, minute = times.at.partition(":")
    days = [today + timedelta(days=away) for away in range(-_WEEK, _WEEK + 1)]
    wanted = [day for day in days if not times.days or _DAYS[day.weekday()] in times.days]
    moments = [_ms(datetime.combine(day, time(int(hour), int(minute)), zone)) for day in wanted]
    newest = max(one for one in moments if one <= now)
    return Due(newest if newest > last else None, min(one for one in moments if one > now))


def _ms(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * _SECOND_MS)
