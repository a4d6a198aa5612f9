"""What words mean, in the talk of customers: a small lexicon of English and Chinese that nearly says the same.

It is what lets a model that was taught "I want my money back" make something of 退钱: both are of one meaning.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from app.intent.characters import readings

_TABLE = Path(__file__).parent / "lexicon.txt"
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_SAID_MAX = 5  # Chinese characters of the longest entry that is looked for
_ENDINGS = ("ing", "ed", "es", "s")
_STEM_MIN = 3

_Phrases = dict[str, tuple[tuple[tuple[str, ...], str], ...]]  # by their first word: the rest of each, its meaning


def meanings(normalised: str) -> list[str]:
    """The names of the meanings in a normalised text, each once, English ones first, in the order of the text."""
    return list(dict.fromkeys([*_english(normalised), *_chinese(normalised)]))


def _english(normalised: str) -> Iterator[str]:
    phrases, words = _lexicon()[0], [stem(word) for word in normalised.split()]
    for at, word in enumerate(words):
        for rest, meaning in phrases.get(word, ()):
            if not rest or tuple(words[at + 1 : at + 1 + len(rest)]) == rest:
                yield meaning


def _chinese(normalised: str) -> Iterator[str]:
    """Two characters and more are looked for by their sound: one of them may have been typed for another."""
    if normalised.isascii():
        return
    said = _lexicon()[1]
    known = readings()
    for run in _CJK.findall(normalised):
        sounds = [known.get(character, character) for character in run]
        for at in range(len(run)):
            yield from said.get(run[at], ())
            for end in range(at + 2, min(at + _SAID_MAX, len(run)) + 1):
                yield from said.get(" ".join(sounds[at:end]), ())


@lru_cache(maxsize=4_096)
def stem(word: str) -> str:
    """The word without its commonest endings: "refunded", "refunding" and "refunds" are "refund"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= _STEM_MIN + len(ending):
            word = word.removesuffix(ending)
            break
    return word.removesuffix("e") if len(word) > _STEM_MIN else word


@cache
def _lexicon() -> tuple[_Phrases, dict[str, tuple[str, ...]]]:
    """Its English and its Chinese half; read at the first call, in about 3 ms."""
    phrases: _Phrases = {}
    said: dict[str, tuple[str, ...]] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        meaning, _, entries = line.partition(": ")
        for entry in () if line.startswith("#") else entries.split(", "):
            if entry.isascii():
                first, *rest = map(stem, entry.split())
                phrases[first] = (*phrases.get(first, ()), (tuple(rest), meaning))
            else:
                key = entry if len(entry) == 1 else " ".join(readings().get(one, one) for one in entry)
                said[key] = (*said.get(key, ()), meaning)
    return phrases, said
