"""`monodesk logs`: what the server has written down, for a person or for a program, and what it writes next."""

import argparse
import os
import re
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from app.commands.colour import Colour, Shade, harmless
from app.commands.output import OutputCut, is_read
from app.commands.voice import OK, Voice
from app.folder import Folder
from app.model.clock import Clock, SystemClock
from app.model.errors import Invalid, NotFound, Problem, Unavailable
from app.settings import load
from app.telemetry.log_reader import LEVELS, Line, LogReader, parse
from installer import layout as places
from installer.service_journal import ServiceJournal

LINES = 100  # without --since, on a first look
_LOOK_SECONDS = 0.2
_AGE = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHADES: dict[str, Shade] = {"debug": "dim", "warning": "yellow", "error": "red", "critical": "red"}


class Wanted(Struct, frozen=True):
    """Which lines: of this weight and above, from then on, the last `count` of them (None: all)."""

    weight: int
    since: datetime | None
    count: int | None


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Print the log's last lines; with `--follow` also what comes, until it is stopped."""
    folder = Folder(load({"data": options.data}, os.environ).data)
    since = None if options.since is None else moment(options.since, present(SystemClock()))
    count = options.lines if options.lines is not None or since else LINES
    wanted = Wanted(LEVELS.index(options.level), since, count)
    show = _Show(as_json=options.json)
    try:
        _tell(folder, wanted, show, follow=options.follow)
    except PermissionError as error:
        raise _not_allowed(folder.logs) from error
    return OK


def present(clock: Clock) -> datetime:
    """Now, in the machine's own zone."""
    return datetime.fromtimestamp(clock.now_ms() / 1_000).astimezone()


def moment(text: str, now: datetime) -> datetime:
    """A time out of `90m`, `2026-11-26T14:00`, `2026-11-26` or `14:00` (of today); raises `Invalid`."""
    if age := _AGE.fullmatch(text):
        try:
            return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
        except OverflowError:
            raise _no_time(text) from None
    try:
        clock = re.fullmatch(r"\d\d:\d\d(:\d\d)?", text, re.ASCII)
        found = datetime.fromisoformat(f"{now.date()}T{text}" if clock else text)
    except ValueError:
        raise _no_time(text) from None
    return found.astimezone()  # without a zone it is the machine's own


def selected(lines: Iterable[bytes], wanted: Wanted) -> Iterator[Line]:
    """Those that are wanted, one after the other; a damaged one belongs to the time of the line before it."""
    late = wanted.since is None
    for data in lines:
        line = parse(data)
        if wanted.since is not None and line.at is not None:
            late = line.at >= wanted.since
        if late and line.weight >= wanted.weight and (line.text or not line.damaged):
            yield line


def _tell(folder: Folder, wanted: Wanted, show: "_Show", *, follow: bool) -> None:
    reader = LogReader(folder.logs)
    try:
        if not reader.found and (journal := _journal(folder)) is not None:
            _tell_all(journal.lines(wanted.since, follow=False), wanted, show)
            if follow:
                _tell_all(
                    journal.lines(None, follow=True), msgspec.structs.replace(wanted, count=None, since=None), show
                )
            return
        if not reader.found and not follow:
            raise _no_log(folder.root)
        _tell_all(reader.lines(wanted.since), wanted, show)
        if not follow:
            _tell_all([reader.rest()] if reader.rest() else [], wanted, show)
            return
        while True:
            for line in selected(reader.more(), wanted):
                show.line(line)
            if not is_read(sys.stdout):
                raise OutputCut
            time.sleep(_LOOK_SECONDS)
    finally:
        reader.close()


def _tell_all(lines: Iterable[bytes], wanted: Wanted, show: "_Show") -> None:
    if wanted.count is not None and wanted.since is None and not wanted.weight:
        lines = deque(lines, maxlen=wanted.count)  # nothing of the rest is looked at: a full log has a million
    found = selected(lines, wanted)
    for line in found if wanted.count is None else deque(found, maxlen=wanted.count):
        show.line(line)


def _journal(folder: Folder) -> ServiceJournal | None:
    """Where a service of systemd has no files of its own it has at least said what is wrong."""
    try:
        place, _ = places.find()
    except Problem:
        return None
    if place.unit is None or place.data != folder.root:
        return None
    return ServiceJournal.of(place.unit.name, user=place.target == "portable", environ=os.environ)


class _Show:
    """A line on standard output: as it was written, or as a person reads it."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._colour = Colour(sys.stdout, os.environ)

    def line(self, line: Line) -> None:
        print(self._for_machines(line) if self._json else self._for_people(line), flush=True)

    def _for_machines(self, line: Line) -> str:
        if line.damaged:
            return msgspec.json.encode({"text": line.text, "damaged": True}).decode()
        at = line.at.isoformat(timespec="milliseconds") if line.at else None
        known = {"at": at, "level": line.level, "room": line.room, "text": line.text}
        return msgspec.json.encode({**known, **line.facts}).decode()

    def _for_people(self, line: Line) -> str:
        if line.damaged:
            return self._colour.paint("? ", "yellow") + harmless(line.text)
        at = line.at.isoformat(sep=" ", timespec="milliseconds")[:-6] if line.at else ""
        level = self._colour.paint(f"{line.level.upper():7}", _SHADES.get(line.level))
        facts = "".join(f" {_fact(name, value)}" for name, value in line.facts.items() if name != "exception")
        text = f"{at} {level} {line.room:12} {harmless(line.text)}{self._colour.paint(facts, 'dim')}"
        trace = str(line.facts.get("exception", "")).splitlines()
        return "\n".join([text, *(f"    {harmless(row)}" for row in trace)])


def _fact(name: str, value: object) -> str:
    shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    plain = shown and not re.search(r"[\s\"=]", shown)
    return f"{harmless(name)}={harmless(shown if plain else msgspec.json.encode(shown).decode())}"


def _no_time(text: str) -> Invalid:
    return Invalid(
        "no_time",
        f"“{text}” is no time. Write for example --since 90m, --since 2d, --since 14:00 or --since 2026-11-26T14:00.",
        f"无法识别时间“{text}”。例如：--since 90m、--since 2d、--since 14:00 或 --since 2026-11-26T14:00。",
    )


def _no_log(root: Path) -> NotFound:
    return NotFound(
        "no_log",
        f"There is no log in {root / 'logs'}: no server has run on {root}. Name another folder with --data.",
        f"{root / 'logs'} 中没有日志：{root} 上从未运行过服务。请用 --data 指定其他目录。",
    )


def _not_allowed(logs: Path) -> Unavailable:
    return Unavailable(
        "log_not_readable",
        f"{logs} belongs to another user. Try: sudo monodesk logs",
        f"{logs} 属于其他用户。请执行：sudo monodesk logs",
    )
