"""The origins of a source: each is run for ever by its task, and what it brings goes into the source's sink.

How things come in by our asking, by the clock, from a folder or from our own events is made here; where they go is
made in `delivery`.
"""

import asyncio
from typing import Protocol

from app.adapters.errors import Refused
from app.adapters.origins.dispatching import Dispatching
from app.adapters.origins.documents import message_of
from app.adapters.origins.folders import Dropped
from app.adapters.origins.intake import Intake
from app.adapters.origins.polling import Polling
from app.adapters.origins.receiving import Receiving
from app.adapters.origins.subscribed import Subscribed
from app.adapters.origins.timed import Timed
from app.adapters.runtime import Runtime
from app.adapters.specs.model import Call, Events, Folder, Receive, Subscribe, Times
from app.model.errors import Problem
from app.telemetry import traces


class Origin(Protocol):
    """`run` goes on until it is cancelled; raises the `Problem` that ends it, then it is made anew after a rest."""

    async def run(self) -> None: ...


async def origin_of(runtime: Runtime) -> Origin:
    """What runs a source."""
    match runtime.source.origin:
        case Call():
            return Polled(runtime, runtime.source.origin)
        case Events():
            return Listening(runtime)
        case Receive():
            return Called(runtime, runtime.source.origin)
        case Times():
            return Timed(runtime, runtime.source.origin, intake_of(runtime))
        case Folder():
            return Dropped(runtime, runtime.source.origin, intake_of(runtime))
        case Subscribe():
            lines = await runtime.callers.lines(runtime.source.origin)
            return Subscribed(runtime, lines, intake_of(runtime))


def intake_of(runtime: Runtime) -> Intake:
    """What takes what an origin brings."""
    source, ground, masker = runtime.source, runtime.ground, runtime.callers.masker
    return Intake(
        source, runtime.recipe, runtime.sink, masker, ground.database, ground.ids, ground.clock, ground.limits,
        runtime.details, runtime.samples,
    )  # fmt: skip


class Polled:
    """A call that is asked round by round."""

    def __init__(self, runtime: Runtime, call: Call) -> None:
        self._runtime = runtime
        self._call = call

    async def run(self) -> None:
        source, ground, callers = self._runtime.source, self._runtime.ground, self._runtime.callers
        asking = await callers.asking(self._call)
        intake = intake_of(self._runtime)
        polling = Polling(source, self._runtime.recipe, asking, intake, ground.clock)
        every = source.follow.every if source.follow else ground.limits.source_rest_seconds
        while True:
            await self._round(polling, every)

    async def _round(self, polling: Polling, every: float) -> None:
        report = self._runtime.report
        report.reading()
        try:
            with traces.within(traces.begun(self._runtime.ground.ids.new())):  # what a round brings belongs together
                run = await polling.round()
        except Refused:  # perhaps for a secret that was replaced meanwhile: all is made anew
            raise
        except Problem as problem:
            report.failed(problem, down=polling.is_down)
            await self._runtime.rest(max(every, (problem.retry_after_ms or 0) / 1_000))
            return
        position = await polling.position()
        report.held(run.counts if run.counts.fetched else None, position.until)
        if not polling.is_behind(position):
            await self._runtime.rest(every)


class Listening:
    """Our own events."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def run(self) -> None:
        ground = self._runtime.ground
        listening = Dispatching(
            self._runtime.source, self._runtime.recipe, self._runtime.sink, self._runtime.callers.masker,
            ground.database, ground.ids, ground.clock, ground.limits, self._runtime.samples, ground.files.links,
        )  # fmt: skip
        stop = ground.bus.subscribe(listening.wake)
        try:
            await listening.begin()
            self._runtime.report.held()
            await listening.run()
        finally:
            stop()


class Called:
    """A door that stands open for another system."""

    def __init__(self, runtime: Runtime, receive: Receive) -> None:
        self._runtime = runtime
        self._receive = receive

    async def run(self) -> None:
        source, ground, callers = self._runtime.source, self._runtime.ground, self._runtime.callers
        message = await asyncio.to_thread(message_of, self._receive, self._receive.message, ground.specs, ground.limits)
        door = self._runtime.doors[source.name] = Receiving(
            source, self._runtime.recipe, self._runtime.sink, callers.secrets, callers.masker, ground.database,
            ground.ids, ground.clock, ground.limits, self._runtime.samples, message, self._runtime.details,
        )  # fmt: skip
        try:
            while True:
                await door.tidy()
                self._runtime.report.held()
                await self._runtime.rest(ground.limits.source_tidy_seconds)
        finally:
            del self._runtime.doors[source.name]
