"""What formats without nesting hold: texts by name."""

from base64 import b64encode
from decimal import Decimal

from app.adapters.errors import BadDocument
from app.adapters.formats.paths import Steps, written
from app.adapters.formats.tree import DIGITS_MAX, Tree

_INTEGERS_END = 10**4_300  # which Python writes no more


def scalar(value: Tree) -> str | None:
    """A value as a text: fractions are written out, bytes are base64. None for what is none (null, lists, objects)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < _INTEGERS_END:
        return str(value)
    if isinstance(value, Decimal):
        return _fraction(value)
    return b64encode(value).decode() if isinstance(value, bytes) else None


def _fraction(value: Decimal) -> str | None:
    """Without an exponent; None for what is no number, or would be endless digits."""
    text = str(value)
    if "E" not in text and text[-1].isdigit():
        return text
    return f"{value:f}" if value.is_finite() and abs(value.adjusted()) <= DIGITS_MAX else None


def text(value: Tree, steps: Steps) -> str:
    """The same, null an empty one; raises `BadDocument` (flat) for the rest."""
    if value is None:
        return ""
    found = scalar(value)
    if found is None:
        raise unfit(steps)
    return found


def unfit(steps: Steps) -> BadDocument:
    return BadDocument(
        "flat", written(steps),
        "This format holds one text for each name, no lists or objects within. Map this field to texts, or send JSON.",
        "该格式每个名称只能对应一个文本，不能包含嵌套。请将该字段映射为文本，或改用 JSON。",
    )  # fmt: skip
