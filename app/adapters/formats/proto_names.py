"""What the names of types in `.proto` files mean: from the innermost scope outwards, as in C++. Pure."""

from collections.abc import Iterator, Mapping

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.proto_text import ProtoFile, Reference

_MESSAGE, _ENUM, _PACKAGE, _OTHER = "message", "enum", "package", "other"
_Field = FieldDescriptorProto


class Names:
    """The names of files whose imports were added before them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}  # full name: kind and file; a package is of no file
        self._packages: dict[str, set[str]] = {}  # of a file, and what its package lies in
        self._sees: dict[str, frozenset[str]] = {}  # of a file: those whose names are its own to use
        self._tells: dict[str, frozenset[str]] = {}  # those that whoever imports it sees
        self._values: dict[str, frozenset[str]] = {}  # of an enum
        self._open: dict[str, list[range]] = {}  # numbers of a message that are for extensions
        self._extended: dict[tuple[str, int], str] = {}

    def add(self, file: FileDescriptorProto, declared: Mapping[str, Mark] = {}) -> None:
        """Raises `BadSpec` where a declared name is taken."""
        for name, mark in declared.items():
            if name in self._known:
                raise BadSpec(
                    mark,
                    f"{name} is defined already, in {self._known[name][1]}. Rename one.",
                    f"{name} 已在 {self._known[name][1]} 中定义。请重命名其中之一。",
                )
            self._known[name] = _OTHER, file.name
        self._add_package(file)
        for full, one in every_type(file):
            self._known[full] = (_MESSAGE if isinstance(one, DescriptorProto) else _ENUM), file.name
            if isinstance(one, EnumDescriptorProto):
                self._values[full] = frozenset(value.name for value in one.value)
            else:
                self._open[full] = [range(span.start, span.end) for span in one.extension_range]
        public = {file.dependency[index] for index in file.public_dependency}
        self._tells[file.name] = frozenset({file.name}.union(*(self._tells[name] for name in public)))
        self._sees[file.name] = frozenset({file.name}.union(*(self._tells[name] for name in file.dependency)))

    def resolve(self, parsed: ProtoFile) -> None:
        """Make every name of a type in this file a whole one. Raises `BadSpec` for one that names none."""
        for reference in parsed.references:
            name, kind = self._find(reference, parsed.descriptor.name)
            holder = reference.holder
            setattr(holder, reference.field, f".{name}")
            if not isinstance(holder, _Field) or reference.field == "extendee":
                if kind != _MESSAGE:
                    raise _no_message(reference.mark, name)
                if isinstance(holder, _Field):
                    self._extend(name, holder, reference)
            elif not holder.HasField("type"):
                holder.type = _Field.TYPE_MESSAGE if kind == _MESSAGE else _Field.TYPE_ENUM
                self._check_default(holder, name, kind, reference.mark)

    def _extend(self, message: str, field: FieldDescriptorProto, reference: Reference) -> None:
        full = f"{reference.scope}.{field.name}"
        other = self._extended.setdefault((message, field.number), full)
        if other != full or not any(field.number in span for span in self._open[message]):
            raise BadSpec(
                reference.mark,
                f"{message} keeps no number {field.number} for {field.name}. Take a free one of its `extensions`.",
                f"{message} 没有为 {field.name} 保留编号 {field.number}。请从其 extensions 中取一个空闲的编号。",
            )

    def _check_default(self, field: FieldDescriptorProto, name: str, kind: str, mark: Mark) -> None:
        if field.HasField("default_value") and (kind == _MESSAGE or field.default_value not in self._values[name]):
            raise BadSpec(
                mark,
                f"{field.default_value} is no value of {name}. Take one that is, or no default.",
                f"{field.default_value} 不是 {name} 的值。请改用其中的值，或去掉默认值。",
            )

    def _add_package(self, file: FileDescriptorProto) -> None:
        parts = file.package.split(".") if file.package else []
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            self._packages.setdefault(name, set()).add(file.name)

    def _find(self, reference: Reference, file: str) -> tuple[str, str]:
        written: str = getattr(reference.holder, reference.field)
        if written.startswith("."):
            kind = self._kind(written[1:], file)
            if kind in (_MESSAGE, _ENUM):
                return written[1:], kind
            raise self._unknown(reference.mark, written[1:])
        first, _, rest = written.partition(".")
        for scope in _outwards(reference.scope):
            name = f"{scope}.{first}" if scope else first
            kind = self._kind(name, file)
            if not rest and kind in (_MESSAGE, _ENUM):
                return name, kind
            if rest and kind in (_MESSAGE, _PACKAGE):
                name = f"{name}.{rest}"
                kind = self._kind(name, file)
                if kind in (_MESSAGE, _ENUM):
                    return name, kind
                raise self._unknown(reference.mark, name)
        raise self._unknown(reference.mark, written)

    def _kind(self, name: str, file: str) -> str:
        """Empty for what is not, or not in a file that this one imports."""
        sees = self._sees[file]
        kind, of = self._known.get(name, ("", ""))
        if kind and of in sees:
            return kind
        return _PACKAGE if not sees.isdisjoint(self._packages.get(name, ())) else ""

    def _unknown(self, mark: Mark, name: str) -> BadSpec:
        kind, of = self._known.get(name, ("", ""))
        if kind in (_MESSAGE, _ENUM):
            return BadSpec(
                mark,
                f"{name} stands in {of}, which is not imported. Import it.",
                f"{name} 位于 {of}，但未导入。请导入该文件。",
            )
        return BadSpec(
            mark,
            f"there is no type {name} here. Define it, or import the file that does.",
            f"找不到类型 {name}。请定义它，或导入定义它的文件。",
        )


def every_type(file: FileDescriptorProto) -> Iterator[tuple[str, DescriptorProto | EnumDescriptorProto]]:
    """Messages and enums of a file by their full names, outer ones first."""
    waiting: list[tuple[str, DescriptorProto | EnumDescriptorProto]] = []
    waiting += [(file.package, message) for message in file.message_type]
    waiting += [(file.package, enum) for enum in file.enum_type]
    while waiting:
        scope, one = waiting.pop()
        full = f"{scope}.{one.name}" if scope else one.name
        yield full, one
        if isinstance(one, DescriptorProto):
            waiting += [(full, message) for message in one.nested_type]
            waiting += [(full, enum) for enum in one.enum_type]


def _outwards(scope: str) -> Iterator[str]:
    while scope:
        yield scope
        scope = scope.rpartition(".")[0]
    yield ""


def _no_message(mark: Mark, name: str) -> BadSpec:
    return BadSpec(
        mark, f"{name} is an enum, and a message is needed. Name one.", f"{name} 是枚举，此处需要消息类型。请改用消息。"
    )
