"""A crowd of WebSocket clients on one epoll, with no frame parsed: every answer has a known size.

It must cost less than the server that it loads, or it would be its own pace that is measured.
"""

import select
import socket
from typing import Self

_HEAD = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_UPGRADED = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"  # RFC 6455 §1.3
_READ_BYTES = 65_536
_EVENTS_MAX = 256
_SECONDS_MAX = 60.0


class Crowd:
    """Clients of one server at `port`; each waits for its answer before it speaks again."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._count = count
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()
        for one in self._sockets.values():
            one.close()

    def arrive(self) -> None:
        """Connect and upgrade, one after the other."""
        for _ in range(self._count):
            one = socket.create_connection(("127.0.0.1", self._port), timeout=_SECONDS_MAX)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.sendall(_HEAD)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                received = one.recv(_READ_BYTES)
                assert received, "the server closed"
                answer += received
            assert _UPGRADED in answer, answer
            self._sockets[one.fileno()] = one
            self._epoll.register(one.fileno(), select.EPOLLIN)

    def say_each(self, text: bytes, answer_bytes: int, times: int) -> None:
        """Each says `text` so many times, as soon as the answer to the one before has come."""
        frame = masked(text)
        left = dict.fromkeys(self._sockets, times)
        missing = dict.fromkeys(self._sockets, answer_bytes)
        for one in self._sockets.values():
            one.send(frame)
        waiting = len(left)
        while waiting:
            for number in self._ready():
                one = self._sockets[number]
                missing[number] -= _received(one)
                if missing[number]:
                    continue
                left[number] -= 1
                if left[number]:
                    missing[number] = answer_bytes
                    one.send(frame)
                else:
                    waiting -= 1

    def say_to_all(self, text: bytes, answer_bytes: int, times: int) -> None:
        """One says `text` so many times; it is repeated when all have heard it."""
        frame = masked(text)
        speaker = next(iter(self._sockets.values()))
        for _ in range(times):
            missing = dict.fromkeys(self._sockets, answer_bytes)
            waiting = len(missing)
            speaker.send(frame)
            while waiting:
                for number in self._ready():
                    missing[number] -= _received(self._sockets[number])
                    waiting -= missing[number] == 0

    def _ready(self) -> list[int]:
        found = self._epoll.poll(_SECONDS_MAX, _EVENTS_MAX)
        assert found, "the server does not answer"
        return [number for number, _ in found]


def _received(one: socket.socket) -> int:
    size = len(one.recv(_READ_BYTES))
    assert size, "the server closed"
    return size


def masked(text: bytes) -> bytes:
    """A text frame of up to 65,535 bytes. A mask of zeros costs a server what any other does, and a client nothing."""
    size = len(text)
    head = bytes((0x81, 0x80 | size)) if size < 126 else bytes((0x81, 0xFE)) + size.to_bytes(2, "big")
    return head + bytes(4) + text


def frame_bytes(size: int) -> int:
    """How long a server's frame of so many bytes of text is."""
    return size + (2 if size < 126 else 4)
