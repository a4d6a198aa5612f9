"""HTTP/2 frames as far as the fence needs them (RFC 9113 §4, §6): kind, flags, stream and length, never what is inside.

Measured 2026-11-26: following a frame costs 1 µs, having the `h2` library read it 4 to 9 µs (PING, SETTINGS, a byte of
DATA), and more what it then leads to.
"""

import struct
from collections.abc import Callable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST_LINE = b"PRI * HTTP/2.0"  # how it looks to who reads HTTP/1.1 heads
AFTER_HEAD = PREFACE.partition(b"\r\n\r\n")[2]

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
ACK = END_STREAM = 0x1
END_HEADERS = 0x4

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FRAME_SIZE_ERROR = 0x0, 0x1, 0x2, 0x6
ENHANCE_YOUR_CALM = 0xB

FRAME_BYTES_MAX = 16_384  # the smallest that RFC 9113 §4.2 lets us announce, and the default
HEAD_BYTES = 9
STREAM_MAX = 2**31 - 1
EMPTY_SETTINGS = struct.pack("!HBBBL", 0, 0, SETTINGS, 0, 0)
ARE_YOU_THERE = struct.pack("!HBBBL8s", 0, 8, PING, 0, 0, b"monodesk")

Judge = Callable[[int, int, int, int], bool]  # kind, flags, stream, length: whether the frame goes on


class Violation(Exception):
    """The client did what costs too much, or what is no HTTP/2; `code` is for its GOAWAY."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ClientFrames:
    """Follows what a client sends, in whatever pieces it comes; `judge` sees each frame's head before it goes on."""

    __slots__ = ("_held", "_judge", "_left", "_passes", "begun", "kind")

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._held = b""  # of a head that is not whole
        self._left = 0  # of the frame that goes by
        self._passes = True
        self.kind = SETTINGS
        self.begun = 0  # frames so far, and the one of which only a part is here

    @property
    def within(self) -> bool:
        """Whether a frame has begun and is not whole."""
        return bool(self._left or self._held)

    def feed(self, data: bytes) -> bytes:
        """What of the next bytes goes on; raises what `judge` raises, and then nothing of them does."""
        if self._held:
            data, self._held = self._held + data, b""
        passed, at, size = [], 0, len(data)
        while at < size:
            if not self._left:
                if size - at < HEAD_BYTES:
                    self._held = data[at:]
                    break
                self._begin(data[at : at + HEAD_BYTES])
            step = min(self._left, size - at)
            if self._passes:
                passed.append(data[at : at + step])
            at += step
            self._left -= step
        return passed[0] if len(passed) == 1 else b"".join(passed)

    def _begin(self, head: bytes) -> None:
        length, self.kind, flags, stream = read_head(head)
        if length > FRAME_BYTES_MAX:
            raise Violation(FRAME_SIZE_ERROR, f"a frame of {length} bytes")
        self._passes = self._judge(self.kind, flags, stream, length)
        self._left = HEAD_BYTES + length
        self.begun += 1


class ServerFrames:
    """Follows what our server sends, and lets whole frames through, so that one of ours may stand between any two."""

    __slots__ = ("_held", "_note")

    def __init__(self, note: Callable[[int, int, int, int], None]) -> None:
        self._note = note
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The frames that are whole with these bytes; raises `Violation` where the server speaks no HTTP/2."""
        if self._held:
            data, self._held = self._held + data, b""
        at, size = 0, len(data)
        while size - at >= HEAD_BYTES:
            length, kind, flags, stream = read_head(data[at : at + HEAD_BYTES])
            if length > FRAME_BYTES_MAX:
                raise Violation(INTERNAL_ERROR, "the server behind does not answer")
            if size - at < HEAD_BYTES + length:
                break
            self._note(kind, flags, stream, length)
            at += HEAD_BYTES + length
        if at == size:
            return data
        self._held = data[at:]
        return data[:at]


def read_head(head: bytes) -> tuple[int, int, int, int]:
    """Length, kind, flags and stream of nine bytes."""
    high, low, kind, flags, stream = struct.unpack("!BHBBL", head)
    return high << 16 | low, kind, flags, stream & STREAM_MAX


def goaway(last_stream: int, code: int, reason: str = "") -> bytes:
    """A GOAWAY frame: the last stream that was heard, why, and a word for who reads a packet dump."""
    said = reason.encode()[:128]
    return struct.pack("!BHBBLLL", 0, 8 + len(said), GOAWAY, 0, 0, last_stream, code) + said
