"""The small language of conditions and sums: read into Structs, never run as code. Pure.

    expression  if A then B else C | A or B | A and B | not A
                A == B   != < <= > >= | A in [B, C] | A in LIST | A not in B
                A + B   - * / % | -A | (A) | name(A, B) | 12.50 | "text" | true false null | path

Numbers are whole or decimal, never binary fractions. null in a sum gives null; `and` and `or` give the value that
decides. A path is as in `paths.py`, with names of letters, digits and `_`; others in quotes: `$item."odd-name"`.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from app.adapters.maps.arithmetic import written_number
from app.adapters.maps.functions import FUNCTIONS, NOW, Function
from app.adapters.maps.paths import Each, Index, Key, Misread, Path, References, Step, resolved, suggestion
from app.adapters.maps.syntax import Among, And, Arithmetic, Call, Compare, Constant, If, Negate, Node, Not, Or
from app.settings import Limits

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<name>[^\W\d]\w*|[@\#]\w+)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<reference>\$[A-Za-z_]\w*)
    | (?P<sign>==|!=|<=|>=|[-+*/%<>()\[\],.])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\", "/": "/"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = frozenset({"and", "or", "not", "in", "if", "then", "else", *_CONSTANTS})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_DIGITS_MAX = 40
_INDEX_DIGITS_MAX = 7


class Token(Struct, frozen=True):
    """`kind`: number, name, text, reference, sign, and `end` after the last; `column` counts characters from 1."""

    kind: str
    text: str
    column: int


def read_expression(text: str, references: References, levels: int, limits: Limits) -> Node:
    """What an expression says; `levels` is how often `$parent` can go out. Raises `Misread`."""
    most = limits.adapter_expression_characters_max
    if len(text) > most:
        raise Misread(
            most,
            f"this expression has {len(text)} characters; at most {most} are taken. Split it over several fields.",
            f"表达式有 {len(text)} 个字符，最多 {most} 个。请拆分到多个字段。",
        )
    return _Parser(tuple(_tokens(text)), references, levels, limits.adapter_expression_depth_max).whole()


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        if (found := _TOKEN.match(text, at)) is None:
            raise _unreadable(text, at)
        if found.lastgroup != "blank":
            yield Token(str(found.lastgroup), found[0], at + 1)
        at = found.end()
    yield Token("end", "", len(text) + 1)


def _unreadable(text: str, at: int) -> Misread:
    if text[at] in "\"'":
        return Misread(at + 1, "this text has no closing quote.", "此文本缺少结束引号。")
    if text[at] in "=!&|":
        return Misread(at + 1, "write `==`, `!=`, `and`, `or`, `not`.", "请使用 `==`、`!=`、`and`、`or`、`not`。")
    return Misread(at + 1, f"“{text[at]}” has no meaning here.", f"此处不能使用“{text[at]}”。")


class _Parser:
    """Recursive descent; how deep is counted, so that no text can exhaust the stack."""

    def __init__(self, tokens: tuple[Token, ...], references: References, levels: int, depth_max: int) -> None:
        self._tokens = tokens
        self._references = references
        self._levels = levels
        self._depth_max = depth_max
        self._depth = 0
        self._at = 0

    def whole(self) -> Node:
        node = self._expression()
        if self._now.kind != "end":
            raise self._wrong(
                f"here the expression could end, but “{self._now.text}” follows. Join both by `+`, `and`, `==` and the "
                "like.",
                f"表达式到此应已结束，但后面还有“{self._now.text}”。请用 `+`、`and`、`==` 等连接。",
            )
        return node

    def _expression(self) -> Node:
        self._enter()
        node = self._choice() if self._take("if") else self._or()
        self._depth -= 1
        return node

    def _choice(self) -> Node:
        condition = self._expression()
        self._demand("then")
        then = self._expression()
        self._demand("else")
        return If(condition, then, self._expression())

    def _or(self) -> Node:
        of = [self._and()]
        while self._take("or"):
            of.append(self._and())
        return of[0] if len(of) == 1 else Or(tuple(of))

    def _and(self) -> Node:
        of = [self._not()]
        while self._take("and"):
            of.append(self._not())
        return of[0] if len(of) == 1 else And(tuple(of))

    def _not(self) -> Node:
        if not self._take("not"):
            return self._comparison()
        self._enter()
        node = Not(self._not())
        self._depth -= 1
        return node

    def _comparison(self) -> Node:
        left = self._sum()
        if self._now.kind == "sign" and self._now.text in _COMPARISONS:
            sign = self._next().text
            node: Node = Compare(sign, left, self._sum())
        elif self._is("in") or self._is("not"):
            negated = self._take("not")
            self._demand("in")
            node = self._among(left, negated)
        else:
            return left
        if self._now.text in _COMPARISONS or self._is("in"):
            raise self._wrong("two comparisons are joined by `and`.", "两个比较需用 `and` 连接。")
        return node

    def _among(self, item: Node, negated: bool) -> Node:
        if not self._take("["):
            return Among(item, (), self._sum(), negated)
        choices = list[Node]()
        while not self._take("]"):
            if choices:
                self._demand(",")
            choices.append(self._expression())
        return Among(item, tuple(choices), None, negated)

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/", "%"), self._unary)

    def _chain(self, signs: tuple[str, ...], member) -> Node:  # type: ignore[no-untyped-def]
        first, rest = member(), list[tuple[str, Node]]()
        while self._now.kind == "sign" and self._now.text in signs:
            sign = self._next().text
            rest.append((sign, member()))
        return Arithmetic(first, tuple(rest)) if rest else first

    def _unary(self) -> Node:
        if not self._take("-"):
            return self._primary()
        self._enter()
        node = self._unary()
        self._depth -= 1
        if isinstance(node, Constant) and isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
            return Constant(-node.value)
        return Negate(node)

    def _primary(self) -> Node:
        token = self._now
        if token.kind == "number":
            return Constant(self._number(self._next()))
        if token.kind == "text":
            return Constant(_unescaped(self._next()))
        if self._take("("):
            node = self._expression()
            self._demand(")")
            return node
        if token.kind == "reference":
            return self._path()
        if token.kind == "name" and token.text in _CONSTANTS:
            return Constant(_CONSTANTS[self._next().text])
        if token.kind == "name" and token.text not in _WORDS:
            return self._call() if self._tokens[self._at + 1].text == "(" else self._path()
        raise self._wrong(
            f'a value is expected, and {self._shown} stands here: a path, a number, a "text" or a function. A field '
            "of that name is written `$item.name`.",
            f'此处应为值，却是{self._shown}：请写路径、数字、"文本"或函数。与关键字同名的字段请写作 `$item.名称`。',
        )

    def _number(self, token: Token) -> int | Decimal:
        if len(token.text) > _DIGITS_MAX:
            raise Misread(
                token.column,
                f"a number has at most {_DIGITS_MAX} digits.",
                f"数字最多 {_DIGITS_MAX} 位。",
            )
        return Decimal(token.text) if "." in token.text else int(token.text)

    def _call(self) -> Node:
        name = self._next()
        self._demand("(")
        if name.text == NOW:
            self._demand(")")
            return resolved([(NOW, name.column)], [], self._references, self._levels)
        function = FUNCTIONS.get(name.text)
        if function is None:
            en, zh = suggestion(name.text, [*FUNCTIONS, NOW])
            raise Misread(name.column, f"there is no function “{name.text}”. {en}", f"没有函数“{name.text}”。{zh}")
        return Call(name.text, self._arguments(function, name))

    def _arguments(self, function: Function, name: Token) -> tuple[Node, ...]:
        given = list[Node]()
        while not self._take(")"):
            if given:
                self._demand(",")
            column = self._now.column
            given.append(self._expression())
            _demand_kind(function, len(given) - 1, given[-1], column)
        if len(given) < function.least or (function.most is not None and len(given) > function.most):
            raise Misread(
                name.column,
                f"`{function.usage}` is given {len(given)} values.",
                f"`{function.usage}` 收到了 {len(given)} 个值。",
            )
        return tuple(given)

    def _path(self) -> Path:
        names, steps = list[tuple[str, int]](), list[Step]()
        while self._now.kind == "reference":
            token = self._next()
            names.append((token.text[1:], token.column))
            if not self._is(".") or self._tokens[self._at + 1].kind != "reference":
                break
            self._next()
        if not names:
            steps.append(Key(self._next().text))
        while self._now.text in (".", "["):
            steps.append(self._step())
        return resolved(names, steps, self._references, self._levels)

    def _step(self) -> Step:
        if self._take("."):
            if self._now.kind not in ("name", "text"):
                raise self._wrong(
                    "after the dot a name is expected, an odd one in quotes.", "点号之后应为名称，特殊名称用引号括起。"
                )
            token = self._next()
            return Key(_unescaped(token) if token.kind == "text" else token.text)
        self._demand("[")
        if self._take("]"):
            return Each()
        sign = -1 if self._take("-") else 1
        token = self._next()
        if token.kind != "number" or "." in token.text or len(token.text) > _INDEX_DIGITS_MAX:
            raise Misread(token.column, "`[0]`, `[-1]` or `[]` is meant.", "应为 `[0]`、`[-1]` 或 `[]`。")
        self._demand("]")
        return Index(sign * int(token.text))

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    @property
    def _shown(self) -> str:
        return f"“{self._now.text}”" if self._now.text else "…"

    def _next(self) -> Token:
        token = self._now
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _is(self, text: str) -> bool:
        return self._now.kind in ("sign", "name") and self._now.text == text

    def _take(self, text: str) -> bool:
        if not self._is(text):
            return False
        self._at += 1
        return True

    def _demand(self, text: str) -> None:
        if not self._take(text):
            raise self._wrong(
                f"`{text}` is expected here, not {self._shown}.", f"此处应为 `{text}`，而不是{self._shown}。"
            )

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > self._depth_max:
            raise self._wrong(
                f"this is nested more than {self._depth_max} deep. Split it over several fields.",
                f"嵌套超过 {self._depth_max} 层。请拆分到多个字段。",
            )

    def _wrong(self, en: str, zh: str) -> Misread:
        return Misread(self._now.column, en, zh)


def _demand_kind(function: Function, at: int, node: Node, column: int) -> None:
    """A constant of the wrong kind is told before any document comes."""
    parameter = function.parameter(at)
    if not isinstance(node, Constant) or node.value is None or parameter.kind == "any":
        return
    value = node.value
    is_number = not isinstance(value, bool | str) or (isinstance(value, str) and written_number(value) is not None)
    fits = {"text": not isinstance(node.value, bool), "number": is_number, "whole": type(node.value) is int}
    if not fits.get(parameter.kind, False):
        raise Misread(
            column,
            f"`{function.usage}` takes a {parameter.kind} as “{parameter.name}”.",
            f"`{function.usage}` 的“{parameter.name}”应为 {parameter.kind}。",
        )


def _unescaped(token: Token) -> str:
    def replaced(found: re.Match[str]) -> str:
        said = found[1]
        if len(said) == 5:
            code = int(said[1:], 16)
            if 0xD800 <= code < 0xE000:
                raise Misread(token.column, "`\\u` takes no half of a character.", "`\\u` 不能是代理项。")
            return chr(code)
        if said not in _ESCAPES:
            raise Misread(
                token.column,
                f"“\\{said}” is not known; `\\\\` is a backslash.",
                f"不支持“\\{said}”；反斜杠请写 `\\\\`。",
            )
        return _ESCAPES[said]

    return _ESCAPE.sub(replaced, token.text[1:-1])
