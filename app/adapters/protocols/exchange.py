"""One question to another system and what it says, whatever carries them: nothing here loads a client."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from msgspec import Struct


class Request(Struct, frozen=True):
    """What is asked; headers as they are sent, one after the other."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


class Bounds(Struct, frozen=True):
    """What one answer may take."""

    seconds: float
    bytes: int


class Answer(Protocol):
    """What came: header names in lower case, a repeated one joined by commas; `waited_ms` until its last byte."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def waited_ms(self) -> int: ...


class Coming(Protocol):
    """An answer whose head is here and whose body follows in pieces; what is not read is not sent."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...

    def pieces(self) -> AsyncGenerator[bytes]:
        """Raises `Unreached` where it stops, `BadDocument` (answer_too_large) beyond the bound."""
        ...


class Client(Protocol):
    """Asks one other system."""

    async def ask(self, request: Request, bounds: Bounds) -> Answer:
        """The whole answer; raises `Unreached` where there is none, `BadDocument` where it is too large."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


# The same piece by piece: only the time that is spent waiting for it counts.
Open: TypeAlias = Callable[[Request, Bounds], AbstractAsyncContextManager[Coming]]
