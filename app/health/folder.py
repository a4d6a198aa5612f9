"""The data folder: who may look into it, whose it is, its log, and what starts that were killed left behind."""

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from app.certificates.places import served
from app.health.check import Check, Told, fine, not_asked, warning, wrong
from app.health.subject import Subject, quoted
from app.model.health import Words

_SHOWN_MAX = 5
_RUNTIME = re.compile(r"_MEI[0-9a-f]{8}\w{6}")
_MARK = ".monodesk"
_LEFT = re.compile(r"\.restoring|\.monodesk-\d{8}-\d{6}\.zip\.(part|db|keys)|\.carried-[0-9a-f]+\.zip")


def _private(subject: Subject) -> Told:
    root = subject.folder.root
    if not root.exists():
        return not_asked(f"{root} is not there yet", f"{root} 尚不存在")
    modes = {path: path.stat().st_mode for path in _secrets(subject) if path.exists()}
    open_to_all = [path for path, mode in modes.items() if mode & stat.S_IRWXO]
    open_to_group = [path for path, mode in modes.items() if mode & stat.S_IRWXG]
    command = f"chmod -R go= {quoted(*dict.fromkeys((*open_to_all, *open_to_group)))}"
    if open_to_all:
        named = _named(open_to_all)
        return wrong(f"others may look into {named}", f"其他用户可访问 {named}", command)
    if open_to_group:  # a cluster gives volumes to a group (fsGroup), and somebody may mean it
        named = _named(open_to_group)
        return warning(f"its group may look into {named}", f"所属组可访问 {named}", command)
    return fine("for its owner alone", "仅所有者可访问")


def _secrets(subject: Subject) -> list[Path]:
    """What nobody else may read: the folder, all keys, and the secrets that are named outside."""
    keys = subject.folder.root / "keys"
    found = [subject.folder.root, keys, *(sorted(keys.iterdir()) if keys.is_dir() else ()), subject.folder.control]
    pair = served(subject.settings)
    outside = (pair.key if pair and subject.settings.tls.mode == "files" else None,)
    return [*found, *(path for path in (*outside, subject.settings.backups.passphrase_file) if path is not None)]


def _owned(subject: Subject) -> Told:
    root = subject.folder.root
    if not root.exists():
        return not_asked(f"{root} is not there yet", f"{root} 尚不存在")
    facts = root.stat()
    owner = facts.st_uid
    running = Path(f"/proc/{subject.holder}").stat().st_uid if subject.holder > 0 else owner
    by_group = facts.st_mode & stat.S_IWGRP  # as a cluster gives a volume
    if running not in (owner, 0) and not by_group:
        return wrong(
            f"it belongs to user {owner}, the server is {running}",
            f"属于用户 {owner}，而服务以 {running} 运行",
            f"chown -hR {running} {quoted(root)}",
        )
    others = [path for path in _all(root) if path.lstat().st_uid not in (owner, running)]
    if others:
        named = _named(others)
        return wrong(f"{named} belongs to another user", f"{named} 属于其他用户", f"chown -hR {owner} {quoted(root)}")
    return fine(f"all of user {owner}", f"均属于用户 {owner}")


def _all(root: Path) -> Iterator[Path]:
    """The rooms and what lies in them; of files in hundreds of folders their folders."""
    for path in sorted(root.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from sorted(path.iterdir())


def _named(paths: list[Path]) -> str:
    named = ", ".join(str(path) for path in paths[:_SHOWN_MAX])
    return named if len(paths) <= _SHOWN_MAX else f"{named}, … ({len(paths)})"


def _log(subject: Subject) -> Told:
    logs = subject.folder.logs
    if not subject.folder.root.exists():
        return not_asked(f"{subject.folder.root} is not there yet", f"{subject.folder.root} 尚不存在")
    command = f"install -d -m 700 --owner={subject.folder.root.stat().st_uid} {quoted(logs)}"
    if not logs.is_dir():
        return wrong(f"{logs} is no folder", f"{logs} 不是目录", command)
    log = logs / "monodesk.log"
    try:
        os.close(os.open(log if log.exists() else logs, os.O_WRONLY if log.exists() else os.O_RDONLY))
    except OSError as error:
        return wrong(f"{log}: {error.strerror}", f"{log}：{error.strerror}", f"chmod u+rw {quoted(log)}")
    if not os.access(logs, os.W_OK | os.X_OK):
        return wrong(f"{logs} cannot be written", f"{logs} 不可写", command)
    lost = subject.live.lines_lost if subject.live is not None else 0
    if lost:
        return warning(f"{lost} lines were lost", f"丢失 {lost} 行", f"df -h {quoted(logs)}")
    return fine(str(logs), str(logs))


def _left(subject: Subject) -> Told:
    places = [subject.folder.root, subject.folder.backups]
    found = [path for place in places if place.is_dir() for path in place.iterdir() if _LEFT.fullmatch(path.name)]
    found = [path for path in found if subject.holder == 0 or path.name == ".restoring"]  # a server may be at it
    found += [path for place in _unpacked_to(subject) for path in _abandoned(place)]
    if not found:
        return fine("nothing", "无")
    named = _named(found)
    return warning(f"left behind: {named}", f"遗留：{named}", f"rm -r {quoted(*found)}")


def _unpacked_to(subject: Subject) -> list[Path]:
    """Where the one file unpacks itself to, in its order."""
    machine = subject.machine
    named = [machine.environ.get(name, "") for name in ("MONODESK_RUNTIME", "TMPDIR")]
    places = [Path(one) for one in named if one]
    # nosemgrep: shared-temporary-folder - looked into, never written to
    places += [machine.path(one) for one in ("/tmp", "/var/tmp")]  # noqa: S108  # nosec B108
    home = machine.environ.get("HOME")
    places += [subject.folder.root, *([Path(home) / ".cache"] if home else [])]
    return list(dict.fromkeys(place for place in places if place.is_dir()))


def _abandoned(place: Path) -> list[Path]:
    """Folders with our mark that no process lives from: each of them holds a lock on its own."""
    ours = (path for path in place.iterdir() if _RUNTIME.fullmatch(path.name) and (path / _MARK).is_file())
    return [path for path in ours if _unlocked(path)]


def _unlocked(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who lives from it shares one
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


CHECKS = (
    Check(
        id="permissions",
        title=Words("Who may look", "访问权限"),
        meaning=Words(
            "Other users of this machine can read conversations, keys or passwords for them.",
            "本机其他用户可以读取会话、密钥或口令。",
        ),
        advice=Words("Take the right away from everybody but the owner.", "请收回所有者以外的权限。"),
        look=_private,
    ),
    Check(
        id="owner",
        title=Words("Owner of the data folder", "数据目录的所有者"),
        meaning=Words(
            "The server cannot read or replace what belongs to another user: a command of root, or a copy, left it.",
            "服务无法读取或替换属于其他用户的文件：可能由 root 的命令或复制操作留下。",
        ),
        advice=Words("Give everything to the server's user.", "请将全部内容交给服务用户。"),
        look=_owned,
    ),
    Check(
        id="log_folder",
        title=Words("Log", "日志"),
        meaning=Words(
            "The server goes on, and nobody will know why something failed.", "服务会继续运行，但出错原因无从查找。"
        ),
        advice=Words("Make the folder writable for the server's user.", "请确保服务用户可写入该目录。"),
        look=_log,
    ),
    Check(
        id="leftovers",
        title=Words("What was left behind", "遗留文件"),
        meaning=Words(
            "A start, backup or restore that was killed has left files that take room and are of no use.",
            "被强制终止的启动、备份或恢复留下了无用的文件，占用空间。",
        ),
        advice=Words("Remove them; the next start or backup would do so as well.", "可删除；下次启动或备份也会清理。"),
        look=_left,
    ),
)
