"""What a person is told whose file is not taken."""

import errno

from app.model.errors import Conflict, Invalid, TooLarge, TooMany, Unavailable
from app.settings import Limits

_MEBIBYTE = 1 << 20
_RETRY_MS = 60_000
_SOON_MS = 3_000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Full(Unavailable):
    """There is no room on the disk (RFC 4918 §11.5)."""

    status = 507


def too_large(limits: Limits) -> TooLarge:
    mebibytes = limits.file_bytes_max // _MEBIBYTE
    return TooLarge(
        "file_too_large",
        f"The file is larger than {mebibytes} MiB. Send a smaller one.",
        f"文件超过 {mebibytes} MiB。请发送较小的文件。",
    )


def longer_than_said() -> TooLarge:
    return TooLarge(
        "upload_longer",
        "More bytes came than the upload said it has. Choose the file again and send it anew.",
        "收到的数据超过上传声明的大小。请重新选择文件并上传。",
    )


def empty() -> Invalid:
    return Invalid("file_empty", "The file is empty. Choose another one.", "文件为空。请选择其他文件。")


def too_slow() -> Invalid:
    return Invalid(
        "upload_too_slow",
        "The upload was too slow and was given up. Check the connection and send the file again.",
        "上传速度过慢，已中止。请检查网络后重新上传。",
    )


def taken_over() -> Conflict:
    return Conflict(
        "upload_taken_over",
        "Another request goes on with this upload. Nothing is to be done here.",
        "该上传已由另一个请求继续。此处无需操作。",
    )


def wrong_offset() -> Conflict:
    return Conflict(
        "upload_offset",
        "The upload does not go on where it broke off. Ask how much has arrived (HEAD), then send the rest.",
        "上传位置与已接收的数据不符。请先查询已接收的大小（HEAD），再发送其余部分。",
    )


def too_many_running() -> Unavailable:
    return Unavailable(
        "too_many_uploads",
        "Many files are being uploaded right now. Try again in a few seconds.",
        "当前上传过多。请几秒后重试。",
        retry_after_ms=_SOON_MS,
    )


def too_many_open(limits: Limits) -> TooMany:
    return TooMany(
        "uploads_open",
        f"{limits.uploads_open_max} of your uploads are running. Wait until one is done, then send the next.",
        f"你已有 {limits.uploads_open_max} 个文件正在上传。请等其中一个完成后再继续。",
    )


def quota(bytes_per_day: int) -> TooMany:
    mebibytes = bytes_per_day // _MEBIBYTE
    return TooMany(
        "upload_quota",
        f"That is more than {mebibytes} MiB of files within 24 hours. Send it tomorrow, or send a smaller file.",
        f"24 小时内发送的文件超过 {mebibytes} MiB。请明天再发，或发送较小的文件。",
    )


def network_quota(bytes_per_day: int) -> TooMany:
    mebibytes = bytes_per_day // _MEBIBYTE
    return TooMany(
        "upload_quota_network",
        f"Visitors of your network have sent more than {mebibytes} MiB of files within 24 hours. Try again in some "
        "hours, or from another network.",
        f"你所在网络的访客在 24 小时内发送的文件超过 {mebibytes} MiB。请过几小时再试，或换用其他网络。",
    )


def disk_reserved() -> Full:
    return Full(
        "disk_reserved",
        "The server's disk is nearly full and takes no files. Ask the administrator to make room, then send it again.",
        "服务器磁盘空间不足，暂不接收文件。请联系管理员清理空间后重新发送。",
        retry_after_ms=_RETRY_MS,
    )


def files_quota(bytes_max: int) -> Full:
    mebibytes = bytes_max // _MEBIBYTE
    return Full(
        "files_quota",
        f"The server holds all the files it may ({mebibytes} MiB). Ask the administrator to raise "
        "limits.files_bytes_max, then send it again.",
        f"服务器的文件已达上限（{mebibytes} MiB）。请联系管理员调高 limits.files_bytes_max 后重新发送。",
        retry_after_ms=_RETRY_MS,
    )


def files_nearly_full(bytes_max: int) -> Full:
    mebibytes = bytes_max // _MEBIBYTE
    return Full(
        "files_nearly_full",
        f"Files take more than nine tenths of limits.files_bytes_max ({mebibytes} MiB); beyond it none are taken. "
        "Raise it, or make the disk larger.",
        f"文件占用已超过 limits.files_bytes_max（{mebibytes} MiB）的九成，"
        "达到上限后将不再接收文件。请调高该限制或扩充磁盘。",
    )


def not_stored(error: OSError) -> Unavailable:
    """The disk did not take it."""
    if error.errno in _FULL:
        return disk_reserved()
    return Unavailable(
        "file_not_stored",
        f"The file could not be stored ({error.strerror}). Ask the administrator to check the disk, then retry.",
        f"文件无法保存（{error.strerror}）。请联系管理员检查磁盘后重新发送。",
        retry_after_ms=_RETRY_MS,
    )
