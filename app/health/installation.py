"""What `monodesk install` put there, against what is there now."""

import fcntl
import os
from pathlib import Path

from app.health.check import Check, Told, fine, not_asked, wrong
from app.health.subject import Subject, quoted
from app.model.health import Words
from installer import layout as places
from installer.journal import LOCK, JournalFile


def _unit(subject: Subject) -> Told:
    installed = subject.installation()
    if installed is None:
        return not_asked("not installed by monodesk install", "并非由 monodesk install 安装")
    layout, record = installed
    changed = [path for path, digest in record.files.items() if path != record.data and _differs(Path(path), digest)]
    where = f"--prefix {quoted(layout.prefix)} --data {quoted(layout.data)}"
    again = f"{subject.program()} install --target {record.target} {where}"
    if changed:
        named = " ".join(changed)
        return wrong(
            f"changed since it was installed: {named}",
            f"安装后被修改：{named}",
            f"rm -f {quoted(*map(Path, changed))} && {again}",
        )
    if layout.points_to() != record.version:
        return wrong(
            f"{layout.current} leads to {layout.points_to() or 'nothing'}, installed is {record.version}",
            f"{layout.current} 指向 {layout.points_to() or '无'}，而安装的是 {record.version}",
            f"ln -sfn versions/{record.version} {quoted(layout.current)}",
        )
    return fine(f"{record.target}, version {record.version}", f"{record.target}，版本 {record.version}")


def _upgrade(subject: Subject) -> Told:
    installed = subject.installation()
    if installed is None:
        return not_asked("not installed by monodesk install", "并非由 monodesk install 安装")
    layout, record = installed
    journal = JournalFile(layout.prefix).read()
    if journal is None or journal.stage == "settled":
        return fine(f"none is begun; {record.version} is installed", f"没有进行中的升级；已安装 {record.version}")
    between = f"{journal.source} → {journal.target}"
    if _is_held(layout.prefix / LOCK):
        return fine(f"{between} is under way", f"{between} 正在进行")
    return wrong(
        f"{between} was cut off ({journal.stage})",
        f"{between} 被中断（{journal.stage}）",
        f"{subject.program()} rollback --prefix {quoted(layout.prefix)}",
    )


def _is_held(lock: Path) -> bool:
    """Whether an upgrade runs."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _differs(path: Path, digest: str) -> bool:
    return not path.is_file() or places.digest(path) != digest


CHECKS = (
    Check(
        id="installation",
        title=Words("Installation", "安装"),
        meaning=Words(
            "The unit of the service or a file beside the program is not what install wrote: what it fences in and how "
            "it starts is somebody else's, and upgrade and uninstall will ask about it.",
            "服务单元或程序旁的文件与安装时不同：其限制与启动方式已被改动，升级和卸载时会受影响。",
        ),
        advice=Words(
            "Keep your changes in a drop-in (systemctl edit monodesk), remove the file and install again.",
            "请把改动放入 drop-in（systemctl edit monodesk），删除该文件后重新安装。",
        ),
        look=_unit,
    ),
    Check(
        id="upgrade",
        title=Words("Upgrade", "升级"),
        meaning=Words(
            "An upgrade or a way back was killed in the middle: two versions lie there, and nobody has ended it.",
            "升级或回退在中途被终止：两个版本并存，尚未完成。",
        ),
        advice=Words(
            "Give the same upgrade again to go on with it, or go back. Nothing acknowledged is lost either way.",
            "重新执行同一升级即可继续，也可以回退。无论哪种方式，已确认的内容都不会丢失。",
        ),
        look=_upgrade,
    ),
)
