"""Where requests go that the front does not answer itself: the interface, in one process and over a local socket."""

import asyncio
import socket
import struct
from typing import Protocol

from msgspec import Struct

# PROXY protocol version 2, §2.2: signature, version 2 with command PROXY.
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_COMMAND = 0x21
_TCP_4, _TCP_6 = 0x11, 0x21
_FIXED_BYTES = 16
_ADDRESS_BYTES = {_TCP_4: 12, _TCP_6: 36}
# §2.2.6: what follows the addresses, as type, length, value.
_SSL, _SSL_BYTES, _CLIENT_SSL = 0x20, 5, 0x01
_PUBLIC, _HTTP_2 = 0xE0, 0xE1  # of the types that are left to applications: ours, between our own processes
_TLV_HEAD_BYTES = 3

ADDRESSES = "monodesk.addresses"  # under this name an ASGI scope's `state` holds the `Addresses` of its connection


class Addresses(Struct, frozen=True):
    """Both ends of the client's connection.

    `secure`: the client speaks TLS, with us or with a proxy that says so in a PROXY header. `public`: it came to the
    listener that serves visitors alone. `http2`: what follows is HTTP/2.
    """

    client: tuple[str, int]
    server: tuple[str, int]
    secure: bool = False
    public: bool = False
    http2: bool = False

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.client[0] else socket.AF_INET


def ends_of(transport: asyncio.BaseTransport, told: Addresses | None, *, public: bool = False) -> Addresses:
    """Both ends of an accepted connection, or those that a PROXY header has `told`."""
    secure = transport.get_extra_info("ssl_object") is not None
    if told is not None:
        return Addresses(told.client, told.server, told.secure or secure, public)
    client, server = (transport.get_extra_info(name) or ("", 0) for name in ("peername", "sockname"))
    return Addresses((client[0], client[1]), (server[0], server[1]), secure, public)


class Downstream(Protocol):
    """The side of the client, as an upstream stream sees it."""

    def answered(self, data: bytes) -> None:
        """Bytes of the response."""
        ...

    def ended(self) -> None:
        """The server has closed the stream."""
        ...

    def pause_request(self) -> None:
        """The server has enough of the request for now."""
        ...

    def resume_request(self) -> None:
        """It takes more."""
        ...


class _Nobody:
    """A client that is gone. A stream that ends slowly holds this instead of him, and so none of his buffers."""

    def answered(self, data: bytes) -> None:
        pass

    def ended(self) -> None:
        pass

    def pause_request(self) -> None:
        pass

    def resume_request(self) -> None:
        pass


NOBODY: Downstream = _Nobody()


class Stream(Protocol):
    """One connection to the HTTP server, for one connection of a client."""

    @property
    def closing(self) -> bool:
        """Whether the server takes no further request on it; `ended` follows."""
        ...

    def send(self, data: bytes) -> None:
        """Bytes of the request."""
        ...

    def pause_response(self) -> None:
        """The client has enough of the response for now."""
        ...

    def resume_response(self) -> None:
        """It takes more."""
        ...

    def drop(self) -> None:
        """The client is gone, or has no further request; `ended` is not called any more."""
        ...


class Upstream(Protocol):
    """Opens streams to the HTTP server."""

    def open(self, addresses: Addresses, downstream: Downstream) -> Stream: ...


def encode_addresses(addresses: Addresses) -> bytes:
    """A PROXY v2 header: how the core learns who stands behind a relayed stream."""
    family = addresses.family
    kind = _TCP_6 if family == socket.AF_INET6 else _TCP_4
    packed = socket.inet_pton(family, addresses.client[0]) + socket.inet_pton(family, addresses.server[0])
    packed += struct.pack("!HH", addresses.client[1], addresses.server[1])
    if addresses.secure:
        packed += struct.pack("!BHBL", _SSL, _SSL_BYTES, _CLIENT_SSL, 0)
    if addresses.public:
        packed += struct.pack("!BH", _PUBLIC, 0)
    if addresses.http2:
        packed += struct.pack("!BH", _HTTP_2, 0)
    return SIGNATURE + bytes((_PROXY_COMMAND, kind)) + struct.pack("!H", len(packed)) + packed


def decode_addresses(data: bytes) -> tuple[Addresses, int] | None:
    """The addresses and the header's length, None while bytes are missing; raises `ValueError` for anything else."""
    if not SIGNATURE.startswith(data[: len(SIGNATURE)]):
        raise ValueError("no PROXY v2 signature")
    if len(data) < _FIXED_BYTES:
        return None
    command, kind, size = data[12], data[13], int.from_bytes(data[14:16], "big")
    if command != _PROXY_COMMAND or _ADDRESS_BYTES.get(kind, size + 1) > size:
        raise ValueError("not an address of a TCP connection")
    if len(data) < _FIXED_BYTES + size:
        return None
    return _addresses(kind, data[_FIXED_BYTES : _FIXED_BYTES + size]), _FIXED_BYTES + size


def _addresses(kind: int, data: bytes) -> Addresses:
    family, width = (socket.AF_INET, 4) if kind == _TCP_4 else (socket.AF_INET6, 16)
    client, server = (socket.inet_ntop(family, data[n * width : (n + 1) * width]) for n in (0, 1))
    client_port, server_port = struct.unpack_from("!HH", data, 2 * width)
    told = _told(data[_ADDRESS_BYTES[kind] :])
    secure = bool(told.get(_SSL, b"\0")[0] & _CLIENT_SSL)
    return Addresses((client, client_port), (server, server_port), secure, _PUBLIC in told, _HTTP_2 in told)


def _told(data: bytes) -> dict[int, bytes]:
    """What follows the addresses, by type; raises `ValueError` where it does not fit."""
    told: dict[int, bytes] = {}
    while data:
        if len(data) < _TLV_HEAD_BYTES:
            raise ValueError("a type without a length")
        end = _TLV_HEAD_BYTES + int.from_bytes(data[1:_TLV_HEAD_BYTES], "big")
        if len(data) < end or (data[0] == _SSL and end < _TLV_HEAD_BYTES + _SSL_BYTES):
            raise ValueError("a value that is cut short")
        told[data[0]] = data[_TLV_HEAD_BYTES:end]
        data = data[end:]
    return told
