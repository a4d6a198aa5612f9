"""HTTP/1.1 as far as the front needs it (RFC 9110, 9112): request heads, where bodies end, plain answers.

Every request head passes here, also those that Hypercorn answers: it accepts Content-Length together with
Transfer-Encoding, obs-fold and bare LF, and its size limit does not hold for a head that comes in one read.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Protocol

from msgspec import Struct

from app.model.errors import Invalid, TooLarge
from app.model.language import reader_language
from app.settings import Limits

HEAD_END = b"\r\n\r\n"
# Methods are told apart by case, and all there are have capitals; Hypercorn would take `head` for HEAD, and h11 not.
_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Z]{1,32}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_FIELD_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NEVER_IN_A_LINE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BLANKS = " \t"  # RFC 9110 §5.6.3
HOST = re.compile(r"(?:[0-9A-Za-z._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})")
_CHUNK_LINE_BYTES_MAX = 512
_EXTENSION_BYTES_MAX = 4_096  # of one body: nobody needs any, and one before each byte passes every cap
_TRAILER_BYTES_MAX = 8_192
# What speaks of this connection alone, and what would lead Hypercorn to HTTP/2 or to its own WebSocket.
_HOP_BY_HOP = frozenset({"connection", "upgrade", "http2-settings", "keep-alive", "proxy-connection", "te"})
_ONCE = frozenset({"host", "content-length", "transfer-encoding", "authorization", "origin"})
_JOINED = frozenset({"cookie"})  # HTTP/1.1 clients send one; a proxy from HTTP/2 may send several

REASONS = {
    101: "Switching Protocols",
    200: "OK",
    206: "Partial Content",
    302: "Found",
    304: "Not Modified",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    426: "Upgrade Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}

CHUNKED = -1


class HeadTooLarge(TooLarge):
    """More header bytes or lines than `head_bytes_max`, `head_lines_max`."""

    status = 431


class Head(Struct, frozen=True):
    """A request line and its header fields, names in lower case.

    `body` is the length of the body in bytes, 0 for none, `CHUNKED` where it comes in chunks. `minor` is the 1 of
    HTTP/1.1. `named` is made of the fields: each name once, with the values of several joined.
    """

    method: str
    target: str
    minor: int
    fields: tuple[tuple[str, str], ...]
    body: int
    named: dict[str, str] = {}  # msgspec gives each its own

    def __post_init__(self) -> None:
        if self.named:
            return  # of the head that this one is a copy of
        for name, value in self.fields:
            if name in self.named:
                self.named[name] += ("; " if name in _JOINED else ", ") + value
            else:
                self.named[name] = value

    @property
    def path(self) -> str:
        """The target without its query, not decoded."""
        return self.target.partition("?")[0]

    def at(self, target: str) -> "Head":
        """The same head for another target."""
        if target is self.target:
            return self
        return Head(self.method, target, self.minor, self.fields, self.body, self.named)

    def get(self, name: str) -> str:
        """The value of a field, several joined with commas (cookies with semicolons), or an empty string."""
        return self.named.get(name, "")

    def tokens(self, name: str) -> set[str]:
        """The members of a comma-separated field in lower case."""
        return {token.strip().lower() for token in self.get(name).split(",")}

    @property
    def keep_alive(self) -> bool:
        """Whether the client wants to go on with this connection."""
        return self.minor == 1 and "close" not in self.tokens("connection")

    @property
    def language(self) -> str:
        """The reader's language, `zh` or `en`."""
        return reader_language(self.get("accept-language"))

    def encode(self) -> bytes:
        """The head as it goes on to Hypercorn: without what speaks of the client's connection alone."""
        lines = [f"{self.method} {self.target} HTTP/1.{self.minor}"]
        lines += [f"{name}: {value}" for name, value in self.fields if name not in _HOP_BY_HOP]
        return "\r\n".join(lines).encode("latin-1") + HEAD_END


def parse_head(data: bytes, limits: Limits) -> Head:
    """The head in `data` (without the empty line); raises `Invalid` or `HeadTooLarge`."""
    if len(data) > limits.head_bytes_max:
        raise head_too_large()
    first, *rest = data.decode("latin-1").split("\r\n")
    if len(rest) > limits.head_lines_max:
        raise head_too_large()
    request_line = _REQUEST_LINE.fullmatch(first)
    if request_line is None:
        raise malformed_head()
    fields = tuple([_field(line) for line in rest])
    decisive = [name for name, _ in fields if name in _ONCE]
    if len(decisive) > len(set(decisive)):  # two of them are how requests are smuggled
        raise malformed_head()
    return _checked(Head(request_line[1], request_line[2], int(request_line[3]), fields, 0))


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not _FIELD_NAME.fullmatch(name) or _NEVER_IN_A_LINE.search(value):
        raise malformed_head()
    return name.lower(), value.strip(_BLANKS)


def _checked(head: Head) -> Head:
    """The head with what it says of its body; raises `Invalid` for a host or a body that cannot be."""
    host = head.named.get("host")
    if (host is None and head.minor == 1) or (host is not None and not HOST.fullmatch(host)):
        raise malformed_head()
    length, coding = head.named.get("content-length"), head.named.get("transfer-encoding")
    if length is None and coding is None:
        return head
    body = _body(length, coding, head.minor)
    return Head(head.method, head.target, head.minor, head.fields, body, head.named)


def _body(length: str | None, coding: str | None, minor: int) -> int:
    if coding is not None:
        if length is not None or minor == 0 or coding.lower() != "chunked":
            raise malformed_head()
        return CHUNKED
    if length is None or not _DIGITS.fullmatch(length):
        raise malformed_head()
    return int(length)


# --- where a body ends ------------------------------------------------------------------------------------------


class Body(Protocol):
    """A body that passes through: `take` says up to where `data` from `at` belongs to it."""

    done: bool

    def take(self, data: bytes, at: int) -> int: ...


class CountedBody:
    """A body of known length; 0 for none."""

    __slots__ = ("_left", "done")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    def take(self, data: bytes, at: int) -> int:
        step = min(self._left, len(data) - at)
        self._left -= step
        self.done = self._left == 0
        return at + step


class EndlessBody:
    """A body that ends with its connection."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False

    def take(self, data: bytes, at: int) -> int:
        return len(data)


class ChunkedBody:
    """A body in chunks (RFC 9112 §7.1). Raises `Invalid` where its frame is broken."""

    __slots__ = ("_extension_bytes", "_left", "_line", "_trailer_bytes", "done")

    def __init__(self) -> None:
        self._left = 0  # of the chunk, with the line break behind it
        self._line = b""
        self._extension_bytes = 0
        self._trailer_bytes = -1  # counts once the last chunk was seen
        self.done = False

    def take(self, data: bytes, at: int) -> int:
        while at < len(data) and not self.done:
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            newline = data.find(b"\n", at)
            end = len(data) if newline < 0 else newline + 1
            self._line += data[at:end]
            at = end
            if len(self._line) > (_CHUNK_LINE_BYTES_MAX if self._trailer_bytes < 0 else _TRAILER_BYTES_MAX):
                raise malformed_head()
            if newline >= 0:
                line, self._line = self._line, b""
                self._end_line(line)
        return at

    def _end_line(self, line: bytes) -> None:
        if self._trailer_bytes >= 0:
            self._end_trailer(line)
            return
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise malformed_head()
        self._extension_bytes += len(line) - len(found[1]) - 2
        if self._extension_bytes > _EXTENSION_BYTES_MAX:
            raise malformed_head()
        size = int(found[1], 16)
        if size:
            self._left = size + 2
        else:
            self._trailer_bytes = 0

    def _end_trailer(self, line: bytes) -> None:
        """Only a whole line: h11 takes a bare LF for its end, and would read what follows as the next request."""
        self._trailer_bytes += len(line)
        self.done = line == b"\r\n"
        if self._trailer_bytes > _TRAILER_BYTES_MAX or not line.endswith(b"\r\n"):
            raise malformed_head()
        if not self.done:
            _field(line[:-2].decode("latin-1"))


def body_of(length: int) -> Body:
    """The body that a head announced."""
    return ChunkedBody() if length == CHUNKED else CountedBody(length)


class PassingResponse:
    """A response of our own server as it passes: whether it is complete, and whether it ends the connection."""

    __slots__ = ("_body", "_head", "_of_head_request", "closes", "status")

    def __init__(self, method: str) -> None:
        self._of_head_request = method == "HEAD"
        self._head = b""
        self._body: Body | None = None
        self.status = 0
        self.closes = False

    @property
    def begun(self) -> bool:
        """Whether anything of it was seen."""
        return bool(self._head) or self._body is not None

    @property
    def done(self) -> bool:
        """Whether its last byte was seen."""
        return self._body is not None and self._body.done

    @property
    def ends_with_connection(self) -> bool:
        """Whether only the end of the connection ends it."""
        return isinstance(self._body, EndlessBody)

    def take(self, data: bytes) -> None:
        """The next bytes of it."""
        at = 0
        while self._body is None:
            self._head += data[at:]
            end = self._head.find(HEAD_END)
            if end < 0:
                return
            head, data, at = self._head[:end], self._head[end + 4 :], 0
            self._head = b""
            self._begin_body(head)
        self._body.take(data, at)

    def _begin_body(self, head: bytes) -> None:
        status = _STATUS_LINE.match(head)
        if status is None:
            raise malformed_head()
        code = int(status[2])
        if code < 200:
            return  # an interim response: the final one follows
        self.status = code
        fields = dict([_field(line) for line in head.decode("latin-1").split("\r\n")[1:]])
        length = fields.get("content-length", "")
        if length and not _DIGITS.fullmatch(length):
            raise malformed_head()
        self.closes = "close" in fields.get("connection", "").lower() or status[1] == b"0"
        if self._of_head_request or code in (204, 304):
            self._body = CountedBody(0)
        elif fields.get("transfer-encoding", "").lower() == "chunked":
            self._body = ChunkedBody()
        elif length:
            self._body = CountedBody(int(length))
        else:
            self._body = EndlessBody()


# --- answers ----------------------------------------------------------------------------------------------------


class Dates:
    """The Date field, made once a second."""

    __slots__ = ("_line", "_second", "_value")

    def __init__(self) -> None:
        self._second = -1
        self._line = ""
        self._value = b""

    def line(self, now_ms: int) -> str:
        """As a line of a head."""
        self._renew(now_ms // 1_000)
        return self._line

    def value(self, now_ms: int) -> bytes:
        """What stands behind its name."""
        self._renew(now_ms // 1_000)
        return self._value

    def _renew(self, second: int) -> None:
        if second != self._second:
            date = formatdate(second, usegmt=True)
            self._second, self._line, self._value = second, f"date: {date}\r\n", date.encode()


def render_head(status: int, fields: Mapping[str, str], date: str, keep_alive: bool) -> bytes:
    """A response head with its empty line."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection = "" if keep_alive else "connection: close\r\n"
    return f"HTTP/1.1 {status} {REASONS[status]}\r\n{date}{lines}{connection}\r\n".encode("latin-1")


def malformed_head() -> Invalid:
    """Not HTTP/1.1 as we take it."""
    return Invalid(
        "malformed_request",
        "This is not a request that the server understands. Check the address and the proxy in between.",
        "服务器无法理解该请求。请检查地址以及中间的代理。",
    )


def head_too_large() -> HeadTooLarge:
    return HeadTooLarge(
        "head_too_large",
        "The request's header fields are too large. Delete this site's cookies and try again.",
        "请求头过大。请清除本站的 Cookie 后重试。",
    )
