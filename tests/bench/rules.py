"""Rules, phrases nearly the same, retrieval and corrections: time a message, time to build, memory.

    python -m tests.bench.rules --data DIR

DIR as for `tests.bench.intent`. Rules are made of phrases: their beginning, a star, their end. Times are of the
processor (`thread_time`), medians and 99th percentiles over the natural messages of the shop.
"""

import argparse
import gc
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.intent import starter, tokens
from app.intent.engine import Engine
from app.intent.fuzzy import FuzzyIndex
from app.intent.knowledge import Entry, KnowledgeIndex
from app.intent.normalise import normalise
from app.intent.rules import RuleBook
from app.intent.tables import examples
from app.intent.training import train
from app.model.intents import Example, Intent, Phrase, Rule
from app.settings import Limits
from tests.bench.conditions import headline

LIMITS = Limits()
READ = partial(normalise, limits=LIMITS)
Made = TypeVar("Made")
MANY = 100_000
RULES = 96_000
ENTRIES = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rules")
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    data: Path = options.data
    print(headline(options))
    asked = [one.text for one in _rows(data, "shop_natural", "")]
    many = _many([one for name in ("massive_en", "snips", "shop_zh_en") for one in _rows(data, name, "")])
    measure_rules(asked, many)
    measure_fuzzy(many)
    measure_knowledge(data, many)
    measure_corrections(many)


def measure_rules(asked: Sequence[str], many: Sequence[Example]) -> None:
    pack = starter.load().intents
    book = RuleBook.of(pack, READ, LIMITS)
    read = [(READ(text), text) for text in asked]
    _say("starter pack, phrases and rules", [_seconds(book.match, *one) for one in read])
    known = [(READ(phrase.text), phrase.text) for intent in pack for phrase in intent.phrases][:1_000]
    _say("the same, confirmed phrases", [_seconds(book.match, *one) for one in known])
    for count in (1_000, 10_000, RULES):
        intents = _intents([(one.intent, _starred(one.text)) for one in many[:count]])
        book, seconds, grown = _built(partial(RuleBook.of, intents, READ, LIMITS))
        print(f"{count} rules with a star: built in {seconds:.1f} s, {grown:.0f} MB")
        _say(f"{count} rules, natural messages", [_seconds(book.ruled, text) for text in asked])


def measure_fuzzy(many: Sequence[Example]) -> None:
    phrases = [(READ(one.text), one.text, one.intent) for one in many]
    index, seconds, grown = _built(lambda: FuzzyIndex.of(phrases, LIMITS))
    print(f"{len(phrases)} phrases nearly the same: built in {seconds:.1f} s, {grown:.0f} MB")
    chosen = random.Random(3).sample(phrases, 1_000)
    wrong = [text[: len(text) // 2] + text[len(text) // 2 + 1 :] for text, _, _ in chosen]
    _say(f"{len(phrases)} phrases, one letter missing", [_seconds(index.best, text) for text in wrong])
    found = sum(any(near.ratio >= 90 for near in index.best(text)) for text in wrong)
    print(f"  found at 90 or more: {found / 10:.1f} %")


def measure_knowledge(data: Path, many: Sequence[Example]) -> None:
    entries = [Entry(f"{number}", (one.text,)) for number, one in enumerate(many[:ENTRIES])]
    index, seconds, grown = _built(lambda: KnowledgeIndex.of(entries, LIMITS))
    print(f"{ENTRIES} entries: built in {seconds:.1f} s, {grown:.0f} MB")
    natural = _rows(data, "shop_natural", "")
    for name, rows in (("massive test", _rows(data, "massive_en", "test")[:1_000]), ("shop natural", natural)):
        _say(f"{ENTRIES} entries, {name}", [_seconds(index.find, one.text) for one in rows])
    _say_hits("shop train → natural", _rows(data, "shop_zh_en", "train"), natural)
    _say_hits("shop train → hard", _rows(data, "shop_zh_en", "train"), _rows(data, "shop_zh_en", "hard"))


def measure_corrections(many: Sequence[Example]) -> None:
    intents = _intents([], [(one.intent, one.text) for one in many])
    engine = Engine.of(intents, train(many[:2_000], seed=1, limits=LIMITS), limits=LIMITS)
    spent = []
    for number in range(300):
        began = time.thread_time()
        engine = engine.corrected(f"what nobody has said before {number} of them", intents[number % 7].name)
        spent.append(time.thread_time() - began)
    _say(f"a correction over {len(many)} phrases", spent)


def _say_hits(name: str, stored: Sequence[Example], asked: Sequence[Example]) -> None:
    held: dict[str, list[str]] = {}
    for one in stored:
        if one.intent:
            held.setdefault(one.intent, []).append(one.text)
    index = KnowledgeIndex.of([Entry(intent, tuple(texts)) for intent, texts in held.items()], LIMITS)
    asked = [one for one in asked if one.intent]
    found = [[entry.id for entry in index.find(one.text, 3)] for one in asked]
    first = sum(ids[:1] == [one.intent] for ids, one in zip(found, asked, strict=True)) / len(asked)
    third = sum(one.intent in ids for ids, one in zip(found, asked, strict=True)) / len(asked)
    print(f"  {name}: hit@1 {100 * first:.1f} %, hit@3 {100 * third:.1f} %")


def _rows(data: Path, name: str, split: str) -> list[Example]:
    path = data / f"{name}.tsv"
    return examples(path.read_bytes(), str(path), split or "train", LIMITS, split=split)


def _many(rows: Sequence[Example]) -> list[Example]:
    """So many phrases as the bound is about: those that there are, and more with a strange word in them."""
    rng, made = random.Random(1), list(dict.fromkeys(rows))
    strange = [word for one in made[:5_000] for word in one.text.split()]
    known = len(made)
    while len(made) < MANY:
        one = made[rng.randrange(known)]
        at = rng.randrange(len(one.text) + 1)
        made.append(Example(f"{one.text[:at]} {rng.choice(strange)} {one.text[at:]}", one.intent))
    rng.shuffle(made)
    return made


def _starred(text: str) -> str:
    words = tokens.words(tokens.fold(text))[: LIMITS.intent_rule_words_max - 1]
    half = max(len(words) // 2, 1)
    return f"{' '.join(words[:half])} * {' '.join(words[half:])}"[:500]


def _intents(rules: Sequence[tuple[str, str]], phrases: Sequence[tuple[str, str]] = ()) -> list[Intent]:
    of_rules: dict[str, list[Rule]] = {}
    of_phrases: dict[str, list[Phrase]] = {}
    for name, pattern in rules:
        of_rules.setdefault(name or "oos", []).append(Rule(pattern))
    for name, text in phrases:
        of_phrases.setdefault(name or "oos", []).append(Phrase(text))
    names = dict.fromkeys((*of_rules, *of_phrases))
    return [Intent(name, {}, tuple(of_phrases.get(name, ())), tuple(of_rules.get(name, ()))) for name in names]


def _built(build: Callable[[], Made]) -> tuple[Made, float, float]:
    gc.collect()
    before, began = _resident_mb(), time.thread_time()
    made = build()
    return made, time.thread_time() - began, _resident_mb() - before


def _resident_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1_024 for line in lines if line.startswith("VmRSS"))


def _seconds(work: Callable[..., object], *given: str) -> float:
    began = time.thread_time()
    work(*given)
    return time.thread_time() - began


def _say(name: str, spent: Sequence[float]) -> None:
    ordered = sorted(spent)
    median, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"  {name}: median {1e6 * median:.1f} µs, p99 {1e6 * late:.1f} µs")


if __name__ == "__main__":
    main()
