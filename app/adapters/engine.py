"""The engine: every active source has a task, which runs its origin for ever.

A source that fails waits and is tried again; it ends neither another source nor the engine. A spec that changes ends
its task between two transactions and begins the next, which goes on where the last one was. What runs is made
elsewhere: origins in `origins`, sinks in `delivery`, calls in `callers`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from app.adapters.calls.callers import Callers
from app.adapters.calls.pace import Bucket
from app.adapters.ground import Ground
from app.adapters.origins.details import Details
from app.adapters.origins.kinds import origin_of
from app.adapters.origins.receiving import Receiving
from app.adapters.origins.samples import Samples
from app.adapters.origins.tallies import Counted, Tally
from app.adapters.runtime import Runtime, SourceState
from app.adapters.sinks.delivery import sending, sink_of
from app.adapters.sinks.replaying import Replay, Replayed, replay_of
from app.adapters.specs.model import Events, Receive, Source
from app.model.errors import Problem, Unavailable
from app.storage.source_runs import RunCounts
from app.telemetry.log import logger

_log = logger("adapters")


class Engine:
    """Runs sources until it is told of others."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._states: dict[str, SourceState] = {}
        self._buckets: dict[str, Bucket] = {}  # by credential
        self._hurried: dict[str, asyncio.Event] = {}
        self._replays: dict[str, Replay] = {}
        self._begun: dict[str, asyncio.Event] = {}  # set when a source could be begun, or could not
        self._tallies: dict[str, Tally] = {}
        self._awaited: dict[str, list[asyncio.Future[None]]] = {}  # who waits for the end of a round, by source
        self.doors: dict[str, Receiving] = {}  # of sources that are called, by name
        self.samples: dict[str, Samples] = {}  # by source
        self.called: frozenset[str] = frozenset()  # sources that are, though their doors may not be open just now

    @property
    def states(self) -> Mapping[str, SourceState]:
        """Of every source that runs, by name."""
        return self._states

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """What ran through every source since the server began, by name; those that are switched off too."""
        return self._tallies

    async def adopt(self, sources: Mapping[str, Source]) -> None:
        """These run from now on: what is another is begun anew, what is gone is ended, the rest goes on."""
        self.called = frozenset(
            name for name, source in sources.items() if source.enabled and isinstance(source.origin, Receive)
        )
        for name in self.samples.keys() - sources.keys():
            del self.samples[name]
        for name in list(self._tasks):
            if name not in sources or sources[name].version != self._states[name].version:
                await self.end(name)
        running = [source for source in sources.values() if source.enabled]
        self._ground.records.heard = frozenset(
            name for source in running if isinstance(source.origin, Events) for name in source.origin.names
        )
        self._tallies = {name: self._tallies.get(name) or Tally(self._ground.clock) for name in sources}
        for name, source in sources.items():
            if name not in self._tasks and source.enabled:
                self._states[name] = SourceState(name, source.version)
                self._hurried[name] = asyncio.Event()
                self._begun[name] = asyncio.Event()
                self._tasks[name] = asyncio.create_task(self._keep(source), name=f"source {name}")

    async def close(self) -> None:
        """End every source, each between two transactions."""
        self.called = frozenset()
        for name in list(self._tasks):
            await self.end(name)

    async def end(self, name: str) -> None:
        """End a source between two transactions, if it runs; `adopt` begins it again."""
        if name not in self._tasks:
            return
        self._replays.pop(name, None)
        task = self._tasks.pop(name)
        self._states.pop(name, None)
        self._hurried.pop(name, None)
        self._begun.pop(name).set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._over(name)

    def hurry(self, name: str) -> bool:
        """Read a source now, without waiting for its next round; whether it runs."""
        if name in self._hurried:
            self._hurried[name].set()
        return name in self._hurried

    async def read_now(self, name: str) -> SourceState | None:
        """Read a source now; how it is when that round has ended, None where it does not run."""
        if not self.hurry(name):
            return None
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(name, []).append(ended)
        await ended
        return self._states.get(name)

    def _over(self, name: str) -> None:
        """A round of a source has ended, or the source has."""
        if name in self._begun:
            self._begun[name].set()
        for waiting in self._awaited.pop(name, []):
            if not waiting.done():
                waiting.set_result(None)

    async def replay(self, name: str, letter_ids: Sequence[str] | None) -> Replayed | None:
        """Deliver these letters of a source, all of them where none are named; None where it does not run."""
        if name in self._begun:
            await self._begun[name].wait()
        replay = self._replays.get(name)
        if replay is None:
            return None
        return await (replay.all() if letter_ids is None else replay.these(letter_ids))

    async def _keep(self, source: Source) -> None:
        """One source for ever; what it needs is made anew when that could not be made."""
        while True:
            try:
                await self._run(source)
            except Problem as problem:
                _Report(self._states, self._ground, source, self._over).failed(problem)
            except Exception:  # noqa: BLE001 - one source must not end the others
                _log.exception("a source broke", extra={"source": source.name})
                _Report(self._states, self._ground, source, self._over).failed(_broken())
            await self._rest(source, self._ground.limits.source_rest_seconds)

    async def _run(self, source: Source) -> None:
        ground = self._ground
        callers = Callers(source, ground, self._buckets)
        try:
            recipe = Counted(source, self._tallies[source.name], ground.limits)
            async with sending(source, ground, callers):
                runtime = Runtime(
                    source, ground, callers, recipe, await sink_of(source, ground, callers),
                    await _details(source, ground, callers),
                    _Report(self._states, ground, source, self._over), partial(self._rest, source), self.doors,
                    self.samples.setdefault(source.name, Samples(ground.clock, ground.limits)),
                )  # fmt: skip
                self._replays[source.name] = replay_of(runtime)
                self._begun[source.name].set()
                origin = await origin_of(runtime)
                await origin.run()
        finally:
            await callers.close()

    async def _rest(self, source: Source, seconds: float) -> bool:
        hurried = self._hurried[source.name]
        try:
            async with asyncio.timeout(seconds):
                await hurried.wait()
        except TimeoutError:
            return False
        hurried.clear()
        return True


def _broken() -> Unavailable:
    return Unavailable(
        "source_broke",
        "Something of our own failed; the server's log says what. It is tried again.",
        "程序内部出错，详见服务器日志。稍后会自动重试。",
    )


async def _details(source: Source, ground: Ground, callers: Callers) -> Details | None:
    """Its call for each record, where it has one."""
    if source.then is None:
        return None
    return Details(source, source.then, await callers.asking(source.then.call), ground.clock, ground.limits)


class _Report:
    """Writes what a source tells of itself into the states."""

    def __init__(
        self, states: dict[str, SourceState], ground: Ground, source: Source, over: Callable[[str], None]
    ) -> None:
        self._states = states
        self._over = over
        self._clock = ground.clock
        self._name = source.name

    def reading(self) -> None:
        self._tell(state="reading")

    def held(self, counts: RunCounts | None = None, read_until: int | None = None) -> None:
        known: dict[str, object] = {} if counts is None else {"counts": counts}
        if read_until is not None:
            known["read_until"] = read_until
        self._tell(state="waiting", held_at=self._clock.now_ms(), failing_since=0, code="", en="", zh="", **known)
        self._over(self._name)

    def failed(self, problem: Problem, *, down: bool = False) -> None:
        was = self._states.get(self._name)
        if was is None or was.code != problem.code:
            _log.warning("a source fails", extra={"source": self._name, "code": problem.code, "reason": problem.en})
        since = was.failing_since if was is not None and was.failing_since else self._clock.now_ms()
        told: dict[str, object] = {"code": problem.code, "en": problem.en, "zh": problem.zh}
        self._tell(state="down" if down else "failing", failing_since=since, **told)
        self._over(self._name)

    def _tell(self, **changes: object) -> None:
        if self._name in self._states:
            self._states[self._name] = replace(self._states[self._name], **changes)
