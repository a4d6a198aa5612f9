"""HTTP/1.1 request heads, and what is read out of their fields: proxies, languages, ranges, origins."""

from app.gateway.core import FileGrant
from app.gateway.download import choose_part, describe
from app.gateway.handshake import accept
from app.gateway.http1 import HEAD_END, Head, parse_head
from app.gateway.paths import below
from app.gateway.proxies import Trusted, resolve
from app.model.errors import Problem
from app.settings import Limits
from tests.fuzz.watch import Fault, demand_discretion

_LIMITS = Limits()
_TRUSTED = Trusted(("127.0.0.0/8", "10.0.0.0/8", "::1/128"), _LIMITS.proxy_hops_max)
_FILE = FileGrant("/nowhere", "picture.png", "image/png", 1_000, '"abc"')


class Heads:
    seeds = (
        b"GET / HTTP/1.1\r\nhost: desk.test",
        b"POST /api/v1/frames HTTP/1.1\r\nHost: desk.test:80\r\nContent-Length: 17\r\nConnection: close",
        b"PUT /a?b=c HTTP/1.0\r\ntransfer-encoding: chunked\r\nhost: [::1]:8080\r\ncookie: a=b\r\ncookie: c=d",
        (
            b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://a"
        ),
        (
            b"GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 1.2.3.4, 10.0.0.1\r\nx-forwarded-proto: https\r\n"
            b"x-forwarded-host: b.test\r\nx-forwarded-port: 8443"
        ),
        b'GET / HTTP/1.1\r\nhost: a\r\nforwarded: for="[2001:db8::1]:47";proto=https;host=c, for=10.0.0.2;by=_x',
        (
            b'GET /f HTTP/1.1\r\nhost: a\r\nrange: bytes=0-10\r\nif-range: "abc"\r\nif-none-match: W/"x", "y"\r\n'
            b"accept-language: zh-CN,en;q=0.5"
        ),
    )
    words = (
        b"\r\n", b"\r\n ", b"\n", b"HTTP/1.1", b"host: ", b"content-length: ", b"transfer-encoding: chunked", b"bytes=",
        b"x-forwarded-for: ", b"forwarded: ", b"for=", b'"', b";", b",", b"\\", b"unknown", b"_hidden", b"::ffff:",
        b"upgrade: websocket", b"connection: upgrade", b"accept-language: ", b";q=", b"\xff", b"\x00", b"%00", b"/../",
    )  # fmt: skip

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        try:
            head = parse_head(data, _LIMITS)
        except Problem as problem:
            demand_discretion(problem.en + problem.zh)
            return
        again = parse_head(head.encode().removesuffix(HEAD_END), _LIMITS)
        if (again.method, again.target, again.minor, again.body) != (head.method, head.target, head.minor, head.body):
            raise Fault(f"{head} goes on as {again}")
        self._read(head)

    def _read(self, head: Head) -> None:
        client = resolve("127.0.0.1", False, head.get, _TRUSTED)
        if resolve("192.0.2.1", False, head.get, _TRUSTED).address != "192.0.2.1":
            raise Fault("who is not trusted is believed")
        below("/desk", head.target)
        head.at("/x").keep_alive  # noqa: B018 - it is read, as the connection does
        assert head.language in ("en", "zh")
        part = choose_part(_FILE, head.method, head.get)
        if part.start < 0 or part.length < 0 or part.start + part.length > _FILE.size:
            raise Fault(f"{part} of a file of {_FILE.size} bytes")
        describe(_FILE, part)
        try:
            accept(head, client.host, "")
        except Problem as problem:
            demand_discretion(problem.en + problem.zh)


TARGET = Heads()
