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

from app.adapters.arithmetic import number
from app.adapters.formats.tree import Tree
from app.adapters.paths import Misread, suggestion
from app.adapters.values import Converter, Wrong, expected

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
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HALVES = ("AM", "PM")
DIRECTIVES = {  # strptime's, and %L for milliseconds
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{1,2}", "d": "[0-9]{1,2}", "H": "[0-9]{1,2}", "I": "[0-9]{1,2}",
    "M": "[0-9]{1,2}", "S": "[0-9]{1,2}", "f": "[0-9]{1,9}", "L": "[0-9]{3}", "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
    "b": "|".join(_MONTHS), "B": "|".join(_LONG_MONTHS), "a": "|".join(_DAYS), "p": "[AaPp][Mm]",
}  # fmt: skip


class Instant(Struct, frozen=True):
    """A moment: whole seconds with the offset that it was written in, and the digits of the fraction."""

    at: datetime
    fraction: str = ""


class Layout(Struct, frozen=True):
    """A way to write times, `%Y-%m-%d %H:%M:%S`: pieces of text and directives, and what reads them."""

    pieces: tuple[str, ...]  # a directive is its letter after a `%`
    reads: re.Pattern[str]
    names: tuple[str, ...]


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


def layout_of(text: str, *, reads_whole_day: bool = True) -> Layout:
    """The layout that a format says. Raises `Misread`. To be read, a format has to hold year, month and day."""
    pieces = tuple(re.findall(r"%.?|[^%]+", text, re.DOTALL))
    names: list[str] = []
    pattern, column = "", 1
    for piece in pieces:
        if piece == "%%" or not piece.startswith("%"):
            pattern += re.escape(piece.replace("%%", "%"))
        elif piece[1:] in DIRECTIVES and piece[1:] not in names:
            names.append(piece[1:])
            pattern += f"({DIRECTIVES[piece[1:]]})"
        else:
            raise _unknown_directive(piece, column, piece[1:] in names)
        column += len(piece)
    if reads_whole_day and not ({"Y", "y"} & {*names} and {"m", "b", "B"} & {*names} and "d" in names):
        raise Misread(
            1,
            f"“{text}” tells no whole day: %Y, %m and %d are needed. Or “unix”, “unix_ms” for numbers.",
            f"“{text}”不足以表示日期：需要 %Y、%m、%d；数字请用“unix”或“unix_ms”。",
        )
    return Layout(pieces, re.compile(pattern), tuple(names))


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
        return _laid_out(Instant(_moved(found.at, zone or UTC), found.fraction), layout)

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
    if (found := layout.reads.fullmatch(text)) is None:
        raise _unread("".join(layout.pieces))
    given = dict(zip(layout.names, found.groups(), strict=True))
    year = int(given["Y"]) if "Y" in given else _full_year(int(given["y"]))
    parts = (year, _month(given), int(given["d"]), _hour(given), int(given.get("M", 0)), int(given.get("S", 0)))
    return _instant(parts, given.get("f") or given.get("L") or "", given.get("z"), zone)


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


def _instant(
    parts: tuple[int, int, int, int, int, int], fraction: str, offset: str | None, zone: tzinfo | None
) -> Instant:
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


def _full_year(year: int) -> int:
    return year + (2000 if year < 69 else 1900)  # as POSIX has it


def _month(given: dict[str, str]) -> int:
    if "m" in given:
        return int(given["m"])
    return _MONTHS.index(given["b"]) + 1 if "b" in given else _LONG_MONTHS.index(given["B"]) + 1


def _hour(given: dict[str, str]) -> int:
    if "I" not in given:
        return int(given.get("H", 0))
    hour = int(given["I"])
    if not 1 <= hour <= 12:
        raise Wrong("there is no such time.", "没有这个时间。")
    return hour % 12 + (12 if given.get("p", "AM").upper() == "PM" else 0)


def _unread(form: str) -> Wrong:
    return Wrong(
        f"this is no time written like {form}; say how it is written in `format:`.",
        f"此时间的写法与 {form} 不符；请在 `format:` 中写明写法。",
    )


def _unknown_directive(piece: str, column: int, twice: bool) -> Misread:
    allowed = " ".join(f"%{one}" for one in DIRECTIVES)
    if twice:
        return Misread(column, f"“{piece}” stands here twice.", f"“{piece}”重复出现。")
    return Misread(column, f"“{piece}” is not known. Allowed: {allowed} %%.", f"不支持“{piece}”。可用：{allowed} %%。")


# ---- telling


def _laid_out(instant: Instant, layout: Layout) -> str:
    at = instant.at
    offset = int((at.utcoffset() or timedelta()) // timedelta(minutes=1))
    away = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}{abs(offset) % 60:02}"
    values = {
        "Y": f"{at.year:04}", "y": f"{at.year % 100:02}", "m": f"{at.month:02}", "d": f"{at.day:02}",
        "H": f"{at.hour:02}", "I": f"{(at.hour - 1) % 12 + 1:02}", "M": f"{at.minute:02}", "S": f"{at.second:02}",
        "f": f"{instant.fraction:0<6}"[:6], "L": f"{instant.fraction:0<3}"[:3], "z": away,
        "b": _MONTHS[at.month - 1], "B": _LONG_MONTHS[at.month - 1], "a": _DAYS[at.weekday()],
        "p": _HALVES[at.hour >= 12], "%": "%",
    }  # fmt: skip
    return "".join(values[piece[1:]] if piece.startswith("%") else piece for piece in layout.pieces)


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
    offsets: dict[str, dict[str, str]] = {}
    slow = _told(read)

    def convert(value: Tree) -> Tree:
        if value.__class__ is str:
            heads = offsets.get(value[19:])
            if heads is not None:
                head = heads.get(value[:13])
                tail = _TAILS.get(value[13:19])
                if head is not None and tail is not None:
                    return head + tail
            _learn(offsets, value, zone)
        return slow(value)

    return convert


def _learn(offsets: dict[str, dict[str, str]], text: str, zone: tzinfo | None) -> None:
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
    heads = offsets.setdefault(text[19:], {})
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
