"""HTTP out: one client a source, over aiohttp. Every address is checked, every answer bounded in bytes and seconds.

No redirect is followed (its target was never allowed), no cookie kept, no proxy taken from the environment.
"""

import socket
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct

from app.adapters.calls.network import Network
from app.adapters.errors import BadDocument, Unreached
from app.adapters.protocols.exchange import Bounds, Request
from app.adapters.protocols.patience import Patience, T
from app.model.clock import Clock
from app.settings import Limits

_PIECE_BYTES = 65_536
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_AGENT = "Monodesk"


class Answer(Struct, frozen=True):
    """What came: header names in lower case, a repeated one joined by commas; `waited_ms` until its last byte."""

    status: int
    headers: dict[str, str]
    body: bytes
    waited_ms: int


class Coming:
    """An answer whose head is here and whose body follows in pieces."""

    def __init__(self, response: aiohttp.ClientResponse, bytes_max: int, patience: "_Patience") -> None:
        self._response = response
        self._bytes_max = bytes_max
        self._patience = patience
        self.status = response.status
        self.headers = _headers(response)

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The body, unpacked; raises `Unreached`, and `BadDocument` (answer_too_large) beyond the bound."""
        unpacked = _Unpacked(self.headers.get("content-encoding", ""))
        size = 0
        while raw := await self._patience.wait(self._response.content.read(_PIECE_BYTES)):
            with _told(self._patience):
                for piece in unpacked.pieces(raw):
                    size += len(piece)
                    if size > self._bytes_max:
                        raise _too_large(self._bytes_max)
                    yield piece


class _Patience:
    """How long one system's answer may still be waited for."""

    def __init__(self, host: str, port: int, seconds: float, clock: Clock) -> None:
        self.host, self.port, self.seconds = host, port, seconds
        self._patience = Patience(seconds, clock)

    async def wait(self, coming: Awaitable[T]) -> T:
        """Raises `Unreached`."""
        with _told(self):
            return await self._patience.wait(coming)


@contextmanager
def _told(patience: _Patience) -> Iterator[None]:
    """What the library raises, in our words."""
    try:
        yield
    except TimeoutError as error:
        raise too_slow(patience.host, patience.port, patience.seconds) from error
    except (aiohttp.ClientError, OSError) as error:
        raise unreached(patience.host, patience.port, error) from error
    except zlib.error as error:
        raise BadDocument(
            "answer_unpacked", "", "The answer says that it is packed and is not.", "响应声明已压缩，但无法解压。"
        ) from error


class HttpClient:
    """Asks one other system; closed with its source."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        limits: Limits,
        trust: ssl.SSLContext,
        proxy: str | None = None,
    ) -> None:
        self._network = network
        self._clock = clock
        self._limits = limits
        self._proxy = proxy
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: Request, bounds: Bounds | None = None) -> Answer:
        """The whole answer; raises `Unreached` where there is none, `BadDocument` where it is too large."""
        began = self._clock.monotonic()
        async with self.open(request, bounds) as coming:
            body = b"".join([piece async for piece in coming.pieces()])
        return Answer(coming.status, coming.headers, body, round((self._clock.monotonic() - began) * 1_000))

    @asynccontextmanager
    async def open(self, request: Request, bounds: Bounds | None = None) -> AsyncIterator[Coming]:
        """An answer piece by piece: what is not read is not sent, and only waiting for it takes of its time."""
        bounds = bounds or Bounds(self._limits.source_answer_seconds_max, self._limits.source_answer_bytes_max)
        host, port = target_of(request.url)
        if self._proxy is None:
            await self._network.addresses(host, port)  # a literal address never comes to the resolver
        patience = _Patience(host, port, bounds.seconds, self._clock)
        response = await patience.wait(
            self._opened().request(
                request.method,
                request.url,
                headers=[("User-Agent", _AGENT), ("Accept-Encoding", "gzip, deflate"), *request.headers],
                data=request.body,
                proxy=self._proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._limits.source_connect_seconds),
            )
        )
        async with response:
            if 300 <= response.status < 400:
                raise _redirected(response.headers.get("Location", ""))
            yield Coming(response, bounds.bytes, patience)

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = session_of(self._network, self._trust, self._limits)
        return self._session


def session_of(network: Network, trust: ssl.SSLContext, limits: Limits) -> aiohttp.ClientSession:
    """What connects to checked addresses alone, keeps no cookie, and takes nothing from the environment."""
    connector = aiohttp.TCPConnector(resolver=_Checked(network), ssl=trust, limit=limits.source_connections_max)
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
    )


class _Checked(AbstractResolver):
    """Names to addresses that were checked; the connection goes to no other."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=_family(address), proto=0, flags=0)
            for address in await self._network.addresses(host, port)
        ]

    async def close(self) -> None:
        """Nothing is held."""


class _Unpacked:
    """Bodies as they were before packing, in pieces of bounded size: a small packed one may be gigabytes."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise BadDocument(
                "answer_encoding",
                "",
                f"The answer is packed as {name[:20]}, which was not asked for.",
                f"响应使用了未请求的压缩方式 {name[:20]}。",
            )
        self._engine = zlib.decompressobj(zlib.MAX_WBITS | 32) if name not in ("", "identity") else None

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        if self._engine is None:
            yield raw
            return
        while raw:
            yield self._engine.decompress(raw, _PIECE_BYTES)
            raw = self._engine.unconsumed_tail


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        said[key] = f"{said[key]}, {value}" if key in said else value
    return said


def target_of(url: str) -> tuple[str, int]:
    """Host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _too_large(most: int) -> BadDocument:
    return BadDocument(
        "answer_too_large",
        "",
        f"The answer has more than {most} bytes. Ask for smaller pages, or allow more by `bytes`.",
        f"响应超过 {most} 字节。请减小分页，或用 bytes 放宽上限。",
    )


def too_slow(host: str, port: int, seconds: float) -> Unreached:
    """It took longer than it may."""
    return Unreached(
        "answer_too_slow",
        f"{host}:{port} did not answer whole within {seconds:g} seconds. It is asked again later.",
        f"{host}:{port} 未能在 {seconds:g} 秒内完整响应，稍后会重试。",
    )


def _redirected(location: str) -> Unreached:
    where = urlsplit(location).netloc or location[:100]
    return Unreached(
        "redirected",
        f"The answer sends us to {where}, where a source is not sent. Put the final address into the spec.",
        f"响应要求跳转到 {where}，数据源不会跟随跳转。请在配置中填写最终地址。",
    )


def unreached(host: str, port: int, error: Exception) -> Unreached:
    """There is no line, or it was cut."""
    said = str(error)[:200] or type(error).__name__
    return Unreached(
        "not_reached",
        f"{host}:{port} cannot be reached: {said}. It is asked again later.",
        f"无法连接 {host}:{port}：{said}。稍后会重试。",
    )
