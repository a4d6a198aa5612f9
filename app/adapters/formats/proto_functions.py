"""The functions of message types, generated when one is first used, and what they call. See `proto_source`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from app.adapters.errors import BadDocument
from app.adapters.formats import proto_known, proto_scalars
from app.adapters.formats.proto_calls import extensions, has, merge, present, serialize, set_fields
from app.adapters.formats.proto_known import ANY, DEEP, DURATION, LIST, NULL, STRUCT, TIMESTAMP, WRAPPERS, demand_depth
from app.adapters.formats.proto_known import VALUE as KNOWN_VALUE
from app.adapters.formats.proto_scalars import Wrong, octets, unfit
from app.adapters.formats.proto_shape import MESSAGE, Field, Value, field_of, fields_of, known_of
from app.adapters.formats.proto_source import (
    Shape,
    extension_reader_source,
    extension_writer_source,
    reader_source,
    wrapper_source,
    writer_source,
)
from app.adapters.formats.tree import DEPTH_MAX, Tree
from app.settings import Limits

_ENDLESS = 1 << 30
_UNKNOWN_VALUES_KEPT = 100  # of a document, different ones
_TYPE, _HELD = "@type", "value"  # keys of an Any
_OF_SCALARS = (
    "decimal_of", "decimal_of_single", "text", "octets", "flag", "whole", "number", "single", "key_of_flag",
    "key_of_whole",
)  # fmt: skip
_OF_KNOWN = (
    "time_of", "span_of", "struct_of", "list_of", "value_of", "set_time", "set_span", "set_struct", "set_list",
    "set_value", "demand_depth",
)  # fmt: skip

Read = Callable[[Any, int], Tree]  # of a message that stands so deep
Write = Callable[[Any, Any, int], None]  # a tree into a message that stands so deep


class Tally:
    """What one document costs, and what of it is unknown."""

    def __init__(self, values_max: int) -> None:
        self._values_max = self._left = values_max
        self.unknown_values: dict[str, int] = {}

    def begin(self) -> None:
        self._left = self._values_max
        if self.unknown_values:
            self.unknown_values = {}

    def spend(self, values: int) -> None:
        """Messages of lists and maps, before they are made: two bytes may stand for one of 50 fields."""
        self._left -= values
        if self._left < 0:
            raise Wrong(
                f"the document has more than {self._values_max} values. Ask the sender for smaller ones.",
                f"文档的值超过 {self._values_max} 个。请联系发送方拆分。",
            )

    def note(self, field: str, number: int) -> None:
        found, key = self.unknown_values, f"{field}={number}"
        if key in found or len(found) < _UNKNOWN_VALUES_KEPT:
            found[key] = found.get(key, 0) + 1


class EnumNames(dict[int, str]):
    """The first name of each number; one without a name is itself, and noted."""

    def __init__(self, field: Field, tally: Tally) -> None:
        super().__init__({value.number: value.name for value in reversed(field.value.enum.values)})
        self._field = field.descriptor.full_name
        self._tally = tally

    def __missing__(self, number: int) -> Any:
        self._tally.note(self._field, number)
        return number


class EnumNumbers:
    """The number of a name; a number is taken as it is, by a closed enum if it has a name."""

    def __init__(self, field: Field) -> None:
        enum = field.value.enum
        self._numbers = {value.name: value.number for value in enum.values}
        self._known = frozenset(self._numbers.values()) if enum.is_closed else None
        self._null = field.value.known == NULL

    def __call__(self, value: Any) -> int:
        number: int | None = self._numbers.get(value) if value.__class__ is str else None
        if number is not None:
            return number
        if value.__class__ is int and (self._known is None or value in self._known):
            return int(value)
        if value is None and self._null:
            return 0
        some = ", ".join(list(self._numbers)[:10])
        raise unfit(value, f"one of {some}", f"以下之一：{some}")


class Keys(frozenset[str]):
    """The keys that a tree of a type may have; `in_json`: other names of theirs."""

    in_json: Mapping[str, str]
    extendable: Descriptor | None  # the type, where extensions may stand in it

    @classmethod
    def of(cls, shape: Shape) -> "Keys":
        keys = cls(field.key for field in shape.fields)
        keys.in_json = {field.json: field.key for field in shape.fields if field.json not in keys}
        keys.extendable = shape.message if shape.extendable else None
        return keys


class Functions:
    """Readers and writers of the types of a pool."""

    def __init__(self, pool: DescriptorPool, limits: Limits) -> None:
        self.tally = Tally(limits.adapter_document_values_max)
        self._pool = pool
        self._fields_max = limits.adapter_proto_fields_max
        self._shapes: dict[str, Shape] = {}
        self._numbers: dict[str, int] = {}
        self._readers: dict[str, Callable[[Any, int], Tree]] = {}  # of extensions
        self._writers: dict[str, Callable[[Any, Any, Any, int], None]] = {}
        self._space: dict[str, Any] = {
            **{name: getattr(proto_scalars, name) for name in _OF_SCALARS},
            **{name: getattr(proto_known, name) for name in _OF_KNOWN},
            "flag_texts": proto_scalars.FLAG_TEXTS,
            "has": has,
            "present": present,
            "spend": self.tally.spend,
            "any_of": self.read_any,
            "set_any": self.write_any,
            "read_extensions": self._read_extensions,
            "renamed": self._renamed,
            "no_object": no_object,
            "no_list": no_list,
            "several": several,
        }

    def of(self, value: Value) -> tuple[Read, Write]:
        """Those of one message type."""
        if value.known:
            return self._of_known(value)
        self._prepare(value.message)
        read, write = self._space[self.reader(value)], self._space[self.writer(value)]
        if self.is_deep(value):
            return read, write
        return (lambda message, depth: read(message)), (lambda tree, message, depth: write(tree, message))

    def shape(self, message: Descriptor) -> Shape:
        self._prepare(message)
        return self._shapes[message.full_name]

    # --- names that the generated code uses ---------------------------------------------------------------------

    def reader(self, value: Value) -> str:
        return f"r{self._numbers[value.message.full_name]}"

    def writer(self, value: Value) -> str:
        return f"w{self._numbers[value.message.full_name]}"

    def is_deep(self, value: Value) -> bool:
        if value.kind != MESSAGE:
            return False
        return value.known in DEEP if value.known else self._shapes[value.message.full_name].deep

    def weight(self, value: Value) -> int:
        return self._shapes[value.message.full_name].weight if _is_ordinary(value) else 1

    def enum_read(self, field: Field) -> str:
        return self._named("e", EnumNames(field, self.tally))

    def enum_write(self, field: Field) -> str:
        return self._named("n", EnumNumbers(field))

    def keys(self, shape: Shape) -> str:
        return self._named("k", Keys.of(shape))

    def _named(self, kind: str, value: Any) -> str:
        name = f"{kind}{len(self._space)}"
        self._space[name] = value
        return name

    # --- making them --------------------------------------------------------------------------------------------

    def _prepare(self, message: Descriptor) -> None:
        """The functions of a type, and of all that it may hold."""
        if message.full_name in self._shapes:
            return
        found = self._reachable(message)
        heights = _heights(found)
        new = [name for name in found if name not in self._shapes]
        for name in new:
            self._numbers[name] = len(self._numbers)
            self._shapes[name] = _shape(*found[name], heights)
        self._run(source for name in new for source in self._sources(self._shapes[name]))

    def _sources(self, shape: Shape) -> Iterable[str]:
        number = self._numbers[shape.message.full_name]
        yield reader_source(f"r{number}", shape, self)
        yield writer_source(f"w{number}", shape, self)

    def _reachable(self, message: Descriptor) -> dict[str, tuple[Descriptor, tuple[Field, ...]]]:
        found: dict[str, tuple[Descriptor, tuple[Field, ...]]] = {}
        waiting, count = [message], 0
        while waiting:
            one = waiting.pop()
            if one.full_name in found:
                continue
            fields = tuple(fields_of(one))
            found[one.full_name] = one, fields
            count += len(fields)
            if count > self._fields_max:
                raise _too_large(message.full_name, self._fields_max)
            waiting += [field.value.message for field in fields if _is_ordinary(field.value)]
        return found

    def _run(self, sources: Iterable[str]) -> None:
        exec(compile("\n".join(sources), "<protobuf>", "exec"), self._space)  # noqa: S102  # nosec B102 - of descriptors

    def _of_known(self, value: Value) -> tuple[Read, Write]:
        if value.known in WRAPPERS:
            name = f"x{len(self._space)}"
            self._run([wrapper_source(name, value)])
            return self._space[name], self._space[f"{name}w"]
        spend = self.tally.spend
        known: dict[str, tuple[Read, Write]] = {
            TIMESTAMP: (
                lambda message, depth: proto_known.time_of(message),
                lambda tree, message, depth: proto_known.set_time(tree, message),
            ),
            DURATION: (
                lambda message, depth: proto_known.span_of(message),
                lambda tree, message, depth: proto_known.set_span(tree, message),
            ),
            STRUCT: (lambda message, depth: proto_known.struct_of(message, depth, spend), proto_known.set_struct),
            LIST: (lambda message, depth: proto_known.list_of(message, depth, spend), proto_known.set_list),
            KNOWN_VALUE: (lambda message, depth: proto_known.value_of(message, depth, spend), proto_known.set_value),
            ANY: (self.read_any, self.write_any),
        }
        return known[value.known]

    # --- Any ----------------------------------------------------------------------------------------------------

    def read_any(self, message: Any, depth: int) -> dict[str, Tree]:
        """A type that the pool does not have stays bytes, under `value`."""
        demand_depth(depth)
        url: str = message.type_url
        value = self._held(url)
        if value is None:
            return {_TYPE: url, _HELD: bytes(message.value)} if url else {}
        held = GetMessageClass(value.message)()
        try:
            merge(held, message.value)
        except DecodeError:
            raise Wrong(
                f"what is held here is no {value.message.full_name}. Ask the sender to correct it.",
                f"此处的内容不是 {value.message.full_name}。请联系发送方更正。",
            ) from None
        tree = self.of(value)[0](held, depth)
        return {_TYPE: url, _HELD: tree} if value.known or not isinstance(tree, dict) else {_TYPE: url, **tree}

    def write_any(self, tree: Any, message: Any, depth: int) -> None:
        demand_depth(depth)
        if tree.__class__ is not dict:
            no_object(tree)
        if not tree:
            return
        url = tree.get(_TYPE)
        if url.__class__ is not str:
            raise unfit(url, f"{_TYPE}, the name of a type", f"类型名称 {_TYPE}")
        message.type_url = url
        value = self._held(url)
        if value is None:
            message.value = octets(tree.get(_HELD))
            return
        held = GetMessageClass(value.message)()
        inside = tree.get(_HELD) if value.known else {key: one for key, one in tree.items() if key != _TYPE}
        self.of(value)[1](inside, held, depth)
        message.value = serialize(held, deterministic=True)

    def _held(self, url: str) -> Value | None:
        try:
            message = self._pool.FindMessageTypeByName(url.rpartition("/")[2])
        except KeyError:
            return None
        return Value(MESSAGE, message=message, known=known_of(message))

    # --- extensions ---------------------------------------------------------------------------------------------

    def _read_extensions(self, message: Any, tree: dict[str, Tree], depth: int) -> None:
        for descriptor, value in set_fields(message):
            if descriptor.is_extension and not (descriptor.is_repeated and not value):  # none, packed, counts as set
                tree[f"[{descriptor.full_name}]"] = self.extension_reader(descriptor)(value, depth)

    def extension_reader(self, descriptor: Any) -> Callable[[Any, int], Tree]:
        if descriptor.full_name not in self._readers:
            self._prepare_extension(field_of(descriptor))
        return self._readers[descriptor.full_name]

    def extension_writer(self, descriptor: Any) -> Callable[[Any, Any, Any, int], None]:
        if descriptor.full_name not in self._writers:
            self._prepare_extension(field_of(descriptor))
        return self._writers[descriptor.full_name]

    def find_extension(self, message: Descriptor, key: str) -> Any:
        """The extension that a tree calls `[its.full.name]`; None where this type has none of that name."""
        try:
            found = self._pool.FindExtensionByName(key[1:-1])
        except KeyError:
            return None
        return found if found.containing_type is message and key == f"[{found.full_name}]" else None

    def _prepare_extension(self, field: Field) -> None:
        if _is_ordinary(field.value):
            self._prepare(field.value.message)
        name, full = f"x{len(self._space)}", field.descriptor.full_name
        self._run([extension_reader_source(name, field, self), extension_writer_source(f"{name}w", field, self)])
        self._readers[full], self._writers[full] = self._space[name], self._space[f"{name}w"]

    # --- keys that are not the fields' own names ----------------------------------------------------------------

    def _renamed(self, tree: dict[str, Tree], keys: Keys, message: Any, depth: int) -> dict[str, Tree]:
        """The same tree by the fields' own names; extensions in it are set. Raises `Wrong` for an unknown key."""
        named: dict[str, Tree] = {}
        for key, value in tree.items():
            if key in keys:
                name = key
            elif key in keys.in_json:
                name = keys.in_json[key]
                if name in tree:
                    several(name)
            else:
                if value is not None:
                    self._write_extension(key, value, keys, message, depth)
                continue
            named[name] = value
        return named

    def _write_extension(self, key: str, value: Tree, keys: Keys, message: Any, depth: int) -> None:
        if keys.extendable is None or (found := self.find_extension(keys.extendable, key)) is None:
            raise unknown_key(key)
        self.extension_writer(found)(value, extensions(message), found, depth)


def unknown_key(key: object) -> Wrong:
    return Wrong(
        f"there is no field {key}. Take a name of the .proto file.",
        f"没有名为 {key} 的字段。请使用 .proto 文件中的名称。",
    )


def no_object(value: Any) -> None:
    raise unfit(value, "an object", "对象")


def no_list(value: Any) -> None:
    raise unfit(value, "a list", "列表")


def several(name: str) -> None:
    raise Wrong(
        f"{name} may be given once, and is given more often. Leave out the others.",
        f"{name} 只能给出一次，却给出了多次。请去掉其余的。",
    )


def _shape(message: Descriptor, fields: tuple[Field, ...], heights: Mapping[str, int]) -> Shape:
    beneath = 0
    for field in fields:
        many, inner = bool(field.repeated or field.map_key), _height(field.value, heights)
        beneath = max(beneath, many + (inner if inner <= DEPTH_MAX else 0))
    deep = heights.get(message.full_name, _ENDLESS) > DEPTH_MAX
    weight = 1 + sum(not field.presence for field in fields)
    return Shape(message, fields, deep, beneath, weight, message.is_extendable)


def _heights(types: Mapping[str, tuple[Descriptor, tuple[Field, ...]]]) -> dict[str, int]:
    """How many levels of objects and lists each may have at most; one that may hold itself is not in it."""
    heights: dict[str, int] = {}
    users: dict[str, list[str]] = {name: [] for name in types}
    waits = dict.fromkeys(types, 0)
    for name, (_, fields) in types.items():
        for inner in {field.value.message.full_name for field in fields if _is_ordinary(field.value)}:
            users[inner].append(name)
            waits[name] += 1
    ready = [name for name, count in waits.items() if not count]
    while ready:
        name = ready.pop()
        heights[name] = 1 + max(
            (bool(field.repeated or field.map_key) + _height(field.value, heights) for field in types[name][1]),
            default=0,
        )
        for user in users[name]:
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    return heights


def _height(value: Value, heights: Mapping[str, int]) -> int:
    if _is_ordinary(value):
        return heights.get(value.message.full_name, _ENDLESS)
    return _ENDLESS if value.known in DEEP else 0


def _is_ordinary(value: Value) -> bool:
    return value.kind == MESSAGE and not value.known


def _too_large(name: str, fields_max: int) -> BadDocument:
    return BadDocument(
        "proto_too_large",
        "",
        f"{name} has, with all that it may hold, more than {fields_max} fields. Take out of its .proto file what is "
        "not needed.",
        f"{name} 连同其内嵌类型的字段超过 {fields_max} 个。请在 .proto 文件中删去不需要的。",
    )
