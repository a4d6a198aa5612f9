"""The clock: years off, behind what is stored, set while it runs, kept by nobody; and the machine's time zone."""

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.health.check import Check, Told, fine, no_server, not_asked, warning, wrong
from app.health.subject import Subject
from app.model.health import Words
from app.storage import inspection

_EARLIEST_MS = 1_767_225_600_000  # the first day of 2026: no build is older
_LATEST_MS = 4_102_444_800_000  # the first day of 2100
_BEHIND_MS_MAX = 60_000
_KEEP = "timedatectl set-ntp true"
_A_ZONE = "Asia/Shanghai"


def _right(subject: Subject) -> Told:
    now = subject.clock.now_ms()
    said = _moment(now)
    if not _EARLIEST_MS <= now < _LATEST_MS:
        return wrong(f"it says {said}", f"当前显示 {said}", _KEEP)
    database = subject.folder.database
    newest = inspection.newest_message_at(database) if database.exists() else 0
    if newest > now + _BEHIND_MS_MAX:
        then = _moment(newest)
        return wrong(
            f"it says {said}, and the newest message was stored at {then}",
            f"当前显示 {said}，而最新消息的时间为 {then}",
            _KEEP,
        )
    return fine(said, said)


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(sep=" ", timespec="seconds")


def _steady(subject: Subject) -> Told:
    live = subject.live
    if live is None:
        return no_server()
    if live.clock_leaps:
        return warning(
            f"it was set {live.clock_leaps} times since the start, last by {live.clock_leap_seconds:.0f} s",
            f"启动以来被调整 {live.clock_leaps} 次，最近一次 {live.clock_leap_seconds:.0f} 秒",
            "journalctl --since today --grep 'time|clock|ntp|chrony'",
        )
    return fine("it was not set since the start", "启动以来未被调整")


def _kept(subject: Subject) -> Told:
    try:
        kept = subject.machine.kernel.clock_synchronised()
    except OSError as error:
        return not_asked(f"the kernel does not say: {error}", f"内核未提供：{error}")
    if kept:
        return fine("somebody keeps it", "已同步")
    return warning("nobody keeps it", "未同步", _KEEP)


def _zone(subject: Subject) -> Told:
    try:
        ZoneInfo(_A_ZONE)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        return wrong(f"no data: {error}", f"没有时区数据：{error}", "apt-get install tzdata")
    name = subject.machine.environ.get("TZ", "").removeprefix(":")
    if name and not _known(name):
        return wrong(f"TZ={name} is no zone", f"TZ={name} 不是有效时区", "unset TZ && timedatectl list-timezones")
    if not name and (link := Path("/etc/localtime")).is_symlink() and not link.exists():
        return wrong(
            f"/etc/localtime leads to {link.readlink()}, which is not there",
            f"/etc/localtime 指向不存在的 {link.readlink()}",
            "timedatectl set-timezone Asia/Shanghai",
        )
    now = datetime.fromtimestamp(subject.clock.now_ms() / 1_000, UTC).astimezone()
    return fine(f"{now.tzname()} ({now:%z})", f"{now.tzname()}（{now:%z}）")


def _known(name: str) -> bool:
    """As a name of the tables, as a file, or as POSIX' rule such as CST-8."""
    if name.startswith(os.sep):
        return Path(name).exists()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return any(sign.isdigit() for sign in name)
    return True


CHECKS = (
    Check(
        id="clock",
        title=Words("Clock", "时钟"),
        meaning=Words(
            "Times in conversations are false, certificates and sign-in codes are refused, backups come at odd hours. "
            "Messages keep their order: that goes by number.",
            "会话时间不正确，证书和登录验证码会被拒绝，备份时间错乱。消息顺序按编号排列，不受影响。",
        ),
        advice=Words("Set the clock and have it kept.", "校准时钟并保持同步。"),
        look=_right,
    ),
    Check(
        id="clock_steady",
        title=Words("Clock set while it runs", "时钟被调整"),
        meaning=Words(
            "Something sets the clock back or forth: two programs that keep it, or a virtual machine that sleeps.",
            "有程序在前后调整时钟：可能同时有两个对时程序，或虚拟机曾被挂起。",
        ),
        advice=Words("Find who sets it, and leave one of them.", "找出调整时钟的程序，只保留一个。"),
        look=_steady,
    ),
    Check(
        id="clock_kept",
        title=Words("Clock kept", "时钟同步"),
        meaning=Words(
            "A clock that nobody keeps goes off by seconds a day; codes for signing in are refused at 30.",
            "无人同步的时钟每天会偏差数秒；偏差达 30 秒时登录验证码会被拒绝。",
        ),
        advice=Words("Have systemd-timesyncd or chrony keep it.", "请启用 systemd-timesyncd 或 chrony。"),
        look=_kept,
    ),
    Check(
        id="time_zone",
        title=Words("Time zone", "时区"),
        meaning=Words(
            "Backups come at another hour than the one that was set, and opening hours cannot be reckoned.",
            "备份不在设定的时间进行，营业时间也无法计算。",
        ),
        advice=Words("Name a zone that exists.", "请设置有效的时区。"),
        look=_zone,
    ),
)
