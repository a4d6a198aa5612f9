"""What a model looks at in a text: words, parts of words, Chinese characters, and how these are read."""

import re
from itertools import pairwise

from app.intent.characters import readings
from app.settings import Limits

_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\s\u3400-\u4dbf\u4e00-\u9fff]+")
_FIRST_CJK, _LAST_CJK = "\u3400", "\u9fff"
_WORD_CHARACTERS_MAX = 40  # of a longer "word" only the beginning has parts


def features(normalised: str, limits: Limits) -> list[str]:
    """Each feature of a normalised text once, at most `intent_features_max`, in the order of the text.

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
