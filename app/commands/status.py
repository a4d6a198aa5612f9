"""`monodesk status`: how the running server is, or what the disk says of one that does not run."""

import argparse
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app import __version__
from app.census import disk
from app.commands.amounts import local, size, span
from app.commands.colour import Colour, harmless
from app.commands.columns import padded, width
from app.commands.voice import FAILED, OK, Voice
from app.control import Answer, Status, ask
from app.folder import Folder
from app.model.errors import Problem
from app.settings import Limits, Settings, load
from app.telemetry.log_reader import LogReader, parse
from installer import layout as places

_SECONDS = 5.0
_BACKUP = re.compile(r"monodesk-\d{8}-\d{6}\.zip")

Figures = Mapping[str, Any]  # a server's answer: of another version it may lack some
Row = tuple[str, str]


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Print the server's own figures; where none runs, what is known without it, and exit code 1."""
    settings = load({"data": options.data}, os.environ)
    folder = Folder(settings.data)
    figures = ask(folder.control, Status(), _SECONDS)
    known = {"running": figures is not None, **(figures or at_rest(settings, folder)), **installed(folder)}
    if options.json:
        print(msgspec.json.encode(known).decode())
        return OK if figures is not None else FAILED
    if figures is None:
        voice.say(
            f"No server runs on {folder.root}. Start one with: monodesk serve --data {folder.root}",
            f"{folder.root} 上没有正在运行的服务。启动：monodesk serve --data {folder.root}",
        )
    rows = list(_rows(known, voice))
    widest = max((width(name) for name, _ in rows), default=0)
    for name, value in rows:
        print(f"{padded(name, widest)}  {value}")
    warnings = known.get(voice.pick("warnings", "warnings_zh"))
    colour = Colour(sys.stdout, os.environ)
    for warning in warnings if isinstance(warnings, list) else []:
        print(colour.paint(f"! {warning}", "yellow"))
    return OK if figures is not None else FAILED


def at_rest(settings: Settings, folder: Folder) -> Answer:
    """What the disk says while no server runs; nothing of a folder that is not there or belongs to another user."""
    known: Answer = {"version": __version__, "data": str(folder.root)}
    try:
        if not folder.exists():
            return known
        return {**known, **disk(folder), **_last_backup(settings, folder), **_last_line(folder)}
    except PermissionError:
        return known


def installed(folder: Folder) -> Answer:
    """Which version is installed over this data folder, how and where; nothing where none is."""
    try:
        place, record = places.find()
    except Problem:
        return {}
    if place.data != folder.root:
        return {}
    return {"installed_version": record.version, "target": record.target, "prefix": str(place.prefix)}


def _last_backup(settings: Settings, folder: Folder) -> Answer:
    made = settings.backups.folder or folder.backups
    found = sorted(path for path in made.glob("*.zip") if _BACKUP.fullmatch(path.name)) if made.is_dir() else []
    if not found:
        return {}
    at = datetime.fromtimestamp(found[-1].stat().st_mtime, UTC).isoformat(timespec="seconds")
    return {"last_backup": str(found[-1]), "last_backup_at": at}


def _last_line(folder: Folder) -> Answer:
    """What the server said last: whether it was stopped or broke off."""
    reader = LogReader(folder.logs)
    try:
        line = parse(next(iter(deque(reader.lines(), maxlen=1)), b""))
    finally:
        reader.close()
    return {"last_log_at": line.at.isoformat(timespec="seconds"), "last_log_text": line.text} if line.at else {}


def _rows(known: Figures, voice: Voice) -> Iterator[Row]:
    """Each row whose figures are there, in the reader's language."""
    for en, zh, tell in _TOLD:
        try:
            value = tell(known, voice)
        except KeyError:
            continue
        if value:
            yield voice.pick(en, zh), harmless(value)


def _version(known: Figures, voice: Voice) -> str:
    version, there = known["version"], known.get("installed_version")
    if there is None:
        return str(version)
    place = f"{known['target']}, {known['prefix']}"
    if there == version:
        return voice.pick(f"{version}, installed ({place})", f"{version}，已安装（{place}）")
    return voice.pick(f"{version}; installed is {there} ({place})", f"{version}；已安装的是 {there}（{place}）")


def _process(known: Figures, voice: Voice) -> str:
    lived = span(known["uptime_seconds"], voice)
    started = local(known["started_at"])
    return voice.pick(
        f"{known['pid']}, for {lived} (since {started})", f"{known['pid']}，已运行 {lived}（{started} 起）"
    )


def _gateways(known: Figures, voice: Voice) -> str:
    wanted = known["gateways_wanted"]
    return voice.pick(f"{known['gateways']} of {wanted}", f"{known['gateways']}/{wanted}") if wanted else ""


def _people(known: Figures, voice: Voice) -> str:
    visitors, agents = known["visitors_online"], known["agents_online"]
    connections, sockets = known["connections"], known["sockets"]
    return voice.pick(
        f"{visitors} visitors, {agents} agents; {connections} connections, {sockets} of them WebSockets",
        f"访客 {visitors}，客服 {agents}；连接 {connections}，其中 WebSocket {sockets}",
    )


def _messages(known: Figures, voice: Voice) -> str:
    minute, day = known["messages_last_minute"], known["messages_last_day"]
    return voice.pick(f"{minute} in the last minute, {day} in the last day", f"最近一分钟 {minute}，最近一天 {day}")


def _conversations(known: Figures, voice: Voice) -> str:
    free, waiting = known["conversations_unassigned"], known["conversations_waiting"]
    return voice.pick(f"{waiting} wait for an answer, {free} are unassigned", f"{waiting} 个待回复，{free} 个未分配")


def _outbox(known: Figures, voice: Voice) -> str:
    waiting, dead, lag = known["outbox_waiting"], known["outbox_dead"], known["outbox_lag_seconds"]
    given_up = voice.pick(f"; {dead} given up", f"；{dead} 个已放弃") if dead else ""
    if not waiting:
        return voice.pick("nothing waits", "无待处理任务") + given_up
    return (
        voice.pick(f"{waiting} tasks wait, the oldest for {lag} s", f"{waiting} 个任务待处理，最久 {lag} 秒") + given_up
    )


def _sources(known: Figures, voice: Voice) -> str:
    count, failing = known["sources"], known["sources_failing"]
    fail = voice.pick(f"; {failing} fail", f"；{failing} 个出错") if failing else ""
    return voice.pick(f"{count} running", f"{count} 个数据源") + fail


def _database(known: Figures, voice: Voice) -> str:
    whole, wal = size(known["database_bytes"]), size(known["wal_bytes"])
    return voice.pick(f"{whole}, and {wal} not yet merged (WAL)", f"{whole}，另有 {wal} 尚未合并（WAL）")


def _memory(known: Figures, voice: Voice) -> str:
    taken, most, percent = (known[f"memory_{what}"] for what in ("taken_bytes", "limit_bytes", "taken_percent"))
    if most >= Limits().memory_bytes_max:
        return voice.pick(f"{size(taken)}, without a limit", f"{size(taken)}，无上限")
    told = voice.pick(f"{size(taken)} of {size(most)} ({percent} %)", f"{size(taken)} / {size(most)}（{percent}%）")
    left_out = ", ".join(known["left_out"])
    return told + (voice.pick(f"; left out: {left_out}", f"；已暂停：{left_out}") if left_out else "")


def _backup(known: Figures, voice: Voice) -> str:
    return f"{local(known['last_backup_at'])}  {known['last_backup']}"


def _certificate(known: Figures, voice: Voice) -> str:
    ends, days, names = known["certificate_ends"], known["certificate_days_left"], ", ".join(known["certificate_names"])
    return voice.pick(f"until {ends}, {days} more days ({names})", f"有效期至 {ends}，还剩 {days} 天（{names}）")


_TOLD: tuple[tuple[str, str, Callable[[Figures, Voice], str]], ...] = (
    ("version", "版本", _version),
    ("process", "进程", _process),
    ("data", "数据目录", lambda known, _: str(known["data"])),
    ("addresses", "访问地址", lambda known, _: ", ".join(known["urls"])),
    ("for visitors", "访客地址", lambda known, _: ", ".join(known["public_urls"])),
    ("listens on", "监听", lambda known, _: ", ".join(known["listeners"])),
    ("gateways", "网关进程", _gateways),
    ("online", "在线", _people),
    ("messages", "消息", _messages),
    ("conversations", "会话", _conversations),
    ("outbox", "待办队列", _outbox),
    ("joined systems", "系统对接", _sources),
    ("database", "数据库", _database),
    ("files", "文件", lambda known, _: size(known["files_bytes"])),
    ("free on the disk", "磁盘剩余", lambda known, _: size(known["disk_free_bytes"])),
    ("memory", "内存", _memory),
    ("last backup", "最近备份", _backup),
    ("next backup", "下次备份", lambda known, _: local(known["next_backup_at"])),
    ("certificate", "证书", _certificate),
    ("root certificate", "根证书指纹", lambda known, _: str(known["root_fingerprint"])),
    ("last word", "最后日志", lambda known, _: f"{local(known['last_log_at'])}  {known['last_log_text']}"),
)
