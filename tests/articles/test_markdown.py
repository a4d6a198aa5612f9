"""The Markdown of articles: what it makes, and that nothing else ever comes out."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.articles.markdown import html, parse, plain

ALLOWED = {
    "p": set(), "h2": set(), "h3": set(), "h4": set(), "ul": set(), "ol": {"start"}, "li": set(), "blockquote": set(),
    "pre": {"tabindex"}, "code": set(), "div": {"class", "tabindex"}, "table": set(), "thead": set(), "tbody": set(),
    "tr": set(), "th": {"scope"}, "td": set(), "hr": set(), "strong": set(), "em": set(), "a": {"href", "rel"},
    "br": set(),
}  # fmt: skip
VOID = {"hr", "br"}
WIDE, HEAD = '<div class="wide" tabindex="0">', '<th scope="col">'
TABLE = (
    f"{WIDE}<table><thead><tr>{HEAD}a</th>{HEAD}b</th></tr></thead><tbody><tr><td>1</td><td>x|y</td></tr>"
    "<tr><td>2</td><td></td></tr></tbody></table></div>"
)


class Check(HTMLParser):
    """Raises at the first thing that is not of the subset; `text` is what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert {name for name, _ in attrs} <= ALLOWED[tag], attrs
        href = dict(attrs).get("href")
        if href is not None:
            assert href.startswith(("http://", "https://", "mailto:", "tel:")) or ":" not in href, href
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def checked(text: str) -> Check:
    check = Check()
    check.feed(html(parse(text)))
    check.close()
    assert not check.open, check.open
    return check


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("# One\n## Two\n##### Five", "<h2>One</h2>\n<h2>Two</h2>\n<h4>Five</h4>"),
        ("a\nb\n\nc", "<p>a b</p>\n<p>c</p>"),
        ("中文\n接着", "<p>中文接着</p>"),
        ("a  \nb\\\nc", "<p>a<br>b<br>c</p>"),
        ("**a *b* c** _d_ `*e*`", "<p><strong>a <em>b</em> c</strong> <em>d</em> <code>*e*</code></p>"),
        ("2*3*4 a_b_c ** d", "<p>2*3*4 a_b_c ** d</p>"),
        (r"\*not\* \[a](b)", "<p>*not* [a](b)</p>"),
        ("- a\n- b\n  1. c\n  2. d\n- e", "<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li><li>e</li></ul>"),
        ("3. a\n\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> a\n> - b", "<blockquote><p>a</p>\n<ul><li>b</li></ul></blockquote>"),
        ("```\n<b> & **\n```\nx", '<pre tabindex="0"><code>&lt;b&gt; &amp; **</code></pre>\n<p>x</p>'),
        ("```\nnever closed", '<pre tabindex="0"><code>never closed</code></pre>'),
        ("a\n\n---\nb", "<p>a</p>\n<hr>\n<p>b</p>"),
        (
            "| a | b |\n|---|:-:|\n| 1 | x\\|y | z |\n| 2 |",
            TABLE,
        ),
        ("a | b\nc", "<p>a | b c</p>"),
        ("[x](https://a.b/c?d=1&e)", '<p><a href="https://a.b/c?d=1&amp;e" rel="noopener noreferrer">x</a></p>'),
        ("[x](other-one) [y](mailto:a@b.c)", '<p><a href="other-one">x</a> <a href="mailto:a@b.c">y</a></p>'),
        ("https://a.b/c.", '<p><a href="https://a.b/c" rel="noopener noreferrer">https://a.b/c</a>.</p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](//evil.example)", "<p>[x](//evil.example)</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("", ""),
    ],
)
def test_what_it_makes(text: str, made: str) -> None:
    assert html(parse(text)) == made
    checked(text)


def test_what_is_read_of_it() -> None:
    text = "## Title\nA **bold** [link](x-y).\n\n- one\n- two\n\n| a | b |\n|---|---|\n| c | d |\n\n---\n```\ncode\n```"
    assert plain(parse(text)) == "Title\nA bold link.\none\ntwo\na  b\nc  d\ncode"


def test_a_link_to_another_article_leads_where_the_page_says() -> None:
    made = html(parse("[x](other-one) [y](https://a.b)"), lambda href: f"../{href}" if ":" not in href else href)
    assert 'href="../other-one"' in made and 'href="https://a.b"' in made


_PIECES = st.sampled_from(
    [
        "*", "**", "_", "__", "`", "```", "~~~", "\n", "\n\n", "  ", "    ", "- ", "1. ", "> ", "# ", "|", "|-|", "---",
        "[", "](", ")", "\\", "<", ">", "&", '"', "'", "javascript:", "https://a.b/", "data:text/html,", "mailto:x@y",
        "<script>", "<img src=x onerror=alert(1)>", "<!--", "<![CDATA[", "&lt;", "&#x6a;", "\0", "\x0b", "\u2028", "a",
        "中", "x-y", "tel:+1", "\t", "//", "[a](b)", "\u202e", "<a href='", "style=",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=60).map("".join)))
def test_no_tag_or_attribute_outside_the_subset_ever_comes_out(text: str) -> None:
    checked(text)
    plain(parse(text))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=80))
def test_code_is_read_as_it_was_written(text: str) -> None:
    assert checked(f"~~~\n{text}\n~~~").text.rstrip("\n") == text.rstrip("\n") or "~~~" in text


@pytest.mark.parametrize(
    "piece",
    [
        "*",
        "_a ",
        "[",
        "> ",
        "- ",
        "`",
        "**a ",
        "|",
        "h",
        "https://",
        "  - a\n",
        "***a",
        "> \n- \n",
        "[a](b",
        "- - - a\n",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    """The bound is twenty times what the slowest takes: a search that begins anew at each sign takes minutes."""
    began = time.process_time()
    html(parse((piece * 50_000)[:50_000]))
    assert time.process_time() - began < 5
