"""Bytes at the running server's HTTP/2: whole frames of any content, and bytes that are none."""

from typing import cast

from hpack import Decoder, Encoder, HPACKError

from app.gateway import http2_frames as kinds
from tests.fuzz.live.server import Live
from tests.fuzz.watch import Fault, demand_discretion
from tests.gateway.http2_client import frame

_OPEN = kinds.PREFACE + kinds.EMPTY_SETTINGS
_JSON = (("content-type", "application/json"),)
_END_STREAM, _END_HEADERS = 1, 4
_SERVER_AT_FAULT = range(500, 600)


def request(stream: int, path: str, method: str = "GET", more: tuple[tuple[str, str], ...] = ()) -> bytes:
    fields = ((":method", method), (":path", path), (":scheme", "http"), (":authority", "a"), *more)
    ends = _END_STREAM if method == "GET" else 0
    return frame(kinds.HEADERS, _END_HEADERS | ends, stream, Encoder().encode([(*one, True) for one in fields]))


def post(stream: int, path: str, body: bytes) -> bytes:
    return request(stream, path, "POST", _JSON) + frame(kinds.DATA, _END_STREAM, stream, body)


class Http2(Live):
    """The first byte: r(aw) for all that is said, else what comes behind preface and SETTINGS."""

    seeds: tuple[bytes, ...] = (
        b"r" + _OPEN + request(1, "/healthz"),
        b"r" + _OPEN[:20],
        b"h" + request(1, "/healthz") + request(3, "/api/v1/setup") + request(5, "/chat/i"),
        b"h" + post(1, "/api/v1/session", b'{"email":"a@b","password":"c"}') + frame(kinds.PING, 0, 0, bytes(8)),
        b"h" + post(1, "/api/v1/visitor/session", b'{"inbox":"x","token":null}'),
        b"h" + request(1, "/api/v1/visitor/files", "POST", (("x-file-name", "a.txt"), ("authorization", "Bearer x"))),
        b"h" + request(1, "/ws", "CONNECT", ((":protocol", "websocket"),)),
        b"h" + request(1, "/api/v1/conversations?view=all&limit=2") + frame(kinds.RST_STREAM, 0, 1, bytes(4)),
        b"h" + request(1, "/x")[:-3] + frame(kinds.CONTINUATION, 4, 1, b"abc"),
        b"h" + frame(kinds.SETTINGS, 0, 0, b"\0\4\0\0\0\0\0\1\0\0\0\0") + request(1, "/"),
        b"h" + request(1, "/", "POST") + frame(kinds.DATA, 8, 1, b"\3abc\0\0\0") + frame(kinds.GOAWAY, 0, 0, bytes(8)),
    )
    words: tuple[bytes, ...] = (
        kinds.PREFACE, kinds.EMPTY_SETTINGS, request(7, "/healthz"), request(9, "/api/v1/session", "POST", _JSON),
        frame(kinds.DATA, 1, 1, b"{}"), frame(kinds.DATA, 0, 1, b""), frame(kinds.RST_STREAM, 0, 1, bytes(4)),
        frame(kinds.GOAWAY, 0, 0, bytes(8)), frame(kinds.PRIORITY, 0, 1, bytes(5)), frame(kinds.PING, 1, 0, bytes(8)),
        frame(kinds.PUSH_PROMISE, 4, 1, bytes(4)), frame(kinds.WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff"), b"\xff" * 9,
    )  # fmt: skip

    async def prepare(self) -> None:
        """Nobody in particular speaks."""

    def spoken(self, data: bytes) -> bytes:
        return data[1:] if data[:1] == b"r" else _OPEN + data[1:]

    def look(self, told: bytes) -> None:
        if told.startswith(b"HTTP/1.1 "):
            demand_discretion(told.decode("latin-1") if told[9:10] == b"4" else "")
            return
        decoder, refused, at = Decoder(), set[int](), 0
        while len(told) - at >= kinds.HEAD_BYTES:
            length, kind, _, stream = kinds.read_head(told[at : at + kinds.HEAD_BYTES])
            payload = told[at + kinds.HEAD_BYTES : at + kinds.HEAD_BYTES + length]
            at += kinds.HEAD_BYTES + length
            if kind == kinds.HEADERS and len(payload) == length:
                status = _status(decoder, payload)
                if status in _SERVER_AT_FAULT:
                    raise Fault(f"answered with {status}")
                if status >= 400:
                    refused.add(stream)
            elif kind == kinds.GOAWAY or (kind == kinds.DATA and stream in refused):
                demand_discretion(payload.decode("latin-1"))


def _status(decoder: Decoder, block: bytes) -> int:
    try:
        fields = dict(cast("list[tuple[str, str]]", decoder.decode(block)))
    except HPACKError as error:
        raise Fault("a head that cannot be read") from error
    return int(fields.get(":status", 0))  # none in trailers


make = Http2  # not made here: it starts a server
