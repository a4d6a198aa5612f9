"""Files that people sent: those that messages name and the disk lacks, and those on the disk that nothing names."""

from pathlib import Path

from app.files import disk
from app.health.check import Check, Told, fine, no_database, warning, wrong
from app.health.database import restore_command
from app.health.subject import Subject
from app.model.health import Words
from app.storage import inspection

_HOUR_MS = 3_600_000
_SHOWN_MAX = 5


def _missing(subject: Subject) -> Told:
    if not subject.folder.database.exists():
        return no_database()
    stored = inspection.stored_files(subject.folder.database)
    gone = [name for name, size in stored.items() if _size(disk.place(subject.folder.files, name)) != size]
    if gone:
        named = ", ".join(sorted(gone)[:_SHOWN_MAX])
        return wrong(
            f"{len(gone)} of {len(stored)} are gone or cut short: {named}",
            f"{len(stored)} 个中有 {len(gone)} 个缺失或不完整：{named}",
            restore_command(subject),
        )
    return fine(f"all {len(stored)} there", f"{len(stored)} 个均在")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _orphans(subject: Subject) -> Told:
    if not subject.folder.database.exists():
        return no_database()
    known = {*inspection.stored_files(subject.folder.database), *inspection.names_of_uploads(subject.folder.database)}
    before = subject.clock.now_ms() - 2 * subject.settings.limits.orphan_file_hours * _HOUR_MS
    strays = [path for path in disk.older(subject.folder.files, before) if path.name not in known]
    if strays:
        size = sum(path.stat().st_size for path in strays)
        return warning(f"{len(strays)}, {size} bytes", f"{len(strays)} 个，{size} 字节", subject.restart())
    return fine("none", "无")


CHECKS = (
    Check(
        id="files_missing",
        title=Words("Files that messages carry", "消息中的文件"),
        meaning=Words(
            "Who opens such a file gets nothing: somebody or the disk has removed it from files/.",
            "打开这些文件会失败：它们已被人或磁盘从 files/ 中移除。",
        ),
        advice=Words(
            "A backup has them: restore it to another folder and copy files/ from there, or restore it whole.",
            "备份中仍有这些文件：可恢复到其他目录后复制 files/，或整体恢复。",
        ),
        look=_missing,
        deep=True,
    ),
    Check(
        id="files_orphaned",
        title=Words("Files that nothing names", "无主文件"),
        meaning=Words(
            "They take room. The running server removes what nobody has sent after two days; these it did not.",
            "占用空间。运行中的服务会在两天后清理无人发送的文件，但这些没有被清理。",
        ),
        advice=Words(
            "Start the server, which sweeps every ten minutes; where they stay the log says why.",
            "请启动服务，它每十分钟清理一次；若仍存在，原因见日志。",
        ),
        look=_orphans,
        deep=True,
    ),
)
