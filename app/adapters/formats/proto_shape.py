"""What a message's fields are, as both the generated code and the search for a fault see them. Pure."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from msgspec import Struct

from app.adapters.formats.proto_known import FIELDS, NULL

_Field = FieldDescriptor
TEXT, BYTES, FLAG, WHOLE, DOUBLE, SINGLE, ENUM, MESSAGE = (
    "text", "bytes", "flag", "whole", "double", "single", "enum", "message",
)  # fmt: skip
_KINDS = {
    _Field.TYPE_STRING: TEXT, _Field.TYPE_BYTES: BYTES, _Field.TYPE_BOOL: FLAG, _Field.TYPE_DOUBLE: DOUBLE,
    _Field.TYPE_FLOAT: SINGLE, _Field.TYPE_ENUM: ENUM, _Field.TYPE_MESSAGE: MESSAGE, _Field.TYPE_GROUP: MESSAGE,
}  # fmt: skip
_WORDS = {
    _Field.TYPE_STRING: "string", _Field.TYPE_BYTES: "bytes", _Field.TYPE_BOOL: "bool", _Field.TYPE_DOUBLE: "double",
    _Field.TYPE_FLOAT: "float", _Field.TYPE_ENUM: "enum", _Field.TYPE_MESSAGE: "message", _Field.TYPE_INT64: "int64",
    _Field.TYPE_UINT64: "uint64", _Field.TYPE_INT32: "int32", _Field.TYPE_UINT32: "uint32",
}  # fmt: skip


class Value(Struct, frozen=True):
    """One value of a field, an element of a repeated one, or what a map's key leads to.

    `kind` is one of the names above; `known`: the full name of a well-known type that has a form of its own.
    """

    kind: str
    message: Any = None  # its Descriptor
    enum: Any = None  # its EnumDescriptor
    known: str = ""


class Field(Struct, frozen=True):
    """`key`: how trees name it; `name`: how the message does; `map_key`: the kind of a map's keys, empty for no map."""

    key: str
    name: str
    json: str
    value: Value
    descriptor: Any
    repeated: bool = False
    map_key: str = ""
    presence: bool = False
    oneof: str = ""


def fields_of(message: Descriptor) -> Iterator[Field]:
    """As they are written; extensions are no fields of it."""
    for field in message.fields:
        yield field_of(field)


def field_of(field: FieldDescriptor) -> Field:
    """Also of an extension, which a tree names `[its.full.name]`."""
    is_map = _is_map(field)
    entry = field.message_type.fields_by_name if is_map and field.message_type is not None else {}
    oneof = field.containing_oneof
    return Field(
        key=f"[{field.full_name}]" if field.is_extension else field.name,
        name=field.name,
        json=field.json_name,
        value=_value_of(entry["value"] if is_map else field),
        descriptor=field,
        repeated=field.is_repeated and not is_map,
        map_key=_KINDS.get(entry["key"].type, WHOLE) if is_map else "",
        presence=field.has_presence,
        oneof=oneof.name if oneof is not None and len(oneof.fields) > 1 else "",
    )


def known_of(message: Descriptor) -> str:
    """Its full name where it is a well-known type with a form of its own, and has that type's fields."""
    expected = FIELDS.get(message.full_name)
    return message.full_name if expected is not None and _signatures(message) == expected else ""


def _value_of(field: FieldDescriptor) -> Value:
    kind = _KINDS.get(field.type, WHOLE)
    if kind == MESSAGE and field.message_type is not None:
        return Value(kind, message=field.message_type, known=known_of(field.message_type))
    if kind == ENUM and field.enum_type is not None:
        return Value(kind, enum=field.enum_type, known=NULL if field.enum_type.full_name == NULL else "")
    return Value(kind)


def _is_map(field: FieldDescriptor) -> bool:
    return field.is_repeated and field.message_type is not None and field.message_type.GetOptions().map_entry


def _signatures(message: Descriptor) -> tuple[str, ...]:
    return tuple(
        f"map {field.name}" if _is_map(field)
        else f"{'repeated ' * field.is_repeated}{_WORDS.get(field.type, '')} {field.name}"
        for field in message.fields
    )  # fmt: skip
