"""`monodesk doctor`: every check with what it found, what that means, and the command that mends it."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from app.commands.colour import Colour, Shade, harmless
from app.commands.columns import padded, width
from app.commands.tuned import settled
from app.commands.voice import FAILED, OK, Voice
from app.control import Examine, ask
from app.folder import Folder
from app.health.examine import examine
from app.health.subject import Live, Subject
from app.model.clock import SystemClock
from app.model.errors import Forbidden, Problem
from app.model.health import Finding, Report, State, Words
from app.settings import Settings, from_json
from installer.layout import of_systemd, prefix_of, read
from installer.machine import Machine

_ANSWER_SECONDS = 10.0
_NAMES = {
    State.WRONG: Words("wrong", "错误"),
    State.WARNING: Words("warning", "警告"),
    State.NOT_ASKED: Words("not asked", "未检查"),
    State.FINE: Words("fine", "正常"),
}
_SHADES: dict[State, Shade] = {
    State.WRONG: "red",
    State.WARNING: "yellow",
    State.NOT_ASKED: "dim",
    State.FINE: "green",
}


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Examine and tell; exit code 1 where something is wrong, 0 with warnings alone."""
    report = examine(subject_of(options))
    if options.json:
        print(msgspec.json.encode(report).decode())
    else:
        for line in _lines(report, voice, Colour(sys.stdout, os.environ)):
            print(line)
    return FAILED if report.state is State.WRONG else OK


def subject_of(options: argparse.Namespace) -> Subject:
    """All that is to be looked at, the server asked for what it alone knows."""
    settings, problem = _settings(options)
    folder = Folder(settings.data)
    live = _live(folder)
    if live is not None:
        settings = _of_server(live) or settings
    return Subject(
        settings=settings,
        folder=folder,
        machine=Machine(environ=os.environ),
        clock=SystemClock(),
        deep=options.deep,
        holder=_holder(folder),
        live=live,
        problem=problem,
        prefix=_prefix(folder),
    )


def _settings(options: argparse.Namespace) -> tuple[Settings, Problem | None]:
    """As a server started from here would have them; the defaults where they are wrong."""
    data = options.data or _data_of_installation()
    try:
        return settled({"data": data}, os.environ, options.config).settings, None
    except Forbidden:  # another user's: everything would be wrong for the same reason
        raise
    except Problem as problem:
        named = data or os.environ.get("MONODESK_DATA")
        return Settings(data=Path(named) if named else Settings().data), problem


def _data_of_installation() -> Path | None:
    """An installed program knows its own folder."""
    if "MONODESK_DATA" in os.environ or not getattr(sys, "frozen", False):
        return None
    prefix = prefix_of(Path(sys.executable))
    record = read(prefix) if prefix else None
    return Path(record.data) if record else None


def _holder(folder: Folder) -> int:
    try:
        return folder.holder()
    except OSError:  # another user's: the checks say so
        return 0


def _live(folder: Folder) -> Live | None:
    """What a server tells of itself; None where none answers, or one of another version that tells other things."""
    try:
        answer = ask(folder.control, Examine(), _ANSWER_SECONDS)
        return None if answer is None else msgspec.convert(answer, Live)
    except (Problem, OSError, msgspec.ValidationError):
        return None


def _of_server(live: Live) -> Settings | None:
    """The server may have been started with flags that nobody here knows of."""
    try:
        return from_json(live.settings)
    except msgspec.MsgspecError:
        return None


def _prefix(folder: Folder) -> Path | None:
    """Where the server of this folder is installed: by this program, or in the usual place."""
    own = prefix_of(Path(sys.executable))
    usual = of_systemd().prefix
    for prefix in (own, folder.root.parent, usual):
        record = read(prefix) if prefix else None
        if record is not None and Path(record.data) == folder.root:
            return prefix
    return None


def _lines(report: Report, voice: Voice, colour: Colour) -> Iterable[str]:
    """The worst first and told at length; what is fine takes one line."""
    states = {state: voice.pick(words.en, words.zh) for state, words in _NAMES.items()}
    first = max(map(width, states.values()))
    second = max(width(voice.pick(one.title.en, one.title.zh)) for one in report.findings)
    for finding in report.findings:
        state = padded(states[finding.state], first)
        title = padded(voice.pick(finding.title.en, finding.title.zh), second)
        found = harmless(voice.pick(finding.found.en, finding.found.zh))  # names of files and hosts are anybody's
        yield f"{colour.paint(state, _SHADES[finding.state])}  {title}  {found}".rstrip()
        yield from (f"{' ' * (first + 2)}{harmless(line)}" for line in _at_length(finding, voice))
    counted = [(state, sum(one.state is state for one in report.findings)) for state in State]
    yield ""
    yield ", ".join(f"{count} {states[state]}" for state, count in counted if count)


def _at_length(finding: Finding, voice: Voice) -> list[str]:
    if finding.state not in (State.WRONG, State.WARNING):
        return []
    told = [voice.pick(finding.meaning.en, finding.meaning.zh), voice.pick(finding.advice.en, finding.advice.zh)]
    return [*told, *([f"$ {finding.command}"] if finding.command else [])]
