"""Where requests go that the front does not answer itself: the interface, in one process and over a local socket."""

import asyncio
import hashlib
import socket
import ssl
import struct
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from app.model.arrivals import ClientCertificate

# PROXY protocol version 2, §2.2: signature, version 2 with command PROXY.
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_COMMAND = 0x21
_TCP_4, _TCP_6 = 0x11, 0x21
_FIXED_BYTES = 16
_ADDRESS_BYTES = {_TCP_4: 12, _TCP_6: 36}
# §2.2.6: what follows the addresses, as type, length, value.
_SSL, _SSL_BYTES, _CLIENT_SSL = 0x20, 5, 0x01
_PUBLIC, _HTTP_2, _CERTIFICATE, _LINE = (
    0xE0,
    0xE1,
    0xE2,
    0xE3,
)  # of the types that are left to applications: ours, between our own processes
_TLV_HEAD_BYTES = 3
_NAMES_MAX, _NAME_MAX = 20, 200  # of a certificate, that are told on

LINE_NUMBER = "x-monodesk-line"  # the field that carries the number of an open line, on a stream of such
ADDRESSES = "monodesk.addresses"  # under this name an ASGI scope's `state` holds the `Addresses` of its connection


class Addresses(Struct, frozen=True):
    """Both ends of the client's connection.

    `secure`: the client speaks TLS, with us or with a proxy that says so in a PROXY header. `public`: it came to the
    listener that serves visitors alone. `http2`: what follows is HTTP/2. `certificate`: the client's, where his
    handshake was with us.
    """

    client: tuple[str, int]
    server: tuple[str, int]
    secure: bool = False
    public: bool = False
    http2: bool = False
    certificate: ClientCertificate | None = None
    line: bool = False  # what follows are messages of a joined system's WebSocket

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.client[0] else socket.AF_INET


def ends_of(transport: asyncio.BaseTransport, told: Addresses | None, *, public: bool = False) -> Addresses:
    """Both ends of an accepted connection, or those that a PROXY header has `told`."""
    tls = transport.get_extra_info("ssl_object")
    secure = tls is not None
    if told is not None:  # who speaks TLS with us for a client that spoke it with a proxy is that proxy
        shown = None if told.secure else certificate_of(tls)
        return Addresses(told.client, told.server, told.secure or secure, public, certificate=shown)
    client, server = (transport.get_extra_info(name) or ("", 0) for name in ("peername", "sockname"))
    return Addresses((client[0], client[1]), (server[0], server[1]), secure, public, certificate=certificate_of(tls))


def certificate_of(tls: ssl.SSLObject | None) -> ClientCertificate | None:
    """The certificate that a client has shown and the handshake has checked; None where he showed none."""
    raw = tls.getpeercert(binary_form=True) if tls is not None else None
    if tls is None or not raw:
        return None
    facts: dict[str, Any] = tls.getpeercert() or {}
    subject = [value for part in facts.get("subject", ()) for name, value in part if name == "commonName"]
    others = [value for _, value in facts.get("subjectAltName", ()) if isinstance(value, str)]
    names = tuple(one[:_NAME_MAX] for one in dict.fromkeys([*subject, *others]))[:_NAMES_MAX]
    return ClientCertificate(names, hashlib.sha256(raw).hexdigest())


_certificate = msgspec.json.Decoder(ClientCertificate)


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
    if addresses.line:
        packed += struct.pack("!BH", _LINE, 0)
    if addresses.certificate is not None:
        told = msgspec.json.encode(addresses.certificate)
        packed += struct.pack("!BH", _CERTIFICATE, len(told)) + told
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
    try:
        shown = _certificate.decode(told[_CERTIFICATE]) if _CERTIFICATE in told else None
    except msgspec.DecodeError:
        raise ValueError("a certificate that is none") from None
    ends = (client, client_port), (server, server_port)
    return Addresses(*ends, secure, _PUBLIC in told, _HTTP_2 in told, shown, _LINE in told)


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
