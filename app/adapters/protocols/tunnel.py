"""A way through an HTTP proxy to a server whose protocol the proxy does not speak: CONNECT (RFC 9110)."""

import asyncio
import base64
import socket
from urllib.parse import unquote, urlsplit

from msgspec import Struct

_HEAD_BYTES_MAX = 16_384


class Proxy(Struct, frozen=True):
    """`credentials`: the value of `Proxy-Authorization`, empty where none is asked."""

    host: str
    port: int
    credentials: str = ""


def proxy_of(url: str) -> Proxy:
    """`http://user:password@host:port`."""  # pragma: allowlist secret
    parts = urlsplit(url)
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    said = "Basic " + base64.b64encode(pair.encode()).decode() if parts.username else ""
    return Proxy(parts.hostname or "", parts.port or 80, said)


async def tunnel(proxy: Proxy, address: str, host: str, port: int) -> socket.socket:
    """A socket behind which that server is; `address` is the proxy's. Raises `OSError` with what the proxy says."""
    loop = asyncio.get_running_loop()
    line = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        line.setblocking(False)
        await loop.sock_connect(line, (address, proxy.port))
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        credentials = f"Proxy-Authorization: {proxy.credentials}\r\n" if proxy.credentials else ""
        await loop.sock_sendall(line, f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{credentials}\r\n".encode())
        _demand_open(await _head(line))
    except BaseException:
        line.close()
        raise
    return line


async def _head(line: socket.socket) -> bytes:
    """Up to its empty line, byte by byte: what follows is the server's."""
    loop = asyncio.get_running_loop()
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        piece = await loop.sock_recv(line, 1)
        if not piece or len(head) >= _HEAD_BYTES_MAX:
            raise ConnectionError("the proxy does not answer in HTTP")
        head += piece
    return bytes(head)


def _demand_open(head: bytes) -> None:
    words = head.partition(b"\r\n")[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].startswith(b"2"):
        said = head.partition(b"\r\n")[0][:100].decode("ascii", "replace")
        raise ConnectionError(f"the proxy refuses: {said}")
