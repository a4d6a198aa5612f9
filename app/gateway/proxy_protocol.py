"""The PROXY protocol on a listener: a trusted proxy's connection begins with who the client is (versions 1 and 2).

Source: HAProxy's proxy-protocol.txt. As it asks, a proxy that is configured to send the header must send it; who is
not trusted is never listened to, so that a header of his is no HTTP and refused as such.
"""

import asyncio
import re
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import inf
from typing import cast

from app.gateway.limits import Deadlines
from app.gateway.port import feed
from app.gateway.proxies import Proxies
from app.gateway.upstream import SIGNATURE, Addresses, decode_addresses
from app.model.clock import Clock
from app.settings import Limits

_FIRST_VERSION = b"PROXY "
_LINE_BYTES_MAX = 107  # §2.1, its end included
_LINE = re.compile(
    rb"PROXY (?:UNKNOWN(?: [\x20-\x7e]*)?|TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) (\d{1,5}) (\d{1,5}))\r\n"
)
_PORT_MAX = 65_535
_FIXED_BYTES = 16
_LOCAL, _PROXY = 0x20, 0x21
_UNSPECIFIED, _UNIX = 0x00, 0x31  # nothing that tells of a client on a network

Inner = Callable[[Addresses | None], asyncio.BaseProtocol]


def parse_header(data: bytes, bytes_max: int) -> tuple[Addresses | None, int] | None:
    """Who the client is and the header's length, None while bytes are missing; raises `ValueError` for anything else.

    No addresses (LOCAL, UNKNOWN: the proxy itself asks whether we live) mean those of the connection.
    """
    if data.startswith(_FIRST_VERSION) or _FIRST_VERSION.startswith(data[: len(_FIRST_VERSION)]):
        return _first_version(data)
    if not SIGNATURE.startswith(data[: len(SIGNATURE)]):
        raise ValueError("no PROXY header")
    if len(data) < _FIXED_BYTES:
        return None
    size = _FIXED_BYTES + int.from_bytes(data[14:16], "big")
    if size > bytes_max:
        raise ValueError("a PROXY header that is too long")
    if data[12] not in (_LOCAL, _PROXY):
        raise ValueError("a PROXY header of an unknown version or command")
    if data[12] == _LOCAL or data[13] in (_UNSPECIFIED, _UNIX):
        return (None, size) if len(data) >= size else None
    return decode_addresses(data)


def _first_version(data: bytes) -> tuple[Addresses | None, int] | None:
    end = data.find(b"\n", 0, _LINE_BYTES_MAX) + 1
    if not end:
        if len(data) >= _LINE_BYTES_MAX:
            raise ValueError("a PROXY line that does not end")
        return None
    found = _LINE.fullmatch(data[:end])
    if found is None:
        raise ValueError("a PROXY line that is none")
    if found[1] is None:
        return None, end
    try:
        client, server = (ip_address(part.decode()) for part in (found[2], found[3]))
    except ValueError:
        raise ValueError("a PROXY line with wrong addresses") from None
    ports = int(found[4]), int(found[5])
    if {client.version, server.version} != {int(found[1])} or max(ports) > _PORT_MAX:
        raise ValueError("a PROXY line with wrong addresses")
    return Addresses((_kernels_text(client), ports[0]), (_kernels_text(server), ports[1])), end


def _kernels_text(address: IPv4Address | IPv6Address) -> str:
    """An address as the kernel and version 2 write it: `ipaddress` writes `::ffff:192.0.2.1` in other ways."""
    return socket.inet_ntop(socket.AF_INET if address.version == 4 else socket.AF_INET6, address.packed)


class Introductions:
    """The connections whose header is awaited, for as long as a request's head may take."""

    def __init__(self, proxies: Proxies, limits: Limits, clock: Clock) -> None:
        self.proxies = proxies
        self.limits = limits
        self.buffer = memoryview(bytearray(limits.proxy_header_bytes_max))
        self._clock = clock
        self._awaited: Deadlines[asyncio.Transport] = Deadlines(limits.head_seconds_max)

    @property
    def waiting(self) -> int:
        """How many have connected and did not yet say for whom."""
        return len(self._awaited)

    def sweep(self) -> None:
        """One second's work: cut who did not say in time."""
        for transport in self._awaited.expired(self._clock.monotonic()):
            self.refuse(transport, "its PROXY header did not come in time")

    def stop(self) -> None:
        """End those that still wait."""
        for transport in self._awaited.expired(inf):
            transport.abort()

    # --- for introductions --------------------------------------------------------------------------------------

    def arrived(self, transport: asyncio.Transport) -> None:
        """A trusted proxy has connected; its time runs."""
        self._awaited.begin(transport, self._clock.monotonic())

    def left(self, transport: asyncio.Transport) -> None:
        """It said for whom, or is gone."""
        self._awaited.end(transport)

    def refuse(self, transport: asyncio.Transport, reason: str) -> None:
        """Close, and tell the administrator what is wrong with his proxy."""
        peer = transport.get_extra_info("peername") or ("", 0)
        self.proxies.tell(peer[0], reason)
        transport.abort()


class Introduction(asyncio.BufferedProtocol):
    """Between an accepted connection and whoever serves it: a trusted proxy says first for whom it comes."""

    __slots__ = ("_awaited", "_data", "_has_room", "_inner", "_transport")

    _transport: asyncio.Transport

    def __init__(self, awaited: Introductions, has_room: Callable[[], bool], inner: Inner) -> None:
        self._awaited = awaited
        self._has_room = has_room
        self._inner = inner
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername") or ("", 0)
        if peer[0] not in self._awaited.proxies.trusted:
            self._hand_over(None)
        elif self._has_room():
            self._awaited.arrived(self._transport)
        else:
            self._transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._awaited.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._data += self._awaited.buffer[:nbytes]
        try:
            found = parse_header(self._data, self._awaited.limits.proxy_header_bytes_max)
        except ValueError as error:
            self._awaited.left(self._transport)
            self._awaited.refuse(self._transport, f"it sent {error}, where proxy_protocol asks for a PROXY header")
            return
        if found is not None:
            told, size = found
            self._data = self._data[size:]
            self._hand_over(told)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._awaited.left(self._transport)

    def _hand_over(self, told: Addresses | None) -> None:
        self._awaited.left(self._transport)
        inner = self._inner(told)
        self._transport.set_protocol(inner)
        inner.connection_made(self._transport)
        if self._data and not self._transport.is_closing():
            feed(cast("asyncio.BufferedProtocol", inner), self._data)
