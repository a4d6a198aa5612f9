"""A map followed step by step, for who writes it: what each field took, what each step made of it, what went wrong.

The same steps as `compiler` turns into code, by the same functions; a test holds that both give the same. Pure.
"""

from typing import cast

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.adapters.maps.context import Context
from app.adapters.maps.conversions import As, converter
from app.adapters.maps.drift import known, look
from app.adapters.maps.evaluation import At, Evaluation
from app.adapters.maps.functions import split
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
from app.adapters.maps.values import Place, Wrong, copied, empty, general, missing, written
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


class _Open(Struct):
    """The field that is being made."""

    name: str
    took: list[Taken]
    steps: list[Done]


class _Tracer(Evaluation):
    def __init__(self, document: Tree, context: Context, limits: Limits) -> None:
        super().__init__(document, context, limits)
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

    def _took(self, place: Place, value: Tree) -> None:
        self._open[-1].took.append(Taken(written(place, tuple(self._turns)), value))

    def _note(self, word: str, value: Tree) -> None:
        self._open[-1].steps.append(Done(word, value))

    # ---- rules

    def _rule(self, rule: Rule) -> At:
        if rule.when is not None and not self._node(rule.when):
            return self._here(None)
        return self._made(rule)

    def _made(self, rule: Rule) -> At:
        found = self._origin(rule.origin) if rule.elements is None else self._listed(rule, rule.elements)
        for step in rule.steps:
            found = self._step(found, step)
        return found

    def _here(self, value: Tree) -> At:
        return At(value, self._scopes[-1].place)

    def _origin(self, origin: Origin) -> At:
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
                return At(value, self._place_of(node))
            case Each(path, where, fields):
                return self._each(path, where, fields)
            case Inside(path, fields):
                return self._inside(path, fields)
            case Listing(of):
                there = [member for member in of if member.when is None or self._node(member.when)]
                return self._here([self._made(member).value for member in there])
            case Text(parts, encoded):
                return self._here("".join(self._part(part, encoded) for part in parts))

    def _listed(self, rule: Rule, steps: tuple[Step, ...]) -> At:
        out: list[Tree] = []
        if isinstance(rule.origin, From) and rule.origin.path.is_many:
            path = rule.origin.path
            for found in self._each_of(self._root(path), path.steps):
                self._element(found, steps, out)
            found = At(out, self._place(path))
            self._took(self._place(path), out)
        else:
            found = self._origin(rule.origin)
            self._element(found, steps, out)
        for step in steps:
            self._note(_WORDS[type(step)], out)
        return At(out, found.place)

    def _element(self, found: At, steps: tuple[Step, ...], out: list[Tree]) -> None:
        if not steps:
            if found.value is not None:
                out.append(found.value)
            return
        step, rest = steps[0], steps[1:]
        if isinstance(step, Split):
            self._at = found.place
            for part in split(found.value, step.between):
                self._element(At(part, found.place), rest, out)
        elif isinstance(step, Keep):
            self._scopes.append(found)
            holds = self._node(step.where)
            self._scopes.pop()
            if holds:
                self._element(found, rest, out)
        else:
            self._element(self._stepped(found, step), rest, out)

    def _first(self, of: tuple[Rule, ...]) -> At:
        found = self._rule(of[0])
        for member in of[1:]:
            if not empty(found.value):
                break
            found = self._rule(member)
        found = At(None if empty(found.value) else found.value, found.place)
        self._note("first", found.value)
        return found

    def _join(self, of: tuple[Rule, ...], between: str) -> At:
        parts: list[str] = []
        for member in of:
            found = self._rule(member)
            self._at = found.place
            parts += texts(found.value)
        text = joined(parts, between, self._characters_max)
        self._note("join", text)
        return self._here(text)

    def _each(self, path: Path, where: Node | None, fields: Fields) -> At:
        out: list[Tree] = []
        for found in self._each_of(self._root(path), (*path.steps, EachElement())):
            self._scopes.append(found)
            if where is None or self._node(where):
                out.append(self._object(fields, f"{self._open[-1].name}[{len(out)}]"))
            self._scopes.pop()
        return At(out, self._place(path))

    def _inside(self, path: Path | None, fields: Fields) -> At:
        if path is None:
            return self._here(self._object(fields, self._open[-1].name))
        found = self._path(path)
        if empty(found.value):
            return At(None, found.place)
        self._scopes.append(found)
        made = self._object(fields, self._open[-1].name)
        self._scopes.pop()
        return At(made, found.place)

    def _part(self, part: str | Path, encoded: bool) -> str:
        if isinstance(part, str):
            return part
        found = self._path(part)
        self._at = found.place
        return inserted(found.value, encoded)

    # ---- steps

    def _step(self, found: At, step: Step) -> At:
        found = self._stepped(found, step)
        self._note(_WORDS[type(step)], found.value)
        return found

    def _stepped(self, found: At, step: Step) -> At:
        self._at = found.place
        match step:
            case As():
                return At(converter(step)(found.value), found.place)
            case Enum():
                return At(self._chosen(found, step), found.place)
            case Default(value):
                return At(copied(value), found.place) if empty(found.value) else found
            case Required() if empty(found.value):
                missing()
        return found

    def _chosen(self, found: At, step: Enum) -> Tree:
        chosen = looked_up(found.value, enum_table(step))
        if chosen is UNKNOWN:
            self._context.unknown_value(general(found.place), found.value)
            return step.otherwise
        return cast("Tree", chosen)


_WORDS: dict[type, str] = {
    As: "as", Default: "default", Enum: "enum", Keep: "where", Required: "required", Split: "split",
}  # fmt: skip
