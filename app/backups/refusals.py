"""What an administrator is told of backups that fail, are late or damaged, or take more than they may."""

from pathlib import Path

from app.model.errors import Conflict, Invalid, Problem, Unavailable

_MEBIBYTE = 1 << 20
_HOUR_SECONDS = 3_600.0


def _mebibytes(count: float) -> int:
    return round(count / _MEBIBYTE)


def failed(why: Problem) -> Problem:
    return Unavailable(
        "backup_failed",
        f"The last scheduled backup failed: {why.en}",
        f"最近一次定时备份失败：{why.zh}",
    )


def running() -> Problem:
    return Conflict(
        "backup_running",
        "A backup is being made already. Wait until it is done.",
        "正在备份。请等它完成。",
    )


def late(age_seconds: float) -> Problem:
    if age_seconds == float("inf"):
        return Unavailable(
            "backup_missing",
            "There is no backup yet. One follows by itself; to make one now: monodesk backup FILE",
            "还没有备份。系统会自动进行；立即备份请用：monodesk backup FILE",
        )
    hours = round(age_seconds / _HOUR_SECONDS)
    return Unavailable(
        "backup_old",
        f"The newest backup is {hours} hours old. Look at the log for the reason, or make one: monodesk backup FILE",
        f"最近一次备份已是 {hours} 小时前。请查看日志，或手动备份：monodesk backup FILE",
    )


def damaged(path: Path) -> Problem:
    return Unavailable(
        "backup_damaged",
        f"The backup {path} cannot be read whole. Delete it, and check the disk it lies on.",
        f"备份 {path} 已损坏，无法完整读取。请将其删除，并检查所在磁盘。",
    )


def quota(held: int, allowed: int) -> Problem:
    return Unavailable(
        "backup_quota",
        f"One backup alone takes {_mebibytes(held)} MiB, more than backups.bytes_max ({_mebibytes(allowed)} MiB), so "
        "only the newest is kept. Raise the limit.",
        f"单个备份即占用 {_mebibytes(held)} MiB，超过 backups.bytes_max（{_mebibytes(allowed)} MiB），"
        "因此只保留最新的一份。请调高该限制。",
    )


def no_room(folder: Path, free: int, needed: int) -> Problem:
    return Unavailable(
        "backup_no_room",
        f"{folder} has {_mebibytes(free)} MiB free and a backup may need {_mebibytes(needed)} MiB, what is left for "
        "the database included. Free some space, or name a folder on another disk: backups.folder.",
        f"{folder} 剩余 {_mebibytes(free)} MiB，备份（含为数据库预留的空间）可能需要 {_mebibytes(needed)} MiB。"
        "请清理空间，或用 backups.folder 指定其他磁盘上的目录。",
    )


def unusable(folder: Path, error: OSError) -> Problem:
    return Unavailable(
        "backup_folder_unusable",
        f"The backup folder {folder} cannot be used: {error.strerror}. Mend it, or name another: backups.folder.",
        f"备份目录 {folder} 无法使用：{error.strerror}。请修复，或用 backups.folder 指定其他目录。",
    )


def short_passphrase(file: Path, characters_min: int) -> Problem:
    return Invalid(
        "backup_passphrase_short",
        f"The first line of {file} (backups.passphrase_file) must be a passphrase of at least "
        f"{characters_min} characters.",
        f"{file}（backups.passphrase_file）的第一行必须是至少 {characters_min} 个字符的口令。",
    )


def no_passphrase(file: Path) -> Problem:
    return Invalid(
        "backup_passphrase_unreadable",
        f"{file} (backups.passphrase_file) cannot be read. Write the passphrase into its first line, readable for the "
        "server's user.",
        f"无法读取 {file}（backups.passphrase_file）。请将口令写入该文件的第一行，并确保服务用户可读。",
    )
