"""Opening hours: whether they are well formed, and whether it is open at a moment. Pure but for the zone's rules."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from app.model.errors import Invalid
from app.model.widget import Hours, Period

_WEEK_MS = 7 * 86_400_000
_DAYS_AHEAD = 9  # a week on, the day that a change of clocks may push a period into, and one to see that it goes on


class Opening(Struct, frozen=True):
    """`open` now; `changes_at` (ms UTC) is when that ends, None where it never does."""

    open: bool
    changes_at: int | None = None


def checked(hours: Hours) -> Hours:
    """The hours with their periods in order; raises `Invalid` for an unknown zone, and for periods that are none."""
    if not hours.periods:
        return hours
    _zone(hours.zone)
    periods = tuple(sorted(hours.periods, key=lambda one: (one.day, one.opens)))
    if any(one.closes <= one.opens for one in periods):
        raise Invalid(
            "hours_empty",
            "A period must end after it begins. One that goes past midnight is two: until 24:00, and from 0:00 on.",
            "时段的结束必须晚于开始。跨过午夜的时段请分成两段：到 24:00，以及从次日 0:00 起。",
        )
    if any(one.day == other.day and other.opens < one.closes for one, other in pairwise(periods)):
        raise Invalid(
            "hours_overlap",
            "Two periods of one day overlap. Move one of them, or make them one.",
            "同一天的两个时段有重叠。请调整其中一个，或合并为一段。",
        )
    return replace(hours, periods=periods)


def opening(hours: Hours, at: int) -> Opening:
    """Whether it is open at `at` (ms UTC), and until when that holds. Without periods, and with periods that leave no
    gap in a week, it is open for ever.
    """
    if not hours.periods:
        return Opening(open=True)
    spans = _spans(hours, at)
    for begins, ends in spans:
        if at < begins:
            return Opening(open=False, changes_at=begins)
        if at < ends:
            lasts = _lasts(spans, ends)
            return Opening(open=True, changes_at=lasts if lasts - at <= _WEEK_MS else None)
    return Opening(open=False)


def _spans(hours: Hours, at: int) -> list[tuple[int, int]]:
    """Every period from yesterday on as moments (ms UTC), in order; a day at a time, for days have 23 to 25 hours."""
    zone = _zone(hours.zone)
    today = datetime.fromtimestamp(at / 1_000, zone).date()
    spans = []
    for ahead in range(-1, _DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        spans += [_moments(midnight, period) for period in hours.periods if period.day == day.isoweekday()]
    return [(begins, ends) for begins, ends in spans if ends > at and ends > begins]


def _moments(midnight: datetime, period: Period) -> tuple[int, int]:
    return _moment(midnight + timedelta(minutes=period.opens)), _moment(midnight + timedelta(minutes=period.closes))


def _moment(wall: datetime) -> int:
    """Wall time to ms UTC: with a zone, adding minutes moves the hands, which is what a sign at a door means."""
    return round(wall.astimezone(UTC).timestamp() * 1_000)


def _lasts(spans: list[tuple[int, int]], ends: int) -> int:
    """Where one period ends as the next begins, as at midnight, it goes on."""
    for begins, later in spans:
        if begins == ends:
            ends = later
    return ends


def _zone(name: str) -> ZoneInfo:
    """The rules of a zone, as this machine has them; where it has none, as the package tzdata has."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise Invalid(
            "zone_unknown",
            f"There is no time zone “{name}”. Choose one like Asia/Shanghai.",
            f"没有时区“{name}”。请选择 Asia/Shanghai 这样的时区。",
        ) from None
