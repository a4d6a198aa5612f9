"""Where in a message or in a tree something does not fit, looked for field by field once the generated code refused.

The generated code is quick and says only that something is wrong. These walks take the same steps slowly, with a path.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

from app.adapters.errors import BadDocument
from app.adapters.formats.proto_calls import extensions, has, missing, set_fields
from app.adapters.formats.proto_functions import EnumNumbers, Functions, no_list, no_object, several, unknown_key
from app.adapters.formats.proto_known import NULL, VALUE, WRAPPERS, demand_depth
from app.adapters.formats.proto_scalars import (
    Wrong,
    flag,
    key_of_flag,
    key_of_whole,
    number,
    octets,
    single,
    text,
    whole,
)
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
    field_of,
    fields_of,
)
from app.adapters.formats.tree import Tree

_UNREADABLE, _UNFIT = "proto_value_unreadable", "proto_value_unfit"
_UNKNOWN_FIELDS_KEPT = 100  # of a document, different ones
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYS: dict[str, Callable[[str], Any]] = {TEXT: str, FLAG: key_of_flag, WHOLE: key_of_whole}


def fault_in_message(functions: Functions, message: Any, value: Value, error: Exception) -> BadDocument:
    """Of one whose reader raised this `error`."""
    try:
        functions.tally.begin()
        _read_message(functions, message, value, "", 1)
    except BadDocument as found:
        return found
    return _fault(_UNREADABLE, "", error)


def fault_in_tree(functions: Functions, tree: Tree, value: Value, error: Exception) -> BadDocument:
    """Of one whose writer raised this `error`."""
    try:
        _write_message(functions, tree, GetMessageClass(value.message)(), value, "", 1)
    except BadDocument as found:
        return found
    return _fault(_UNFIT, "", error)


def missing_in(message: Any) -> BadDocument:
    """The first of the required fields that are not set."""
    path = next(iter(missing(message)), "")
    return BadDocument(
        "proto_value_missing",
        path,
        "this field is required by the .proto file, and the map gives nothing. Add it to the map.",
        ".proto 文件要求此字段，但映射没有给出值。请在映射中添加。",
    )


def unknown_fields_of(message: Any, value: Value) -> dict[str, int]:
    """How many fields of each number are in it that its type does not have: `items[].#17`."""
    found: Counter[str] = Counter()
    if not value.known:
        for path, number_ in _unknown(message, ""):
            if path in found or len(found) < _UNKNOWN_FIELDS_KEPT:
                found[path] += number_
    return dict(found)


def _unknown(message: Any, path: str) -> Iterator[tuple[str, int]]:
    for one in UnknownFieldSet(message):  # type: ignore[attr-defined]
        yield f"{path}#{one.field_number}", 1
    for descriptor, value in set_fields(message):
        field = field_of(descriptor)
        if field.value.kind != MESSAGE or field.value.known:
            continue
        inner = f"{path}{field.key}{'[]' if field.repeated or field.map_key else ''}."
        many = value.values() if field.map_key else value if field.repeated else (value,)
        for one in many:
            yield from _unknown(one, inner)


# --- out of a message -----------------------------------------------------------------------------------------------


def _read_message(functions: Functions, message: Any, value: Value, path: str, depth: int) -> None:
    if value.known:
        _try(_UNREADABLE, path, partial(functions.of(value)[0], message, depth))
        return
    shape = functions.shape(value.message)
    if shape.deep:
        _try(_UNREADABLE, path, partial(demand_depth, depth, shape.beneath))
    for field in shape.fields:
        at = _join(path, field.key)
        held = _try(_UNREADABLE, at, partial(_held, message, field))
        if held is None:
            continue
        if (field.repeated or field.map_key) and field.value.kind == MESSAGE:
            _try(_UNREADABLE, at, partial(functions.tally.spend, len(held) * functions.weight(field.value)))
        _read_held(functions, held, field, at, depth)
    for descriptor, held in set_fields(message) if shape.extendable else ():
        if descriptor.is_extension:
            _read_held(functions, held, field_of(descriptor), _join(path, f"[{descriptor.full_name}]"), depth)


def _held(message: Any, field: Field) -> Any:
    if field.presence and not has(message, field.name):
        return None
    held = getattr(message, field.name)
    return held[:] if field.repeated else held


def _read_held(functions: Functions, held: Any, field: Field, path: str, depth: int) -> None:
    if field.value.kind != MESSAGE:
        if field.map_key:
            for key in held:
                _try(_UNREADABLE, _join(path, str(key)), partial(held.__getitem__, key))
        return
    if field.map_key:
        for key in held:
            _read_message(functions, held[key], field.value, _join(path, str(key)), depth + 2)
    elif field.repeated:
        for index, one in enumerate(held):
            _read_message(functions, one, field.value, f"{path}[{index}]", depth + 2)
    else:
        _read_message(functions, held, field.value, path, depth + 1)


# --- into a message -------------------------------------------------------------------------------------------------


def _write_message(functions: Functions, tree: Tree, message: Any, value: Value, path: str, depth: int) -> None:
    """`message`: one to try values on."""
    if value.known in WRAPPERS:
        _set(message, next(fields_of(value.message)), tree, path)
        return
    if value.known:
        _try(_UNFIT, path, partial(functions.of(value)[1], tree, message, depth))
        return
    if not isinstance(tree, dict):
        _try(_UNFIT, path, partial(no_object, tree))
        return
    shape = functions.shape(value.message)
    if shape.deep:
        _try(_UNFIT, path, partial(demand_depth, depth, shape.beneath))
    by_key = {field.key: field for field in shape.fields}
    in_json = {field.json: field for field in shape.fields if field.json not in by_key}
    seen: set[str] = set()
    for key, given in tree.items():
        at, field = _join(path, key), by_key.get(key) or in_json.get(key)
        if given is None and (field is None or field.value.known not in (VALUE, NULL)):
            continue
        if field is None and (extension := functions.find_extension(value.message, key)) is not None:
            field = field_of(extension)
        if field is None:
            raise _fault(_UNFIT, at, unknown_key(key))
        once = field.oneof or field.key
        if once in seen:
            _try(_UNFIT, at, partial(several, once))
        seen.add(once)
        _write_field(functions, given, message, field, at, depth)


def _write_field(functions: Functions, given: Tree, message: Any, field: Field, path: str, depth: int) -> None:
    if field.map_key:
        if not isinstance(given, dict):
            raise _fault(_UNFIT, path, _raised(no_object, given))
        for key, one in given.items():
            at = _join(path, key)
            real = _try(_UNFIT, at, partial(_KEYS[field.map_key], key))
            place = _place(message, field)
            if field.value.kind == MESSAGE:
                inner = _try(_UNFIT, at, partial(place.__getitem__, real))
                _write_message(functions, one, inner, field.value, at, depth + 2)
            else:
                _try(_UNFIT, at, partial(_put, place, real, field, one))
    elif field.repeated:
        if not isinstance(given, list):
            raise _fault(_UNFIT, path, _raised(no_list, given))
        for index, one in enumerate(given):
            at, place = f"{path}[{index}]", _place(message, field)
            if field.value.kind == MESSAGE:
                _write_message(functions, one, place.add(), field.value, at, depth + 2)
            else:
                _try(_UNFIT, at, partial(_append, place, field, one))
    elif field.value.kind == MESSAGE:
        _write_message(functions, given, _place(message, field), field.value, path, depth + 1)
    else:
        _set(message, field, given, path)


def _place(message: Any, field: Field) -> Any:
    if field.descriptor.is_extension:
        return extensions(message)[field.descriptor]
    return getattr(message, field.name)


def _set(message: Any, field: Field, given: Tree, path: str) -> None:
    if field.descriptor.is_extension:
        _try(_UNFIT, path, lambda: extensions(message).__setitem__(field.descriptor, _leaf(field, given)))
    else:
        _try(_UNFIT, path, lambda: setattr(message, field.name, _leaf(field, given)))


def _put(place: Any, key: Any, field: Field, given: Tree) -> None:
    place[key] = _leaf(field, given)


def _append(place: Any, field: Field, given: Tree) -> None:
    place.append(_leaf(field, given))


def _leaf(field: Field, given: Any) -> Any:
    kind = field.value.kind
    if kind == ENUM:
        return EnumNumbers(field)(given)
    if (kind, given.__class__) in ((TEXT, str), (FLAG, bool)):
        return given
    return {TEXT: text, FLAG: flag, BYTES: octets, WHOLE: whole, DOUBLE: number, SINGLE: single}[kind](given)


# --- faults ---------------------------------------------------------------------------------------------------------


def _try(code: str, path: str, step: Callable[[], Any]) -> Any:
    try:
        return step()
    except (Wrong, ValueError, TypeError) as error:
        raise _fault(code, path, error) from None


def _raised(refuse: Callable[[Any], None], given: Any) -> Exception:
    try:
        refuse(given)
    except Wrong as error:
        return error
    return ValueError()


def _fault(code: str, path: str, error: Exception) -> BadDocument:
    if isinstance(error, Wrong):
        return BadDocument(code, path, error.en, error.zh)
    if isinstance(error, UnicodeError):
        return BadDocument(
            code,
            path,
            "this text is no Unicode. Ask its sender for UTF-8.",
            "该文本不是有效的 Unicode。请联系发送方使用 UTF-8。",
        )
    return BadDocument(
        code, path, "this value is out of its field's range. Correct the map.", "该值超出字段范围。请更正映射。"
    )


def _join(path: str, key: str) -> str:
    """As maps write paths: `a.b`, `a."odd key"`."""
    plain = key if _PLAIN_KEY.fullmatch(key) or key.startswith("[") else '"' + key.replace('"', '\\"') + '"'
    return f"{path}.{plain}" if path else plain
