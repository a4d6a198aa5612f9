"""The words of a `.proto` text, each with its place.

As the language's specification has them (protobuf.dev/reference/protobuf/proto3-spec), and as protoc reads them.
"""

import re
from bisect import bisect_right
from itertools import pairwise

from msgspec import Struct

from app.adapters.errors import BadSpec, Mark

IDENTIFIER, INTEGER, FLOAT, STRING, SYMBOL, END = "identifier", "integer", "float", "string", "symbol", "end"
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n\f\v]+|//[^\n]*|/\*(?s:.*?)\*/)
    |(?P<identifier>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
    |(?P<integer>0[xX][0-9a-fA-F]+|[0-9]+)
    |(?P<string>"(?:[^"\\\n\0]|\\[^\n\0])*"|'(?:[^'\\\n\0]|\\[^\n\0])*')
    |(?P<symbol>[!-/:-@\[-`{-~])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(
    r"""\\(?:(?P<octal>[0-7]{1,3})
    |[xX](?P<hexadecimal>[0-9a-fA-F]{1,2})
    |u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})
    |u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})
    |(?P<simple>.))""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34, "?": 63}
_UNICODE_MAX = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_BYTE_MAX = 0xFF
_DIGITS_MAX = 64  # more are out of every range; Python refuses thousands of them


class Token(Struct, frozen=True, gc=False):
    """`text` as it is written; `at` counts characters from 0."""

    kind: str
    text: str
    at: int


class Source:
    """One text, whose characters have lines and columns."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text.removeprefix("\ufeff")
        self._lines = [0, *(found.end() for found in re.finditer("\n", self.text))]

    def mark(self, at: int) -> Mark:
        line = bisect_right(self._lines, at)
        return Mark(self.name, line, at - self._lines[line - 1] + 1)

    def tokens(self) -> list[Token]:
        """All words, an `END` behind them. Raises `BadSpec` for what is none."""
        found, at, text, of = [], 0, self.text, _TOKEN.match
        while at < len(text):
            match = of(text, at)
            if match is None:
                raise self._unreadable(at)
            kind = match.lastgroup
            if kind != "blank" and kind is not None:
                found.append(Token(kind, match[0], at))
            at = match.end()
        self._demand_gaps(found)
        found.append(Token(END, "", len(text)))
        return found

    def _demand_gaps(self, tokens: list[Token]) -> None:
        """`1a` is no two words, nor is `1.2.3`; `08` is no number."""
        for one, other in pairwise(tokens):
            numbers = one.kind in (INTEGER, FLOAT) and other.kind in (IDENTIFIER, INTEGER, FLOAT)
            if numbers and one.at + len(one.text) == other.at:
                raise BadSpec(
                    self.mark(other.at),
                    "a number and a word stand together without a blank. Put a blank between them.",
                    "数字与后面的词之间没有空格。请在中间加一个空格。",
                )
        for one in tokens:
            if (
                one.kind == INTEGER
                and one.text[0] == "0"
                and one.text.isdecimal()
                and not set(one.text) <= set("01234567")
            ):
                raise BadSpec(
                    self.mark(one.at),
                    f"{one.text} begins with 0, so it is octal, but has an 8 or a 9. Leave the 0 out.",
                    f"{one.text} 以 0 开头，应为八进制，却含有 8 或 9。请去掉开头的 0。",
                )

    def _unreadable(self, at: int) -> BadSpec:
        text, mark = self.text, self.mark(at)
        if text.startswith("/*", at):
            return BadSpec(mark, "this comment has no end. Close it with */.", "这段注释没有结束。请用 */ 结束。")
        if text[at] in "\"'":
            return BadSpec(
                mark,
                "this string has no end on its line. Close it with the quote it began with.",
                "这个字符串在本行没有结束。请用开头的引号结束。",
            )
        return BadSpec(
            mark,
            f"{text[at]!r} is no part of the .proto language. Take it out, or put it into a string or a comment.",
            f"{text[at]!r} 不属于 .proto 语言。请删除，或放入字符串或注释中。",
        )


def integer_of(text: str) -> int:
    """The value of an `INTEGER` as written: decimal, `0x` hexadecimal, or octal with a leading 0.

    Far too long ones are some number that is out of every range.
    """
    if len(text) > _DIGITS_MAX:
        return 1 << 256
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    return int(text, 8 if len(text) > 1 and text[0] == "0" else 10)


def string_of(source: Source, token: Token) -> bytes:
    """What a `STRING` says: UTF-8, with escapes of single bytes. Raises `BadSpec` for an escape that means nothing."""
    said, at, text = bytearray(), 0, token.text[1:-1]
    for match in _ESCAPE.finditer(text):
        said += text[at : match.start()].encode("utf-8", "surrogatepass")
        said += _escaped(source.mark(token.at + 1 + match.start()), match)
        at = match.end()
    return bytes(said + text[at:].encode("utf-8", "surrogatepass"))


def _escaped(mark: Mark, match: re.Match[str]) -> bytes:
    kind, said = match.lastgroup, match[match.lastgroup or 0]
    if kind == "octal" and int(said, 8) <= _BYTE_MAX:
        return bytes((int(said, 8),))
    if kind == "hexadecimal":
        return bytes((int(said, 16),))
    if kind == "low":  # of a pair of UTF-16
        return bytes.fromhex(match["high"] + said).decode("utf-16-be").encode()
    if kind in ("short", "long") and (point := int(said, 16)) <= _UNICODE_MAX and point not in _SURROGATES:
        return chr(point).encode()
    if kind == "simple" and said in _SIMPLE:
        return bytes((_SIMPLE[said],))
    raise BadSpec(
        mark,
        rf"{match[0]} is no escape. Allowed: \n \r \t \a \b \f \v \\ \' \" \?, \377 (octal), \xff, \uffff, \U0010ffff.",
        rf"{match[0]} 不是转义符。可用：\n \r \t \a \b \f \v \\ \' \" \?、\377（八进制）、\xff、\uffff、\U0010ffff。",
    )
