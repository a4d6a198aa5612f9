"""What every origin does with what it brought: a call more for each record, the map, the sink, in overlapping stages.

A lot's rows and the state that leads on behind it are written in one transaction, so a process that is killed anywhere
goes on where its rows end. A record that cannot be asked for, mapped or kept becomes a dead letter in that same
transaction: it is not lost, and it stops nothing. The run is kept with its rows, so that one that was cut off is seen.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.maps.times import moment
from app.adapters.origins.details import Details
from app.adapters.origins.letters import Letters
from app.adapters.origins.lots import Failed, Lot
from app.adapters.origins.pipeline import Budget, Stage
from app.adapters.origins.samples import Samples
from app.adapters.proving.secrets import Masker
from app.adapters.proving.signing import text_of
from app.adapters.sinks.sink import FAILED, OLDER, UNCHANGED, WRITTEN, Mapped, Outcome, Ready, Sink, settled
from app.adapters.specs.model import Source
from app.model.clock import Clock
from app.model.errors import Problem
from app.model.ids import Ids
from app.settings import Limits
from app.storage import source_cursors, source_drift, source_runs
from app.storage.database import Database, Transaction
from app.storage.dead_letters import Kept
from app.storage.source_runs import Run, RunCounts

_ID_CHARACTERS_MAX = 200
State = TypeVar("State", bound=Struct)


class Batch(Struct, frozen=True):
    """A lot, mapped: what may be written, what became a dead letter, what nobody knows."""

    lot: Lot
    ready: tuple[Ready, ...]
    dead: tuple[Kept, ...]
    drift: Mapping[tuple[str, str, str], int]
    left_out: int


class Intake:
    """Of one source. `details`: its call for each record, where it has one."""

    def __init__(
        self,
        source: Source,
        recipe: Recipe,
        sink: Sink,
        masker: Masker,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        details: Details | None = None,
        samples: Samples | None = None,
    ) -> None:
        self._source = source
        self._recipe = recipe
        self._sink = sink
        self._letters = Letters(source, masker, ids, clock, limits)
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._details = details
        self._masker = masker
        self._samples = samples
        self.bytes_max = limits.source_held_bytes_max
        self.budget = Budget(self.bytes_max)
        self.rows_max = limits.source_rows_per_write  # of a lot that is part of something larger

    async def state(self, form: type[State]) -> State | None:
        """Where the last rows ended; None before the first, and where another kind of origin wrote it."""
        kept = await source_cursors.find(self._database, self._source.name)
        try:
            return None if kept is None else msgspec.json.decode(kept, type=form)
        except msgspec.ValidationError:
            return None

    async def move(self, state: Struct) -> None:
        """Put a state away that no rows come with."""
        now, kept = self._clock.now_ms(), msgspec.json.encode(state)
        await self._database.write(lambda tx: source_cursors.move(tx, self._source.name, kept, now))

    async def take(self, lots: AsyncGenerator[Lot], tell: Callable[[Run], None] = lambda run: None) -> Run:
        """Take all that comes, and say what became of it. Raises the `Problem` that ended it early, once it is kept.

        A lot's bytes are taken from `budget` by who makes it, and given back here. `tell` hears of each that is stored.
        """
        run = Run(self._ids.new(), self._source.name, self._source.version, self._clock.now_ms())
        self.budget = Budget(self.bytes_max)  # what a run that failed still held is gone with it
        try:
            whole = lots if self._details is None else self._details.of(lots, self.budget)
            async with Stage(whole, _same).running() as ahead, Stage(ahead, self._mapped).running() as batches:
                async for batch in batches:  # while one is stored, the next is mapped, and the one behind it fetched
                    run = await self._written(batch, run)
                    tell(run)
        except Problem as problem:
            await self._ended(replace(run, code=problem.code, en=problem.en, zh=problem.zh))
            raise
        return await self._ended(run) if run.counts.fetched else run

    # ---- mapped

    async def _mapped(self, lot: Lot) -> Batch:
        references: dict[str, Tree] = {
            "now": moment(self._clock.now_ms()), "source": self._source.name, "settings": dict(self._source.settings),
        }  # fmt: skip
        context = Context(references, limits=self._limits)
        if self._samples is not None:
            self._samples.keep(lot.records, self._masker)
        ready: list[Ready] = []
        dead = [self._letters.of_bytes(spoilt.raw, spoilt.problem) for spoilt in lot.spoilt]
        dead += [self._unhad(one) for one in lot.failed]
        left_out = 0
        for number, record in enumerate(lot.records):
            if number % self._limits.source_turn_records == 0:
                await asyncio.sleep(0)  # chats go on between them
            try:
                if self._recipe.where is not None and self._recipe.where(record, context) is not True:
                    left_out += 1
                    continue
                fields = self._recipe.fields(record, context)
                ready.append(self._sink.prepare(Mapped(record, fields, self._id_of(record))))
            except BadDocument as problem:
                dead.append(self._letters.of_record("map", record, problem, self._id_of(record)))
        return Batch(
            lot,
            tuple(await settled(self._sink, ready)),
            tuple(dead),
            Counter(context.drift()) + Counter(lot.drift),
            left_out,
        )

    def _unhad(self, one: Failed) -> Kept:
        return self._letters.of_record(one.stage, one.record, one.problem, self._id_of(one.record))

    def _id_of(self, record: Tree) -> str:
        try:
            return text_of(self._recipe.named(record, Context({})))[:_ID_CHARACTERS_MAX] if self._recipe.named else ""
        except BadDocument:
            return ""

    # ---- written

    async def _written(self, batch: Batch, run: Run) -> Run:
        """Rows in portions that do not hold the writer long; the last one moves the position."""
        counts: Counter[str] = Counter()
        size = self._limits.source_rows_per_write
        portions = [batch.ready[at : at + size] for at in range(0, len(batch.ready), size)] or [()]
        for portion in portions[:-1]:
            outcomes = await self._database.write(partial(self._write, portion))
            counts.update(one.what for one in outcomes)
        run = await self._database.write(partial(self._write_last, portions[-1], batch, run, counts))
        held = self.budget if self._details is None else self._details.budget  # of what comes to the map
        held.free(batch.lot.held)
        return run

    def _write(self, portion: Sequence[Ready], tx: Transaction) -> list[Outcome]:
        outcomes = self._sink.write(tx, portion)
        self._letters.set_aside(tx, portion, outcomes)
        return outcomes

    def _write_last(
        self, portion: Sequence[Ready], batch: Batch, run: Run, before: Counter[str], tx: Transaction
    ) -> Run:
        counts = before + Counter(one.what for one in self._write(portion, tx))
        now, name = self._clock.now_ms(), self._source.name
        self._letters.keep(tx, batch.dead)
        if batch.drift:
            source_drift.count(tx, name, batch.drift, now, self._limits.adapter_drift_paths_max)
        if batch.lot.after is not None:
            source_cursors.move(tx, name, msgspec.json.encode(batch.lot.after), now)
        run = replace(run, counts=_added(run.counts, batch, counts))
        if run.counts.fetched:
            source_runs.save(tx, run, self._limits.source_runs_kept)
        return run

    async def _ended(self, run: Run) -> Run:
        ended = replace(run, ended_at=self._clock.now_ms())
        await self._database.write(lambda tx: source_runs.save(tx, ended, self._limits.source_runs_kept))
        return ended


async def _same(lot: Lot) -> Lot:
    return lot


def _added(was: RunCounts, batch: Batch, counts: Counter[str]) -> RunCounts:
    lot = batch.lot
    return RunCounts(
        pages=was.pages + lot.pages,
        fetched=was.fetched + lot.count,
        written=was.written + counts[WRITTEN],
        unchanged=was.unchanged + counts[UNCHANGED],
        older=was.older + counts[OLDER],
        left_out=was.left_out + batch.left_out,
        failed=was.failed + len(batch.dead) + counts[FAILED],
        bytes=was.bytes + lot.bytes,
        waited_ms=was.waited_ms + lot.waited_ms,
    )
