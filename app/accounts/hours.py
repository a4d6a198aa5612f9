"""Opening hours: whether they are well formed, and whether it is open at a moment. Pure but for the zone's rules."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from app.model.errors import Invalid
from app.model.widget import Holiday, Hours, Period, Span

_DAY_MS = 86_400_000
_WEEK_MS = 7 * _DAY_MS
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)
_DAYS_AHEAD = 400  # how far somebody who is closed looks for a day on which he opens: past every yearly holiday
_MINUTE_MS = 60_000
_DAY_MINUTES = 1_440
_WHOLE_DAY = (Span(0, _DAY_MINUTES),)


class Opening(Struct, frozen=True):
    """`open` now; `changes_at` (ms UTC) is when that ends, None where it does not within a week, while it is closed
    within 400 days. `holiday` is the one that today is.
    """

    open: bool
    changes_at: int | None = None
    holiday: Holiday | None = None


def checked(hours: Hours) -> Hours:
    """The hours with periods and holidays in order.

    Raises `Invalid` (zone_unknown, hours_empty, hours_overlap, holiday_twice).
    """
    if not hours.periods and not hours.holidays:
        return hours
    _zone(hours.zone)
    periods = tuple(sorted(hours.periods, key=lambda one: (one.day, one.opens)))
    for day in range(1, 8):
        _demand_apart([one for one in periods if one.day == day])
    holidays = tuple(sorted((_in_order(one) for one in hours.holidays), key=lambda one: (one.date, one.yearly)))
    named = [_named(one) for one in holidays]
    if len(set(named)) < len(named):
        raise Invalid(
            "holiday_twice",
            "A day is named twice among the holidays. Remove one of them.",
            "节假日中有重复的日期。请删除其中一个。",
            field="holidays",
        )
    return replace(hours, periods=periods, holidays=holidays)


def opening(hours: Hours, at: int) -> Opening:
    """Whether it is open at `at` (ms UTC), and until when that holds.

    Without periods and holidays, and with periods that leave no gap in the week that follows, it is open for ever.
    """
    if not hours.periods and not hours.holidays:
        return Opening(open=True)
    zone = _zone(hours.zone)
    today = datetime.fromtimestamp(at / 1_000, zone).date()
    holiday = holiday_on(hours, today)
    until: int | None = None
    for begins, ends in _spans(hours, zone, today - timedelta(days=1)):
        if ends <= at:
            continue
        if until is None:
            if at < begins:
                return Opening(open=False, changes_at=begins, holiday=holiday)
            until = ends
        elif begins <= until:
            until = max(until, ends)  # where one period ends as the next begins, as at midnight, it goes on
        else:
            break
        if until - at > _WEEK_MS:
            return Opening(open=True, holiday=holiday)
    return Opening(open=until is not None, changes_at=until, holiday=holiday)


def holiday_on(hours: Hours, day: date) -> Holiday | None:
    """The holiday that a day is: one named for its year goes before a yearly one."""
    yearly = None
    for one in hours.holidays:
        if not one.yearly and one.date == day:
            return one
        if one.yearly and (one.date.month, one.date.day) == (day.month, day.day):
            yearly = one
    return yearly


def coming(hours: Hours, at: int, days: int) -> tuple[Holiday, ...]:
    """The holidays of the days from `at` (ms UTC) on, today's first, each at its day of this year."""
    if not hours.holidays:
        return ()
    today = datetime.fromtimestamp(at / 1_000, _zone(hours.zone)).date()
    wanted = [(day, holiday_on(hours, day)) for day in (today + timedelta(days=ahead) for ahead in range(days))]
    return tuple(replace(one, date=day, yearly=False) for day, one in wanted if one is not None)


def _spans(hours: Hours, zone: ZoneInfo, first: date) -> Iterator[tuple[int, int]]:
    """Every period from the day `first` on as moments (ms UTC), in order; by days, for they have 23 to 25 hours."""
    for ahead in range(_DAYS_AHEAD):
        day = first + timedelta(days=ahead)
        for span in _of_day(hours, day):
            begins = _moment(zone, day, span.opens)
            ends = _moment(zone, day, span.closes, last=span.closes < _DAY_MINUTES)
            if ends > begins:
                yield begins, ends


def _of_day(hours: Hours, day: date) -> Sequence[Span | Period]:
    holiday = holiday_on(hours, day)
    if holiday is not None:
        return holiday.periods
    if not hours.periods:
        return _WHOLE_DAY
    weekday = day.isoweekday()
    return [one for one in hours.periods if one.day == weekday]


def _moment(zone: ZoneInfo, day: date, minute: int, *, last: bool = False) -> int:
    """When the hands stand there, in ms UTC: what a sign at a door means.

    An hour that clocks skip is the moment at which they skip it. An hour that they show twice is the first, or the
    `last`: a period begins with the one and ends with the other, so that nobody is closed while the clock at the wall
    says open.
    """
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    hands = (day.toordinal() - _EPOCH_DAY) * _DAY_MS + minute * _MINUTE_MS
    first, second = hands - _offset_ms(wall), hands - _offset_ms(wall.replace(fold=1))
    if first == second:
        return first
    if first > second:
        return _skipped_at(zone, second, first)
    return second if last else first


def _skipped_at(zone: ZoneInfo, before: int, after: int) -> int:
    """The moment between two at which the zone's offset changes, to the minute."""
    offset = _offset_ms(datetime.fromtimestamp(before / 1_000, zone))
    while after - before > _MINUTE_MS:
        middle = (before + after) // 2 // _MINUTE_MS * _MINUTE_MS
        if middle <= before:
            break
        same = _offset_ms(datetime.fromtimestamp(middle / 1_000, zone)) == offset
        before, after = (middle, after) if same else (before, middle)
    return after


def _offset_ms(wall: datetime) -> int:
    return (wall.utcoffset() or timedelta()) // _MILLISECOND


def _in_order(holiday: Holiday) -> Holiday:
    periods = tuple(sorted(holiday.periods, key=lambda one: one.opens))
    _demand_apart(periods)
    return replace(holiday, periods=periods)


def _named(holiday: Holiday) -> tuple[int, ...]:
    day = holiday.date
    return (day.month, day.day) if holiday.yearly else (day.year, day.month, day.day)


def _demand_apart(periods: Sequence[Span | Period]) -> None:
    """Periods of one day, in order: each must have a length, and none may begin before the one before it ends."""
    if any(one.closes <= one.opens for one in periods):
        raise Invalid(
            "hours_empty",
            "A period must end after it begins. One that goes past midnight is two: until 24:00, and from 0:00 on.",
            "时段的结束必须晚于开始。跨过午夜的时段请分成两段：到 24:00，以及从次日 0:00 起。",
        )
    if any(other.opens < one.closes for one, other in pairwise(periods)):
        raise Invalid(
            "hours_overlap",
            "Two periods of one day overlap. Move one of them, or make them one.",
            "同一天的两个时段有重叠。请调整其中一个，或合并为一段。",
        )


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
