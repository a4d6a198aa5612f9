"""ProtoBuf messages as bytes: read or refused with a path, no deeper than a tree may be, and the same when written."""

import random
from typing import Any

from app.adapters.errors import BadDocument
from app.adapters.formats.protobuf import Schema
from app.adapters.formats.tree import DEPTH_MAX
from app.settings import Limits
from tests.adapters.formats.protos import TEXTS
from tests.fuzz.watch import Fault, demand_discretion

_TYPES = (
    "acme.known.Known", "acme.recursive.Node", "acme.large.Trade", "acme.maps.Shelf", "acme.scalars.Scalars",
    "acme.groups.Result", "acme.extensions.Base", "acme.optionals.Customer",
)  # fmt: skip


class Messages:
    """The first byte says of which type."""

    words = (
        b"\x0a\x00", b"\x12\x02\x08\x01", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80\x80\x80\x00", b"\x0b",
        b"\x0c", b"\x52\x10\x0a\x0e", b"google.protobuf.Any", b"google.protobuf.Value", b"acme.recursive.Node",
        b"\x00\x00\xc0\x7f",
        b"\x00\x00\x00\x00\x00\x00\xf0\x7f", b"\xed\xa0\x80", b"\x1a\x02\x0a\x00",
    )  # fmt: skip

    def __init__(self) -> None:
        schema = Schema.of_texts(TEXTS, Limits(adapter_document_values_max=20_000))
        self._codecs = [schema.message(name) for name in _TYPES]
        source = random.Random(1)
        empty = [bytes((number,)) for number in range(len(_TYPES))]
        self.seeds = (*empty, *(bytes((number,)) + source.randbytes(40) for number in range(len(_TYPES))), *_SEEDS)

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        codec = self._codecs[(data[0] if data else 0) % len(self._codecs)]
        try:
            decoded = codec.examine(data[1:])
        except BadDocument as refusal:
            demand_discretion(refusal.en.removeprefix(refusal.path))
            return
        tree = decoded.tree
        if _depth(tree) > DEPTH_MAX:
            raise Fault("deeper than a tree may be")
        if codec.decode(data[1:]) != tree:
            raise Fault("not the same twice")
        try:
            again = codec.decode(codec.encode(tree))
        except BadDocument as refusal:  # what a sender may leave out and we may not; text of proto2 that is none
            if "required" not in refusal.en and "text is needed" not in refusal.en:
                raise Fault(f"what was read is not written: {refusal.en}") from refusal
            return
        if again != tree:
            raise Fault(f"{tree!r} became {again!r}")


def _depth(tree: Any) -> int:
    deepest, level = 0, [tree]
    while level := [one for one in level if type(one) in (dict, list)]:
        deepest += 1
        level = [inner for one in level for inner in (one.values() if type(one) is dict else one)]
    return deepest


_SEEDS = (
    b"\x00\x0a\x06\x08\x80\x80\x80\x80\x08\x12\x02\x08\x01\x22\x06\x11\x00\x00\x00\x00\x00\x00",
    b"\x01\x0a\x01a\x12\x05\x12\x03\x0a\x01b\x1a\x06\x0a\x01k\x12\x01",
    b"\x02\x08\x05\x12\x01x\x7a\x04\x08\x01\x48\x02",
)

TARGET = Messages()
