"""`monodesk import` and `monodesk export`: tables in and out, by a running server or alone.

A server of another user, fenced in by its unit, reads and writes in its own folder alone: files go by way of `run/`.
"""

import argparse
import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from app.commands.progress import Progress
from app.commands.voice import FAILED, OK, Voice
from app.control import Answer, Export, Hear, Import, ask
from app.folder import Folder
from app.model.clock import Clock, SystemClock
from app.model.errors import Invalid, Unavailable
from app.settings import Settings, load

_PREFIX = ".exchange-"
_DAY_MS = 86_400_000
_PIECE_BYTES = 65_536
_KINDS = {"contacts": "contacts", "agents": "agents", "canned": "canned_replies"}


def bring(options: argparse.Namespace, voice: Voice) -> int:
    """Bring a table in, all of it or nothing; with `--check` only say what would come of its first rows."""
    settings = load({"data": options.data}, os.environ)
    mapping = msgspec.json.encode(options.map.split(",")).decode() if options.map else ""
    with _between(settings, SystemClock()) as between, voice.progress("rows", quiet=options.json) as progress:
        _copied(options.file, between, settings.limits.import_bytes_max)
        request = Import(_KINDS[options.what], str(between), mapping, rehearse=options.check, watched=not options.json)
        answer = _carried(settings, request, lambda far: progress.reach(far.done, far.total, "Reading", "正在读取"))
    report = msgspec.json.decode(str(answer["report"]))
    if options.json:
        print(answer["report"])
    else:
        _tell(report, checked=options.check, voice=voice)
    return FAILED if report["problems"] else OK


def give(options: argparse.Namespace, voice: Voice) -> int:
    """Write a table of everything, readable by who asked alone."""
    settings = load({"data": options.data}, os.environ)
    with _between(settings, SystemClock()) as between, voice.progress("bytes", quiet=options.json) as progress:
        request = Export(options.what, str(between), watched=not options.json)
        answer = _carried(settings, request, lambda far: _wrote(progress, far.done))
        _placed(between, options.file.absolute())
    told = {**answer, "file": str(options.file.absolute())}
    if options.json:
        print(msgspec.json.encode(told).decode())
    else:
        voice.say(f"{told['file']}: {told['bytes']} bytes.", f"{told['file']}：{told['bytes']} 字节。")
    return OK


def _carried(settings: Settings, request: Import | Export, hear: Hear) -> Answer:
    answer = ask(Folder(settings.data).control, request, hear=hear)
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request, hear))
    return answer


def _wrote(progress: Progress, done: int) -> None:
    progress.reach(done, 0, "Writing", "正在写入")


def _tell(report: dict[str, Any], *, checked: bool, voice: Voice) -> None:
    columns = zip(report["columns"], report["mapping"], strict=True)
    if checked:
        for column, field in columns:
            voice.say(f"{column}: {field or '(left out)'}", f"{column}：{field or '（不导入）'}")
    for problem in report["problems"]:
        where = f"row {problem['row']}, {problem['column']}" if problem["column"] else f"row {problem['row']}"
        ort = f"第 {problem['row']} 行，{problem['column']}" if problem["column"] else f"第 {problem['row']} 行"
        print(voice.pick(f"{where}: {problem['en']}", f"{ort}：{problem['zh']}"), file=sys.stderr)
    created, changed = report["created"], report["changed"]
    if report["problems"]:
        voice.say(
            "Nothing was imported: correct these rows, then import again.", "未导入任何内容：请更正以上行后重试。"
        )
    elif checked:
        voice.say(
            f"Nothing is wrong so far: {created} would be new, {changed} changed, of {report['rows']} rows.",
            f"未发现问题：共 {report['rows']} 行，将新增 {created}，更新 {changed}。",
        )
    else:
        voice.say(f"{created} are new, {changed} were changed.", f"新增 {created}，更新 {changed}。")


@contextmanager
def _between(settings: Settings, clock: Clock) -> Iterator[Path]:
    """Where a file lies for the moment, for the server and us alone; gone afterwards."""
    folder = Folder(settings.data)
    folder.create()
    run = folder.control.parent
    for left in run.glob(f"{_PREFIX}*"):  # by a command that was killed
        if clock.now_ms() - left.stat().st_mtime_ns // 1_000_000 > _DAY_MS:
            left.unlink(missing_ok=True)
    path = run / f"{_PREFIX}{secrets.token_hex(8)}.csv"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _copied(source: Path, target: Path, bytes_max: int) -> None:
    """As much of it as may be imported and a byte more: the server says what is too long. Raises `Invalid`."""
    try:
        with source.open("rb") as file, _opened(target) as copy:
            left = bytes_max + 1
            while left > 0 and (piece := file.read(min(_PIECE_BYTES, left))):
                copy.write(piece)
                left -= len(piece)
    except OSError as error:
        raise Invalid(
            "file_unreadable",
            f"{source} could not be read: {error.strerror}. Name a file that is there and that you may read.",
            f"无法读取 {source}：{error.strerror}。请指定存在且可读取的文件。",
        ) from error
    if os.geteuid() == 0:  # the server may be another user's
        owner = target.parent.stat()
        os.chown(target, owner.st_uid, owner.st_gid)


def _placed(written: Path, target: Path) -> None:
    """Put what was written where it is wanted, whole or not at all; raises `Unavailable`."""
    draft = target.with_name(f".{target.name}.part")
    try:
        read = os.open(written, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(read, "rb") as table, _opened(draft) as file:
            shutil.copyfileobj(table, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(
            "export_not_written",
            f"{target} could not be written: {error.strerror}. Name a folder with room that you may write to.",
            f"无法写入 {target}：{error.strerror}。请指定有空间且可写入的目录。",
        ) from error


def _opened(path: Path) -> BinaryIO:
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    return os.fdopen(made, "wb")
