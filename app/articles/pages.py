"""The pages at /help: written whole on the server, so that they need no script; pure.

Every address in them is told from the page's own, so they are right below any base path.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from msgspec import Struct

from app.articles.markdown import Blocks, html, parse, plain
from app.model.articles import Article, ArticleRow, Collection, Suggestion

_TAGS = {"en": "en", "zh": "zh-CN"}
_OTHER = {"en": "zh", "zh": "en"}
_DESCRIPTION_CHARACTERS = 160
_LISTED = 6


class Words(Struct, frozen=True):
    """What the product itself says on these pages."""

    help: str
    search: str
    find: str
    skip: str
    other: str
    more: str
    everything: str
    updated: str
    helped: str
    yes: str
    no: str
    thanks: str
    person: str
    person_why: str
    related: str
    results: str
    found: str
    nothing: str
    nothing_next: str
    empty: str
    missing: str
    missing_next: str
    home: str


WORDS = {
    "en": Words(
        "Help", "Search", "Search the articles", "Skip to the text", "中文", "More articles", "All {} articles",
        "Updated {}", "Did this help?", "Yes", "No", "Thank you for telling us.", "Chat with us",
        "Did not find it? A person answers.", "Related", "Results for “{}”", "{} found",
        "Nothing found for “{}”", "Try fewer or other words.", "There are no articles here yet.",
        "There is no such page", "It may have been moved. Search for it, or begin at the start.", "All articles",
    ),
    "zh": Words(
        "帮助", "搜索", "搜索文章", "跳到正文", "English", "其他文章", "全部 {} 篇文章",
        "更新于 {}", "这篇文章有帮助吗？", "有帮助", "没有", "感谢你的反馈。", "联系客服",
        "没有找到答案？人工客服为你解答。", "相关文章", "“{}”的搜索结果", "找到 {} 篇",
        "没有找到“{}”", "换个词，或者少写几个字。", "这里还没有文章。",
        "没有这个页面", "它可能已被移走。请搜索，或从首页开始。", "全部文章",
    ),
}  # fmt: skip


class Site(Struct, frozen=True):
    """What all pages of an answer share.

    `up` leads from the page to the product's own root, `base` is that root's absolute address, or empty where it is not
    known. `inbox` is named in each address where only its articles are shown; `chat` is where a person is, or empty.
    """

    language: str
    up: str
    base: str
    title: str
    style: str
    icon: str
    inbox: str = ""
    chat: str = ""

    @property
    def words(self) -> Words:
        """In its language."""
        return WORDS[self.language]

    def link(self, path: str, language: str = "") -> str:
        """The address of a page of ours, as it stands in an attribute."""
        place = "/".join(filter(None, ("help", language or self.language, path)))
        return escape(f"{self.up}{place}{f'?inbox={self.inbox}' if self.inbox else ''}")


class Other(Struct, frozen=True):
    """The same page in a language, by its path below the language."""

    language: str
    path: str


def home(site: Site, collections: Sequence[Collection], rows: Sequence[ArticleRow]) -> str:
    """All collections with their first articles."""
    parts = [_section(site, one, [row for row in rows if row.collection_id == one.id]) for one in collections]
    known = {one.id for one in collections}
    loose = [row for row in rows if row.collection_id not in known]
    body = "".join(parts) + (_list(site, site.words.more, "", loose, len(loose)) if loose else "")
    lead = f'<div class="lead"><h1>{escape(site.title)}</h1>{_search(site, "")}</div>'
    both = [Other("en", ""), Other("zh", "")]
    return _page(site, site.title, "", lead + (body or f"<p>{site.words.empty}</p>"), "", both, search=False)


def collection(site: Site, one: Collection, rows: Sequence[ArticleRow]) -> str:
    """One collection with all its articles."""
    name, about = one.name(site.language), one.about(site.language)
    head = f"{_crumbs(site)}<h1>{escape(name)}</h1>{f'<p>{escape(about)}</p>' if about else ''}"
    body = _items(site, rows) if rows else f"<p>{site.words.empty}</p>"
    both = [Other("en", one.slug), Other("zh", one.slug)]
    return _page(site, name, about, head + body, one.slug, both)


def article(
    site: Site,
    one: Article,
    within: Collection | None,
    translations: Sequence[ArticleRow],
    related: Sequence[Suggestion],
    *,
    voted: bool,
) -> str:
    """One article, with the way back, to others, and to a person."""
    blocks = parse(one.body)
    day = datetime.fromtimestamp(one.updated_at / 1_000, UTC).date().isoformat()
    updated = site.words.updated.format(f'<time datetime="{day}">{day}</time>')
    text = html(blocks, lambda href: href if ":" in href else _neighbour(site, href))
    body = (
        f'{_crumbs(site, within)}<article><h1>{escape(one.title)}</h1><p class="at">{updated}</p>\n{text}</article>'
        f"{_vote(site, one, voted=voted)}{_related(site, related)}{_person(site)}"
    )
    both = [Other(row.language.value, row.slug) for row in translations]
    return _page(site, one.title, description(one, blocks), body, one.slug, both)


def results(site: Site, q: str, found: Sequence[Suggestion]) -> str:
    """What a search found."""
    words, asked = site.words, escape(q)
    items = "".join(
        f'<li><a href="{site.link(one.slug, one.language)}">{escape(one.title)}</a>'
        f"<p>{escape(_short(one.summary))}</p></li>"
        for one in found
    )
    told = words.results.format(asked) if found else words.nothing.format(asked)
    body = (
        f'{_crumbs(site)}<h1>{told}</h1>{_search(site, q)}<p role="status">'
        f"{words.found.format(len(found)) if found else words.nothing_next}</p>"
        f'<ol class="found">{items}</ol>{_person(site)}'
    )
    return _page(site, q, "", body, "", [Other("en", ""), Other("zh", "")], search=False, listed=False)


def missing(site: Site) -> str:
    """In the place of what is not there."""
    words = site.words
    body = f"<h1>{words.missing}</h1><p>{words.missing_next}</p>{_search(site, '')}{_person(site)}"
    both = [Other("en", ""), Other("zh", "")]
    return _page(site, words.missing, "", body, "", both, search=False, listed=False)


def description(one: Article, blocks: Blocks) -> str:
    """One line that says what an article is about."""
    return one.summary or _short(plain(blocks))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _DESCRIPTION_CHARACTERS else f"{line[: _DESCRIPTION_CHARACTERS - 1]}…"


def _page(
    site: Site,
    title: str,
    about: str,
    body: str,
    path: str,
    both: Sequence[Other],
    *,
    search: bool = True,
    listed: bool = True,
) -> str:
    words, other = site.words, _OTHER[site.language]
    full = title if title == site.title else f"{title} · {site.title}"
    there = next((one.path for one in both if one.language == other), "")
    return f"""<!doctype html>
<html lang="{_TAGS[site.language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(full)}</title>
{_about(about)}{_machines(site, path, both) if listed and not site.inbox else _UNLISTED}
<link rel="icon" type="image/svg+xml" href="{site.up}{site.icon}">
<link rel="stylesheet" href="{site.up}{site.style}">
</head>
<body>
<a class="skip" href="#text">{words.skip}</a>
<header>
<a class="home" href="{site.link("")}"><b>{escape(site.title)}</b></a>
{_search(site, "") if search else ""}
<a class="other" href="{site.link(there, other)}" lang="{_TAGS[other]}" hreflang="{_TAGS[other]}">{words.other}</a>
</header>
<main id="text">
{body}
</main>
</body>
</html>
"""


_UNLISTED = '<meta name="robots" content="noindex">'


def _about(text: str) -> str:
    return f'<meta name="description" content="{escape(text)}">\n' if text else ""


def _machines(site: Site, path: str, both: Sequence[Other]) -> str:
    """What search engines are told: where the page is, and where it is in the other language."""
    if not site.base:
        return ""

    def at(language: str, where: str) -> str:
        return escape("/".join(filter(None, (site.base, "help", language, where))))

    lines = [f'<link rel="canonical" href="{at(site.language, path)}">']
    if len(both) > 1:
        lines += [
            f'<link rel="alternate" hreflang="{_TAGS[o.language]}" href="{at(o.language, o.path)}">' for o in both
        ]
    return "\n".join(lines)


def _search(site: Site, q: str) -> str:
    words = site.words
    inbox = f'<input type="hidden" name="inbox" value="{escape(site.inbox)}">' if site.inbox else ""
    return (
        f'<form role="search" action="{escape(site.up)}help/{site.language}"><input type="search" name="q" '
        f'value="{escape(q)}" aria-label="{words.find}" placeholder="{words.find}" maxlength="100" autocomplete="off">'
        f'{inbox}<button type="submit">{words.search}</button></form>'
    )


def _section(site: Site, one: Collection, rows: Sequence[ArticleRow]) -> str:
    if not rows:
        return ""
    title = f'<a href="{site.link(one.slug)}">{escape(one.name(site.language))}</a>'
    return _list(site, title, one.about(site.language), rows, _LISTED, site.link(one.slug))


def _list(site: Site, title: str, about: str, rows: Sequence[ArticleRow], most: int, rest: str = "") -> str:
    words = site.words
    more = f'<p><a href="{rest}">{words.everything.format(len(rows))}</a></p>' if rest and len(rows) > most else ""
    told = f"<p>{escape(about)}</p>" if about else ""
    return f"<section><h2>{title}</h2>{told}{_items(site, rows[:most])}{more}</section>"


def _items(site: Site, rows: Sequence[ArticleRow]) -> str:
    items = "".join(f'<li><a href="{site.link(row.slug)}">{escape(row.title)}</a></li>' for row in rows)
    return f'<ul class="articles">{items}</ul>'


def _crumbs(site: Site, within: Collection | None = None) -> str:
    last = f' <a href="{site.link(within.slug)}">{escape(within.name(site.language))}</a>' if within else ""
    return f'<nav class="crumbs"><a href="{site.link("")}">{site.words.home}</a>{last}</nav>'


def _neighbour(site: Site, href: str) -> str:
    slug, mark, place = href.partition("#")
    inbox = f"?inbox={site.inbox}" if site.inbox else ""
    return f"{site.up}help/{site.language}/{slug}{inbox}{mark}{place}"


def _vote(site: Site, one: Article, *, voted: bool) -> str:
    words = site.words
    if voted:
        return f'<p class="vote" role="status">{words.thanks}</p>'
    buttons = "".join(
        f'<button type="submit" name="helpful" value="{value}">{word}</button>'
        for value, word in (("1", words.yes), ("0", words.no))
    )
    return f'<form class="vote" method="post" action="{site.link(one.slug)}"><p>{words.helped}</p>{buttons}</form>'


def _related(site: Site, related: Sequence[Suggestion]) -> str:
    if not related:
        return ""
    items = "".join(f'<li><a href="{site.link(one.slug)}">{escape(one.title)}</a></li>' for one in related)
    return f'<section><h2>{site.words.related}</h2><ul class="articles">{items}</ul></section>'


def _person(site: Site) -> str:
    if not site.chat:
        return ""
    way = f"{site.up}chat/{site.chat}"
    return f'<p class="person">{site.words.person_why} <a href="{escape(way)}">{site.words.person}</a></p>'
