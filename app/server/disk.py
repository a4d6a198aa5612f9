"""How much room there is where the data lie, and what an administrator is told when it ends."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from app.model.errors import Problem, Unavailable
from app.settings import Limits
from app.storage.database import Database

_MEBIBYTE = 1 << 20
_FULL_BYTES = _MEBIBYTE  # the database's log cannot grow in less
_LOW_RESERVES = 2  # so many times what files and backups leave free: time to act before they are refused


class Disk:
    """Looked at in a thread, because a file system on a network may take its time. Sizes in bytes."""

    def __init__(self, folder: Path, database: Database, limits: Limits) -> None:
        self._folder = folder
        self._database = database
        self._limits = limits
        self._read_only = False
        self.free_bytes = 0
        self.total_bytes = 0

    async def look(self) -> None:
        """Measure; where that fails, what was found before stays."""
        try:
            found = await asyncio.to_thread(os.statvfs, self._folder)
        except OSError:
            return
        self.free_bytes, self.total_bytes = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
        self._read_only = bool(found.f_flag & os.ST_RDONLY)

    @property
    def warnings(self) -> Sequence[Problem]:
        """What an administrator should do something about."""
        try:
            self._database.demand_writable()
        except Problem as problem:
            return [problem]
        reserve = self._limits.disk_reserve_bytes
        if self._read_only:
            return [_read_only(self._folder)]
        if not self.total_bytes or self.free_bytes >= _LOW_RESERVES * reserve:
            return []
        if self.free_bytes < _FULL_BYTES:
            return [_full(self._folder)]
        return [_low(self._folder, self.free_bytes, refused=self.free_bytes < reserve)]


def _read_only(folder: Path) -> Problem:
    return Unavailable(
        "disk_read_only",
        f"The disk of {folder} is mounted read-only, so new messages are refused. Find out why (dmesg), mend it and "
        "mount it for writing; the server goes on by itself.",
        f"{folder} 所在磁盘以只读方式挂载，无法接收新消息。请用 dmesg 查明原因，修复后以可写方式挂载，服务会自动恢复。",
    )


def _full(folder: Path) -> Problem:
    return Unavailable(
        "disk_full",
        f"The disk of {folder} is full, so new messages are refused. Free some space; the server goes on by itself.",
        f"{folder} 所在磁盘已满，无法接收新消息。请清理空间，服务会自动恢复。",
    )


def _low(folder: Path, free: int, *, refused: bool) -> Problem:
    mebibytes = free // _MEBIBYTE
    if refused:
        return Unavailable(
            "disk_reserve_reached",
            f"The disk of {folder} has {mebibytes} MiB left, so files and backups are refused and only messages are "
            "kept. Free some space, or make the disk larger.",
            f"{folder} 所在磁盘仅剩 {mebibytes} MiB：已停止接收文件和备份，只保存消息。请清理空间或扩充磁盘。",
        )
    return Unavailable(
        "disk_low",
        f"The disk of {folder} has {mebibytes} MiB left; soon files and backups will be refused. Free some space, or "
        "make the disk larger.",
        f"{folder} 所在磁盘仅剩 {mebibytes} MiB，很快将无法接收文件和备份。请清理空间或扩充磁盘。",
    )
