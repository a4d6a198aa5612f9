"""Which format comes: the content type first, then the first bytes; a web page is none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadDocument
from app.adapters.formats import csv, json, ndjson, xml
from app.adapters.formats.options import Format
from app.adapters.formats.sniff import Sniffed, sniff
from app.adapters.formats.tree import Tree
from tests.adapters.formats.test_xml import DOCUMENTS
from tests.adapters.formats.trees import TREES


@pytest.mark.parametrize(
    ("content_type", "format", "charset"),
    [
        ("application/json", Format.JSON, ""),
        ("Application/JSON; Charset=GBK", Format.JSON, "GBK"),
        ('text/xml; boundary=x; charset="gb2312"', Format.XML, "gb2312"),
        ("application/problem+json", Format.JSON, ""),
        ("application/soap+xml;charset=utf-8", Format.XML, "utf-8"),
        ("application/x-www-form-urlencoded", Format.FORM, ""),
        ("text/csv; header=present", Format.CSV, ""),
        ("application/x-ndjson", Format.NDJSON, ""),
        ("application/x-protobuf", Format.PROTOBUF, ""),
        ("application/grpc+proto", Format.PROTOBUF, ""),
        ("application/grpc", Format.PROTOBUF, ""),
    ],
)
def test_the_content_type_goes_first(content_type: str, format: Format, charset: str) -> None:  # noqa: A002
    assert sniff(content_type, b"\x0a\x03<a>") == Sniffed(format, charset)


@pytest.mark.parametrize("content_type", ["", "text/plain", "text/html; charset=utf-8", "application/octet-stream"])
@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b'{"a":1}', Format.JSON),
        (b' \r\n[{"a":1},\n{"b":2}]', Format.JSON),
        (b'{\n"a":1}\n', Format.JSON),
        (b'"text"', Format.JSON),
        (b"12.50", Format.JSON),
        (b"null", Format.JSON),
        ('{"名":1}'.encode("utf-16"), Format.JSON),
        (b'{"a":1}\n\n{"a":2}\n{"a"', Format.NDJSON),
        (b"<?xml version='1.0'?><a/>", Format.XML),
        (b"\xef\xbb\xbf <a/>", Format.XML),
        ('<?xml version="1.0"?><a/>'.encode("utf-16"), Format.XML),
        ("<a/>".encode("utf-16-le"), Format.XML),
        (b"<htmlpages/>", Format.XML),
        (b"a=1&b=%E4%B8%AD&c[]=x+y&d=", Format.FORM),
        (b"sign=AB/c+d==&x", Format.FORM),
        (b"id,name\n1,cup\n", Format.CSV),
        (b'"id";"na;me"\r\n1;cup;\r\n', Format.CSV),
        ("编号\t名称\n1\t杯".encode("gbk"), Format.CSV),
    ],
)
def test_then_the_first_bytes(content_type: str, head: bytes, format: Format) -> None:  # noqa: A002
    assert sniff(content_type, head).format is format


@pytest.mark.parametrize("content_type", ["", "application/json", "text/html", "text/xml", "text/csv"])
@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><html>", b"\n<!doctype HTML PUBLIC '-//W3C//DTD'>", b"<html lang='zh'>", b"<HTML>",
        b"<?xml version='1.0'?>\n<!-- a --><!-- b --> <!DOCTYPE html><html xmlns='x'>", b"\xef\xbb\xbf<html>",
    ],
)  # fmt: skip
def test_a_web_page_is_refused_whatever_it_is_called(content_type: str, head: bytes) -> None:
    with pytest.raises(BadDocument) as caught:
        sniff(content_type, head)
    assert caught.value.code == "document_page"
    assert "web page" in caught.value.en
    assert "网页" in caught.value.zh


@pytest.mark.parametrize(
    "head",
    [
        b"Unauthorised, please sign in", b"Not found", b"\x0a\x03abc\x10\x05", b"a b=c", b"callback({})",
        b"\x00\x01,\n\x00\x01,",
        b"Error, again\nand, again, and again", b"nul",
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_rather_than_guessed(head: bytes) -> None:
    with pytest.raises(BadDocument) as caught:
        sniff("text/plain", head)
    assert caught.value.code == "format_unknown"


@pytest.mark.parametrize("head", [b"", b" \r\n", b"\xef\xbb\xbf"])
def test_nothing_is_refused(head: bytes) -> None:
    with pytest.raises(BadDocument) as caught:
        sniff("", head)
    assert caught.value.code == "document_empty"


@given(TREES, DOCUMENTS)
def test_what_we_write_is_told(tree: Tree, document: Tree) -> None:
    assert sniff("", json.encode(tree)).format is Format.JSON
    assert sniff("", xml.encode(document)).format is Format.XML
    assert sniff("", ndjson.encode([{"a": tree}, {"b": tree}])).format is Format.NDJSON
    assert sniff("", csv.encode([{"a": "1", "b": "2"}])).format is Format.CSV


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "text/xml", "text/plain"]))
def test_no_bytes_do_harm(head: bytes, content_type: str) -> None:
    try:
        found = sniff(content_type, head)
    except BadDocument as problem:
        found = None
        told = problem.code
    assert found or told in {"document_page", "document_empty", "format_unknown"}
