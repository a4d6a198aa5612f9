"""Files of intents and their phrases, in and out: all of a file is read and checked before the first of it is stored.

It is stored in portions, so that chats' writes get in between; where a server is killed meanwhile, the same file again
brings what is missing and no phrase twice.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, cast

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.accounts.audit import record
from app.accounts.policy import demand
from app.exchange.phrases.gathering import HEADS, Format, Gathered, Gathering, format_of, written
from app.intent import starter
from app.intent.normalise import normalise
from app.intent.patterns import variants
from app.learning.intents import Intents, checked
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.errors import TooLarge
from app.model.events import IntentsChanged
from app.model.intents import Intent, Phrase, Texts
from app.model.principals import Agent, System
from app.settings import Limits
from app.storage import intents
from app.storage.database import Database, Transaction

_MEMORY_BYTES = 1_048_576
_PAGE_ROWS = 1_000
_BEFORE_ALL = ""
_REST_SECONDS = 0.0002

Hear = Callable[[int, int], None]


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner says of the shop: by the fact's name a sentence by language. What is left out has its default."""

    facts: Annotated[dict[str, Texts], Meta(max_length=100)] = {}


def nobody(done: int, total: int) -> None:
    """Nobody wants to know how far it is."""


class IntentFiles:
    """Brings files of intents in and writes them; the starter pack is such a file that the product has with it."""

    def __init__(self, database: Database, clock: Clock, room: Intents, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._room = room
        self._limits = limits

    async def take(
        self,
        principal: Agent | System,
        form: Format | None,
        chunks: AsyncIterator[bytes],
        *,
        rehearse: bool,
        hear: Hear = nobody,
    ) -> Gathered:
        """Import a file of phrases, its format found out where it is not said; with `rehearse` store nothing.

        Where something is wrong with it nothing is stored, and `problems` say what. Raises `Forbidden`, `TooLarge`,
        `Invalid` where the file cannot be read at all. `hear` is told how many of how many phrases are stored.
        """
        demand(principal, "intent.write")
        with SpooledTemporaryFile(max_size=_MEMORY_BYTES) as spooled:
            await self._spool(spooled.write, chunks)
            file = cast("BinaryIO", spooled)
            gathering = await self._begun()
            if form is None:
                form = await asyncio.to_thread(format_of, file)
            told = await asyncio.to_thread(gathering.read, file, form)
        return told if rehearse or told.problems else await self._store(principal, gathering, told, hear)

    async def load_starter(self, principal: Agent | System, said: Mapping[str, Texts], hear: Hear = nobody) -> Gathered:
        """Bring the starter pack in; intents that the desk has already stay as they are. Raises `Forbidden`."""
        demand(principal, "intent.write")
        pack = await asyncio.to_thread(starter.load, said)
        gathering = await self._begun()
        known = await self._known()
        told = await asyncio.to_thread(gathering.take, [one for one in pack.intents if one.name not in known])
        return told if told.problems else await self._store(principal, gathering, told, hear)

    async def begin(self, principal: Agent | System, form: Format) -> AsyncIterator[str]:
        """All intents as a file, piece by piece; raises `Forbidden`."""
        demand(principal, "intent.write")
        found = await intents.listing(self._database, self._limits.intents_max)
        return self._pieces(form, [one.intent for one in found])

    async def _pieces(self, form: Format, found: list[Intent]) -> AsyncIterator[str]:
        yield HEADS[form]
        for intent in found:
            whole = replace(intent, phrases=tuple([phrase async for phrase in self._phrases(intent.name)][::-1]))
            yield await asyncio.to_thread(_joined, form, whole)

    async def _phrases(self, name: str) -> AsyncIterator[Phrase]:
        """Newest first, as pages are."""
        before = _BEFORE_ALL
        while rows := await intents.phrases(self._database, name, before, _PAGE_ROWS):
            for row in rows:
                yield Phrase(row.text, row.language, row.origin)
            before = rows[-1].id

    async def _spool(self, write: Callable[[bytes], object], chunks: AsyncIterator[bytes]) -> None:
        size, most = 0, self._limits.intent_file_bytes_max
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise TooLarge(
                    "file_too_large",
                    f"The file is larger than {most} bytes. Divide it.",
                    f"文件超过 {most} 字节。请拆分。",
                )
            write(chunk)

    async def _known(self) -> dict[str, tuple[Intent, int]]:
        found = await intents.listing(self._database, self._limits.intents_max)
        return {one.intent.name: (one.intent, one.phrases) for one in found}

    async def _begun(self) -> Gathering:
        """Everything that is there, learnt."""
        gathering = Gathering(await self._known(), self._limits, self._same, self._fit, _rest)
        after = _BEFORE_ALL
        while rows := await intents.examples(self._database, after, _PAGE_ROWS):
            await asyncio.to_thread(gathering.learn, [example for _, example, _ in rows])
            after = rows[-1][0]
        return gathering

    def _same(self, text: str) -> str:
        return normalise(text, self._limits) or text

    def _fit(self, intent: Intent) -> Intent:
        """As the console would store it; raises the `Problem` for which it would not."""
        for rule in intent.rules:
            variants(rule.pattern, intent.slots, self._limits)
        return checked(intent.name, intent)

    async def _store(self, principal: Agent | System, gathering: Gathering, told: Gathered, hear: Hear) -> Gathered:
        made = gathering.intents()
        await self._database.write(lambda tx: self._make(tx, principal, made, told))
        done = 0
        for portion in gathering.portions(self._limits.intent_import_rows):
            await self._database.write(partial(self._add, portion))
            done += len(portion)
            hear(done, told.phrases)
        await self._database.write(lambda tx: tx.announce(IntentsChanged()))
        return replace(told, done=True)

    def _make(self, tx: Transaction, principal: Agent | System, made: list[Intent], told: Gathered) -> None:
        """Intents before their phrases, and a line that somebody did it."""
        for intent in made:
            before = intents.by_name(tx, intent.name)
            intents.save(tx, intent, (before.version if before else 0) + 1, self._clock.now_ms())
        facts = {"format": told.format.value, "added": told.phrases, "created": told.created, "changed": told.changed}
        record(tx, principal, "intent.import", Subject("intent"), Change(after=facts))

    def _add(self, rows: list[tuple[str, Phrase]], tx: Transaction) -> None:
        for name, phrase in rows:
            self._room.add(tx, name, phrase)


def _rest() -> None:
    """On a thread: the loop, which waits for the interpreter, gets it now and not when a switch is due."""
    # nosemgrep: the-loop-sleeps - a thread beside it does
    time.sleep(_REST_SECONDS)


def _joined(form: Format, intent: Intent) -> str:
    return "".join(written(form, [intent]))
