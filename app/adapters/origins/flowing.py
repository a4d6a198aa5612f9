"""A large answer while it comes: its records one after the other, and what it says beside them at its end."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Protocol, TypeAlias

from app.adapters.errors import Unreached
from app.adapters.formats.records import Reading
from app.adapters.formats.tree import Tree
from app.model.clock import Clock


class Gatherer(Protocol):
    """Reads one document in pieces, as `piecewise.Piecewise` does."""

    def feed(self, piece: bytes) -> list[Reading]: ...

    def close(self) -> list[Reading]: ...

    def beside(self) -> Tree:
        """What was asked for beside the records, as one document."""
        ...


Gather: TypeAlias = Callable[[Mapping[str, str], bytes], Gatherer]  # of an answer's headers and its beginning


class Flowing:
    """Has to be closed, read or not. `headers` are of the answer; `bytes` and `waited_ms` count while it is read."""

    def __init__(
        self,
        stack: AsyncExitStack,
        headers: Mapping[str, str],
        head: bytes,
        pieces: AsyncGenerator[bytes],
        gatherer: Gatherer,
        judge: Callable[[Tree], None],
        failed: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._stack = stack
        self._head = head
        self._pieces = pieces
        self._gatherer = gatherer
        self._judge = judge
        self._failed = failed
        self._clock = clock
        self.headers = headers
        self.bytes = 0
        self.waited_ms = 0

    async def readings(self) -> AsyncGenerator[list[Reading]]:
        """Records as they are whole. Raises `Unreached`, `BadDocument`; `Refused` where its end shows a refusal."""
        try:
            async with aclosing(self._all()) as pieces:
                async for piece in pieces:
                    self.bytes += len(piece)
                    yield self._gatherer.feed(piece)
        except Unreached:
            self._failed()
            raise
        rest = self._gatherer.close()
        self._judge(self.document())
        yield rest

    def document(self) -> Tree:
        """What was asked for beside the records."""
        return self._gatherer.beside()

    async def close(self) -> None:
        """Let go of the line."""
        await self._pieces.aclose()
        await self._stack.aclose()

    async def _all(self) -> AsyncGenerator[bytes]:
        if self._head:
            yield self._head
        self._head = b""
        began = self._clock.monotonic()
        async for piece in self._pieces:
            self.waited_ms += round((self._clock.monotonic() - began) * 1_000)
            yield piece
            began = self._clock.monotonic()
