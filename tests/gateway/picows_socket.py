"""The fallback: picows behind the interface of `app.gateway.websocket`, so that one suite judges both.

picows reads frames and checks what stands in their heads; messages are put together here, as its listeners must do.
It lives in the tests (ARCHITECTURE.md, "Gateway"): it keeps our own protocol honest, and shows that the hub would run
over another one.
"""

import asyncio
import codecs
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, cast

import picows.picows
from picows import WSAutoPingStrategy, WSCloseCode, WSFrame, WSListener, WSProtocolError, WSTransport

from app.gateway.framing import close_frame
from app.gateway.websocket import Listener, Shared, WebSocket
from app.model.frames import CloseCode

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_PONG_FIRST = b"\x8a"
_UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_BUFFER_BYTES = 2_048
_EMPTY_CLOSE = b"\x88\x00"
_Utf8Decoder = codecs.getincrementaldecoder("utf-8")
_log = logging.getLogger("picows.tests")
_log.setLevel(logging.CRITICAL)

if TYPE_CHECKING:
    _Frame = tuple[int, bool, bytes]


class PicowsSocket:
    """As `WebSocket`; mounted the same way, after a handshake that somebody else has answered."""

    def __init__(self, shared: Shared, listener: Listener) -> None:
        self._shared = shared
        self._listener = listener
        self._frames: deque[_Frame] = deque()  # read, and still to be carried out
        self._kind = _CONTINUATION  # of the message that is being put together; this is none
        self._open = True
        self._held = False
        self._choked = False
        self._backlog = self._backlog_bytes = 0
        self._parts: list[bytes | str]
        self._size: int
        self._decoder: codecs.IncrementalDecoder

    # --- as WebSocket, for the listener -------------------------------------------------------------------------

    def send(self, frame: bytes, count: int = 1) -> None:
        if self._open and (not self._choked or self._has_room(len(frame), count)):
            self._transport.write(frame)

    def close(self, code: int, reason: str = "") -> bool:
        if not self._open:
            return False
        self._open = False
        self._protocol.transport.send_close(code, close_frame(code, reason)[4:])
        self._listener.closing()
        return True

    def abort(self) -> None:
        self._transport.abort()

    @property
    def choked(self) -> bool:
        return self._choked

    def pause_reading(self) -> None:
        if not self._held:
            self._held = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._held:
            return
        self._held = False
        self._carry_out()
        if not self._held and not self._transport.is_closing():
            self._transport.resume_reading()

    # --- as WebSocket, for who mounts it ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(self._shared.high_water_bytes)
        make: Any = picows.picows.WSProtocol  # type: ignore[attr-defined]  # the stub leaves it out
        idle = WSAutoPingStrategy.PING_WHEN_IDLE
        size = self._shared.limits.frame_bytes_max
        self._protocol = make(
            "", "", False, lambda _: _Ears(self), _log, True, None, False, 20, 20, idle, False, size, None,
            _BUFFER_BYTES,
        )  # fmt: skip
        self._transport.set_protocol(self._protocol)
        self._protocol.connection_made(_Answered(self._transport))
        self._listener.opened(cast("WebSocket", self))
        self.receive(_UPGRADE)

    def receive(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            buffer = self._protocol.get_buffer(len(view))
            size = min(len(buffer), len(view))
            buffer[:size] = view[:size]
            self._protocol.buffer_updated(size)
            view = view[size:]

    # --- for picows ---------------------------------------------------------------------------------------------

    def read(self, frame: WSFrame) -> None:
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise _broken("reserved bit")
        self._frames.append((cast("int", frame.msg_type), frame.fin, frame.get_payload_as_bytes()))
        if not self._held:
            self._carry_out()

    def choke(self) -> None:
        self._choked = True
        self._backlog = self._backlog_bytes = 0

    def drain(self) -> None:
        self._choked = False
        self._listener.drained()

    def lost(self) -> None:
        self._open = False
        self._listener.closed()

    # --- messages -----------------------------------------------------------------------------------------------

    def _carry_out(self) -> None:
        while self._frames and not self._held:
            opcode, final, payload = self._frames.popleft()
            if opcode == _CLOSE:
                self._answer_close(payload)
            elif opcode in (_PING, _PONG):
                if opcode == _PING:
                    self.send(_PONG_FIRST + bytes((len(payload),)) + payload)
                self._listener.control()
            elif self._open:
                self._data(opcode, final, payload)

    def _data(self, opcode: int, final: bool, payload: bytes) -> None:
        if (opcode == _CONTINUATION) != (self._kind != _CONTINUATION):
            raise _broken("fragment out of order")
        if opcode != _CONTINUATION:
            self._kind, self._parts, self._size, self._decoder = opcode, [], 0, _Utf8Decoder()
        self._parts.append(payload if self._kind == _BINARY else self._decoded(payload, final))
        self._size += len(payload)
        limits = self._shared.limits
        if self._size > limits.frame_bytes_max:
            raise WSProtocolError(WSCloseCode.MESSAGE_TOO_BIG, "message too big")
        if not final and len(self._parts) >= limits.message_fragments_max:
            raise WSProtocolError(WSCloseCode.POLICY_VIOLATION, "too many fragments")
        if final:
            kind, self._kind = self._kind, _CONTINUATION
            if kind == _BINARY:
                self._listener.binary(b"".join(cast("list[bytes]", self._parts)))
            else:
                self._listener.text("".join(cast("list[str]", self._parts)))

    def _decoded(self, payload: bytes, final: bool) -> str:
        try:
            return self._decoder.decode(payload, final)
        except UnicodeDecodeError as error:
            raise WSProtocolError(WSCloseCode.INVALID_TEXT, "not UTF-8") from error

    def _answer_close(self, payload: bytes) -> None:
        """picows has checked code and reason."""
        if self._open:
            self._open = False
            code = int.from_bytes(payload[:2], "big")
            if code:
                self._protocol.transport.send_close(code)
            else:
                self._transport.write(_EMPTY_CLOSE)
            self._listener.closing()
        self._transport.close()

    def _has_room(self, size: int, count: int) -> bool:
        self._backlog += count
        self._backlog_bytes += size
        limits = self._shared.limits
        if self._backlog <= limits.socket_outbox_frames_max and self._backlog_bytes <= limits.socket_outbox_bytes_max:
            return True
        self.close(CloseCode.OVERFLOW, "too slow: reconnect and resume")
        return False


class _Ears(WSListener):
    """What picows calls."""

    def __init__(self, socket: PicowsSocket) -> None:
        self._socket = socket

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self._socket.read(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._socket.lost()

    def pause_writing(self) -> None:
        self._socket.choke()

    def resume_writing(self) -> None:
        self._socket.drain()


class _Answered:
    """A transport over which the handshake has been answered: picows's own answer is dropped."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._dropped = False

    def write(self, data: bytes) -> None:
        """picows keeps hold of this very method."""
        if self._dropped:
            self._transport.write(data)
        self._dropped = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _broken(reason: str) -> WSProtocolError:
    return WSProtocolError(WSCloseCode.PROTOCOL_ERROR, reason)
