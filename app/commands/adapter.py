"""`monodesk adapter check|run|replay`: specs of joined systems tried, a source read now, its dead letters delivered."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from app.adapters.managing.checking import case_told, mistake_of
from app.adapters.registry import Checked, check_text, named_twice, unreadable
from app.adapters.specs.model import Source
from app.adapters.specs.reading import read
from app.adapters.specs.shipped import shipped
from app.commands.voice import FAILED, OK, USAGE, Voice
from app.control import Answer, ReadSource, ReplayLetters, ask
from app.folder import Folder
from app.settings import Settings, load


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Check files, or do something with one source."""
    settings = load({"data": options.data}, os.environ)
    if options.what == "check":
        return _check(settings, [Path(name) for name in options.names], options, voice)
    if len(options.names) != 1:
        en = f"monodesk: name the source: monodesk adapter {options.what} NAME"
        print(voice.pick(en, f"monodesk：请指定数据源：monodesk adapter {options.what} 名称"), file=sys.stderr)
        return USAGE
    (name,) = options.names
    return (_read if options.what == "run" else _replay)(settings, name, options, voice)


# ---- check


def _check(settings: Settings, files: Sequence[Path], options: argparse.Namespace, voice: Voice) -> int:
    """Read every file and run its cases; no server is asked, and nothing is changed."""
    specs = settings.data / "adapters"
    checked = _none_twice(_all_checked(settings, files or sorted(specs.glob("*.yaml"))))
    if options.json:
        print(msgspec.json.encode({"files": [_for_machines(one) for one in checked]}).decode())
    elif not checked:
        voice.say(f"There is no spec in {specs}.", f"{specs} 中没有配置。")
    for one in checked if not options.json else ():
        _tell(one, voice)
    return FAILED if any(one.wrong for one in checked) else OK


def _all_checked(settings: Settings, files: Sequence[Path]) -> list[Checked]:
    limits = settings.limits
    presets = shipped(limits) if files else {}

    def reading(raw: bytes, file: str) -> Sequence[Source]:
        return read(raw, file, limits, presets)

    found = []
    for path in files:
        try:
            found.append(check_text(path.read_bytes(), str(path), reading, limits))
        except OSError as error:
            found.append(Checked(str(path), "", (), (unreadable(str(path), error),)))
    return found


def _none_twice(checked: Sequence[Checked]) -> list[Checked]:
    """With what a server would refuse: a name that another file has taken."""
    taken: dict[str, str] = {}
    found = []
    for one in checked:
        twice = [named_twice(source, one.file, taken[source.name]) for source in one.sources if source.name in taken]
        taken |= {source.name: one.file for source in one.sources if source.name not in taken}
        found.append(replace(one, wrong=(*one.wrong, *twice)))
    return found


def _for_machines(one: Checked) -> dict[str, Any]:
    at_cases = {case.mark for case in one.cases if not case.held}
    return {
        "file": one.file,
        "sources": [source.name for source in one.sources],
        "errors": [mistake_of(wrong.mark, wrong.en, wrong.zh) for wrong in one.wrong if wrong.mark not in at_cases],
        "cases": [case_told(case) for case in one.cases],
    }


def _tell(one: Checked, voice: Voice) -> None:
    for wrong in one.wrong:
        print(voice.pick(wrong.en, wrong.zh))
    if not one.wrong:
        names = ", ".join(source.name for source in one.sources)
        held = len(one.cases)
        voice.say(f"{one.file}: {names}: {held} cases hold.", f"{one.file}：{names}：{held} 个用例通过。")


# ---- run, replay


def _read(settings: Settings, name: str, options: argparse.Namespace, voice: Voice) -> int:
    """Read one source once; it has failed where it says why."""
    told = _carried(settings, ReadSource(name))
    if options.json:
        print(msgspec.json.encode(told).decode())
    elif told["code"]:
        print(voice.pick(f"{name}: {told['en']}", f"{name}：{told['zh']}"), file=sys.stderr)
    else:
        skipped = sum(int(str(told[what])) for what in ("unchanged", "older", "left_out"))
        fetched, written, failed = told["fetched"], told["written"], told["failed"]
        voice.say(
            f"{name}: {fetched} fetched, {written} stored, {skipped} skipped, {failed} not taken.",
            f"{name}：读取 {fetched}，写入 {written}，跳过 {skipped}，未接收 {failed}。",
        )
    return FAILED if told["code"] else OK


def _replay(settings: Settings, name: str, options: argparse.Namespace, voice: Voice) -> int:
    """Deliver every dead letter of one source; it has failed where one is a dead letter still."""
    told = _carried(settings, ReplayLetters(name))
    if options.json:
        print(msgspec.json.encode(told).decode())
    else:
        delivered, left_out, failed = told["delivered"], told["left_out"], told["failed"]
        voice.say(
            f"{name}: {delivered} delivered, {left_out} left out, {failed} failed once more.",
            f"{name}：已处理 {delivered}，已排除 {left_out}，再次失败 {failed}。",
        )
    return FAILED if told["failed"] else OK


def _carried(settings: Settings, request: ReadSource | ReplayLetters) -> Answer:
    """By the server; where none runs, here."""
    answer = ask(Folder(settings.data).control, request)
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request))
    return answer
