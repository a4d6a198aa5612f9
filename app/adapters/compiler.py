"""Maps and parts of requests as Python functions: source is written from the parsed steps, then loaded. Pure.

What stands in the source are names that are counted here, constants by `repr` of texts, whole numbers, truths and
null, and names of `values`, `arithmetic`, `functions` and converters; `generated.load` demands it once more. Statements
are emitted, never nested expressions: what fails is then one step, and `at` says which.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from msgspec import Struct

from app.adapters import arithmetic, values
from app.adapters.arithmetic import written_number
from app.adapters.context import Context
from app.adapters.conversions import As, converter, to_int, to_text
from app.adapters.drift import known, look
from app.adapters.errors import BadDocument
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
from app.adapters.generated import load
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
    Required,
    Rule,
    Scalar,
    Split,
    Step,
    Text,
)
from app.adapters.paths import Each as EachElement
from app.adapters.paths import Key, Path, deeper, place_of, root_place
from app.adapters.paths import Step as PathStep
from app.adapters.steps import UNKNOWN, enum_table, inserted, joined, looked_up, texts
from app.adapters.values import Place, Wrong, copied, general, written
from app.settings import Limits

_ATTRIBUTES = frozenset({
    "append", "drift_every", "get", "mapped", "references", "secrets", "__class__",
})  # fmt: skip
_WORDS: dict[str, object] = {
    "dict": dict, "list": list, "str": str, "int": int, "Decimal": Decimal, "enumerate": enumerate,
    "Wrong": Wrong, "as_object": values.as_object, "as_list": values.as_list, "element": values.element,
    "empty": values.empty, "copied": copied, "missing": values.missing, "number": arithmetic.number,
    "add": arithmetic.add, "subtract": arithmetic.subtract, "multiply": arithmetic.multiply,
    "divide": arithmetic.divide, "remainder": arithmetic.remainder, "less": arithmetic.less,
    "at_most": arithmetic.at_most, "more": arithmetic.more, "at_least": arithmetic.at_least,
    "equal": arithmetic.equal, "among": arithmetic.among, "to_text": to_text, "to_int": to_int, "split": split,
    "texts": texts, "joined": joined, "inserted": inserted, "looked_up": looked_up, "UNKNOWN": UNKNOWN,
}  # fmt: skip
_WORD_CHARACTERS_MAX = 200
_SIGNS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "remainder"}
_ORDERS = {"<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}


class Compiled(Struct, frozen=True):
    """`run(document, context)`: what the map makes of it. Raises `BadDocument` with the path in the document."""

    run: Callable[[Tree, Context], Tree]
    source: str


def compile_rule(rule: Rule, limits: Limits | None = None, examples: Iterable[Tree] | None = None) -> Compiled:
    """The function of a map, or of a part of a request. With `examples` it counts fields that neither it nor those
    have.
    """
    return _Emitter(limits or Limits()).compiled(rule, examples)


class _Found(Struct, frozen=True):
    """A value that the code has: a variable or a constant; `at`: the number of its place, or the variable that has it.

    `key` tells places of the document apart, so that what is there already is not fetched again.
    """

    operand: str
    at: str
    place: Place
    key: tuple[object, ...] = ()


class _Emitter:
    """One function. `_scopes`: the record at hand, and those around it; `_cached`, `_objects`: what is at hand here."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lines: list[str] = []
        self._indent = 2
        self._count = 0
        self._loops = 0
        self._given = dict(_WORDS)
        self._places: dict[Place, int] = {}
        self._cached: dict[tuple[object, ...], str] = {}
        self._objects: dict[str, str] = {}
        self._uses: set[str] = set()
        self._scopes = [_Found("document", self._at(()), (), ("item",))]

    def compiled(self, rule: Rule, examples: Iterable[Tree] | None) -> Compiled:
        result = self._rule(rule).operand
        source = "\n".join([*self._head(rule, examples), *self._lines, *self._foot(result)]) + "\n"
        return Compiled(load(source, self._given, _ATTRIBUTES)["run"], source)

    def _head(self, rule: Rule, examples: Iterable[Tree] | None) -> Iterator[str]:
        yield "def run(document, context):"
        yield "    at = 0"
        yield from (f"    i{number} = 0" for number in range(self._loops))
        yield "    try:"
        if examples is not None:
            taken = known(rule, examples)
            self._given["drift"] = lambda document, context: look(document, taken, context.unknown_field)
            yield "        seen = context.mapped"
            yield "        context.mapped = seen + 1"
            yield "        if seen % context.drift_every == 0:"
            yield "            drift(document, context)"
        if "references" in self._uses:
            yield "        references = context.references"
        if "whole" in self._uses:
            yield "        whole = references.get('root', document)"
        if "secrets" in self._uses:
            yield "        secrets = context.secrets"

    def _foot(self, result: str) -> Iterator[str]:
        turns = "".join(f"i{number}, " for number in range(self._loops))
        places = tuple(self._places)

        def located(wrong: Wrong, at: int, turns: tuple[int, ...]) -> BadDocument:
            return BadDocument("adapter_map", written(places[at], turns), wrong.en, wrong.zh)

        def unknown(context: Context, at: int, value: Tree) -> None:
            context.unknown_value(general(places[at]), value)

        self._given |= {"located": located, "unknown": unknown}
        yield f"        return {result}"
        yield "    except Wrong as wrong:"
        yield f"        raise located(wrong, at, ({turns})) from None"

    # ---- writing

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._indent + text)

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        """What is fetched inside is not at hand after it."""
        self._line(head)
        self._indent += 1
        cached, objects, length = dict(self._cached), dict(self._objects), len(self._lines)
        yield
        if len(self._lines) == length:
            self._line("None")
        self._cached, self._objects = cached, objects
        self._indent -= 1

    def _fresh(self, kind: str = "v") -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _at(self, place: Place) -> str:
        return str(self._places.setdefault(place, len(self._places)))

    def _is_at(self, found: _Found) -> None:
        self._line(f"at = {found.at}")

    def _named(self, thing: object) -> str:
        """A name for what no text can be written for."""
        self._count += 1
        name = f"K{self._count}"
        self._given[name] = thing
        return name

    def _constant(self, value: Tree) -> str:
        if value is None or isinstance(value, bool | int | str):
            return repr(value)
        return f"copied({self._named(value)})" if isinstance(value, list | dict) else self._named(value)

    def _variable(self, operand: str) -> str:
        """The operand where it is a variable, else one with its value: what is asked further cannot be a constant."""
        if operand.isidentifier() and operand.islower():
            return operand
        variable = self._fresh()
        self._line(f"{variable} = {operand}")
        return variable

    def _here(self, operand: str) -> _Found:
        """A value that stands nowhere in the document: its problems are told of the record at hand."""
        return _Found(operand, self._scopes[-1].at, self._scopes[-1].place)

    # ---- paths

    def _path(self, path: Path) -> _Found:
        if not path.is_many:
            return self._walked(path)
        out = self._fresh()
        self._line(f"{out} = []")
        self._each_of(self._root(path), path.steps, lambda found: self._append(out, found))
        place = self._place(path)
        return _Found(out, self._at(place), place)

    def _append(self, out: str, found: _Found) -> None:
        with self._block(f"if {found.operand} is not None:"):
            self._line(f"{out}.append({found.operand})")

    def _walked(self, path: Path) -> _Found:
        found = self._root(path)
        for step in path.steps:
            found = self._stepped(found, step)
        return found

    def _root(self, path: Path) -> _Found:
        if path.root == "item":
            return self._scopes[-1 - path.up]
        if path.root == "secret":
            self._uses.add("secrets")
            return _Found("secrets", self._at(("$",)), ("$",), ("$",))
        self._uses.add("references")
        place = (f"${path.root}",)
        if path.root == "root":
            self._uses.add("whole")
            return _Found("whole", self._at(place), place, place)
        if place not in self._cached:
            self._cached[place] = self._fresh()
            self._line(f"{self._cached[place]} = references.get({path.root!r})")
        return _Found(self._cached[place], self._at(place), place, place)

    def _stepped(self, found: _Found, step: PathStep) -> _Found:
        key, place = (*found.key, step), deeper(found.place, step)
        if key not in self._cached:
            if isinstance(step, Key):
                fields, variable = self._object(found), self._fresh()
                self._line(f"{variable} = {fields}.get({step.name!r})")
            else:
                assert not isinstance(step, EachElement)
                self._is_at(found)
                variable = self._fresh()
                self._line(f"{variable} = element({found.operand}, {step.at})")
            self._cached[key] = variable
        return _Found(self._cached[key], self._at(place), place, key)

    def _object(self, found: _Found) -> str:
        """A variable that has fields for sure."""
        if found.operand == "secrets":
            return found.operand
        if found.operand not in self._objects:
            fields = self._fresh()
            self._line(f"{fields} = {found.operand}")
            with self._block(f"if {fields}.__class__ is not dict:"):
                self._is_at(found)
                self._line(f"{fields} = as_object({fields})")
            self._objects[found.operand] = fields
        return self._objects[found.operand]

    def _each_of(self, found: _Found, steps: tuple[PathStep, ...], use: Callable[[_Found], None]) -> None:
        """Whatever `use` writes is done with each element that the steps lead to."""
        for number, step in enumerate(steps):
            if isinstance(step, EachElement):
                with self._loop(found) as member:
                    self._each_of(member, steps[number + 1 :], use)
                return
            found = self._stepped(found, step)
        use(found)

    @contextmanager
    def _loop(self, found: _Found) -> Iterator[_Found]:
        members, turn, member = self._fresh(), self._loops, self._fresh()
        self._loops += 1
        self._line(f"{members} = {found.operand}")
        with self._block(f"if {members}.__class__ is not list:"):
            self._is_at(found)
            self._line(f"{members} = as_list({members})")
        place = (*found.place, "[", turn, "]")
        with self._block(f"for i{turn}, {member} in enumerate({members}):"):
            yield _Found(member, self._at(place), place, (f"loop {turn}",))

    def _place(self, path: Path) -> Place:
        base = self._scopes[-1 - path.up].place if path.root == "item" else root_place(path)
        return place_of(path, base)

    # ---- rules

    def _rule(self, rule: Rule) -> _Found:
        if rule.when is None:
            return self._made(rule)
        out, at = self._fresh(), self._fresh()
        self._line(f"{out} = None")
        self._line(f"{at} = {self._scopes[-1].at}")
        with self._block(f"if {self._node(rule.when)}:"):
            found = self._made(rule)
            self._line(f"{out} = {found.operand}")
            self._line(f"{at} = {found.at}")
        return _Found(out, at, found.place)

    def _made(self, rule: Rule) -> _Found:
        found = self._listed(rule, rule.elements) if rule.elements is not None else self._origin(rule.origin)
        for step in rule.steps:
            found = self._step(found, step)
        return found

    def _origin(self, origin: object) -> _Found:
        match origin:
            case Literal(value):
                return self._here(self._constant(value))
            case From(path):
                return self._path(path)
            case First(of):
                return self._first(of)
            case Join(of, between):
                return self._join(of, between)
            case Computed(node):
                return _Found(self._node(node), self._at_of(node), self._place_of(node))
            case Each(path, where, fields):
                return self._each(path, where, fields)
            case Inside(path, fields):
                return self._here(self._fields(fields)) if path is None else self._inside(path, fields)
            case Listing(of):
                return self._here(f"[{', '.join([self._rule(member).operand for member in of])}]")
            case Text(parts, encoded):
                return self._text(parts, encoded)
        raise AssertionError(origin)

    def _listed(self, rule: Rule, steps: tuple[Step, ...]) -> _Found:
        out = self._fresh()
        self._line(f"{out} = []")
        path = rule.origin.path if isinstance(rule.origin, From) else None
        if path is not None and path.is_many:
            self._each_of(self._root(path), path.steps, lambda found: self._element(found, steps, out))
            place = self._place(path)
            return _Found(out, self._at(place), place)
        found = self._origin(rule.origin)
        self._element(found, steps, out)
        return _Found(out, found.at, found.place)

    def _element(self, found: _Found, steps: tuple[Step, ...], out: str) -> None:
        """What is done with each element, the steps that are left one in another."""
        if not steps:
            self._append(out, found)
            return
        step, rest = steps[0], steps[1:]
        if isinstance(step, Split):
            part = self._fresh()
            self._is_at(found)
            with self._block(f"for {part} in split({found.operand}, {step.between!r}):"):
                self._element(_Found(part, found.at, found.place, (part,)), rest, out)
        elif isinstance(step, Keep):
            self._scopes.append(found)
            condition = self._node(step.where)
            self._scopes.pop()
            with self._block(f"if {condition}:"):
                self._element(found, rest, out)
        else:
            self._element(self._step(found, step), rest, out)

    def _first(self, of: tuple[Rule, ...]) -> _Found:
        out, at = self._fresh(), self._fresh()
        self._line(f"{out} = None")
        self._line(f"{at} = {self._scopes[-1].at}")
        for number, member in enumerate(of):
            if number == 0:
                place = self._take(member, out, at)
                continue
            with self._block(f"if not {out} and empty({out}):"):
                self._take(member, out, at)
        with self._block(f"if not {out} and empty({out}):"):
            self._line(f"{out} = None")
        return _Found(out, at, place)

    def _take(self, rule: Rule, out: str, at: str) -> Place:
        found = self._rule(rule)
        self._line(f"{out} = {found.operand}")
        self._line(f"{at} = {found.at}")
        return found.place

    def _join(self, of: tuple[Rule, ...], between: str) -> _Found:
        parts, out = self._fresh(), self._fresh()
        self._line(f"{parts} = []")
        for member in of:
            found = self._rule(member)
            self._is_at(found)
            self._line(f"{parts} = {parts} + texts({found.operand})")
        self._line(f"{out} = joined({parts}, {between!r}, {self._limits.adapter_text_characters_max})")
        return self._here(out)

    def _each(self, path: Path, where: Node | None, fields: Fields) -> _Found:
        out = self._fresh()
        self._line(f"{out} = []")
        steps = (*path.steps, EachElement())
        self._each_of(self._root(path), steps, lambda found: self._record(found, where, fields, out))
        place = self._place(path)
        return _Found(out, self._at(place), place)

    def _record(self, found: _Found, where: Node | None, fields: Fields, out: str) -> None:
        self._scopes.append(found)
        if where is None:
            self._line(f"{out}.append({self._fields(fields)})")
        else:
            with self._block(f"if {self._node(where)}:"):
                self._line(f"{out}.append({self._fields(fields)})")
        self._scopes.pop()

    def _inside(self, path: Path, fields: Fields) -> _Found:
        found, out = self._path(path), self._fresh()
        self._line(f"{out} = None")
        self._scopes.append(found)
        with self._block(f"if {found.operand} or not empty({found.operand}):"):
            self._line(f"{out} = {self._fields(fields)}")
        self._scopes.pop()
        return _Found(out, found.at, found.place)

    def _text(self, parts: tuple[str | Path, ...], encoded: bool) -> _Found:
        shown = []
        for part in parts:
            if isinstance(part, str):
                shown.append(repr(part))
                continue
            found, text = self._path(part), self._fresh()
            self._is_at(found)
            self._line(f"{text} = inserted({found.operand}, {encoded})")
            shown.append(text)
        return self._here(self._variable(" + ".join(shown)))

    def _fields(self, fields: Fields) -> str:
        """A variable with the object; fields that need not be there are added one by one, in their order."""
        out, plain = self._fresh(), list[str]()
        rest = list(fields.of)
        while rest and rest[0].rule.when is None:
            field = rest.pop(0)
            plain.append(f"{field.name!r}: {self._made(field.rule).operand}")
        self._line(f"{out} = {{{', '.join(plain)}}}")
        for field in rest:
            if field.rule.when is None:
                self._line(f"{out}[{field.name!r}] = {self._made(field.rule).operand}")
                continue
            with self._block(f"if {self._node(field.rule.when)}:"):
                self._line(f"{out}[{field.name!r}] = {self._made(field.rule).operand}")
        return out

    # ---- steps

    def _step(self, found: _Found, step: Step) -> _Found:
        found = _Found(self._variable(found.operand), found.at, found.place)
        if isinstance(step, As):
            return self._converted(found, step)
        if isinstance(step, Enum):
            return self._chosen(found, step)
        if isinstance(step, Required):
            with self._block(f"if not {found.operand} and empty({found.operand}):"):
                self._is_at(found)
                self._line("missing()")
            return found
        assert isinstance(step, Default)
        out = self._fresh()
        self._line(f"{out} = {found.operand}")
        with self._block(f"if not {out} and empty({out}):"):
            self._line(f"{out} = {self._constant(step.value)}")
        return _Found(out, found.at, found.place)

    def _converted(self, found: _Found, wanted: As) -> _Found:
        """What is of its kind already, as most values are, costs no call."""
        out = self._fresh()
        kinds = {"text": ("str", "to_text"), "int": ("int", "to_int")}
        if wanted.kind in kinds and not wanted.zone and not wanted.format:
            kind, call = kinds[wanted.kind]
            condition = f"if {out}.__class__ is not {kind}:"
        else:
            condition, call = f"if {out} is not None:", self._named(converter(wanted))
        self._line(f"{out} = {found.operand}")
        with self._block(condition):
            self._is_at(found)
            self._line(f"{out} = {call}({out})")
        return _Found(out, found.at, found.place)

    def _chosen(self, found: _Found, step: Enum) -> _Found:
        out, value, table = self._fresh(), found.operand, self._named(enum_table(step))
        with self._block(f"if {value}.__class__ is str or {value}.__class__ is int:"):
            self._line(f"{out} = {table}.get({value}, UNKNOWN)")
        with self._block("else:"):
            self._is_at(found)
            self._line(f"{out} = looked_up({value}, {table})")
        with self._block(f"if {out} is UNKNOWN:"):
            self._line(f"unknown(context, {found.at}, {value})")
            self._line(f"{out} = {self._constant(step.otherwise)}")
        return _Found(out, found.at, found.place)

    # ---- expressions

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
        words = [one.value for one in node.choices if isinstance(one, Constant) and _is_word(one.value)]
        if len(words) == len(node.choices):
            item, named = self._variable(item), self._named(frozenset(words))
            return self._set(f"{negated}({item}.__class__ is str and {item} in {named})")
        members = "".join(f"{self._node(one)}, " for one in node.choices)
        return self._set(f"{negated}among({item}, ({members}))")

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
            given.insert(0, str(self._limits.adapter_text_characters_max))
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


def _is_word(value: Scalar) -> bool:
    """A text that writes no number: only the same text is equal to it."""
    return isinstance(value, str) and (len(value) > _WORD_CHARACTERS_MAX or written_number(value) is None)
