"""Dead letters delivered after all: read and mapped by today's spec, and written in the step that removes the letter.

So each is delivered once, whoever replays it how often. One that fails again stays the letter it is, with its new
reason; what was to be handed over keeps its id, by which the other system knows it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.maps.times import moment
from app.adapters.origins.details import Details
from app.adapters.origins.documents import decoded, options_of
from app.adapters.origins.letters import Letters
from app.adapters.origins.receiving import Receiving
from app.adapters.proving.signing import text_of
from app.adapters.runtime import Runtime
from app.adapters.sinks.commands import CommandSink
from app.adapters.sinks.sending import Waiting, opened
from app.adapters.sinks.sink import Mapped, Outcome, Ready, Sink, settled
from app.adapters.specs.model import Receive, Source
from app.model.clock import Clock
from app.settings import Limits
from app.storage import dead_letters
from app.storage.database import Database, Transaction
from app.storage.dead_letters import Kept

Read: TypeAlias = Callable[[bytes, Mapping[str, Tree]], Tree]  # a document of what came, and of what came beside it


class Replayed(Struct, frozen=True):
    """What became of letters: `delivered`, `left_out` by today's `where`, `failed` once more; `gone` were not there."""

    delivered: int = 0
    left_out: int = 0
    failed: int = 0
    gone: int = 0

    def plus(self, other: "Replayed") -> "Replayed":
        """Both together."""
        return Replayed(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))


class _Mapped(Struct, frozen=True):
    """One letter by today's spec."""

    ready: tuple[Ready, ...] = ()
    dead: tuple[Kept, ...] = ()
    left_out: int = 0


class Replay:
    """Replays the letters of one source."""

    def __init__(
        self,
        source: Source,
        recipe: Recipe,
        sink: Sink,
        read: Read,
        letters: Letters,
        details: Details | None,
        database: Database,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._source = source
        self._recipe = recipe
        self._sink = sink
        self._read = read
        self._letters = letters
        self._details = details
        self._database = database
        self._clock = clock
        self._limits = limits

    async def these(self, letter_ids: Sequence[str]) -> Replayed:
        """Those of this source among them, in their order."""
        done = Replayed()
        for letter_id in dict.fromkeys(letter_ids):
            done = done.plus(await self._one(letter_id))
        return done

    async def all(self) -> Replayed:
        """All that are there now, the oldest first."""
        return await self.these(await dead_letters.ids_of(self._database, self._source.name))

    async def _one(self, letter_id: str) -> Replayed:
        kept = await dead_letters.find(self._database, letter_id)
        if kept is None or kept.letter.source != self._source.name:
            return Replayed(gone=1)
        try:
            mapped = await self._by_today(kept)
        except BadDocument as problem:
            return await self._database.write(partial(self._failed, kept, problem))
        mapped = replace(mapped, ready=tuple(await settled(self._sink, mapped.ready)))
        return await self._database.write(partial(self._write, kept, mapped))

    async def _by_today(self, kept: Kept) -> _Mapped:
        """Raises `BadDocument` where nothing of it can be had."""
        came = _came(kept.came)
        if kept.letter.stage == "ask" and self._details is not None:
            found, _ = await self._details.one(json.decode(kept.raw))
            return self._document(found, came)
        if kept.letter.form != "json":
            return await self._whole(self._recipe.records_of(self._read(kept.raw, came)), came)
        if kept.letter.stage != "deliver":
            return self._record(json.decode(kept.raw), kept.letter.external_id, came)
        parcel = opened(kept.raw)
        return self._record(parcel.event, parcel.external_id, came, parcel.id, parcel.trace)

    async def _whole(self, records: Sequence[Tree], came: Mapping[str, Tree]) -> _Mapped:
        """All that came, with what each stands for in its place where the spec asks for that."""
        if self._details is None:
            return self._document(records, came)
        found, failed = await self._details.every(records)
        mapped = self._document(found, came)
        unhad = [self._letters.of_record(one.stage, one.record, one.problem, came=came) for one in failed]
        return replace(mapped, dead=(*mapped.dead, *unhad))

    def _document(self, records: Sequence[Tree], came: Mapping[str, Tree]) -> _Mapped:
        """Each for itself: those that cannot be taken are letters of their own from now on."""
        ready: list[Ready] = []
        dead: list[Kept] = []
        left_out = 0
        for record in records:
            try:
                one = self._record(record, "", came)
            except BadDocument as problem:
                dead.append(self._letters.of_record("map", record, problem, came=came))
                continue
            ready += one.ready
            left_out += one.left_out
        return _Mapped(tuple(ready), tuple(dead), left_out)

    def _record(
        self, record: Tree, name: str, came: Mapping[str, Tree], delivery: str = "", trace: str = ""
    ) -> _Mapped:
        context = Context({**self._references(), "event": record, **came}, limits=self._limits)
        if self._recipe.where is not None and self._recipe.where(record, context) is not True:
            return _Mapped(left_out=1)
        mapped = Mapped(record, self._recipe.fields(record, context), name, trace)
        if delivery and isinstance(self._sink, Waiting | CommandSink):
            return _Mapped((self._sink.prepare_again(mapped, delivery),))
        return _Mapped((self._sink.prepare(mapped),))

    def _write(self, kept: Kept, mapped: _Mapped, tx: Transaction) -> Replayed:
        if not dead_letters.is_there(tx, kept.letter.id):
            return Replayed(gone=1)
        outcomes = self._sink.write(tx, mapped.ready)
        if kept.letter.form == "json" and (failed := _problem_of(outcomes)) is not None:
            return self._failed(kept, failed, tx)
        dead_letters.remove(tx, kept.letter.id, kept.letter.source)
        failures = self._letters.set_aside(tx, mapped.ready, outcomes, _came(kept.came))
        self._letters.keep(tx, mapped.dead)
        return Replayed(len(outcomes) - failures, mapped.left_out, failures + len(mapped.dead))

    def _failed(self, kept: Kept, problem: BadDocument, tx: Transaction) -> Replayed:
        was = kept.letter
        dead_letters.again(tx, replace(self._letters.made(was.stage, problem, was.form, was.external_id), id=was.id))
        return Replayed(failed=1)

    def _references(self) -> dict[str, Tree]:
        return {
            "now": moment(self._clock.now_ms()), "source": self._source.name, "settings": dict(self._source.settings),
        }  # fmt: skip


def replay_of(runtime: Runtime) -> Replay:
    """Of a source that runs."""
    source, ground, masker = runtime.source, runtime.ground, runtime.callers.masker
    letters = Letters(source, masker, ground.ids, ground.clock, ground.limits)
    return Replay(
        source, runtime.recipe, runtime.sink, _reader(runtime), letters, runtime.details, ground.database,
        ground.clock, ground.limits,
    )  # fmt: skip


def _reader(runtime: Runtime) -> Read:
    source, ground = runtime.source, runtime.ground
    door = runtime.doors.get(source.name)
    if door is not None:
        return door.read
    if isinstance(source.origin, Receive):
        return Receiving(
            source, runtime.recipe, runtime.sink, runtime.callers.secrets, runtime.callers.masker,
            ground.database, ground.ids, ground.clock, ground.limits,
        ).read  # fmt: skip
    options = options_of(source.records.lists, ground.limits)
    return lambda raw, came: decoded("auto", text_of(came.get("content_type")), raw, options)


def _problem_of(outcomes: Sequence[Outcome]) -> BadDocument | None:
    return next((one.problem for one in outcomes if one.problem is not None), None)


def _came(encoded: bytes) -> dict[str, Tree]:
    told = json.decode(encoded) if encoded else {}
    return told if isinstance(told, dict) else {}
