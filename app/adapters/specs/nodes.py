"""YAML text into nodes that know where they stand: the outermost wall of the spec's reader.

Taken is the part of YAML 1.2 that people write by hand: mappings, lists, scalars, anchors, several documents. Refused:
tags, directives, keys that are no text, keys that come twice. Sizes and depths are bounded before anything grows; an
alias counts as often as it is named, so no text of a few lines unfolds into millions. Numbers, true, false and null are
those of YAML's core schema; what begins with a zero, dates, `yes` and `09:30` stay text.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias, Union

import yaml
from msgspec import Struct

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.tree import DEPTH_MAX, Tree
from app.adapters.specs.model import Step
from app.settings import Limits

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,39})", re.ASCII)
_FRACTION = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,39})?\.[0-9]{1,40}", re.ASCII)
_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NO_TAG = (None, "!")
# What libyaml says most often, and what to do about it.
_MEANT = {
    "mapping values are not allowed in this context": (
        "a second `: ` on this line. Put the text in quotes, or begin a new line for the inner word.",
        "同一行出现了第二个 `: `。请给文本加引号，或将内层内容另起一行。",
    ),
    "found character that cannot start any token": (
        "this character cannot stand here. Indent with spaces, not tabs; text that begins with @, % or ` is quoted.",
        "此处不能使用该字符。缩进请用空格而非制表符；以 @、%、` 开头的文本须加引号。",
    ),
    "did not find expected ',' or '}'": (
        "a comma or the closing } is missing before this.",
        "此处之前缺少逗号或右花括号 }。",
    ),
    "did not find expected ',' or ']'": (
        "a comma or the closing ] is missing before this.",
        "此处之前缺少逗号或右方括号 ]。",
    ),
    "could not find expected ':'": (
        "a word needs `: ` and what it is set to.",
        "名称之后需要 `: ` 和它的值。",
    ),
    "did not find expected key": (
        "this line stands neither as deep as the one before nor as one around it. Indent what belongs together alike.",
        "该行缩进与上文不一致。同级内容请使用相同缩进。",
    ),
    "found unexpected end of stream": (
        "the text ends inside quotes. Close them.",
        "文本在引号内结束。请补上引号。",
    ),
    "exceeded maximum nesting depth": (
        f"this is nested deeper than {DEPTH_MAX}.",
        f"嵌套超过 {DEPTH_MAX} 层。",
    ),
}  # fmt: skip


class Scalar(Struct, frozen=True):
    """`plain`: written without quotes, so it may be a number, a switch or nothing."""

    text: str
    plain: bool
    mark: Mark
    parts: int = 1
    height: int = 0


class Listing(Struct, frozen=True):
    """`parts`: how many nodes it is, aliases unfolded; `height`: how deep it goes."""

    items: tuple["Node", ...]
    mark: Mark
    parts: int
    height: int


class Table(Struct, frozen=True):
    pairs: tuple[tuple[Scalar, "Node"], ...]
    mark: Mark
    parts: int
    height: int

    def get(self, word: str) -> Union["Node", None]:
        """What stands under it."""
        return next((value for key, value in self.pairs if key.text == word), None)

    def key(self, word: str) -> Scalar | None:
        """The word itself, for its place."""
        return next((key for key, _ in self.pairs if key.text == word), None)


Node: TypeAlias = Scalar | Listing | Table


def documents(text: bytes, file: str, limits: Limits) -> tuple[Node, ...]:
    """Each document of a file, empty ones left out. Raises `BadSpec`; marks name `file`."""
    most = limits.adapter_spec_bytes_max
    if len(text) > most:
        raise BadSpec(
            Mark(file, 1, 1),
            f"this file has {len(text)} bytes; at most {most} are taken. Divide it into several files.",
            f"文件大小为 {len(text)} 字节，最多 {most} 字节。请拆分为多个文件。",
        )
    return tuple(node for node in _Composer(file, limits).documents(_decoded(text, file)) if not _is_empty(node))


def value_of(node: Node) -> Tree:
    """The plain data of a node."""
    match node:
        case Scalar():
            return scalar_of(node)
        case Listing():
            return [value_of(item) for item in node.items]
        case Table():
            return {key.text: value_of(value) for key, value in node.pairs}


def scalar_of(node: Scalar) -> Tree:
    """Whole numbers as int, fractions as Decimal; the words of YAML's core schema; everything else is text."""
    if not node.plain:
        return node.text
    if node.text in _CONSTANTS:
        return _CONSTANTS[node.text]
    if _WHOLE.fullmatch(node.text):
        return int(node.text)
    return Decimal(node.text) if _FRACTION.fullmatch(node.text) else node.text


def marks_of(node: Node, way: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Mark]]:
    """Where each part of it stands; of a pair its value's place, and its word's where the value is on another line."""
    yield way, node.mark
    match node:
        case Listing():
            for number, item in enumerate(node.items):
                yield from marks_of(item, (*way, number))
        case Table():
            for key, value in node.pairs:
                yield from marks_of(value, (*way, key.text))


class _Open:
    """A list or a mapping that has begun and not ended."""

    __slots__ = ("anchor", "keys", "listing", "mark", "nodes")

    def __init__(self, mark: Mark, anchor: str | None, *, listing: bool) -> None:
        self.mark = mark
        self.anchor = anchor
        self.listing = listing
        self.nodes: list[Node] = []
        self.keys: dict[str, Mark] = {}


class _Composer:
    """Events into nodes, without recursion; `_parts` counts all that the documents unfold to."""

    def __init__(self, file: str, limits: Limits) -> None:
        self._file = file
        self._most = limits.adapter_spec_parts_max
        self._parts = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}

    def documents(self, text: str) -> list[Node]:
        found: list[Node] = []
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._take(event, found)
        except yaml.MarkedYAMLError as error:
            self._misread(error)
        except yaml.YAMLError as error:  # a control character: without a place, and said by its number
            raise BadSpec(
                Mark(self._file, *_first_unprintable(text)),
                "a control character stands here. Take it out.",
                "此处含有控制字符。请删除。",
            ) from error
        return found

    def _take(self, event: yaml.Event, found: list[Node]) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._anchors.clear()
                if event.version or event.tags:
                    self._refuse(
                        event, "directives (%…) are not taken. Take this line out.", "不支持 % 指令。请删除该行。"
                    )
            case yaml.ScalarEvent():
                self._demand_untagged(event)
                plain = event.style is None or event.style == ""
                self._add(Scalar(event.value, plain, self._mark(event)), event.anchor, found)
            case yaml.AliasEvent():
                self._add(self._anchored(event), None, found)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._demand_untagged(event)
                self._demand_depth(event, len(self._open) + 1)
                listing = isinstance(event, yaml.SequenceStartEvent)
                self._open.append(_Open(self._mark(event), event.anchor, listing=listing))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                ended = self._open.pop()
                self._add(_closed(ended), ended.anchor, found)
            case _:
                pass

    def _add(self, node: Node, anchor: str | None, found: list[Node]) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            found.append(node)
            return
        around = self._open[-1]
        if not around.listing and len(around.nodes) % 2 == 0:
            self._demand_key(node, around)
        around.nodes.append(node)

    def _anchored(self, event: yaml.AliasEvent) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            self._refuse(
                event,
                f"“*{event.anchor}” is named before “&{event.anchor}” has ended, or there is none.",
                f"“*{event.anchor}”引用的“&{event.anchor}”不存在或尚未结束。",
            )
        self._demand_depth(event, len(self._open) + node.height)
        self._count(event, node.parts)
        return node

    def _demand_key(self, node: Node, around: _Open) -> None:
        if not isinstance(node, Scalar):
            raise BadSpec(node.mark, "a word is a text, no list and no object.", "名称必须是文本，不能是列表或对象。")
        if (first := around.keys.get(node.text)) is not None:
            raise BadSpec(
                node.mark,
                f"“{node.text}” stands here again; first on line {first.line}. Take one of them out.",
                f"“{node.text}”重复；首次出现在第 {first.line} 行。请删除其中一个。",
            )
        around.keys[node.text] = node.mark

    def _demand_untagged(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self._count(event, 1)
        if event.tag not in _NO_TAG:
            self._refuse(event, "tags (!…) are not taken. Take it out.", "不支持 ! 标签。请删除。")

    def _demand_depth(self, event: yaml.Event, depth: int) -> None:
        if depth > DEPTH_MAX:
            self._refuse(event, f"this is nested deeper than {DEPTH_MAX}.", f"嵌套超过 {DEPTH_MAX} 层。")

    def _count(self, event: yaml.Event, parts: int) -> None:
        self._parts += parts
        if self._parts > self._most:
            self._refuse(
                event,
                f"up to here there are more than {self._most} words and values, aliases counted each time.",
                f"到此处为止，名称和值的总数（别名重复计算）超过 {self._most} 个。",
            )

    def _mark(self, event: yaml.Event) -> Mark:
        begin = event.start_mark
        return Mark(self._file, begin.line + 1, begin.column + 1) if begin is not None else Mark(self._file, 1, 1)

    def _refuse(self, event: yaml.Event, en: str, zh: str) -> NoReturn:
        raise BadSpec(self._mark(event), en, zh)

    def _misread(self, error: yaml.MarkedYAMLError) -> NoReturn:
        at = error.problem_mark or error.context_mark
        mark = Mark(self._file, at.line + 1, at.column + 1) if at is not None else Mark(self._file, 1, 1)
        problem = error.problem or "it cannot be read"
        en, zh = _MEANT.get(problem, (f"{problem}.", f"{problem}。"))
        raise BadSpec(mark, f"this is no YAML: {en}", f"YAML 语法错误：{zh}") from error


def _closed(ended: _Open) -> Node:
    parts = 1 + sum(node.parts for node in ended.nodes)
    height = 1 + max((node.height for node in ended.nodes), default=0)
    if ended.listing:
        return Listing(tuple(ended.nodes), ended.mark, parts, height)
    keys = [node for node in ended.nodes[::2] if isinstance(node, Scalar)]
    return Table(tuple(zip(keys, ended.nodes[1::2], strict=True)), ended.mark, parts, height)


def _decoded(text: bytes, file: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        column = error.start - (text.rfind(b"\n", 0, error.start) + 1) + 1
        raise BadSpec(
            Mark(file, line, column),
            "this is no UTF-8. Save the file in UTF-8.",
            "文件不是 UTF-8 编码。请另存为 UTF-8。",
        ) from None


def _first_unprintable(text: str) -> tuple[int, int]:
    """Line and column of the character that YAML does not take."""
    found = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    at = found.start() if found else 0
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and scalar_of(node) is None
