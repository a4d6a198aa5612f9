"""The well-known types of ProtoBuf as its JSON mapping has them (protobuf.dev/programming-guides/json). Pure.

A Timestamp is RFC 3339 text in UTC, a Duration `3.5s`, Struct, Value and ListValue are what they hold, wrappers their
value. A FieldMask stays a message whose `paths` are named as in the `.proto` text, as fields are in our trees.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.adapters.formats.proto_scalars import Wrong, number, unfit
from app.adapters.formats.tree import DEPTH_MAX, Tree

TIMESTAMP, DURATION = "google.protobuf.Timestamp", "google.protobuf.Duration"
STRUCT, VALUE, LIST = "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"
ANY, NULL = "google.protobuf.Any", "google.protobuf.NullValue"
# The fields that a type of such a name must have: a descriptor that came from elsewhere may call anything so.
FIELDS: Mapping[str, tuple[str, ...]] = {
    TIMESTAMP: ("int64 seconds", "int32 nanos"),
    DURATION: ("int64 seconds", "int32 nanos"),
    STRUCT: ("map fields",),
    VALUE: (
        "enum null_value", "double number_value", "string string_value", "bool bool_value", "message struct_value",
        "message list_value",
    ),
    LIST: ("repeated message values",),
    ANY: ("string type_url", "bytes value"),
    **{
        f"google.protobuf.{kind}Value": (f"{field} value",)
        for kind, field in (
            ("Double", "double"), ("Float", "float"), ("Int64", "int64"), ("UInt64", "uint64"), ("Int32", "int32"),
            ("UInt32", "uint32"), ("Bool", "bool"), ("String", "string"), ("Bytes", "bytes"),
        )
    },
}  # fmt: skip
WRAPPERS = frozenset(name for name, fields in FIELDS.items() if fields[0].endswith(" value") and len(fields) == 1)
DEEP = frozenset((STRUCT, VALUE, LIST, ANY))  # those that may hold themselves

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MIN, _SECONDS_MAX = -62_135_596_800, 253_402_300_799  # years 1 to 9999
_DURATION_MAX = 315_576_000_000
_NANOS = 1_000_000_000
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_SPAN = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s")
_EXACT = 2**53  # whole numbers below it are exact in a `double`


def time_of(message: Any) -> str:
    """A Timestamp's text: 0, 3, 6 or 9 digits of a second."""
    seconds, nanos = message.seconds, message.nanos
    if not _SECONDS_MIN <= seconds <= _SECONDS_MAX or not 0 <= nanos < _NANOS:
        raise Wrong(
            "this time is not in the years 1 to 9999. Ask the sender to correct it.",
            "该时间不在公元 1 至 9999 年之间。请联系发送方更正。",
        )
    return f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]}{_fraction(nanos)}Z"


def set_time(value: Any, message: Any) -> None:
    match = _TIME.fullmatch(value) if value.__class__ is str else None
    if match is None:
        raise unfit(value, "a time such as 2024-01-02T02:11:12Z", "形如 2024-01-02T02:11:12Z 的时间")
    day, clock, fraction, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
    except ValueError:
        raise unfit(value, "a time that there is", "有效的时间") from None
    seconds = (at - _EPOCH) // timedelta(seconds=1)
    if not _SECONDS_MIN <= seconds <= _SECONDS_MAX:
        raise unfit(value, "a time in the years 1 to 9999", "公元 1 至 9999 年之间的时间")
    message.seconds, message.nanos = seconds, _nanos(fraction)


def span_of(message: Any) -> str:
    """A Duration's text: `-1.500s`."""
    seconds, nanos = message.seconds, message.nanos
    if abs(seconds) > _DURATION_MAX or abs(nanos) >= _NANOS or (seconds * nanos) < 0:
        raise Wrong(
            "this duration is out of range. Ask the sender to correct it.",
            "该时长超出范围。请联系发送方更正。",
        )
    return f"{'-' if seconds < 0 or nanos < 0 else ''}{abs(seconds)}{_fraction(abs(nanos))}s"


def set_span(value: Any, message: Any) -> None:
    match = _SPAN.fullmatch(value) if value.__class__ is str else None
    if match is None or int(match[2]) > _DURATION_MAX:
        raise unfit(value, "a duration in seconds such as 3.5s", "形如 3.5s 的时长")
    sign = -1 if match[1] else 1
    message.seconds, message.nanos = sign * int(match[2]), sign * _nanos(match[3])


def _fraction(nanos: int) -> str:
    if not nanos:
        return ""
    digits = f"{nanos:09}"
    return f".{digits[:3] if digits.endswith('000000') else digits[:6] if digits.endswith('000') else digits}"


def _nanos(fraction: str | None) -> int:
    return int((fraction or "").ljust(9, "0"))


def struct_of(message: Any, depth: int, spend: Callable[[int], None]) -> dict[str, Tree]:
    fields = message.fields
    demand_depth(depth)
    spend(len(fields))
    return {key: value_of(fields[key], depth + 1, spend) for key in fields}


def list_of(message: Any, depth: int, spend: Callable[[int], None]) -> list[Tree]:
    values = message.values
    demand_depth(depth)
    spend(len(values))
    return [value_of(value, depth + 1, spend) for value in values]


def value_of(message: Any, depth: int, spend: Callable[[int], None]) -> Tree:
    match message.WhichOneof("kind"):
        case "string_value":
            return str(message.string_value)
        case "number_value":
            return _plain(message.number_value)
        case "bool_value":
            return bool(message.bool_value)
        case "struct_value":
            return struct_of(message.struct_value, depth, spend)
        case "list_value":
            return list_of(message.list_value, depth, spend)
    return None


def _plain(value: float) -> Tree:
    """A whole number where it is one: JSON has but one kind of number."""
    if value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if value - value == 0.0:
        return Decimal(repr(value))
    raise Wrong(
        "NaN and infinities are no values here. Ask the sender to correct it.",
        "此处不允许 NaN 或无穷大。请联系发送方更正。",
    )


def set_struct(value: Any, message: Any, depth: int) -> None:
    demand_depth(depth)
    if value.__class__ is not dict:
        raise unfit(value, "an object", "对象")
    fields = message.fields
    for key, one in value.items():
        set_value(one, fields[key], depth + 1)


def set_list(value: Any, message: Any, depth: int) -> None:
    demand_depth(depth)
    if value.__class__ is not list:
        raise unfit(value, "a list", "列表")
    for one in value:
        set_value(one, message.values.add(), depth + 1)


def set_value(value: Any, message: Any, depth: int) -> None:
    if value is None:
        message.null_value = 0
    elif value.__class__ is str:
        message.string_value = value
    elif value.__class__ is bool:
        message.bool_value = value
    elif value.__class__ in (int, Decimal):
        message.number_value = number(value)
    elif value.__class__ is dict:
        message.struct_value.SetInParent()
        set_struct(value, message.struct_value, depth)
    elif value.__class__ is list:
        message.list_value.SetInParent()
        set_list(value, message.list_value, depth)
    else:
        raise unfit(value, "what JSON can say", " JSON 能表示的值")


def demand_depth(depth: int, beneath: int = 0) -> None:
    """`depth`: of an object or list, 1 for the outermost; `beneath`: how far what hangs on it may surely go down."""
    if depth + beneath > DEPTH_MAX:
        raise Wrong(
            f"this is nested more than {DEPTH_MAX} deep. Ask the sender for flatter data.",
            f"嵌套超过 {DEPTH_MAX} 层。请联系发送方减少嵌套。",
        )
