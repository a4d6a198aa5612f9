"""Times of documents: read in many writings, told as RFC 3339 in UTC, as a day, or as another system wants them. Pure.

A text without an offset belongs to the zone that the map names, never to a guessed one. Where clocks are put back the
first of the two hours is meant, where they are put forward the hour that is not there is told by the offset before it
(PEP 495). Fractions of a second stay as they were written, up to nanoseconds.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.adapters.maps.arithmetic import number
from app.adapters.maps.layouts import Layout, Parts, laid_out, layout_of, read_by
from app.adapters.maps.paths import Misread, suggestion
from app.adapters.maps.values import Converter, Wrong, expected

UNIX, UNIX_MS = "unix", "unix_ms"
_CACHED_MAX = 4_096  # hours of one offset; a few kilobytes each thousand
_OFFSETS_MAX = 64
_UNIX_MAX = 253_402_300_800  # the first second of the year 10000
_CHARACTERS_MAX = 64
_HOUR = timedelta(hours=1)
_NANOSECONDS = 1_000_000_000
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
_ISO = re.compile(
    r"([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)? ?(Z|z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_NEVER = re.compile(r"0000-00-00(?:[T ]00:00:00(?:\.0+)?)?")  # MySQL's way to say nothing


class Instant(Struct, frozen=True):
    """A moment: whole seconds with the offset that it was written in, and the digits of the fraction."""

    at: datetime
    fraction: str = ""


def zone_of(name: str) -> tzinfo:
    """`+08:00`, `UTC`, or a name of the zone database, `Asia/Shanghai`. Raises `Misread`."""
    if (found := _OFFSET.fullmatch(name)) is not None and int(found[2]) < 24 and int(found[3]) < 60:
        return _fixed(found)
    try:
        return UTC if name in ("Z", "UTC") else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        near = suggestion(name, _zone_names())
        en, zh = (text.partition("? " if text is near[0] else "？")[0] for text in near)
        en, zh = (f"{en}? ", f"{zh}？") if en.startswith("Did") else ("", "")
        raise Misread(
            1,
            f"“{name}” is no time zone. {en}Write an offset like “+08:00”, or a name like “Asia/Shanghai”.",
            f"“{name}”不是时区。{zh}请写偏移量（如“+08:00”）或时区名（如“Asia/Shanghai”）。",
        ) from error


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def time_converter(zone: tzinfo | None, form: str) -> Converter:
    """Reads a time and tells it in UTC, `2024-01-02T02:11:12Z`; an empty text is null. Raises `Misread` for `form`."""
    if form in (UNIX, UNIX_MS):
        return _from_unix(form)
    read = reader(zone, form)
    return _told(read) if form else _cached(read, zone)


def date_converter(zone: tzinfo | None, form: str) -> Converter:
    """Reads a day, or the day of a time: in `zone` where one is named, else as it was written."""
    read = reader(zone or UTC, form)

    def convert(value: Tree) -> Tree:
        found = read(value)
        if found is None:
            return None
        return (found.at if zone is None else _moved(found.at, zone)).date().isoformat()

    return convert


def time_writer(zone: tzinfo | None, form: str) -> Converter:
    """Tells a time with an offset as another system wants it: by a layout, or as `unix`, `unix_ms` in digits."""
    layout = layout_of(form or "%Y-%m-%d %H:%M:%S", reads_whole_day=False) if form not in (UNIX, UNIX_MS) else None

    def convert(value: Tree) -> Tree:
        found = _read_iso(value, None)
        if found is None:
            return None
        if layout is None:
            return str(seconds_of(found) if form == UNIX else milliseconds_of(found))
        return laid_out(_moved(found.at, zone or UTC), found.fraction, layout)

    return convert


def unix_of(value: Tree) -> int | None:
    """Whole seconds since 1970 of a time with an offset. Raises `Wrong`."""
    found = _read_iso(value, None)
    return None if found is None else seconds_of(found)


def unix_ms_of(value: Tree) -> int | None:
    """Whole milliseconds since 1970 of a time with an offset. Raises `Wrong`."""
    found = _read_iso(value, None)
    return None if found is None else milliseconds_of(found)


def moment(at_ms: int) -> dict[str, Tree]:
    """What `$now` and its like stand for: one moment in the ways that systems ask for it."""
    seconds, milliseconds = divmod(at_ms, 1_000)
    at = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    fraction = f".{milliseconds:03}" if milliseconds else ""
    return {"iso": f"{at.isoformat()}{fraction}Z", "text": at.isoformat(" "), "unix": seconds, "unix_ms": at_ms}


def reader(zone: tzinfo | None, form: str) -> Callable[[Tree], Instant | None]:
    """What reads times of this form; an empty form is RFC 3339 and what is like it."""
    if form in (UNIX, UNIX_MS):
        return lambda value: _read_unix(value, form)
    if not form:
        return lambda value: _read_iso(value, zone)
    layout = layout_of(form)
    return lambda value: _read_layout(value, layout, zone)


def seconds_of(instant: Instant) -> int:
    return int((instant.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))


def milliseconds_of(instant: Instant) -> int:
    return seconds_of(instant) * 1_000 + int(f"{instant.fraction:0<3}"[:3])


def told(instant: Instant) -> str:
    """RFC 3339 in UTC; with a fraction where there is one."""
    fraction = f".{instant.fraction}" if instant.fraction else ""
    return f"{_moved(instant.at, UTC).replace(tzinfo=None).isoformat()}{fraction}Z"


# ---- reading


def _read_iso(value: Tree, zone: tzinfo | None) -> Instant | None:
    text = _text(value)
    if text is None:
        return None
    if (found := _ISO.fullmatch(text)) is None:
        raise _unread("2024-01-02 10:11:12")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    parts = (int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    return _instant(parts, fraction or "", offset, zone)


def _read_layout(value: Tree, layout: Layout, zone: tzinfo | None) -> Instant | None:
    text = _text(value)
    if text is None:
        return None
    if (found := read_by(layout, text)) is None:
        raise _unread("".join(layout.pieces))
    return _instant(found.parts, found.fraction, found.offset, zone)


def _read_unix(value: Tree, form: str) -> Instant | None:
    if value == "" or value is None:
        return None
    count = number(value)
    assert count is not None
    exact = Decimal(count) if form == UNIX else Decimal(count).scaleb(-3)
    if not -_UNIX_MAX < exact < _UNIX_MAX:
        raise Wrong("this is no time: the number is too large.", "这不是时间：数字过大。")
    seconds, nanoseconds = divmod(int((exact * _NANOSECONDS).to_integral_value(ROUND_FLOOR)), _NANOSECONDS)
    fraction = f"{nanoseconds:09}".rstrip("0")
    try:
        return Instant(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), fraction)
    except OverflowError as error:
        raise Wrong("there is no such time.", "没有这个时间。") from error


def _text(value: Tree) -> str | None:
    """The text of a time; None for one that says nothing."""
    if value is None:
        return None
    if not isinstance(value, str):
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            raise Wrong(
                "this is a number; say `format: unix` (seconds) or `format: unix_ms` (milliseconds).",
                "这里是数字；请写明 `format: unix`（秒）或 `format: unix_ms`（毫秒）。",
            )
        raise expected(value, "a time", "时间")
    text = value.strip() if len(value) <= _CHARACTERS_MAX else value[: _CHARACTERS_MAX + 1]
    return None if not text or _NEVER.fullmatch(text) else text


def _instant(parts: Parts, fraction: str, offset: str | None, zone: tzinfo | None) -> Instant:
    known = _offset(offset) if offset else zone
    if known is None:
        raise Wrong(
            'this time has no zone; say one in the map: `zone: "+08:00"` or `zone: Asia/Shanghai`.',
            '此时间没有时区；请在映射中写明：`zone: "+08:00"` 或 `zone: Asia/Shanghai`。',
        )
    try:
        return Instant(datetime(*parts, tzinfo=known), fraction.rstrip("0"))
    except (ValueError, OverflowError) as error:
        raise Wrong("there is no such time.", "没有这个时间。") from error


def _offset(text: str) -> tzinfo:
    found = _OFFSET.fullmatch(text)
    if found is None:
        return UTC
    if int(found[2]) > 23 or int(found[3]) > 59:
        raise Wrong("there is no such time.", "没有这个时间。")
    return _fixed(found)


def _fixed(found: re.Match[str]) -> tzinfo:
    away = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-away if found[1] == "-" else away)


def _moved(at: datetime, zone: tzinfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError as error:
        raise Wrong("there is no such time.", "没有这个时间。") from error


def _unread(form: str) -> Wrong:
    return Wrong(
        f"this is no time written like {form}; say how it is written in `format:`.",
        f"此时间的写法与 {form} 不符；请在 `format:` 中写明写法。",
    )


# ---- telling


def _told(read: Callable[[Tree], Instant | None]) -> Converter:
    def convert(value: Tree) -> Tree:
        found = read(value)
        return None if found is None else told(found)

    return convert


def _from_unix(form: str) -> Converter:
    """Whole numbers by the hour that they are in, told once; the rest one by one."""
    hours: dict[int, str] = {}
    slow = _told(reader(UTC, form))

    def convert(value: Tree) -> Tree:
        if value.__class__ is not int or not 0 <= value < _UNIX_MAX:
            return slow(value)
        assert isinstance(value, int)
        seconds, milliseconds = (value, 0) if form == UNIX else divmod(value, 1_000)
        hour, rest = divmod(seconds, 3_600)
        head = hours.get(hour) or _told_hour(hours, hour)
        minute, second = divmod(rest, 60)
        fraction = f".{milliseconds:03}".rstrip("0") if milliseconds else ""
        return f"{head}:{minute:02}:{second:02}{fraction}Z"

    return convert


def _told_hour(hours: dict[int, str], hour: int) -> str:
    if len(hours) >= _CACHED_MAX:
        hours.clear()
    hours[hour] = head = datetime.fromtimestamp(hour * 3_600, UTC).isoformat()[:13]
    return head


_TAILS: dict[str, str] = {}  # ":11:12" -> ":11:12Z", at most 3,600 of them, each once seen


def _cached(read: Callable[[Tree], Instant | None], zone: tzinfo | None) -> Converter:
    """What `read` tells, remembered by the hour that a text begins with: `2024-01-02 10` is `2024-01-02T02` in UTC.

    `offsets`: by what follows the seconds (nothing, `Z`, `+08:00`), those hours in which the offset stays one of whole
    hours. Converting is most of what a map costs (facts/adapters.md §5).
    """
    local: dict[str, str] = {}
    offsets: dict[str, dict[str, str]] = {}
    tails = _TAILS
    slow = _told(read)

    def convert(value: Tree) -> Tree:
        if value.__class__ is not str:
            return slow(value)
        head, tail = local.get(value[:13]), tails.get(value[13:])
        if head and tail:
            return head + tail
        heads, tail = offsets.get(value[19:]), tails.get(value[13:19])
        head = heads.get(value[:13]) if heads else None
        if head and tail:
            return head + tail
        _learn(local, offsets, value, zone)
        return slow(value)

    return convert


def _learn(local: dict[str, str], offsets: dict[str, dict[str, str]], text: str, zone: tzinfo | None) -> None:
    found = _ISO.fullmatch(text)
    if found is None or found[6] is None or found[7] is not None or text[10] not in "T ":
        return
    try:
        head = _whole_hour(text[:10].replace("/", "-"), int(found[4]), _offset(found[8]) if found[8] else zone)
    except (Wrong, ValueError, OverflowError):
        return
    if head is None or int(found[5]) > 59 or int(found[6]) > 59:
        return
    if len(offsets) >= _OFFSETS_MAX:
        offsets.clear()
    heads = offsets.setdefault(text[19:], {}) if text[19:] else local
    if len(heads) >= _CACHED_MAX:
        heads.clear()
    heads[text[:13]] = head
    _TAILS[text[13:19]] = f"{text[13:19]}Z"


def _whole_hour(day: str, hour: int, zone: tzinfo | None) -> str | None:
    """The hour in UTC in which all of this hour lies; None where it lies in two, or there is no zone."""
    if zone is None:
        return None
    begin = datetime.fromisoformat(day).replace(hour=hour, tzinfo=zone)
    end = begin.replace(minute=59, second=59)
    if begin.utcoffset() != end.utcoffset() or (begin.utcoffset() or timedelta()) % _HOUR:
        return None
    return begin.astimezone(UTC).replace(tzinfo=None).isoformat()[:13]
