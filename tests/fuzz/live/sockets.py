"""Bytes at the running server's `/ws`: before the handshake, before hello, as a visitor and as an agent."""

import json
import secrets

from app.gateway.framing import frame_of
from tests.abuse.ground import UPGRADE
from tests.abuse.line import head
from tests.fuzz.line import frames
from tests.fuzz.live.server import Live
from tests.fuzz.watch import Fault, demand_discretion

_CLOSE = 0x88
_CONV, _MESSAGE = b"@CONVERSATION_________ID@@", b"@MESSAGE______________ID@@"  # as long as ids are
_C, _M = _CONV.decode(), _MESSAGE.decode()


def frame(payload: bytes, first: int = 0x81) -> bytes:
    """A client's frame whose mask is all zeros, so that its text lies open for the fuzzer."""
    made = frame_of(first & 0x0F, payload)
    size = len(made) - len(payload)
    return bytes((first, made[1] | 0x80)) + made[2:size] + bytes(4) + payload


def say(value: object) -> bytes:
    return frame(json.dumps(value).encode())


class Sockets(Live):
    """The first byte says how far the client has come: n(othing), u(pgraded), v(isitor), a(gent)."""

    seeds: tuple[bytes, ...] = (
        b"n" + head("GET", "/ws", UPGRADE),
        b"nGET /ws HTTP/1.1\r\nHost: a\r\n\r\n",
        b"u" + say({"t": "hello", "inbox": _C, "token": _M}),
        b"u" + frame(b'{"t":"hel', 0x01) + frame(b'lo"}', 0x80),
        *(
            who + frames
            for who in (b"v", b"a")
            for frames in (
                say({"t": "resume"}) + say({"t": "send", "cid": "0" * 32, "text": "hello"}),
                say({"t": "resume", "epoch": "x", "convs": {_C: 1}}) + say({"t": "resume", "pos": 1}),
                say({"t": "send", "cid": "1" * 32, "conv": _C, "text": "你好", "files": [_M], "expected": 3}),
                say({"t": "send", "cid": "2" * 32, "conv": _C, "text": "note", "note": True}),
                say({"t": "edit", "cid": "3" * 32, "conv": _C, "id": _M, "text": "other"}),
                say({"t": "delete", "cid": "4" * 32, "conv": _C, "id": _M}),
                say({"t": "fetch", "conv": _C, "first": 1, "last": 9}) + say({"t": "read", "conv": _C, "seq": 1}),
                say({"t": "typing", "conv": _C, "on": True, "text": "x"}) + say({"t": "pong"}) + frame(b"", 0x89),
                frame(b"\xce", 0x01) + frame(b"\xba", 0x80) + frame(b"\x03\xe8bye", 0x88),
                frame(bytes(200), 0x82) + frame(b"x" * 126, 0x89),
            )
        ),
    )
    words: tuple[bytes, ...] = (
        b"\x81\x80\0\0\0\0", b"\x81\xfe", b"\x81\xff", b"\x01\x80", b"\x80\x80", b"\x88\x82", b"\x89\x80", b"\xc1",
        b'"t":"', b'"conv":"', b'"cid":"', b'"text":"', b'"files":[', b"null", b"1e400", b"9007199254740992", b"-1",
        b"\\u0000", b"\\ud800", b"[[[[[[[[", b'{"a":{"a":', b"0" * 32, _CONV, _MESSAGE, b"\r\n\r\n", b"Origin: ",
    )  # fmt: skip

    async def prepare(self) -> None:
        token = await self.ground.newcomer()
        own = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(16)}
        said = (await self.ground.post("/api/v1/visitor/messages", {"text": "first"}, own)).json()
        self._known = {_CONV: said["conv"].encode(), _MESSAGE: said["id"].encode()}
        host = f"127.0.0.1:{self.ground.port}"
        signed_in = {**UPGRADE, "Host": host, "Origin": f"http://{host}", "Cookie": self.ground.cookie}
        self._begun = {
            b"u": head("GET", "/ws", UPGRADE),
            b"v": head("GET", "/ws", UPGRADE) + say({"t": "hello", "inbox": self.ground.inbox, "token": token}),
            b"a": head("GET", "/ws", signed_in) + say({"t": "hello"}),
        }

    def spoken(self, data: bytes) -> bytes:
        for placeholder, known in self._known.items():
            data = data.replace(placeholder, known)
        return self._begun.get(data[:1], b"") + data[1:]

    def look(self, told: bytes) -> None:
        answer, _, rest = told.partition(b"\r\n\r\n")
        if answer[:10] == b"HTTP/1.1 5":
            raise Fault(f"told {told[:300]!r}")
        if answer[:12] != b"HTTP/1.1 101":
            demand_discretion(rest.decode(errors="replace") if answer[9:10] == b"4" else "")
            return
        for first, payload in frames(rest):
            if first == _CLOSE:
                demand_discretion(payload[2:].decode())
            elif payload.startswith(b'{"t":"error"'):
                demand_discretion(payload.decode())
                if b'"internal"' in payload:
                    raise Fault(payload.decode())


make = Sockets  # not made here: it starts a server
