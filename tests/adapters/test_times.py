"""Times of other systems: read exactly, in their own zone, and told in UTC."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.maps.layouts import layout_of
from app.adapters.maps.paths import Misread
from app.adapters.maps.times import moment, time_converter, time_writer, unix_ms_of, zone_of
from app.adapters.maps.values import Wrong
from tests.adapters.maps import one

_ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu")


@pytest.mark.parametrize(
    ("value", "rest", "told"),
    [
        ("2024-01-02 10:11:12", {"zone": "+08:00"}, "2024-01-02T02:11:12Z"),
        ("2024-01-02 10:11:12", {"zone": "Asia/Shanghai"}, "2024-01-02T02:11:12Z"),
        ("2024/01/02 10:11:12", {"zone": "+0800"}, "2024-01-02T02:11:12Z"),
        ("2024-01-02T10:11", {"zone": "+08:00"}, "2024-01-02T02:11:00Z"),
        ("2024-01-02", {"zone": "+08:00"}, "2024-01-01T16:00:00Z"),
        ("2024-01-02T10:11:12+01:00", {"zone": "+08:00"}, "2024-01-02T09:11:12Z"),
        ("2024-01-02T10:11:12Z", {}, "2024-01-02T10:11:12Z"),
        ("2024-01-02T10:11:12.120Z", {}, "2024-01-02T10:11:12.12Z"),
        ("2024-01-02T10:11:12.123456789-03:30", {}, "2024-01-02T13:41:12.123456789Z"),
        ("2023-12-31 23:30:00", {"zone": "-05:30"}, "2024-01-01T05:00:00Z"),
        ("  2024-01-02 10:11:12 ", {"zone": "UTC"}, "2024-01-02T10:11:12Z"),
        # Berlin: 02:00 to 03:00 was left out on 31 March 2024 and came twice on 27 October
        ("2024-03-31 01:59:59", {"zone": "Europe/Berlin"}, "2024-03-31T00:59:59Z"),
        ("2024-03-31 02:30:00", {"zone": "Europe/Berlin"}, "2024-03-31T01:30:00Z"),
        ("2024-03-31 03:00:00", {"zone": "Europe/Berlin"}, "2024-03-31T01:00:00Z"),
        ("2024-10-27 02:30:00", {"zone": "Europe/Berlin"}, "2024-10-27T00:30:00Z"),
        ("2024-10-27 03:00:00", {"zone": "Europe/Berlin"}, "2024-10-27T02:00:00Z"),
        ("2024-10-27 02:30:00+01:00", {"zone": "Europe/Berlin"}, "2024-10-27T01:30:00Z"),
        # Shanghai kept summer time in 1988, and its own mean time before 1901
        ("1988-07-01 12:00:00", {"zone": "Asia/Shanghai"}, "1988-07-01T03:00:00Z"),
        ("1900-01-01 00:00:00", {"zone": "Asia/Shanghai"}, "1899-12-31T15:54:17Z"),
        ("2024-04-07 01:45:00", {"zone": "Australia/Lord_Howe"}, "2024-04-06T14:45:00Z"),
        ("2024-01-02 10:11:12", {"zone": "Asia/Kolkata"}, "2024-01-02T04:41:12Z"),
        (1_704_161_472, {"format": "unix"}, "2024-01-02T02:11:12Z"),
        ("1704161472", {"format": "unix"}, "2024-01-02T02:11:12Z"),
        (Decimal("1704161472.5"), {"format": "unix"}, "2024-01-02T02:11:12.5Z"),
        (1_704_161_472_120, {"format": "unix_ms"}, "2024-01-02T02:11:12.12Z"),
        ("1704161472000", {"format": "unix_ms"}, "2024-01-02T02:11:12Z"),
        (-1, {"format": "unix"}, "1969-12-31T23:59:59Z"),
        (-1, {"format": "unix_ms"}, "1969-12-31T23:59:59.999Z"),
        (Decimal("-0.25"), {"format": "unix"}, "1969-12-31T23:59:59.75Z"),
        (Decimal("0." + "9" * 40), {"format": "unix"}, "1970-01-01T00:00:01Z"),
        (0, {"format": "unix"}, "1970-01-01T00:00:00Z"),
        ("02.01.2024 10:11", {"format": "%d.%m.%Y %H:%M", "zone": "+01:00"}, "2024-01-02T09:11:00Z"),
        ("20240102101112", {"format": "%Y%m%d%H%M%S", "zone": "+08:00"}, "2024-01-02T02:11:12Z"),
        ("Tue, 02 Jan 2024 10:11:12 +0800", {"format": "%a, %d %b %Y %H:%M:%S %z"}, "2024-01-02T02:11:12Z"),
        ("1/2/24 10:11 PM", {"format": "%m/%d/%y %I:%M %p", "zone": "UTC"}, "2024-01-02T22:11:00Z"),
        ("12:05 am 2024-01-02", {"format": "%I:%M %p %Y-%m-%d", "zone": "UTC"}, "2024-01-02T00:05:00Z"),
        ("2021-05-07 09:20:39.683+0800", {"format": "%Y-%m-%d %H:%M:%S.%L%z"}, "2021-05-07T01:20:39.683Z"),
        ("", {}, None),
        (None, {}, None),
        ("0000-00-00 00:00:00", {}, None),
        ("", {"format": "unix"}, None),
    ],
)
def test_a_time_is_told_in_utc(value: Tree, rest: dict[str, str], told: Any) -> None:
    assert one({"from": "t", "as": "time", **rest}, {"t": value}) == told


@pytest.mark.parametrize(
    ("value", "rest", "told"),
    [
        ("2024-01-02", {}, "2024-01-02"),
        ("2024-01-02 23:30:00", {}, "2024-01-02"),
        ("2024-01-02T23:30:00Z", {}, "2024-01-02"),
        ("2024-01-02T23:30:00Z", {"zone": "Asia/Shanghai"}, "2024-01-03"),
        ("2024-01-02 23:30:00", {"zone": "Asia/Shanghai"}, "2024-01-02"),
        (1_704_238_200, {"format": "unix", "zone": "+08:00"}, "2024-01-03"),
        (1_704_238_200, {"format": "unix"}, "2024-01-02"),
        ("02.01.2024", {"format": "%d.%m.%Y"}, "2024-01-02"),
        ("", {}, None),
    ],
)
def test_a_day_is_the_day_where_it_was(value: Tree, rest: dict[str, str], told: Any) -> None:
    assert one({"from": "t", "as": "date", **rest}, {"t": value}) == told


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ({"format": "%Y-%m-%d %H:%M:%S", "zone": "+08:00"}, "2024-01-02 10:11:12"),
        ({"zone": "Asia/Shanghai"}, "2024-01-02 10:11:12"),
        ({"format": "%Y-%m-%dT%H:%M:%S.%L%z", "zone": "-03:30"}, "2024-01-01T22:41:12.450-0330"),
        ({"format": "%d %b %y, %I:%M %p (%a) %%"}, "02 Jan 24, 02:11 AM (Tue) %"),
        ({"format": "%f"}, "450000"),
        ({"format": "unix"}, "1704161472"),
        ({"format": "unix_ms"}, "1704161472450"),
    ],
)
def test_a_time_is_told_as_others_want_it(rest: dict[str, str], told: str) -> None:
    assert one({"from": "t", "as": "text", **rest}, {"t": "2024-01-02T02:11:12.45Z"}) == told


def test_a_number_of_seconds_is_a_number() -> None:
    rules = {"from": "t", "as": "int", "format": "unix"}
    assert one(rules, {"t": "2024-01-02T02:11:12.9Z"}) == 1_704_161_472
    assert one(rules | {"format": "unix_ms"}, {"t": "1969-12-31T23:59:59.5Z"}) == -500


@pytest.mark.parametrize(
    ("value", "rest", "said"),
    [
        ("2024-01-02 10:11:12", {}, "has no zone"),
        ("2024-02-30 10:11:12", {"zone": "UTC"}, "no such time"),
        ("2024-01-02 24:00:00", {"zone": "UTC"}, "no such time"),
        ("2024-01-02 10:11:60", {"zone": "UTC"}, "no such time"),
        ("2024-01-02T10:11:12+25:00", {}, "no such time"),
        ("0001-01-01 00:00:00", {"zone": "+08:00"}, "no such time"),
        ("9999-12-31 23:59:59", {"zone": "-08:00"}, "no such time"),
        ("yesterday", {"zone": "UTC"}, "format:"),
        ("2024-01-02 10:11:12" + " " * 99, {"zone": "UTC"}, "format:"),
        (1_704_161_472, {}, "format: unix"),
        (True, {}, "a time is expected"),
        ("x", {"format": "unix"}, "a number is expected"),
        (10**18, {"format": "unix"}, "too large"),
        (Decimal("-1e11"), {"format": "unix"}, "no such time"),
        ("13:00 PM 2024-01-02", {"format": "%I:%M %p %Y-%m-%d", "zone": "UTC"}, "no such time"),
        ("2024-01-02 10:11:12 extra", {"format": "%Y-%m-%d %H:%M:%S", "zone": "UTC"}, "written like"),
    ],
)
def test_what_is_no_time_is_told(value: Tree, rest: dict[str, str], said: str) -> None:
    with pytest.raises(BadDocument) as refused:
        one({"from": "t", "as": "time", **rest}, {"t": value})
    assert said in refused.value.en
    assert refused.value.path == "t"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "+8", "+24:00", "+08:60", "/etc/passwd", "../UTC", "Asia"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(Misread):
        zone_of(name)


@given(
    st.sampled_from(_ZONES),
    st.datetimes(datetime.fromisoformat("1899-01-01"), datetime.fromisoformat("2040-01-01")),
    st.lists(st.timedeltas(timedelta(hours=-3), timedelta(hours=3)), max_size=5),
    st.sampled_from(["", "Z", "+05:30", "-0800"]),
)
def test_what_is_remembered_of_an_hour_is_true_for_all_of_it(
    zone: str, at: datetime, near: list[timedelta], offset: str
) -> None:
    """Around every moment, most of all where clocks change: a converter that has seen an hour, and the bare sum."""
    convert = time_converter(ZoneInfo(zone), "")
    for moved in (at, *(at + away for away in near), at):
        text = moved.replace(microsecond=0).isoformat(" ")
        written = zone_of({"-0800": "-08:00"}.get(offset, offset)) if offset else ZoneInfo(zone)
        exact = moved.replace(microsecond=0, tzinfo=written).astimezone(UTC)
        assert convert(text + offset) == exact.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("zone", _ZONES)
def test_the_hours_around_every_change_of_the_clocks(zone: str) -> None:
    rules = ZoneInfo(zone)
    hour = datetime(2024, 1, 1, tzinfo=UTC)
    convert = time_converter(rules, "")
    for _ in range(366 * 24):
        after = hour + timedelta(hours=1)
        if hour.astimezone(rules).utcoffset() != after.astimezone(rules).utcoffset():
            for minutes in (*range(-180, 180, 15), -1, 1):
                local = (hour + timedelta(minutes=minutes)).astimezone(rules).replace(tzinfo=None, fold=0)
                exact = local.replace(tzinfo=rules).astimezone(UTC).replace(tzinfo=None)
                for _again in range(2):
                    assert convert(local.isoformat(" ")) == f"{exact.isoformat()}Z"
        hour = after


def test_an_hour_within_which_clocks_change_is_not_remembered() -> None:
    """Goose Bay put its clocks back at 00:01, until 2011."""
    convert = time_converter(ZoneInfo("America/Goose_Bay"), "")
    assert convert("2010-11-07 00:00:30") == "2010-11-07T03:00:30Z"
    assert convert("2010-11-07 00:30:00") == "2010-11-07T04:30:00Z"
    assert convert("2010-11-07 00:00:30") == "2010-11-07T03:00:30Z"


def test_a_text_that_only_begins_like_a_known_one_is_not_believed() -> None:
    convert = time_converter(zone_of("+08:00"), "")
    assert convert("2024-01-02 10:11:12") == "2024-01-02T02:11:12Z"
    for wrong in ("2024-01-02 10:11:62", "2024-01-02 10:1112:", "2024-01-02 10:11:12X", "2024-01-02 10-11-12"):
        for _again in range(2):
            with pytest.raises(Wrong):
                convert(wrong)
    assert convert("2024-01-02 10:59:59") == "2024-01-02T02:59:59Z"


@given(st.integers(0, 253_402_300_799_999))
def test_unix_times_go_there_and_back(at_ms: int) -> None:
    told = time_converter(None, "unix_ms")(at_ms)
    assert unix_ms_of(told) == at_ms
    assert unix_ms_of(moment(at_ms)["iso"]) == at_ms
    assert time_writer(None, "unix_ms")(told) == str(at_ms)
    assert time_converter(None, "unix")(at_ms // 1_000) == time_converter(None, "")(
        time_writer(zone_of("+05:45"), "%Y-%m-%dT%H:%M:%S%z")(told)
    )


def test_a_layout_is_read_by_its_own_letters() -> None:
    assert layout_of("%Y.%m.%d (%%)").reads.fullmatch("2024.01.02 (%)")
    assert not layout_of("%Y.%m.%d").reads.fullmatch("2024-01-02")
