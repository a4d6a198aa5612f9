"""`.proto` files that import each other, read in order: from given texts, and from what the protobuf package brings.

Of imports that are not given, those that define options alone are left out: what they say is read over anyway.
"""

from collections.abc import Mapping

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.proto_names import Names
from app.adapters.formats.proto_text import ProtoFile, parse_proto
from app.settings import Limits

_OPTIONS_ALONE = (
    "google/api/",
    "google/rpc/context/",
    "gogoproto/",
    "github.com/gogo/protobuf/gogoproto/",
    "validate/",
    "buf/validate/",
    "protoc-gen-openapiv2/options/",
    "protoc-gen-swagger/options/",
    "openapi/v3/",
)


def read_protos(texts: Mapping[str, str], limits: Limits) -> list[FileDescriptorProto]:
    """Descriptors of all texts, by file name, each behind what it imports. Raises `BadSpec`."""
    _bound(texts, limits)
    return _Reading(texts).files()


def well_known(name: str) -> FileDescriptorProto | None:
    """A file that comes with protobuf: `google/protobuf/timestamp.proto` and its like."""
    from google.protobuf import (
        any_pb2,
        api_pb2,
        descriptor_pb2,
        duration_pb2,
        empty_pb2,
        field_mask_pb2,
        source_context_pb2,
        struct_pb2,
        timestamp_pb2,
        type_pb2,
        wrappers_pb2,
    )

    for module in (
        any_pb2, api_pb2, descriptor_pb2, duration_pb2, empty_pb2, field_mask_pb2, source_context_pb2, struct_pb2,
        timestamp_pb2, type_pb2, wrappers_pb2,
    ):  # fmt: skip
        if module.DESCRIPTOR.name == name:
            return FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
    return None


class _Reading:
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._names = Names()
        self._done: dict[str, FileDescriptorProto] = {}
        self._under_way: list[str] = []

    def files(self) -> list[FileDescriptorProto]:
        for name in self._texts:
            self._read(name)
        return list(self._done.values())

    def _read(self, name: str) -> None:
        if name in self._done:
            return
        parsed = parse_proto(name, self._texts[name])
        self._under_way.append(name)
        self._import(parsed)
        self._under_way.pop()
        self._names.add(parsed.descriptor, parsed.declared)
        self._names.resolve(parsed)
        self._done[name] = parsed.descriptor

    def _import(self, parsed: ProtoFile) -> None:
        file = parsed.descriptor
        kept = {}
        for index, (name, mark) in enumerate(parsed.imports.items()):
            found = self._found(name, mark)
            if found:
                kept[index] = found
        if list(kept.values()) != list(parsed.imports):
            _rename_imports(file, kept)

    def _found(self, name: str, mark: Mark) -> str:
        """The name under which this import is read; empty for one that is left out."""
        if name in self._done:
            return name
        if name not in self._texts and (known := well_known(name)) is not None:
            self._take(known, mark)
            return name
        given = self._given(name)
        if given in self._under_way:
            around = " → ".join((*self._under_way, given))
            raise BadSpec(
                mark,
                f"files import each other in a circle: {around}. Take one import out.",
                f"文件循环导入：{around}。请去掉其中一个导入。",
            )
        if given:
            self._read(given)
        elif not name.startswith(_OPTIONS_ALONE):
            raise BadSpec(
                mark,
                f"the file {name} is not there. Put it beside this one, and name it too.",
                f"找不到文件 {name}。请将其放在同一处，并一并列出。",
            )
        return given

    def _take(self, known: FileDescriptorProto, mark: Mark) -> None:
        for name in known.dependency:
            self._found(name, mark)
        self._names.add(known)
        self._done[known.name] = known

    def _given(self, name: str) -> str:
        """Under its whole path, or as the given file whose path ends it: `item.proto` for "acme/v1/item.proto"."""
        if name in self._texts:
            return name
        ends = [given for given in self._texts if name.endswith(f"/{given}")]
        return max(ends, key=len, default="")


def _rename_imports(file: FileDescriptorProto, kept: Mapping[int, str]) -> None:
    places = {old: new for new, old in enumerate(kept)}
    public = [places[index] for index in file.public_dependency if index in places]
    weak = [places[index] for index in file.weak_dependency if index in places]
    for field, values in (("dependency", kept.values()), ("public_dependency", public), ("weak_dependency", weak)):
        file.ClearField(field)  # type: ignore[arg-type]
        getattr(file, field).extend(values)


def _bound(texts: Mapping[str, str], limits: Limits) -> None:
    size = 0
    for name, text in texts.items():
        size += len(text)
        if size > limits.adapter_proto_bytes_max or len(texts) > limits.adapter_proto_files_max:
            raise BadSpec(
                Mark(name, 1, 1),
                f"there are more than {limits.adapter_proto_files_max} .proto files, or they are larger than "
                f"{limits.adapter_proto_bytes_max} bytes together. Leave out what is not used.",
                f".proto 文件超过 {limits.adapter_proto_files_max} 个，"
                f"或合计超过 {limits.adapter_proto_bytes_max} 字节。请去掉未使用的文件。",
            )
