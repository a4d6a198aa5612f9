"""Patterns that a person writes, read into the ways in which a message may be put.

    订单 {order_no} 到哪了          marks take a value: order_no, phone, email, number, date, text; {old:phone} names it
    [please] cancel my order        words that may be left out
    (refund|money back)             one of several
    how * return                    any words, or none
    *refund*                        any words around; at a word of letters a part of it will do: refunded, prerefund

Full-width signs are the same. Everything else that is neither letter, digit, ideograph nor emoji is of no account.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from msgspec import Struct

from app.intent import tokens, values
from app.model.errors import Invalid
from app.model.intents import Slot
from app.settings import Limits

_SIGNS = frozenset("*[](){}|")
_CLOSING = {"[": "]", "(": ")"}
_MARK = re.compile(r"([a-z][a-z0-9_]{0,59})(?::([a-z_]{1,20}))?")


class BadPattern(Invalid):
    """A pattern that is refused. `place`: the character at which, counted from 1."""

    def __init__(self, code: str, pattern: str, place: int, en: str, zh: str) -> None:
        super().__init__(
            code, f"The pattern “{pattern}”, character {place}: {en}", f"模式“{pattern}”第 {place} 个字符：{zh}"
        )
        self.pattern = pattern
        self.place = place


class Word(Struct, frozen=True, gc=False):
    """A word, or a character that stands for itself."""

    text: str


class Part(Struct, frozen=True, gc=False):
    """A word of letters of which a piece is known: others may stand before it (`open_left`), after it, or both."""

    text: str
    open_left: bool
    open_right: bool


class Star(Struct, frozen=True, gc=False):
    """Any words, or none."""


class Mark(Struct, frozen=True, gc=False):
    """A value that is taken under a name; `choices` are folded texts, of the kind `choice` alone."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()


Element = Word | Part | Star | Mark
Variant = tuple[Element, ...]
STAR = Star()


def variants(pattern: str, slots: Sequence[Slot], limits: Limits) -> tuple[Variant, ...]:
    """Every way in which a pattern may be put; `slots` say of which kind their names are. Raises `BadPattern`."""
    try:
        found = _Reader(pattern, {slot.name: slot for slot in slots}, limits).read()
    except RecursionError:  # depth has its limit, so this is a small stack that was nearly used up before
        raise _refusal("too_deep", pattern, 1, limits) from None
    if not any(found):
        raise _refusal("empty", pattern, 1, limits)
    for variant in found:
        _demand_solid(variant, pattern, limits)
    return tuple(dict.fromkeys(found))


def solid(variant: Variant) -> int:
    """How many of its elements hold it to something: words, parts and typed values."""
    return sum(1 for element in variant if not _is_open(element))


def _is_open(element: Element) -> bool:
    return isinstance(element, Star) or (isinstance(element, Mark) and element.kind == values.TEXT)


def _demand_solid(variant: Variant, pattern: str, limits: Limits) -> None:
    if not variant or not solid(variant):
        place = next((at for at, sign in enumerate(pattern, 1) if unicodedata.normalize("NFKC", sign) in _SIGNS), 1)
        raise _refusal("everything" if variant else "optional", pattern, place, limits)
    if len(variant) > limits.intent_rule_words_max:
        raise _refusal("too_long", pattern, len(pattern), limits)


class _Reader:
    """Reads one pattern, sign by sign; `_at` is where it is."""

    def __init__(self, pattern: str, slots: Mapping[str, Slot], limits: Limits) -> None:
        self._pattern = pattern
        self._signs = [_sign(one) for one in pattern]
        self._slots = slots
        self._limits = limits
        self._at = 0
        self._names: set[str] = set()

    def read(self) -> list[Variant]:
        found = self._alternatives("", 0, 0)
        if self._at < len(self._signs):
            raise self._refused("not_opened", self._at)
        return [_joined(variant) for variant in found]

    def _alternatives(self, closing: str, opened: int, depth: int) -> list[Variant]:
        """One of several ways, up to the `closing` sign."""
        if depth > self._limits.intent_rule_depth_max:
            raise self._refused("too_deep", opened)
        found = self._sequence(depth)
        while self._at < len(self._signs) and self._signs[self._at] == "|":
            if not closing:
                raise self._refused("bar", self._at)
            self._at += 1
            found += self._sequence(depth)
        if closing and not (self._at < len(self._signs) and self._signs[self._at] == closing):
            raise self._refused("not_closed", opened)
        return found

    def _sequence(self, depth: int) -> list[Variant]:
        ways: list[Variant] = [()]
        while self._at < len(self._signs) and self._signs[self._at] not in ("|", "]", ")"):
            ways = self._times(ways, self._next(depth))
        return ways

    def _times(self, ways: list[Variant], then: list[Variant]) -> list[Variant]:
        if len(ways) * len(then) > self._limits.intent_rule_variants_max:
            raise self._refused("too_many", self._at - 1)
        return [one + other for one, other in product(ways, then)]

    def _next(self, depth: int) -> list[Variant]:
        sign = self._signs[self._at]
        if sign in _CLOSING:
            return self._group(sign, depth)
        if sign == "{":
            return [(self._mark(),)]
        if sign == "}":
            raise self._refused("not_opened", self._at)
        return [tuple(self._text())]

    def _group(self, sign: str, depth: int) -> list[Variant]:
        opened = self._at
        self._at += 1
        found = self._alternatives(_CLOSING[sign], opened, depth + 1)
        self._at += 1
        if not any(found):
            raise self._refused("empty_group", opened)
        return [*found, ()] if sign == "[" else found

    def _mark(self) -> Mark:
        opened = self._at
        end = next((at for at in range(opened, len(self._signs)) if self._signs[at] == "}"), -1)
        if end < 0:
            raise self._refused("not_closed", opened)
        written = "".join(self._signs[opened + 1 : end]).strip()
        match = _MARK.fullmatch(written)
        if match is None:
            raise self._refused("mark", opened)
        self._at = end + 1
        return self._typed(match[1], match[2] or "", opened)

    def _typed(self, name: str, kind: str, opened: int) -> Mark:
        slot = self._slots.get(name)
        kind = kind or (slot.kind if slot else name)
        if name in self._names:
            raise self._refused("named_twice", opened)
        if len(self._names) >= self._limits.intent_rule_marks_max:
            raise self._refused("too_many_marks", opened)
        self._names.add(name)
        if kind == values.CHOICE and slot and slot.choices:
            return Mark(name, kind, tuple(tokens.fold(choice) for choice in slot.choices))
        if kind not in values.KINDS:
            raise self._refused("kind", opened)
        return Mark(name, kind)

    def _text(self) -> Iterator[Element]:
        """Words and stars up to the next sign of another kind."""
        end = self._at
        while end < len(self._signs) and (self._signs[end] == "*" or self._signs[end] not in _SIGNS):
            end += 1
        start, self._at = self._at, end
        for chunk, place in _chunks(self._signs[start:end], start):
            yield from self._chunk(chunk, place)

    def _chunk(self, chunk: str, place: int) -> Iterator[Element]:
        """What stands between two spaces: `*refund*`, `退*款`, `cancel`."""
        pieces = chunk.split("*")
        for number, piece in enumerate(pieces):
            found = [Word(word) for word in tokens.words(piece)]
            before, after = number > 0, number < len(pieces) - 1
            if before:
                yield STAR
            yield from self._opened(found, before, after, place)

    def _opened(self, found: list[Word], before: bool, after: bool, place: int) -> list[Element]:
        """Its words; one of letters that touches a star is a part of a word."""
        made: list[Element] = list(found)
        for at, left, right in (
            (0, before, after and len(made) == 1),
            (len(made) - 1, before and len(made) == 1, after),
        ):
            if not made or not (left or right):
                continue
            word = made[at]
            if not isinstance(word, Word) or tokens.stands_for_itself(word.text):
                continue
            if len(word.text) < self._limits.intent_rule_part_characters_min:
                raise self._refused("short_part", place)
            made[at] = Part(word.text, left, right)
        return made

    def _refused(self, code: str, at: int) -> BadPattern:
        return _refusal(code, self._pattern, min(at, len(self._pattern) - 1) + 1, self._limits)


def _sign(one: str) -> str:
    """A character as it is read: the full-width form of a sign is that sign."""
    plain = unicodedata.normalize("NFKC", one)
    return plain if plain in _SIGNS else tokens.fold(one) or ("" if one.strip() and not one.isspace() else " ")


def _chunks(signs: Sequence[str], start: int) -> Iterator[tuple[str, int]]:
    """What stands between spaces, with its place."""
    chunk, place = "", start
    for at, sign in enumerate(signs, start):
        if sign.isspace():
            if chunk:
                yield chunk, place
            chunk, place = "", at + 1
        else:
            chunk += sign
    if chunk:
        yield chunk, place


def _joined(variant: Variant) -> Variant:
    """Two stars beside each other are one."""
    made: list[Element] = []
    for element in variant:
        if not (made and isinstance(element, Star) and isinstance(made[-1], Star)):
            made.append(element)
    return tuple(made)


def _refusal(code: str, pattern: str, place: int, limits: Limits) -> BadPattern:
    kinds, part = ", ".join(values.KINDS), limits.intent_rule_part_characters_min
    texts = {
        "empty": (
            "there is no word in it. Write words that a visitor uses.",
            "没有任何词语。请写入访客会用的词语。",
        ),
        "optional": (
            "every word of it may be left out. Take a bracket away from one that must be there.",
            "所有词语都可省略。请去掉必需词语的方括号。",
        ),
        "everything": (
            "it would match every message. Add a word, or a mark of a kind such as {order_no}, to each of its ways.",
            "它会匹配所有消息。请在每种写法中加入词语或带类型的标记（如 {order_no}）。",
        ),
        "too_long": (
            f"it has more than {limits.intent_rule_words_max} words. Shorten it, or put * in the place of some.",
            f"超过 {limits.intent_rule_words_max} 个词。请缩短，或用 * 代替部分词语。",
        ),
        "too_deep": (
            f"brackets stand in one another more than {limits.intent_rule_depth_max} deep. Write two rules.",
            f"括号嵌套超过 {limits.intent_rule_depth_max} 层。请拆成两条规则。",
        ),
        "too_many": (
            f"it may be put in more than {limits.intent_rule_variants_max} ways. Split it into several rules.",
            f"可能的写法超过 {limits.intent_rule_variants_max} 种。请拆成几条规则。",
        ),
        "not_closed": ("this bracket is not closed. Add the closing one.", "此括号没有闭合。请补上右括号。"),
        "not_opened": ("this bracket was not opened. Take it away.", "此括号没有对应的左括号。请删除。"),
        "bar": (
            "alternatives stand in parentheses: (refund|money back).",
            "多选一要写在圆括号中：（退款|退钱）。",
        ),
        "empty_group": ("there is nothing in these brackets. Take them away.", "括号中没有内容。请删除。"),
        "mark": (
            "a mark is a name, or a name with a kind: {order_no}, {old:phone}. Names are a-z, 0-9 and _.",
            "标记应为名称，或名称加类型：{order_no}、{old:phone}。名称只能用 a-z、0-9 和 _。",
        ),
        "kind": (
            f"there is no such kind. Kinds are {kinds}; or name a slot of the intent: {{name:kind}}.",
            f"没有这种类型。可用类型：{kinds}；也可写意图中的槽位名：{{名称:类型}}。",
        ),
        "named_twice": (
            "this name is taken twice. Name the second one: {other:phone}.",
            "此名称用了两次。请给第二个另取名称：{other:phone}。",
        ),
        "too_many_marks": (
            f"there are more than {limits.intent_rule_marks_max} marks. Ask for the others in the dialogue.",
            f"标记超过 {limits.intent_rule_marks_max} 个。其余的请在对话中询问。",
        ),
        "short_part": (
            f"a part of a word has at least {part} letters: less is found in nearly every word. Write more of it.",
            f"单词的一部分至少要有 {part} 个字母，否则几乎每个词都会匹配。请在 * 前加空格，或多写几个字母。",
        ),
    }  # fmt: skip
    en, zh = texts[code]
    return BadPattern(f"rule_{code}", pattern, place, en, zh)
