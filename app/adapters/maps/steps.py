"""Steps of a map that are more than a conversion: tables of values, texts put together. Compiled and traced alike."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from urllib.parse import quote

from app.adapters.formats.tree import Tree
from app.adapters.maps.arithmetic import text_of
from app.adapters.maps.conversions import to_text
from app.adapters.maps.rules import Enum, Scalar
from app.adapters.maps.values import Wrong, empty, expected, missing

UNKNOWN: Final = object()  # what a table gives for a value that it does not name
_KEY_DIGITS_MAX = 40


def enum_table(step: Enum) -> dict[object, Scalar]:
    """The table by text, and by number where a text writes one: systems send `"1"` as often as 1. An empty text that
    it does not name is null.
    """
    table: dict[object, Scalar] = {}
    for name, value in step.table.items():
        table[name] = value
        if len(name) <= _KEY_DIGITS_MAX and name.removeprefix("-").isdigit() and name.isascii():
            whole = int(name)
            if str(whole) == name:
                table[whole] = value
    table.setdefault("", None)
    return table


def looked_up(value: Tree, table: Mapping[object, Scalar]) -> object:
    """What the table has for a value, or `UNKNOWN`; null stays null. Raises `Wrong` for what is no single value."""
    if value is None:
        return None
    if isinstance(value, bool):
        return table.get("true" if value else "false", UNKNOWN)
    if isinstance(value, Decimal):
        exact = text_of(value)
        return table.get(exact.rstrip("0").rstrip(".") if "." in exact else exact, UNKNOWN)
    if isinstance(value, int | str):
        return table.get(value, UNKNOWN)
    raise expected(value, "a single value", "单个值")


def texts(value: Tree) -> list[str]:
    """The texts of a value or of a list of them, without empty ones. Raises `Wrong`."""
    if not isinstance(value, list):
        text = to_text(value)
        return [text] if isinstance(text, str) and text else []
    return [text for member in value for text in texts(to_text(member))]


def joined(parts: Sequence[str], between: str, characters_max: int) -> str | None:
    """One text; null of none. Raises `Wrong`."""
    text = between.join(parts)
    if len(text) > characters_max:
        raise Wrong(
            f"the text would have more than {characters_max} characters.", f"文本将超过 {characters_max} 个字符。"
        )
    return text or None


def inserted(value: Tree, encoded: bool) -> str:
    """A value as part of a longer text. Raises `Wrong` where there is none: half an address is no address."""
    text = "" if empty(value) else to_text(value)
    if not isinstance(text, str) or not text:
        missing()
    assert isinstance(text, str)
    return quote(text.encode("utf-8", "surrogatepass"), safe="") if encoded else text
