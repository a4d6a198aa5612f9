"""Phrases that are nearly the same as a message: candidates by the pieces they share, then compared letter by letter.

An inverted index over pieces (two ideographs, three letters, a beginning, an ending) names the best two dozen; only
those are compared. Pieces that many phrases have say little and are read last, up to a bound: 100,000 phrases that
share words cost no more than a thousand.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import nlargest
from itertools import chain

from app.intent.similar import Likeness
from app.model.intents import Near
from app.settings import Limits

_EDGE = 6  # characters of a beginning and an ending
_IDEOGRAPHS_FROM = "\u2e80"

Postings = Mapping[str, "array[int] | tuple[int, ...]"]


class FuzzyIndex:
    """Known phrases by their pieces; immutable. `added` makes another one that shares all but what is new."""

    __slots__ = ("_base", "_blocked", "_count", "_intents", "_limits", "_meant", "_more", "_normalised", "_texts")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._base: dict[str, array[int]] = {}
        self._more: dict[str, tuple[int, ...]] = {}  # pieces of what was added since
        self._normalised: list[str] = []  # shared by all that were made of one index, and only ever appended to
        self._texts: list[str] = []
        self._intents: list[str] = []
        self._count = 0
        self._meant: dict[str, str] = {}  # the intent of words that were added since: no other's count any more
        self._blocked: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, str, str]], limits: Limits) -> "FuzzyIndex":
        """Out of (normalised, as it was written, intent)."""
        index = cls(limits)
        most = limits.intent_fuzzy_postings_max
        for number, (normalised, text, intent) in enumerate(phrases):
            index._normalised.append(normalised)
            index._texts.append(text)
            index._intents.append(intent)
            for piece in set(pieces(normalised)):
                postings = index._base.get(piece)
                if postings is None:
                    index._base[piece] = array("I", (number,))
                elif len(postings) < most:
                    postings.append(number)
        index._count = len(index._normalised)
        return index

    def __len__(self) -> int:
        return self._count

    @property
    def postings_max(self) -> int:
        """How many phrases the commonest piece names."""
        return max((len(postings) for postings in self._base.values()), default=0)

    def added(self, normalised: str, text: str, intent: str) -> "FuzzyIndex":
        """With one phrase more; the same words of another intent are gone."""
        made = self._copied()
        if len(self._normalised) != self._count:  # another one was made of this index before: they part here
            made._normalised, made._texts, made._intents = (
                self._normalised[: self._count], self._texts[: self._count], self._intents[: self._count],
            )  # fmt: skip
        made._meant = self._meant | {normalised: intent}
        made._blocked = self._blocked - {(normalised, intent)}
        made._normalised.append(normalised)
        made._texts.append(text)
        made._intents.append(intent)
        made._more = dict(self._more)
        for piece in set(pieces(normalised)):
            made._more[piece] = (*made._more.get(piece, ()), self._count)[-self._limits.intent_fuzzy_postings_max :]
        made._count = self._count + 1
        return made

    def without(self, normalised: str, intent: str) -> "FuzzyIndex":
        """Without the phrases that are these words and mean this intent."""
        made = self._copied()
        made._blocked = self._blocked | {(normalised, intent)}
        return made

    def best(self, normalised: str) -> tuple[Near, ...]:
        """The phrases most like it, the most like first."""
        numbers = self._candidates(normalised)
        if not numbers:
            return ()
        ranked = Likeness(normalised).best(
            [self._normalised[number] for number in numbers], self._limits.intent_fuzzy_near_max
        )
        return tuple(
            Near(self._texts[numbers[at]], self._intents[numbers[at]], ratio) for ratio, at in ranked if ratio > 0
        )

    def _candidates(self, normalised: str) -> list[int]:
        """Those that share most with it, by rare pieces first, until so many postings are read as the bound says."""
        found = [postings for piece in set(pieces(normalised)) for postings in self._postings(piece)]
        found.sort(key=len)
        left = self._limits.intent_fuzzy_read_max
        read: list[array[int] | tuple[int, ...]] = []
        for postings in found:
            left -= len(postings)
            if left < 0 and read:
                read.append(postings[: left + len(postings)])
                break
            read.append(postings)
        counted = Counter(chain.from_iterable(read))
        most = self._limits.intent_fuzzy_candidates_max
        numbers = list(counted) if len(counted) <= most else nlargest(most, counted, key=counted.__getitem__)
        if not self._meant and not self._blocked:
            return numbers
        return [number for number in numbers if self._stands(number)]

    def _postings(self, piece: str) -> "Iterator[array[int] | tuple[int, ...]]":
        base, more = self._base.get(piece), self._more.get(piece)
        if base is not None:
            yield base
        if more is not None:
            yield more

    def _stands(self, number: int) -> bool:
        """Whether a phrase was not taken away since."""
        normalised, intent = self._normalised[number], self._intents[number]
        return self._meant.get(normalised, intent) == intent and (normalised, intent) not in self._blocked

    def _copied(self) -> "FuzzyIndex":
        made = FuzzyIndex(self._limits)
        made._base, made._more = self._base, self._more
        made._normalised, made._texts, made._intents = self._normalised, self._texts, self._intents
        made._count, made._meant, made._blocked = self._count, self._meant, self._blocked
        return made


def pieces(normalised: str) -> Iterator[str]:
    """Two characters that begin with an ideograph, three that do not; how it begins and how it ends."""
    padded = f" {normalised} "
    for at in range(len(padded) - 1):
        if padded[at] >= _IDEOGRAPHS_FROM or padded[at + 1] >= _IDEOGRAPHS_FROM:
            yield padded[at : at + 2]
        elif at < len(padded) - 2:
            yield padded[at : at + 3]
    yield _beginning(normalised)
    yield f"{normalised[-_EDGE:]}$"


def _beginning(normalised: str) -> str:
    return f"^{normalised[:_EDGE]}"
