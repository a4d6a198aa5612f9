"""Who may open a WebSocket: RFC 6455 §4.2.1, and whose page may ask for one."""

from app.gateway.framing import accept_key
from app.gateway.http1 import Head
from app.gateway.origins import is_own
from app.gateway.refusals import NotThisWay
from app.model.errors import Forbidden, Invalid

_RESPONSE = (
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {}\r\n\r\n"
)


def accept(head: Head, host: str, public_host: str) -> bytes:
    """The answer that opens the socket, to a client that called us `host`; raises `Problem`.

    A browser's page must be of that host or of the public one.
    """
    upgrade = "upgrade" in head.tokens("connection") and "websocket" in head.tokens("upgrade")
    if not upgrade or head.method != "GET" or head.get("sec-websocket-version") != "13":
        raise NotThisWay(426, {"upgrade": "websocket", "sec-websocket-version": "13"})
    key = accept_key(head.get("sec-websocket-key"))
    if key is None or head.body != 0 or head.minor != 1:
        raise _no_handshake()
    origin = head.get("origin")
    if origin and not is_own(origin, host, public_host):
        raise _foreign_page()
    return _RESPONSE.format(key).encode()


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
