"""Numbers of documents: read, reckoned with and compared, never in binary fractions. Pure.

A text that writes a number counts as that number where a number is needed or stands on the other side: systems send
`"2"` as often as `2`. Numbers have at most 60 digits before the point, so that no input makes one that fills memory.
"""

import re
from collections.abc import Callable
from decimal import Context, Decimal, DecimalException

from app.adapters.formats.tree import Tree
from app.adapters.maps.values import Wrong, as_list, expected

Number = int | Decimal

_DIGITS_MAX = 60
_BOUND = 10**_DIGITS_MAX
EXACT = Context(prec=_DIGITS_MAX)
_add, _subtract, _multiply = EXACT.add, EXACT.subtract, EXACT.multiply
_QUOTIENT = Context(prec=28)  # as many as Decimal has by itself: a third needs an end
_CHARACTERS_MAX = 80
_WRITTEN = re.compile(r"[+-]?(?:[0-9]+|(?=\.[0-9]))(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?")


def number(value: Tree) -> Number | None:
    """The number that a value is or writes, null for null. Raises `Wrong`."""
    if value.__class__ is str:
        if len(value) < _DIGITS_MAX and value.isascii():  # nearly all: three calls of text cost less than a pattern
            if value.isdigit():
                return int(value)
            if value.replace(".", "", 1).isdigit():
                return Decimal(value)
        found = written_number(value)
    elif value is None:
        return None
    elif isinstance(value, int) and value.__class__ is not bool:
        return _bounded_int(value)
    else:
        found = _bounded(value) if isinstance(value, Decimal) and value.is_finite() else None
    if found is None:
        raise expected(value, "a number", "数字")
    return found


def written_number(text: str) -> Number | None:
    """The number that a text writes, or None: `12`, `-3.50`, `1e3`, with blanks around it. Raises `Wrong`."""
    text = text.strip() if len(text) <= _CHARACTERS_MAX else ""
    found = _WRITTEN.fullmatch(text)
    return None if found is None else _bounded(Decimal(text) if found.lastindex else int(text))


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
    if left.__class__ is int and right.__class__ is int:
        return _bounded_int(left + right)
    return _bounded_decimal(_add(left, right))


def subtract(left: Number, right: Number) -> Number:
    if left.__class__ is int and right.__class__ is int:
        return _bounded_int(left - right)
    return _bounded_decimal(_subtract(left, right))


def multiply(left: Number, right: Number) -> Number:
    if left.__class__ is int and right.__class__ is int:
        return _bounded_int(left * right)
    return _bounded_decimal(_multiply(left, right))


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
    for member in members if isinstance(members, tuple) else as_list(members):  # noqa: SIM110 - half as dear as `any`
        if equal(value, member):
            return True
    return False


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
    if left.__class__ is int and right.__class__ is int:
        return (left > right) - (left < right)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    one, other = number(left), number(right)
    assert one is not None
    assert other is not None
    return (one > other) - (one < other)


def _written_as(text: str, value: Number) -> bool:
    try:
        return written_number(text) == value
    except Wrong:
        return False


def _bounded(value: Number) -> Number:
    return _bounded_int(value) if isinstance(value, int) else _bounded_decimal(value)


def _bounded_int(value: int) -> int:
    if -_BOUND < value < _BOUND:
        return value
    raise _too_large()


def _bounded_decimal(value: Decimal) -> Decimal:
    if value.adjusted() < _DIGITS_MAX:  # comparing with a whole number would convert that each time
        return value
    raise _too_large()


def _too_large() -> Wrong:
    return Wrong(f"this number has more than {_DIGITS_MAX} digits.", f"此数字超过 {_DIGITS_MAX} 位。")
