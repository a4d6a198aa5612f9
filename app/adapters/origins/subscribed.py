"""A line that another system pushes into: opened again when it ends, later each time that it brought nothing.

A message is taken from the line when those before it are stored, so what cannot be stored stays with who sends. How far
it was read goes with the rows, and into the next request that names `$cursor`: the last record's `changed` and `id`.
"""

import asyncio
from collections.abc import AsyncGenerator

from app.adapters.errors import BadDocument
from app.adapters.formats.records import Spoilt
from app.adapters.formats.tree import Tree
from app.adapters.maps.recipes import Met
from app.adapters.maps.times import moment
from app.adapters.origins.following import Last, Position
from app.adapters.origins.intake import Intake
from app.adapters.origins.lines import Line, Lines
from app.adapters.origins.lots import Lot
from app.adapters.runtime import Runtime
from app.model.errors import Problem
from app.storage.source_runs import Run


class Subscribed:
    """Runs a `Subscribe`; a life of its line is a run."""

    def __init__(self, runtime: Runtime, lines: Lines, intake: Intake) -> None:
        self._runtime = runtime
        self._lines = lines
        self._intake = intake
        self._limits = runtime.ground.limits
        self._brought = False  # whether this life of the line brought anything
        intake.bytes_max = 1  # one lot alone, whatever its size

    async def run(self) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            self._brought = False
            try:
                await self._intake.take(self._lots(), self._tell)
            except Problem as problem:
                failures = 1 if self._brought else failures + 1
                self._runtime.report.failed(problem)
                await self._pause(failures, (problem.retry_after_ms or 0) / 1_000)

    def _tell(self, run: Run) -> None:
        self._brought = True
        self._runtime.report.held(run.counts)

    async def _pause(self, failures: int, asked: float) -> None:
        """Doubled with every failure up to the most, between half and all of it by chance so that crowds part."""
        least, most = self._limits.source_line_seconds_min, self._limits.source_line_seconds_max
        wait = min(least * 2 ** min(failures - 1, 32), most)
        await self._runtime.rest(max(asked, wait * (0.5 + self._runtime.ground.chance() / 2)))

    async def _lots(self) -> AsyncGenerator[Lot]:
        position = await self._intake.state(Position) or Position()
        async with self._lines.open(self._references(position)) as line:
            self._runtime.report.held()
            coming = _Coming(line, self._limits.source_line_gather_seconds)
            try:
                while True:
                    await self._intake.budget.take(1)
                    messages = await coming.next(self._limits.source_rows_per_write)
                    lot, position = self._lot(messages, position)
                    yield lot
            finally:
                await coming.close()

    def _lot(self, messages: list[bytes], position: Position) -> tuple[Lot, Position]:
        records: list[Tree] = []
        spoilt: list[Spoilt] = []
        for message in messages:
            try:
                records += self._runtime.recipe.records_of(self._lines.decode(message))
            except BadDocument as problem:
                spoilt.append(Spoilt(message, problem))
        position = Position(last=self._last(records) or position.last)
        size = sum(len(one) for one in messages)
        return Lot(
            records=records,
            spoilt=spoilt,
            after=position,
            bytes=size,
            held=1,
            pages=len(messages),
            drift=self._lines.drift(),
        ), position

    def _last(self, records: list[Tree]) -> Last | None:
        """The last that has an id: between them may come what only says that the line stands."""
        named = (self._runtime.recipe.last(Met(1, record)) for record in reversed(records))
        return next((one for one in named if one is not None), None)

    def _references(self, position: Position) -> dict[str, Tree]:
        last = position.last
        return {
            "now": moment(self._runtime.ground.clock.now_ms()), "source": self._runtime.source.name,
            "settings": dict(self._runtime.source.settings),
            "cursor": {"changed": last.changed, "id": last.id} if last is not None else None,
        }  # fmt: skip


class _Coming:
    """The messages of a line, those together that come together. The one under way is waited for, never cut off."""

    def __init__(self, line: Line, gather_seconds: float) -> None:
        self._line = line
        self._gather_seconds = gather_seconds
        self._waited: asyncio.Task[bytes] | None = None

    async def next(self, most: int) -> list[bytes]:
        """One at least. Raises what ends the line, once what came before has been given."""
        found = [await self._one()]
        until = asyncio.get_running_loop().time() + self._gather_seconds
        while len(found) < most:
            left = until - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait({self._coming()}, timeout=max(0.0, left))
            if not done or self._coming().exception() is not None:
                break
            found.append(await self._one())
        return found

    async def close(self) -> None:
        if self._waited is not None:
            self._waited.cancel()
            await asyncio.gather(self._waited, return_exceptions=True)

    def _coming(self) -> "asyncio.Task[bytes]":
        if self._waited is None:
            self._waited = asyncio.create_task(self._line.next())
        return self._waited

    async def _one(self) -> bytes:
        message = await self._coming()
        self._waited = None
        return message
