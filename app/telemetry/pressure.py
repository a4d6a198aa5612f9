"""Sheds load in a declared order before the kernel kills: the memory is looked at, rooms ask what is left out."""

import asyncio
from collections.abc import Callable

from app.model.load import Shed
from app.settings import Limits
from app.telemetry.log import logger
from app.telemetry.memory import Memory
from app.telemetry.metrics import Metrics

_log = logger("pressure")


class Pressure:
    """The level of now, by hysteresis: one is entered at its part of the memory and left `memory_shed_gap` below.

    While load is shed, `give_back` is called on a thread every `memory_give_back_seconds`: what was freed is not the
    system's again by itself.
    """

    def __init__(
        self, memory: Memory, limits: Limits, metrics: Metrics, give_back: Callable[[], None] = lambda: None
    ) -> None:
        self._memory = memory
        self._give_back = give_back
        self._limits = limits
        self._shed = metrics.shed
        self.level = Shed.NOTHING
        self.taken = 0.0
        metrics.watch("memory_taken_ratio", "Part of the memory limit that is taken.", lambda: self.taken)
        metrics.watch("load_shed_level", "What is left out to save memory: 0 nothing … 5.", lambda: self.level)

    def sheds(self, what: Shed) -> bool:
        """Whether this is left out now; counts what was."""
        if self.level < what:
            return False
        self._shed.labels(what.name.lower()).inc()
        return True

    def bytes(self) -> tuple[int, int]:
        """What is taken of what may be, of the memory where that part is largest."""
        return self._memory.bytes()

    @property
    def left_out(self) -> list[str]:
        """What is left out now, in words of the metrics."""
        return [what.name.lower() for what in Shed if Shed.NOTHING < what <= self.level]

    async def run(self, changed: Callable[[], None] = lambda: None) -> None:
        """Until cancelled: look every `memory_look_seconds`; `changed` is called after each change."""
        loop = asyncio.get_running_loop()
        given_back = loop.time() - self._limits.memory_give_back_seconds
        while True:
            before = self.level
            self.look()
            if self.level != before:
                changed()
            if self.level and loop.time() - given_back >= self._limits.memory_give_back_seconds:
                given_back = loop.time()
                await asyncio.to_thread(self._give_back)
            await asyncio.sleep(self._limits.memory_look_seconds)

    def look(self) -> None:
        """Measure, and move to the level that this means."""
        self.taken = self._memory.taken()
        stalled = self._memory.stalled_percent()
        level = self._level(stalled)
        if level == self.level:
            return
        before, self.level = self.level, level
        facts = {"level": int(level), "left_out": self.left_out, "taken": round(self.taken, 3), "stalled": stalled}
        if level > before:
            _log.warning("memory is short: load is shed", extra=facts)
        else:
            _log.info("memory is less short", extra=facts)

    def _level(self, stalled: float) -> Shed:
        """One that waits for memory half of its time is short of it, whatever the sum says: one level more a look."""
        level = self.level
        while level < Shed.NEW_VISITORS and self.taken >= self._entered_at(Shed(level + 1)):
            level = Shed(level + 1)
        if stalled >= self._limits.memory_stalled_percent:
            return max(level, Shed(min(self.level + 1, Shed.NEW_VISITORS)))
        if stalled >= self._limits.memory_stalled_percent / 2:
            return level
        while level > Shed.NOTHING and self.taken < self._entered_at(level) - self._limits.memory_shed_gap:
            level = Shed(level - 1)
        return level

    def _entered_at(self, level: Shed) -> float:
        """Evenly from `memory_shed_from` to `memory_shed_to`."""
        first, last = self._limits.memory_shed_from, self._limits.memory_shed_to
        return first + (last - first) * (level - 1) / (Shed.NEW_VISITORS - 1)
