"""The `.proto` files of `tests/adapters/protos`, and what protoc makes of them."""

import functools
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import grpc_tools
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

FOLDER = Path(__file__).parents[1] / "protos"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.proto"))
TEXTS = {name: (FOLDER / name).read_bytes().decode() for name in NAMES}
_WELL_KNOWN = Path(grpc_tools.__file__).parent / "_proto"


def by_protoc(texts: Mapping[str, str], *names: str) -> dict[str, FileDescriptorProto] | None:
    """The descriptors of these names, or of all; None where protoc refuses."""
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("wb") as nowhere:
        for name, text in texts.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        out = Path(folder, "set.pb")
        told = ["protoc", f"-I{folder}", f"-I{_WELL_KNOWN}", f"--descriptor_set_out={out}", *(names or texts)]
        said = os.dup(2)
        os.dup2(nowhere.fileno(), 2)  # it speaks to the process's own, not to Python's
        try:
            done = protoc.main(told)
        finally:
            os.dup2(said, 2)
            os.close(said)
        if done:
            return None
        return {file.name: file for file in FileDescriptorSet.FromString(out.read_bytes()).file}


@functools.cache
def of_protoc() -> dict[str, FileDescriptorProto]:
    found = by_protoc(TEXTS)
    assert found is not None
    return found
