"""`monodesk intent import|export|starter`: files of intents in and out, by a running server or alone."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from app.commands.exchange import between, copied, placed
from app.commands.voice import FAILED, OK, USAGE, Voice
from app.control import Answer, ExportIntents, Hear, ImportIntents, ask
from app.folder import Folder
from app.model.clock import SystemClock
from app.settings import Settings, load

_ENDINGS = {".csv": "csv", ".yml": "rasa", ".yaml": "yaml"}


def bring(options: argparse.Namespace, voice: Voice) -> int:
    """Bring files in, each all of it or nothing; with `--check` only say what would come of them."""
    if not options.files:
        return _name_files(voice)
    settings = load({"data": options.data}, os.environ)
    reports = [_brought(settings, Path(name), options, voice) for name in options.files]
    if options.json:
        print(msgspec.json.encode({"files": reports}).decode())
    return FAILED if any(report["problems"] for report in reports) else OK


def give(options: argparse.Namespace, voice: Voice) -> int:
    """Write all intents to a file; its ending says how, where `--format` does not."""
    if len(options.files) != 1:
        return _name_files(voice)
    target = Path(options.files[0]).absolute()
    form = options.format or _ENDINGS.get(target.suffix.lower(), "yaml")
    settings = load({"data": options.data}, os.environ)
    with between(settings, SystemClock()) as way, voice.progress("bytes", quiet=options.json) as progress:
        request = ExportIntents(form, str(way), watched=not options.json)
        answer = _carried(settings, request, lambda far: progress.reach(far.done, 0, "Writing", "正在写入"))
        placed(way, target)
    told = {**answer, "file": str(target), "format": form}
    if options.json:
        print(msgspec.json.encode(told).decode())
    else:
        voice.say(f"{target}: {told['bytes']} bytes ({form}).", f"{target}：{told['bytes']} 字节（{form}）。")
    return OK


def load_starter(options: argparse.Namespace, voice: Voice) -> int:
    """Load the starter pack; intents that are there already stay as they are."""
    settings = load({"data": options.data}, os.environ)
    with voice.progress("rows", quiet=options.json) as progress:
        report = _report(settings, ImportIntents("", watched=not options.json), progress.reach)
    if options.json:
        print(msgspec.json.encode(report).decode())
    else:
        _tell("monodesk", report, checked=False, voice=voice)
    return FAILED if report["problems"] else OK


def _brought(settings: Settings, source: Path, options: argparse.Namespace, voice: Voice) -> dict[str, Any]:
    with between(settings, SystemClock()) as way, voice.progress("rows", quiet=options.json) as progress:
        copied(source, way, settings.limits.intent_file_bytes_max)
        request = ImportIntents(str(way), options.format or "", rehearse=options.check, watched=not options.json)
        report = _report(settings, request, progress.reach)
    if not options.json:
        _tell(str(source), report, checked=options.check, voice=voice)
    return {"file": str(source), **report}


def _report(settings: Settings, request: ImportIntents, reach: Any) -> dict[str, Any]:
    answer = _carried(settings, request, lambda far: reach(far.done, far.total, "Importing", "正在导入"))
    report: dict[str, Any] = msgspec.json.decode(str(answer["report"]))
    return report


def _carried(settings: Settings, request: ImportIntents | ExportIntents, hear: Hear) -> Answer:
    answer = ask(Folder(settings.data).control, request, hear=hear)
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request, hear))
    return answer


def _tell(name: str, report: dict[str, Any], *, checked: bool, voice: Voice) -> None:
    for remark in (*report["problems"], *report["warnings"]):
        where, ort = (f"{name}:{remark['line']}", f"{name}:{remark['line']}") if remark["line"] else (name, name)
        print(voice.pick(f"{where}: {remark['en']}.", f"{ort}：{remark['zh']}。"), file=sys.stderr)
    new, twice, made, changed = (report[key] for key in ("phrases", "duplicates", "created", "changed"))
    if report["problems"]:
        voice.say(
            f"{name}: nothing was imported. Correct these lines, then import again.",
            f"{name}：未导入任何内容。请更正以上行后重试。",
        )
        return
    would, es = ("would be ", "将") if checked else ("", "")
    voice.say(
        f"{name} ({report['format']}): {new} phrases {would}new, {twice} were known; {made} intents {would}new, "
        f"{changed} {would}changed.",
        f"{name}（{report['format']}）：{es}新增短语 {new}，已有 {twice}；{es}新增意图 {made}，{es}更新 {changed}。",
    )


def _name_files(voice: Voice) -> int:
    print(voice.pick("monodesk: name the file", "monodesk：请指定文件"), file=sys.stderr)
    return USAGE
