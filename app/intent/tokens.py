"""A message as rules read it: word by word, each ideograph a word of its own, and where each stood in the original.

Other than by `normalise`, nothing is masked: a rule's marks give back what the visitor wrote. Words become code points
of a `Vocabulary`, so that a run of words is a string: it is compared and looked for by `str` itself, and what no rule
knows costs nothing.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from app.intent.characters import simplified

_DROPPED = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0x00AD,
            0x034F, 0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0, *range(0xE0000, 0xE0200))  # fmt: skip
_APOSTROPHES = "'’‘`´ʼ"  # `don't` is one word, however it is written
# Words of letters and digits; then what stands for itself: symbols, ideographs, kana, Hangul, emoji.
_ITSELF = r"\u2190-\u2bff\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\ufdff\U0001f000-\U0003fffd"
_RUNS = re.compile(rf"[^\W_{_ITSELF}]+|[{_ITSELF}]+")
_ITSELF_FROM = "\u2190"
_FIRST_CODE = 0x40000  # above every character that stands for itself; nothing is assigned there
_LAST_CODE = 0x10FFFF
UNKNOWN = "\0"


def fold(text: str) -> str:
    """The same to whoever reads it: NFKC, lower case, simplified, without what is not seen and without apostrophes."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    return unicodedata.normalize("NFKC", text).lower().translate(_folded())


@cache
def _folded() -> dict[int, str | None]:
    gone: dict[int, str | None] = dict.fromkeys((*_DROPPED, *map(ord, _APOSTROPHES)))
    return {ord(one): other for one, other in simplified().items()} | gone


def words(folded: str) -> list[str]:
    """Words and characters that stand for themselves, in their order; `folded` is what `fold` makes."""
    found: list[str] = []
    for run in _RUNS.findall(folded):
        if run[0] >= _ITSELF_FROM:
            found.extend(run)
        else:
            found.append(run)
    return found


def stands_for_itself(word: str) -> bool:
    """Whether it is a character that is a word of its own."""
    return word[0] >= _ITSELF_FROM


class Span(Struct, frozen=True, gc=False):
    """Where a word stands in the folded text: from `start` to before `end`, in characters."""

    start: int
    end: int


def spans(folded: str) -> list[Span]:
    """Of each of the `words`."""
    found: list[Span] = []
    for match in _RUNS.finditer(folded):
        start, end = match.span()
        if folded[start] >= _ITSELF_FROM:
            found.extend(Span(at, at + 1) for at in range(start, end))
        else:
            found.append(Span(start, end))
    return found


class Alignment:
    """Which piece of the original a piece of the folded text was."""

    def __init__(self, original: str, folded: str) -> None:
        self._original = original
        self._folded = folded
        self._from: list[int] = []
        self._to: list[int] = []
        self._align()

    def original(self, start: int, end: int) -> str:
        """From `start` to before `end` of the folded text, as it was written."""
        if not self._from:
            return self._folded[start:end]
        return self._original[self._from[start] : self._to[end - 1]]

    def _align(self) -> None:
        """A character with the marks combined with it folds alone; where it does not, the folded text has to do."""
        made = []
        for start, end in _units(self._original):
            piece = fold(self._original[start:end])
            made.append(piece)
            self._from.extend([start] * len(piece))
            self._to.extend([end] * len(piece))
        if "".join(made) != self._folded:
            self._from.clear()


def _units(text: str) -> Iterable[tuple[int, int]]:
    start = 0
    for at in range(1, len(text)):
        if not unicodedata.combining(text[at]):
            yield start, at
            start = at
    if text:
        yield start, len(text)


class Vocabulary:
    """A code point for each word that rules name. Grows while rules are read, then only reads."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def is_full(self) -> bool:
        """Whether no word more has a code point."""
        return _FIRST_CODE + len(self._codes) > _LAST_CODE

    def add(self, word: str) -> str:
        """Its code point; itself for what stands for itself."""
        if stands_for_itself(word):
            return word
        code = self._codes.get(word)
        if code is None:
            code = self._codes[word] = chr(_FIRST_CODE + len(self._codes))
        return code

    def new(self) -> str:
        """A code point that no word has."""
        return self.add(f" {len(self._codes)}")  # a word has no space

    def encode(self, folded: str) -> str:
        """A text as code points, one a word."""
        known = self._codes.get
        return "".join([run if run[0] >= _ITSELF_FROM else known(run, UNKNOWN) for run in _RUNS.findall(folded)])
