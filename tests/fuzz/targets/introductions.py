"""PROXY headers of both versions: told the same whole and byte by byte, and understood as they were written."""

from app.gateway.proxy_protocol import parse_header
from app.gateway.upstream import Addresses, encode_addresses
from app.settings import Limits
from tests.fuzz.watch import Fault

_BYTES_MAX = Limits().proxy_header_bytes_max
_FOUR = Addresses(("192.0.2.1", 4_000), ("192.0.2.2", 443), secure=True)
_SIX = Addresses(("2001:db8::1", 4_000), ("2001:db8::2", 443), public=True)


class Introductions:
    seeds = (
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\nGET / HTTP/1.1\r\n",
        b"PROXY TCP6 2001:db8::1 2001:db8::2 4000 443\r\n",
        b"PROXY UNKNOWN\r\n",
        encode_addresses(_FOUR) + b"GET /",
        encode_addresses(_SIX),
        b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00",
    )
    words = (
        b"PROXY ",
        b"TCP4",
        b"TCP6",
        b"UNKNOWN",
        b"\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n",
        b"\x21\x11",
        b"\x21\x21",
        b"\x20",
    )

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        whole = self._parse(data)
        for end in range(1, min(len(data), 300)):
            early = self._parse(data[:end])
            if early is None:
                continue
            if early != whole:
                raise Fault(f"{early} after {end} bytes, {whole} after all")
            break

    def _parse(self, data: bytes) -> tuple[Addresses | None, int] | str | None:
        try:
            found = parse_header(data, _BYTES_MAX)
        except ValueError as error:
            return type(error).__name__
        told = found[0] if found is not None else None
        if told is not None:
            again = parse_header(encode_addresses(told), _BYTES_MAX)
            if again is None or again[0] != told:
                raise Fault(f"{told} comes back as {again}")
        return found


TARGET = Introductions()
