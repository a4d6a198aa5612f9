"""The disk below the data folder: room, inodes, kind."""

import os
from pathlib import Path

from app.health.check import Check, Told, fine, not_asked, warning, wrong
from app.health.subject import Subject, quoted
from app.model.health import Words
from installer.disks import disk_kind, standing

_MIB = 1 << 20
_INODES_MIN, _INODES_LOW = 200, 2_000
_KINDS_WRONG = {"memory": Words("memory", "内存"), "network": Words("a network file system", "网络文件系统")}


def _space(subject: Subject) -> Told:
    reserve = subject.settings.limits.disk_reserve_bytes
    free, place = min((_free(place), place) for place in _places(subject))
    en, zh = f"{place}: {free // _MIB} MiB free", f"{place}：剩余 {free // _MIB} MiB"
    command = f"du -xh --max-depth=2 {quoted(place)} | sort -rh | head -20"
    if free < reserve:
        return wrong(
            f"{en}, fewer than the {reserve // _MIB} kept for the database",
            f"{zh}，低于为数据库预留的 {reserve // _MIB} MiB",
            command,
        )
    if free < 2 * reserve:
        return warning(
            f"{en}; below {reserve // _MIB} files are refused", f"{zh}；低于 {reserve // _MIB} 时拒收文件", command
        )
    return fine(en, zh)


def _places(subject: Subject) -> list[Path]:
    folders = (subject.folder.root, subject.settings.backups.folder or subject.folder.backups)
    return [standing(folder) for folder in folders]


def _free(place: Path) -> int:
    room = os.statvfs(place)
    return room.f_bavail * room.f_frsize


def _inodes(subject: Subject) -> Told:
    place = standing(subject.folder.root)
    room = os.statvfs(place)
    if not room.f_files:
        return fine("this file system does not count them", "该文件系统不限制数量")
    en, zh = f"{room.f_favail} free", f"剩余 {room.f_favail}"
    command = f"du --inodes -x --max-depth=2 {quoted(place)} | sort -rn | head -20"
    if room.f_favail < _INODES_MIN:
        return wrong(en, zh, command)
    return warning(en, zh, command) if room.f_favail < _INODES_LOW else fine(en, zh)


def _kind(subject: Subject) -> Told:
    place = standing(subject.folder.root)
    fact = disk_kind(subject.machine, place)
    kind = fact.value or "unknown"
    if kind in _KINDS_WRONG:
        words = _KINDS_WRONG[kind]
        return wrong(f"{place} lies in {words.en}", f"{place} 位于{words.zh}", _move(subject))
    if kind == "overlay":
        return warning(f"{place} lies in a container's own layer", f"{place} 位于容器自身的层", _move(subject))
    return not_asked("the kernel does not say", "内核未提供") if kind == "unknown" else fine(kind, kind)


def _move(subject: Subject) -> str:
    """Through an archive, which is checked on both sides."""
    archive = "/root/desk.zip"
    return f"{subject.command(f'backup {archive}')} && {subject.program()} restore {archive} --data /srv/monodesk"


CHECKS = (
    Check(
        id="disk_space",
        title=Words("Disk space", "磁盘空间"),
        meaning=Words(
            "Below the reserve files and backups are refused; on a full disk messages are, until there is room again.",
            "低于预留空间时拒收文件和备份；磁盘写满后消息也无法保存，直到腾出空间。",
        ),
        advice=Words(
            "See what takes the room and remove what is not needed, or move the data folder to a larger disk. The "
            "server goes on by itself.",
            "查看占用空间的内容并清理，或将数据目录移到更大的磁盘。之后服务会自动恢复。",
        ),
        look=_space,
    ),
    Check(
        id="disk_inodes",
        title=Words("Files that the disk can hold", "磁盘可用文件数"),
        meaning=Words(
            "A disk without free inodes takes no new file, however much room it shows.",
            "inode 用尽后，即使还有空间也无法新建文件。",
        ),
        advice=Words("Find the folder with very many files and clear it.", "找出文件极多的目录并清理。"),
        look=_inodes,
    ),
    Check(
        id="disk_kind",
        title=Words("Kind of disk", "磁盘类型"),
        meaning=Words(
            "In memory everything is gone after a restart; on a network file system SQLite's log is not safe; a "
            "container's own layer goes with the container.",
            "内存中的数据重启后全部丢失；SQLite 的日志在网络文件系统上并不安全；容器自身的层会随容器删除。",
        ),
        advice=Words("Bring the data to a local disk or a volume.", "请将数据移到本地磁盘或卷上。"),
        look=_kind,
    ),
)
