"""The intent engine: accuracy, what is answered and how much of that is right, time, memory, and how it learns.

    python -m tests.bench.intent --data DIR [--reference PYTHON] [--seeds 5] [--part sets|speed|training|corrections]

DIR holds massive_en.tsv, snips.tsv (no header: split, intent, text), shop_zh_en.tsv and shop_natural.tsv (header);
those that are missing are left out. PYTHON is an interpreter with scikit-learn (`python -m venv DIR`, then `DIR/bin/pip
install scikit-learn`): LinearSVC over TF-IDF of words (1–2) and characters (1–4) is then measured on the same rows. It
is not among the packages of the tests: it would be larger than all of them together.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from app.commands.intent_evaluate import evaluate
from app.intent import starter
from app.intent.decision import wilson
from app.intent.engine import Engine
from app.intent.evaluation import Figures, figures, judge
from app.intent.fitting import engine, fitted, intents_of
from app.intent.tables import examples
from app.intent.training import train
from app.model.intents import Example
from app.settings import Limits
from tests.bench.conditions import headline

LIMITS = Limits()
TWO_SIDED = 1.96
MIB = 1 << 20
ROOT = Path(__file__).parents[2]


class Set(NamedTuple):
    """What is learned from, what the thresholds are made of (nothing: a part is held out), what is asked."""

    name: str
    train: list[Example]
    valid: list[Example]
    test: list[Example]


# ---- sets


def sets(data: Path, seed: int) -> list[Set]:
    """Those whose files are there; halves of one file are drawn by the seed."""
    found = []
    for name in ("massive_en", "snips"):
        if (data / f"{name}.tsv").exists():
            found.append(Set(name, *(rows(data, name, wanted) for wanted in ("train", "valid", "test"))))
            found.append(Set(f"{name}, nothing for thresholds", found[-1].train, [], found[-1].test))
    if (data / "shop_zh_en.tsv").exists() and (data / "shop_natural.tsv").exists():
        plain, hard = (rows(data, "shop_zh_en", "train", split=split) for split in ("train", "hard"))
        natural = rows(data, "shop_natural", "test")
        halves = list(natural)
        random.Random(seed).shuffle(halves)
        half = len(halves) // 2
        found += [
            Set("shop train → natural", plain, [], natural),
            Set("shop train → hard", plain, [], hard),
            Set("shop train + hard → natural", plain + hard, [], natural),
            Set("shop train + half of natural for thresholds → other half", plain, halves[:half], halves[half:]),
            Set("shop train + hard, likewise", plain + hard, halves[:half], halves[half:]),
        ]
    return found


def rows(data: Path, name: str, wanted: str, split: str = "") -> list[Example]:
    path = data / f"{name}.tsv"
    return examples(path.read_bytes(), str(path), wanted, LIMITS, split=split)


def measure_sets(data: Path, seeds: int, reference: Path | None) -> None:
    """A line a set and seed, then what all of them have answered together."""
    answered = right = 0
    for seed in range(1, seeds + 1):
        for one in sets(data, seed):
            evaluation, found = evaluate(one.train, one.valid, one.test, seed=seed, limits=LIMITS)
            _say_set(one.name, seed, evaluation.train_seconds, found)
            answered, right = answered + found.answered, right + found.answered_right
            if reference and seed == 1:
                print(f"    LinearSVC: accuracy {100 * linear_svc(reference, one):.1f}", flush=True)
    low, _ = wilson(right, answered, TWO_SIDED)
    share = right / max(answered, 1)
    print(f"pooled: {right} of {answered} answered are right: {100 * share:.2f} %, not under {100 * low:.2f} %")


def _say_set(name: str, seed: int, seconds: float, found: Figures) -> None:
    oos = "-" if found.oos_recall is None else f"{100 * found.oos_recall:.1f}"
    offered = f"{100 * found.offered:.1f} (right among them {100 * found.offered_right:.1f})"
    tiers = ", ".join(f"{tier.tier} {100 * tier.share:.1f}" for tier in found.tiers)
    print(
        f"{name}, seed {seed}: accuracy {100 * found.accuracy:.1f}, coverage {100 * found.coverage:.1f}, precision "
        f"{100 * found.precision:.2f} ({found.answered_right}/{found.answered}), {100 * found.precision_all:.2f} with "
        f"what is out of scope, oos recall {oos}, "
        f"ECE {found.ece:.3f}, offered {offered}, {tiers}; "
        f"{found.microseconds_per_query:.0f} µs, p99 {found.microseconds_p99:.0f}; trained {seconds:.1f} s",
        flush=True,
    )


REFERENCE = """
import json, sys
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import LinearSVC
train, test = json.load(sys.stdin)
words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
letters = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
model = make_pipeline(FeatureUnion([("words", words), ("letters", letters)]), LinearSVC())
model.fit([text for text, _ in train], [intent for _, intent in train])
print(model.score([text for text, _ in test], [intent for _, intent in test]))
"""


def linear_svc(reference: Path, one: Set) -> float:
    """Its accuracy on the rows in scope."""
    given = [[(row.text, row.intent) for row in part if row.intent] for part in (one.train, one.test)]
    done = subprocess.run(
        [str(reference), "-c", REFERENCE], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return float(done.stdout)


# ---- speed


def measure_speed(data: Path) -> None:
    """The shop's 64 intents with their rules; then 150 intents out of all files."""
    pack = starter.load()
    made = fitted(pack.examples, seed=1, limits=LIMITS)
    shop = Engine.of(pack.intents, made.model, made.thresholds, LIMITS)
    if (data / "shop_natural.tsv").exists():
        _say_speed("64 intents with rules, shop_natural", shop.classify, rows(data, "shop_natural", "test"))
    known = [one for one in pack.examples if one.intent][:500]
    _say_speed("64 intents, confirmed phrases", shop.classify, known)
    if (data / "massive_en.tsv").exists():
        _say_speed("150 intents", *_hundred_and_fifty(data))


def _hundred_and_fifty(data: Path) -> tuple[Callable[[str], object], list[Example]]:
    """The shop's intents once in each language, and as many of the largest of MASSIVE as are missing."""
    pack = [Example(one.text, f"{one.intent}_{one.language}") for one in starter.load().examples if one.intent]
    voice = rows(data, "massive_en", "train")
    missing = 150 - len({one.intent for one in pack})
    kept = {intent for intent, _ in Counter(one.intent for one in voice).most_common(missing)}
    learned = pack + [one for one in voice if one.intent in kept]
    made = train(learned, seed=1, limits=LIMITS)
    asked = [one for one in rows(data, "massive_en", "test") if one.intent in kept] + pack[::4]
    return Engine.of(intents_of(learned), made, None, LIMITS).classify, asked


def _say_speed(name: str, classify: Callable[[str], object], asked: Sequence[Example]) -> None:
    """The best of three for each message: a busy machine takes time from everybody."""
    best = [min(_seconds(classify, one.text) for _ in range(3)) for one in asked]
    ordered = sorted(best)
    p99 = ordered[int(len(ordered) * 0.99)]
    print(
        f"{name}: {1e6 * statistics.median(best):.0f} µs, p99 {1e6 * p99:.0f} µs of {len(asked)} messages", flush=True
    )


def _seconds(classify: Callable[[str], object], text: str) -> float:
    began = time.perf_counter()
    classify(text)
    return time.perf_counter() - began


# ---- training


def measure_training(data: Path, counts: Iterable[int] = (15_000, 100_000)) -> None:
    """Each in a process of its own, at low priority, thresholds included."""
    for count in counts:
        command = [sys.executable, "-m", "tests.bench.intent", "--data", str(data), "--learn", str(count)]
        done = subprocess.run(["nice", "-n", "10", *command], capture_output=True, text=True, check=True, cwd=ROOT)
        print(done.stdout.strip(), flush=True)


def learn(data: Path, count: int) -> None:
    """Learn so many phrases; those that the files do not have are made of two of one intent."""
    phrases = rows(data, "massive_en", "train") + [one for one in starter.load().examples if one.intent]
    chance = random.Random(1)
    of: dict[str, list[str]] = {}
    for one in phrases:
        of.setdefault(one.intent, []).append(one.text)
    while len(phrases) < count:
        intent = chance.choice(phrases).intent
        first, second = chance.choice(of[intent]), chance.choice(of[intent])
        phrases.append(Example(f"{first[: len(first) // 2]}{second[len(second) // 2 :]}", intent))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    began, used = time.perf_counter(), time.process_time()
    chance.shuffle(phrases)
    held, learned = phrases[: count // 20], phrases[count // 20 : count]  # as the desk's own refit does
    made = fitted(learned, seed=1, limits=LIMITS, valid=held)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(
        f"{count} phrases, {len(made.model.labels)} intents: {time.perf_counter() - began:.1f} s "
        f"({time.process_time() - used:.1f} s of CPU), {peak:.0f} MiB at most ({before:.0f} before), "
        f"model {len(made.model.dump()) / 1e6:.2f} MB"
    )


# ---- corrections


def measure_corrections(data: Path, phrases: int = 5, count: int = 3_000, every: int = 500) -> None:
    """From 5 phrases an intent; every message of a stream is corrected, and asked again at once and at the end."""
    for name, stream, asked in _streams(data):
        start, rest = _few(stream, phrases)
        made = fitted(start, seed=1, limits=LIMITS)
        running = engine(made, start, LIMITS)
        print(f"{name}: {len(start)} phrases, accuracy {_accuracy(running, asked):.1f}", flush=True)
        at_once, seconds = 0, []
        corrected = [one for one in rest if one.intent][:count]
        for number, one in enumerate(corrected, 1):
            began = time.perf_counter()
            running = running.corrected(one.text, one.intent)
            seconds.append(time.perf_counter() - began)
            at_once += running.classify(one.text).intent == one.intent
            if number % every == 0:
                print(f"  after {number}: accuracy {_accuracy(running, asked):.1f}", flush=True)
        still = sum(running.classify(one.text).intent == one.intent for one in corrected)
        refitted = engine(fitted(start + corrected, seed=1, limits=LIMITS), start + corrected, LIMITS)
        print(
            f"  {len(corrected)} corrected: right at once {100 * at_once / len(corrected):.1f} %, still at the end "
            f"{100 * still / len(corrected):.2f} %; {1e3 * statistics.median(seconds):.2f} ms each, at most "
            f"{1e3 * max(seconds):.1f} ms; trained anew: accuracy {_accuracy(refitted, asked):.1f}",
            flush=True,
        )


def _streams(data: Path) -> list[tuple[str, list[Example], list[Example]]]:
    found = []
    if (data / "massive_en.tsv").exists():
        found.append(("massive_en", rows(data, "massive_en", "train"), rows(data, "massive_en", "test")))
    if (data / "shop_natural.tsv").exists():
        found.append(("shop", list(starter.load().examples), rows(data, "shop_natural", "test")))
    return found


def _few(stream: Sequence[Example], phrases: int) -> tuple[list[Example], list[Example]]:
    """So many of each intent, and the others, in an order of chance."""
    order = list(stream)
    random.Random(1).shuffle(order)
    taken: Counter[str] = Counter()
    start: list[Example] = []
    rest: list[Example] = []
    for one in order:
        taken[one.intent] += 1
        (start if one.intent and taken[one.intent] <= phrases else rest).append(one)
    return start, rest


def _accuracy(running: Engine, asked: Sequence[Example]) -> float:
    return 100 * figures(judge(running.classify, asked, time.perf_counter)).accuracy


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--part", choices=("sets", "speed", "training", "corrections"))
    parser.add_argument("--learn", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.learn:
        learn(options.data, options.learn)
        return
    print(headline(options))
    parts: dict[str, Callable[[], None]] = {
        "sets": lambda: measure_sets(options.data, options.seeds, options.reference),
        "speed": lambda: measure_speed(options.data),
        "training": lambda: measure_training(options.data) if (options.data / "massive_en.tsv").exists() else None,
        "corrections": lambda: measure_corrections(options.data),
    }
    for name, part in parts.items():
        if options.part in (None, name):
            print(f"-- {name}")
            part()


if __name__ == "__main__":
    main()
