"""HTML as other help centres give it, as the Markdown of articles; pure, by the standard library's parser.

Scripts, styles, frames, forms and pictures are left out; a link stays where it leads to http, https, mailto or tel.
"""

import re
from html.parser import HTMLParser

from msgspec import Struct

_DROPPED = frozenset(
    {
        "script", "style", "template", "iframe", "object", "embed", "svg", "math", "form", "nav", "select", "textarea",
        "noscript",
    }
)  # fmt: skip
_BLOCKS = frozenset(
    {
        "p", "div", "section", "article", "main", "header", "footer", "figure", "figcaption", "dl", "dt", "dd", "body",
        "address",
    }
)  # fmt: skip
_HEADINGS = {"h1": "##", "h2": "##", "h3": "###", "h4": "####", "h5": "####", "h6": "####"}
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s()<>\"]{1,2000}")
_ESCAPE = re.compile(r"([\\`*_\[\]])")
_BEGIN = re.compile(r"(\s*)(#|>|[-+]\s|\d+[.)]\s|~~~)")
_LINES = re.compile(r"\n{3,}")
_DEPTH_MAX = 6


class Webpage(Struct, frozen=True):
    """What a page holds; `language` en, zh or empty."""

    title: str
    description: str
    language: str
    markdown: str


def as_markdown(text: str) -> Webpage:
    """A page, or a piece of one, as Markdown; what is not closed is closed at its end."""
    reader = _Reader()
    reader.feed(text.replace("\0", ""))
    reader.close()
    return reader.page()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._line: list[str] = []
        self._dropped = 0
        self._lists: list[int] = []  # of each the number that comes next, 0 for bullets
        self._item = ""
        self._quotes = 0
        self._pre = 0
        self._prefix = ""
        self._row: list[str] | None = None
        self._rows = 0
        self._hrefs: list[str] = []
        self._marks: list[str] = []
        self._title: list[str] = []
        self._in_title = False
        self._first = ""
        self._description = ""
        self._language = ""

    def page(self) -> Webpage:
        """What was read."""
        self._end()
        title = " ".join("".join(self._title).split()) or self._first
        body = _LINES.sub("\n\n", "\n".join(self._out)).strip()
        return Webpage(self._first or title, self._description, self._language, body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag in _DROPPED:
            self._dropped += 1
        if self._dropped:
            return
        if tag == "html":
            self._language = (
                facts.get("lang", "").lower()[:2] if facts.get("lang", "").lower()[:2] in ("en", "zh") else ""
            )
        elif tag == "meta" and facts.get("name", "").lower() == "description":
            self._description = " ".join(facts.get("content", "").split())[:300]
        elif tag == "title":
            self._in_title = True
        elif tag == "br":
            self._line.append("\n" if self._pre else "\\\n")
        elif tag == "hr":
            self._end()
            self._out += ["", "---", ""]
        else:
            self._open(tag, facts)

    def _open(self, tag: str, facts: dict[str, str]) -> None:
        if tag in _BLOCKS or tag in _HEADINGS:
            self._end()
            self._prefix = f"{_HEADINGS[tag]} " if tag in _HEADINGS else ""
        elif tag in ("ul", "ol"):
            self._end()
            self._lists.append(int(tag == "ol"))
        elif tag == "li":
            self._end()
            self._begin_item()
        elif tag == "blockquote":
            self._end()
            self._quotes += 1
        elif tag == "pre":
            self._end()
            self._pre += 1
        elif tag == "tr":
            self._end()
            self._row = []
        elif tag == "table":
            self._end()
            self._rows = 0
            self._out.append("")
        elif tag in ("td", "th"):
            self._line.clear()
        elif not self._pre:
            self._within(tag, facts)

    def _within(self, tag: str, facts: dict[str, str]) -> None:
        if tag in _MARKS and _MARKS[tag] not in self._marks:
            self._marks.append(_MARKS[tag])
            self._line.append(_MARKS[tag])
        elif tag == "code":
            self._line.append("`")
        elif tag == "a":
            self._hrefs.append(facts.get("href", "").strip() if _LINK.fullmatch(facts.get("href", "").strip()) else "")
            self._line.append("[" if self._hrefs[-1] else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropped = max(0, self._dropped - 1)
            return
        if self._dropped:
            return
        if tag == "title":
            self._in_title = False
        elif tag in ("td", "th") and self._row is not None:
            self._row.append(" ".join("".join(self._line).replace("\\\n", " ").split()).replace("|", "\\|"))
            self._line.clear()
        elif tag == "tr":
            self._end_row()
        elif tag in _BLOCKS or tag in _HEADINGS or tag in ("li", "table"):
            self._end()
        elif tag in ("ul", "ol") and self._lists:
            self._end()
            self._lists.pop()
        elif tag == "blockquote":
            self._end()
            self._quotes = max(0, self._quotes - 1)
        elif tag == "pre":
            self._end()
            self._pre = max(0, self._pre - 1)
        elif not self._pre:
            self._without(tag)

    def _without(self, tag: str) -> None:
        if tag in _MARKS and _MARKS[tag] in self._marks:
            self._marks.remove(_MARKS[tag])
            blank = self._line[-1][len(self._line[-1].rstrip()) :] if self._line else ""
            if blank and self._line[-1].strip():
                self._line[-1] = self._line[-1].rstrip()
            self._line.append(f"{_MARKS[tag]}{blank}")
        elif tag == "code":
            self._line.append("`")
        elif tag == "a" and self._hrefs:
            href = self._hrefs.pop()
            self._line.append(f"]({href})" if href else "")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title.append(data)
        elif not self._dropped:
            self._line.append(data if self._pre else _ESCAPE.sub(r"\\\1", re.sub(r"\s+", " ", data)))

    def _begin_item(self) -> None:
        if not self._lists:
            self._lists.append(0)
        number = self._lists[-1]
        mark = f"{number}. " if number else "- "
        self._lists[-1] = number + 1 if number else 0
        self._item = "   " * min(len(self._lists) - 1, _DEPTH_MAX) + mark

    def _end(self) -> None:
        """The line is over: it goes out with what stands before it."""
        self._line += reversed(self._marks)  # what nobody has closed
        self._marks.clear()
        self._line += [f"]({href})" for href in reversed(self._hrefs) if href]
        self._hrefs.clear()
        text = "".join(self._line)
        self._line.clear()
        if self._row is not None and text.strip():
            self._line.append(f"{text.strip()} ")  # a paragraph within a cell
            return
        if not text.strip():
            return
        if self._pre:
            fence = "~~~~" if "~~~" in text else "~~~"
            self._put(["", fence, *text.strip("\n").split("\n"), fence, ""])
            return
        self._put_text(" ".join(text.split(" ")).strip())

    def _put_text(self, text: str) -> None:
        if self._prefix.startswith("##") and not self._first:
            self._first = " ".join(text.replace("\\", "").split())[:200]
            if not any(line.strip() for line in self._out):
                self._prefix = ""
                return  # the first heading is the title
        lines = [line.strip() for line in text.split("\n")]
        if self._item:
            self._put([self._item + lines[0], *lines[1:]], blank=False)
            self._item = ""
        else:
            begun = "" if self._prefix else "\\" if _BEGIN.match(lines[0]) else ""
            indent = "   " * min(len(self._lists), _DEPTH_MAX)
            self._put(["", *(indent + line for line in [self._prefix + begun + lines[0], *lines[1:]]), ""])
        self._prefix = ""

    def _put(self, lines: list[str], *, blank: bool = True) -> None:
        before = "> " * min(self._quotes, _DEPTH_MAX)
        if not blank and self._out and self._out[-1].strip() and not self._lists:
            self._out.append(before.rstrip())
        self._out += [f"{before}{line}".rstrip() if not self._pre else f"{before}{line}" for line in lines]

    def _end_row(self) -> None:
        row, self._row = self._row or [], None
        self._line.clear()
        if not row:
            return
        self._out.append(f"| {' | '.join(row)} |")
        if self._rows == 0:
            self._out.append(f"|{'---|' * len(row)}")
        self._rows += 1
