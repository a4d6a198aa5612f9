"""RFC 6455, server side, on the plain transport: no task, no queue and no timer per connection.

Measured (tests/bench/idle.py): about 1.4 KB an idle connection on uvloop, where Hypercorn's needs 27 KB, because a
connection is the transport, one object with slots, and nothing else. Extensions are never negotiated: one 61 KB
deflate frame inflated to 60 MB in Hypercorn before its limit was looked at.
"""

import asyncio
from typing import Protocol, cast

from app.gateway.framing import (
    CLOSE,
    CONTINUATION,
    CONTROL_BYTES_MAX,
    FIN,
    MASKED,
    OPCODE,
    OPCODES,
    PING,
    PONG,
    RESERVED,
    TEXT,
    Message,
    Rest,
    close_code,
    close_frame,
    frame_of,
    is_text,
    unmask,
)
from app.model.frames import CloseCode
from app.settings import Limits

_READ_BYTES = 65_536
_HIGH_WATER_BYTES = 65_536
# In one read after our close frame. A peer who keeps flooding instead of answering it is heard no more: 64 KiB hold
# 11,000 pings, and a dozen of such peers held up everybody for seconds.
_LATE_FRAMES_MAX = 64

_OPEN, _CLOSING, _FAILED, _CLOSED = range(4)
_FLOWING = -1


class Listener(Protocol):
    """Who a socket speaks to. Called on the loop; must not block."""

    def opened(self, socket: "WebSocket") -> None:
        """The handshake is done."""
        ...

    def text(self, text: str) -> None:
        """A whole text message, valid UTF-8."""
        ...

    def binary(self, data: bytes) -> None:
        """A whole binary message."""
        ...

    def control(self) -> None:
        """A ping or pong of the protocol came in; a ping is answered already."""
        ...

    def drained(self) -> None:
        """The peer took what had been waiting: `choked` is false again."""
        ...

    def closing(self) -> None:
        """A close frame was sent. The listener sets a deadline and calls `abort` at its end."""
        ...

    def closed(self) -> None:
        """The connection is gone; called exactly once, and nothing comes after it."""
        ...


class Shared:
    """What all sockets of one server share: the read buffer and the bounds.

    One buffer serves all because the loop fills it and hands it over without anything in between.
    """

    __slots__ = ("buffer", "high_water_bytes", "limits")

    def __init__(self, limits: Limits) -> None:
        self.buffer = memoryview(bytearray(_READ_BYTES))
        self.limits = limits
        self.high_water_bytes = min(_HIGH_WATER_BYTES, limits.socket_outbox_bytes_max // 4)


class WebSocket(asyncio.BufferedProtocol):
    """One connection after its handshake. Mount it with `transport.set_protocol` and `connection_made`."""

    __slots__ = (
        "_backlog",
        "_backlog_bytes",
        "_held",
        "_listener",
        "_message",
        "_rest",
        "_shared",
        "_state",
        "_transport",
    )

    _transport: asyncio.Transport

    def __init__(self, shared: Shared, listener: Listener) -> None:
        self._shared = shared
        self._listener = listener
        self._rest: Rest | None = None  # the beginning of a frame whose end is still to come
        self._message: Message | None = None  # the fragments of a message whose end is still to come
        self._state = _OPEN
        self._held = False  # the listener wants no more for now
        self._backlog = _FLOWING  # frames written since the peer stopped taking them
        self._backlog_bytes = 0

    # --- for the listener ---------------------------------------------------------------------------------------

    def send(self, frame: bytes, count: int = 1) -> None:
        """Write one encoded frame (`text_frame`), or several joined.

        What is written while the peer takes nothing is its outbox; one that outgrows its bounds is closed with 4008. A
        first write of any size is allowed: it is an answer that the peer asked for, or the news of one commit.
        """
        if self._state != _OPEN or (self._backlog != _FLOWING and not self._has_room(len(frame), count)):
            return
        self._transport.write(frame)

    def close(self, code: int, reason: str = "") -> bool:
        """Begin the closing handshake; `reason` is cut to 123 bytes. Whether it was open until now."""
        if self._state != _OPEN:
            return False
        self._transport.write(close_frame(code, reason))
        self._state = _CLOSING
        self._listener.closing()
        return True

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._state != _CLOSED:
            self._transport.abort()

    @property
    def choked(self) -> bool:
        """Whether frames wait for the peer to take them."""
        return self._backlog != _FLOWING

    def pause_reading(self) -> None:
        """Take no more from the peer; a frame already read waits too."""
        if not self._held and self._state != _CLOSED:
            self._held = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on where `pause_reading` stopped."""
        if not self._held or self._state == _CLOSED:
            return
        self._held = False
        if self._rest is not None:
            data, self._rest = bytes(self._rest.data), None
            self._take(data)
        if not self._held and self._state != _CLOSED:
            self._transport.resume_reading()

    # --- for the loop -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour, not by class
        self._transport.set_write_buffer_limits(self._shared.high_water_bytes)
        self._listener.opened(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._state == _FAILED:
            return
        self.receive(bytes(self._shared.buffer[:nbytes]))

    def receive(self, data: bytes) -> None:
        """Bytes from the peer; also those that came right behind its handshake."""
        rest = self._rest
        if rest is None:
            self._take(data)
            return
        rest.data += data
        if self._held:
            return
        if len(rest.data) >= rest.wanted:
            self._rest = None
            self._take(bytes(rest.data))
        elif self._state == _OPEN:
            self._look_ahead(rest)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._backlog = self._backlog_bytes = 0

    def resume_writing(self) -> None:
        self._backlog = _FLOWING
        if self._state != _CLOSED:
            self._listener.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._state == _CLOSED:
            return
        self._state = _CLOSED
        self._rest = self._message = None
        listener = self._listener
        del self._listener, self._transport  # the circle of socket and listener ends here, not in the collector
        listener.closed()

    # --- reading ------------------------------------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        """Carry out every whole frame in `data` and keep the rest."""
        at, end = 0, len(data)
        begin = wanted = late = 0
        while at < end and not self._held:
            if self._state == _CLOSING:
                late += 1
                if late > _LATE_FRAMES_MAX:
                    self._fail(CloseCode.ABUSE, "")
            if self._state in (_FAILED, _CLOSED):
                return
            begin, length, wanted = self._head(data, at, end)
            if wanted > end - at or wanted == 0:
                break
            payload = unmask(data[begin - 4 : begin], data[begin : begin + length])
            opcode, final = data[at] & OPCODE, data[at] & FIN
            at += wanted
            if opcode >= CLOSE:
                self._control(opcode, payload)
            else:
                self._data(opcode, bool(final), payload)
        if at < end and self._state in (_OPEN, _CLOSING):
            self._rest = rest = Rest(data[at:], wanted)
            if begin > at and self._state == _OPEN and not self._held:
                rest.decode_from(begin - at, self._message)
                self._look_ahead(rest)

    def _look_ahead(self, rest: Rest) -> None:
        """Fail on bad UTF-8 at once, though the end of its frame is still to come (§8.1)."""
        if not rest.may_be_text():
            self._rest = None
            self._fail(CloseCode.INVALID, "not UTF-8")

    def _head(self, data: bytes, at: int, end: int) -> tuple[int, int, int]:
        """Where the payload begins, its length, and the size of the whole frame (or of the head, if cut short).

        Size 0 means that the frame broke a rule and the connection has failed. Rules are checked on the first two
        bytes, before anything is buffered.
        """
        if end - at < 2:
            return 0, 0, 2
        first, second = data[at], data[at + 1]
        if not self._may_follow(first, second):
            return 0, 0, 0
        length = second & ~MASKED
        head = 6 if length < 126 else 8 if length == 126 else 14
        if end - at < head:
            return 0, 0, head
        if length >= 126:
            longest = length == 127
            length = int.from_bytes(data[at + 2 : at + head - 4], "big")
            if length < (65_536 if longest else 126) or length >> 63:
                self._fail(CloseCode.PROTOCOL, "length not minimal")
                return 0, 0, 0
        size = length if self._message is None or first & OPCODE >= CLOSE else length + self._message.size
        if size > self._shared.limits.frame_bytes_max:
            self._fail(CloseCode.TOO_BIG, "message too big")
            return 0, 0, 0
        return at + head, length, head + length

    def _may_follow(self, first: int, second: int) -> bool:
        """Whether the first two bytes of a frame are allowed here; fails the connection if not."""
        opcode = first & OPCODE
        if first & RESERVED:
            return self._fail(CloseCode.PROTOCOL, "reserved bit")
        if opcode not in OPCODES:
            return self._fail(CloseCode.PROTOCOL, "unknown opcode")
        if not second & MASKED:
            return self._fail(CloseCode.PROTOCOL, "not masked")
        if opcode >= CLOSE:
            if not first & FIN or second & ~MASKED > CONTROL_BYTES_MAX:
                return self._fail(CloseCode.PROTOCOL, "control frame too long or in pieces")
        elif (opcode == CONTINUATION) != (self._message is not None):
            return self._fail(CloseCode.PROTOCOL, "fragment out of order")
        return True

    def _data(self, opcode: int, final: bool, payload: bytes) -> None:
        if self._state != _OPEN:
            return
        try:
            if final and self._message is None:
                self._deliver(payload.decode() if opcode == TEXT else payload)
                return
            if self._message is None:
                self._message = Message(opcode == TEXT)
            whole = self._message.add(payload, final)
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID, "not UTF-8")
            return
        if final:
            self._message = None
            assert whole is not None
            self._deliver(whole)
        elif self._message.fragments >= self._shared.limits.message_fragments_max:
            self._fail(CloseCode.ABUSE, "too many fragments")

    def _deliver(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._listener.text(message)
        else:
            self._listener.binary(message)

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            self._answer_close(payload)
            return
        if opcode == PING:
            self.send(frame_of(PONG, payload))
        self._listener.control()

    def _answer_close(self, payload: bytes) -> None:
        """End the closing handshake, whoever began it: the server drops the connection first (§7.1.1)."""
        if self._state == _OPEN:
            code = close_code(payload)
            if code is None:
                self._fail(CloseCode.PROTOCOL, "bad close frame")
                return
            if not is_text(payload[2:]):
                self._fail(CloseCode.INVALID, "not UTF-8")
                return
            self._transport.write(close_frame(code) if code else frame_of(CLOSE, b""))
            self._state = _FAILED  # nothing that follows a close frame is looked at
            self._listener.closing()
        self._state = _FAILED
        self._transport.close()

    def _fail(self, code: int, reason: str) -> bool:
        """Fail the connection (§7.1.7); always false.

        Only our half is closed: closing both with unread bytes would reset the connection, and the peer might never
        see the close frame.
        """
        if self._state == _OPEN:
            self._transport.write(close_frame(code, reason))
            self._listener.closing()
        self._state = _FAILED
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
        return False

    def _has_room(self, size: int, count: int) -> bool:
        """Count frames into the outbox; closes the socket where they do not fit."""
        self._backlog += count
        self._backlog_bytes += size
        limits = self._shared.limits
        if self._backlog <= limits.socket_outbox_frames_max and self._backlog_bytes <= limits.socket_outbox_bytes_max:
            return True
        self.close(CloseCode.OVERFLOW, "too slow: reconnect and resume")
        return False
