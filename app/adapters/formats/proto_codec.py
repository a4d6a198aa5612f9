"""ProtoBuf messages to trees and back, by functions that are generated for each message type when it is first used.

Fields are named as in the `.proto` text. Those without presence are always in a tree, others when they are set. Enums
are names, numbers that have none stay numbers and are counted, as are fields that the type does not have; well-known
types are as in ProtoBuf's JSON mapping (`proto_known`). A tree may also name fields as JSON does, and hold whole
numbers and base64 as text. Text of proto2 that is no UTF-8 is bytes.
Not for two threads at once.
"""

from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, EncodeError
from google.protobuf.message_factory import GetMessageClass
from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.proto_calls import discard, merge, serialize, serialize_partial
from app.adapters.formats.proto_faults import fault_in_message, fault_in_tree, missing_in, unknown_fields_of
from app.adapters.formats.proto_functions import Functions
from app.adapters.formats.proto_scalars import Wrong
from app.adapters.formats.proto_shape import MESSAGE, Value, known_of
from app.adapters.formats.tree import Tree
from app.settings import Limits


class Decoded(Struct, frozen=True):
    """`unknown_fields`: by path, `items[].#17`; `unknown_values`: by field and number, `acme.Order.state=7`."""

    tree: Tree
    unknown_fields: dict[str, int]
    unknown_values: dict[str, int]


class Codecs:
    """The codecs of all types of a pool, made as they are asked for."""

    def __init__(self, pool: DescriptorPool, limits: Limits) -> None:
        self.pool = pool
        self.functions = Functions(pool, limits)
        self._codecs: dict[str, MessageCodec] = {}

    def message(self, name: str) -> "MessageCodec":
        """Raises `KeyError` for a type that is not in the pool."""
        if name not in self._codecs:
            self._codecs[name] = MessageCodec(self.functions, self.pool.FindMessageTypeByName(name))
        return self._codecs[name]


class MessageCodec:
    """One message type."""

    def __init__(self, functions: Functions, descriptor: Descriptor) -> None:
        self.name: str = descriptor.full_name
        self.descriptor = descriptor
        self._functions = functions
        self._class = GetMessageClass(descriptor)
        self._value = Value(MESSAGE, message=descriptor, known=known_of(descriptor))
        self._read, self._write = functions.of(self._value)

    def decode(self, raw: bytes) -> Tree:
        """Raises `BadDocument` for what is no such message, with the path of what in it cannot be read."""
        return self.read(self._parsed(raw))

    def examine(self, raw: bytes) -> Decoded:
        """`decode`, and what of it this side does not know, which takes half as long again."""
        message = self._parsed(raw)
        discard(message)
        surely_known = len(serialize_partial(message)) == len(raw)  # one may write the same in more bytes
        tree = self.read(message)
        unknown = {} if surely_known else unknown_fields_of(self._parsed(raw), self._value)
        return Decoded(tree, unknown, self._functions.tally.unknown_values)

    def encode(self, tree: Tree) -> bytes:
        """The same bytes for the same tree. Raises `BadDocument` with the path of what does not fit."""
        message = self.build(tree)
        try:
            data: bytes = serialize(message, deterministic=True)
        except EncodeError:
            raise missing_in(message) from None
        return data

    def read(self, message: Any) -> Tree:
        """The tree of a message of this type."""
        self._functions.tally.begin()
        try:
            return self._read(message, 1)
        except Wrong as error:
            raise fault_in_message(self._functions, message, self._value, error) from None

    def build(self, tree: Tree) -> Any:
        """A message of this type; what is required may be missing in it."""
        message = self._class()
        try:
            self._write(tree, message, 1)
        except (Wrong, ValueError, TypeError) as error:
            raise fault_in_tree(self._functions, tree, self._value, error) from None
        return message

    def _parsed(self, data: bytes) -> Any:
        message = self._class()
        try:
            merge(message, data)
        except DecodeError:
            raise BadDocument(
                "proto_unreadable",
                "",
                f"this is no {self.name} in ProtoBuf, or is nested too deep. Compare the sender's .proto file.",
                f"这不是 ProtoBuf 格式的 {self.name}，或嵌套过深。请与发送方核对 .proto 文件。",
            ) from None
        return message
