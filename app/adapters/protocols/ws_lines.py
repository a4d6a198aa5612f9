"""A WebSocket line that another system pushes into: one message after the other, each taken when it is asked for.

What is not taken stays in the sockets, and holds back who sends. The line is tried by pings; one that does not answer
is cut.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import WSMsgType

from app.adapters.calls.network import Network
from app.adapters.errors import BadDocument, Refused, Unreached
from app.adapters.protocols.exchange import Request
from app.adapters.protocols.http import session_of, target_of, too_slow, unreached
from app.model.clock import Clock
from app.settings import Limits

_TOO_BIG = 1009
_REFUSALS = range(400, 500)
_NOT_NOW = frozenset({408, 425, 429})


class WsLines:
    """Opens lines to one other system; closed with its source."""

    def __init__(
        self, network: Network, clock: Clock, limits: Limits, trust: ssl.SSLContext, proxy: str | None = None
    ) -> None:
        self._network = network
        self._limits = limits
        self._trust = trust
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self, request: Request, bytes_max: int, ping_seconds: float) -> AsyncIterator["WsLine"]:
        """Raises `Unreached`, and `Refused` where it would be refused again."""
        host, port = target_of(request.url)
        if self._proxy is None:
            await self._network.addresses(host, port)  # a literal address never comes to the resolver
        if self._session is None:
            self._session = session_of(self._network, self._trust, self._limits)
        seconds = self._limits.source_answer_seconds_max
        try:
            socket = await self._session.ws_connect(
                request.url, headers=list(request.headers), proxy=self._proxy, max_msg_size=bytes_max,
                heartbeat=ping_seconds or None, timeout=aiohttp.ClientWSTimeout(ws_close=seconds),
            )  # fmt: skip
        except aiohttp.WSServerHandshakeError as error:
            raise _refused(error.status) from error
        except TimeoutError as error:
            raise too_slow(host, port, seconds) from error
        except (aiohttp.ClientError, OSError) as error:
            raise unreached(host, port, error) from error
        try:
            yield WsLine(socket, host, port, bytes_max)
        finally:
            await socket.close()

    async def close(self) -> None:
        """Let go of every line."""
        if self._session is not None:
            await self._session.close()


class WsLine:
    """One connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, host: str, port: int, bytes_max: int) -> None:
        self._socket = socket
        self._host, self._port = host, port
        self._bytes_max = bytes_max

    async def next(self) -> bytes:
        """The next message. Raises `Unreached` where the line ends, `BadDocument` where it is too large."""
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT:
            return str(message.data).encode()
        if message.type is WSMsgType.BINARY:
            return bytes(message.data)
        if self._socket.close_code == _TOO_BIG:
            raise _too_large(self._bytes_max)
        raise _ended(self._host, self._port, self._socket.close_code)

    async def say(self, body: bytes) -> None:
        """Text as text, for what reads JSON or XML expects it so."""
        try:
            await self._socket.send_str(body.decode())
        except UnicodeDecodeError:
            await self._socket.send_bytes(body)
        except (aiohttp.ClientError, OSError) as error:
            raise unreached(self._host, self._port, error) from error


def _refused(status: int) -> Refused | Unreached:
    if status in _REFUSALS and status not in _NOT_NOW:
        return Refused(
            "refused",
            f"The other system does not open the line ({status}). Look at the address and the secrets in the spec.",
            f"对方系统拒绝建立连接（{status}）。请检查配置中的地址和密钥。",
            said=str(status),
        )
    return Unreached(
        "answer_5xx",
        f"The other system cannot open the line now ({status}). It is tried again later.",
        f"对方系统暂时无法建立连接（{status}）。稍后会重试。",
    )


def _ended(host: str, port: int, code: int | None) -> Unreached:
    said = f"{code}" if code else "cut"
    return Unreached(
        "line_ended",
        f"{host}:{port} has ended the line ({said}). It is opened again.",
        f"{host}:{port} 已断开连接（{said}）。将重新连接。",
    )


def _too_large(most: int) -> BadDocument:
    return BadDocument(
        "answer_too_large",
        "",
        f"A message has more than {most} bytes. Allow more by `bytes`.",
        f"消息超过 {most} 字节。请用 bytes 放宽上限。",
    )
