"""Fields of documents that no map takes: told to who writes the map, counted while it runs, never an error. Pure."""

from collections.abc import Callable, Iterable

from app.adapters.formats.tree import Tree
from app.adapters.maps.paths import Key, Path, quoted
from app.adapters.maps.rules import Computed, Each, Fields, First, From, Inside, Join, Keep, Listing, Rule, Step, Text
from app.adapters.maps.syntax import Node, paths_of

_ELEMENTS_MAX = 20  # of a list, that are looked through
_NAME_CHARACTERS_MAX = 100
_NAMES_MAX = 100  # of an object, that are told: one may be a table with data for keys


class Known:
    """What is taken of a place: all of it (`whole`), fields by name, elements of a list."""

    __slots__ = ("elements", "names", "whole")

    def __init__(self) -> None:
        self.whole = False
        self.names: dict[str, Known] = {}
        self.elements: Known | None = None

    def field(self, name: str) -> "Known":
        return self.names.setdefault(name, Known())

    def element(self) -> "Known":
        self.elements = self.elements or Known()
        return self.elements


def known(rule: Rule, examples: Iterable[Tree] = ()) -> Known:
    """What a map takes of its document; beside it, all fields of the examples are known."""
    taken = Known()
    _rule(rule, [taken])
    for example in examples:
        _example(example, taken)
    return taken


def look(value: Tree, taken: Known, tell: Callable[[str], None], path: str = "") -> None:
    """Tell the path of each field that is not taken, the outermost only: `item_list[].goods_img`."""
    if taken.whole:
        return
    if isinstance(value, dict):
        for name in sorted(value.keys() - taken.names.keys())[:_NAMES_MAX]:
            tell(f"{path}.{_shown(name)}" if path else _shown(name))
        for name, inner in taken.names.items():
            if (member := value.get(name)) is not None:
                look(member, inner, tell, f"{path}.{_shown(name)}" if path else _shown(name))
    elif isinstance(value, list) and taken.elements is not None:
        for member in value[:_ELEMENTS_MAX]:
            look(member, taken.elements, tell, f"{path}[]")


def _shown(name: str) -> str:
    return quoted(name[:_NAME_CHARACTERS_MAX])


def _rule(rule: Rule, scopes: list[Known]) -> None:
    if rule.when is not None:
        _node(rule.when, scopes)
    match rule.origin:
        case From(path):
            _steps(rule.elements or (), scopes, _whole(path, scopes))
        case First(of) | Join(of, _) | Listing(of):
            for member in of:
                _rule(member, scopes)
        case Computed(node):
            _node(node, scopes)
        case Text(parts, _):
            for part in parts:
                if isinstance(part, Path):
                    _whole(part, scopes)
        case Each(path, where, fields):
            inner = [*scopes, _place(path, scopes).element()]
            if where is not None:
                _node(where, inner)
            _fields(fields, inner)
        case Inside(path, fields):
            _fields(fields, scopes if path is None else [*scopes, _place(path, scopes)])


def _steps(steps: tuple[Step, ...], scopes: list[Known], at: Known) -> None:
    for step in steps:
        if isinstance(step, Keep):
            _node(step.where, [*scopes, at])


def _fields(fields: Fields, scopes: list[Known]) -> None:
    for field in fields.of:
        _rule(field.rule, scopes)


def _node(node: Node, scopes: list[Known]) -> None:
    for path in paths_of(node):
        _whole(path, scopes)


def _whole(path: Path, scopes: list[Known]) -> Known:
    at = _place(path, scopes)
    at.whole = True
    return at


def _place(path: Path, scopes: list[Known]) -> Known:
    if path.root not in ("item", "root"):
        return Known()  # not of the document
    at = scopes[0] if path.root == "root" else scopes[-1 - path.up]
    for step in path.steps:
        at = at.field(step.name) if isinstance(step, Key) else at.element()
    return at


def _example(value: Tree, taken: Known) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            _example(member, taken.field(name))
    elif isinstance(value, list):
        for member in value[:_ELEMENTS_MAX]:
            _example(member, taken.element())
