"""XML as it comes in: the same records as of the whole, whatever the pieces, and no more held than one of them."""

import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import xml
from app.adapters.formats.options import AS_IT_COMES, Options, XmlOptions
from app.adapters.formats.tree import Tree
from app.adapters.formats.xml_records import Path, XmlRecords
from app.settings import Limits
from tests.adapters.formats.attacks import DOCTYPES, nested
from tests.adapters.formats.test_xml import DOCUMENTS
from tests.adapters.formats.trees import fed, pieces, same

LIMITS = replace(Limits(), adapter_record_bytes_max=1_000, adapter_stream_bytes_max=50_000, adapter_xml_names_max=100)
SMALL = Options(limits=LIMITS)


def read(
    raw: bytes, path: Path, beside: tuple[Path, ...] = (), size: int = 7, options: Options = AS_IT_COMES
) -> tuple[list[Any], dict[Path, Tree]]:
    reader = XmlRecords(path, beside, options)
    return fed(reader, pieces(raw, size)), dict(reader.beside)


def refused(raw: bytes, path: Path = ("a", "b"), options: Options = AS_IT_COMES, size: int = 4_096) -> BadDocument:
    with pytest.raises(BadDocument) as caught:
        fed(XmlRecords(path, (), options), pieces(raw, size))
    return caught.value


@given(st.lists(DOCUMENTS, max_size=4), DOCUMENTS, st.integers(1, 40))
def test_the_records_are_those_of_the_whole(members: list[dict[str, Tree]], other: dict[str, Tree], size: int) -> None:
    raw = xml.encode({"r": {"other": other, "list": {"@n": 3, "one": list(members)}, "more": {"list": {"one": 1}}}})
    found, beside = read(raw, ("r", "list", "one"), (("r", "other"), ("r", "list", "@n"), ("r", "absent")), size)
    assert same(found, list(members))
    assert same(beside[("r", "other")], other)
    assert beside[("r", "list", "@n")] == "3"
    assert set(beside) == {("r", "other"), ("r", "list", "@n")}


@given(DOCUMENTS, st.integers(1, 9))
def test_without_a_path_the_document_is_the_record(tree: dict[str, Tree], size: int) -> None:
    assert same(read(xml.encode(tree), (), (), size)[0], [tree])


@pytest.mark.parametrize("size", [1, 5, 1_000])
@pytest.mark.parametrize("charset", ["GBK", "utf-16", "utf-8"])
def test_old_character_sets_are_read_as_declared(charset: str, size: int) -> None:
    raw = f'\n<?xml version="1.0" encoding="{charset}"?>\n<a><b>张</b>\n<b>三</b></a>'.lstrip("\n").encode(charset)
    assert read(raw, ("a", "b"), (), size)[0] == ["张", "三"]
    told = "<a><b>张</b></a>".encode(charset)
    assert read(told, ("a", "b"), (), size, Options(charset=charset))[0] == ["张"]


def test_within_a_record_all_is_as_in_the_whole() -> None:
    how = Options(xml=XmlOptions(lists=(("b", "x"),), prefixes={"p": "urn:p"}))
    raw = b' <a xmlns:q="urn:p"> text <b i="1"> <x>1</x> </b>between<b/> <q:b>no</q:b><b>t</b> end</a>\n'
    assert read(raw, ("a", "b"), (("a", "p:b"),), 3, how) == ([{"@i": "1", "x": ["1"]}, "t"], {("a", "p:b"): "no"})


def test_what_stands_within_what_is_asked_for_is_found_too() -> None:
    raw = b'<a t="2"><c i="1"><d>x</d></c><b><e>1</e></b><b><e>2</e></b></a>'
    asked = (("a", "c", "d"), ("a", "c", "@i"), ("a", "@t"), ("a", "b", "e"), ("a",))
    found, beside = read(raw, ("a", "b"), asked)
    assert found == [{"e": "1"}, {"e": "2"}]
    assert beside == {asked[0]: "x", asked[1]: "1", asked[2]: "2", asked[3]: "2"}


@pytest.mark.parametrize("size", [1, 1_000])
@pytest.mark.parametrize(
    "raw", [b"", b" ", b"<a>", b"<a><b></a>", b"<a/><b/>", b"<a>\xff</a>", b"x", b"<a>&x;</a>", b"<a><b>&x;</b></a>"]
)
def test_what_is_no_xml_is_refused(raw: bytes, size: int) -> None:
    refused(raw, size=size)


@pytest.mark.parametrize("size", [1, 1_000])
@pytest.mark.parametrize("raw", [one for name, one in DOCTYPES.items() if name != "quadratic"])
def test_a_document_type_is_refused(raw: bytes, size: int) -> None:
    assert refused(raw, size=size).code == "xml_doctype"


@pytest.mark.parametrize("path", [(), ("a", "a"), ("b",)])
@pytest.mark.parametrize("depth", [65, 100_000])
def test_deep_nesting_is_refused(path: Path, depth: int) -> None:
    assert refused(nested(depth), path).code == "document_depth"


@pytest.mark.parametrize(
    ("begins", "more", "path"),
    [
        ("<a><b>", "x", "a.b[0]"), ("<a><b/><b>1</b><b><c>", "<d/>", "a.b.c[1]"), ("<a><!--", "x", "a"),
        ("<a><z y='", "x", "a"), ("<a><z ", "x", "a"), ("<a><", "x", "a"), ("<a><b><![CDATA[", "x", "a.b[0]"),
    ],
)  # fmt: skip
def test_a_record_or_mark_that_never_ends_is_refused_soon(begins: str, more: str, path: str) -> None:
    reader = XmlRecords(("a", "b"), (), SMALL)
    reader.feed(begins.encode())
    with pytest.raises(BadDocument) as caught:
        fed(reader, [more.encode() * (900 // len(more))] * 3)
    assert (caught.value.code, caught.value.path) == ("record_bytes", path)


def test_names_that_never_end_are_refused() -> None:
    raw = b"<a>" + b"".join(b"<n%d/>" % number for number in range(200)) + b"</a>"
    assert refused(raw, options=SMALL).code == "xml_names"


@pytest.mark.parametrize("more", ["<b>1</b>", "<c>1</c>", "text", " "])
def test_a_document_that_never_ends_is_refused_at_its_bound(more: str) -> None:
    assert refused(b"<a>" + more.encode() * (60_000 // len(more)), options=SMALL).code == "document_bytes"


def test_a_long_comment_is_not_read_over_and_over() -> None:
    reader = XmlRecords(("a", "b"))
    began = time.process_time()
    with pytest.raises(BadDocument):
        fed(reader, [b"<a><!--", *[b"x" * 1_024] * 2_000])
    assert time.process_time() - began < 0.5


def test_what_is_passed_over_and_what_was_read_is_not_held() -> None:
    order = "<order><id>1</id><items><sku>a</sku><sku>b</sku></items><note>" + "x" * 900 + "</note></order>"
    chunk = (order * 60).encode()
    tracemalloc.start()
    reader = XmlRecords(("r", "orders", "order"))
    count = len(reader.feed(b"<r><debug>"))
    for part in (b"</debug><orders>", b"</orders></r>"):
        for _ in range(30):
            count += len(reader.feed(chunk))
        count += len(reader.feed(part))
    reader.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_800
    assert peak < 1_000_000  # of 3.6 million
