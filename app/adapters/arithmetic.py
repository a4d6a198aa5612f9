"""Numbers of documents: read, reckoned with and compared, never in binary fractions. Pure.

A text that writes a number counts as that number where a number is needed or stands on the other side: systems send
`"2"` as often as `2`. Numbers have at most 60 digits before the point, so that no input makes one that fills memory.
"""

import re
from collections.abc import Callable
from decimal import Context, Decimal, DecimalException

from app.adapters.formats.tree import Tree
from app.adapters.values import Wrong, as_list, expected

Number = int | Decimal

_DIGITS_MAX = 60
_BOUND = 10**_DIGITS_MAX
EXACT = Context(prec=_DIGITS_MAX)
_QUOTIENT = Context(prec=28)  # as many as Decimal has by itself: a third needs an end
_CHARACTERS_MAX = 80
_WRITTEN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")


def number(value: Tree) -> Number | None:
    """The number that a value is or writes, null for null. Raises `Wrong`."""
    if value is None:
        return None
    found = _number(value)
    if found is None:
        raise expected(value, "a number", "数字")
    return found


def written_number(text: str) -> Number | None:
    """The number that a text writes, or None: `12`, `-3.50`, `1e3`, with blanks around it."""
    text = text.strip() if len(text) <= _CHARACTERS_MAX else ""
    if _WRITTEN.fullmatch(text) is None:
        return None
    return _bounded(int(text) if text.lstrip("+-").isdigit() else Decimal(text))


def text_of(value: Number) -> str:
    """A number as text, without an exponent."""
    if isinstance(value, int):
        return str(_bounded(value))
    text = str(value)
    if value.is_finite() and "E" not in text:
        return text
    if not value.is_finite() or abs(int(str(value.as_tuple().exponent))) > _DIGITS_MAX:
        raise _too_large()
    return format(value, "f")


def add(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return _bounded(left + right)
    return _bounded(EXACT.add(left, right))


def subtract(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return _bounded(left - right)
    return _bounded(EXACT.subtract(left, right))


def multiply(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return _bounded(left * right)
    return _bounded(EXACT.multiply(left, right))


def divide(left: Number, right: Number) -> Number:
    """A `Decimal` of at most 28 digits, always. Raises `Wrong`."""
    if right == 0:
        raise Wrong("this divides by zero.", "除数为零。")
    try:
        return _bounded(_QUOTIENT.divide(left, right))
    except DecimalException as error:
        raise _too_large() from error


def remainder(left: Number, right: Number) -> Number:
    """With the sign of the divisor, so that `hash % 7` is never negative. Raises `Wrong`."""
    if right == 0:
        raise Wrong("this divides by zero.", "除数为零。")
    if isinstance(left, int) and isinstance(right, int):
        return left % right
    try:
        rest = EXACT.remainder(left, right)
    except DecimalException as error:
        raise _too_large() from error
    return EXACT.add(rest, right) if rest and (rest < 0) != (right < 0) else rest


OPERATORS: dict[str, Callable[[Number, Number], Number]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
}


def equal(left: Tree, right: Tree) -> bool:
    """Whether both are the same value: numbers by what they count, true is no 1, null is only null."""
    if left.__class__ is right.__class__:
        return left == right
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, str) and isinstance(right, int | Decimal):
        return _written_as(left, right)
    if isinstance(right, str) and isinstance(left, int | Decimal):
        return _written_as(right, left)
    return left == right


def among(value: Tree, members: Tree | tuple[Tree, ...]) -> bool:
    """Whether a list holds the value. Raises `Wrong` where it is no list."""
    return any(equal(value, member) for member in (members if isinstance(members, tuple) else as_list(members)))


def less(left: Tree, right: Tree) -> bool:
    return (order := compared(left, right)) is not None and order < 0


def at_most(left: Tree, right: Tree) -> bool:
    return (order := compared(left, right)) is not None and order <= 0


def more(left: Tree, right: Tree) -> bool:
    return (order := compared(left, right)) is not None and order > 0


def at_least(left: Tree, right: Tree) -> bool:
    return (order := compared(left, right)) is not None and order >= 0


ORDERS: dict[str, Callable[[Tree, Tree], bool]] = {"<": less, "<=": at_most, ">": more, ">=": at_least}


def compared(left: Tree, right: Tree) -> int | None:
    """-1, 0 or 1: two texts by their characters, else as numbers. None beside null. Raises `Wrong`."""
    if left is None or right is None:
        return None
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    one, other = number(left), number(right)
    assert one is not None
    assert other is not None
    return (one > other) - (one < other)


def _number(value: Tree) -> Number | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return _bounded(value)
    if isinstance(value, Decimal):
        return _bounded(value) if value.is_finite() else None
    return written_number(value) if isinstance(value, str) else None


def _written_as(text: str, value: Number) -> bool:
    try:
        return written_number(text) == value
    except Wrong:
        return False


def _bounded(value: Number) -> Number:
    if -_BOUND < value < _BOUND:
        return value
    raise _too_large()


def _too_large() -> Wrong:
    return Wrong(f"this number has more than {_DIGITS_MAX} digits.", f"此数字超过 {_DIGITS_MAX} 位。")
