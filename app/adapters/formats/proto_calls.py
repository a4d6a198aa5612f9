"""What is done with messages of any type, whatever their fields are called: one named `HasField` hides the method."""

from typing import Any

from google.protobuf.empty_pb2 import Empty

_MESSAGE: Any = Empty.__mro__[1]  # the class that those of all messages are made from
merge = _MESSAGE.MergeFromString
serialize = _MESSAGE.SerializeToString
serialize_partial = _MESSAGE.SerializePartialToString  # whatever is required; `ByteSize` is not
discard = _MESSAGE.DiscardUnknownFields
has = _MESSAGE.HasField
present = _MESSAGE.SetInParent
set_fields = _MESSAGE.ListFields
missing = _MESSAGE.FindInitializationErrors
extensions = _MESSAGE.Extensions.__get__
