"""JSON (RFC 8259): whole documents, and a large list cut into its members without reading them.

Whole numbers keep all their digits, fractions are decimals, bytes go out as base64. Refused: NaN and infinities, what
is nested deeper than 64, half surrogate pairs, anything after the end.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow, Subnormal, Underflow
from typing import Any

import msgspec
from msgspec import Raw, Struct

from app.adapters.errors import BadDocument
from app.adapters.formats import charsets
from app.adapters.formats.depth import demand_shallow, too_deep
from app.adapters.formats.json_depth import is_shallow
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.paths import Steps, written
from app.adapters.formats.records import empty, too_large
from app.adapters.formats.tree import DIGITS_MAX, Tree

_AT_BYTE = re.compile(r"\(byte ([0-9]+)\)")
_NUMBER_RANGE = "out of range"
_BEYOND = Decimal(f"1E+{DIGITS_MAX + 1}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INTEGER_DIGITS_MAX = 4_300  # that Python writes or reads


class Split(Struct, frozen=True):
    """The members of a list, each as the bytes it came in, and what stood beside it by its path."""

    records: list[bytes]
    beside: Mapping[tuple[str, ...], Tree]


def decode(raw: bytes, options: Options = AS_IT_COMES) -> Tree:
    """Raises `BadDocument` (json_malformed with line and column, document_depth, document_bytes, document_values)."""
    raw = _text(raw, options)
    tree = decode_text(raw)
    if not is_shallow(raw):
        demand_shallow(tree)
    return tree


def encode(tree: Tree, options: Options = AS_IT_COMES) -> bytes:
    """In UTF-8, keys in their order; raises `BadDocument` for what JSON cannot hold, with its path."""
    try:
        raw = _ENCODER.encode(tree)
    except RecursionError:
        demand_shallow(tree)
        raise
    except UnicodeEncodeError as error:
        raise _unfit(_path_of(tree, _is_broken_text), "half a surrogate pair", "不成对的代理字符") from error
    except ValueError as error:
        raise _unfit(_path_of(tree, _is_huge), "a number of thousands of digits", "位数过多的数字") from error
    if not is_shallow(raw):
        demand_shallow(tree)
    if _may_be_no_number(raw) and (path := _path_of(tree, _is_no_number)) is not None:
        raise _unfit(path, "a number that is none (NaN, infinity)", "非数值（NaN、无穷大）")
    return raw if not options.charset else charsets.encoded(raw.decode(), options.charset)


def split(
    raw: bytes, path: tuple[str, ...], beside: tuple[tuple[str, ...], ...] = (), options: Options = AS_IT_COMES
) -> Split:
    """The list at a path as raw members, and the values at other paths; three times as fast as reading it all.

    What is no list is the one member; null or nothing there is none. Members are looked at only when they are decoded,
    so that one which is wrong does not lose the others; what is wrong around them raises as `decode` does.
    """
    raw = _text(raw, options)
    there = _Outline(raw)
    found = there.at(path)
    if found[:1] == b"[":
        records = [bytes(one) for one in _read(_MEMBERS, found)]
    else:
        records = [] if found in (b"", b"null") else [found]
    values = {one: decode_text(value) for one in beside if (value := there.at(one))}
    return Split(records, values)


def decode_text(raw: bytes, path: str = "") -> Tree:
    """UTF-8 without a mark, of whatever size and depth the interpreter bears: for who has looked at both.

    `path` is where in the document it stands.
    """
    tree: Tree = _read(_DECODER, raw, path)
    return tree


def _text(raw: bytes, options: Options) -> bytes:
    """The document in UTF-8, of a size that may be read."""
    if len(raw) > options.limits.adapter_document_bytes_max:
        raise too_large(options.limits.adapter_document_bytes_max)
    codec = charsets.charset(options.charset).reads if options.charset else charsets.by_bom(raw[:4]) or charsets.UTF8
    text = charsets.utf8(raw, codec)
    if not text or text.isspace():
        raise empty()
    demand_few(text, options.limits.adapter_document_values_max)
    return text


def demand_few(text: bytes, values_max: int, marks: bytes = b",{[") -> None:
    """By what stands between values, within texts too: an object of eight bytes takes two hundred in memory.

    Raises `BadDocument` (document_values).
    """
    if len(text) > values_max and sum(text.count(mark) for mark in marks) > values_max:
        raise BadDocument(
            "document_values", "",
            f"The document has more than {values_max} values. Ask for smaller pages.",
            f"文档包含超过 {values_max} 个值。请减小每页条数。",
        )  # fmt: skip


def _any_fraction(text: str) -> Decimal:
    """One whose exponent is beyond all bounds is too long as well."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return _BEYOND


def _is_long(value: Tree) -> bool:
    if not isinstance(value, Decimal):
        return False
    return len(value.as_tuple().digits) > DIGITS_MAX or not -DIGITS_MAX <= value.adjusted() <= DIGITS_MAX


class _Outline:
    """A document of which only the objects on the way to a path are read, each once."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw.strip()
        self._objects: dict[tuple[str, ...], Mapping[str, Raw]] = {}

    def at(self, path: tuple[str, ...]) -> bytes:
        """The bytes of the value there; none where nothing is."""
        if not path:
            return self._raw
        found = self._object(path[:-1]).get(path[-1])
        return b"" if found is None else bytes(found).strip()

    def _object(self, path: tuple[str, ...]) -> Mapping[str, Raw]:
        if path not in self._objects:
            raw = self.at(path)
            self._objects[path] = _read(_OBJECT, raw) if raw[:1] == b"{" else {}
        return self._objects[path]


def _read(decoder: "msgspec.json.Decoder[Any]", raw: bytes, path: str = "") -> Any:
    try:
        return decoder.decode(raw)
    except RecursionError as error:
        raise too_deep(path) from error
    except UnicodeDecodeError as error:
        raise charsets.wrong(charsets.UTF8, max(raw.find(error.object), 0) + error.start, path) from error
    except DecimalException as error:
        raise _number_too_long(path, _long_fraction(raw)) from error
    except msgspec.DecodeError as error:
        raise _malformed(raw, str(error), path) from error


def _malformed(raw: bytes, said: str, path: str) -> BadDocument:
    """What msgspec says of it: a place in bytes, a path where a number is too long, or that the end is missing."""
    if _NUMBER_RANGE in said:
        return _number_too_long(path, "")
    at_byte = _AT_BYTE.search(said)
    line, column = place(raw, int(at_byte[1]) if at_byte else len(raw))
    return BadDocument(
        "json_malformed", path,
        f"Near line {line}, column {column} this is no JSON. Ask the sender for valid JSON (RFC 8259).",
        f"第 {line} 行第 {column} 列附近不是有效的 JSON。请让发送方提供有效的 JSON（RFC 8259）。",
    )  # fmt: skip


def place(raw: bytes, at: int) -> tuple[int, int]:
    """Line and column of a byte, both from 1, the column in characters."""
    before = raw[:at]
    line_begins = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[line_begins:].decode(errors="replace")) + 1


def _number_too_long(path: str, within: str) -> BadDocument:
    return BadDocument(
        "number_digits", f"{path}.{within}" if path and within[:1] not in ("", "[") else path + within,
        f"A number here has more than {DIGITS_MAX} digits. Ask the sender for one that can be reckoned with.",
        f"此处的数字超过 {DIGITS_MAX} 位。请让发送方提供可计算的数字。",
    )  # fmt: skip


def _long_fraction(raw: bytes) -> str:
    """Where it stands: msgspec does not tell the keys on the way. Empty where more is wrong than that."""
    try:
        return _path_of(_ANY_FRACTION.decode(raw), _is_long) or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _unfit(path: str | None, en: str, zh: str) -> BadDocument:
    return BadDocument(
        "json_unfit", path or "",
        f"JSON cannot hold {en}. Map this field to something else, or leave it out.",
        f"JSON 无法表示{zh}。请将该字段映射为其他值或去掉。",
    )  # fmt: skip


def _path_of(tree: Tree, wrong: Callable[[Tree], bool]) -> str | None:
    """Where the first value stands of which this is true; None where there is none."""
    waiting: list[tuple[Steps, Tree]] = [((), tree)]
    while waiting:
        steps, node = waiting.pop()
        if isinstance(node, dict):
            waiting += [((*steps, key), one) for key, one in reversed(node.items())]
            waiting += [((*steps, key), key) for key in node]
        elif isinstance(node, list):
            waiting += [((*steps, index), one) for index, one in reversed(list(enumerate(node)))]
        elif wrong(node):
            return written(steps)
    return None


def _may_be_no_number(raw: bytes) -> bool:
    """A letter is looked for a dozen times as fast as a word."""
    return (b"N" in raw and b"NaN" in raw) or (b"I" in raw and b"Infinity" in raw)


def _is_no_number(value: Tree) -> bool:
    return isinstance(value, Decimal) and not value.is_finite()


def _is_huge(value: Tree) -> bool:
    return isinstance(value, int) and abs(value) >= 10**_INTEGER_DIGITS_MAX


def _is_broken_text(value: Tree) -> bool:
    return isinstance(value, str) and not value.isprintable() and bool(_SURROGATE.search(value))


# Decimals that are not rounded, of bounded length: what would be rounded, or is beyond, is refused.
_FRACTIONS = Context(
    prec=DIGITS_MAX,
    Emin=-DIGITS_MAX,
    Emax=DIGITS_MAX,
    traps=[InvalidOperation, Inexact, Overflow, Subnormal, Underflow],
)
_DECODER = msgspec.json.Decoder(float_hook=_FRACTIONS.create_decimal)
_ANY_FRACTION = msgspec.json.Decoder(float_hook=_any_fraction)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_MEMBERS = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
