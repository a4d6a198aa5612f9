"""Who may open a WebSocket: RFC 6455 §4.2.1, and whose page may ask for one."""

import re

from app.gateway.http1 import Head
from app.gateway.refusals import NotThisWay
from app.gateway.websocket import accept_key
from app.model.errors import Forbidden, Invalid

_ORIGIN = re.compile(r"(https?)://([^/@\s]+)")
_RESPONSE = (
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {}\r\n\r\n"
)


def accept(head: Head, public_url: str) -> bytes:
    """The answer that opens the socket; raises `Problem`. A browser's page must be of our host or of `public_url`."""
    upgrade = "upgrade" in head.tokens("connection") and "websocket" in head.tokens("upgrade")
    if not upgrade or head.method != "GET" or head.get("sec-websocket-version") != "13":
        raise NotThisWay(426, {"upgrade": "websocket", "sec-websocket-version": "13"})
    key = accept_key(head.get("sec-websocket-key"))
    if key is None or head.body != 0 or head.minor != 1:
        raise _no_handshake()
    origin = head.get("origin")
    if origin and not is_own(origin, head.get("host"), public_url):
        raise _foreign_page()
    return _RESPONSE.format(key).encode()


def is_own(origin: str, host: str, public_url: str) -> bool:
    """Whether the page at `origin` was served by us, under the name `host` or under `public_url`."""
    public = _ORIGIN.match(public_url)
    own = {_without_default_port(host)} | ({_without_default_port(public[2])} if public else set())
    found = _ORIGIN.fullmatch(origin)
    return found is not None and _without_default_port(found[2]) in own


def _without_default_port(host: str) -> str:
    return host.lower().removesuffix(":80").removesuffix(":443")


def _no_handshake() -> Invalid:
    return Invalid(
        "no_websocket_handshake",
        "This is not a WebSocket handshake. Check the proxy in between, or use long-polling.",
        "这不是 WebSocket 握手请求。请检查中间的代理，或改用长轮询。",
    )


def _foreign_page() -> Forbidden:
    return Forbidden(
        "foreign_origin",
        "A page of another site may not connect here. Open Monodesk at its own address.",
        "其他网站的页面不能连接此处。请从 Monodesk 自己的地址打开。",
    )
