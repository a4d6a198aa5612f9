"""Python's collector of circles, set for a process that holds very many objects for very long."""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping

from app.settings import Limits

_OLDER = (20, 50)  # collections of one generation before the next older one is looked through


class Collector:
    """The one of this process.

    `longest_seconds` is how long it has stopped everything at most since `settle`, `longest_cpu_seconds` how much of
    its own computing that was: on a busy machine others take their turn in between.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = self._began_cpu = 0.0
        self._frozen_at = 0
        self.longest_seconds = 0.0
        self.longest_cpu_seconds = 0.0

    def settle(self) -> None:
        """Once everything is warm: what lives now is never looked through again, and the rest seldom."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(self._limits.gc_young_objects, *_OLDER)
        gc.callbacks.append(self._heard)

    async def run(self, connections: Callable[[], int]) -> None:
        """Until cancelled: where there are more connections than ever, what they hold is left alone too."""
        while True:
            await asyncio.sleep(self._limits.gc_look_seconds)
            self.grown(connections())

    def grown(self, connections: int) -> None:
        """So many are open. Only above the most so far: what is frozen in a circle is never found."""
        if connections - self._frozen_at >= self._limits.gc_freeze_connections:
            self._frozen_at = connections
            gc.collect()
            gc.freeze()

    def _heard(self, phase: str, _: Mapping[str, int]) -> None:
        if phase == "start":
            self._began, self._began_cpu = time.perf_counter(), time.thread_time()
        else:
            self.longest_seconds = max(self.longest_seconds, time.perf_counter() - self._began)
            self.longest_cpu_seconds = max(self.longest_cpu_seconds, time.thread_time() - self._began_cpu)
