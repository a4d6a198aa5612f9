"""The desk's Structs as trees of `monodesk.proto`, and trees as Structs: times there are RFC 3339, here milliseconds.

A field that the `.proto` does not name is not told, a null is one that is not set.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from app.adapters.formats.proto_known import TIMESTAMP
from app.adapters.formats.proto_shape import MESSAGE, fields_of
from app.adapters.formats.tree import Tree
from app.model.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
Wanted = TypeVar("Wanted", bound=Struct)


def told(thing: object, message: Any) -> dict[str, Tree]:
    """A Struct as a tree of this message type, a Descriptor."""
    return _shaped(msgspec.to_builtins(thing), message)


def _shaped(said: dict[str, Any], message: Any) -> dict[str, Tree]:
    tree: dict[str, Tree] = {}
    for field in fields_of(message):
        value = said.get(field.name)
        if value is None or (value == "" and field.presence):
            continue
        if field.value.known == TIMESTAMP:
            tree[field.name] = time_of(value)
        elif field.value.kind == MESSAGE and not field.value.known and not field.map_key:
            inner = field.value.message
            tree[field.name] = [_shaped(one, inner) for one in value] if field.repeated else _shaped(value, inner)
        else:
            tree[field.name] = list(value) if field.repeated else value
    return tree


def asked(tree: dict[str, Any], wanted: type[Wanted], *leave: str, **more: Any) -> Wanted:
    """A Struct of what a tree sets, but what is in `leave`, and of what comes beside as `more`. Raises `Invalid`."""
    said = {name: value for name, value in tree.items() if name not in leave and value not in ([], {})}
    said |= {name: milliseconds_of(value) for name, value in said.items() if name.endswith("_at")}
    try:
        return msgspec.convert(said | more, wanted)
    except msgspec.ValidationError as error:
        raise Invalid(
            "request_malformed",
            f"A field does not fit: {error}. Compare it with monodesk.proto.",
            f"字段不符合要求：{error}。请对照 monodesk.proto。",
        ) from error


def time_of(milliseconds: int) -> str:
    return (_EPOCH + milliseconds * _MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds_of(time: str) -> int:
    """Of RFC 3339 text as a codec makes it, in UTC; parts of a millisecond are dropped."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    at = datetime.fromisoformat(f"{whole}+00:00")
    return (at - _EPOCH) // _MILLISECOND + int(fraction.ljust(3, "0")[:3] or 0)
