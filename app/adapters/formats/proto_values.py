"""Values in a `.proto` text: of options, set on the messages that `descriptor.proto` has for them, and of defaults."""

import struct
from decimal import Decimal
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FieldOptions
from google.protobuf.message import Message
from msgspec import Struct

from app.adapters.errors import BadSpec, Mark

_Type = FieldDescriptorProto
_INTEGERS = {
    **dict.fromkeys((_Type.TYPE_INT32, _Type.TYPE_SINT32, _Type.TYPE_SFIXED32), (-(2**31), 2**31 - 1)),
    **dict.fromkeys((_Type.TYPE_INT64, _Type.TYPE_SINT64, _Type.TYPE_SFIXED64), (-(2**63), 2**63 - 1)),
    **dict.fromkeys((_Type.TYPE_UINT32, _Type.TYPE_FIXED32), (0, 2**32 - 1)),
    **dict.fromkeys((_Type.TYPE_UINT64, _Type.TYPE_FIXED64), (0, 2**64 - 1)),
}
_WORDS = {"true": True, "false": False}
_ESCAPES = {10: "\\n", 13: "\\r", 9: "\\t", 34: '\\"', 39: "\\'", 92: "\\\\"}


class Value(Struct, frozen=True):
    """`kind`: `word` (a name, `true`, `-inf`), `integer`, `float`, `string` (bytes), `aggregate` (read over)."""

    kind: str
    said: Any


def set_option(options: Message, name: str, value: Value, at: Mark, value_at: Mark) -> bool:
    """Keep it where `descriptor.proto` has a plain option of this name; whether it has. Raises `BadSpec`.

    Options for the text's own reader alone (`retention = RETENTION_SOURCE`) are read over, as protoc does.
    """
    field = options.DESCRIPTOR.fields_by_name.get(name)
    if field is None or field.type == field.TYPE_MESSAGE or name == "uninterpreted_option":
        return False
    if field.GetOptions().retention == FieldOptions.RETENTION_SOURCE:
        return False
    said = _option_value(field, value, value_at)
    if field.is_repeated:
        getattr(options, name).append(said)
        return True
    if options.HasField(name):
        raise BadSpec(at, f"the option {name} is set twice. Keep one.", f"选项 {name} 设置了两次。请只保留一个。")
    setattr(options, name, said)
    return True


def _option_value(field: Any, value: Value, at: Mark) -> Any:
    if field.type == field.TYPE_BOOL and value.kind == "word" and value.said in _WORDS:
        return _WORDS[value.said]
    if field.type == field.TYPE_ENUM and value.kind == "word" and field.enum_type is not None:
        known = field.enum_type.values_by_name
        if value.said in known:
            return known[value.said].number
        raise _wrong(at, ", ".join(known))
    if field.type == field.TYPE_STRING and value.kind == "string":
        return _decoded(value.said, at)
    if field.type == field.TYPE_BOOL:
        raise _wrong(at, "true, false")
    raise _wrong(at, "a string" if field.type == field.TYPE_STRING else "a name")


def default_text(kind: int, value: Value, at: Mark) -> str:
    """A field's default as `FieldDescriptorProto.default_value` has it; `kind` is its type, 0 for a named one."""
    said = value.said
    if kind in _INTEGERS:
        least, most = _INTEGERS[kind]  # type: ignore[index]
        if value.kind == "integer" and least <= said <= most:
            return str(said)
        raise _wrong(at, f"{least} … {most}")
    if kind in (_Type.TYPE_DOUBLE, _Type.TYPE_FLOAT):
        return _default_float(value, at, single=kind == _Type.TYPE_FLOAT)
    if kind == _Type.TYPE_BOOL:
        if value.kind == "word" and said in _WORDS:
            return str(said)
        raise _wrong(at, "true, false")
    if kind == _Type.TYPE_STRING and value.kind == "string":
        return _decoded(said, at)
    if kind == _Type.TYPE_BYTES and value.kind == "string":
        return escaped(said)
    if not kind and value.kind == "word":
        return str(said)
    raise _wrong(at, "a name" if not kind else "a string")


def _default_float(value: Value, at: Mark, *, single: bool) -> str:
    if value.kind == "word" and value.said in ("inf", "-inf", "nan", "-nan"):
        return "nan" if value.said == "-nan" else str(value.said)
    if value.kind not in ("integer", "float"):
        raise _wrong(at, "a number, inf, nan")
    return float_text(as_float(value.said), single=single)


def as_float(said: float) -> float:
    """The nearest there is; infinite beyond."""
    try:
        return float(said)
    except OverflowError:
        return float("inf") if said > 0 else float("-inf")


def float_text(value: float, *, single: bool) -> str:
    """The shortest of protoc's forms that reads back as the same number, of 32 bits where it is a `float`."""
    if single:
        value = rounded(value)
    for digits in (6, 9) if single else (15, 17):
        text = f"{value:.{digits}g}"
        if (rounded(float(text)) if single else float(text)) == value:
            break
    return text


def rounded(value: float) -> float:
    """To 32 bits."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def shortest(value: float) -> Decimal:
    """A `float` of 32 bits in as few digits as tell it from its neighbours: 0.1, not 0.10000000149011612."""
    for digits in (6, 7, 8):
        text = f"{value:.{digits}g}"
        if rounded(float(text)) == value:
            return Decimal(text)
    return Decimal(f"{value:.9g}")


def escaped(data: bytes) -> str:
    """As C writes bytes in a string, which is how descriptors keep defaults of bytes."""
    return "".join(_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data)


def _decoded(said: bytes, at: Mark) -> str:
    try:
        return said.decode()
    except UnicodeDecodeError:
        raise BadSpec(
            at, "this string is no UTF-8. Write the characters themselves.", "该字符串不是 UTF-8。请直接写字符。"
        ) from None


def _wrong(at: Mark, allowed: str) -> BadSpec:
    return BadSpec(at, f"this value does not fit. Allowed: {allowed}.", f"该值不适用。可用：{allowed}。")
