"""`monodesk intent train`: a new version out of the desk's phrases; of files, only what they would teach."""

import argparse
import os
import random
import time
from collections.abc import Sequence

import msgspec

from app.commands.intent_evaluate import evaluate, print_figures, say_figures
from app.commands.intent_files import read
from app.commands.progress import Progress
from app.commands.voice import FAILED, OK, Voice
from app.control import TrainIntents, ask
from app.folder import Folder
from app.learning.refit import Training
from app.learning.versions import Version
from app.model.errors import Unavailable
from app.model.intents import Example
from app.settings import Limits, Settings, load

_HELD_ONE_IN = 7  # about 15 %
_LOOK_SECONDS = 0.5


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Train, and tell how good it is on phrases that it was not trained on."""
    settings = load({"data": options.data}, os.environ)
    return _files(settings.limits, options, voice) if options.files else _desk(settings, options, voice)


# ---- files


def _files(limits: Limits, options: argparse.Namespace, voice: Voice) -> int:
    """Train on six of seven phrases, measure on the seventh; nothing is stored."""
    learned, held = parted(read(options.files, "train", limits, options.limit), options.seed)
    with voice.progress("steps", quiet=options.json) as progress:
        evaluation, found = evaluate(
            learned,
            (),
            held,
            seed=options.seed,
            limits=limits,
            progress=lambda done, of: _show(progress, done, of),
        )
    print_figures(evaluation, found, voice, json=options.json)
    return OK


def parted(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Those to learn from and those held out, one in seven by chance; of a single phrase none is held out."""
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)
    held = set(order[: len(order) // _HELD_ONE_IN])
    return (
        [one for at, one in enumerate(examples) if at not in held],
        [one for at, one in enumerate(examples) if at in held],
    )


# ---- the desk


def _desk(settings: Settings, options: argparse.Namespace, voice: Voice) -> int:
    """Have the server train a version and wait for it. The server goes on with it where this command is stopped."""
    with voice.progress("steps", quiet=options.json) as progress:
        training, version = _asked(settings, TrainIntents())
        while training.state == "running":
            _show(progress, round(100 * training.share), 100)
            time.sleep(_LOOK_SECONDS)
            training, version = _asked(settings, TrainIntents(begin=False))
    if options.json:
        print(msgspec.json.encode({"training": training, "version": version}).decode())
    else:
        _tell(training, version, voice)
    return OK if training.state == "done" else FAILED


def _asked(settings: Settings, request: TrainIntents) -> tuple[Training, Version | None]:
    answer = ask(Folder(settings.data).control, request)
    if answer is None:
        en = "No server runs. Start it, or name files of phrases: monodesk intent train FILE"
        raise Unavailable("training_alone", en, "服务未运行。请先启动服务，或指定短语文件：monodesk intent train 文件")
    version = str(answer["version"])
    training = msgspec.json.decode(str(answer["training"]), type=Training)
    return training, msgspec.json.decode(version, type=Version) if version else None


def _tell(training: Training, version: Version | None, voice: Voice) -> None:
    if version is None:
        voice.say(f"Nothing was trained: {training.en}", f"未能训练：{training.zh}")
        return
    measured = version.measured
    if training.state == "done":
        voice.say(f"Version {version.number} is at work.", f"版本 {version.number} 已启用。")
    else:
        voice.say(
            f"Version {version.number} gets less right than the one at work and is kept out.",
            f"版本 {version.number} 的正确率低于当前版本，未启用。",
        )
    voice.say(
        f"{measured.phrases} phrases of {measured.intents} intents, {measured.seconds:.1f} s, model "
        f"{version.model_bytes / 1e6:.2f} MB, threshold {version.thresholds.answer:.3f}",
        f"{measured.intents} 个意图共 {measured.phrases} 条短语，用时 {measured.seconds:.1f} 秒，模型 "
        f"{version.model_bytes / 1e6:.2f} MB，阈值 {version.thresholds.answer:.3f}",
    )
    if measured.held_out is not None:
        say_figures(measured.held_out, voice)


def _show(progress: Progress, done: int, total: int) -> None:
    progress.reach(done, total, "Training", "正在训练")
