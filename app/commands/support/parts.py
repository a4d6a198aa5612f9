"""The parts of a support bundle: each gathers one thing, and tells of it what `discretion` lets through."""

import argparse
import json
import os
import platform
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from app import __version__
from app.commands.doctor import subject_of
from app.commands.status import at_rest, installed
from app.commands.support import log_lines
from app.commands.support.discretion import LEFT_OUT, Discretion, Json
from app.commands.tuned import settled
from app.control import Examine, Figures, Status, ask
from app.folder import Folder
from app.health.examine import examine
from app.health.subject import Live
from app.model.errors import Problem
from app.settings import Settings, from_json, named, origins
from app.storage.outline import ENGINE, outline
from app.telemetry.log_reader import LogReader
from installer import layout as places
from installer.advice import advise
from installer.machine import Machine
from installer.probe import probe
from installer.service_journal import ServiceJournal

_ANSWER_SECONDS = 10.0
_LOG_BYTES_MAX = 4_194_304
_JOURNAL_LINES = 2_000
_LINES_MAX = 20_000
_PLAIN = ("log_level", "durability", "tls.mode")
_LISTENERS = ("listen", "public_listen", "tls.http_listen", "listeners")
_URLS = ("public_url", "tls.acme_directory", "urls", "public_urls")
_ADDRESSES = ("trusted_proxies", "tls.names", "certificate_names")
_DEFAULTS = dict(named(Settings()))
_FIGURES = frozenset(  # of a status; where things lie, and what tells this server from others, are not among them
    {
        "version", "pid", "started_at", "uptime_seconds", "urls", "public_urls", "listeners", "gateways",
        "gateways_wanted", "connections", "sockets", "visitors_online", "agents_online", "messages_last_minute",
        "messages_last_day", "conversations_unassigned", "conversations_waiting", "writes_waiting",
        "outbox_waiting", "outbox_dead", "outbox_lag_seconds", "database_bytes", "wal_bytes", "disk_free_bytes",
        "files_bytes", "memory_taken_bytes", "memory_limit_bytes", "memory_taken_percent", "shed_level",
        "left_out", "last_backup_at", "last_backup_age_hours", "last_backup_failed", "backups_kept",
        "backups_bytes", "next_backup_at", "certificate_names", "certificate_ends", "certificate_days_left",
        "warnings", "last_log_at",
    }
)  # fmt: skip
_MOMENTS = ("started_at", "last_backup_at", "next_backup_at", "last_log_at", "certificate_ends")


class Subject(Struct, frozen=True):
    """Whose bundle it is: `data` and `config` as the command was given them, None where it was not."""

    settings: Settings
    folder: Folder
    data: Path | None
    config: Path | None
    environ: Mapping[str, str]
    discretion: Discretion


class Part(Struct, frozen=True):
    """One file of the bundle; `gather` gives its bytes."""

    name: str
    en: str
    zh: str
    gather: Callable[[Subject], bytes]


def versions(subject: Subject) -> bytes:
    """Of everything that runs together here. The machine's own name is not asked."""
    there = installed(subject.folder)
    return _json(
        {
            "monodesk": __version__,
            "installed": there.get("installed_version"),
            "target": there.get("target"),
            "one_file": bool(getattr(sys, "frozen", False)),
            "python": platform.python_version(),
            "sqlite": ENGINE,
            "kernel": platform.release(),
            "architecture": platform.machine(),
            "c_library": "-".join(platform.libc_ver()),
            "system": _system(),
            "language": next((subject.environ[name] for name in ("LC_ALL", "LANG") if name in subject.environ), "")[:5],
        }
    )


def settings(subject: Subject) -> bytes:
    """Those of the server, else of one that started here, each with its origin and why.

    Of a text that somebody chose only that it is set. A server's own flags are not known here, so an origin is that of
    the value at the next start.
    """
    try:
        tuned = settled({"data": subject.data}, subject.environ, subject.config)
    except Problem as problem:
        return _json({"refused": problem.code, "because": subject.discretion.sentence(problem.en)})
    known, reasons = (
        origins(tuned.sources),
        {one.key: one.reason.en for one in tuned.tuning.numbers} if tuned.tuning else {},
    )
    here, running = dict(named(tuned.settings)), _running(subject)
    there = dict(named(running)) if running is not None else here
    rows: dict[str, dict[str, object]] = {}
    for key, value in here.items():
        rows[key] = {"value": _setting(key, there[key], subject.discretion), "origin": known.get(key, "default")}
        if there[key] != value:
            rows[key]["at_the_next_start"] = _setting(key, value, subject.discretion)
        if key in reasons:
            rows[key]["reason"] = reasons[key]
    return _json(rows)


def status(subject: Subject) -> bytes:
    """As `monodesk status` has it."""
    running = ask(subject.folder.control, Status(), _ANSWER_SECONDS)
    figures = running if running is not None else at_rest(subject.settings, subject.folder)
    told = {name: _figure(name, value, subject.discretion) for name, value in figures.items() if name in _FIGURES}
    return _json({"running": running is not None, **told})


def doctor(subject: Subject) -> bytes:
    """As `monodesk doctor` has it."""
    asked = argparse.Namespace(data=subject.data, config=subject.config, deep=False)
    report = examine(subject_of(asked))
    said = subject.discretion.sentence
    findings = [
        {
            "id": one.id,
            "state": one.state,
            "title": said(one.title.en),
            "found": said(one.found.en),
            "advice": said(one.advice.en),
        }
        for one in report.findings
    ]
    return _json({"state": report.state, "findings": findings})


def metrics(subject: Subject) -> bytes:
    """The server's `/metrics`."""
    answer = ask(subject.folder.control, Figures(), _ANSWER_SECONDS)
    rows = str(answer["page"]).splitlines() if answer else ["# no server runs"]
    return "\n".join(_metric(row, subject.discretion) for row in rows).encode()


def machine(subject: Subject) -> bytes:
    """As `monodesk probe` has it."""
    facts = probe(Machine(environ=subject.environ), subject.folder.root)
    told = subject.discretion.values(msgspec.to_builtins(facts))
    return _json({"facts": told, "advice": [subject.discretion.sentence(words.en) for words in advise(facts)]})


def log(subject: Subject) -> bytes:
    """The last lines, the oldest first."""
    reader = LogReader(subject.folder.logs)
    try:
        last: list[bytes] = []
        for line in reader.lines():
            last.append(line)
            if len(last) >= 2 * _LINES_MAX:
                del last[:_LINES_MAX]
        told, held = [], 0
        for line in reversed(last[-_LINES_MAX:]):
            told.append(log_lines.told(line, subject.discretion))
            held += len(told[-1])
            if held > _LOG_BYTES_MAX:
                break
    finally:
        reader.close()
    return b"\n".join(reversed(told))


def journal(subject: Subject) -> bytes:
    """What a service of systemd has said, and what systemd has said of it."""
    try:
        place, _ = places.find()
    except Problem:
        return b""
    unit = place.unit
    said = ServiceJournal.of(unit.name, user=place.target == "portable", environ=subject.environ) if unit else None
    lines = said.lines(None, last=_JOURNAL_LINES) if said is not None else ()
    return b"\n".join(log_lines.told(line, subject.discretion, plain=True) for line in lines)


def database(subject: Subject) -> bytes:
    """Its schema, how many rows each table holds, and how SQLite runs it. Nothing of what stands in it."""
    if not subject.folder.exists():
        return _json({"exists": False})
    return _json(msgspec.to_builtins(outline(subject.folder.database)))


def folder(subject: Subject) -> bytes:
    """Rights, and how much lies where; no name that somebody could have given."""
    root = subject.folder.root
    if not root.is_dir():
        return _json({"exists": False})
    rooms = {room: _room(root / room) for room in ("files", "keys", "adapters", "backups", "logs", "run")}
    return _json({"mode": _mode(root), "owned_by_who_asks": root.stat().st_uid == os.geteuid(), **rooms})


def installation(subject: Subject) -> bytes:
    """What `install` noted, its digests apart."""
    try:
        place, record = places.find()
    except Problem as problem:
        return _json({"installed": False, "because": problem.code})
    kept = msgspec.to_builtins(record)
    told: dict[str, Json] = {name: kept[name] for name in ("target", "version", "previous")}
    told |= {"files": len(record.files), "links": len(record.links), "tree": len(record.tree)}
    told |= {"user_made": bool(record.user), "port_opened": record.port, "labelled": bool(record.label)}
    told |= {"serves_this_folder": place.data == subject.folder.root, "points_to": place.points_to() == record.version}
    return _json({"installed": True, **told})


def unit(subject: Subject) -> bytes:
    """The service's unit as it lies there, and how many files add to it."""
    try:
        place, _ = places.find()
    except Problem:
        return b"# not installed\n"
    if place.unit is None or not place.unit.is_file():
        return b"# no unit\n"
    rows = [_directive(row, subject.discretion) for row in place.unit.read_text(errors="replace").splitlines()]
    added = place.unit.with_name(f"{place.unit.name}.d")
    count = len(list(added.glob("*.conf"))) if added.is_dir() else 0
    return "\n".join([f"# {count} files in {place.unit.name}.d", *rows, ""]).encode()


def _directive(row: str, discretion: Discretion) -> str:
    if discretion.knows(row) or not row.strip():
        return row
    name, equals, value = row.partition("=")
    return f"{discretion.term(name)}={discretion.sentence(value)}" if equals else discretion.sentence(row)


def _running(subject: Subject) -> Settings | None:
    """What the server runs with; None where none does."""
    answer = ask(subject.folder.control, Examine(), _ANSWER_SECONDS)
    return from_json(msgspec.convert(answer, Live).settings) if answer is not None else None


def _setting(key: str, value: object, discretion: Discretion) -> Json:
    if value == _DEFAULTS.get(key):
        told: Json = msgspec.to_builtins(value)
        return told
    if value is None or isinstance(value, bool | int | float):
        return value
    if key in _PLAIN:
        return str(value)
    if key in _LISTENERS and isinstance(value, str):
        return discretion.listener(value)
    if key in _URLS and isinstance(value, str):
        return discretion.url(value)
    if key in _ADDRESSES and isinstance(value, list | tuple):
        return [discretion.address(str(one)) for one in value]
    if isinstance(value, list | tuple):
        return f"{len(value)} {LEFT_OUT}"
    return f"{LEFT_OUT} (set)"


def _figure(name: str, value: object, discretion: Discretion) -> Json:
    if isinstance(value, list):
        one = {"listeners": discretion.listener, "urls": discretion.url, "public_urls": discretion.url}
        tell = discretion.address if name in _ADDRESSES else one.get(name, discretion.sentence)
        return [tell(str(inner)) for inner in value]
    return str(value) if name in _MOMENTS else discretion.values(value)


def _metric(row: str, discretion: Discretion) -> str:
    """A sample with its labels' values; what explains it is our own or the library's."""
    if row.startswith("#"):
        return row
    name, brace, rest = row.partition("{")
    if not brace:
        return row
    labels, _, value = rest.rpartition("}")
    told = ",".join(_label(one, discretion) for one in labels.split(","))
    return f"{name}{{{told}}}{value}"


def _label(label: str, discretion: Discretion) -> str:
    name, _, value = label.partition("=")
    plain = value.strip('"')
    segments = plain.split("/") if plain.startswith("/") else [plain]
    if all(not one or discretion.knows(one) or discretion.knows(one.strip("{}")) for one in segments):
        return label
    try:
        float(plain)
    except ValueError:
        return f'{name}="{LEFT_OUT}"'
    return label


def _room(path: Path) -> Json:
    if not path.is_dir():
        return None
    found = [one.lstat() for one in path.rglob("*")]
    files = [one for one in found if stat.S_ISREG(one.st_mode)]
    open_to_others = sum(1 for one in found if one.st_mode & 0o077 and not stat.S_ISLNK(one.st_mode))
    return {
        "mode": _mode(path),
        "files": len(files),
        "bytes": sum(one.st_size for one in files),
        "open_to_others": open_to_others,
    }


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def _system() -> str:
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        return ""
    return f"{facts.get('ID', '')} {facts.get('VERSION_ID', '')}".strip()


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


PARTS = (
    Part("versions.json", "versions of program, Python, SQLite, system", "程序、Python、SQLite 和系统版本", versions),
    Part("status.json", "what `monodesk status` tells", "`monodesk status` 的内容", status),
    Part("doctor.json", "what `monodesk doctor` found", "`monodesk doctor` 的结果", doctor),
    Part("settings.json", "settings and tuned numbers, each with its reason", "各项设置与调优数值及其依据", settings),
    Part("machine.json", "what `monodesk probe` found", "`monodesk probe` 的结果", machine),
    Part("metrics.txt", "the page /metrics", "/metrics 页面", metrics),
    Part("log.jsonl", "the log's last lines, our own words alone", "日志的最后部分，仅保留程序自身的文字", log),
    Part(
        "journal.jsonl", "the service's journal, our own words alone", "服务的系统日志，仅保留程序自身的文字", journal
    ),
    Part("database.json", "schema, numbers of rows, how SQLite runs it", "数据库结构、行数和 SQLite 参数", database),
    Part("folder.json", "rights and sizes in the data folder", "数据目录的权限与大小", folder),
    Part("install.json", "what `install` noted", "`install` 的记录", installation),
    Part("unit.txt", "the service's unit", "服务单元", unit),
)
