"""Python source of a message's reader (message to tree) and writer (tree to message).

Made of a descriptor alone: names stand in it as constants by `repr` or, where they are plain words, as attributes;
everything else comes by the namespace that it is run in. Neither asks anything of a descriptor when it runs.
"""

import keyword
import re
from collections.abc import Iterator
from typing import Any, Protocol

from msgspec import Struct

from app.adapters.formats.proto_known import ANY, DURATION, LIST, NULL, STRUCT, TIMESTAMP, VALUE, WRAPPERS
from app.adapters.formats.proto_shape import (
    BYTES,
    DOUBLE,
    ENUM,
    FLAG,
    MESSAGE,
    SINGLE,
    TEXT,
    WHOLE,
    Field,
    Value,
    fields_of,
)
from app.adapters.formats.tree import DEPTH_MAX

_ATTRIBUTE = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")  # `m.__debug__ = 1` is no Python
_READ = {DOUBLE: "decimal_of({})", SINGLE: "decimal_of_single({})"}
_WRITE = {
    TEXT: "{0} if {0}.__class__ is str else text({0})",
    BYTES: "{0} if {0}.__class__ is bytes else octets({0})",
    FLAG: "{0} if {0}.__class__ is bool else flag({0})",
    WHOLE: "{0} if {0}.__class__ is int else whole({0})",
    DOUBLE: "number({0})",
    SINGLE: "single({0})",
}
_KEY_READ = {TEXT: "k", FLAG: "flag_texts[k]", WHOLE: "str(k)"}
_KEY_WRITE = {TEXT: "k", FLAG: "key_of_flag(k)", WHOLE: "key_of_whole(k)"}
_KNOWN_READ = {
    TIMESTAMP: "time_of({0})", DURATION: "span_of({0})", STRUCT: "struct_of({0}, {1}, spend)",
    LIST: "list_of({0}, {1}, spend)", VALUE: "value_of({0}, {1}, spend)", ANY: "any_of({0}, {1})",
}  # fmt: skip
_KNOWN_WRITE = {
    TIMESTAMP: "set_time({0}, {1})", DURATION: "set_span({0}, {1})", STRUCT: "set_struct({0}, {1}, {2})",
    LIST: "set_list({0}, {1}, {2})", VALUE: "set_value({0}, {1}, {2})", ANY: "set_any({0}, {1}, {2})",
}  # fmt: skip


class Shape(Struct, frozen=True):
    """One message type: `deep` where it may hold itself, or go down further than trees do.

    `beneath`: how many levels of objects and lists fit under its own, those of deep types left out; `weight`: how many
    values an empty one is in a tree.
    """

    message: Any  # its Descriptor
    fields: tuple[Field, ...]
    deep: bool
    beneath: int
    weight: int
    extendable: bool


class Names(Protocol):
    """How the code calls what belongs to a type."""

    def reader(self, value: Value) -> str: ...

    def writer(self, value: Value) -> str: ...

    def is_deep(self, value: Value) -> bool: ...

    def weight(self, value: Value) -> int: ...

    def enum_read(self, field: Field) -> str:
        """A table: the name of a number."""
        ...

    def enum_write(self, field: Field) -> str:
        """A function: the number of a name."""
        ...

    def keys(self, shape: Shape) -> str:
        """All keys that a tree may have."""
        ...


# --- message to tree ------------------------------------------------------------------------------------------------


def reader_source(name: str, shape: Shape, names: Names) -> str:
    """`def name(m)` or, of a deep type, `def name(m, d)`; `d`: how deep its object stands."""
    lines = [f"def {name}(m{', d' if shape.deep else ''}):"]
    if shape.deep:
        lines.append(f" if d > {DEPTH_MAX - shape.beneath}: demand_depth(d, {shape.beneath})")
    first = _always_there(shape.fields)
    inside = ", ".join(f"{field.key!r}: {_read(field, _place(field.name), names)}" for field in first)
    lines.append(f" t = {{{inside}}}")
    for field in shape.fields[len(first) :]:
        lines += [f" {line}" for line in _read_field(field, names)]
    if shape.extendable:
        lines.append(f" read_extensions(m, t, {'d' if shape.deep else 1})")
    return "\n".join((*lines, " return t", ""))


def extension_reader_source(name: str, field: Field, names: Names) -> str:
    """`def name(v, d)`: what the value of an extension is in a tree; `d`: how deep the message stands."""
    said = [f"def {name}(v, d):"]
    if field.repeated and field.value.kind == MESSAGE:
        said.append(f" spend(len(v) * {names.weight(field.value)})")
    said.append(f" return {_read_list(field, 'v', names) if field.repeated else _read(field, 'v', names)}")
    return "\n".join((*said, ""))


def wrapper_source(name: str, value: Value) -> str:
    """`def name(m, d)` and `def namew(t, m, d)` of a wrapper that stands by itself."""
    kind = _wrapped(value)
    return (
        f"def {name}(m, d):\n return {_READ.get(kind, '{}').format('m.value')}\n"
        f"def {name}w(t, m, d):\n m.value = {_WRITE[kind].format('t')}\n"
    )


def _always_there(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Those at the beginning that are but one expression."""
    for index, field in enumerate(fields):
        if field.presence or field.repeated or field.map_key:
            return fields[:index]
    return fields


def _read_field(field: Field, names: Names) -> Iterator[str]:
    place, key = _place(field.name), f"t[{field.key!r}]"
    if field.map_key or field.repeated:
        yield f"f = {place}"
        if field.value.kind == MESSAGE:
            yield f"spend(len(f) * {names.weight(field.value)})"
        yield f"{key} = {_read_map(field, names) if field.map_key else _read_list(field, 'f', names)}"
    elif field.presence:
        yield f"if has(m, {field.name!r}): {key} = {_read(field, place, names)}"
    else:
        yield f"{key} = {_read(field, place, names)}"


def _read_list(field: Field, place: str, names: Names) -> str:
    one = _read(field, "x", names, beneath=2)
    return f"{place}[:]" if one == "x" else f"[{one} for x in {place}[:]]"


def _read_map(field: Field, names: Names) -> str:
    return f"{{{_KEY_READ[field.map_key]}: {_read(field, 'f[k]', names, beneath=2)} for k in f}}"


def _read(field: Field, place: str, names: Names, beneath: int = 1) -> str:
    value = field.value
    if value.kind == ENUM:
        return "None" if value.known == NULL else f"{names.enum_read(field)}[{place}]"
    if value.kind != MESSAGE:
        return _READ.get(value.kind, "{}").format(place)
    if value.known in WRAPPERS:
        return _READ.get(_wrapped(value), "{}").format(f"{place}.value")
    if value.known:
        return _KNOWN_READ[value.known].format(place, f"d + {beneath}" if names.is_deep(value) else "")
    return f"{names.reader(value)}({place}{f', d + {beneath}' if names.is_deep(value) else ''})"


# --- tree to message ------------------------------------------------------------------------------------------------


def writer_source(name: str, shape: Shape, names: Names) -> str:
    """`def name(t, m)` or, of a deep type, `def name(t, m, d)`; raises whatever for a tree that does not fit."""
    keys = names.keys(shape)
    lines = [
        f"def {name}(t, m{', d' if shape.deep else ''}):",
        " if t.__class__ is not dict: no_object(t)",
        f" if not t.keys() <= {keys}: t = renamed(t, {keys}, m{', d' if shape.deep else ', 1'})",
    ]
    if shape.deep:
        lines.append(f" if d > {DEPTH_MAX - shape.beneath}: demand_depth(d, {shape.beneath})")
    for field in shape.fields:
        lines += [f" {line}" for line in _write_field(field, names)]
    for oneof in sorted({field.oneof for field in shape.fields} - {""}):
        given = " + ".join(f"(get({field.key!r}) is not None)" for field in shape.fields if field.oneof == oneof)
        lines.append(f" if {given} > 1: several({oneof!r})")
    lines.insert(3, " get = t.get")
    return "\n".join((*lines, ""))


def extension_writer_source(name: str, field: Field, names: Names) -> str:
    """`def name(v, e, f, d)`: set the extension `f` in `e`, a message's extensions."""
    return "\n".join((f"def {name}(v, e, f, d):", *(f" {line}" for line in _write_at(field, "e[f]", names)), ""))


def _write_field(field: Field, names: Names) -> Iterator[str]:
    if field.value.known in (VALUE, NULL) and not field.repeated and not field.map_key:  # null is a value of theirs
        yield f"if {field.key!r} in t:"
        yield f" v = t[{field.key!r}]"
    else:
        yield f"v = get({field.key!r})"
        yield "if v is not None:"
    for line in _write_at(field, _place(field.name), names):
        yield f" {line}"


def _write_at(field: Field, place: str, names: Names) -> Iterator[str]:
    """Statements that set `place` to `v`."""
    value = field.value
    if field.map_key:
        yield "if v.__class__ is not dict: no_object(v)"
        yield f"p = {place}"
        yield "for k, x in v.items():"
        if value.kind == MESSAGE:
            yield f" {_write_message(value, 'x', f'p[{_KEY_WRITE[field.map_key]}]', names, beneath=2)}"
        else:
            yield f" p[{_KEY_WRITE[field.map_key]}] = {_write(field, 'x', names)}"
    elif field.repeated:
        yield "if v.__class__ is not list: no_list(v)"
        if value.kind == MESSAGE:
            yield f"add = {place}.add"
            yield f"for x in v: {_write_message(value, 'x', 'add()', names, beneath=2)}"
        else:
            yield f"{place}.extend([{_write(field, 'x', names)} for x in v])"
    elif value.kind == MESSAGE:
        yield f"p = {place}"
        yield "present(p)"
        yield _write_message(value, "v", "p", names, beneath=1)
    else:
        yield _assign(place, _write(field, "v", names))


def _write_message(value: Value, given: str, place: str, names: Names, beneath: int) -> str:
    if value.known in WRAPPERS:
        return f"{place}.value = {_WRITE[_wrapped(value)].format(given)}"
    depth = f"d + {beneath}" if names.is_deep(value) else ""
    if value.known:
        return _KNOWN_WRITE[value.known].format(given, place, depth)
    return f"{names.writer(value)}({given}, {place}{depth and f', {depth}'})"


def _write(field: Field, given: str, names: Names) -> str:
    if field.value.kind == ENUM:
        return f"{names.enum_write(field)}({given})"
    return _WRITE[field.value.kind].format(given)


# --- both -----------------------------------------------------------------------------------------------------------


def _wrapped(value: Value) -> str:
    return next(fields_of(value.message)).value.kind


def _place(name: str) -> str:
    if _ATTRIBUTE.fullmatch(name) and not keyword.iskeyword(name):
        return f"m.{name}"
    return f"getattr(m, {name!r})"


def _assign(place: str, value: str) -> str:
    if place.startswith("getattr("):
        return f"setattr({place.removeprefix('getattr(').removesuffix(')')}, {value})"
    return f"{place} = {value}"
