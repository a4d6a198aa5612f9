"""Stages that move batches: each works while the others do, none runs ahead of the slowest by more than its bounds.

A stage has lanes: so many batches at once. What leaves it is in the order of what came in, whichever was ready first.
What is on its way is bounded twice: by the number of batches between stages and by their bytes in all.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Budget:
    """Bytes that a pipeline may hold at once; one batch that is larger than all of it passes alone."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._held = 0
        self._freed = asyncio.Event()
        self.peak = 0

    async def take(self, size: int) -> None:
        """Wait until there is room."""
        while self._held and self._held + size > self._bytes_max:
            self._freed.clear()
            await self._freed.wait()
        self._held += size
        self.peak = max(self.peak, self._held)

    def free(self, size: int) -> None:
        """What was taken is done with."""
        self._held -= size
        self._freed.set()


class Stage(Generic[In, Out]):
    """`work` on each batch that comes, in `lanes` at once; iterated, it gives the results in order.

    The first error ends it: batches before it have come out, none after it does.
    """

    def __init__(self, source: AsyncIterator[In], work: Callable[[In], Awaitable[Out]], lanes: int = 1) -> None:
        self._source = source
        self._work = work
        self._room = asyncio.Semaphore(lanes)
        # nosemgrep: queue-without-a-bound - bounded by `_room`
        self._ready: asyncio.Queue[asyncio.Future[Out] | None] = asyncio.Queue()
        self._failed: BaseException | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[AsyncIterator[Out]]:
        """Its results; what is still being worked on when the block ends is cancelled."""
        feeding = asyncio.create_task(self._feed())
        try:
            yield self._results()
        finally:
            await _cancelled(feeding)
            while not self._ready.empty():
                task = self._ready.get_nowait()
                if task is not None:
                    await _cancelled(task)

    async def _feed(self) -> None:
        try:
            await self._feed_all()
        except Exception as error:  # noqa: BLE001 - told to who takes the results
            self._failed = error
        finally:
            self._ready.put_nowait(None)
            if isinstance(self._source, AsyncGenerator):
                await self._source.aclose()  # what it holds is let go now, and by the task that took it

    async def _feed_all(self) -> None:
        await self._room.acquire()
        async for batch in self._source:
            self._ready.put_nowait(asyncio.ensure_future(self._work(batch)))
            await self._room.acquire()

    async def _results(self) -> AsyncIterator[Out]:
        while (task := await self._ready.get()) is not None:
            try:
                result = await task
            except BaseException:
                task.cancel()
                raise
            self._room.release()  # the next is worked on while this one is taken
            yield result
        if self._failed is not None:
            raise self._failed


async def _cancelled(task: "asyncio.Future[Out]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
