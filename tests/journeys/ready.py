"""Demo appliances that stand ready: each over a folder of its own, the next one started while a test still runs."""

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.journeys.appliance import Appliance

_OPTIONS = ("--demo",)


class ReadyAppliances:
    """The demo is filled once and copied; while a test is at its screens, what the next one needs is started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._filled = folder / "filled"
        self._count = 0
        self._starting = ThreadPoolExecutor(max_workers=1)
        self._next: Future[Appliance] | None = None

    def __enter__(self) -> Self:
        return self

    def take(self) -> Appliance:
        """One that nobody has spoken to yet; who takes it kills it."""
        taken = self._next or self._starting.submit(self._start)
        self._next = self._starting.submit(self._start)
        return taken.result()

    def _start(self) -> Appliance:
        if not self._filled.exists():
            self._fill()
        self._count += 1
        data = self._folder / f"demo-{self._count}" / "data"
        shutil.copytree(self._filled, data)
        appliance = Appliance(data, options=_OPTIONS)
        appliance.start()
        return appliance

    def _fill(self) -> None:
        first = Appliance(self._folder / "first", options=_OPTIONS)
        first.start()
        assert first.stop() == 0
        first.data.rename(self._filled)

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        if self._next is not None and not self._next.cancel() and self._next.exception() is None:
            self._next.result().kill()
        self._starting.shutdown()
