"""What an administrator is told whose upgrade or rollback is not done."""

import errno
from pathlib import Path

from app.model.errors import Conflict, Invalid, NotFound, Problem, Unavailable

_NOT_THE_RIGHTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def running() -> Conflict:
    return Conflict(
        "upgrade_running",
        "Another upgrade or rollback of this installation is running. Wait until it has ended.",
        "该安装的另一个升级或回退正在进行，请等待其完成。",
    )


def no_file(file: Path) -> NotFound:
    return NotFound("file_missing", f"There is no file {file}. Name the one you downloaded.", f"找不到文件 {file}。")


def no_keys() -> Invalid:
    return Invalid(
        "no_release_keys",
        "This is a development file: it knows no key by which a signature could be checked. If you trust the new file: "
        "--allow-unsigned",
        "当前程序为开发版，不含可用于校验签名的公钥。如果信任该文件，请使用：--allow-unsigned",
    )


def unsigned(signature: Path) -> Invalid:
    return Invalid(
        "unsigned_over_release",
        "The installed version is a release and nobody has signed this file. Put its signature beside it "
        f"({signature}). If there is none and you trust the file all the same: give the command with --allow-unsigned "
        "at a terminal, and type there the first eight characters of the SHA-256 that its maker told you.",
        f"已安装的是正式版，而该文件没有签名。请将签名放在旁边（{signature}）。"
        "如果没有签名但仍信任该文件：请在终端中加上 --allow-unsigned 执行，并输入发布者告知的 SHA-256 的前八位。",
    )


def not_a_monodesk(error: Exception) -> Invalid:
    en, zh = _words(error)
    return Invalid(
        "not_a_monodesk",
        f"The file does not run as a Monodesk here: {en}. Is it whole, and made for this kind of machine?",
        f"该文件无法作为 Monodesk 运行：{zh}。请确认文件完整且适用于本机。",
    )


def no_version(version: str) -> Invalid:
    return Invalid(
        "version_malformed",
        f"“{version}” is no version, which is like 1.2.3. Fetch the file again.",
        f"“{version}” 不是有效的版本号（应形如 1.2.3）。请重新下载。",
    )


def older(source: str, target: str) -> Conflict:
    return Conflict(
        "file_older",
        f"The file is version {target}, {source} is installed: an older version may not know the database. To go back "
        "after an upgrade: monodesk rollback",
        f"该文件的版本为 {target}，已安装 {source}：旧版本可能无法识别数据库。升级后要退回，请使用：monodesk rollback",
    )


def no_room(place: Path, free: int, needed: int) -> Unavailable:
    return Unavailable(
        "upgrade_no_room",
        f"{place} has {free >> 20} MiB free and the upgrade needs {needed >> 20} MiB; nothing was changed. Free some "
        "space, then try again.",
        f"{place} 剩余 {free >> 20} MiB，升级需要 {needed >> 20} MiB；未作任何更改。请清理空间后重试。",
    )


def not_written(prefix: Path, error: OSError) -> Unavailable:
    if error.errno in _NOT_THE_RIGHTS:
        return Unavailable(
            "upgrade_disk_failed",
            f"{error.filename or prefix} could not be written: {error.strerror}. Mend that, then give the command "
            "again: it ends what was begun.",
            f"无法写入 {error.filename or prefix}：{error.strerror}。请排除问题后再次执行该命令，"
            "未完成的步骤会自动收尾。",
        )
    return Unavailable(
        "prefix_not_writable",
        f"{prefix} cannot be written: {error.strerror}. Upgrade as the owner of that folder (under systemd: root).",
        f"无法写入 {prefix}：{error.strerror}。请以该目录的所有者身份执行升级（systemd 下为 root）。",
    )


def rehearsal_failed(target: str, error: Exception) -> Unavailable:
    en, zh = _words(error)
    return Unavailable(
        "rehearsal_failed",
        f"Version {target} does not work with this data: {en}. Nothing was changed; the server was not stopped.",
        f"版本 {target} 无法使用现有数据：{zh}。未作任何更改，服务没有中断。",
    )


def other_version(target: str, said: str) -> Unavailable:
    return rehearsal_failed(target, Invalid("", f"it says to be {said}", f"它自称 {said}"))


def undone(source: str, target: str, reason: str, told: str) -> Unavailable:
    more = f" {told}" if told else ""
    return Unavailable(
        "upgrade_undone",
        f"Version {target} did not get ready: {reason}. Everything is back at {source}.{more}",
        f"版本 {target} 未能就绪：{reason}。已全部退回 {source}。{more}",
    )


def not_ready(target: str, reason: str) -> Unavailable:
    return Unavailable(
        "not_ready", f"Version {target} did not get ready: {reason}.", f"版本 {target} 未能就绪：{reason}。"
    )


def does_not_start(source: str, why: str) -> Unavailable:
    return Unavailable(
        "rollback_failed",
        f"{source} does not start either: {why}. Mend that, then: monodesk rollback",
        f"{source} 也无法启动：{why}。请排除原因后执行：monodesk rollback",
    )


def no_previous(prefix: Path, version: str) -> NotFound:
    return NotFound(
        "no_previous_version",
        f"There is no version before {version} to go back to at {prefix}. Restore a backup instead: monodesk restore",
        f"{prefix} 中没有比 {version} 更早的版本可以退回。可改为恢复备份：monodesk restore",
    )


def no_snapshot(source: str, target: str) -> Conflict:
    return Conflict(
        "rollback_no_snapshot",
        f"{target} has changed the database and the copy from before is gone, so {source} cannot open it. Restore a "
        f"backup that {source} made: monodesk restore FILE --replace",
        f"{target} 已更改数据库，而升级前的副本已不存在，{source} 无法打开。"
        f"请恢复由 {source} 创建的备份：monodesk restore FILE --replace",
    )


def loses(source: str, target: str, when: str, messages: int, conversations: int) -> Conflict:
    return Conflict(
        "rollback_loses",
        f"{target} has changed the database, and {source} can only open it as it was at {when}. Since then {messages} "
        f"messages and {conversations} new conversations came, besides changed settings and contacts: all of that "
        "would be missing. It would be kept in backups/, and everybody would have to sign in anew. To do it: "
        "monodesk rollback --discard",
        f"{target} 已更改数据库，{source} 只能打开它在 {when} 时的状态。此后有 {messages} 条消息、"
        f"{conversations} 个新会话，以及设置和联系人的更改，这些都会缺失。它们会保存在 backups/ 中，"
        "所有人需要重新登录。确认执行：monodesk rollback --discard",
    )


def journal_damaged(path: Path, error: Exception) -> Invalid:
    return Invalid(
        "upgrade_journal_damaged",
        f"{path} cannot be read: {error}. Remove it where the server runs as it should.",
        f"无法读取 {path}：{error}。若服务运行正常，请删除该文件。",
    )


def _words(error: Exception) -> tuple[str, str]:
    return (error.en, error.zh) if isinstance(error, Problem) else (str(error), str(error))
