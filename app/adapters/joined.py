"""The systems that are joined: looks whether there is a spec, and loads the engine with the first one.

A desk that joins nothing imports none of it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from app.accounts.policy import demand
from app.adapters.ground import Ground
from app.model.arrivals import Arrival, Taken
from app.model.errors import Conflict, Problem, Unavailable, not_found
from app.model.principals import Principal
from app.model.sources import SourceList
from app.settings import Limits
from app.storage import dead_letters, source_specs
from app.storage.dead_letters import DeadLetter, Kept
from app.telemetry.log import logger

if TYPE_CHECKING:
    from app.adapters.engine import Engine
    from app.adapters.managing.automating import Automating
    from app.adapters.managing.management import Management
    from app.adapters.managing.tidying import Tidying
    from app.adapters.origins.receiving import Receiving
    from app.adapters.origins.tallies import Tally
    from app.adapters.registry import Registry, Wrong
    from app.adapters.runtime import SourceState
    from app.adapters.sinks.replaying import Replayed
    from app.adapters.specs.model import Source
    from app.adapters.specs.preset import Presets

_NOT_OPEN_MS = 5_000
_MANAGE = "source.manage"
_log = logger("adapters")


class JoinedSystems:
    """Runs until it is cancelled; files that change are taken over within `limits.adapter_look_seconds`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._engine: Engine | None = None
        self._registry: Registry | None = None
        self._tidying: Tidying | None = None
        self._begins = False  # what there is, is not known yet
        self._taking = asyncio.Lock()  # what files say is taken over by one at a time
        self._closed = False

    @property
    def states(self) -> "Mapping[str, SourceState]":
        """How every source that runs is."""
        return self._engine.states if self._engine is not None else {}

    @property
    def figures(self) -> "Mapping[str, Tally]":
        """What ran through every source since the server began."""
        return self._engine.tallies if self._engine is not None else {}

    def troubles(self) -> list[Problem]:
        """What somebody should do something about: systems that are away, or fail for a while, and specs."""
        now, patience = self._ground.clock.now_ms(), round(self._ground.limits.source_trouble_seconds * 1_000)
        failing = [
            one for one in self.states.values()
            if one.state == "down" or (one.failing_since and now - one.failing_since >= patience)
        ]  # fmt: skip
        found = [_failing(failing)] if failing else []
        return [*found, *([_spec_wrong(self.wrong)] if self.wrong else [])]

    @property
    def wrong(self) -> "tuple[Wrong, ...]":
        """What is wrong with the files."""
        return self._registry.wrong if self._registry is not None else ()

    def bytes_max(self, source: str) -> int | None:
        """As `Systems.bytes_max`."""
        door = self._door(source)
        return None if door is None else door.bytes_max

    async def take(self, source: str, arrival: Arrival) -> Taken:
        """As `Systems.take`. Raises `NotFound`, `Unproven`, `TooMany`, `Unavailable`."""
        door = self._door(source)
        if door is None:
            raise not_found()
        return await door.take(arrival)

    async def open_line(self, source: str, arrival: Arrival) -> str:
        """As `Systems.open_line`."""
        door = self._door(source)
        if door is None:
            raise not_found()
        return await door.open_line(arrival)

    def _door(self, source: str) -> "Receiving | None":
        """Raises `Unavailable` where there is one, or may be, and it is not open: whoever is told 404 stays away."""
        door = self._engine.doors.get(source) if self._engine is not None else None
        is_called = self._engine is not None and source in self._engine.called
        if door is None and (self._begins or is_called):
            raise _not_open()
        return door

    async def letters(self, source: str, before: str, limit: int) -> list[DeadLetter]:
        """Dead letters of a source behind one, newest first; of every source where none is named."""
        return await dead_letters.page(self._ground.database, source, before, limit)

    async def letter(self, letter_id: str) -> Kept:
        """One with what came; raises `NotFound`."""
        kept = await dead_letters.find(self._ground.database, letter_id)
        if kept is None:
            raise not_found()
        return kept

    async def letter_counts(self) -> dict[str, int]:
        """How many letters each source has."""
        return await dead_letters.counts(self._ground.database)

    async def replay(self, source: str, letter_ids: Sequence[str] | None = None) -> "Replayed":
        """Deliver these letters after all, each once, by today's spec; all of the source where none are named.

        Raises `Conflict` (source_rests) where the source does not run.
        """
        replayed = await self._engine.replay(source, letter_ids) if self._engine is not None else None
        if replayed is None:
            raise _rests()
        return replayed

    async def read_now(self, name: str) -> "SourceState":
        """Read a source now, and how it is when that round has ended; alone, no other source is begun.

        Raises `NotFound`, `Conflict` where it does not run, or is not read: it is called, or hears of events.
        """
        await self._begun(name)
        engine, registry = await self._loaded()
        from app.adapters.specs.model import Call, Folder, Times

        if not isinstance(registry.sources[name].origin, Call | Folder | Times):
            raise Conflict(
                "source_not_read",
                f"“{name}” is not read: what it brings comes by itself.",
                f"“{name}”无需读取：数据由对方主动送达。",
            )
        state = await engine.read_now(name)
        if state is None:
            raise _rests()
        return state

    async def replay_now(self, name: str) -> "Replayed":
        """As `replay` of all letters; alone, the source is begun for it."""
        await self._begun(name)
        return await self.replay(name)

    async def _begun(self, name: str) -> None:
        """Where nothing runs, this one source does. Raises `NotFound`."""
        if self._registry is None:
            async with self._taking:
                _, registry = await self._loaded()
                await registry.refresh(only=name)
        if self._registry is None or name not in self._registry.sources:
            raise not_found()

    async def discard(self, source: str, letter_ids: Sequence[str] | None = None) -> int:
        """Throw these letters away, all of the source where none are named; how many went."""
        database, turn = self._ground.database, self._ground.limits.dead_letters_per_turn
        if letter_ids is not None:
            return await database.write(lambda tx: sum(dead_letters.remove(tx, one, source) for one in letter_ids))
        gone = 0
        while went := await database.write(lambda tx: dead_letters.forget(tx, source, turn)):
            gone += went
        return gone

    async def listing(self, principal: Principal) -> SourceList:
        """As `SourceDoor.listing`; where nothing is joined, nothing is loaded."""
        demand(principal, _MANAGE)
        if self._registry is None and not await self._any():
            return SourceList()
        return await (await self.manage(principal)).listing()

    async def manage(self, principal: Principal) -> "Management":
        """As `SourceDoor.manage`; loads the engine."""
        demand(principal, _MANAGE)
        if self._registry is None:
            await self.take_over()
        engine, registry = await self._loaded()
        from app.adapters.managing.management import Management

        return Management(principal, self._ground, engine, registry, self)

    async def automate(self, principal: Principal) -> "Automating":
        """As `SourceDoor.automate`; loads the engine."""
        management = await self.manage(principal)
        from app.adapters.managing.automating import Automating

        return Automating(management, self._ground.ids, self._ground.limits)

    async def run(self) -> None:
        """Look, and take over what is there."""
        seen: object = None
        self._begins = True
        try:
            while True:
                now = await asyncio.to_thread(self._look)
                if now != seen:
                    try:
                        if self._registry is not None or await self._any():
                            await self.take_over()
                        seen, self._begins = now, False
                    except Problem as problem:  # the disk is full, say: at the next look
                        _log.warning("specs were not taken over", extra={"code": problem.code})
                await self._tidy()
                await asyncio.sleep(self._ground.limits.adapter_look_seconds)
        finally:
            self._begins = False
            await self.close()

    async def take_over(self, anew: Sequence[str] = ()) -> None:
        """What the files say runs from now on; sources of `anew` begin anew though their specs are the same."""
        async with self._taking:
            engine, registry = await self._loaded()
            for name in anew:
                await engine.end(name)
            await registry.refresh()

    async def close(self) -> None:
        """End every source."""
        self._closed = True
        async with self._taking:
            if self._engine is not None:
                await self._engine.close()

    async def _any(self) -> bool:
        """Whether there is a spec, or was one when the server stopped."""
        return bool(await asyncio.to_thread(self._look)) or bool(await source_specs.all_of(self._ground.database))

    async def _tidy(self) -> None:
        if self._tidying is None:
            return
        try:
            await self._tidying.look()
        except Problem as problem:
            _log.warning("nothing could be tidied up", extra={"code": problem.code})

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        """Every spec with its size and time: another answer means that something changed."""
        found = []
        for path in sorted(self._ground.specs.glob("*.yaml")):
            try:
                status = path.stat()
            except OSError:  # it went meanwhile
                continue
            found.append((path.name, status.st_mtime_ns, status.st_size))
        return tuple(found)

    async def _loaded(self) -> "tuple[Engine, Registry]":
        """The engine, imported with the first spec. Raises `Unavailable` when the server stops."""
        if self._closed:
            raise _not_open()
        if self._engine is None or self._registry is None:
            self._make(await asyncio.to_thread(_load, self._ground.limits))
        assert self._engine is not None
        assert self._registry is not None
        return self._engine, self._registry

    def _make(self, presets: "Presets") -> None:
        """The engine, unless another has made it meanwhile."""
        if self._engine is not None:
            return
        from app.adapters.engine import Engine
        from app.adapters.managing.tidying import Tidying
        from app.adapters.registry import Registry
        from app.adapters.specs.reading import read

        ground = self._ground
        limits = ground.limits

        def read_spec(text: bytes, file: str, *, vault_only: bool = False) -> "Sequence[Source]":
            return read(text, file, limits, presets, vault_only=vault_only)

        self._tidying = Tidying(ground.database, ground.clock, limits)
        self._engine = Engine(ground)
        self._registry = Registry(
            ground.specs, read_spec, self._engine, ground.database, ground.clock, ground.limits, presets
        )


def _load(limits: Limits) -> "Presets":
    """The presets, and in memory what the engine is made of: on a thread of its own, so that chats do not wait."""
    import_module("app.adapters.engine")
    from app.adapters.specs.shipped import shipped

    return shipped(limits)


def _failing(states: "Sequence[SourceState]") -> Problem:
    first, more = states[0], len(states) - 1
    others_en, others_zh = (f" {more} more fail, too.", f"另有 {more} 个失败。") if more else ("", "")
    return Problem(
        "source_failing",
        f"The joined system “{first.name}” brings nothing: {first.en}{others_en}",
        f"已接入的系统“{first.name}”没有数据：{first.zh}{others_zh}",
        field=first.name,
    )


def _spec_wrong(wrong: "Sequence[Wrong]") -> Problem:
    return Problem("source_spec_wrong", f"A spec is not taken over. {wrong[0].en}", f"有配置未生效。{wrong[0].zh}")


def _rests() -> Conflict:
    return Conflict(
        "source_rests",
        "This source does not run. Mend it or switch it on first.",
        "该数据源未运行，无法读取或重放。请先修正或启用它。",
    )


def _not_open() -> Unavailable:
    return Unavailable(
        "source_not_open",
        "This source is not ready to be called. Send it again in a moment.",
        "该数据源暂时无法接收。请稍后重试。",
        retry_after_ms=_NOT_OPEN_MS,
    )
