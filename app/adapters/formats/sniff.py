"""Which format a document has that nobody named: by its content type, else by its first bytes.

A web page is refused whatever it is called: it is what proxies, sign-in pages and broken addresses answer with 200.
"""

import codecs
import re

import msgspec
from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats import charsets, xml_declaration
from app.adapters.formats.options import Format
from app.adapters.formats.records import empty

HEAD_BYTES = 65_536  # that are enough to tell

_TYPES = {
    "application/json": Format.JSON, "text/json": Format.JSON, "application/x-json": Format.JSON,
    "application/xml": Format.XML, "text/xml": Format.XML,
    "application/x-www-form-urlencoded": Format.FORM,
    "text/csv": Format.CSV, "application/csv": Format.CSV, "text/tab-separated-values": Format.CSV,
    "application/x-ndjson": Format.NDJSON, "application/ndjson": Format.NDJSON, "application/jsonl": Format.NDJSON,
    "application/x-jsonlines": Format.NDJSON, "application/jsonlines": Format.NDJSON,
    "application/x-protobuf": Format.PROTOBUF, "application/protobuf": Format.PROTOBUF,
    "application/vnd.google.protobuf": Format.PROTOBUF, "application/x-google-protobuf": Format.PROTOBUF,
    "application/grpc": Format.PROTOBUF,
}  # fmt: skip
_SUFFIXES = {"json": Format.JSON, "xml": Format.XML, "proto": Format.PROTOBUF, "protobuf": Format.PROTOBUF}
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:-]{1,40})\"?", re.IGNORECASE | re.ASCII)
_SPACE = b" \t\r\n"
_PAGE = re.compile(
    rb"(?><\?xml[^>]*+>\s*+)?(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s++html|html)[\s>]", re.IGNORECASE | re.DOTALL
)
_PAIR = rb"[\w.%*+\[\]$@:-]++=[^\s&<>{}\"]*+"
_FORM = re.compile(_PAIR + rb"(?:&" + _PAIR + rb")*+(?:&[^\s&=]*+)?", re.ASCII)
_DELIMITERS = (b",", b";", b"\t", b"|")


class Sniffed(Struct, frozen=True):
    """`charset` as the content type told it, or empty."""

    format: Format
    charset: str = ""


def sniff(content_type: str, head: bytes) -> Sniffed:
    """`head`: the first `HEAD_BYTES` of the document, or all of it.

    Raises `BadDocument` (document_page, document_empty, format_unknown).
    """
    told = by_type(content_type)
    charset = _charset(content_type)
    if told is Format.PROTOBUF:
        return Sniffed(told)
    if _PAGE.match(_bare(head)):
        raise _page()
    return Sniffed(told or by_bytes(head), charset)


def by_type(content_type: str) -> Format | None:
    """What a content type says (RFC 6838 with its suffixes); None where it says nothing of use (`text/plain`)."""
    name = content_type.partition(";")[0].strip().lower()
    return _TYPES.get(name) or _SUFFIXES.get(name.rpartition("+")[2] if "+" in name else "")


def by_bytes(head: bytes) -> Format:
    """By how it begins; ProtoBuf has no beginning of its own and must be told."""
    bare = _bare(head)
    if not bare:
        raise empty()
    if bare.startswith((b"{", b"[")):
        return Format.NDJSON if _is_lines(bare) else Format.JSON
    if bare.startswith(b"<"):
        return Format.XML
    if _is_json(bare):
        return Format.JSON
    if _FORM.fullmatch(bare):
        return Format.FORM
    if _is_table(bare):
        return Format.CSV
    raise _unknown()


def _charset(content_type: str) -> str:
    found = _CHARSET.search(content_type)
    return found[1] if found else ""


def _bare(head: bytes) -> bytes:
    """Without marks and white space before it, in UTF-8 or something like it."""
    marked = charsets.by_bom(head) or xml_declaration.wide(head)
    if marked.startswith("utf-16"):
        head = head.decode(marked, errors="ignore").encode(errors="ignore")
    return head.removeprefix(codecs.BOM_UTF8).strip(_SPACE)


def _is_lines(bare: bytes) -> bool:
    first, _, rest = bare.partition(b"\n")
    return rest.lstrip(_SPACE)[:1] in (b"{", b"[") and _is_json(first)


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_table(bare: bytes) -> bool:
    """Two lines with as many delimiters at least: a sentence in an error page has commas too."""
    first, second, *_ = [*bare.splitlines(), b"", b""]
    return b"\0" not in bare and any(0 < first.count(one) == second.count(one) for one in _DELIMITERS)


def _page() -> BadDocument:
    return BadDocument(
        "document_page", "",
        "A web page came instead of data. Look at the address, whether a sign-in is missing, and at the proxy.",
        "收到的是网页而不是数据。请检查地址、登录凭据和代理。",
    )  # fmt: skip


def _unknown() -> BadDocument:
    return BadDocument(
        "format_unknown", "",
        "It cannot be told which format this is. Name it in the spec: `answer: json` (xml, proto, form, csv, ndjson).",
        "无法判断文档格式。请在配置中写明：`answer: json`（xml、proto、form、csv、ndjson）。",
    )  # fmt: skip
