"""What expat tells of a document, made a tree.

An element with nothing but text is that text, an empty one null; another one is an object: its attributes by `@name`,
its children by their names, its text by `#text`. What is repeated is a list, and what is marked to be one. White space
at the ends of a text was put there to look well and goes, unless it stands in CDATA. Text among children is joined by a
blank, its place among them lost. Prefixes go, but for those of declared namespaces (of two attributes that differ in
nothing else, the one without stays); so do `xmlns` and `xsi` attributes, which say nothing of the matter.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from app.adapters.errors import BadDocument
from app.adapters.formats.options import Options
from app.adapters.formats.tree import DEPTH_MAX, Tree

BETWEEN = "}"  # expat writes a name in a namespace as its URI, this and the name; no URI holds it
_WHITE = " \t\r\n"
_SCHEMA = ("xsi", "http://www.w3.org/2001/XMLSchema-instance")
_NAMES_KEPT = 4_096


class Refused(Exception):
    """Why a document is not read on; whoever knows where makes a `BadDocument` of it."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(code)
        self._code, self._en, self._zh = code, en, zh

    def placed(self, path: str, line: int, column: int) -> BadDocument:
        """Line from 1, column from 0, as expat counts."""
        return BadDocument(
            self._code, path,
            f"Line {line}, column {column + 1}: {self._en}",
            f"第 {line} 行第 {column + 1} 列：{self._zh}",
        )  # fmt: skip


class Names(dict[str, str]):
    """Names as expat tells them, to ours; found once each."""

    def __init__(self, prefixes: tuple[tuple[str, str], ...], mark: str) -> None:
        super().__init__()
        self._prefix_of = {uri: prefix for prefix, uri in prefixes}
        self._mark = mark

    def __missing__(self, told: str) -> str:
        if len(self) >= _NAMES_KEPT:
            self.clear()
        found = self[told] = self._name(told)
        return found

    def _name(self, told: str) -> str:
        """Empty for an attribute that is left out."""
        space, _, local = told.rpartition(BETWEEN if self._prefix_of else ":")
        if self._mark and (space in _SCHEMA or told == "xmlns" or space == "xmlns"):
            return ""
        prefix = self._prefix_of.get(space, "")
        return f"{self._mark}{prefix}:{local}" if prefix else self._mark + (local or told)


@lru_cache(maxsize=64)
def _names(prefixes: tuple[tuple[str, str], ...], mark: str) -> Names:
    """The same for all documents, which name the same things again and again."""
    return Names(prefixes, mark)


class Handlers(NamedTuple):
    """What expat calls."""

    start: Callable[[str, list[str]], None]
    end: Callable[[str], None]
    cdata: Callable[[], None]


class Elements:
    """Makes trees of elements; `done` is called with each outermost one's name and value when it ends."""

    def __init__(self, options: Options, done: Callable[[str, Tree], None]) -> None:
        prefixes = tuple(options.xml.prefixes.items())
        self._element_names = _names(prefixes, "")
        self._attribute_names = _names(prefixes, "@")
        self._lists = _by_last(options.xml.lists)
        self._attributes_max = options.limits.adapter_xml_attributes_max
        self._done = done
        self.names: list[str] = []  # of the elements that are open
        self.text: list[str] = []  # of the element under way, since its last child: expat puts it there

    def handlers(self) -> Handlers:
        """As closures: they are called for each tag, and take a sixth less time than methods."""
        names, text, lists, element_names, done = self.names, self.text, self._lists, self._element_names, self._done
        parents: list[dict[str, Tree] | None] = []
        node: dict[str, Tree] | None = None  # the element under way, once it has attributes or children
        exact = False  # the text under way stands in CDATA

        def start(told: str, attributes: list[str]) -> None:
            nonlocal node, exact
            if text:
                node = self._with_text(node, exact)
            names.append(element_names[told])
            if len(names) > DEPTH_MAX:
                raise _too_deep()
            parents.append(node)
            node = self.attributes(attributes) if attributes else None
            exact = False

        def end(_told: str) -> None:
            nonlocal node, exact
            value: Tree = node
            if text and node is None:
                said = "".join(text)
                text.clear()
                value = said if exact else said.strip(_WHITE) or None
            elif text:
                value = self._with_text(node, exact)
            elif exact and node is None:
                value = ""
            exact = False
            name = names.pop()
            parent = node = parents.pop()
            if parent is None and not parents:
                done(name, value)
            elif parent is None and name not in lists:
                node = {name: value}
            elif parent is None or name in parent or name in lists:
                node = self._with_member(parent or {}, name, value)
            else:
                parent[name] = value

        def cdata() -> None:
            nonlocal exact
            exact = True

        return Handlers(start, end, cdata)

    def name(self, told: str) -> str:
        """Ours, of an element that expat tells of."""
        return self._element_names[told]

    def attributes(self, told: list[str]) -> dict[str, Tree] | None:
        """By their names; none where all are left out."""
        if len(told) > 2 * self._attributes_max:
            raise _too_many_attributes(self._attributes_max)
        found: dict[str, Tree] = {}
        pairs = iter(told)
        for name, value in zip(pairs, pairs, strict=True):
            key = self._attribute_names[name]
            if key and (key not in found or key == f"@{name}"):
                found[key] = value
        return found or None

    def pass_over(self, name: str) -> None:
        """The start of an element of which nothing is kept but that it is open."""
        self.names.append(name)
        if len(self.names) > DEPTH_MAX:
            raise _too_deep()

    def _with_text(self, node: dict[str, Tree] | None, exact: bool) -> dict[str, Tree] | None:
        """An element that has more than text: between children it is white space as a rule."""
        said = "".join(self.text)
        self.text.clear()
        if not exact:
            said = said.strip(_WHITE)
        if said:
            node = {} if node is None else node
            before = node.get("#text")
            node["#text"] = f"{before} {said}" if isinstance(before, str) else said
        return node

    def _with_member(self, parent: dict[str, Tree], name: str, value: Tree) -> dict[str, Tree]:
        """A child that is one of several, or may be marked as one."""
        there = parent.get(name)
        is_list = name in self._lists and self._is_list(name)
        if is_list and name not in parent:
            there = parent[name] = []
        if isinstance(there, list):
            if not is_list or value is not None:  # an empty element is how an empty list is written
                there.append(value)
        else:
            parent[name] = [there, value] if name in parent else value
        return parent

    def _is_list(self, name: str) -> bool:
        return any(not before or tuple(self.names[-len(before) :]) == before for before in self._lists[name])


def _too_deep() -> Refused:
    return Refused(
        "document_depth",
        f"elements are nested deeper than {DEPTH_MAX} levels. Ask the sender for a flatter document.",
        f"元素嵌套超过 {DEPTH_MAX} 层。请让发送方提供层次更浅的文档。",
    )


def _too_many_attributes(attributes_max: int) -> Refused:
    return Refused(
        "xml_attributes",
        f"this element has more than {attributes_max} attributes. Ask the sender for elements instead.",
        f"该元素的属性超过 {attributes_max} 个。请让发送方改用子元素。",
    )


def _by_last(lists: tuple[tuple[str, ...], ...]) -> dict[str, list[tuple[str, ...]]]:
    """Paths of lists by their last step, each what must stand before it."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for path in lists:
        found.setdefault(path[-1], []).append(path[:-1])
    return found
