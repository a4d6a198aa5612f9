"""What a text is reduced to before anything looks at it: the same words, however they were typed."""

import re
import unicodedata
from functools import cache

from app.intent.characters import simplified
from app.settings import Limits

NUMBER = "#"  # stands for any number, price, date or order number
ADDRESS = "@"  # stands for any mail address or link

_RAW_FACTOR = 4  # a text may shrink while it is normalised: so much more of it is looked at than is kept
_APOSTROPHES = "'’‘ʼ`´"  # "don't" and "dont" are one word
_CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_NUMBER_MARK, _ADDRESS_MARK = "\ue000", "\ue001"  # of private use, until the punctuation is gone
_ADDRESSES = re.compile(
    r"(?:https?://|www\.)[^\s\u3000-\u9fff]{1,200}|[\w.+-]{1,64}@[a-z0-9-]{1,64}(?:\.[a-z0-9-]{1,64})+"
)
_DIGIT = re.compile(r"[0-9]")
_WITH_DIGITS = re.compile(r"(?<![a-z])(?:[a-z]{1,5}[_-])?[a-z]*[0-9][a-z0-9]*(?:[.,:/_-][a-z0-9]+)*")
_MEASURE = re.compile(r"([0-9][0-9.,:/_-]*)([a-z]{0,4})")
_ORDER_DIGITS_MIN = 3  # from so many digits on, letters and digits together are an order number: "mp3" is none
_REPEATED = re.compile(r"(.)\1{2,}", re.DOTALL)
_SIGNS = re.compile(rf"[^\w{_NUMBER_MARK}{_ADDRESS_MARK}]+|_+")
_EDGES = re.compile(rf"(?<=[{_CJK}])(?=[^\W{_CJK}]|[#@])|(?<=[#@])(?=\w)|(?<=[^\W{_CJK}])(?=[{_CJK}#@])")
_BETWEEN = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
_INVISIBLE = (
    0xAD, 0x34F, 0x61C, 0x180E, 0x20E3, 0xFEFF,
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10),
    *range(0xFFF9, 0xFFFC), *range(0x1F3FB, 0x1F400), *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0),
)  # fmt: skip


def normalise(text: str, limits: Limits) -> str:
    """The text in lower case and simplified characters, without punctuation, marks and tricks, words between blanks.

    Numbers and order numbers become `#`, addresses `@`; a character said more than twice in a row is said twice;
    Chinese is written without blanks. Emoji are left out where words stand beside them. At most
    `intent_text_characters_max` characters come out, whatever goes in, in time that depends on that limit alone.
    """
    raw = text[: limits.intent_text_characters_max * _RAW_FACTOR]
    if raw.isascii():
        plain = raw.lower().replace("'", "")
    else:
        plain = unicodedata.normalize("NFKC", raw.translate(_invisible()))[: len(raw)].lower().translate(_replaced())
    plain = _SIGNS.sub(" ", _REPEATED.sub(r"\1\1", _masked(plain)))
    plain = plain.replace(_NUMBER_MARK, NUMBER).replace(_ADDRESS_MARK, ADDRESS)
    if not plain.isascii():
        plain = _BETWEEN.sub("", _EDGES.sub(" ", plain))
    words = " ".join(plain.split()) or _emoji(raw)
    return words[: limits.intent_text_characters_max].rstrip()


def _masked(plain: str) -> str:
    if "@" in plain or "www." in plain or "://" in plain:
        plain = _ADDRESSES.sub(f" {_ADDRESS_MARK} ", plain)
    return _WITH_DIGITS.sub(_mask, plain) if _DIGIT.search(plain) else plain


def _mask(found: re.Match[str]) -> str:
    """A number is told from a word with a digit in it: "7 am" and "7am" are the same, "mp3" stays as it is."""
    word = found[0]
    measure = _MEASURE.fullmatch(word)
    if measure:
        return f" {_NUMBER_MARK} {measure[2]} "
    if len(_DIGIT.findall(word)) >= _ORDER_DIGITS_MIN:
        return f" {_NUMBER_MARK} "
    return word


def _emoji(raw: str) -> str:
    """The signs of a text that has no words, one by one: a thumb is an answer where nothing else is said."""
    kept = [sign for sign in raw.translate(_invisible()) if unicodedata.category(sign) == "So"]
    return " ".join(_REPEATED.sub(r"\1\1", "".join(kept)))


@cache
def _invisible() -> dict[int, None]:
    """What nobody sees: blanks without width, marks of direction, halves of pairs, looks and skins of emoji."""
    return dict.fromkeys((*_INVISIBLE, *range(0xD800, 0xE000), ord(_NUMBER_MARK), ord(_ADDRESS_MARK)))


@cache
def _replaced() -> dict[int, str]:
    return str.maketrans(simplified() | dict.fromkeys(_APOSTROPHES, ""))
