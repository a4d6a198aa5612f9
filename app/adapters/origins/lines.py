"""The line of a `subscribe`: opened with its token and its cursor, greeted, and read message by message."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, TypeAlias

from app.adapters.calls.asking import UNAUTHORIZED, Drift, Token
from app.adapters.calls.requests import Requests
from app.adapters.errors import Refused
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_template
from app.adapters.maps.paths import IN_REQUESTS, References
from app.adapters.protocols.exchange import Request
from app.adapters.specs.model import Plain, Subscribe


class Line(Protocol):
    """What they push into."""

    async def next(self) -> bytes:
        """The next message. Raises `Unreached` where the line ends, `Refused`, `BadDocument`."""
        ...

    async def say(self, body: bytes) -> None:
        """Raises `Unreached`."""
        ...


Open: TypeAlias = Callable[[Request], AbstractAsyncContextManager[Line]]


class Lines:
    """Opens the line of one source, again and again; `decode` reads what comes on it."""

    def __init__(
        self,
        subscribe: Subscribe,
        requests: Requests,
        open_: Open,
        decode: Callable[[bytes], Tree],
        token: Token | None,
        ready: Callable[[], Awaitable[None]] | None = None,
        drift: Drift = dict,
    ) -> None:
        self._requests = requests
        self._open = open_
        self.decode = decode
        self.drift = drift  # what of the messages so far their format does not know; told once
        self._token = token
        self._ready = ready
        self._has_expired = False
        known = References(IN_REQUESTS.names, frozenset(requests.secrets))
        self._hello = [_template(one, known) for one in subscribe.hello]

    @asynccontextmanager
    async def open(self, references: Mapping[str, Tree]) -> AsyncIterator[Line]:
        """Raises `Unreached`, `Refused`; a token that is refused is another one the next time."""
        if self._ready is not None:
            await self._ready()
        token = {"token": await self._token(self._has_expired)} if self._token is not None else {}
        context = Context({**references, **token}, self._requests.secrets)
        try:
            async with self._open(self._requests.make(context)) as line:
                for said in self._said(context):
                    await line.say(said)
                self._has_expired = False
                yield line
        except Refused as refusal:
            self._has_expired = refusal.said in UNAUTHORIZED
            raise

    def _said(self, context: Context) -> Sequence[bytes]:
        said = [run(None, context) for run in self._hello]
        return [one.encode() if isinstance(one, str) else json.encode(one) for one in said]


def _template(plain: Plain, known: References) -> Callable[[Tree, Context], Tree]:
    return compile_rule(read_template(plain.value, lambda way: plain.mark(*way), known)).run
