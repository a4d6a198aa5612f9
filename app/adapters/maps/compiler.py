"""Maps and parts of requests as Python functions: source is written from the parsed steps, then loaded. Pure.

What stands in the source are names that are counted here, constants by `repr` of texts, whole numbers, truths and
null, and names of what it is given; `generated.load` demands it once more.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.maps.context import Context
from app.adapters.maps.conversions import As, converter, to_int, to_text
from app.adapters.maps.drift import known, look
from app.adapters.maps.emission import Found
from app.adapters.maps.formulas import Formulas
from app.adapters.maps.functions import split
from app.adapters.maps.generated import load
from app.adapters.maps.paths import Each as EachElement
from app.adapters.maps.paths import Path
from app.adapters.maps.rules import (
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
from app.adapters.maps.steps import UNKNOWN, enum_table, inserted, joined, looked_up, texts
from app.adapters.maps.syntax import Node
from app.adapters.maps.values import Place, Wrong, empty, general, missing, written
from app.settings import Limits

_ATTRIBUTES = frozenset({
    "append", "drift_every", "get", "mapped", "references", "secrets", "__class__",
})  # fmt: skip
_WORDS: dict[str, object] = {
    "int": int, "Wrong": Wrong, "empty": empty, "missing": missing, "to_text": to_text, "to_int": to_int,
    "split": split, "texts": texts, "joined": joined, "inserted": inserted, "looked_up": looked_up,
    "UNKNOWN": UNKNOWN,
}  # fmt: skip


class Compiled(Struct, frozen=True):
    """`run(document, context)`: what the map makes of it. Raises `BadDocument` with the path in the document."""

    run: Callable[[Tree, Context], Tree]
    source: str


def compile_rule(rule: Rule, limits: Limits | None = None, examples: Iterable[Tree] | None = None) -> Compiled:
    """The function of a map, or of a part of a request. With `examples` it counts fields that neither it nor those
    have.
    """
    return _RuleCode(limits or Limits()).compiled(rule, examples)


class _RuleCode(Formulas):
    """The function of one rule."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._given |= _WORDS

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

    def _rule(self, rule: Rule) -> Found:
        if rule.when is None:
            return self._made(rule)
        out, at = self._fresh(), self._fresh()
        self._line(f"{out} = None")
        self._line(f"{at} = {self._scopes[-1].at}")
        with self._block(f"if {self._node(rule.when)}:"):
            found = self._made(rule)
            self._line(f"{out} = {found.operand}")
            self._line(f"{at} = {found.at}")
        return Found(out, at, found.place)

    def _made(self, rule: Rule) -> Found:
        found = self._listed(rule, rule.elements) if rule.elements is not None else self._origin(rule.origin)
        for step in rule.steps:
            found = self._step(found, step)
        return found

    def _origin(self, origin: Origin) -> Found:
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
                return Found(self._node(node), self._at_of(node), self._place_of(node))
            case Each(path, where, fields):
                return self._each(path, where, fields)
            case Inside(path, fields):
                return self._here(self._fields(fields)) if path is None else self._inside(path, fields)
            case Listing(of):
                return self._here(self._listing(of))
            case Text(parts, encoded):
                return self._text(parts, encoded)

    def _listed(self, rule: Rule, steps: tuple[Step, ...]) -> Found:
        out = self._fresh()
        self._line(f"{out} = []")
        path = rule.origin.path if isinstance(rule.origin, From) else None
        if path is not None and path.is_many:
            self._each_of(self._root(path), path.steps, lambda found: self._element(found, steps, out))
            place = self._place(path)
            return Found(out, self._at(place), place)
        found = self._origin(rule.origin)
        if len(steps) == 1 and isinstance(steps[0], Split):
            self._is_at(found)
            self._line(f"{out} = split({found.operand}, {steps[0].between!r})")
        else:
            self._element(found, steps, out)
        return Found(out, found.at, found.place)

    def _element(self, found: Found, steps: tuple[Step, ...], out: str) -> None:
        """What is done with each element, the steps that are left one in another."""
        if not steps:
            self._append(out, found)
            return
        step, rest = steps[0], steps[1:]
        if isinstance(step, Split):
            part = self._fresh()
            self._is_at(found)
            with self._block(f"for {part} in split({found.operand}, {step.between!r}):"):
                self._element(Found(part, found.at, found.place, (part,)), rest, out)
        elif isinstance(step, Keep):
            self._scopes.append(found)
            condition = self._node(step.where)
            self._scopes.pop()
            with self._block(f"if {condition}:"):
                self._element(found, rest, out)
        else:
            self._element(self._step(found, step), rest, out)

    def _first(self, of: tuple[Rule, ...]) -> Found:
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
        return Found(out, at, place)

    def _take(self, rule: Rule, out: str, at: str) -> Place:
        found = self._rule(rule)
        self._line(f"{out} = {found.operand}")
        self._line(f"{at} = {found.at}")
        return found.place

    def _join(self, of: tuple[Rule, ...], between: str) -> Found:
        parts, out = self._fresh(), self._fresh()
        self._line(f"{parts} = []")
        for rule in of:
            found = self._rule(rule)
            member = self._variable(found.operand)
            with self._block(f"if {member}.__class__ is str:"):
                self._line(f"if {member}: {parts}.append({member})")
            with self._block("else:"):
                self._is_at(found)
                self._line(f"{parts} = {parts} + texts({member})")
        self._is_at(found)
        self._line(f"{out} = joined({parts}, {between!r}, {self._characters_max})")
        return self._here(out)

    def _each(self, path: Path, where: Node | None, fields: Fields) -> Found:
        out = self._fresh()
        self._line(f"{out} = []")
        steps = (*path.steps, EachElement())
        self._each_of(self._root(path), steps, lambda found: self._record(found, where, fields, out))
        place = self._place(path)
        return Found(out, self._at(place), place)

    def _record(self, found: Found, where: Node | None, fields: Fields, out: str) -> None:
        self._scopes.append(found)
        if where is None:
            self._line(f"{out}.append({self._fields(fields)})")
        else:
            with self._block(f"if {self._node(where)}:"):
                self._line(f"{out}.append({self._fields(fields)})")
        self._scopes.pop()

    def _listing(self, of: tuple[Rule, ...]) -> str:
        """A variable with the list; there is an element only when it is to be there, as with fields."""
        out = self._fresh()
        self._line(f"{out} = []")
        for member in of:
            if member.when is None:
                self._line(f"{out}.append({self._made(member).operand})")
                continue
            with self._block(f"if {self._node(member.when)}:"):
                self._line(f"{out}.append({self._made(member).operand})")
        return out

    def _inside(self, path: Path, fields: Fields) -> Found:
        found, out = self._path(path), self._fresh()
        self._line(f"{out} = None")
        self._scopes.append(found)
        with self._block(f"if {found.operand} or not empty({found.operand}):"):
            self._line(f"{out} = {self._fields(fields)}")
        self._scopes.pop()
        return Found(out, found.at, found.place)

    def _text(self, parts: tuple[str | Path, ...], encoded: bool) -> Found:
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

    def _step(self, found: Found, step: Step) -> Found:
        found = Found(self._variable(found.operand), found.at, found.place)
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
        return Found(out, found.at, found.place)

    def _converted(self, found: Found, wanted: As) -> Found:
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
        return Found(out, found.at, found.place)

    def _chosen(self, found: Found, step: Enum) -> Found:
        out, value, table = self._fresh(), found.operand, self._named(enum_table(step))
        with self._block(f"if {value}.__class__ is str or {value}.__class__ is int:"):
            self._line(f"{out} = {table}.get({value}, UNKNOWN)")
        with self._block("else:"):
            self._is_at(found)
            self._line(f"{out} = looked_up({value}, {table})")
        with self._block(f"if {out} is UNKNOWN:"):
            self._line(f"unknown(context, {found.at}, {value})")
            self._line(f"{out} = {self._constant(step.otherwise)}")
        return Found(out, found.at, found.place)
