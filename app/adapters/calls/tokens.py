"""A token that another system lends for a time: fetched when it is needed, kept until shortly before it ends.

One for a source, however many ask at once; a code that says "expired" fetches the next one whatever was promised.
"""

import asyncio
from collections.abc import Callable, Mapping

from app.adapters.calls.asking import Asking
from app.adapters.errors import Refused
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at
from app.adapters.proving.signing import text_of
from app.adapters.specs.model import NOWHERE, Token
from app.model.clock import Clock

Keep = Callable[[str, str], None]  # a secret's name and its new value


class Tokens:
    """The token of one call."""

    def __init__(
        self,
        token: Token,
        asking: Asking,
        references: Callable[[], Mapping[str, Tree]],
        keep: Keep,
        learn: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._token = token
        self._asking = asking
        self._references = references
        self._keep = keep
        self._learn = learn
        self._clock = clock
        self._at = compile_rule(read_at(token.at, NOWHERE)).run
        self._lasts = compile_rule(read_at(token.seconds, NOWHERE)).run if token.seconds else None
        self._kept = {name: compile_rule(read_at(path, NOWHERE)).run for name, path in token.keep.items()}
        self._value = ""
        self._until = 0.0
        self._turn = asyncio.Lock()

    async def current(self, renewed: bool) -> str:
        """The token; a new one where it ends, or where it was `renewed` by force. Raises as `Asking.ask`."""
        held = self._value
        async with self._turn:
            fetched_meanwhile = self._value != held
            ends = self._clock.monotonic() >= self._until
            if ends or (renewed and not fetched_meanwhile):
                await self._fetch()
            return self._value

    async def _fetch(self) -> None:
        came, _ = await self._asking.ask(self._references)
        value = text_of(self._at(came, Context({})))
        if not value:
            raise Refused(
                "token_missing",
                f"The answer has no token at {self._token.at}. Look at `token` in the spec.",
                f"响应中 {self._token.at} 处没有令牌。请检查配置中的 token。",
            )
        self._learn(value)
        lasts = self._seconds(came)
        self._value, self._until = value, self._clock.monotonic() + max(0.0, lasts - self._token.before)
        for name, run in self._kept.items():
            fresh = text_of(run(came, Context({})))
            if fresh:
                self._keep(name, fresh)

    def _seconds(self, came: Tree) -> float:
        said = text_of(self._lasts(came, Context({}))) if self._lasts else ""
        try:
            return float(said) if said else self._token.lasts
        except ValueError:
            return self._token.lasts
