"""Holidays, and hours against the hands of a clock in zones that move them (zoneinfo is the judge)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from app.accounts.hours import Opening, checked, coming, holiday_on, opening
from app.model.errors import Invalid
from app.model.widget import Holiday, Hours, Period, Span, Texts

OFFICE = tuple(Period(day, 9 * 60, 18 * 60) for day in range(1, 6))
NATIONAL = tuple(Holiday(date(2026, 10, day), Texts("National Day", "国庆节")) for day in range(1, 8))
CHRISTMAS = Holiday(date(2025, 12, 25), Texts("Christmas", "圣诞节"), yearly=True)
# zones that skip midnight, show it twice, move by half an hour, crossed the date line, or never move
ZONES = (
    "UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "America/Havana",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Atlantic/Azores", "Africa/Casablanca", "Asia/Tehran",
)  # fmt: skip
HOUR_MS = 3_600_000
FROM, UNTIL = datetime(2011, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)


def at(text: str, zone: str = "UTC") -> int:
    """Milliseconds of a moment as the clock of a zone shows it."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


def test_a_holiday_is_closed_and_says_which() -> None:
    hours = Hours("Asia/Shanghai", OFFICE, NATIONAL)
    told = opening(hours, at("2026-10-01T10:00", "Asia/Shanghai"))
    assert told == Opening(open=False, changes_at=at("2026-10-08T09:00", "Asia/Shanghai"), holiday=NATIONAL[0])
    before = opening(hours, at("2026-09-30T18:00", "Asia/Shanghai"))
    assert before == Opening(open=False, changes_at=at("2026-10-08T09:00", "Asia/Shanghai"))


def test_a_holiday_with_hours_of_its_own_has_no_others() -> None:
    eve = Holiday(date(2026, 12, 24), Texts("Eve"), periods=(Span(600, 720), Span(780, 840)))
    hours = Hours("Europe/Berlin", OFFICE, (eve,))  # a Thursday
    assert not opening(hours, at("2026-12-24T09:30", "Europe/Berlin")).open
    assert opening(hours, at("2026-12-24T13:30", "Europe/Berlin")).changes_at == at("2026-12-24T14:00", "Europe/Berlin")
    assert not opening(hours, at("2026-12-24T15:00", "Europe/Berlin")).open


def test_a_weekend_that_is_worked_is_a_holiday_with_hours() -> None:
    worked = Holiday(date(2026, 10, 10), Texts("Made up for", "调休"), periods=(Span(540, 1_080),))
    assert opening(Hours("Asia/Shanghai", OFFICE, (worked,)), at("2026-10-10T10:00", "Asia/Shanghai")).open


def test_a_yearly_one_comes_every_year_and_one_of_the_year_goes_before_it() -> None:
    open_once = Holiday(date(2027, 12, 25), Texts("Sale"), periods=(Span(540, 600),))
    hours = Hours("UTC", (), (CHRISTMAS, open_once))
    assert [opening(hours, at(f"{year}-12-25T09:30")).open for year in (2026, 2027, 2028)] == [False, True, False]
    assert holiday_on(hours, date(2027, 12, 25)) == open_once


def test_with_holidays_alone_every_other_day_is_open() -> None:
    hours = Hours("UTC", (), (CHRISTMAS,))
    assert opening(hours, at("2026-12-24T00:00")) == Opening(open=True, changes_at=at("2026-12-25T00:00"))
    assert opening(hours, at("2026-12-25T12:00")).changes_at == at("2026-12-26T00:00")
    assert opening(hours, at("2026-06-01T12:00")) == Opening(open=True)


def test_the_leap_day_comes_in_leap_years() -> None:
    hours = Hours("UTC", (), (Holiday(date(2028, 2, 29), Texts("Leap day"), yearly=True),))
    assert [opening(hours, at(day)).open for day in ("2028-02-29T12:00", "2030-02-28T12:00", "2030-03-01T12:00")] == [
        False, True, True,
    ]  # fmt: skip
    assert not opening(hours, at("2032-02-29T12:00")).open


def test_a_period_to_midnight_goes_on_into_a_holiday_that_is_open() -> None:
    new_year = Holiday(date(2027, 1, 1), Texts("New Year"), yearly=True, periods=(Span(0, 120),))
    hours = Hours("Asia/Shanghai", (Period(4, 1_200, 1_440),), (new_year,))  # the 31st is a Thursday
    told = opening(hours, at("2026-12-31T21:00", "Asia/Shanghai"))
    assert told.changes_at == at("2027-01-01T02:00", "Asia/Shanghai")


def test_who_is_closed_for_weeks_is_told_when_it_ends() -> None:
    summer = tuple(Holiday(date(2026, 8, 1) + timedelta(days=day), Texts("Summer")) for day in range(45))
    told = opening(Hours("Europe/Berlin", OFFICE, summer), at("2026-08-01T12:00", "Europe/Berlin"))
    assert told.changes_at == at("2026-09-15T09:00", "Europe/Berlin")


def test_who_never_opens_again_says_nothing_of_it() -> None:
    always = tuple(Holiday(date(2028, 1, 1) + timedelta(days=day), Texts("Closed"), yearly=True) for day in range(366))
    told = opening(Hours("UTC", OFFICE, always), at("2026-08-01T12:00"))
    assert (told.open, told.changes_at) == (False, None)


def test_the_coming_ones_stand_at_their_day_of_this_year() -> None:
    hours = Hours("Asia/Shanghai", OFFICE, (CHRISTMAS, *NATIONAL))
    soon = coming(hours, at("2026-12-20T23:00", "Asia/Shanghai"), 14)
    assert [(one.date, one.name.en, one.yearly) for one in soon] == [(date(2026, 12, 25), "Christmas", False)]
    assert coming(Hours(), 0, 14) == ()


@pytest.mark.parametrize(
    ("holidays", "code"),
    [
        ((CHRISTMAS, Holiday(date(2029, 12, 25), yearly=True)), "holiday_twice"),
        ((NATIONAL[0], NATIONAL[0]), "holiday_twice"),
        ((Holiday(date(2026, 1, 1), periods=(Span(60, 60),)),), "hours_empty"),
        ((Holiday(date(2026, 1, 1), periods=(Span(60, 120), Span(119, 130))),), "hours_overlap"),
    ],
)
def test_what_are_no_holidays(holidays: tuple[Holiday, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(Hours("UTC", OFFICE, holidays))
    assert refused.value.code == code


def test_holidays_need_a_zone() -> None:
    with pytest.raises(Invalid) as refused:
        checked(Hours("", (), (CHRISTMAS,)))
    assert refused.value.code == "zone_unknown"


def spans_of(minutes: list[int]) -> list[tuple[int, int]]:
    """Periods that do not overlap, out of distinct minutes."""
    ordered = sorted(set(minutes))
    return list(zip(ordered[::2], ordered[1::2], strict=False))


minutes = some.lists(some.integers(0, 96).map(lambda quarter: quarter * 15), max_size=6).map(spans_of)
weeks = some.dictionaries(some.integers(1, 7), minutes, max_size=7).map(
    lambda week: tuple(Period(day, *span) for day, spans in week.items() for span in spans if span[0] < 1_440)
)
days = some.dates(FROM.date(), UNTIL.date())
holidays = some.lists(
    some.builds(
        lambda day, yearly, spans: Holiday(day, Texts(), yearly, tuple(Span(*one) for one in spans if one[0] < 1_440)),
        days, some.booleans(), minutes,
    ),
    max_size=4,
    unique_by=lambda one: (one.date.month, one.date.day),
).map(tuple)  # fmt: skip
moments = some.datetimes(FROM.replace(tzinfo=None), UNTIL.replace(tzinfo=None), timezones=some.just(UTC))


def by_the_wall(hours: Hours, moment: datetime) -> bool:
    """Whether the hands of the zone's clock stand within a period of the day that its calendar shows."""
    wall = moment.astimezone(ZoneInfo(hours.zone))
    minute = wall.hour * 60 + wall.minute
    named = [one for one in hours.holidays if not one.yearly and one.date == wall.date()]
    named += [one for one in hours.holidays if one.yearly and one.date.timetuple()[1:3] == wall.timetuple()[1:3]]
    if named:
        return any(span.opens <= minute < span.closes for span in named[0].periods)
    of_day = [one for one in hours.periods if one.day == wall.isoweekday()]
    return not hours.periods or any(one.opens <= minute < one.closes for one in of_day)


def shown_twice(zone: str, moment: datetime) -> bool:
    """Whether the clock of the zone shows this time of day a second time, before or after."""
    wall = moment.astimezone(ZoneInfo(zone))
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


@given(some.sampled_from(ZONES), weeks, holidays, moments)
@example("Europe/Berlin", (Period(7, 60, 150),), (), datetime(2026, 10, 25, 1, 15, tzinfo=UTC))
@example("Europe/Berlin", (Period(7, 60, 150),), (), datetime(2026, 3, 29, 1, 15, tzinfo=UTC))
@example("Pacific/Apia", (Period(5, 0, 1_440),), (), datetime(2011, 12, 30, 12, 0, tzinfo=UTC))
@example("America/Santiago", (Period(7, 0, 60),), (), datetime(2026, 9, 6, 4, 30, tzinfo=UTC))
@example("Atlantic/Azores", (Period(6, 0, 1_440),), (), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
def test_it_is_open_as_the_clock_at_the_wall_says(
    zone: str, week: tuple[Period, ...], days_off: tuple[Holiday, ...], moment: datetime
) -> None:
    hours = checked(Hours(zone, week, days_off))
    now = round(moment.timestamp() * 1_000)
    told, says = opening(hours, now), by_the_wall(hours, moment)
    if not week and not days_off:
        assert told == Opening(open=True)
        return
    if shown_twice(zone, moment):
        assert told.open or not says  # of an hour that is shown twice, at least what the clock says
    else:
        assert told.open == says


@given(some.sampled_from(ZONES), weeks, holidays, moments, some.floats(0, 1))
def test_until_it_changes_it_stays_and_then_it_has_changed(
    zone: str, week: tuple[Period, ...], days_off: tuple[Holiday, ...], moment: datetime, part: float
) -> None:
    hours = checked(Hours(zone, week, days_off))
    now = round(moment.timestamp() * 1_000)
    told = opening(hours, now)
    if told.changes_at is None:
        for ahead in range(0, 7 * 24, 5) if told.open else ():
            assert opening(hours, now + ahead * HOUR_MS).open
        return
    assert told.changes_at > now
    assert opening(hours, told.changes_at).open is not told.open
    between = now + int((told.changes_at - 1 - now) * part)
    assert opening(hours, between) == Opening(told.open, told.changes_at, opening(hours, between).holiday) or told.open
    assert opening(hours, between).open is told.open
