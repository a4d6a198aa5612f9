"""What comes in from other systems, before it is known to be theirs, and what they are told."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class ClientCertificate(Struct, frozen=True):
    """A client's certificate that the handshake has checked: its names, and its SHA-256 in hexadecimal."""

    names: tuple[str, ...]
    fingerprint: str


class Arrival(Struct, frozen=True):
    """A request as it came: pairs of its address decoded, header names in lower case; `address` is the client's own.

    `certificate` where his own handshake was with us.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    address: str
    certificate: ClientCertificate | None = None
    line: str = ""  # by which line it came, where that was proven when it was opened


class Taken(Struct, frozen=True):
    """It is stored; this is what its system wants to hear."""

    body: bytes
    content_type: str


class Systems(Protocol):
    """The joined systems, as the door for their calls sees them."""

    def bytes_max(self, source: str) -> int | None:
        """The most that one delivery of this source may have; None where nobody of that name is called."""
        ...

    async def open_line(self, source: str, arrival: Arrival) -> str:
        """Prove who asks for a line; its number. Raises as `take`."""
        ...

    async def take(self, source: str, arrival: Arrival) -> Taken:
        """Raises the `Problem` that says what to do."""
        ...
