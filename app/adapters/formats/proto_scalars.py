"""Single values of ProtoBuf, as they stand in messages and in trees. Pure.

Each function is for what the generated code does not do in passing; `Wrong` says what does not fit, its place is found
afterwards (`proto_faults`).
"""

import base64
import binascii
import re
from decimal import Decimal
from typing import Any

from app.adapters.formats.proto_values import rounded, shortest

_WHOLE = re.compile(r"-?[0-9]{1,20}")
_NAMES = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
FLAGS = {"true": True, "false": False}
FLAG_TEXTS = {True: "true", False: "false"}
_DIGITS_OF_WHOLE = 20
_DIGITS_MAX = 400  # of a number that becomes a `double`, which has at most 309 before its point


class Wrong(Exception):
    """What stands somewhere in a message or in a tree does not fit."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


def kind_of(value: Any) -> str:
    """What a person calls it."""
    return {
        bool: "true or false", int: "a whole number", Decimal: "a number", str: "text", bytes: "bytes", list: "a list",
        dict: "an object",
    }.get(type(value), "nothing")  # fmt: skip


def unfit(value: Any, en: str, zh: str) -> Wrong:
    """`en`, `zh`: what is needed."""
    return Wrong(f"{en} is needed, and {kind_of(value)} stands here. Correct the map.", f"此处需要{zh}。请更正映射。")


# --- out of a message -----------------------------------------------------------------------------------------------


def decimal_of(value: float) -> Decimal | str:
    """A `double`: as many digits as tell it from its neighbours; `NaN`, `Infinity` as JSON's mapping names them."""
    if value - value == 0.0:
        return Decimal(repr(value))
    return _name_of(value)


def decimal_of_single(value: float) -> Decimal | str:
    """A `float`, of 32 bits."""
    return shortest(value) if value - value == 0.0 else _name_of(value)


def _name_of(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


# --- into a message -------------------------------------------------------------------------------------------------


def text(value: Any) -> str:
    raise unfit(value, "text", "文本")


def flag(value: Any) -> bool:
    raise unfit(value, "true or false", "布尔值（true 或 false）")


def whole(value: Any) -> int:
    """Also of digits in a text, and of a decimal without a fraction."""
    if value.__class__ is int:
        return int(value)
    if value.__class__ is str and _WHOLE.fullmatch(value):
        return int(value)
    if value.__class__ is Decimal and value.is_finite() and (not value or -1 < value.adjusted() < _DIGITS_OF_WHOLE):
        near = int(value)
        if value == near:
            return near
    raise unfit(value, "a whole number", "整数")


def octets(value: Any) -> bytes:
    """Also of base64, plain or for URLs, as JSON's mapping has bytes."""
    if value.__class__ is bytes:
        return bytes(value)
    if value.__class__ is str:
        try:
            plain = value.translate(_URL_SAFE)
            return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except (binascii.Error, ValueError):
            pass
    raise unfit(value, "base64 text", " Base64 文本")


_URL_SAFE = str.maketrans("-_", "+/")


def number(value: Any) -> float:
    """A `double`, of a number or of one in a text."""
    if value.__class__ is str and value in _NAMES:
        return _NAMES[value]
    if value.__class__ is str and len(value) <= _DIGITS_MAX:
        try:
            value = Decimal(value)
        except ArithmeticError:
            raise unfit(value, "a number", "数字") from None
    if value.__class__ in (int, Decimal):
        try:
            found = float(value)
        except (OverflowError, ValueError):
            found = float("inf")
        if found - found == 0.0:
            return found
        raise Wrong("this number is too large for its field. Correct the map.", "该数字超出字段范围。请更正映射。")
    raise unfit(value, "a number", "数字")


def single(value: Any) -> float:
    """A `float`, of 32 bits."""
    found = number(value)
    if found - found == 0.0 and (near := rounded(found)) - near != 0.0:
        raise Wrong("this number is too large for its field. Correct the map.", "该数字超出字段范围。请更正映射。")
    return found


def key_of_flag(key: str) -> bool:
    if key in FLAGS:
        return FLAGS[key]
    raise Wrong("keys here are true and false. Correct the map.", "此处的键只能是 true 和 false。请更正映射。")


def key_of_whole(key: str) -> int:
    if _WHOLE.fullmatch(key):
        return int(key)
    raise Wrong("keys here are whole numbers. Correct the map.", "此处的键须为整数。请更正映射。")
