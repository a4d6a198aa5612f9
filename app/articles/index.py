"""An inverted index of short texts: which documents say what is asked, the rarest words counting most; pure.

Words without their endings, and single signs and pairs of signs of Chinese. Documents are put in and taken out one at a
time, so nothing is ever built anew.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from heapq import nlargest
from math import log

from msgspec import Struct

_PIECES = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u3400-\u9fff]+")
_ENDINGS = re.compile(r"(?:'s|ing|ed|es|s)(?!.)")
_STEM_MIN = 3
_RERANKED = 24
_QUERY_FEATURES_MAX = 120
_COMMON = 0.5  # of the documents: what more of them say tells nothing
_UNHEARD = 0.3  # of the weight of what no document says: manners of asking, mostly
_SINGLE = 0.5
_CJK = "\u3400"
_LIKENESS = 0.3  # how much of the score the likeness to a title or question is


class Document(Struct, frozen=True):
    """What is found by `headings`, which are compared as wholes too, and by the words of `text`, which weigh less."""

    key: str
    headings: tuple[str, ...]
    text: str


class Found(Struct, frozen=True, gc=False):
    """`score` 0 to 1: how much of what was asked it says."""

    key: str
    score: float


class Index:
    """Documents by what they say; not for two threads at once."""

    def __init__(self) -> None:
        self._posts: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._documents: dict[str, tuple[tuple[frozenset[str], ...], tuple[str, ...]]] = {}  # of headings, of all

    def __len__(self) -> int:
        return len(self._documents)

    def put(self, document: Document) -> None:
        """Put one in, in the place of what it was."""
        self.take(document.key)
        weights = dict.fromkeys(features(document.text), 0.45)
        weights.update(dict.fromkeys((one for heading in document.headings for one in features(heading)), 1.0))
        for feature, weight in weights.items():
            self._posts[feature][document.key] = weight
        self._documents[document.key] = tuple(frozenset(features(one)) for one in document.headings), tuple(weights)

    def take(self, key: str) -> None:
        """Take one out, if it is there."""
        for feature in self._documents.pop(key, ((), ()))[1]:
            posts = self._posts[feature]
            del posts[key]
            if not posts:
                del self._posts[feature]

    def best(self, text: str, limit: int) -> list[Found]:
        """The best ones, the best first."""
        asked = list(dict.fromkeys(features(text)))[:_QUERY_FEATURES_MAX]
        scores: defaultdict[str, float] = defaultdict(float)
        whole, count = 0.0, len(self._documents)
        for feature in asked:
            posts = self._posts.get(feature, {})
            rarity = log(1 + (count + 1) / (len(posts) + 1)) * _weight(feature)
            whole += rarity if posts else rarity * _UNHEARD
            if len(posts) > max(8, count * _COMMON):
                continue
            for key, weight in posts.items():
                scores[key] += rarity * weight
        near = nlargest(_RERANKED, scores.items(), key=lambda item: item[1])
        found = [Found(key, self._score(key, said / whole, frozenset(asked))) for key, said in near]
        return sorted(found, key=lambda one: -one.score)[:limit]

    def _score(self, key: str, said: float, asked: frozenset[str]) -> float:
        likeness = max((_alike(asked, heading) for heading in self._documents[key][0]), default=0.0)
        return round((1 - _LIKENESS) * said + _LIKENESS * likeness, 4)


def features(text: str) -> Iterable[str]:
    """Words without their endings; of Chinese each sign and each pair."""
    for piece in _PIECES.findall(_folded(text)):
        if piece[0] < _CJK:
            yield _ENDINGS.sub("", piece) if len(piece) > _STEM_MIN else piece
            continue
        yield from piece
        yield from (piece[at : at + 2] for at in range(len(piece) - 1))


def _weight(feature: str) -> float:
    """One sign of Chinese is in many words."""
    return _SINGLE if len(feature) == 1 and feature >= _CJK else 1.0


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How much two share, 0 to 1."""
    return 2 * len(one & other) / max(1, len(one) + len(other))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
