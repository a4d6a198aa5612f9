"""Backups: one that is new enough, how the last scheduled one went, whether what is kept can be read."""

from contextlib import closing
from pathlib import Path

from app.backups.keeper import STAMP, archives
from app.backups.rotation import Kept
from app.health.check import Check, Told, fine, no_server, not_asked, warning, wrong
from app.health.subject import Subject, quoted
from app.model.errors import Invalid
from app.model.health import Words
from app.storage import inspection
from app.storage.manifest import Reading

_HOUR_MS = 3_600_000
_LATE_PERIODS = 2


def folder_of(subject: Subject) -> Path:
    """Where this server keeps its archives."""
    return subject.settings.backups.folder or subject.folder.backups


def _age(subject: Subject) -> Told:
    if (chosen := _chosen(subject)) is not None:
        return chosen
    if not subject.folder.exists():
        return not_asked("there is nothing to keep yet", "还没有数据需要备份")
    made = [one.made_at for one in _archives(folder_of(subject)) if one.made_at <= subject.clock.now_ms()]
    command = _backup_now(subject)
    if not made:
        founded_at = inspection.founded_at(subject.folder.database)
        allowed = _LATE_PERIODS * subject.settings.backups.every_hours * _HOUR_MS
        if not founded_at or subject.clock.now_ms() - founded_at < allowed:
            return fine("none yet; the first one comes by itself", "还没有；首次备份会自动进行")
        return wrong("there is none", "没有备份", command)
    hours = (subject.clock.now_ms() - max(made)) / _HOUR_MS
    en, zh = f"{len(made)} kept, the newest {hours:.1f} h old", f"保留 {len(made)} 个，最近一次在 {hours:.1f} 小时前"
    late = hours > _LATE_PERIODS * subject.settings.backups.every_hours
    return wrong(en, zh, command) if late else fine(en, zh)


def _backup_now(subject: Subject) -> str:
    """Into the folder and by a name as the server gives them, so that it counts as one of its own."""
    return subject.command(f"backup {quoted(folder_of(subject))}/monodesk-$(date -u +{STAMP}).zip")


def _last(subject: Subject) -> Told:
    if (chosen := _chosen(subject)) is not None:
        return chosen
    live = subject.live
    if live is None:
        return no_server()
    if live.backup_en:
        return wrong(live.backup_en, live.backup_zh, _backup_now(subject))
    return fine("none failed since the start", "启动以来没有失败")


def _readable(subject: Subject) -> Told:
    found = _archives(folder_of(subject))
    if not found:
        return not_asked("there is none", "没有备份")
    damaged = sorted(one.path for one in found if not _sound(one.path))
    if damaged:
        names = ", ".join(path.name for path in damaged)
        return wrong(
            f"{len(damaged)} of {len(found)} cannot be read whole: {names}",
            f"{len(found)} 个中有 {len(damaged)} 个无法完整读取：{names}",
            f"rm {quoted(*damaged)} && {_backup_now(subject)}",
        )
    return fine(f"{len(found)} read whole", f"{len(found)} 个均可完整读取")


def _archives(folder: Path) -> list[Kept]:
    return archives(folder) if folder.is_dir() else []


def _sound(path: Path) -> bool:
    try:
        with closing(Reading(path)) as reading:
            reading.check()
    except (Invalid, OSError):
        return False
    return True


def _chosen(subject: Subject) -> Told | None:
    """Where nobody wants backups: said, and left."""
    if subject.settings.demo or (subject.folder.root / "DEMO").exists():
        return not_asked("a demo is not backed up", "演示数据不备份")
    if subject.settings.backups.every_hours == 0:
        return warning("switched off: backups.every_hours = 0", "已关闭：backups.every_hours = 0", "")
    return None


CHECKS = (
    Check(
        id="backup_age",
        title=Words("Newest backup", "最近的备份"),
        meaning=Words(
            "What came since the newest backup is lost with the disk.", "磁盘损坏时，最近一次备份之后的内容将丢失。"
        ),
        advice=Words(
            "Make one now, find in the log why the server made none, and carry one to another machine now and then.",
            "请立即备份，在日志中查明未自动备份的原因，并定期把备份复制到其他机器。",
        ),
        look=_age,
    ),
    Check(
        id="backup_last",
        title=Words("Last scheduled backup", "最近一次定时备份"),
        meaning=Words(
            "The server tries again in an hour; until then the newest backup gets older.",
            "服务会在一小时后重试；在此之前，最近的备份会越来越旧。",
        ),
        advice=Words("Mend what is named; to make one at once:", "请解决所述问题；如需立即备份："),
        look=_last,
    ),
    Check(
        id="backup_readable",
        title=Words("Backups can be read", "备份可读"),
        meaning=Words(
            "A damaged archive brings nothing back. Each was whole when it was written: the disk has changed it since.",
            "损坏的备份无法恢复。备份写入时均已校验，之后被磁盘改变。",
        ),
        advice=Words("Remove it, make a new one, and have the disk looked at.", "请删除并重新备份，同时检查磁盘。"),
        look=_readable,
        deep=True,
    ),
)
