"""ProtoBuf by descriptors that come at run time: of `.proto` texts, of a descriptor set, or of a server's reflection.

`Schema` finds messages and methods by name; its codecs make trees of bytes and bytes of trees.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from msgspec import Struct

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.proto_codec import Codecs, MessageCodec
from app.adapters.formats.proto_files import read_protos, well_known
from app.adapters.formats.proto_names import every_type
from app.adapters.formats.tree import Tree
from app.settings import Limits

_NAMED_AS_ALLOWED = 20


class Method(Struct, frozen=True):
    """`path`: as HTTP/2 has it, `/acme.v1.Orders/Get`; which ends stream."""

    path: str
    input: MessageCodec
    output: MessageCodec
    client_streams: bool
    server_streams: bool


class Schema:
    """Message types and methods of one source. `files`: in order, each behind what it imports."""

    def __init__(self, files: Iterable[FileDescriptorProto], limits: Limits, origin: str = "") -> None:
        self._origin = Mark(origin or "descriptors", 1, 1)
        self.files = tuple(files)
        self._pool = DescriptorPool()
        for file in self.files:
            try:
                self._pool.AddSerializedFile(file.SerializeToString())
            except TypeError as error:  # what protobuf's library calls any fault of a descriptor
                raise self._unusable(file.name, str(error)) from None
        self._codecs = Codecs(self._pool, limits)

    @classmethod
    def of_texts(cls, texts: Mapping[str, str], limits: Limits) -> "Schema":
        """Of `.proto` files by their names. Raises `BadSpec` with the place in them."""
        return cls(read_protos(texts, limits), limits, next(iter(texts), ""))

    @classmethod
    def of_descriptor_set(cls, data: bytes, limits: Limits, name: str = "") -> "Schema":
        """Of what `protoc --descriptor_set_out` writes; imports that protobuf itself brings may be left out of it."""
        mark = Mark(name or "descriptors", 1, 1)
        if len(data) > limits.adapter_proto_bytes_max:
            raise _too_large(mark, limits)
        try:
            files = FileDescriptorSet.FromString(data).file
        except DecodeError:
            raise BadSpec(
                mark,
                "this is no descriptor set. Write one with: protoc --include_imports --descriptor_set_out=FILE.",
                "这不是描述符集。请用以下命令生成：protoc --include_imports --descriptor_set_out=FILE。",
            ) from None
        return cls.of_files(files, limits, name)

    @classmethod
    def of_files(cls, files: Iterable[FileDescriptorProto], limits: Limits, name: str = "") -> "Schema":
        """In whatever order; of a server's reflection, say."""
        return cls(_in_order(files, Mark(name or "descriptors", 1, 1), limits), limits, name)

    def message(self, name: str) -> MessageCodec:
        """By its full name, with or without a point before it. Raises `BadSpec` naming those that there are."""
        try:
            return self._codecs.message(name.removeprefix("."))
        except KeyError:
            raise self._not_there(name, self.messages, "message type", "消息类型") from None

    def method(self, path: str) -> Method:
        """By `pkg.Service/Method`, with or without a slash before it. Raises `BadSpec` naming those that there are."""
        service, _, name = path.removeprefix("/").rpartition("/")
        try:
            found: MethodDescriptor = self._pool.FindServiceByName(service).methods_by_name[name]
        except KeyError:
            raise self._not_there(path, self.methods, "method", "方法") from None
        return Method(
            f"/{service}/{name}",
            self._codecs.message(found.input_type.full_name),
            self._codecs.message(found.output_type.full_name),
            found.client_streaming,
            found.server_streaming,
        )

    def decode(self, message: str, raw: bytes) -> Tree:
        return self.message(message).decode(raw)

    def encode(self, message: str, tree: Tree) -> bytes:
        return self.message(message).encode(tree)

    @property
    def messages(self) -> list[str]:
        """Full names of the message types of its files, the library's own left out."""
        return sorted(
            full
            for file in self.files
            for full, one in every_type(file)
            if isinstance(one, DescriptorProto)
            if not one.options.map_entry and not file.name.startswith("google/protobuf/")
        )

    @property
    def methods(self) -> list[str]:
        """`pkg.Service/Method` of each."""
        return sorted(
            f"{file.package}.{service.name}/{method.name}".lstrip(".")
            for file in self.files
            for service in file.service
            for method in service.method
        )

    def _not_there(self, name: str, there: list[str], en: str, zh: str) -> BadSpec:
        near = get_close_matches(name.strip("./"), there, n=3, cutoff=0.5) or there[:_NAMED_AS_ALLOWED]
        allowed = ", ".join(near) or "-"
        return BadSpec(
            self._origin,
            f"there is no {en} {name[:200]}. There are: {allowed}.",
            f"没有{zh} {name[:200]}。现有：{allowed}。",
        )

    def _unusable(self, file: str, reason: str) -> BadSpec:
        return BadSpec(
            Mark(file or self._origin.file, 1, 1),
            f"the protobuf library refuses this file: {reason[:300]}. Correct it, or write it anew with protoc.",
            f"protobuf 库拒绝该文件：{reason[:300]}。请更正，或用 protoc 重新生成。",
        )


def _in_order(files: Iterable[FileDescriptorProto], mark: Mark, limits: Limits) -> list[FileDescriptorProto]:
    """Each behind what it imports; what the library brings is added."""
    given = {file.name: file for file in files}
    if len(given) > limits.adapter_proto_files_max:
        raise _too_large(mark, limits)
    done: dict[str, FileDescriptorProto] = {}
    under_way: set[str] = set()
    waiting = list(reversed(given))
    while waiting:
        name = waiting[-1]
        file = given.get(name) or well_known(name)
        if file is None:
            raise BadSpec(
                mark,
                f"the file {name[:200]} is imported and not among the descriptors. Write them with --include_imports.",
                f"描述符中缺少被导入的文件 {name[:200]}。请使用 --include_imports 生成。",
            )
        under_way.add(name)
        missing = [other for other in file.dependency if other not in done]
        if not under_way.isdisjoint(missing):
            raise BadSpec(
                mark,
                f"files import each other in a circle at {name[:200]}. Ask their author for others.",
                f"文件 {name[:200]} 处出现循环导入。请联系其作者更正。",
            )
        waiting += missing
        if not missing:
            waiting.pop()
            under_way.discard(name)
            done[name] = file
    return list(done.values())


def _too_large(mark: Mark, limits: Limits) -> BadSpec:
    return BadSpec(
        mark,
        f"the descriptors are more than {limits.adapter_proto_files_max} files or {limits.adapter_proto_bytes_max} "
        "bytes. Leave out what is not used.",
        f"描述符超过 {limits.adapter_proto_files_max} 个文件或 {limits.adapter_proto_bytes_max} 字节。"
        "请去掉未使用的部分。",
    )
