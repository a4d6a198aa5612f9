"""Expressions written as Python statements. Pure."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal

from app.adapters.formats.tree import Tree
from app.adapters.maps import arithmetic
from app.adapters.maps.arithmetic import Number, written_number
from app.adapters.maps.emission import Emission
from app.adapters.maps.functions import FUNCTIONS
from app.adapters.maps.paths import Path
from app.adapters.maps.syntax import (
    Among,
    And,
    Arithmetic,
    Call,
    Compare,
    Constant,
    If,
    Negate,
    Node,
    Not,
    Or,
    paths_of,
)
from app.adapters.maps.values import Place, Wrong
from app.settings import Limits

_WORDS: dict[str, object] = {
    "str": str, "number": arithmetic.number, "equal": arithmetic.equal, "among": arithmetic.among,
    "add": arithmetic.add, "subtract": arithmetic.subtract, "multiply": arithmetic.multiply,
    "divide": arithmetic.divide, "remainder": arithmetic.remainder, "less": arithmetic.less,
    "at_most": arithmetic.at_most, "more": arithmetic.more, "at_least": arithmetic.at_least,
}  # fmt: skip
_SIGNS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "remainder"}
_ORDERS = {"<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}
_WORD_CHARACTERS_MAX = 200


class Formulas(Emission):
    """What writes expressions; `_node` gives the variable, or the constant, that has the value."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._given |= _WORDS
        self._characters_max = limits.adapter_text_characters_max

    def _node(self, node: Node) -> str:
        """A variable or a constant with what the expression gives."""
        match node:
            case Constant(value):
                return self._constant(value)
            case Path():
                return self._path(node).operand
            case Negate(of):
                return self._arithmetic(Constant(0), (("-", of),))
            case Not(of):
                return self._set(f"not {self._node(of)}")
            case And(of):
                return self._deciding(of, "if {}:")
            case Or(of):
                return self._deciding(of, "if not {}:")
            case Arithmetic(first, rest):
                return self._arithmetic(first, rest)
            case Compare(sign, left, right):
                return self._compare(sign, left, right)
            case Among():
                return self._among(node)
            case If(condition, then, otherwise):
                return self._choice(condition, then, otherwise)
            case Call(name, arguments):
                return self._call(name, arguments, node)

    def _set(self, text: str) -> str:
        out = self._fresh()
        self._line(f"{out} = {text}")
        return out

    def _deciding(self, of: tuple[Node, ...], condition: str) -> str:
        out = self._set(self._node(of[0]))
        for member in of[1:]:
            with self._block(condition.format(out)):
                self._line(f"{out} = {self._node(member)}")
        return out

    def _number(self, node: Node) -> str:
        if isinstance(node, Constant) and isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
            return self._constant(node.value)
        operand = self._node(node)
        self._is_in(node)
        return self._set(f"number({operand})")

    def _arithmetic(self, first: Node, rest: tuple[tuple[str, Node], ...]) -> str:
        total = self._number(first)
        for sign, node in rest:
            member = self._number(node)
            nothing = " or ".join(f"{one} is None" for one in (total, member) if one.isidentifier() and one.islower())
            sum_of = f"{_SIGNS[sign]}({total}, {member})"
            self._is_in(node if any(paths_of(node)) else Arithmetic(first, rest))
            total = self._set(f"None if {nothing} else {sum_of}" if nothing else sum_of)
        return total

    def _compare(self, sign: str, left: Node, right: Node) -> str:
        one, other = self._node(left), self._node(right)
        if sign in _ORDERS:
            self._is_in(Compare(sign, left, right))
            return self._set(f"{_ORDERS[sign]}({one}, {other})")
        if isinstance(right, Constant) and (right.value is None or _is_word(right.value)):
            same = f"{self._variable(one)} {'is' if right.value is None else '=='} {other}"
        else:
            same = f"equal({one}, {other})"
        return self._set(same if sign == "==" else f"not {same}")

    def _among(self, node: Among) -> str:
        item = self._node(node.item)
        negated = "not " if node.negated else ""
        if node.within is not None:
            members = self._node(node.within)
            self._is_in(node.within)
            return self._set(f"{negated}among({item}, {members})")
        if all(isinstance(one, Constant) for one in node.choices):
            return self._among_constants(self._variable(item), node)
        members = "".join(f"{self._node(one)}, " for one in node.choices)
        return self._set(f"{negated}among({item}, ({members}))")

    def _among_constants(self, item: str, node: Among) -> str:
        """By looking up: a whole number among those that the choices are or write, a text among their texts."""
        choices = [one.value for one in node.choices if isinstance(one, Constant)]
        words = self._named(frozenset(one for one in choices if isinstance(one, str)))
        numbers = self._named(frozenset(_numbers(choices)))
        is_words = all(_is_word(one) for one in choices)
        out, negated = self._fresh(), "not " if node.negated else ""
        with self._block(f"if {item}.__class__ is int:"):
            self._line(f"{out} = {negated}({item} in {numbers})")
        with self._block("else:"):
            rest = "False" if is_words else f"among({item}, {self._named(tuple(choices))})"
            self._line(f"{out} = {negated}(({item}.__class__ is str and {item} in {words}) or {rest})")
        return out

    def _choice(self, condition: Node, then: Node, otherwise: Node) -> str:
        decided, out = self._node(condition), self._fresh()
        with self._block(f"if {decided}:"):
            self._line(f"{out} = {self._node(then)}")
        with self._block("else:"):
            self._line(f"{out} = {self._node(otherwise)}")
        return out

    def _call(self, name: str, arguments: tuple[Node, ...], node: Node) -> str:
        given = [self._node(argument) for argument in arguments]
        if FUNCTIONS[name].grows:
            given.insert(0, str(self._characters_max))
        called = self._named(FUNCTIONS[name].call)
        self._is_in(node)
        return self._set(f"{called}({', '.join(given)})")

    def _place_of(self, node: Node) -> Place:
        path = next(paths_of(node), None)
        return self._scopes[-1].place if path is None else self._place(path)

    def _at_of(self, node: Node) -> str:
        return self._at(self._place_of(node)) if next(paths_of(node), None) is not None else self._scopes[-1].at

    def _is_in(self, node: Node) -> None:
        self._line(f"at = {self._at_of(node)}")


def _numbers(choices: Sequence[Tree]) -> Iterator[Number]:
    """Those that a whole number can be equal to."""
    for one in choices:
        if isinstance(one, int | Decimal) and not isinstance(one, bool):
            yield one
        elif isinstance(one, str) and not _is_word(one):
            with suppress(Wrong):
                written = written_number(one)
                assert written is not None
                yield written


def _is_word(value: object) -> bool:
    """A text that writes no number: only the same text is equal to it."""
    return isinstance(value, str) and (len(value) > _WORD_CHARACTERS_MAX or written_number(value) is None)
