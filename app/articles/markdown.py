"""The Markdown of articles: read into a tree, written as HTML that holds nothing but what is named here.

Headings (## to ####), paragraphs, lists within lists, quotes, code, tables, rules; strong, emphasis, code, links. A
link leads to http, https, mailto, tel, or to another article by its slug. Whatever else is written, HTML too, is text.
Each line is read a bounded number of times, so no text takes long.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

from msgspec import Struct

_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_ITEM = re.compile(r"( {0,3})([-*+•]|\d{1,3}[.)])([ \t]+)(?=\S)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
_FENCE = re.compile(r" {0,3}(```+|~~~+)[^`]*")
_QUOTE = re.compile(r" {0,3}> ?")
_COLUMN = re.compile(r"[ \t]*:?-+:?[ \t]*")
_LABELLED = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^\s()<>\"]{1,2000})\)")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`）】」，。；！？]{1,2000}")
_ADDRESS_END = ".,;:!?)]*_"
_SPECIAL = re.compile(r"[\\`*_\[\n]|h(?=ttps?://)")
_ESCAPED = frozenset("\\`*_{}[]()#+-.!|>~")
_WORD = re.compile(r"[A-Za-z0-9_*/\\]")
_SAFE_LINK = re.compile(r"(?:https?://[^\s]+|mailto:[^\s]+|tel:[+0-9().-]+|[a-z0-9]+(?:-[a-z0-9]+)*(?:#[a-z0-9-]+)?)")
_MARKS = ("**", "__", "*", "_")
_SPANS_DEPTH_MAX = 4
_LEVELS = (2, 4)  # the page's own heading is the only one of the first level
_COLUMNS_MAX = 20
_CJK_FROM = "\u2e80"
DEPTH_MAX = 6


class Strong(Struct, frozen=True, tag_field="kind", tag="strong"):
    spans: tuple["Span", ...]


class Emphasis(Struct, frozen=True, tag_field="kind", tag="em"):
    spans: tuple["Span", ...]


class CodeSpan(Struct, frozen=True, tag_field="kind", tag="code"):
    text: str


class Link(Struct, frozen=True, tag_field="kind", tag="link"):
    """`href` has been looked at: it is one of those that are allowed."""

    href: str
    spans: tuple["Span", ...]


class Break(Struct, frozen=True, tag_field="kind", tag="break"):
    """A new line within a paragraph."""


Span = str | Strong | Emphasis | CodeSpan | Link | Break
Spans = tuple[Span, ...]


class Paragraph(Struct, frozen=True, tag_field="kind", tag="text"):
    spans: Spans


class Heading(Struct, frozen=True, tag_field="kind", tag="heading"):
    """`level` 2 to 4."""

    level: int
    spans: Spans


class Listing(Struct, frozen=True, tag_field="kind", tag="list"):
    """Each item holds blocks; `first` is where an ordered one begins to count."""

    ordered: bool
    first: int
    items: tuple[tuple["Block", ...], ...]


class Quote(Struct, frozen=True, tag_field="kind", tag="quote"):
    blocks: tuple["Block", ...]


class Code(Struct, frozen=True, tag_field="kind", tag="pre"):
    text: str


class Table(Struct, frozen=True, tag_field="kind", tag="table"):
    head: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]


class Rule(Struct, frozen=True, tag_field="kind", tag="rule"):
    """A line between what was and what comes."""


Block = Paragraph | Heading | Listing | Quote | Code | Table | Rule
Blocks = tuple[Block, ...]


def parse(text: str) -> Blocks:
    """The tree of a text; what is not of the subset is in it as it was written."""
    return _blocks(text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n"), 0)


# --- blocks ---------------------------------------------------------------------------------------------------------


def _blocks(lines: Sequence[str], depth: int) -> Blocks:
    found: list[Block] = []
    said: list[str] = []

    def flush() -> None:
        if said:
            found.append(Paragraph(_paragraph(said)))
            said.clear()

    at = 0
    while at < len(lines):
        taken = _block(lines, at, depth) if lines[at].strip() else None
        if taken is None:
            if lines[at].strip():
                said.append(lines[at])
            else:
                flush()
            at += 1
            continue
        block, next_at = taken
        flush()
        found.append(block)
        at = next_at
    flush()
    return tuple(found)


def _block(lines: Sequence[str], at: int, depth: int) -> tuple[Block, int] | None:
    """What begins at this line but a paragraph, and where the next one stands."""
    line = lines[at]
    if (heading := _HEADING.fullmatch(line)) is not None:
        level = min(max(len(heading[1]), _LEVELS[0]), _LEVELS[1])
        return Heading(level, _spans(heading[2].rstrip("# ").rstrip() or heading[2])), at + 1
    if (fence := _FENCE.fullmatch(line)) is not None:
        return _fenced(lines, at, fence[1])
    if _RULE.fullmatch(line):
        return Rule(), at + 1
    if depth < DEPTH_MAX and _QUOTE.match(line):
        return _quote(lines, at, depth)
    if depth < DEPTH_MAX and (item := _ITEM.match(line)) is not None:
        return _list(lines, at, item[2], depth)
    if "|" in line:
        return _table(lines, at)
    return None


def _fenced(lines: Sequence[str], at: int, mark: str) -> tuple[Block, int] | None:
    """Code until the same mark stands alone, or until the end."""
    end = next((number for number in range(at + 1, len(lines)) if lines[number].strip() == mark), len(lines))
    return Code("\n".join(lines[at + 1 : end])), end + 1


def _quote(lines: Sequence[str], at: int, depth: int) -> tuple[Block, int]:
    end = at
    inner = []
    while end < len(lines) and (mark := _QUOTE.match(lines[end])) is not None:
        inner.append(lines[end][mark.end() :])
        end += 1
    return Quote(_blocks(inner, depth + 1)), end


def _list(lines: Sequence[str], at: int, mark: str, depth: int) -> tuple[Block, int]:
    """The items from here on that are of one kind."""
    ordered = mark[0].isdigit()
    items: list[Blocks] = []
    while at < len(lines) and (item := _ITEM.match(lines[at])) is not None and item[2][0].isdigit() == ordered:
        if _RULE.fullmatch(lines[at]):
            break
        inner, at = _item(lines, at, item)
        items.append(_blocks(inner, depth + 1))
    return Listing(ordered, int(mark[:-1]) if ordered else 1, tuple(items)), at


def _item(lines: Sequence[str], at: int, item: re.Match[str]) -> tuple[list[str], int]:
    """The lines of one item, without its indent; where the next thing stands."""
    indent = min(item.end(), len(item[1]) + len(item[2]) + 4)
    inner = [lines[at][item.end() :]]
    at += 1
    while at < len(lines):
        line = lines[at]
        within = line.startswith(" " * indent)
        if not line.strip():
            follows = lines[at + 1] if at + 1 < len(lines) else ""
            if not follows.startswith(" " * indent):
                break
        elif not within and (not inner[-1].strip() or _begins(line)):
            break
        inner.append(line[indent:] if within else line.strip())
        at += 1
    while at < len(lines) and not lines[at].strip() and at + 1 < len(lines) and _ITEM.match(lines[at + 1]):
        at += 1  # an empty line between two items of one list
    return inner, at


def _begins(line: str) -> bool:
    """Whether a line is more than the next of a paragraph."""
    return any(one.match(line) for one in (_ITEM, _HEADING, _QUOTE, _FENCE)) or _RULE.fullmatch(line) is not None


def _table(lines: Sequence[str], at: int) -> tuple[Block, int] | None:
    head = _cells(lines[at])
    marks = _cells(lines[at + 1]) if at + 1 < len(lines) and "-" in lines[at + 1] else []
    if len(marks) != len(head) or len(head) > _COLUMNS_MAX or not all(map(_COLUMN.fullmatch, marks)):
        return None
    end = at + 2
    rows = []
    while end < len(lines) and "|" in lines[end]:
        cells = _cells(lines[end])[: len(head)]
        rows.append(tuple(_spans(cell) for cell in (*cells, *[""] * (len(head) - len(cells)))))
        end += 1
    return Table(tuple(_spans(cell) for cell in head), tuple(rows)), end


def _cells(line: str) -> list[str]:
    held = line.strip().replace("\\|", "\0")
    return [cell.strip().replace("\0", "|") for cell in held.removeprefix("|").removesuffix("|").split("|")]


# --- within a line --------------------------------------------------------------------------------------------------


def _paragraph(lines: Sequence[str]) -> Spans:
    return _spans("".join(_joint(lines, number) + line.strip().removesuffix("\\") for number, line in enumerate(lines)))


def _joint(lines: Sequence[str], number: int) -> str:
    """Between a line and the one before: a break where it was asked for, a space, or nothing in Chinese."""
    if number == 0:
        return ""
    before, after = lines[number - 1], lines[number].strip()
    if before.endswith(("  ", "\\")):
        return "\n"
    return "" if before.rstrip()[-1:] >= _CJK_FROM and after[:1] >= _CJK_FROM else " "


def _spans(text: str, depth: int = 0) -> Spans:
    return _Reader(text, depth).read()


class _Reader:
    """Reads one line; `hopeless` remembers the marks that nothing closes any more."""

    def __init__(self, text: str, depth: int) -> None:
        self._text = text
        self._depth = depth
        self._hopeless: set[str] = set()
        self._made: list[Span] = []

    def read(self) -> Spans:
        at = 0
        while (special := _SPECIAL.search(self._text, at)) is not None:
            self._say(self._text[at : special.start()])
            at = self._special(special.start())
        self._say(self._text[at:])
        return tuple(self._made)

    def _say(self, text: str) -> None:
        """Neighbouring pieces of text are one."""
        if not text:
            return
        if self._made and isinstance(self._made[-1], str):
            self._made[-1] += text
        else:
            self._made.append(text)

    def _special(self, at: int) -> int:
        text, sign = self._text, self._text[at]
        if sign == "\n":
            self._made.append(Break())
            return at + 1
        if sign == "\\" and text[at + 1 : at + 2] in _ESCAPED and at + 1 < len(text):
            self._say(text[at + 1])
            return at + 2
        found = self._code(at) if sign == "`" else self._link(at) if sign in "[h" else self._marked(at)
        if found is None:
            self._say(sign)
            return at + 1
        span, end = found
        self._made.append(span)
        return end

    def _code(self, at: int) -> tuple[Span, int] | None:
        end = -1 if "`" in self._hopeless else self._text.find("`", at + 1)
        if end == -1:
            self._hopeless.add("`")
        return (CodeSpan(self._text[at + 1 : end]), end + 1) if end > at + 1 else None

    def _link(self, at: int) -> tuple[Span, int] | None:
        if self._text[at] == "h":
            return self._address(at)
        labelled = _LABELLED.match(self._text, at)
        if labelled is None or _SAFE_LINK.fullmatch(labelled[2]) is None or self._depth >= _SPANS_DEPTH_MAX:
            return None
        return Link(labelled[2], _without_links(_spans(labelled[1], self._depth + 1))), labelled.end()

    def _address(self, at: int) -> tuple[Span, int] | None:
        found = _ADDRESS.match(self._text, at)
        address = found[0].rstrip(_ADDRESS_END) if found else ""
        if _SAFE_LINK.fullmatch(address) is None or "://" not in address:
            return None
        return Link(address, (address,)), at + len(address)

    def _marked(self, at: int) -> tuple[Span, int] | None:
        mark = next((one for one in _MARKS if self._text.startswith(one, at)), "")
        if not mark or mark in self._hopeless or self._depth >= _SPANS_DEPTH_MAX or not self._opens(at, mark):
            return None
        end = self._closing(at + len(mark), mark)
        if end == -1:
            self._hopeless.add(mark)
            return None
        inner = _spans(self._text[at + len(mark) : end], self._depth + 1)
        return (Strong(inner) if len(mark) == 2 else Emphasis(inner)), end + len(mark)

    def _opens(self, at: int, mark: str) -> bool:
        """A single mark is none inside a word or a path; Chinese has no spaces, so it may touch that."""
        before, after = self._text[at - 1 : at] if at else " ", self._text[at + len(mark) : at + len(mark) + 1] or " "
        if after.isspace() or after == mark[0]:
            return False
        return mark == "**" or _WORD.match(before) is None

    def _closing(self, start: int, mark: str) -> int:
        at = self._text.find(mark, start)
        while at != -1:
            after = self._text[at + len(mark) : at + len(mark) + 1] or " "
            closes = at > start and not self._text[at - 1].isspace()
            single = mark == "**" or (_WORD.match(after) is None and self._text[at - 1] != mark[0])
            if closes and single:
                return at
            at = self._text.find(mark, at + 1)
        return -1


def _without_links(spans: Spans) -> Spans:
    return tuple(inner for span in spans for inner in (span.spans if isinstance(span, Link) else (span,)))


# --- written --------------------------------------------------------------------------------------------------------

Resolve = Callable[[str], str]


def as_they_are(href: str) -> str:
    """Links lead where they say."""
    return href


def html(blocks: Blocks, resolve: Resolve = as_they_are) -> str:
    """The tree as HTML; `resolve` says where a link to another article leads."""
    return "\n".join(_block_html(block, resolve) for block in blocks)


def _block_html(block: Block, resolve: Resolve) -> str:
    match block:
        case Paragraph():
            return f"<p>{_html(block.spans, resolve)}</p>"
        case Heading():
            return f"<h{block.level}>{_html(block.spans, resolve)}</h{block.level}>"
        case Listing():
            return _list_html(block, resolve)
        case Quote():
            return f"<blockquote>{html(block.blocks, resolve)}</blockquote>"
        case Code():
            return f'<pre tabindex="0"><code>{escape(block.text)}</code></pre>'
        case Table():
            return _table_html(block, resolve)
        case Rule():
            return "<hr>"


def _list_html(block: Listing, resolve: Resolve) -> str:
    items = "".join(f"<li>{_item_html(item, resolve)}</li>" for item in block.items)
    if not block.ordered:
        return f"<ul>{items}</ul>"
    start = f' start="{block.first}"' if block.first != 1 else ""
    return f"<ol{start}>{items}</ol>"


def _item_html(item: Blocks, resolve: Resolve) -> str:
    """An item of one paragraph is written without it; so is the first of several."""
    first = item[0] if item else None
    if isinstance(first, Paragraph):
        return _html(first.spans, resolve) + html(item[1:], resolve)
    return html(item, resolve)


def _table_html(block: Table, resolve: Resolve) -> str:
    head = "".join(f'<th scope="col">{_html(cell, resolve)}</th>' for cell in block.head)
    rows = "".join(f"<tr>{''.join(f'<td>{_html(cell, resolve)}</td>' for cell in row)}</tr>" for row in block.rows)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _html(spans: Spans, resolve: Resolve) -> str:
    return "".join(_span_html(span, resolve) for span in spans)


def _span_html(span: Span, resolve: Resolve) -> str:
    match span:
        case str():
            return escape(span)
        case Strong():
            return f"<strong>{_html(span.spans, resolve)}</strong>"
        case Emphasis():
            return f"<em>{_html(span.spans, resolve)}</em>"
        case CodeSpan():
            return f"<code>{escape(span.text)}</code>"
        case Link():
            away = ' rel="noopener noreferrer"' if span.href.startswith("http") else ""
            return f'<a href="{escape(resolve(span.href))}"{away}>{_html(span.spans, resolve)}</a>'
        case Break():
            return "<br>"


def plain(blocks: Blocks) -> str:
    """What of a tree is read, one block a line."""
    return "\n".join(filter(None, (line.strip() for block in blocks for line in _block_plain(block))))


def _block_plain(block: Block) -> Iterable[str]:
    match block:
        case Paragraph() | Heading():
            return (_plain(block.spans),)
        case Listing():
            return (plain(item) for item in block.items)
        case Quote():
            return (plain(block.blocks),)
        case Code():
            return (block.text,)
        case Table():
            return ("  ".join(map(_plain, row)) for row in (block.head, *block.rows))
        case Rule():
            return ()


def _plain(spans: Spans) -> str:
    return "".join(map(_span_plain, spans))


def _span_plain(span: Span) -> str:
    match span:
        case str():
            return span
        case CodeSpan():
            return span.text
        case Break():
            return " "
        case _:
            return _plain(span.spans)
