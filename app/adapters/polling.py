"""A polled source, read round by round: pages asked, mapped and written while the next ones come.

Rows and the position that led to them are written in one transaction, so a process that is killed anywhere reads a
page twice at most, and what it reads twice is kept once. A record that cannot be mapped becomes a dead letter in that
same transaction: it is not lost, and it stops nothing.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.adapters import following
from app.adapters.asking import Asking
from app.adapters.context import Context
from app.adapters.errors import BadDocument
from app.adapters.following import Ask, Position
from app.adapters.formats.tree import Tree
from app.adapters.letters import Letters
from app.adapters.model import Follow, Source
from app.adapters.pipeline import Budget, Stage
from app.adapters.protocols.exchange import Answer
from app.adapters.recipes import Recipe
from app.adapters.secrets import Masker
from app.adapters.signing import text_of
from app.adapters.sinks import FAILED, OLDER, UNCHANGED, WRITTEN, Mapped, Outcome, Ready, Sink
from app.adapters.times import moment
from app.model.clock import Clock
from app.model.errors import Problem, Unavailable
from app.model.ids import Ids
from app.settings import Limits
from app.storage import dead_letters, source_cursors, source_drift, source_runs
from app.storage.database import Database, Transaction
from app.storage.dead_letters import DeadLetter
from app.storage.source_runs import Run, RunCounts

_positions = msgspec.json.Decoder(Position)


class Page(Struct, frozen=True):
    """What one answer brought, and the position after it."""

    records: Sequence[Tree]
    after: Position
    bytes: int
    waited_ms: int


class Batch(Struct, frozen=True):
    """A page, mapped: what may be written, what became a dead letter, what nobody knows."""

    page: Page
    ready: tuple[Ready, ...]
    dead: tuple[tuple[DeadLetter, bytes], ...]
    drift: Mapping[tuple[str, str, str], int]
    left_out: int


class Polling:
    """One source. `note` hears its state after every batch and at the end of a round."""

    def __init__(
        self,
        source: Source,
        recipe: Recipe,
        asking: Asking,
        sink: Sink,
        masker: Masker,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._source = source
        self._recipe = recipe
        self._asking = asking
        self._sink = sink
        self._letters = Letters(source, masker, ids, clock)
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._follow = source.follow or Follow()
        self._budget = Budget(limits.source_held_bytes_max)

    @property
    def is_down(self) -> bool:
        """Whether the other system is taken to be down."""
        return self._asking.is_down

    async def position(self) -> Position:
        """How far it was read."""
        kept = await source_cursors.find(self._database, self._source.name)
        return _positions.decode(kept) if kept else Position()

    async def round(self) -> Run:
        """Read on until there is nothing more for now; what it did. Raises the `Problem` that ended it early."""
        run = Run(self._ids.new(), self._source.name, self._source.version, self._clock.now_ms())
        try:
            async with Stage(self._pages(await self.position()), self._mapped).running() as batches:
                async for batch in batches:
                    run = await self._written(batch, run)
        except Problem as problem:
            await self._ended(replace(run, code=problem.code, en=problem.en, zh=problem.zh))
            raise
        return await self._ended(run) if run.counts.fetched else run

    def is_behind(self, position: Position) -> bool:
        """Whether there is another window to be read at once."""
        if self._follow.by != "changed":
            return False
        end = self._clock.now_ms() - round(self._follow.behind * 1_000)
        return position.until < end - round(self._follow.every * 1_000)

    async def _pages(self, at: Position) -> AsyncIterator[Page]:
        """The pages of one round in their order; with lanes the ones behind it are asked while it is worked on."""
        at = following.begun(self._follow, at, self._clock.now_ms())
        coming: dict[int, asyncio.Task[tuple[Tree, Answer]]] = {}
        try:
            while not following.over(at):
                ask = following.asked(at)
                task = coming.pop(ask.page, None)
                document, answer = await (task if task is not None else self._fetch(ask))
                records = self._recipe.records_of(document)
                came = self._recipe.came(document, answer, records, self._follow)
                after = following.moved(self._follow, at, came)
                for page in self._lane_pages(after):
                    if page not in coming:
                        coming[page] = asyncio.create_task(self._fetch(replace(ask, page=page)))
                await self._budget.take(len(answer.body))
                yield Page(records, after, len(answer.body), answer.waited_ms)
                at = after
        finally:
            for task in coming.values():
                task.cancel()
            await asyncio.gather(*coming.values(), return_exceptions=True)

    def _lane_pages(self, after: Position) -> list[int]:
        if self._follow.lanes <= 1 or after.page is None:
            return []
        return [after.page, *following.ahead(self._follow, after)][: self._follow.lanes]

    async def _fetch(self, ask: Ask) -> tuple[Tree, Answer]:
        return await self._asking.ask(partial(self._references, ask))

    def _references(self, ask: Ask) -> dict[str, Tree]:
        cursor: Tree = ask.token
        if ask.token is None and ask.last is not None:
            cursor = {"changed": ask.last.changed, "id": ask.last.id}
        window: Tree = {"start": moment(ask.window.start), "end": moment(ask.window.end)} if ask.window else None
        return {
            "now": moment(self._clock.now_ms()), "window": window, "page": ask.page, "size": self._follow.size,
            "cursor": cursor, "source": self._source.name, "settings": dict(self._source.settings),
        }  # fmt: skip

    async def _mapped(self, page: Page) -> Batch:
        references: dict[str, Tree] = {
            "now": moment(self._clock.now_ms()), "source": self._source.name, "settings": dict(self._source.settings),
        }  # fmt: skip
        context = Context(references, limits=self._limits)
        ready: list[Ready] = []
        dead: list[tuple[DeadLetter, bytes]] = []
        left_out = 0
        for number, record in enumerate(page.records):
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
        return Batch(page, tuple(ready), tuple(dead), _drift(context), left_out)

    async def _written(self, batch: Batch, run: Run) -> Run:
        """Rows in portions that do not hold the writer long; the last one moves the position."""
        counts: Counter[str] = Counter()
        size = self._limits.source_rows_per_write
        portions = [batch.ready[at : at + size] for at in range(0, len(batch.ready), size)] or [()]
        for number, portion in enumerate(portions):
            ends = batch if number == len(portions) - 1 else None
            outcomes = await self._database.write(partial(self._write, portion, ends))
            counts.update(one.what for one in outcomes)
        self._budget.free(batch.page.bytes)
        was = run.counts
        after = RunCounts(
            pages=was.pages + 1,
            fetched=was.fetched + len(batch.page.records),
            written=was.written + counts[WRITTEN],
            unchanged=was.unchanged + counts[UNCHANGED],
            older=was.older + counts[OLDER],
            left_out=was.left_out + batch.left_out,
            failed=was.failed + len(batch.dead) + counts[FAILED],
            bytes=was.bytes + batch.page.bytes,
            waited_ms=was.waited_ms + batch.page.waited_ms,
        )
        return replace(run, counts=after)

    def _write(self, portion: Sequence[Ready], ends: Batch | None, tx: Transaction) -> list[Outcome]:
        outcomes = self._sink.write(tx, portion)
        self._letters.set_aside(tx, portion, outcomes)
        if ends is not None:
            now, name = self._clock.now_ms(), self._source.name
            if ends.dead and dead_letters.count(tx, name) + len(ends.dead) > self._limits.dead_letters_max:
                raise _full(self._limits.dead_letters_max)
            for letter, raw in ends.dead:
                dead_letters.add(tx, letter, raw)
            if ends.drift:
                source_drift.count(tx, name, ends.drift, now, self._limits.adapter_drift_paths_max)
            source_cursors.move(tx, name, msgspec.json.encode(ends.page.after), now)
        return outcomes

    async def _ended(self, run: Run) -> Run:
        ended = replace(run, ended_at=self._clock.now_ms())
        await self._database.write(lambda tx: source_runs.save(tx, ended, self._limits.source_runs_kept))
        return ended

    def _id_of(self, record: Tree) -> str:
        try:
            return text_of(self._recipe.id(record, Context({})))[:200] if self._recipe.id else ""
        except BadDocument:
            return ""


def _drift(context: Context) -> dict[tuple[str, str, str], int]:
    fields = {("field", path, ""): count for path, count in context.unknown_fields.items()}
    return fields | {("value", path, value): count for (path, value), count in context.unknown_values.items()}


def _full(most: int) -> Unavailable:
    return Unavailable(
        "dead_letters_full",
        f"{most} records of this source could not be taken. Mend its map, then replay or throw them away; it rests.",
        f"该数据源已有 {most} 条记录无法接收。请修改映射后重放或丢弃；在此之前它会暂停。",
    )
