"""The table of formats: any to any for what both hold, the same by pieces, each loaded when it is first used."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import codecs
from app.adapters.formats.options import Format, Options, XmlOptions
from app.adapters.formats.tree import Tree
from app.settings import Limits
from tests.adapters.formats.test_xml import TEXTS, documents
from tests.adapters.formats.trees import TREES, fed, pieces, same

NAMES = st.sampled_from(["a", "b", "Order", "名称"])
ROWS = st.lists(st.fixed_dictionaries({"id": TEXTS, "名称": TEXTS}), min_size=1, max_size=4)
FLAT = st.dictionaries(NAMES, st.one_of(TEXTS, st.lists(TEXTS, min_size=2, max_size=3)), min_size=2, max_size=3)
HOW = Options(xml=XmlOptions(root="r", item="row", lists=(("r", "row"),)))


class Lengths:
    """A message that is a text, as long as its first byte says."""

    def decode(self, data: bytes, /) -> Tree:
        return data[1 : 1 + data[0]].decode()

    def encode(self, tree: Tree, /) -> bytes:
        assert isinstance(tree, str)
        return bytes([len(tree)]) + tree.encode()


def through(tree: Tree, formats: list[Format], options: Options = HOW) -> Tree:
    """Written and read in each of them, one after the other."""
    for one in formats:
        tree = codecs.decode(one, codecs.encode(one, tree, options), options)
    return tree


@given(TREES, st.lists(st.sampled_from([Format.JSON, Format.NDJSON]), max_size=4))
def test_whatever_json_holds_goes_through_it_and_its_lines(tree: Tree, formats: list[Format]) -> None:
    assert same(through([tree, tree], formats), [tree, tree])


@given(documents(NAMES), st.permutations([Format.JSON, Format.XML]))
def test_whatever_xml_holds_goes_through_json_and_back(tree: Tree, formats: list[Format]) -> None:
    assert same(through(tree, formats, Options()), tree)


@given(ROWS, st.permutations([Format.JSON, Format.CSV, Format.NDJSON]))
def test_a_table_goes_through_all_that_hold_lists(rows: list[Tree], formats: list[Format]) -> None:
    assert through(rows, formats) == rows
    assert through(rows, [*formats, Format.XML]) == {"r": {"row": rows}}


@given(FLAT, st.permutations([Format.JSON, Format.FORM]))
def test_a_flat_object_goes_through_all_that_hold_one(tree: Tree, formats: list[Format]) -> None:
    assert through(tree, formats) == tree
    assert through(tree, [*formats, Format.XML]) == {"r": tree}


def test_a_message_is_what_its_type_says() -> None:
    how = Options(message=Lengths())
    assert through("text", [Format.PROTOBUF, Format.JSON, Format.PROTOBUF], how) == "text"
    with pytest.raises(BadDocument) as caught:
        codecs.decode(Format.PROTOBUF, b"\0")
    assert caught.value.code == "message_unknown"


@pytest.mark.parametrize(
    ("format", "raw", "path", "records", "beside"),
    [
        (Format.JSON, b'{"n":2,"a":[{"b":"1"},{"b":"2"}]}', ("a",), [{"b": "1"}, {"b": "2"}], 2),
        (Format.XML, b"<n><a>1</a><a>2</a></n>", ("n", "a"), ["1", "2"], None),
        (Format.CSV, b"b\n1\n2\n", (), [{"b": "1"}, {"b": "2"}], None),
        (Format.NDJSON, b"1\n2.0\n", (), [1, Decimal("2.0")], None),
        (Format.FORM, b"a=1&a=2&n=3", ("a",), ["1", "2"], "3"),
        (Format.FORM, b"a=1&n=3", ("a",), ["1"], "3"),
        (Format.FORM, b"n=3", ("a",), [], "3"),
        (Format.PROTOBUF, b"\x03abc", (), ["abc"], None),
    ],
)
@pytest.mark.parametrize("size", [1, 1_000])
def test_each_is_read_record_by_record(
    format: Format,  # noqa: A002
    raw: bytes,
    path: tuple[str, ...],
    records: list[Tree],
    beside: Tree,
    size: int,
) -> None:
    reader = codecs.reader(format, path, (("n",),), Options(message=Lengths()))
    assert fed(reader, pieces(raw, size)) == records
    if format is not Format.XML:
        assert reader.beside.get(("n",)) == beside


def test_what_is_read_whole_is_bounded() -> None:
    reader = codecs.reader(Format.FORM)
    with pytest.raises(BadDocument) as caught:
        fed(reader, [b"x" * 1_000_000] * 200)
    assert caught.value.code == "document_bytes"


@pytest.mark.parametrize(
    ("format", "begins", "more"),
    [
        (Format.JSON, b'{"a":{"b":[0', b',"' + b"x" * 1_000 + b'"'),
        (Format.XML, b"<a>", b"<b>" + b"x" * 1_000 + b"</b>"),
        (Format.XML, b"<a>", b"x" * 1_000),
        (Format.CSV, b"a\n", b"x" * 1_000 + b"\n"),
        (Format.FORM, b"a=", b"x" * 1_000),
        (Format.NDJSON, b"", b'"' + b"x" * 1_000 + b'"\n'),
        (Format.PROTOBUF, b"", b"x" * 1_000),
    ],
)
def test_a_body_of_200_megabytes_is_refused_while_it_comes(format: Format, begins: bytes, more: bytes) -> None:  # noqa: A002
    limits = replace(Limits(), adapter_stream_bytes_max=16_777_216)  # by default a third of such a body
    reader = codecs.reader(format, ("a", "b"), (), Options(message=Lengths(), limits=limits))
    came = 0

    def body() -> Iterator[bytes]:
        nonlocal came
        yield begins
        for _ in range(200):
            came += 1
            yield more * 1_000

    with pytest.raises(BadDocument) as caught:
        fed(reader, body())
    assert caught.value.code == "document_bytes"
    assert came < 20


def test_what_is_sent_with_a_document_says_what_it_is() -> None:
    from app.adapters.formats.sniff import by_type

    for one in Format:
        assert by_type(codecs.content_type(one)) is one
    assert codecs.content_type(Format.XML, "GBK") == "application/xml; charset=GBK"


def test_nothing_is_loaded_before_it_is_used() -> None:
    asked = (
        "import sys; from app.adapters.formats import codecs; "
        "print([one for one in sys.modules if one.startswith('app.adapters.formats.')], 'pyexpat' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    for one in ("json", "xml", "csv", "form", "ndjson", "protobuf"):
        assert f"app.adapters.formats.{one}'" not in said
    assert said.endswith("False\n")
