"""Ways to write times, `%Y-%m-%d %H:%M:%S`: strptime's letters, with `%L` for milliseconds, in English always. Pure."""

import re
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct

from app.adapters.maps.paths import Misread
from app.adapters.maps.values import Wrong

Parts: TypeAlias = tuple[int, int, int, int, int, int]  # year, month, day, hour, minute, second

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HALVES = ("AM", "PM")
DIRECTIVES = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{1,2}", "d": "[0-9]{1,2}", "H": "[0-9]{1,2}", "I": "[0-9]{1,2}",
    "M": "[0-9]{1,2}", "S": "[0-9]{1,2}", "f": "[0-9]{1,9}", "L": "[0-9]{3}", "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
    "b": "|".join(_MONTHS), "B": "|".join(_LONG_MONTHS), "a": "|".join(_DAYS), "p": "[AaPp][Mm]",
}  # fmt: skip


class Layout(Struct, frozen=True):
    """A way to write times, `%Y-%m-%d %H:%M:%S`: pieces of text and directives, and what reads them."""

    pieces: tuple[str, ...]  # a directive is its letter after a `%`
    reads: re.Pattern[str]
    names: tuple[str, ...]


class Written(Struct, frozen=True):
    """A time as its text says it: `fraction` in digits, `offset` where there is one."""

    parts: Parts
    fraction: str
    offset: str | None


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


def read_by(layout: Layout, text: str) -> Written | None:
    """What a text written so says; None where it is not. Raises `Wrong` for an hour that no clock shows."""
    found = layout.reads.fullmatch(text)
    if found is None:
        return None
    given = dict(zip(layout.names, found.groups(), strict=True))
    year = int(given["Y"]) if "Y" in given else _full_year(int(given["y"]))
    minute, second = int(given.get("M", 0)), int(given.get("S", 0))
    parts = (year, _month(given), int(given["d"]), _hour(given), minute, second)
    return Written(parts, given.get("f") or given.get("L") or "", given.get("z"))


def laid_out(at: datetime, fraction: str, layout: Layout) -> str:
    """A moment as the layout writes it, in the zone that `at` is in; `fraction` are the digits below a second."""
    offset = int((at.utcoffset() or timedelta()) // timedelta(minutes=1))
    away = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}{abs(offset) % 60:02}"
    values = {
        "Y": f"{at.year:04}", "y": f"{at.year % 100:02}", "m": f"{at.month:02}", "d": f"{at.day:02}",
        "H": f"{at.hour:02}", "I": f"{(at.hour - 1) % 12 + 1:02}", "M": f"{at.minute:02}", "S": f"{at.second:02}",
        "f": f"{fraction:0<6}"[:6], "L": f"{fraction:0<3}"[:3], "z": away,
        "b": _MONTHS[at.month - 1], "B": _LONG_MONTHS[at.month - 1], "a": _DAYS[at.weekday()],
        "p": _HALVES[at.hour >= 12], "%": "%",
    }  # fmt: skip
    return "".join(values[piece[1:]] if piece.startswith("%") else piece for piece in layout.pieces)


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


def _unknown_directive(piece: str, column: int, twice: bool) -> Misread:
    allowed = " ".join(f"%{one}" for one in DIRECTIVES)
    if twice:
        return Misread(column, f"“{piece}” stands here twice.", f"“{piece}”重复出现。")
    return Misread(column, f"“{piece}” is not known. Allowed: {allowed} %%.", f"不支持“{piece}”。可用：{allowed} %%。")
