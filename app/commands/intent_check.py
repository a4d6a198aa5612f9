"""`monodesk intent check`: what is wrong with intents, and their cases; those of files, or of the desk."""

import argparse
import os
from pathlib import Path

import msgspec

from app.commands.intent_sets import read
from app.commands.progress import Progress
from app.commands.voice import FAILED, OK, Voice
from app.control import CheckIntents, ask
from app.folder import Folder
from app.intent.checking import ERROR, Report, reported
from app.intent.engine import Engine
from app.intent.training import train
from app.model.intents import Example, Intent
from app.settings import Limits, Settings, load

_SHOWN = 100  # findings, and cases, on a terminal


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Failed where there is an error, or a case that does not hold."""
    settings = load({"data": options.data}, os.environ)
    with voice.progress("steps", quiet=options.json) as progress:
        if options.files:
            report = of_files([Path(name) for name in options.files], settings.limits, progress)
        else:
            report = _of_desk(settings)
    if options.json:
        print(msgspec.json.encode({"right": report.is_right, **msgspec.to_builtins(report)}).decode())
    else:
        _tell(report, voice)
    return OK if report.is_right else FAILED


def of_files(paths: list[Path], limits: Limits, progress: Progress) -> Report:
    """Rules and phrases of all files together; cases by a model that has learned from these phrases alone."""
    intents = [intent for path in paths for intent in read(path, limits)]
    if not any(intent.cases for intent in intents):
        return reported(intents, limits, None)
    return reported(intents, limits, _engine(intents, limits, progress).classify)


def _engine(intents: list[Intent], limits: Limits, progress: Progress) -> Engine:
    """Of these intents, trained by their phrases."""
    learned = [
        Example(phrase.text, intent.name, phrase.language)
        for intent in intents
        if intent.enabled
        for phrase in intent.phrases
    ]
    if len({one.intent for one in learned}) < 2:  # there is nothing to tell apart
        return Engine.of(intents, limits=limits)

    def tell(done: int, of: int) -> None:
        progress.reach(done, of, "Training", "正在训练")

    return Engine.of(intents, train(learned, seed=1, limits=limits, progress=tell), limits=limits)


def _of_desk(settings: Settings) -> Report:
    """By the server; where none runs, here."""
    answer = ask(Folder(settings.data).control, CheckIntents())
    if answer is None:
        import asyncio

        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, CheckIntents()))
    return msgspec.json.decode(str(answer["report"]), type=Report)


def _tell(report: Report, voice: Voice) -> None:
    for one in report.findings[:_SHOWN]:
        mark = voice.pick("error", "错误") if one.severity == ERROR else voice.pick("warning", "警告")
        print(f"{mark}: {voice.pick(one.en, one.zh)}")
    missed = [case for case in report.cases if not case.held]
    for case in missed[:_SHOWN]:
        wanted, said = case.wanted or "-", case.said.intent or "-"
        how = f"{case.said.tier}, {case.said.confidence:.2f}"
        voice.say(
            f"case: “{case.text}” is to be {wanted}, and is {said} ({how}).",
            f"用例：“{case.text}”应为 {wanted}，实际为 {said}（{how}）。",
        )
    told = min(len(report.findings), _SHOWN) + min(len(missed), _SHOWN)
    if (left := report.errors + report.warnings + report.cases_missed - told) > 0:
        voice.say(f"… and {left} more.", f"……还有 {left} 项。")
    held = report.cases_in_all - report.cases_missed
    voice.say(
        f"{report.errors} errors, {report.warnings} warnings; {held} of {report.cases_in_all} cases hold.",
        f"{report.errors} 个错误，{report.warnings} 个警告；{report.cases_in_all} 个用例中 {held} 个通过。",
    )
