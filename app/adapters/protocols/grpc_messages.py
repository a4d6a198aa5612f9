"""What gRPC puts on HTTP/2: framed messages, statuses, deadlines. Both sides use it. Pure.

Source: the protocol description (grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html).
"""

import re
import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from urllib.parse import quote, unquote

from app.adapters.errors import BadDocument

PREFIX_BYTES = 5
CONTENT_TYPE = "application/grpc"
ACCEPTED = "identity,gzip"
_PACKED, _PLAIN = 1, 0
_SECONDS = {"H": 3_600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_TIMEOUT = re.compile(r"([0-9]{1,8})([HMSmun])")
_TIMEOUT_DIGITS_MAX = 99_999_999
_PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
METADATA_NAME = re.compile(r"[0-9a-z_.-]{1,200}")
METADATA_VALUE = re.compile(r"[ -~]{0,8192}")


class Status(IntEnum):
    """How a call ended (grpc.github.io/grpc/core/md_doc_statuscodes.html)."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


def framed(message: bytes) -> bytes:
    """A message as it is sent, not packed."""
    return struct.pack(">BI", _PLAIN, len(message)) + message


class Frames:
    """Cuts what comes into messages, unpacked; `packing` is what `grpc-encoding` says of those that are packed."""

    def __init__(self, bytes_max: int, packing: str = "") -> None:
        self._bytes_max = bytes_max
        self._packing = packing
        self._buffer = bytearray()

    @property
    def empty(self) -> bool:
        """Whether no message is begun."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole with this. Raises `BadDocument`."""
        self._buffer += data
        while len(self._buffer) >= PREFIX_BYTES:
            packed, size = prefix_of(bytes(self._buffer[:PREFIX_BYTES]), self._bytes_max)
            end = PREFIX_BYTES + size
            if len(self._buffer) < end:
                return
            message = bytes(self._buffer[PREFIX_BYTES:end])
            del self._buffer[:end]
            yield unpacked(message, self._packing, self._bytes_max) if packed else message


def prefix_of(data: bytes, bytes_max: int) -> tuple[bool, int]:
    """Whether the message behind these five bytes is packed, and its size. Raises `BadDocument` for too large a one."""
    packed, size = struct.unpack(">BI", data)
    if packed not in (_PLAIN, _PACKED):
        raise BadDocument(
            "grpc_frame",
            "",
            "This is no message of gRPC. Look whether the address is that of a gRPC service.",
            "这不是 gRPC 消息。请检查该地址是否为 gRPC 服务。",
        )
    if size > bytes_max:
        raise _too_large(bytes_max)
    return packed == _PACKED, size


def unpacked(message: bytes, packing: str, bytes_max: int) -> bytes:
    """Raises `BadDocument` for what is not packed so, or would be too large: a small one may be gigabytes."""
    if packing not in ("gzip", "deflate"):
        raise BadDocument(
            "grpc_packing",
            "",
            f"A message is packed as {packing[:20] or 'nobody says'}. Allowed: identity, gzip, deflate.",
            f"消息的压缩方式为 {packing[:20] or '未声明'}。可用：identity、gzip、deflate。",
        )
    engine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        found = engine.decompress(message, bytes_max + 1)
    except zlib.error:
        raise _wrongly_packed() from None
    if len(found) > bytes_max:
        raise _too_large(bytes_max)
    if not engine.eof:
        raise _wrongly_packed()
    return found


def timeout_text(seconds: float) -> str:
    """`grpc-timeout`: as exact as eight digits are."""
    for unit in ("n", "u", "m", "S", "M", "H"):
        count = int(seconds / _SECONDS[unit])
        if count <= _TIMEOUT_DIGITS_MAX:
            return f"{count}{unit}"
    return f"{_TIMEOUT_DIGITS_MAX}H"


def timeout_seconds(text: str) -> float | None:
    """None for what is no timeout."""
    match = _TIMEOUT.fullmatch(text)
    return int(match[1]) * _SECONDS[match[2]] if match else None


def message_text(said: str) -> str:
    """A `grpc-message` as it is sent: UTF-8, percent-encoded."""
    return quote(said, safe=_PRINTABLE)


def message_said(text: str) -> str:
    return unquote(text, errors="replace")


def _wrongly_packed() -> BadDocument:
    return BadDocument(
        "grpc_packing", "", "A message is not packed as it says. Ask its sender.", "消息的压缩内容有误。请联系发送方。"
    )


def _too_large(bytes_max: int) -> BadDocument:
    return BadDocument(
        "grpc_too_large",
        "",
        f"A message has more than {bytes_max} bytes. Ask for smaller pages, or allow more by `bytes`.",
        f"消息超过 {bytes_max} 字节。请减小分页，或用 bytes 放宽上限。",
    )
