"""`monodesk intent evaluate`: train on files, measure on others, without a server or a data folder."""

import argparse
import os
import sys
import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from app.commands.columns import padded
from app.commands.intent_files import read
from app.commands.voice import OK, USAGE, Voice
from app.intent.evaluation import Figures, figures, judge
from app.intent.fitting import Progress, engine, fitted
from app.model.intents import Example
from app.settings import Limits, load

_CURVE_EVERY = 4  # of its points, on a terminal
_SHOWN = 10  # lines of confused and of weak intents
_OUT_OF_SCOPE = "oos"


class Evaluation(Struct, frozen=True):
    """What `--json` prints beside the figures; `train_seconds` with the thresholds, `threshold` a confidence."""

    train_examples: int
    valid_examples: int
    train_seconds: float
    model_bytes: int
    threshold: float
    seed: int


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Print the figures."""
    if not options.train or not options.test:
        en = "monodesk: name files to learn from and to be measured on: intent evaluate --train FILE --test FILE"
        zh = "monodesk：请指定训练和测试文件：intent evaluate --train 文件 --test 文件"
        print(voice.pick(en, zh), file=sys.stderr)
        return USAGE
    limits = load({}, os.environ).limits
    trained, valid, tests = (
        read(names, wanted, limits, options.limit)
        for names, wanted in ((options.train, "train"), (options.valid, "valid"), (options.test, "test"))
    )
    with voice.progress("steps", quiet=options.json) as progress:
        evaluation, found = evaluate(
            trained,
            valid,
            tests,
            seed=options.seed,
            limits=limits,
            progress=lambda done, of: progress.reach(done, of, "Training", "正在训练"),
        )
    print_figures(evaluation, found, voice, json=options.json)
    return OK


def evaluate(
    trained: Sequence[Example],
    valid: Sequence[Example],
    tests: Sequence[Example],
    *,
    seed: int,
    limits: Limits,
    progress: Progress | None = None,
) -> tuple[Evaluation, Figures]:
    """Train, find thresholds, recognise every message."""
    began = time.perf_counter()
    made = fitted(trained, seed=seed, limits=limits, valid=valid, progress=progress)
    seconds = time.perf_counter() - began
    found = figures(judge(engine(made, trained, limits).classify, tests, time.perf_counter))
    size = len(made.model.dump())
    return Evaluation(len(trained), made.samples, seconds, size, made.thresholds.answer, seed), found


def print_figures(evaluation: Evaluation, found: Figures, voice: Voice, *, json: bool) -> None:
    """All of them: one line for machines, tables for people."""
    if json:
        print(msgspec.json.encode(msgspec.to_builtins(evaluation) | msgspec.to_builtins(found)).decode())
        return
    say_figures(found, voice)
    _table(
        voice,
        [
            ("threshold", "阈值", f"{evaluation.threshold:.3f}"),
            ("training", "训练", f"{evaluation.train_seconds:.1f} s ({evaluation.train_examples})"),
            ("model", "模型", f"{evaluation.model_bytes / 1e6:.2f} MB"),
        ],
    )


# ---- on a terminal


def say_figures(found: Figures, voice: Voice) -> None:
    """The details first: what counts stands last, where the eye is."""
    _say_weakest(found, voice)
    _say_confused(found, voice)
    _say_curve(found, voice)
    _say_tiers(found, voice)
    _say_summary(found, voice)


def _say_summary(found: Figures, voice: Voice) -> None:
    oos = "-" if found.oos_recall is None else _percent(found.oos_recall)
    voice.say("", "")
    _table(
        voice,
        [
            ("messages", "消息", f"{found.queries} ({found.oos_queries} {voice.pick('out of scope', '超出范围')})"),
            ("intents", "意图", str(found.intents)),
            ("accuracy", "准确率", _percent(found.accuracy)),
            ("coverage", "覆盖率", _percent(found.coverage)),
            ("precision", "精确率", f"{_percent(found.precision)} ({found.answered_right} / {found.answered})"),
            ("precision, all", "精确率（含超出范围）", _percent(found.precision_all)),
            ("out of scope recognised", "超出范围识别率", oos),
            ("calibration error", "校准误差", f"{found.ece:.3f}"),
            ("best three offered", "给出三个选项", f"{_percent(found.offered)} ({_percent(found.offered_right)})"),
            (
                "time a message",
                "每条消息用时",
                f"{found.microseconds_per_query:.0f} µs (p99 {found.microseconds_p99:.0f} µs)",
            ),
        ],
    )


def _say_tiers(found: Figures, voice: Voice) -> None:
    voice.say("\nAnswered by tier: share of all messages, of these right", "\n各层回答：占全部消息的比例、其中正确")
    for tier in found.tiers:
        voice.say(*[f"  {padded(tier.tier, 12)}{_percent(tier.share)}  {_percent(tier.precision)}"] * 2)


def _say_curve(found: Figures, voice: Voice) -> None:
    voice.say("\nThreshold: coverage, precision, of all", "\n阈值：覆盖率、精确率、含超出范围")
    for point in found.curve[::_CURVE_EVERY]:
        shares = "  ".join(map(_percent, (point.coverage, point.precision, point.precision_all)))
        voice.say(*[f"  {point.threshold:.3f}  {shares}"] * 2)


def _say_confused(found: Figures, voice: Voice) -> None:
    if found.confusion:
        voice.say("\nTaken for another most often", "\n最常混淆")
    for one in found.confusion[:_SHOWN]:
        line = f"  {one.count:4}  {one.intent or _OUT_OF_SCOPE} → {one.taken_for or _OUT_OF_SCOPE}"
        voice.say(line, line)


def _say_weakest(found: Figures, voice: Voice) -> None:
    voice.say("Weakest intents: messages, accuracy, precision", "最弱的意图：消息数、准确率、精确率")
    for one in sorted(found.per_intent, key=lambda each: each.accuracy)[:_SHOWN]:
        line = f"  {padded(one.intent, 32)}{one.support:5}  {_percent(one.accuracy)}  {_percent(one.precision)}"
        voice.say(line, line)


def _table(voice: Voice, rows: Sequence[tuple[str, str, str]]) -> None:
    for en, zh, value in rows:
        voice.say(f"{padded(en, 26)}{value}", f"{padded(zh, 26)}{value}")


def _percent(share: float) -> str:
    return f"{100 * share:5.1f} %"
