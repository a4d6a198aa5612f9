"""HTML to text: one pass from left to right, no tree, so that neither depth nor size of a mail's HTML costs much.

Our messages are text, so nothing of the markup is kept: what a mail shows can never become a page of ours.
"""

import re
from html import unescape

_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre",
        "section", "table", "tr", "ul",
    )
)  # fmt: skip
_SILENT = frozenset(("head", "script", "style", "title", "template", "svg", "math", "object"))
# What mail programs put around the mail that is answered: everything from there on is quoted.
_QUOTES = re.compile(
    r"""gmail_quote|gmail_extra|yahoo_quoted|divRplyFwdMsg|appendonsend|moz-cite-prefix|includetail|"""
    r"""OutlookMessageHeader|mail-editor-reference-message|ntes-mailcitation|isReplyContent|qmbox""",
    re.IGNORECASE,
)
_NAME = re.compile(r"/?\s*([a-zA-Z][a-zA-Z0-9]*)")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_CITE = re.compile(r"""type\s*=\s*["']?cite""", re.IGNORECASE)
_MARK = re.compile(r"""(?:class|id|name)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\v\u00a0\u200b]+")
_ATTRIBUTES_MAX = 2_000
_CUT_LENGTH_MIN = 1  # something was said before the quote


class _Writer:
    """Gathers what is shown."""

    def __init__(self, most: int) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.most = most
        self.silent = ""
        self.link = ""
        self.quoted_at: int | None = None  # in `parts`

    @property
    def full(self) -> bool:
        return self.size >= self.most

    def text(self, raw: str) -> None:
        if self.silent:
            return
        words = _BLANKS.sub(" ", unescape(raw))
        if words == " " and (not self.parts or self.parts[-1].endswith(("\n", " "))):
            return
        self.add(words)

    def add(self, words: str) -> None:
        self.parts.append(words)
        self.size += len(words)

    def line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.add("\n")

    def quote(self) -> None:
        if self.quoted_at is None and any(part.strip() for part in self.parts):
            self.quoted_at = len(self.parts)


def to_text(html: str, most: int) -> tuple[str, str]:
    """What a reader sees, at most about `most` characters; and the same before the mail that it answers."""
    writer = _Writer(most)
    at, size = 0, len(html)
    no_comment_ends = False
    while at < size and not writer.full:
        opened = html.find("<", at)
        if opened < 0:
            writer.text(html[at:])
            break
        if opened > at:
            writer.text(html[at:opened])
        if html.startswith("<!--", opened) and not no_comment_ends:
            closed = html.find("-->", opened + 4)
            if closed >= 0:
                at = closed + 3
                continue
            no_comment_ends = True
        closed = html.find(">", opened)
        if closed < 0:
            break
        _tag(writer, html[opened + 1 : min(closed, opened + 1 + _ATTRIBUTES_MAX)])
        at = closed + 1
    whole = tidy("".join(writer.parts))
    cut = whole if writer.quoted_at is None else tidy("".join(writer.parts[: writer.quoted_at]))
    return whole, cut


def _tag(writer: _Writer, inside: str) -> None:
    found = _NAME.match(inside)
    if found is None:
        return
    name, closes = found[1].lower(), inside.startswith("/")
    if writer.silent:
        if closes and name == writer.silent:
            writer.silent = ""
        return
    if name in _SILENT:
        if not closes and not inside.endswith("/"):
            writer.silent = name
        return
    if name == "br" or name in _BLOCKS:
        if name == "br":
            writer.add("\n")
        else:
            writer.line()
    elif name == "li" and not closes:
        writer.line()
        writer.add("- ")
    elif name in ("td", "th") and closes:
        writer.add(" ")
    elif name == "a":
        _link(writer, inside, closes=closes)
    if not closes and _begins_quote(name, inside):
        writer.quote()


def _begins_quote(name: str, inside: str) -> bool:
    if name == "blockquote" and _CITE.search(inside):
        return True
    return any(_QUOTES.search("".join(part for part in mark if part)) for mark in _MARK.findall(inside))


def _link(writer: _Writer, inside: str, *, closes: bool) -> None:
    """A link's address stands behind its words, where they are not the address itself."""
    if closes:
        link, writer.link = writer.link, ""
        shown = "".join(writer.parts[-3:])
        if link and link.rstrip("/") not in shown:
            writer.add(f" ({link})")
        return
    found = _HREF.search(inside)
    address = unescape(next((one for one in found.groups() if one), "")) if found else ""
    writer.link = address if address.startswith(("https://", "http://")) and len(address) <= 500 else ""


def tidy(text: str) -> str:
    """Lines without blanks at their ends, never two empty ones in a row."""
    lines = [line.strip(" \t\u00a0") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n")
