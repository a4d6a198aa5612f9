"""Retrieval over what is written down: questions and passages of articles, found by the words of a message.

The features are the intents' own, so that Chinese without blanks, typing errors and homophones are found alike. Rare
features are read first, up to a bound, so that a query over 10,000 entries stays under a millisecond; the best few
dozen are then compared letter by letter. Edited articles are put in and taken out one by one.
"""

from array import array
from collections.abc import Callable, Iterable
from heapq import nlargest
from math import log, sqrt

from msgspec import Struct

from app.intent.features import surface
from app.intent.normalise import normalise
from app.intent.similar import Likeness
from app.settings import Limits

_LIKENESS = 0.35  # of the ratio of letters beside the shared features, where entries are ranked
_WORTH = 0.25  # of what the best unit shares: those that share less are not looked at
_NOISE = frozenset((2, 3, 5))


class Entry(Struct, frozen=True):
    """Something that can be found: `texts` are its questions, its title, its passages; `language` empty for any."""

    id: str
    texts: tuple[str, ...]
    language: str = ""


class Found(Struct, frozen=True, gc=False):
    """An entry with the one of its texts that fits best; `score` 0 to 1, 1 for the same words."""

    id: str
    text: str
    score: float


class KnowledgeIndex:
    """Entries by the features of their texts. Belongs to one thread; `put` and `remove` cost what one entry has."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._entries: dict[str, Entry] = {}
        self._numbers: dict[str, list[int]] = {}
        self._units: list[tuple[str, str, str, str] | None] = []  # id, normalised, as written, language
        self._free: list[int] = []  # places of units that were taken out
        self._postings: dict[str, array[int]] = {}
        self._lengths = array("f")

    @classmethod
    def of(cls, entries: Iterable[Entry], limits: Limits) -> "KnowledgeIndex":
        """Out of all entries; of two with one id the later one stays."""
        index = cls(limits)
        index._fill({entry.id: entry for entry in entries}.values())
        return index

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """For how many texts there is room."""
        return len(self._units)

    def put(self, entry: Entry) -> None:
        """Take an entry in; one of the same id that was there before goes."""
        self.remove(entry.id)
        self._entries[entry.id] = entry
        self._numbers[entry.id] = [self._add(entry, text) for text in entry.texts]
        for number in self._numbers[entry.id]:
            self._lengths[number] = self._length(self._features(self._words(number)))

    def remove(self, entry_id: str) -> None:
        """Take an entry out; nothing happens where there is none."""
        if self._entries.pop(entry_id, None) is None:
            return
        for number in self._numbers.pop(entry_id):
            for feature in self._features(self._words(number)):
                self._postings[feature].remove(number)
                if not self._postings[feature]:
                    del self._postings[feature]
            self._units[number] = None
            self._free.append(number)

    def find(
        self, text: str, count: int = 3, *, language: str = "", allowed: Callable[[str], bool] | None = None
    ) -> tuple[Found, ...]:
        """The entries that fit a text best, the best first; `allowed` says by its id whether one may be found."""
        normalised = normalise(text, self._limits)
        wanted = self._features(normalised)
        sums, length = self._sums(wanted)
        shortlist = self._shortlist(sums, language, allowed)
        if not shortlist:
            return ()
        likeness = Likeness(normalised)
        best: dict[str, Found] = {}
        for number in shortlist:
            unit = self._units[number]
            if unit is None:
                continue
            entry_id, words, written, _ = unit
            shared = min(sums[number] / (length * self._lengths[number]), 1.0)
            score = (1 - _LIKENESS) * shared + _LIKENESS * likeness.ratio(words) / 100
            if entry_id not in best or best[entry_id].score < score:
                best[entry_id] = Found(entry_id, written, score)
        return tuple(nlargest(count, best.values(), key=lambda one: one.score))

    # ---- the index

    def _fill(self, entries: Iterable[Entry]) -> None:
        """All of them at once, weighed at the end."""
        for entry in entries:
            self._entries[entry.id] = entry
            self._numbers[entry.id] = [self._add(entry, text) for text in entry.texts]
        self._weigh()

    def _words(self, number: int) -> str:
        unit = self._units[number]
        return unit[1] if unit is not None else ""

    def _features(self, normalised: str) -> list[str]:
        return [one for one in surface(normalised, self._limits) if not _is_noise(one)]

    def _add(self, entry: Entry, text: str) -> int:
        words = normalise(text, self._limits)
        number = self._place((entry.id, words, text, entry.language))
        for feature in self._features(words):
            postings = self._postings.get(feature)
            if postings is None:
                self._postings[feature] = array("I", (number,))
            else:
                postings.append(number)
        return number

    def _place(self, unit: tuple[str, str, str, str]) -> int:
        if self._free:
            number = self._free.pop()
            self._units[number] = unit
            return number
        self._units.append(unit)
        self._lengths.append(1.0)
        return len(self._units) - 1

    def _weigh(self) -> None:
        """The lengths once more, now that it is known how rare each feature is."""
        squares = [0.0] * len(self._units)
        for postings in self._postings.values():
            square = self._weight(len(postings)) ** 2
            for number in postings:
                squares[number] += square
        self._lengths = array("f", (sqrt(square) or 1.0 for square in squares))

    def _weight(self, held_by: int) -> float:
        """How much a feature says that so many units have."""
        return log((1 + len(self._units)) / (1 + held_by)) + 1

    def _length(self, held: Iterable[str]) -> float:
        squares = (self._weight(len(self._postings.get(feature, ()))) ** 2 for feature in held)
        return sqrt(sum(squares)) or 1.0

    # ---- a query

    def _sums(self, wanted: Iterable[str]) -> tuple[dict[int, float], float]:
        """What each unit shares with the query, by rare features first; and the query's length."""
        held = []
        square = 0.0
        for feature in wanted:
            postings = self._postings.get(feature)
            weight = self._weight(len(postings) if postings else 0)
            square += weight * weight
            if postings:
                held.append((len(postings), weight * weight, postings))
        held.sort(key=lambda one: one[0])
        sums: dict[int, float] = {}
        left = self._limits.knowledge_read_max
        for count, weight, postings in held:
            left -= count
            if left < 0 and sums:
                break
            for number in postings:
                sums[number] = sums.get(number, 0.0) + weight
        return sums, sqrt(square) or 1.0

    def _shortlist(self, sums: dict[int, float], language: str, allowed: Callable[[str], bool] | None) -> list[int]:
        """The best few dozen that may be found."""
        most = self._limits.knowledge_reranked_max
        least = max(sums.values(), default=0.0) * _WORTH
        numbers = [number for number, shared in sums.items() if shared >= least]
        if language or allowed is not None:
            numbers = [number for number in numbers if self._may(number, language, allowed)]
        return nlargest(most, numbers, key=sums.__getitem__)

    def _may(self, number: int, language: str, allowed: Callable[[str], bool] | None) -> bool:
        unit = self._units[number]
        if unit is None or (language and unit[3] and unit[3] != language):
            return False
        return allowed is None or allowed(unit[0])


def _is_noise(feature: str) -> bool:
    """Parts of words by two, three and five letters: those by four find as much, with a third of the places to read."""
    return len(feature) in _NOISE and feature.isascii() and " " not in feature
