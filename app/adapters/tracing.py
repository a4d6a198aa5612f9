"""A map followed step by step, for who writes it: what each field took, what each step made of it, what went wrong.

The same steps as `compiler` turns into code, by the same functions; a test holds that both give the same. Pure.
"""

from collections.abc import Iterator
from typing import cast

from msgspec import Struct

from app.adapters.arithmetic import OPERATORS, ORDERS, Number, among, equal, number
from app.adapters.context import Context
from app.adapters.conversions import As, converter
from app.adapters.drift import known, look
from app.adapters.expressions import (
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
from app.adapters.formats.tree import Tree
from app.adapters.functions import FUNCTIONS, split
from app.adapters.mapping import (
    Computed,
    Default,
    Each,
    Enum,
    Fields,
    First,
    From,
    Inside,
    Join,
    Keep,
    Listing,
    Literal,
    Origin,
    Required,
    Rule,
    Split,
    Step,
    Text,
)
from app.adapters.paths import Each as EachElement
from app.adapters.paths import Key, Path, deeper, place_of, root_place
from app.adapters.paths import Step as PathStep
from app.adapters.steps import UNKNOWN, enum_table, inserted, joined, looked_up, texts
from app.adapters.values import Place, Wrong, as_list, as_object, copied, element, empty, general, missing, written
from app.settings import Limits


class Taken(Struct, frozen=True):
    """A value of the document that a field took, and where it stood: `item_list[0].goods_count`."""

    path: str
    value: Tree


class Done(Struct, frozen=True):
    """A step by its word in the map (`as`, `enum`, …), and what there was after it."""

    word: str
    result: Tree


class Failed(Struct, frozen=True):
    path: str
    en: str
    zh: str


class TracedField(Struct, frozen=True):
    """One field of what is made, `items[0].qty`. `left_out`: its `when` did not hold. `failed`: why it is none."""

    field: str
    took: tuple[Taken, ...]
    steps: tuple[Done, ...]
    result: Tree
    left_out: bool = False
    failed: Failed | None = None


class Trace(Struct, frozen=True):
    """`failed`: the first that did, as the compiled map tells it; then there is no `result`. `untaken` are the paths of
    the document that no field takes.
    """

    fields: tuple[TracedField, ...]
    result: Tree
    failed: Failed | None
    untaken: tuple[str, ...]


def trace(rule: Rule, document: Tree, context: Context, limits: Limits | None = None) -> Trace:
    """Everything that a map does with a document. A field that fails does not keep the others from being shown."""
    untaken: dict[str, None] = {}
    look(document, known(rule), lambda path: untaken.setdefault(path))
    return _Tracer(document, context, limits or Limits()).whole(rule, tuple(untaken))


class _Stop(Exception):
    """A field within has failed, and was told."""


class _At(Struct, frozen=True):
    """A value, and where it stands."""

    value: Tree
    place: Place


class _Open(Struct):
    """The field that is being made."""

    name: str
    took: list[Taken]
    steps: list[Done]


class _Tracer:
    """`_turns`: which element each loop is at, by the number that places have; `_at`: where a problem would stand."""

    def __init__(self, document: Tree, context: Context, limits: Limits) -> None:
        self._document = document
        self._context = context
        self._characters_max = limits.adapter_text_characters_max
        self._scopes = [_At(document, ())]
        self._turns: list[int] = []
        self._at: Place = ()
        self._open: list[_Open] = []
        self._fields: list[TracedField] = []
        self._failed: Failed | None = None

    def whole(self, rule: Rule, untaken: tuple[str, ...]) -> Trace:
        made: dict[str, Tree] = {}
        try:
            if isinstance(rule.origin, Inside) and rule.origin.path is None:
                made[""] = self._object(rule.origin.fields, "")
            else:
                self._field(rule, "", made, "")
        except _Stop:
            made.clear()
        return Trace(tuple(self._fields), made.get(""), self._failed, untaken)

    # ---- fields

    def _object(self, fields: Fields, within: str) -> dict[str, Tree]:
        """Raises `_Stop` when all of them are traced and one has failed."""
        made: dict[str, Tree] = {}
        is_whole = True
        for field in fields.of:
            try:
                self._field(field.rule, f"{within}.{field.name}" if within else field.name, made, field.name)
            except _Stop:
                is_whole = False
        if not is_whole:
            raise _Stop
        return made

    def _field(self, rule: Rule, shown: str, made: dict[str, Tree], name: str) -> None:
        number, now = len(self._fields), _Open(shown, [], [])
        self._fields.append(TracedField(shown, (), (), None))  # before those within it
        self._open.append(now)
        told = self._told(rule, made, name)
        self._open.pop()
        failed = told if isinstance(told, Failed) else None
        self._fields[number] = TracedField(
            shown, tuple(now.took), tuple(now.steps), made.get(name), name not in made and failed is None, failed
        )
        if failed is not None:
            raise _Stop

    def _told(self, rule: Rule, made: dict[str, Tree], name: str) -> Failed | None:
        depth = len(self._scopes)
        try:
            if rule.when is None or self._node(rule.when):
                made[name] = self._made(rule).value
        except Wrong as wrong:
            failed = Failed(written(self._at, tuple(self._turns)), wrong.en, wrong.zh)
            self._failed = self._failed or failed
            return failed
        except _Stop:
            return self._failed
        finally:
            del self._scopes[depth:]
        return None

    def _note(self, word: str, value: Tree) -> None:
        self._open[-1].steps.append(Done(word, value))

    # ---- rules

    def _rule(self, rule: Rule) -> _At:
        if rule.when is not None and not self._node(rule.when):
            return self._here(None)
        return self._made(rule)

    def _made(self, rule: Rule) -> _At:
        found = self._origin(rule.origin) if rule.elements is None else self._listed(rule, rule.elements)
        for step in rule.steps:
            found = self._step(found, step)
        return found

    def _here(self, value: Tree) -> _At:
        return _At(value, self._scopes[-1].place)

    def _origin(self, origin: Origin) -> _At:
        match origin:
            case Literal(value):
                return self._here(copied(value))
            case From(path):
                return self._path(path)
            case First(of):
                return self._first(of)
            case Join(of, between):
                return self._join(of, between)
            case Computed(node):
                value = self._node(node)
                self._note("expr", value)
                return _At(value, self._place_of(node))
            case Each(path, where, fields):
                return self._each(path, where, fields)
            case Inside(path, fields):
                return self._inside(path, fields)
            case Listing(of):
                return self._here([self._rule(member).value for member in of])
            case Text(parts, encoded):
                return self._here("".join(self._part(part, encoded) for part in parts))

    def _listed(self, rule: Rule, steps: tuple[Step, ...]) -> _At:
        out: list[Tree] = []
        if isinstance(rule.origin, From) and rule.origin.path.is_many:
            path = rule.origin.path
            for found in self._each_of(self._root(path), path.steps):
                self._element(found, steps, out)
            found = _At(out, self._place(path))
            self._take(path, out)
        else:
            found = self._origin(rule.origin)
            self._element(found, steps, out)
        for step in steps:
            self._note(_WORDS[type(step)], out)
        return _At(out, found.place)

    def _element(self, found: _At, steps: tuple[Step, ...], out: list[Tree]) -> None:
        if not steps:
            if found.value is not None:
                out.append(found.value)
            return
        step, rest = steps[0], steps[1:]
        if isinstance(step, Split):
            self._at = found.place
            for part in split(found.value, step.between):
                self._element(_At(part, found.place), rest, out)
        elif isinstance(step, Keep):
            self._scopes.append(found)
            holds = self._node(step.where)
            self._scopes.pop()
            if holds:
                self._element(found, rest, out)
        else:
            self._element(self._stepped(found, step), rest, out)

    def _first(self, of: tuple[Rule, ...]) -> _At:
        found = self._rule(of[0])
        for member in of[1:]:
            if not empty(found.value):
                break
            found = self._rule(member)
        found = _At(None if empty(found.value) else found.value, found.place)
        self._note("first", found.value)
        return found

    def _join(self, of: tuple[Rule, ...], between: str) -> _At:
        parts: list[str] = []
        for member in of:
            found = self._rule(member)
            self._at = found.place
            parts += texts(found.value)
        text = joined(parts, between, self._characters_max)
        self._note("join", text)
        return self._here(text)

    def _each(self, path: Path, where: Node | None, fields: Fields) -> _At:
        out: list[Tree] = []
        for found in self._each_of(self._root(path), (*path.steps, EachElement())):
            self._scopes.append(found)
            if where is None or self._node(where):
                out.append(self._object(fields, f"{self._open[-1].name}[{len(out)}]"))
            self._scopes.pop()
        return _At(out, self._place(path))

    def _inside(self, path: Path | None, fields: Fields) -> _At:
        if path is None:
            return self._here(self._object(fields, self._open[-1].name))
        found = self._path(path)
        if empty(found.value):
            return _At(None, found.place)
        self._scopes.append(found)
        made = self._object(fields, self._open[-1].name)
        self._scopes.pop()
        return _At(made, found.place)

    def _part(self, part: str | Path, encoded: bool) -> str:
        if isinstance(part, str):
            return part
        found = self._path(part)
        self._at = found.place
        return inserted(found.value, encoded)

    # ---- steps

    def _step(self, found: _At, step: Step) -> _At:
        found = self._stepped(found, step)
        self._note(_WORDS[type(step)], found.value)
        return found

    def _stepped(self, found: _At, step: Step) -> _At:
        self._at = found.place
        match step:
            case As():
                return _At(converter(step)(found.value), found.place)
            case Enum():
                return _At(self._chosen(found, step), found.place)
            case Default(value):
                return _At(copied(value), found.place) if empty(found.value) else found
            case Required() if empty(found.value):
                missing()
        return found

    def _chosen(self, found: _At, step: Enum) -> Tree:
        chosen = looked_up(found.value, enum_table(step))
        if chosen is UNKNOWN:
            self._context.unknown_value(general(found.place), found.value)
            return step.otherwise
        return cast("Tree", chosen)

    # ---- paths

    def _path(self, path: Path) -> _At:
        if path.is_many:
            members = (found.value for found in self._each_of(self._root(path), path.steps))
            out: list[Tree] = [member for member in members if member is not None]
            self._take(path, out)
            return _At(out, self._place(path))
        found = self._root(path)
        for step in path.steps:
            found = self._walked(found, step)
        if self._open:
            shown = written(found.place, tuple(self._turns)) or "$item"
            self._open[-1].took.append(Taken(shown, _MASK if path.root == "secret" else found.value))
        return found

    def _take(self, path: Path, value: Tree) -> None:
        shown = written(self._place(path), tuple(self._turns))
        self._open[-1].took.append(Taken(shown, value))

    def _root(self, path: Path) -> _At:
        if path.root == "item":
            return self._scopes[-1 - path.up]
        place = root_place(path)
        if path.root == "secret":
            return _At({**self._context.secrets}, place)
        if path.root == "root":
            return _At(self._context.references.get("root", self._document), place)
        return _At(self._context.references.get(path.root), place)

    def _walked(self, found: _At, step: PathStep) -> _At:
        self._at = found.place
        place = deeper(found.place, step)
        if isinstance(step, Key):
            return _At(as_object(found.value).get(step.name), place)
        assert not isinstance(step, EachElement)
        return _At(element(found.value, step.at), place)

    def _each_of(self, found: _At, steps: tuple[PathStep, ...]) -> Iterator[_At]:
        for done, step in enumerate(steps, 1):
            if isinstance(step, EachElement):
                self._at = found.place
                turn = len(self._turns)
                self._turns.append(0)
                for at, member in enumerate(as_list(found.value)):
                    self._turns[turn] = at
                    yield from self._each_of(_At(member, (*found.place, "[", turn, "]")), steps[done:])
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


_MASK = "•••"
_WORDS: dict[type, str] = {
    As: "as", Default: "default", Enum: "enum", Keep: "where", Required: "required", Split: "split",
}  # fmt: skip
