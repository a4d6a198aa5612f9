"""Taking files in and granting each single reading."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from app.accounts.policy import allowed
from app.files.kinds import FileKind, kind_of
from app.files.names import display_name
from app.model.clock import Clock
from app.model.conversations import Attachment
from app.model.errors import Invalid, TooLarge, Unavailable, not_found
from app.model.ids import Ids
from app.model.principals import Agent, Principal, Visitor
from app.settings import Limits
from app.storage import conversations, files
from app.storage.database import Database
from app.storage.files import StoredFile

_WRITE_BYTES = 1 << 18
_HOUR_MS = 3_600_000
_FOLDER_CHARACTERS = 2
_SWEEP_ROWS = 200
_RETRY_MS = 60_000
_INCOMING = "incoming"


class Grant(Struct, frozen=True):
    """A file that may be sent on this one response; `path` never leaves the machine, `etag` is quoted."""

    path: str
    name: str
    type: str
    size: int
    etag: str


class Files:
    """Keeps files under `folder`: `ab/abcdef…` by random name, `incoming/` while they arrive."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, folder: Path, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._folder = folder
        self._limits = limits

    async def receive(self, principal: Visitor | Agent, name: str, stream: AsyncIterator[bytes]) -> Attachment:
        """Take a file in; it belongs to the sender until a message carries it.

        On disk (file and folder) before its row is. Raises `TooLarge`, `Unsupported`, `Invalid` (empty, too slow),
        `Unavailable` (full disk).
        """
        stored_as = self._ids.token()
        arriving = self._folder / _INCOMING / stored_as
        place = self._place(stored_as)
        try:
            size, sha256 = await self._arrive(arriving, stream)
            kind = await asyncio.to_thread(kind_of, arriving, name, self._limits.image_pixels_max)
            await asyncio.to_thread(_move, arriving, place)
            row = self._row(principal, name, kind, stored_as, size, sha256)
            try:
                await self._database.write(lambda tx: files.insert(tx, row))
            except BaseException:
                place.unlink(missing_ok=True)
                raise
            return row.attachment()
        except OSError as error:
            raise _disk(error) from error
        finally:
            arriving.unlink(missing_ok=True)

    async def grant(self, principal: Principal, file_id: str) -> Grant:
        """Whether he may read this file now: his own, or carried by a message that he may see."""
        row = await files.find(self._database, file_id)
        if row is None or not await self._may_read(principal, row):
            raise not_found()
        return Grant(str(self._place(row.stored_as)), row.name, row.type, row.size, f'"{row.sha256[:32]}"')

    async def sweep(self) -> int:
        """Remove files that no message has carried for a day, and bytes without a row; how many went."""
        before = self._clock.now_ms() - self._limits.orphan_file_hours * _HOUR_MS
        orphans = await self._database.write(lambda tx: files.take_orphans(tx, before, _SWEEP_ROWS))
        for name in orphans:
            self._place(name).unlink(missing_ok=True)
        strays = await self._strays(before)
        for path in strays:
            path.unlink(missing_ok=True)
        return len(orphans) + len(strays)

    async def _arrive(self, path: Path, stream: AsyncIterator[bytes]) -> tuple[int, str]:
        """Write a stream down, bounded in size and in slowness; (bytes, SHA-256)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size, pending = hashlib.sha256(), 0, bytearray()
        started = self._clock.monotonic()
        with path.open("xb") as file:
            async for chunk in self._hurried(stream):
                size += len(chunk)
                self._demand_within(size, self._clock.monotonic() - started)
                digest.update(chunk)
                pending += chunk
                if len(pending) >= _WRITE_BYTES:
                    await asyncio.to_thread(file.write, bytes(pending))
                    pending.clear()
            await asyncio.to_thread(_finish, file, bytes(pending))
        if size == 0:
            raise Invalid("file_empty", "The file is empty. Choose another one.", "文件为空。请选择其他文件。")
        return size, digest.hexdigest()

    async def _hurried(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The stream, given up when nothing comes for too long."""
        while True:
            try:
                async with asyncio.timeout(self._limits.file_pause_seconds_max):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise _too_slow() from None
            if chunk is None:
                return
            yield chunk

    def _demand_within(self, size: int, seconds: float) -> None:
        limits = self._limits
        if size > limits.file_bytes_max:
            mebibytes = limits.file_bytes_max // (1 << 20)
            raise TooLarge(
                "file_too_large",
                f"The file is larger than {mebibytes} MiB. Send a smaller one.",
                f"文件超过 {mebibytes} MiB。请发送较小的文件。",
            )
        grace = limits.file_pause_seconds_max
        if seconds > grace and size < (seconds - grace) * limits.file_bytes_per_second_min:
            raise _too_slow()

    def _row(
        self, principal: Visitor | Agent, name: str, kind: FileKind, stored_as: str, size: int, sha256: str
    ) -> StoredFile:
        visitor = isinstance(principal, Visitor)
        owner_id = principal.contact_id if isinstance(principal, Visitor) else principal.agent_id
        return StoredFile(
            self._ids.new(), display_name(name, kind.endings), kind.type, size, kind.width, kind.height, stored_as,
            sha256, "visitor" if visitor else "agent", owner_id, None, False, self._clock.now_ms(),
        )  # fmt: skip

    async def _may_read(self, principal: Principal, row: StoredFile) -> bool:
        if row.conversation_id is None:
            return _owns(principal, row)
        head = await conversations.find(self._database, row.conversation_id)
        if head is None or not allowed(principal, "conversation.read", head):
            return False
        return row.visible or not isinstance(principal, Visitor)

    async def _strays(self, before: int) -> list[Path]:
        """Bytes on disk that have no row: a crash came between the two."""
        old = await asyncio.to_thread(_older, self._folder, before)
        strays: list[Path] = []
        for start in range(0, len(old), _SWEEP_ROWS):
            part = old[start : start + _SWEEP_ROWS]
            known = await files.known(self._database, [path.name for path in part])
            strays += [path for path in part if path.name not in known]
        return strays

    def _place(self, stored_as: str) -> Path:
        return place(self._folder, stored_as)


def place(folder: Path, stored_as: str) -> Path:
    """Where a file of this random name lies under `files/`."""
    return folder / stored_as[:_FOLDER_CHARACTERS] / stored_as


def _owns(principal: Principal, row: StoredFile) -> bool:
    if isinstance(principal, Visitor):
        return (row.owner_kind, row.owner_id) == ("visitor", principal.contact_id)
    return isinstance(principal, Agent) and (row.owner_kind, row.owner_id) == ("agent", principal.agent_id)


def _finish(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())


def _move(arrived: Path, place: Path) -> None:
    """Rename into place so that neither the bytes nor the name can be lost: both folders are synced."""
    if not place.parent.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        _sync(place.parent.parent)
    arrived.rename(place)
    _sync(place.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _older(folder: Path, before_ms: int) -> list[Path]:
    """Files that were last written before `before_ms`."""
    return [path for path in folder.glob("*/*") if path.is_file() and path.stat().st_mtime_ns // 1_000_000 < before_ms]


def _too_slow() -> Invalid:
    return Invalid(
        "upload_too_slow",
        "The upload was too slow and was given up. Check the connection and send the file again.",
        "上传速度过慢，已中止。请检查网络后重新上传。",
    )


def _disk(error: OSError) -> Unavailable:
    return Unavailable(
        "file_not_stored",
        f"The file could not be stored ({error.strerror}). Ask the administrator to check the disk, then retry.",
        f"文件无法保存（{error.strerror}）。请联系管理员检查磁盘后重新发送。",
        retry_after_ms=_RETRY_MS,
    )
