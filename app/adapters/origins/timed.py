"""A source that goes by the clock: what is due is brought as one record, and missed times as one of them.

The record says `at` (when it was due) and `before` (the time that was done last, null at first), RFC 3339 in UTC. A
source with `then` asks by it; what it cannot bring now it tries again, and by then the newest time is due.
"""

from collections.abc import AsyncGenerator

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.adapters.maps.times import moment
from app.adapters.origins.intake import Intake
from app.adapters.origins.lots import Lot
from app.adapters.origins.schedule import due
from app.adapters.runtime import Runtime
from app.adapters.specs.model import Times
from app.model.errors import Problem


class Done(Struct, frozen=True):
    """The last time that was done, and whether any was: at the start of a source it is when it began. In ms UTC."""

    at: int
    any: bool = False


class Timed:
    """Runs by `Times`."""

    def __init__(self, runtime: Runtime, times: Times, intake: Intake) -> None:
        self._runtime = runtime
        self._times = times
        self._intake = intake
        self._clock = runtime.ground.clock
        self._look_seconds = runtime.ground.limits.source_rest_seconds  # clocks are set: nobody sleeps for a week

    async def run(self) -> None:
        """Until cancelled."""
        done = await self._begin()
        hurried = False
        while True:
            now = self._clock.now_ms()
            if self._times.every and done.at > now:
                done = Done(now, done.any)  # the clock was put back: an interval is counted anew
            found = due(self._times, done.at, now)
            at = now if hurried else found.at
            if at is None:
                self._runtime.report.held(read_until=done.at)
                hurried = await self._runtime.rest(min((found.next - now) / 1_000, self._look_seconds))
                continue
            try:
                await self._bring(at, done)
            except Problem as problem:
                self._runtime.report.failed(problem)
                hurried = await self._runtime.rest((problem.retry_after_ms or 0) / 1_000 or self._look_seconds)
                continue
            done, hurried = Done(at, any=True), False

    async def _begin(self) -> Done:
        """Where it was; a source that is new is due the first time after it began."""
        kept = await self._intake.state(Done)
        if kept is not None:
            return kept
        done = Done(self._clock.now_ms())
        await self._intake.move(done)
        return done

    async def _bring(self, at: int, done: Done) -> None:
        self._runtime.report.reading()
        run = await self._intake.take(self._lot(at, done))
        self._runtime.report.held(run.counts, at)

    async def _lot(self, at: int, done: Done) -> AsyncGenerator[Lot]:
        record: Tree = {"at": moment(at)["iso"], "before": moment(done.at)["iso"] if done.any else None}
        yield Lot(records=[record], after=Done(at, any=True), pages=1)
