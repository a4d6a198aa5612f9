"""What a model looks at in a text: words, parts of words, Chinese characters, how these are read, what they mean."""

import re
from itertools import combinations, pairwise

from app.intent.characters import readings
from app.intent.lexicon import meanings
from app.settings import Limits

_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\s\u3400-\u4dbf\u4e00-\u9fff]+")
_FIRST_CJK, _LAST_CJK = "\u3400", "\u9fff"
_WORD_CHARACTERS_MAX = 40  # of a longer "word" only the beginning has parts


# How much each kind counts, beside how rare it is; what was tried stands in tests/bench/intent_features.md.
_MEANING, _TWO_MEANINGS, _OVER_ONE = "%", "+", "*"
_WEIGHTS = {_MEANING: 2.5, _TWO_MEANINGS: 0.5, _OVER_ONE: 1.0, "~": 1.5}
_WORDS_WEIGHT = 2.0
_PART_WEIGHTS = {2: 0.7, 5: 0.7}  # by the number of letters
_CHARACTER_WEIGHTS = {1: 1.5}  # by the number of Chinese characters
_MEANINGS_MAX = 12  # of a text, that are looked at two by two


def features(normalised: str, limits: Limits) -> list[str]:
    """Each feature of a normalised text once, at most `intent_features_max`: what it means, and what is written."""
    meant = sorted(meanings(normalised)[:_MEANINGS_MAX])
    found = [_MEANING + meaning for meaning in meant]
    found += [f"{_TWO_MEANINGS}{one}+{other}" for one, other in combinations(meant, 2)]
    words = normalised.split(" ")
    found += dict.fromkeys(f"{_OVER_ONE}{one} {other}" for one, other in zip(words, words[2:], strict=False))
    return (found + surface(normalised, limits))[: limits.intent_features_max]


def weight(feature: str) -> float:
    """How much a feature counts beside others that are as rare; 1.0 for most."""
    if feature[0] in _WEIGHTS:
        return _WEIGHTS[feature[0]]
    if " " in feature:
        return _WORDS_WEIGHT
    kinds = _CHARACTER_WEIGHTS if _FIRST_CJK <= feature[0] <= _LAST_CJK else _PART_WEIGHTS
    return kinds.get(len(feature), 1.0)


def surface(normalised: str, limits: Limits) -> list[str]:
    """The features of what is written alone, in the order of the text, each once.

    Words and pairs of them, 2 to 5 letters in a row within a word; 1 to 3 Chinese characters in a row, and one or two
    of their readings, so that a character typed for another of the same sound changes little.
    """
    found: list[str] = []
    before = "^"
    for run in _RUNS.findall(normalised):
        if len(found) > limits.intent_features_max:
            break
        if _FIRST_CJK <= run[0] <= _LAST_CJK:
            _characters(run, found)
            before = "^"
        else:
            found.append(f"w {run}")
            found.append(f"{before} {run}")
            _parts(run, found)
            before = run
    return list(dict.fromkeys(found))[: limits.intent_features_max]


def _parts(word: str, found: list[str]) -> None:
    edged = f"<{word[:_WORD_CHARACTERS_MAX]}>"
    length = len(edged)
    for size in (2, 3, 4, 5):
        found += [edged[at : at + size] for at in range(length - size + 1)]


def _characters(run: str, found: list[str]) -> None:
    found += run
    found += [one + other for one, other in pairwise(run)]
    found += [run[at : at + 3] for at in range(len(run) - 2)]
    known = readings()
    read = ["~" + known.get(character, character) for character in run]
    found += read
    found += [one + other for one, other in pairwise(read)]
