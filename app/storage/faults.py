"""What the disk and SQLite can refuse, as texts that say what to do."""

import errno
import os
import sqlite3
from pathlib import Path

from app.model.errors import Problem, Unavailable

_RETRY_MS = 2_000
_PRIMARY_CODE = 0xFF
_PROBE = ".written"


def fault(error: BaseException) -> Problem | None:
    """The refusal behind an error of SQLite or of the system, None where the statement itself was at fault."""
    if isinstance(error, OSError):
        return _system_fault(error)
    if not isinstance(error, sqlite3.Error):
        return None
    match getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE:
        case sqlite3.SQLITE_FULL:
            return disk_full()
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return disk_read_only()
        case sqlite3.SQLITE_IOERR:
            return disk_failed()
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged()
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL | sqlite3.SQLITE_NOMEM:
            return busy()
    return None


def read_only(folder: Path) -> bool:
    """Whether nothing can be written below a folder for its file system is read-only: tried by a file that goes again.

    A file of its own: closing another one of the database's would give up SQLite's locks on it (fcntl(2)). Neither
    access(2) nor statvfs(3) tells of ext4 that made itself read-only after an error.
    """
    probe = folder / _PROBE
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        probe.unlink(missing_ok=True)
    except OSError as error:
        return error.errno == errno.EROFS
    return False


def _system_fault(error: OSError) -> Problem:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return disk_full()
        case errno.EIO:
            return disk_failed()
    return disk_read_only()


def disk_full() -> Problem:
    return Unavailable(
        "disk_full",
        "The disk is full; nothing was stored. Free some space on the server, then send again.",
        "磁盘已满，内容未保存。请清理服务器磁盘空间后重新发送。",
        retry_after_ms=_RETRY_MS,
    )


def disk_read_only() -> Problem:
    return Unavailable(
        "disk_read_only",
        "The data folder cannot be written; nothing was stored. Check its permissions and whether the disk is mounted "
        "read-only, then send again.",
        "数据目录不可写，内容未保存。请检查目录权限以及磁盘是否以只读方式挂载，然后重新发送。",
        retry_after_ms=_RETRY_MS,
    )


def disk_failed() -> Problem:
    return Unavailable(
        "disk_failed",
        "The disk reported an error, so writing has stopped. Check the disk, then restart the server.",
        "磁盘发生错误，已停止写入。请检查磁盘，然后重启服务。",
    )


def damaged() -> Problem:
    return Unavailable(
        "database_damaged",
        "The database file is damaged. Stop the server and restore the latest backup with: monodesk restore FILE",
        "数据库文件已损坏。请停止服务，并用以下命令恢复最近的备份：monodesk restore FILE",
    )


def busy() -> Problem:
    return Unavailable(
        "busy",
        "The server has more to store than it can take. Try again in a moment.",
        "服务器当前写入繁忙，请稍后再试。",
        retry_after_ms=_RETRY_MS,
    )


def closing() -> Problem:
    return Unavailable(
        "closing",
        "The server is stopping. Try again in a moment.",
        "服务正在停止，请稍后再试。",
        retry_after_ms=_RETRY_MS,
    )
