"""Paths and expressions followed one by one, by the same functions that compiled code calls. Pure."""

from collections.abc import Iterator

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.adapters.maps.arithmetic import OPERATORS, ORDERS, Number, among, equal, number
from app.adapters.maps.context import Context
from app.adapters.maps.functions import FUNCTIONS
from app.adapters.maps.paths import Each, Key, Path, Step, deeper, place_of, root_place
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
from app.adapters.maps.values import Place, as_list, as_object, element
from app.settings import Limits

_MASK = "•••"


class At(Struct, frozen=True):
    """A value, and where it stands."""

    value: Tree
    place: Place


class Evaluation:
    """`_scopes`: the record at hand and those around it. `_turns`: which element each loop is at, by the number that
    places have; `_at`: where a problem would stand.
    """

    def __init__(self, document: Tree, context: Context, limits: Limits) -> None:
        self._document = document
        self._context = context
        self._characters_max = limits.adapter_text_characters_max
        self._scopes = [At(document, ())]
        self._turns: list[int] = []
        self._at: Place = ()

    def _path(self, path: Path) -> At:
        if path.is_many:
            members = (found.value for found in self._each_of(self._root(path), path.steps))
            out: list[Tree] = [member for member in members if member is not None]
            self._took(self._place(path), out)
            return At(out, self._place(path))
        found = self._root(path)
        for step in path.steps:
            found = self._walked(found, step)
        self._took(found.place or ("$item",), _MASK if path.root == "secret" else found.value)
        return found

    def _took(self, place: Place, value: Tree) -> None:
        """A value of the document was used."""

    def _root(self, path: Path) -> At:
        if path.root == "item":
            return self._scopes[-1 - path.up]
        place = root_place(path)
        if path.root == "secret":
            return At({**self._context.secrets}, place)
        if path.root == "root":
            return At(self._context.references.get("root", self._document), place)
        return At(self._context.references.get(path.root), place)

    def _walked(self, found: At, step: Step) -> At:
        self._at = found.place
        place = deeper(found.place, step)
        if isinstance(step, Key):
            return At(as_object(found.value).get(step.name), place)
        assert not isinstance(step, Each)
        return At(element(found.value, step.at), place)

    def _each_of(self, found: At, steps: tuple[Step, ...]) -> Iterator[At]:
        for done, step in enumerate(steps, 1):
            if isinstance(step, Each):
                self._at = found.place
                turn = len(self._turns)
                self._turns.append(0)
                for at, member in enumerate(as_list(found.value)):
                    self._turns[turn] = at
                    yield from self._each_of(At(member, (*found.place, "[", turn, "]")), steps[done:])
                return
            found = self._walked(found, step)
        yield found

    def _place(self, path: Path) -> Place:
        return place_of(path, self._scopes[-1 - path.up].place if path.root == "item" else root_place(path))

    def _place_of(self, *nodes: Node) -> Place:
        path = next((path for node in nodes for path in paths_of(node)), None)
        return self._scopes[-1].place if path is None else self._place(path)

    # ---- expressions

    def _node(self, node: Node) -> Tree:
        match node:
            case Constant(value):
                return value
            case Path():
                return self._path(node).value
            case Negate(of):
                return self._arithmetic(Constant(0), (("-", of),))
            case Not(of):
                return not self._node(of)
            case And(of) | Or(of):
                return self._deciding(of, until=isinstance(node, Or))
            case Arithmetic(first, rest):
                return self._arithmetic(first, rest)
            case Compare(sign, left, right):
                return self._compare(sign, left, right)
            case Among():
                return self._among(node)
            case If(condition, then, otherwise):
                return self._node(then if self._node(condition) else otherwise)
            case Call(name, arguments):
                return self._call(name, arguments)

    def _deciding(self, of: tuple[Node, ...], *, until: bool) -> Tree:
        value: Tree = None
        for member in of:
            value = self._node(member)
            if bool(value) is until:
                break
        return value

    def _number(self, node: Node) -> Number | None:
        value = self._node(node)
        self._at = self._place_of(node)
        return number(value)

    def _arithmetic(self, first: Node, rest: tuple[tuple[str, Node], ...]) -> Tree:
        total = self._number(first)
        for sign, node in rest:
            member = self._number(node)
            self._at = self._place_of(node, first, *(one for _, one in rest))
            total = None if total is None or member is None else OPERATORS[sign](total, member)
        return total

    def _compare(self, sign: str, left: Node, right: Node) -> Tree:
        one, other = self._node(left), self._node(right)
        self._at = self._place_of(left, right)
        if sign in ORDERS:
            return ORDERS[sign](one, other)
        return equal(one, other) is (sign == "==")

    def _among(self, node: Among) -> Tree:
        item = self._node(node.item)
        if node.within is None:
            return among(item, tuple(self._node(one) for one in node.choices)) is not node.negated
        members = self._node(node.within)
        self._at = self._place_of(node.within)
        return among(item, members) is not node.negated

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Tree:
        given: list[Tree] = [self._node(argument) for argument in arguments]
        self._at = self._place_of(*arguments)
        function = FUNCTIONS[name]
        return function.call(self._characters_max, *given) if function.grows else function.call(*given)
