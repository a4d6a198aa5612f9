"""What never leaves: names, addresses, numbers, passwords. They go as tokens, and come back in the answer, here. Pure.

It is cautious: a number of three digits and more goes as a token whatever it counts, and so does what merely looks like
a code. An answer that is a little dull costs less than a customer's telephone number.
"""

import re
import unicodedata
from collections.abc import Iterable

_TOKEN = re.compile(r"\[\s*(LINK|EMAIL|SECRET|PLACE|NAME|NUMBER|TEXT)\s*[_ ]\s*([0-9]{1,5})\s*\]", re.IGNORECASE)
_NAME_MIN_LETTERS, _NAME_MIN_CJK = 3, 2
_CJK = "\u3400-\u9fff"
_NUMERALS = "零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_SPOKEN = "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
_PLACES = "省|市|区|县|镇|乡|街道|路|街|大道|巷|弄|村|小区|大厦|栋|幢|单元|室|号楼|号"
_STREETS = "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|square"
_LETTER = rf"(?:(?![{_CJK}])[\w.+'-])"
_DIGITS_MIN = 3
_INVISIBLE = frozenset({"Cf", "Cc", "Co", "Cn"})
_HELD = 0xF0000  # what was replaced stands as one sign of private use, into which nothing else looks
_HELD_MAX = 65_000
_IS_HELD = re.compile("[\U000f0000-\U000fffff]")

# What is looked for, in this order; where a group `v` is named, that alone is replaced.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("TEXT", _TOKEN),  # a token that somebody typed is none of ours
    ("LINK", re.compile(rf"(?:[a-z][a-z0-9+.-]{{1,20}}://|www\.)[^\s{_CJK}<>\"'，。；！？]{{1,2000}}", re.IGNORECASE)),
    (
        "EMAIL",
        re.compile(
            rf"{_LETTER}{{1,64}}\s?(?:@|\(at\)|\[at\]|\bat\b)\s?[\w-]{{1,63}}"
            r"(?:\s?(?:\.|\(dot\)|\[dot\]|\bdot\b)\s?[A-Za-z0-9-]{2,63}){1,4}",
            re.IGNORECASE,
        ),
    ),
    (
        "SECRET",
        re.compile(r"\b(?:password|passwd|passcode|pin|code|token|key)\s?(?:is|:|=)\s?(?P<v>\S{3,200})", re.IGNORECASE),
    ),
    ("SECRET", re.compile(r"(?:密码|口令|验证码)(?:是|为|:|=)?\s?(?P<v>[!-~]{3,200})")),
    ("SECRET", re.compile(r"(?<![\w/+=-])(?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_+/=-]{20,200}")),
    ("PLACE", re.compile(rf"(?:[{_CJK}0-9A-Za-z]{{1,10}}?(?:{_PLACES})){{2,8}}")),
    (
        "PLACE",
        re.compile(rf"\b[0-9]{{1,6}}[A-Za-z]?\s(?:[A-Za-z][\w'.-]{{0,30}}\s){{1,4}}(?:{_STREETS})\b", re.IGNORECASE),
    ),
    (
        "NAME",
        re.compile(rf"(?:我叫|名字叫|名字是|姓名|收件人|收货人|联系人)(?:是|为|:)?\s?(?P<v>[{_CJK}·]{{2,4}})"),
    ),
    ("NAME", re.compile(rf"(?P<v>[{_CJK}])(?=先生|女士|小姐|老师)")),
    (
        "NAME",
        re.compile(
            r"\b(?i:name is|name:|i am|i'm|this is|recipient:?|attn:?|mr\.?|mrs\.?|ms\.?|dear)\s"
            r"(?P<v>[A-Z][\w'-]{1,40}(?:\s[A-Z][\w'-]{1,40}){0,3})"
        ),
    ),
    ("NUMBER", re.compile(r"(?<![A-Za-z\d])[A-Za-z]{0,40}[#+]?\d[A-Za-z\d]*(?:[ ().·•,:_/*–—-]{1,3}\d[A-Za-z\d]*)*")),
    ("NUMBER", re.compile(rf"[{_NUMERALS}]{{5,}}")),
    ("NUMBER", re.compile(rf"\b(?:{_SPOKEN})(?:[\s,-]{{1,3}}(?:{_SPOKEN})){{4,}}\b", re.IGNORECASE)),
)


class Mask:
    """Of one question: the same value is the same token in all of it. `known` are names and the like of who speaks."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._tokens: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._held: list[tuple[str, str]] = []  # token, and what it stands for
        words = sorted({part for one in known for part in _parts(one)}, key=len, reverse=True)
        self._known = re.compile("|".join(map(_as_word, words)), re.IGNORECASE) if words else None

    @property
    def count(self) -> int:
        """How many different values were kept back."""
        return len(self._values)

    @property
    def names(self) -> list[str]:
        """Names that were found by what stands before them: to be known wherever else they stand."""
        return [value for token, value in self._values.items() if token.startswith("[NAME_")]

    def text(self, text: str) -> str:
        """A text as it may leave."""
        self._held = []
        plain = _plain(text)
        for kind, pattern in (("NAME", self._known), *_KINDS):
            if pattern is not None:
                plain = self._replaced(plain, kind, pattern)
        return _IS_HELD.sub(lambda found: self._held[ord(found[0]) - _HELD][0], plain)

    def back(self, text: str) -> str:
        """An answer with what its tokens stand for; one that was never given stays as it is."""

        def known(found: re.Match[str]) -> str:
            return self._values.get(f"[{found[1].upper()}_{int(found[2])}]", found[0])

        return _TOKEN.sub(known, text)

    def _replaced(self, plain: str, kind: str, pattern: re.Pattern[str]) -> str:
        group = "v" if "v" in pattern.groupindex else 0

        def replace(found: re.Match[str]) -> str:
            before, value = found[0][: found.start(group) - found.start()], found[group]
            after = found[0][len(before) + len(value) :]
            return f"{before}{self._hold(kind, value)}{after}"

        return pattern.sub(replace, plain)

    def _hold(self, kind: str, value: str) -> str:
        whole = _IS_HELD.sub(lambda found: self._held[ord(found[0]) - _HELD][1], value)
        is_small = kind == "NUMBER" and 0 < sum(sign.isdigit() for sign in value) < _DIGITS_MIN
        if is_small or _IS_HELD.fullmatch(value):
            return value
        if len(self._held) >= _HELD_MAX:
            return "…"
        self._held.append((self._token(kind, whole), whole))
        return chr(_HELD + len(self._held) - 1)

    def _token(self, kind: str, value: str) -> str:
        key = value.casefold()
        token = self._tokens.get(key)
        if token is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            token = self._tokens[key] = f"[{kind}_{self._counts[kind]}]"
            self._values[token] = value
        return token


def _plain(text: str) -> str:
    """Full-width signs as plain ones, and nothing invisible by which a number could hide from a pattern."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in folded if sign in "\n\t" or unicodedata.category(sign) not in _INVISIBLE)


def _parts(name: str) -> list[str]:
    """A name and what people call somebody for short: its words, of a Chinese one the part without the family's."""
    whole = _plain(name).strip()
    found = [whole, *whole.split()]
    if re.fullmatch(f"[{_CJK}]{{3,4}}", whole):
        found.append(whole[1:] if len(whole) == 3 else whole[2:])
    return [one for one in found if len(one) >= (_NAME_MIN_CJK if re.search(f"[{_CJK}]", one) else _NAME_MIN_LETTERS)]


def _as_word(word: str) -> str:
    """Letters count as a name only where the word ends: `Ann` is not in `annual`."""
    edge = r"(?<![A-Za-z])" if word[0].isascii() and word[0].isalpha() else ""
    end = r"(?![A-Za-z])" if word[-1].isascii() and word[-1].isalpha() else ""
    return f"{edge}{re.escape(word)}{end}"
