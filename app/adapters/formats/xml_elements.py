"""What expat tells of a document, made a tree.

An element with nothing but text is that text, an empty one null; another one is an object: its attributes by `@name`,
its children by their names, its text by `#text`. What is repeated is a list, and what is marked to be one. White space
at the ends of a text was put there to look well and goes, unless it stands in CDATA. Text among children is joined by a
blank, its place among them lost. Prefixes go, but for those of declared namespaces (of two attributes that differ in
nothing else, the one without stays); so do `xmlns` and `xsi` attributes, which say nothing of the matter.
"""

from collections.abc import Callable
from typing import NoReturn

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

    def __init__(self, prefixes: dict[str, str], mark: str = "") -> None:
        super().__init__()
        self._prefix_of = {uri: prefix for prefix, uri in prefixes.items()}
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


class Elements:
    """Handlers for expat; `done` is called with each outermost element's value when it ends."""

    __slots__ = ("_attribute_names", "_attributes_max", "_count", "_count_max", "_done", "_element_names", "_exact",
                 "_lists", "_node", "_parents", "names", "text")  # fmt: skip

    def __init__(self, options: Options, done: Callable[[str, Tree], None]) -> None:
        prefixes = dict(options.xml.prefixes)
        self._element_names = Names(prefixes)
        self._attribute_names = Names(prefixes, "@")
        self._lists = _by_last(options.xml.lists)
        self._attributes_max = options.limits.adapter_xml_attributes_max
        self._count_max = options.limits.adapter_document_values_max
        self._done = done
        self._count = 0
        self._node: dict[str, Tree] | None = (
            None  # the element under way; None while it has neither attributes nor children
        )
        self._parents: list[dict[str, Tree] | None] = []
        self._exact = False  # the text under way stands in CDATA
        self.names: list[str] = []  # of the elements that are open
        self.text: list[str] = []  # of the element under way, since its last child

    def start(self, told: str, attributes: list[str]) -> None:
        if self.text:
            self._mix()
        self._count += 1
        self.open(self._element_names[told])
        self._parents.append(self._node)
        self._node = self.attributes(attributes) if attributes else None
        self._exact = False

    def name(self, told: str) -> str:
        return self._element_names[told]

    def open(self, name: str) -> None:
        names = self.names
        names.append(name)
        if len(names) > DEPTH_MAX or self._count > self._count_max:
            self._refuse()

    def end(self, _told: str) -> None:
        text = self.text
        said = ""
        if text:
            said = text[0] if len(text) == 1 else "".join(text)
            text.clear()
            if not self._exact:
                said = said.strip(_WHITE)
        value: Tree = self._node
        if value is None:
            value = said or ("" if self._exact else None)
        elif said:
            self._add_text(said)
        self._exact = False
        name = self.names.pop()
        self._node = self._parents.pop()
        if self._parents:
            self._attach(name, value)
        else:
            self._count = 0
            self._done(name, value)

    def cdata(self) -> None:
        self._exact = True

    def _attach(self, name: str, value: Tree) -> None:
        parent = self._node
        if parent is None:
            parent = self._node = {}
        if name in self._lists and self._is_list(name):
            members = parent.setdefault(name, [])
            if value is not None and isinstance(members, list):  # an empty element is how an empty list is written
                members.append(value)
        elif name in parent:
            there = parent[name]
            if type(there) is list:
                there.append(value)
            else:
                parent[name] = [there, value]
        else:
            parent[name] = value

    def _is_list(self, name: str) -> bool:
        return any(not before or tuple(self.names[-len(before) :]) == before for before in self._lists[name])

    def attributes(self, told: list[str]) -> dict[str, Tree] | None:
        if len(told) > 2 * self._attributes_max:
            self._refuse()
        found: dict[str, Tree] = {}
        pairs = iter(told)
        for name, value in zip(pairs, pairs, strict=True):
            key = self._attribute_names[name]
            if key and (key not in found or key == f"@{name}"):
                found[key] = value
        return found or None

    def _mix(self) -> None:
        """Text before a child: white space as a rule."""
        said = "".join(self.text)
        self.text.clear()
        if not self._exact:
            said = said.strip(_WHITE)
        if said:
            if self._node is None:
                self._node = {}
            self._add_text(said)

    def _add_text(self, said: str) -> None:
        assert self._node is not None
        before = self._node.get("#text")
        self._node["#text"] = f"{before} {said}" if isinstance(before, str) else said

    def _refuse(self) -> NoReturn:
        if len(self.names) > DEPTH_MAX:
            raise Refused(
                "document_depth",
                f"elements are nested deeper than {DEPTH_MAX} levels. Ask the sender for a flatter document.",
                f"元素嵌套超过 {DEPTH_MAX} 层。请让发送方提供层次更浅的文档。",
            )
        raise Refused(
            "document_values",
            f"more than {self._count_max} elements, or {self._attributes_max} attributes of one. Ask for less.",
            f"元素超过 {self._count_max} 个，或单个元素的属性超过 {self._attributes_max} 个。请减小每页条数。",
        )


def _by_last(lists: tuple[tuple[str, ...], ...]) -> dict[str, list[tuple[str, ...]]]:
    """Paths of lists by their last step, each what must stand before it."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for path in lists:
        found.setdefault(path[-1], []).append(path[:-1])
    return found
