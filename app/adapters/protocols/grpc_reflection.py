"""Server reflection: a server's own word on its methods and messages, v1 and v1alpha (grpc.io/docs/guides/reflection).

Asked, for sources that name no `.proto` files; and answered, for those who look at our own services.
"""

import functools
from collections.abc import AsyncIterator, Iterable

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import DecodeError

from app.adapters.errors import BadSpec, Mark, Refused
from app.adapters.formats.proto_files import well_known
from app.adapters.formats.proto_names import every_type
from app.adapters.formats.protobuf import Method, Schema
from app.adapters.formats.tree import Tree
from app.adapters.protocols.grpc import Call, GrpcClient, Metadata
from app.adapters.protocols.grpc_messages import Status
from app.settings import Limits

VERSIONS = ("v1", "v1alpha")
# The messages of the protocol by their published numbers; extensions are never asked for.
_TEXT = """
syntax = "proto3";
package grpc.reflection.{version};

service ServerReflection {{
  rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream ServerReflectionResponse);
}}

message ServerReflectionRequest {{
  string host = 1;
  oneof message_request {{
    string file_by_filename = 3;
    string file_containing_symbol = 4;
    ExtensionRequest file_containing_extension = 5;
    string all_extension_numbers_of_type = 6;
    string list_services = 7;
  }}
}}

message ExtensionRequest {{
  string containing_type = 1;
  int32 extension_number = 2;
}}

message ServerReflectionResponse {{
  string valid_host = 1;
  ServerReflectionRequest original_request = 2;
  oneof message_response {{
    FileDescriptorResponse file_descriptor_response = 4;
    ListServiceResponse list_services_response = 6;
    ErrorResponse error_response = 7;
  }}
}}

message FileDescriptorResponse {{ repeated bytes file_descriptor_proto = 1; }}
message ListServiceResponse {{ repeated ServiceResponse service = 1; }}
message ServiceResponse {{ string name = 1; }}
message ErrorResponse {{
  int32 error_code = 1;
  string error_message = 2;
}}
"""
_SYMBOL, _FILE, _LIST = "file_containing_symbol", "file_by_filename", "list_services"


@functools.cache
def reflection_schema(version: str) -> Schema:
    """The reflection service itself."""
    return Schema.of_texts({f"grpc/reflection/{version}/reflection.proto": _TEXT.format(version=version)}, Limits())


def reflection_method(version: str) -> Method:
    return reflection_schema(version).method(f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")


# --- asked ----------------------------------------------------------------------------------------------------------


async def read_schema(client: GrpcClient, service: str, limits: Limits, mark: Mark, metadata: Metadata = ()) -> Schema:
    """What a server tells of a service and of all that its messages hold.

    Raises `BadSpec` where it tells nothing, `Unreached` where it cannot be asked.
    """
    refusal = ""
    for version in VERSIONS:
        method = reflection_method(version)
        try:
            async with client.open(method.path, metadata, limits.source_answer_seconds_max) as call:
                return Schema.of_files(await _files(call, method, service, limits, mark), limits, mark.file)
        except Refused as refused:
            if refused.said != Status.UNIMPLEMENTED.name:
                raise
            refusal = refused.en
    raise BadSpec(
        mark,
        f"the server has no reflection ({refusal[:200]}). Name its .proto files in `proto_files`.",
        f"服务器未开启反射（{refusal[:200]}）。请在 proto_files 中列出其 .proto 文件。",
    )


async def _files(call: Call, method: Method, service: str, limits: Limits, mark: Mark) -> Iterable[FileDescriptorProto]:
    """Those of a service; what it imports is asked for where it was not told with it."""
    found: dict[str, FileDescriptorProto] = {}
    bytes_left = limits.adapter_proto_bytes_max
    waiting: list[tuple[str, str]] = [(_SYMBOL, service)]
    while waiting:
        kind, name = waiting.pop()
        if kind == _FILE and name in found:
            continue
        await call.send(method.input.encode({kind: name}))
        for raw in _told(method.output.decode(await anext(call)), name, mark):
            bytes_left -= len(raw)
            if bytes_left < 0 or len(found) > limits.adapter_proto_files_max:
                raise _too_much(mark, limits)
            file = _parsed(raw, mark)
            found[file.name] = file
        missing = {other for file in found.values() for other in file.dependency} - found.keys()
        waiting = [(_FILE, other) for other in sorted(missing) if well_known(other) is None]
    await call.end()
    return found.values()


def _told(tree: Tree, name: str, mark: Mark) -> list[bytes]:
    assert isinstance(tree, dict)
    told = tree.get("file_descriptor_response")
    files = told.get("file_descriptor_proto") if isinstance(told, dict) else None
    if isinstance(files, list) and files:
        return [raw for raw in files if isinstance(raw, bytes)]
    error = tree.get("error_response")
    said = str(error.get("error_message"))[:200] if isinstance(error, dict) else "nothing"
    raise BadSpec(
        mark,
        f"the server's reflection does not know {name[:200]}: {said}. Look at the name in the address.",
        f"服务器的反射中没有 {name[:200]}：{said}。请检查地址中的名称。",
    )


def _parsed(raw: bytes, mark: Mark) -> FileDescriptorProto:
    try:
        return FileDescriptorProto.FromString(raw)
    except DecodeError:
        raise BadSpec(
            mark,
            "the server's reflection answers with what is no descriptor. Name its .proto files in `proto_files`.",
            "服务器的反射返回的不是描述符。请在 proto_files 中列出其 .proto 文件。",
        ) from None


def _too_much(mark: Mark, limits: Limits) -> BadSpec:
    return BadSpec(
        mark,
        f"the server's reflection tells more than {limits.adapter_proto_files_max} files or "
        f"{limits.adapter_proto_bytes_max} bytes. Name its .proto files in `proto_files`.",
        f"服务器的反射返回超过 {limits.adapter_proto_files_max} 个文件或 {limits.adapter_proto_bytes_max} 字节。"
        "请在 proto_files 中列出其 .proto 文件。",
    )


# --- answered -------------------------------------------------------------------------------------------------------


class Told:
    """What our own server tells of its schema."""

    def __init__(self, schema: Schema) -> None:
        self._files = {file.name: file for file in schema.files}
        self._services = sorted({method.rpartition("/")[0] for method in schema.methods})
        self._holder = {name: file.name for file in schema.files for name in _symbols(file)}

    async def answer(self, asked: AsyncIterator[Tree]) -> AsyncIterator[Tree]:
        async for request in asked:
            assert isinstance(request, dict)
            yield {"valid_host": request["host"], "original_request": request, **self._one(request)}

    def _one(self, request: dict[str, Tree]) -> dict[str, Tree]:
        if _LIST in request:
            return {"list_services_response": {"service": [{"name": name} for name in self._services]}}
        name = str(request.get(_FILE) or self._holder.get(str(request.get(_SYMBOL)), ""))
        if name in self._files:
            told: list[Tree] = [file.SerializeToString() for file in self._with_imports(name)]
            return {"file_descriptor_response": {"file_descriptor_proto": told}}
        return {"error_response": {"error_code": Status.NOT_FOUND.value, "error_message": "not here"}}

    def _with_imports(self, name: str) -> list[FileDescriptorProto]:
        found: dict[str, FileDescriptorProto] = {}
        waiting = [name]
        while waiting:
            file = self._files[waiting.pop()]
            if file.name not in found:
                found[file.name] = file
                waiting += file.dependency
        return list(found.values())


def _symbols(file: FileDescriptorProto) -> Iterable[str]:
    """Full names of messages, enums, services and methods."""
    yield from (name for name, _ in every_type(file))
    for service in file.service:
        name = f"{file.package}.{service.name}".lstrip(".")
        yield name
        yield from (f"{name}.{method.name}" for method in service.method)
