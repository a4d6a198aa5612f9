"""Frames and messages of RFC 6455 as bytes: what is written, and what is put together of what is read."""

import base64
import binascii
import codecs
import hashlib

FIN = 0x80
RESERVED = 0x70
OPCODE = 0x0F
MASKED = 0x80
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
CONTROL_BYTES_MAX = 125
_REASON_BYTES_MAX = 123
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES = 16
# RFC 6455 §7.4.1 and the IANA registry: what a peer may put into a close frame; 3000–4999 come on top.
_CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_Utf8Decoder = codecs.getincrementaldecoder("utf-8")


class Rest:
    """The beginning of a frame, and how many bytes of it are worth another look.

    Text is decoded as it comes, and again when it is whole: only frames that span reads pay for that.
    """

    __slots__ = ("_begin", "_checked", "_decoder", "data", "wanted")

    def __init__(self, data: bytes, wanted: int) -> None:
        self.data = bytearray(data)
        self.wanted = wanted
        self._begin = 0  # of the payload
        self._checked = 0  # bytes of the payload
        self._decoder: codecs.IncrementalDecoder | None = None

    def decode_from(self, begin: int, message: "Message | None") -> None:
        """The payload begins there; it goes on with `message` where that is open."""
        opcode = self.data[0] & OPCODE
        if opcode == TEXT:
            self._decoder = _Utf8Decoder()
        elif opcode == CONTINUATION and message is not None:
            self._decoder = message.decoder()
        self._begin = begin

    def may_be_text(self) -> bool:
        """Whether the text that has come so far is good."""
        if self._decoder is None:
            return True
        begin, checked = self._begin, self._checked
        turn = checked % 4
        mask = bytes(self.data[begin - 4 : begin])
        fresh = bytes(self.data[begin + checked :])
        self._checked += len(fresh)
        try:
            self._decoder.decode(unmask(mask[turn:] + mask[:turn], fresh))
        except UnicodeDecodeError:
            return False
        return True


class Message:
    """A message that comes in fragments."""

    __slots__ = ("_decoder", "_parts", "fragments", "size")

    def __init__(self, is_text: bool) -> None:
        self._decoder = _Utf8Decoder() if is_text else None
        self._parts: list[str | bytes] = []
        self.fragments = 0
        self.size = 0

    def decoder(self) -> codecs.IncrementalDecoder | None:
        """A copy of the decoder as it stands, for looking ahead; None for bytes."""
        if self._decoder is None:
            return None
        copy = _Utf8Decoder()
        copy.setstate(self._decoder.getstate())
        return copy

    def add(self, payload: bytes, final: bool) -> str | bytes | None:
        """The whole message with its last fragment. UTF-8 is checked as it comes: bad text fails at once."""
        self.fragments += 1
        self.size += len(payload)
        self._parts.append(payload if self._decoder is None else self._decoder.decode(payload, final))
        if not final:
            return None
        if self._decoder is None:
            return b"".join(part for part in self._parts if isinstance(part, bytes))
        return "".join(part for part in self._parts if isinstance(part, str))


def accept_key(key: str) -> str | None:
    """The answer to `Sec-WebSocket-Key`, or None where the key is not 16 bytes in base64 (§4.2.2)."""
    try:
        if len(base64.b64decode(key, validate=True)) != _KEY_BYTES:
            return None
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()


def text_frame(payload: bytes) -> bytes:
    """One unfragmented text frame of UTF-8 bytes, ready for any number of sockets."""
    return frame_of(TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """One unfragmented binary frame."""
    return frame_of(BINARY, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut at a character to at most 123 bytes."""
    words = reason.encode()[:_REASON_BYTES_MAX].decode(errors="ignore").encode()
    return frame_of(CLOSE, code.to_bytes(2, "big") + words)


def unmask(mask: bytes, payload: bytes) -> bytes:
    """Payload XOR the repeated mask (§5.3), as one big number: 40 times faster than byte by byte."""
    length = len(payload)
    repeated = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")).to_bytes(length, "little")


def frame_of(opcode: int, payload: bytes) -> bytes:
    """One unfragmented frame, its length in the shortest way (§5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((FIN | opcode, length)) + payload
    if length < 65_536:
        return bytes((FIN | opcode, 126)) + length.to_bytes(2, "big") + payload
    return bytes((FIN | opcode, 127)) + length.to_bytes(8, "big") + payload


def close_code(payload: bytes) -> int | None:
    """The code of a close frame, 0 where it has none, None where it is not allowed."""
    if not payload:
        return 0
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (code in _CLOSE_CODES or 3000 <= code <= 4999):
        return None
    return code


def is_text(data: bytes) -> bool:
    """Whether it is UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
