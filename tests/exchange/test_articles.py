"""Articles from files and into files: what is read, what is refused and where, all of it or nothing."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.articles.articles import Articles, NewArticle
from app.articles.collections import Collections
from app.articles.markdown import parse
from app.demo.articles import drafts
from app.exchange.articles import ArticleExchange, ArticleReport, Format
from app.exchange.drafts import Wrong, of_html, of_markdown
from app.exchange.webpages import as_markdown
from app.model.errors import Forbidden, Invalid
from app.model.principals import Agent
from app.settings import Limits, Settings
from app.storage.articles import Filter
from tests.articles.test_markdown import checked
from tests.clock import ManualClock
from tests.domain import Domain

ONE = """---
title: "How to return"
category: Returns
tags: [a, b]
question:
  - send it back
  - 'return a thing'
status: published
---
# Not the title

Within **14 days**.
"""
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


@pytest.fixture
async def domain(database_path: Path, settings: Settings, clock: ManualClock) -> AsyncIterator[Domain]:
    async with Domain(database_path, settings, clock) as domain:
        yield domain


@pytest.fixture
async def boss(domain: Domain) -> Agent:
    return await domain.agent("Boss", "owner")


@pytest.fixture
def articles(domain: Domain) -> Articles:
    return Articles(domain.database, domain.ids, domain.clock, domain.settings.limits)


def exchange_of(domain: Domain, articles: Articles, limits: Limits) -> ArticleExchange:
    collections = Collections(domain.database, domain.ids, domain.clock, limits)
    return ArticleExchange(domain.database, articles, collections, limits)


@pytest.fixture
def exchange(domain: Domain, articles: Articles) -> ArticleExchange:
    return exchange_of(domain, articles, domain.settings.limits)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 7_000):
        yield content[at : at + 7_000]


async def take(
    exchange: ArticleExchange,
    who: Agent,
    name: str,
    content: str | bytes,
    *,
    rehearse: bool = False,
    language: str = "",
) -> ArticleReport:
    raw = content.encode() if isinstance(content, str) else content
    return await exchange.take(who, name, pieces(raw), rehearse=rehearse, language=language)


def zipped(files: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return made.getvalue()


def workbook(rows: str, strings: str = "") -> bytes:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return zipped(
        {SHEET: f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>", STRINGS: f"<sst>{strings}</sst>"}
    )


def test_a_head_says_what_it_is_and_the_rest_is_the_text() -> None:
    draft = of_markdown("help/en/03-how-to.md", ONE)
    assert (draft.title, draft.collection, draft.slug, draft.language) == ("How to return", "Returns", "how-to", "en")
    assert draft.questions == ("send it back", "return a thing")
    assert draft.body == "# Not the title\n\nWithin **14 days**." and draft.published
    plain = of_markdown("退货.md", "\ufeff# 如何退货\r\n\r\n十四天内。")
    assert (plain.title, plain.body, plain.language, plain.slug) == ("如何退货", "十四天内。", "zh", "")
    assert not of_markdown("a.md", "---\ntitle: A\nstatus: draft\n---\n").published


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntitle: A\nno pair\n---\n", 3), ("---\ntitle: A\n", 1), ("Only words.", 1), ("", 1),
        ("---\nlang: en\ntitle: A\nlanguage: fr\n---\n", 3), ("---\ntitle: A\nslug: Not One\n---\n", 2),
        (f"# {'x' * 201}", 1),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(Wrong) as wrong:
        of_markdown("a.md", text)
    assert wrong.value.line == line and wrong.value.zh


def test_a_page_becomes_markdown() -> None:
    page = of_html(
        "en/shipping.html",
        """<html lang="en-US"><head><title>Shipping | Shop</title><meta name=description content="How long."></head>
        <body><nav>Menu</nav><h1>Shipping</h1><p>It takes <b>2 to 3</b> days. <a href="https://a.b/c">More</a>
        <a href="javascript:alert(1)">bad</a></p><ul><li>One<li>Two <i>x</i></ul><ol><li>A<ol><li>B</ol></ol>
        <h2>Costs</h2><table><tr><th>Where</th><th>Cost</th></tr><tr><td><p>EU</p></td><td>4|5</td></tr></table>
        <pre>code *x*</pre><blockquote>Note</blockquote><script>alert(1)</script><p># no heading, 2 * 3</p></html>""",
    )
    assert (page.title, page.summary, page.language, page.slug) == ("Shipping", "How long.", "en", "shipping")
    assert "alert" not in page.body and "Menu" not in page.body
    made = checked(page.body)
    shown = " ".join(made.text.split())
    assert "It takes 2 to 3 days. More bad" in shown and "# no heading, 2 * 3" in shown
    kinds = [block.__class__.__name__ for block in parse(page.body)]
    assert kinds == ["Paragraph", "Listing", "Listing", "Heading", "Table", "Code", "Quote", "Paragraph"]


_MARKUP = st.sampled_from(
    [
        "<p>", "</p>", "<b>", "</i>", "<ul>", "<li>", "</ul>", "<pre>", "<table>", "<tr>", "<td>", "</table>",
        "x*_[](y)",
        "<a href='javascript:1'>", "<a href=https://a.b>", "</a>", "<script>", "</script>", "# ", "|", "<!--", "`",
        "<blockquote>", "<ol>", "<br>", "<h2>", "~~~", "<code>", "&lt;b&gt;", "<svg onload=1>", "\n", "<td/>",
        "<title>",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_MARKUP, max_size=40).map("".join))
def test_whatever_a_page_holds_only_the_subset_comes_out(text: str) -> None:
    checked(as_markdown(text).markdown)


async def test_a_zip_comes_in_with_collections_and_translations(
    exchange: ArticleExchange, articles: Articles, boss: Agent
) -> None:
    files: dict[str, str | bytes] = {
        "help/en/returns.md": ONE, "help/zh/returns.md": "# 如何退货\n十四天内。", "help/.hidden.md": "",
        "help/x.png": b"\x89", "help/page.html": "<h1>Cards</h1><p>Visa.</p>", "__MACOSX/a.md": "",
    }  # fmt: skip
    seen = await take(exchange, boss, "help.zip", zipped(files), rehearse=True)
    assert (seen.done, seen.articles, seen.created_collections, seen.problems) == (False, 3, 1, [])
    assert (await articles.listing(boss, Filter(), 50, 0))[1] == 0
    done = await take(exchange, boss, "help.zip", zipped(files))
    assert (done.done, done.articles) == (True, 3)
    rows, _ = await articles.listing(boss, Filter(), 50, 0)
    by = {(row.language.value, row.slug): row for row in rows}
    assert by["en", "returns"].group_id == by["zh", "returns"].group_id != by["en", "page"].group_id
    assert articles.suggest_to_agents("send it back")[0].slug == "returns"  # found at once


async def test_one_wrong_file_and_nothing_comes_in(exchange: ArticleExchange, articles: Articles, boss: Agent) -> None:
    await articles.create(boss, NewArticle("Taken", slug="taken"))
    files: dict[str, str | bytes] = {
        "good.md": ONE, "bad.md": "---\ntitle: A\n\nx y\n---", "latin.md": b"# A\n\xff", "taken.md": "# Taken",
    }  # fmt: skip
    told = await take(exchange, boss, "x.ZIP", zipped(files))
    assert not told.done
    assert [(one.file, one.line) for one in told.problems] == [("bad.md", 4), ("latin.md", 2), ("taken.md", 1)]
    assert (await articles.listing(boss, Filter(), 50, 0))[1] == 1


async def test_tables_come_in_by_their_columns(exchange: ArticleExchange, articles: Articles, boss: Agent) -> None:
    csv = "标题,答案,相似问法,分类\n如何退货,十四天内,退货|能退吗,退换\n,没有标题,,\n".encode("gb18030")
    told = await take(exchange, boss, "faq.csv", csv)
    assert [(one.file, one.line) for one in told.problems] == [("faq.csv", 3)]
    assert (await take(exchange, boss, "faq.csv", csv.rsplit(b"\n", 2)[0])).done
    row = (await articles.listing(boss, Filter(language="zh"), 50, 0))[0][0]
    assert (row.title, row.questions) == ("如何退货", ("退货", "能退吗"))
    ship = "<si><r><t>Do you </t></r><r><t>ship?</t></r><rPh><t>no</t></rPh></si>"
    strings = f"<si><t>Question</t></si><si><t>Answer</t></si>{ship}"
    book = workbook(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row r="2"/>'
        '<row r="4"><c r="A4" t="s"><v>2</v></c><c r="C4" t="inlineStr"><is><t>Yes.</t></is></c></row>',
        strings,
    )
    assert (await take(exchange, boss, "faq.xlsx", book)).done
    article, _ = await articles.find(boss, (await articles.listing(boss, Filter(language="en"), 50, 0))[0][0].id)
    assert (article.title, article.body) == ("Do you ship?", "Yes.")
    lost = await take(exchange, boss, "a.csv", "colour,size\nred,1\n")
    assert lost.problems[0].line == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF", "file_unknown"),
        ("a.zip", b"PK\x03\x04 no", "zip_malformed"),
        ("a.zip", zipped({"a.png": b"x"}), "nothing_found"),
        ("a.zip", zipped({"a.md": b"# A\n" + b"x" * 3_000_000}), "archive_too_large"),
        ("a.xlsx", b"PK\x03\x04 no", "xlsx_malformed"),
        ("a.xlsx", zipped({"a.md": "# A"}), "xlsx_malformed"),
        ("a.xlsx", workbook('<row><c t="s"><v>7</v></c></row>'), "xlsx_malformed"),
        ("a.xlsx", workbook("<row><c><v>1</v></c>"), "xlsx_malformed"),
        ("a.xlsx", workbook("<x>" * 60 + "</x>" * 60), "xlsx_malformed"),
        ("a.xlsx", zipped({SHEET: b'<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>'}), "xlsx_malformed"),
        ("a.xlsx", zipped({SHEET: '<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>'.encode("utf-16")}), "xlsx_malformed"),
        ("a.xlsx", workbook(" " * 3_000_000), "archive_too_large"),
        ("a.csv", b"", "csv_empty"),
        ("a.md", b"x" * 1_200_000, "archive_too_large"),
    ],
    ids=range(14),
)
async def test_what_cannot_be_read_is_refused(
    domain: Domain, articles: Articles, boss: Agent, name: str, content: bytes, code: str
) -> None:
    tight = Limits(article_import_unpacked_bytes_max=2_000_000, article_import_bytes_max=1_000_000)
    with pytest.raises(Invalid) as refused:
        await take(exchange_of(domain, articles, tight), boss, name, content)
    assert refused.value.code == code


async def test_what_goes_out_comes_in_again(
    domain: Domain, exchange: ArticleExchange, articles: Articles, boss: Agent
) -> None:
    demo = {f"{one.language}/{one.slug}.md": of for one, of in ((draft, _source(draft)) for draft in drafts())}
    assert (await take(exchange, boss, "demo.zip", zipped(dict(demo)))).articles == 28
    before = await _told(articles, boss)
    packed, table = [await exchange.begin(boss, form) for form in (Format.MARKDOWN, Format.CSV)]
    for name, content in (("articles.zip", packed), ("articles.csv", table)):
        for row in (await articles.listing(boss, Filter(), 100, 0))[0]:
            await articles.delete(boss, row.id)
        done = await take(exchange, boss, name, content)
        assert (done.done, done.created_collections, done.problems) == (True, 0, [])
        assert await _told(articles, boss) == before, name
    ann = await domain.agent("Ann")
    with pytest.raises(Forbidden):
        await exchange.begin(ann, Format.CSV)
    with pytest.raises(Forbidden):
        await take(exchange, ann, "a.md", "# A")


def _source(draft: object) -> str:
    language, slug = getattr(draft, "language", ""), getattr(draft, "slug", "")
    (path,) = Path("app/demo/articles").glob(f"{language}/*-{slug}.md")
    return path.read_text(encoding="utf-8")


async def _told(articles: Articles, boss: Agent) -> list[tuple[object, ...]]:
    """Every article as people see it, and which ones translate each other."""
    rows, _ = await articles.listing(boss, Filter(), 100, 0)
    pairs = {
        row.group_id: sorted(one.slug + one.language for one in rows if one.group_id == row.group_id) for row in rows
    }
    found = [(await articles.find(boss, row.id))[0] for row in rows]
    return sorted(
        (one.language, one.slug, one.title, one.summary, one.body, one.questions, one.published, one.collection_id,
         tuple(pairs[one.group_id]))
        for one in found
    )  # fmt: skip
