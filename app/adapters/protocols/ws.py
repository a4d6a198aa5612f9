"""WebSocket out: a message for each delivery, on a line that is kept; opened when it is needed, anew after it was cut.

`answered`: the next message that comes is the answer. Otherwise a pong behind the message says that it got there: what
was only written into a socket may be lost with it.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiohttp
from aiohttp import WSMsgType
from msgspec import Struct

from app.adapters.calls.network import Network
from app.adapters.errors import BadDocument, Unreached
from app.adapters.protocols.exchange import Bounds, Request
from app.adapters.protocols.http import session_of, target_of, too_slow, unreached
from app.model.clock import Clock
from app.settings import Limits

_CLOSED = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})
_TOO_BIG = 1009


class Answer(Struct, frozen=True):
    """What came for one message; of a line that answers nothing, nothing."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    waited_ms: int


class WsClient:
    """Speaks with one other system, one delivery after the other; closed with its source."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        limits: Limits,
        trust: ssl.SSLContext,
        proxy: str | None = None,
        *,
        answered: bool,
    ) -> None:
        self._network = network
        self._clock = clock
        self._limits = limits
        self._trust = trust
        self._proxy = proxy
        self._answered = answered
        self._session: aiohttp.ClientSession | None = None
        self._line: _Line | None = None
        self._turn = asyncio.Lock()

    async def ask(self, request: Request, bounds: Bounds) -> Answer:
        """Raises `Unreached` where the line is cut before the answer, or the pong, is here; `BadDocument`."""
        host, port = target_of(request.url)
        async with self._turn:
            began = self._clock.monotonic()
            try:
                async with asyncio.timeout(bounds.seconds):
                    line = await self._opened(request, bounds)
                    body = await line.say(request.body or b"", answered=self._answered)
            except TimeoutError as error:
                await self._drop()  # its answer would be taken for the next one's
                raise too_slow(host, port, bounds.seconds) from error
            except (aiohttp.ClientError, OSError) as error:
                await self._drop()
                raise unreached(host, port, error) from error
            except BaseException:
                await self._drop()
                raise
            return Answer(200, {}, body, round((self._clock.monotonic() - began) * 1_000))

    async def close(self) -> None:
        """Let go of the line."""
        await self._drop()
        if self._session is not None:
            await self._session.close()

    async def _opened(self, request: Request, bounds: Bounds) -> "_Line":
        if self._line is not None and not self._line.is_over:
            return self._line
        await self._drop()
        if self._proxy is None:
            await self._network.addresses(*target_of(request.url))  # a literal address never comes to the resolver
        if self._session is None:
            self._session = session_of(self._network, self._trust, self._limits)
        socket = await self._session.ws_connect(
            request.url, headers=list(request.headers), proxy=self._proxy, autoping=False, max_msg_size=bounds.bytes
        )
        self._line = _Line(socket)
        return self._line

    async def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.close()


class _Line:
    """One connection, read all the time: pings are answered, and that it ends is known before the next message."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._coming: asyncio.Future[bytes] | None = None
        self._pong: asyncio.Future[bytes] | None = None
        self._reading = asyncio.create_task(self._read())

    @property
    def is_over(self) -> bool:
        return self._reading.done() or self._socket.closed

    async def say(self, body: bytes, *, answered: bool) -> bytes:
        """Send one, and wait for what says that it got there."""
        waited: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if answered:
            self._coming = waited
        else:
            self._pong = waited
        try:
            await self._send(body)
            if not answered:
                await self._socket.ping()
            first: set[asyncio.Future[Any]] = {waited, self._reading}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if not waited.done():
                raise self._end()
            return waited.result()
        finally:
            self._coming = self._pong = None

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        with suppress(aiohttp.ClientError, OSError):
            await self._socket.close()

    async def _send(self, body: bytes) -> None:
        """Text as text, for what reads JSON or XML expects it so."""
        try:
            await self._socket.send_str(body.decode())
        except UnicodeDecodeError:
            await self._socket.send_bytes(body)

    async def _read(self) -> None:
        while (message := await self._socket.receive()).type not in _CLOSED:
            match message.type:
                case WSMsgType.PING:
                    await self._socket.pong(message.data)
                case WSMsgType.PONG:
                    _hand(self._pong, b"")
                case WSMsgType.TEXT:
                    _hand(self._coming, message.data.encode())
                case WSMsgType.BINARY:
                    _hand(self._coming, message.data)

    def _end(self) -> BadDocument | Unreached | OSError:
        if self._socket.close_code == _TOO_BIG:
            return BadDocument(
                "answer_too_large",
                "",
                "The answer is larger than allowed. Allow more by `bytes`.",
                "响应超过允许的大小。请用 bytes 放宽上限。",
            )
        return ConnectionResetError(f"the line was closed ({self._socket.close_code or 'cut'})")


def _hand(waiting: "asyncio.Future[bytes] | None", body: bytes) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(body)
