"""TLS on the one port: who begins a handshake gets it, who speaks plain HTTP is told where to go.

On uvloop alone (24.6 KB a connection; asyncio's own takes 284 KB), with its protocol as its own server uses it. That
class is not public: `tests/gateway/test_tls.py` holds what we rely on.
"""

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from typing import cast

from uvloop.loop import SSLProtocol  # type: ignore[attr-defined]

from app.certificates.places import Pair, served
from app.gateway.crowd import Crowd, Place
from app.gateway.limits import Deadlines
from app.gateway.plain import Plain, PlainConnection
from app.gateway.port import feed
from app.model.clock import Clock
from app.model.errors import Invalid
from app.settings import Limits, Settings
from app.telemetry import heap
from app.telemetry.log import logger

_HANDSHAKE = 0x16  # RFC 8446 §5.1: how every ClientHello begins
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all of this kind
_HTTP_1, _HTTP_2 = "http/1.1", "h2"
_BUFFER_BYTES = 16_384
_log = logger("gateway")

Inner = Callable[[], asyncio.BaseProtocol]


def open_tls(settings: Settings, plain: Plain, clock: Clock, crowd: Crowd) -> "Tls | None":
    """What the port needs for `tls.mode`; None for off. Raises `Invalid` where the pair cannot be used."""
    pair = served(settings)
    protocols = (_HTTP_1, _HTTP_2) if settings.http2 else (_HTTP_1,)  # a browser takes the first: its sockets want it
    if pair is None:
        return None
    return Tls(pair, plain, settings.limits, clock, protocols, crowd, settings.tls.client_authorities)


class Tls:
    """The context of new handshakes, exchanged whole when the files change, and the handshakes under way."""

    def __init__(
        self,
        pair: Pair,
        plain: Plain,
        limits: Limits,
        clock: Clock,
        protocols: tuple[str, ...],
        crowd: Crowd,
        authorities: Path | None = None,
    ) -> None:
        self.plain = plain
        self.buffer = memoryview(bytearray(_BUFFER_BYTES))
        self.failed = 0
        self._pair = pair
        self._limits = limits
        self._clock = clock
        self._protocols = protocols
        self._stamp = pair.stamp()
        self._authorities = authorities
        self._context = context(pair, protocols, authorities)
        self._looked_at = clock.monotonic()
        self._under_way: Deadlines[asyncio.Transport] = Deadlines(limits.tls_handshake_seconds_max)
        # A connection's read buffer has 256 KiB, of which a page or two are touched.
        heap.map_large_blocks()
        self._crowd = crowd
        self._places: dict[asyncio.Transport, Place] = {}

    @property
    def handshakes(self) -> int:
        """How many have connected and do not speak with the front, or not yet."""
        return len(self._under_way) + self.plain.connections

    def sweep(self) -> None:
        """One second's work: cut who dawdles, and look whether the files have changed."""
        now = self._clock.monotonic()
        for transport in self._under_way.expired(now):
            self._count("too late")
            transport.abort()
        if now - self._looked_at >= self._limits.certificate_look_seconds:
            self._looked_at = now
            self._look()
            heap.trim()

    def look_again(self) -> None:
        """Somebody says that the files have changed: look within a second."""
        self._looked_at = -inf

    async def stop(self) -> None:
        """End the handshakes that are not through, and who was told where to go."""
        for transport in self._under_way.expired(inf):
            transport.abort()
        await self.plain.stop()

    # --- for the doorstep ---------------------------------------------------------------------------------------

    def arrived(self, transport: asyncio.Transport, address: str | None) -> bool:
        """Somebody connected; his time runs. False where his address, if it counts, has too many connections."""
        place = None if address is None else self._crowd.enter(address)
        if place is not None:
            self._places[transport] = place
        elif address is not None:
            return False
        self._under_way.begin(transport, self._clock.monotonic())
        return True

    def spoke(self, transport: asyncio.Transport) -> None:
        """It is known what he speaks; while that is plain HTTP, he counts for his address."""
        self._under_way.end(transport)

    def left(self, transport: asyncio.Transport) -> None:
        """He is through, or gone."""
        self.spoke(transport)
        place = self._places.pop(transport, None)
        if place is not None:
            self._crowd.leave(place)

    def begin(self, transport: asyncio.Transport, inner: Inner, data: bytes) -> None:
        """Do the handshake whose first bytes are here; when it is done, `inner` makes who speaks from then on."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        done.add_done_callback(partial(self._ended, transport))
        layer = Layer(
            loop,
            _Through(lambda: self.left(transport), inner),
            self._context,
            done,
            server_side=True,
            ssl_handshake_timeout=2 * self._limits.tls_handshake_seconds_max,  # ours comes first, and is counted
            ssl_shutdown_timeout=self._limits.closing_seconds_max,
        )
        transport.set_protocol(layer)
        layer.connection_made(transport)
        feed(layer, data)

    def _ended(self, transport: asyncio.Transport, done: "asyncio.Future[None]") -> None:
        self.left(transport)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._count(getattr(error, "reason", None) or type(error).__name__)

    def _count(self, reason: str) -> None:
        self.failed += 1
        _log.debug("a TLS handshake failed", extra={"reason": reason})

    def _look(self) -> None:
        """A new pair is for new handshakes; who is connected keeps his. A broken one changes nothing."""
        stamp = self._pair.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._context = context(self._pair, self._protocols, self._authorities)
        except Invalid as problem:
            _log.warning("the new certificate is not used", extra={"code": problem.code, "reason": problem.en})
        else:
            _log.info("the certificate was exchanged")


class Doorstep(asyncio.BufferedProtocol):
    """Between the accepted connection and its first byte, which says what is spoken."""

    __slots__ = ("_address_of", "_has_room", "_inner", "_tls", "_transport")

    _transport: asyncio.Transport

    def __init__(
        self,
        tls: Tls,
        has_room: Callable[[], bool],
        address_of: Callable[[asyncio.BaseTransport], str | None],
        inner: Inner,
    ) -> None:
        self._tls = tls
        self._address_of = address_of
        self._has_room = has_room
        self._inner = inner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not (self._has_room() and self._tls.arrived(self._transport, self._address_of(transport))):
            self._transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._tls.buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._tls.buffer[:nbytes])
        if data[0] == _HANDSHAKE:
            self._tls.begin(self._transport, self._inner, data)
            return
        self._tls.spoke(self._transport)
        plain = PlainConnection(self._tls.plain, partial(self._tls.left, self._transport))
        self._transport.set_protocol(plain)
        plain.connection_made(self._transport)
        plain.data_received(data)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._tls.left(self._transport)


class Layer(SSLProtocol):  # type: ignore[misc]
    """uvloop's, let go of at the end.

    It keeps methods of who speaks through it, who keeps its transport: a circle that holds OpenSSL's buffers, tens to
    hundreds of KiB, until the collector comes to the oldest generation. That is seldom by design.
    """

    __slots__ = ()

    def connection_lost(self, exc: Exception | None) -> None:
        transport = self._get_app_transport()
        super().connection_lost(exc)
        asyncio.get_running_loop().call_soon(transport.set_protocol, _NOBODY)


class _Nobody(asyncio.BufferedProtocol):
    """Takes the place of who is gone."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(bytearray(1))


_NOBODY = _Nobody()


class _Through(asyncio.Protocol):
    """Waits for the end of a handshake, which no longer counts as one when it becomes a connection."""

    __slots__ = ("_inner", "_left")

    def __init__(self, left: Callable[[], None], inner: Inner) -> None:
        self._left = left
        self._inner = inner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._left()
        speaker = self._inner()
        cast("asyncio.Transport", transport).set_protocol(speaker)
        speaker.connection_made(transport)


def context(pair: Pair, protocols: tuple[str, ...], authorities: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 and 1.3, AEAD ciphers with forward secrecy, no compression, no renegotiation; raises `Invalid`.

    `protocols` are offered in our order of preference (ALPN, RFC 7301). With `authorities` a client may show a
    certificate of theirs; whoever has none comes in all the same, and one of somebody else's ends the handshake.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(_CIPHERS)
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    made.set_alpn_protocols(list(protocols))
    try:
        made.load_cert_chain(pair.certificate, pair.key, password=_no_passphrase)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise _unusable(
            pair, getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        ) from error
    if authorities is not None:
        made.verify_mode = ssl.CERT_OPTIONAL
        try:
            made.load_verify_locations(authorities)
        except (OSError, ssl.SSLError) as error:
            raise _no_authorities(authorities, getattr(error, "strerror", None) or str(error)) from error
    return made


def _no_passphrase() -> str:
    raise ValueError("the key needs a passphrase")


def _unusable(pair: Pair, reason: str) -> Invalid:
    return Invalid(
        "certificate_unusable",
        f"{pair.certificate} and {pair.key} cannot be used for https: {reason}. Name a certificate and its key with "
        "tls.certificate and tls.key.",
        f"{pair.certificate} 和 {pair.key} 无法用于 https：{reason}。请用 tls.certificate 和 tls.key 指定配套的证书与"
        "私钥。",
    )


def _no_authorities(path: Path, reason: str) -> Invalid:
    return Invalid(
        "authorities_unusable",
        f"{path} cannot be used to check clients' certificates: {reason}. Name a PEM file with tls.client_authorities.",
        f"无法使用 {path} 校验客户端证书：{reason}。请用 tls.client_authorities 指定 PEM 文件。",
    )
