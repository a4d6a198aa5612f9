"""`monodesk intent train FILE…`: what phrases would teach the engine, by figures of those that were held out."""

import argparse
import os
import random
import sys
from collections.abc import Sequence

from app.commands.intent_evaluate import evaluate, print_figures
from app.commands.intent_files import read
from app.commands.voice import OK, USAGE, Voice
from app.model.intents import Example
from app.settings import load

_HELD_ONE_IN = 7  # about 15 %


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Train on six of seven phrases, measure on the seventh."""
    if not options.files:
        en, zh = "monodesk: name files of phrases: intent train FILE", "monodesk：请指定短语文件：intent train 文件"
        print(voice.pick(en, zh), file=sys.stderr)
        return USAGE
    limits = load({}, os.environ).limits
    learned, held = parted(read(options.files, "train", limits, options.limit), options.seed)
    with voice.progress("steps", quiet=options.json) as progress:
        evaluation, found = evaluate(
            learned,
            (),
            held,
            seed=options.seed,
            limits=limits,
            progress=lambda done, of: progress.reach(done, of, "Training", "正在训练"),
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
