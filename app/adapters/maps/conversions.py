"""What a map makes of a value: `as: text, int, decimal, bool, money, time, date, json`. Pure.

An empty text is null for all but text: systems send `""` for a time that has not come.
"""

import base64
from decimal import Decimal

import msgspec
from msgspec import Struct

from app.adapters.formats.tree import DEPTH_MAX, Tree
from app.adapters.maps.arithmetic import EXACT, Number, number, text_of
from app.adapters.maps.paths import Misread, suggestion
from app.adapters.maps.times import (
    UNIX,
    UNIX_MS,
    date_converter,
    time_converter,
    time_writer,
    unix_ms_of,
    unix_of,
    zone_of,
)
from app.adapters.maps.values import Converter, Wrong, expected

KINDS = ("text", "int", "decimal", "bool", "money", "time", "date", "json")
UNITS = {  # name -> (how many digits the amount is shifted by, how many it has after the point)
    "yuan": (0, 2), "dollar": (0, 2), "euro": (0, 2), "major": (0, 2), "yen": (0, 0), "won": (0, 0),
    "jiao": (1, 2), "cents": (2, 2), "fen": (2, 2), "minor": (2, 2), "mills": (3, 3), "micros": (6, 2),
}  # fmt: skip
_UNIT_DIGITS_MAX = 9
_SHORT = 18  # digits, that are read and written without much ado
_SHORT_MAX = 10**_SHORT
_TRUE = frozenset({"true", "1", "yes", "y", "on", "是"})
_FALSE = frozenset({"false", "0", "no", "n", "off", "否"})
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class As(Struct, frozen=True, tag=True):
    """`unit` of money (a name of `UNITS`, or how many digits the amount is shifted by); `zone`, `format` of times."""

    kind: str
    unit: str | int = "major"
    zone: str = ""
    format: str = ""


def converter(wanted: As) -> Converter:
    """What converts so; null stays null. Raises `Misread` where the zone, the format or the unit cannot be."""
    zone = zone_of(wanted.zone) if wanted.zone else None
    if wanted.kind == "time":
        return time_converter(zone, wanted.format)
    if wanted.kind == "date":
        return date_converter(zone, wanted.format)
    if wanted.kind == "text" and (wanted.zone or wanted.format):
        return time_writer(zone, wanted.format)
    if wanted.kind == "int" and wanted.format:
        return _unix(wanted.format)
    if wanted.kind == "money":
        return money(wanted.unit)
    return _SIMPLE[wanted.kind]


def to_text(value: Tree) -> Tree:
    """Numbers in digits, true and false by name, bytes in Base64."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return text_of(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise expected(value, "a single value (or say `as: json`)", "单个值（或使用 `as: json`）")


def to_int(value: Tree) -> Tree:
    """A whole number; `2.00` is one, `2.5` is none."""
    if value.__class__ is str and value.isdigit() and value.isascii() and len(value) <= _SHORT:
        return int(value)
    if value == "" or value is None:
        return None
    found = number(value)
    if isinstance(found, Decimal):
        if found != found.to_integral_value():
            raise Wrong("this is no whole number; say `as: decimal`.", "这不是整数；请使用 `as: decimal`。")
        return int(found)
    return found


def to_decimal(value: Tree) -> Tree:
    if value == "" or value is None:
        return None
    found = number(value)
    return Decimal(found) if isinstance(found, int) else found


def to_bool(value: Tree) -> Tree:
    """true, 1, "yes", "on", "是" and their opposites."""
    if isinstance(value, bool) or value is None:
        return value
    said = to_text(value) if not isinstance(value, bytes | list | dict) else None
    word = said.strip().lower() if isinstance(said, str) and len(said) <= 16 else "-"
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if not word:
        return None
    raise expected(value, "true or false (or 1, 0, yes, no)", "布尔值（或 1、0、是、否）")


def to_json(value: Tree) -> Tree:
    """What a text of JSON holds; anything else as a text of JSON."""
    if not isinstance(value, str):
        return None if value is None else json_of(value)
    if not value.strip():
        return None
    try:
        found: Tree = _DECODER.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Wrong("this text is no JSON.", "此文本不是 JSON。") from error
    if _depth(found, DEPTH_MAX + 1) > DEPTH_MAX:
        raise Wrong(f"this JSON is more than {DEPTH_MAX} deep.", f"此 JSON 超过 {DEPTH_MAX} 层。")
    return found


def json_of(value: Tree) -> str:
    """A value as a text of JSON, compact, in the order that it has. Raises `Wrong`."""
    try:
        return _ENCODER.encode(value).decode()
    except (ValueError, RecursionError) as error:  # half a character, thousands of digits, thousands of levels
        raise Wrong("this cannot be written as JSON.", "此值无法写成 JSON。") from error


def money(unit: str | int) -> Converter:
    """An exact amount as a text, with at least as many digits after the point as its unit has. Raises `Misread`."""
    shift, places = _unit(unit)

    is_major, is_minor = (shift, places) == (0, 2), (shift, places) == (2, 2)

    def convert(value: Tree) -> Tree:
        if is_major and value.__class__ is str:
            if _is_plain(value):
                return value
        elif is_major and value.__class__ is Decimal:
            text = str(value)
            if text[-3:-2] == "." and text != "-0.00":  # what has an exponent has no point there
                return text
        elif is_minor and value.__class__ is int and 0 <= value < _SHORT_MAX:
            return f"{value // 100}.{value % 100:02}"
        if value is None or value == "":
            return None
        amount = number(value)
        assert amount is not None
        return _amount(amount, shift, places)

    return convert


def _is_plain(text: str) -> bool:
    """Written as amounts are told, `39.99`. Calls of text cost less than a pattern."""
    if text[-3:-2] != "." or not text.isascii() or not text.replace(".", "", 1).isdigit() or len(text) > _SHORT:
        return False
    return text[0] != "0" or len(text) == len("0.00")


def _amount(amount: Number, shift: int, places: int) -> str:
    exact = Decimal(amount).scaleb(-shift, EXACT)
    digits = text_of(exact)
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    sign = "-" if whole.startswith("-") and exact else ""
    return f"{sign}{whole.lstrip('-')}.{fraction}" if fraction else f"{sign}{whole.lstrip('-')}"


def _unit(unit: str | int) -> tuple[int, int]:
    if isinstance(unit, int) and not isinstance(unit, bool) and 0 <= unit <= _UNIT_DIGITS_MAX:
        return unit, unit
    if isinstance(unit, str) and unit in UNITS:
        return UNITS[unit]
    en, zh = suggestion(str(unit), UNITS)
    raise Misread(
        1,
        f"“{unit}” is no unit of money. {en} Or the number of digits, 0 to {_UNIT_DIGITS_MAX}.",
        f"“{unit}”不是金额单位。{zh}也可写小数位数 0 至 {_UNIT_DIGITS_MAX}。",
    )


def _unix(form: str) -> Converter:
    if form in (UNIX, UNIX_MS):
        return unix_of if form == UNIX else unix_ms_of
    raise Misread(
        1,
        f"“{form}” gives no number; `as: int` takes the formats unix and unix_ms.",
        f"“{form}”不能得到数字；`as: int` 可用 unix 和 unix_ms。",
    )


def _depth(value: Tree, most: int) -> int:
    if most == 0 or not isinstance(value, list | dict):
        return 0
    members = value if isinstance(value, list) else list(value.values())
    return 1 + max((_depth(member, most - 1) for member in members), default=0)


_SIMPLE: dict[str, Converter] = {
    "text": to_text, "int": to_int, "decimal": to_decimal, "bool": to_bool, "json": to_json,
}  # fmt: skip
