"""A source of files: what is dropped into its folder is read once it stands still, piece by piece, and moved away.

How many of a file's records are in, and that all of it is, is written with those records: a process that is killed
anywhere goes on behind the last of them, and a file is moved only when the database says that it is done with.
"""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, Literal

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.errors import BadDocument, Unreached
from app.adapters.formats.records import PIECE_BYTES, Reading
from app.adapters.formats.sniff import HEAD_BYTES
from app.adapters.origins.documents import options_of
from app.adapters.origins.intake import Intake
from app.adapters.origins.lots import Failed, Gathering, Lot
from app.adapters.origins.piecewise import piecewise
from app.adapters.runtime import Runtime
from app.adapters.specs.model import Folder
from app.model.errors import Problem

_TYPES = {
    ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".json": "application/json", ".xml": "application/xml",
    ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson",
}  # fmt: skip
_NAMES_MAX = 10_000  # that one place may have taken already


class Mark(Struct, frozen=True):
    """One file as it stands: another mark is another file."""

    name: str
    size: int
    changed_ns: int
    inode: int


class Progress(Struct, frozen=True):
    """Of the file that was read last: how many of its records are in, and where it goes once that is known."""

    mark: Mark
    taken: int = 0
    ended: Literal["", "done", "failed"] = ""


class Dropped:
    """Runs a `Folder`."""

    def __init__(self, runtime: Runtime, folder: Folder, intake: Intake) -> None:
        self._runtime = runtime
        self._folder = folder
        self._intake = intake
        self._limits = runtime.ground.limits
        self._place = runtime.ground.specs / folder.path
        self._seen: set[Mark] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for mark in await self._settled():
                await self._one(mark)
            await self._runtime.rest(self._limits.adapter_look_seconds)

    async def _settled(self) -> list[Mark]:
        """Files that were the same at the last look, in the order in which they were written."""
        try:
            now = await asyncio.to_thread(self._look)
        except OSError as error:
            self._runtime.report.failed(_unreadable(self._folder.path, error))
            return []
        settled = [mark for mark in now if mark in self._seen]
        self._seen = set(now)
        if not now:
            self._runtime.report.held()
        return settled

    def _look(self) -> list[Mark]:
        self._place.mkdir(parents=True, exist_ok=True)
        found: list[Mark] = []
        with os.scandir(self._place) as entries:
            for entry in entries:
                if not fnmatchcase(entry.name, self._folder.names) or entry.name.startswith("."):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # it went meanwhile
                    continue
                if stat.S_ISREG(status.st_mode):
                    found.append(_mark(entry.name, status))
        return sorted(found, key=lambda mark: (mark.changed_ns, mark.name))

    async def _one(self, mark: Mark) -> None:
        self._runtime.report.reading()
        try:
            before = await self._intake.state(Progress)
            was = before if before is not None and before.mark == mark else Progress(mark)
            if not was.ended:
                run = await self._intake.take(self._lots(was))
                self._runtime.report.held(run.counts)
            await self._move(mark)
        except OSError as error:
            self._runtime.report.failed(_unreadable(mark.name, error))
        except Problem as problem:
            self._runtime.report.failed(problem)
            await self._runtime.rest(self._limits.source_rest_seconds)

    async def _move(self, mark: Mark) -> None:
        """To where it belongs by what is stored; a file that was changed while it was read is read again."""
        progress = await self._intake.state(Progress)
        if progress is None or progress.mark != mark or not progress.ended:
            return
        target = self._place / (self._folder.done if progress.ended == "done" else self._folder.failed)
        await asyncio.to_thread(_moved, self._place / mark.name, target)
        self._runtime.report.held()

    async def _lots(self, was: Progress) -> AsyncGenerator[Lot]:
        """Its records behind those that are in."""
        path = self._place / was.mark.name
        file = await asyncio.to_thread(path.open, "rb")
        try:
            async for lot in _Reading(self._runtime, self._folder, self._intake, was, file).lots():
                yield lot
        finally:
            file.close()


class _Reading:
    """One file that is read."""

    def __init__(self, runtime: Runtime, folder: Folder, intake: Intake, was: Progress, file: BinaryIO) -> None:
        self._runtime = runtime
        self._folder = folder
        self._budget = intake.budget
        self._limits = runtime.ground.limits
        self._was = was
        self._file = file
        self._met = 0  # records of the file so far
        self._bytes = 0  # that were read so far

    async def lots(self) -> AsyncGenerator[Lot]:
        """Lots of bounded size; the last one says how the file ended."""
        gathering = Gathering(self._budget, self._limits.source_rows_per_write)
        try:
            async for readings in self._readings():
                async for lot in gathering.lots(self._new(readings), self._bytes):
                    yield self._taken(lot)
        except BadDocument as problem:
            yield self._taken(await gathering.rest(self._bytes))
            yield self._end("failed", problem)
            return
        yield self._taken(await gathering.rest(self._bytes))
        if _mark(self._was.mark.name, os.fstat(self._file.fileno())) == self._was.mark:
            yield self._end("done")

    async def _readings(self) -> AsyncGenerator[Sequence[Reading]]:
        head = await asyncio.to_thread(self._file.read, HEAD_BYTES)
        kind = _TYPES.get(Path(self._was.mark.name).suffix.lower(), "")
        source = self._runtime.source
        options = options_of(source.records.lists, self._limits)
        reader = piecewise(self._folder.format, kind, head, source.records, (), options)
        piece = head
        while piece:
            self._bytes += len(piece)
            yield reader.feed(piece)
            piece = await asyncio.to_thread(self._file.read, PIECE_BYTES)
        yield reader.close()

    def _new(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        known = min(len(readings), max(0, self._was.taken - self._met))
        self._met += len(readings)
        return readings[known:]

    def _taken(self, lot: Lot) -> Lot:
        """With how many are in behind it."""
        self._was = Progress(self._was.mark, self._was.taken + lot.count)
        return replace(lot, after=self._was)

    def _end(self, ended: Literal["done", "failed"], problem: BadDocument | None = None) -> Lot:
        failed = [] if problem is None else [Failed("read", {"file": self._was.mark.name}, problem)]
        after = Progress(self._was.mark, self._was.taken, ended)
        return Lot(failed=failed, after=after, pages=1)


def _mark(name: str, status: os.stat_result) -> Mark:
    return Mark(name, status.st_size, status.st_mtime_ns, status.st_ino)


def _moved(path: Path, folder: Path) -> None:
    """Into a folder, under a name that is free there."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(_NAMES_MAX):
        target = folder / (path.name if not number else f"{path.stem}-{number}{path.suffix}")
        if not target.exists():
            path.rename(target)
            return
    raise FileExistsError(f"{folder.name} has {_NAMES_MAX} files of this name")


def _unreadable(name: str, error: OSError) -> Unreached:
    reason = error.strerror or type(error).__name__
    return Unreached(
        "file_unreadable",
        f"{name} cannot be read or moved: {reason}. Look at its permissions and at the disk.",
        f"无法读取或移动 {name}：{reason}。请检查权限和磁盘。",
    )
