"""What the process that trains does: no database, no network, nothing but what `lesson` tells of."""

import os
import resource
import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import BinaryIO
from zlib import crc32

import msgspec
from msgspec.structs import replace

from app.intent import starter
from app.intent.decision import Thresholds
from app.intent.engine import Engine
from app.intent.evaluation import Figures, figures, judge
from app.intent.features import features
from app.intent.fitting import fitted
from app.intent.linear import Model
from app.intent.normalise import normalise
from app.learning.lesson import Failed, Lesson, Line, Progress, Taught, Told
from app.model.errors import Problem
from app.model.intents import Example, Phrase
from app.settings import Limits

SEED = 20_260
_HELD_ONE_IN = 20
_HELD_FROM = 20  # phrases of an intent, from which on some of them are held out
_VALID_MIN = 300  # held out messages, from which on they alone say what the thresholds are
_TOLD_SECONDS = 0.5
_OUT_OF_MEMORY_SCORE = 800  # of 1000: where memory is short the kernel ends this process before the server
_GONE = 3


_encoder = msgspec.json.Encoder()
_lesson = msgspec.json.Decoder(Lesson)
_line = msgspec.json.Decoder(Line)


def work(given: BinaryIO, back: BinaryIO, bytes_max: int, niceness: int) -> None:
    """Learn what is given and give it back, within so much memory and behind everybody else."""
    _stand_back(bytes_max, niceness)
    try:
        _teach(given, back)
    except Problem as problem:
        _say(back, Failed(problem.code, problem.en, problem.zh))
    except MemoryError:
        en = f"It takes more than {bytes_max // 1_048_576} MB. Delete phrases that nobody needs, or allow it more."
        zh = f"所需内存超过 {bytes_max // 1_048_576} MB。请删除不需要的示例问法，或调高限额。"
        _say(back, Failed("training_memory", en, zh))


def _teach(given: BinaryIO, back: BinaryIO) -> None:
    began = time.perf_counter()
    lesson = _lesson.decode(given.readline())
    old = Model.load(given.read(lesson.model_bytes), lesson.limits) if lesson.model_bytes else None
    lines = [_line.decode(line) for line in iter(given.readline, b"\n")]
    _watch(given)
    held, learnt = _parted(lines)
    examples = [Example(one.text, one.intent, one.language) for one in learnt]
    examples += _out_of_scope(lines)
    valid = [Example(one.text, one.intent, one.language) for one in held] if len(held) >= _VALID_MIN else []
    made = fitted(examples, seed=SEED, limits=lesson.limits, valid=valid, progress=_progress(back))
    replayed = _replayed(held, learnt, lesson.limits)
    before, after, count = _compared(old, made.model, replayed, lesson.limits)
    content = made.model.dump()
    measured = _held_out(lesson, made.model, made.thresholds, learnt, held)
    peak = _most_held()
    taught = Taught(
        len(content), made.thresholds, len(learnt), len(made.model.labels), time.perf_counter() - began, peak, count,
        before, after, measured,
    )  # fmt: skip
    _say(back, taught)
    back.write(content)
    back.flush()


def _parted(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Those that are held out for good, by their words alone, and those to learn from."""
    phrases: dict[str, int] = {}
    for line in lines:
        if line.intent:
            phrases[line.intent] = phrases.get(line.intent, 0) + 1
    held: list[Line] = []
    learnt: list[Line] = []
    for line in lines:
        if not line.intent:
            continue
        out = not line.replayed and phrases[line.intent] >= _HELD_FROM
        out = out and crc32(line.text.encode()) % _HELD_ONE_IN == 0
        (held if out else learnt).append(line)
    return held, learnt


def _out_of_scope(lines: Sequence[Line]) -> list[Example]:
    """What agents said is none of the intents; beside the starter pack's intents what it says is none of them."""
    said = [Example(line.text, "", line.language) for line in lines if not line.intent]
    if any(line.starter for line in lines):
        said += starter.out_of_scope(starter.load())
    return said


def _replayed(held: Sequence[Line], learnt: Sequence[Line], limits: Limits) -> list[Line]:
    """What both versions are asked: what agents gave, the newest first, and phrases that neither has learnt."""
    corrections = [line for line in reversed(learnt) if line.replayed]
    known = [line for line in held if not line.late]
    room = limits.intent_replay_max - min(len(known), limits.intent_replay_max // 2)
    return [*corrections[:room], *known[: limits.intent_replay_max - len(corrections[:room])]]


def _compared(
    old: Model | None, new: Model, replayed: Sequence[Line], limits: Limits
) -> tuple[float | None, float | None, int]:
    """The shares that both get right, over intents that both know."""
    if old is None:
        return None, None, 0
    for line in replayed:
        if line.late and line.intent in old.index:
            old = old.corrected(features(normalise(line.text, limits), limits), line.intent)
    asked = [line for line in replayed if line.intent in old.index]
    if not asked:
        return None, None, 0
    return _right(old, asked, limits), _right(new, asked, limits), len(asked)


def _right(model: Model, asked: Sequence[Line], limits: Limits) -> float:
    right = 0
    for line in asked:
        scores = model.scores(features(normalise(line.text, limits), limits))
        right += model.labels[max(range(len(scores)), key=scores.__getitem__)] == line.intent
    return right / len(asked)


def _held_out(
    lesson: Lesson, model: Model, thresholds: Thresholds, learnt: Sequence[Line], held: Sequence[Line]
) -> Figures | None:
    """What the whole engine does with phrases that it does not hold."""
    if not held:
        return None
    phrases: dict[str, list[Phrase]] = {}
    for line in learnt:
        phrases.setdefault(line.intent, []).append(Phrase(line.text, line.language))
    intents = [replace(one, phrases=tuple(phrases.get(one.name, ()))) for one in lesson.intents]
    engine = Engine.of(intents, model, thresholds, lesson.limits)
    tests = [Example(one.text, one.intent, one.language) for one in held]
    return figures(judge(engine.classify, tests, time.perf_counter))


def _progress(back: BinaryIO) -> Callable[[int, int], None]:
    told = 0.0

    def tell(done: int, of: int) -> None:
        nonlocal told
        if time.perf_counter() - told >= _TOLD_SECONDS:
            told = time.perf_counter()
            _say(back, Progress(done / of if of else 1.0))

    return tell


def _say(back: BinaryIO, told: Told) -> None:
    back.write(_encoder.encode(told) + b"\n")
    back.flush()


def _stand_back(bytes_max: int, niceness: int) -> None:
    """Behind everybody else for the processor, first to go where memory is short, and never more than its share."""
    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_DATA, (bytes_max, bytes_max))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123 - a file of the kernel's
        score.write(str(_OUT_OF_MEMORY_SCORE))


def _most_held() -> int:
    """The most memory it has held, in bytes; what getrusage(2) tells includes the server's, as this was its fork."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - a file of the kernel's
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1_024


def _watch(given: BinaryIO) -> None:
    """End with the server."""

    def wait() -> None:
        given.read(1)
        os._exit(_GONE)

    Thread(target=wait, daemon=True).start()
