"""One body on its way to the disk: counted, hurried, written by threads, safe there before anybody is told."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from app.files import refusals
from app.model.clock import Clock
from app.settings import Limits

_WRITE_BYTES = 1 << 18
_WRITE_PIECES_MAX = 512
_SYNC_BYTES = 1 << 22  # written back as it comes: a commit of the database must not wait for a whole file


class Arrival:
    """Appends a body to the file at `path`, from `offset` up to `end` bytes; `end` 0 where its size is not known."""

    def __init__(self, path: Path, offset: int, end: int, limits: Limits, clock: Clock) -> None:
        self.left = asyncio.Event()  # set by its owner, once nothing of it runs any more
        self._path = path
        self._offset = offset
        self._end = end
        self._limits = limits
        self._clock = clock
        self._began = offset
        self._waited_seconds = 0.0  # for the client: a slow disk is not his fault
        self._synced = offset
        self._stopped = False
        self._deadline: asyncio.Timeout | None = None

    def stop(self) -> None:
        """Another request of the same person takes over: give up as soon as nothing is being written."""
        self._stopped = True
        if self._deadline is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time())

    async def write(self, stream: AsyncIterator[bytes]) -> int:
        """Write it down; how many bytes the file then has, all of them on disk. What came of a broken one stays.

        Raises `TooLarge`, `Invalid` (too slow), `Conflict` (taken over), `Unavailable` (full disk), `OSError`.
        """
        pieces: list[bytes] = []
        size, waiting = self._offset, 0
        file = await asyncio.to_thread(_open, self._path)
        try:
            async for piece in self._hurried(stream):
                size += len(piece)
                waiting += len(piece)
                self._demand_within(size)
                pieces.append(piece)
                if waiting >= _WRITE_BYTES or len(pieces) >= _WRITE_PIECES_MAX:
                    await _whole(self._put, file, pieces)
                    pieces, waiting = [], 0
            await _whole(self._put, file, pieces)
            await _whole(os.fsync, file)
        finally:
            os.close(file)
        return self._offset

    def _put(self, file: int, pieces: list[bytes]) -> None:
        room = os.fstatvfs(file)
        if room.f_bavail * room.f_frsize < self._limits.disk_reserve_bytes:
            raise refusals.disk_reserved()
        left = pieces
        while left:
            written = os.pwritev(file, left, self._offset)
            self._offset += written
            left = _behind(left, written)
        if self._offset - self._synced >= _SYNC_BYTES:
            os.fdatasync(file)
            self._synced = self._offset

    async def _hurried(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The stream, given up when nothing comes for too long or when another takes over."""
        while True:
            self._demand_mine()
            asked = self._clock.monotonic()
            try:
                async with asyncio.timeout(self._limits.body_pause_seconds_max) as self._deadline:
                    piece = await anext(stream, None)
            except TimeoutError:
                self._demand_mine()
                raise refusals.too_slow() from None
            finally:
                self._deadline = None
            if piece is None:
                return
            self._waited_seconds += self._clock.monotonic() - asked
            yield piece

    def _demand_mine(self) -> None:
        if self._stopped:
            raise refusals.taken_over()

    def _demand_within(self, size: int) -> None:
        limits = self._limits
        if size > limits.file_bytes_max:
            raise refusals.too_large(limits)
        if self._end and size > self._end:
            raise refusals.longer_than_said()
        seconds = self._waited_seconds - limits.body_pause_seconds_max
        if seconds > 0 and size - self._began < seconds * limits.body_bytes_per_second_min:
            raise refusals.too_slow()


async def _whole(step: Callable[..., object], *given: object) -> None:
    """Run `step` on a thread to its end, also where we are cancelled: the file must not be closed under it."""
    running = asyncio.ensure_future(asyncio.to_thread(step, *given))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait((running,))
        raise


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _behind(pieces: list[bytes], written: int) -> list[bytes]:
    """What is left of the pieces after so many bytes of them."""
    for number, piece in enumerate(pieces):
        if written < len(piece):
            return [piece[written:], *pieces[number + 1 :]]
        written -= len(piece)
    return []
