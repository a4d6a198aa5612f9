"""An HTTP/2 request's head, held to the same rules as one of HTTP/1.1, and the ASGI scope made from it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from starlette.types import Scope

from app.gateway.http1 import Head, malformed_head, parse_head
from app.gateway.upstream import ADDRESSES, Addresses
from app.settings import Limits

# They speak of an HTTP/1.1 connection; RFC 9113 §8.2.2 forbids them in an answer.
_OF_HTTP_1 = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})


def head_of(fields: Iterable[tuple[bytes, bytes]], limits: Limits) -> Head:
    """The request in these fields, `:method` and its like among them; raises `Invalid` or `HeadTooLarge`.

    What the library behind lets pass is refused by the one reader of heads: a path with spaces or of other than ASCII,
    a Host that is none, a length given twice. Cookies that came in crumbs the library has joined.
    """
    pseudo: dict[bytes, bytes] = {}
    lines: list[bytes] = []
    for name, value in fields:
        if name.startswith(b":"):
            pseudo[name] = value
        elif name != b"host" or b":authority" not in pseudo:
            lines.append(name + b": " + value)
    if b":authority" in pseudo:
        lines.insert(0, b"host: " + pseudo[b":authority"])
    lines.insert(0, pseudo.get(b":method", b"") + b" " + pseudo.get(b":path", b"") + b" HTTP/1.1")
    if any(b"\r" in line or b"\n" in line for line in lines):
        raise malformed_head()
    return parse_head(b"\r\n".join(lines), limits)


def scope_of(head: Head, addresses: Addresses, state: dict[str, Any]) -> Scope:
    """What the application is told of a request."""
    path, _, query = head.target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "2",
        "method": head.method,
        "scheme": "https" if addresses.secure else "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in head.fields],
        "client": addresses.client,
        "server": addresses.server,
        "state": {**state, ADDRESSES: addresses},
        "extensions": {"http.response.trailers": {}},
    }


def answer_fields(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An application's fields as HTTP/2 sends them."""
    return [(name.lower(), value) for name, value in fields if name.lower() not in _OF_HTTP_1]
