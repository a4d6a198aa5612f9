"""CSV in and out: what programs write, whatever the pieces; a row that is wrong does not lose the others."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import csv
from app.adapters.formats.options import AS_IT_COMES, CsvOptions, Options
from app.adapters.formats.records import Spoilt
from app.adapters.formats.tree import Tree
from app.settings import Limits
from tests.adapters.formats.trees import fed, pieces

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.lists(st.sampled_from(["id", "名称", "a,b", 'q"', "x y"]), min_size=1, max_size=4, unique=True)
TABLES = NAMES.flatmap(lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELLS)), max_size=5))


def read(raw: bytes, options: Options = AS_IT_COMES, size: int = 5) -> list[Any]:
    return fed(csv.CsvRecords(options), pieces(raw, size))


def told(delimiter: str = "", columns: tuple[str, ...] = (), charset: str = "") -> Options:
    return Options(charset=charset, csv=CsvOptions(delimiter=delimiter, columns=columns))


def refused(raw: bytes, options: Options = AS_IT_COMES) -> BadDocument:
    with pytest.raises(BadDocument) as caught:
        read(raw, options, 1_000)
    return caught.value


@given(TABLES, st.sampled_from([",", ";", "\t", "|"]), st.integers(1, 30))
def test_a_table_comes_back_as_it_went(table: list[Tree], delimiter: str, size: int) -> None:
    how = told(delimiter, charset="utf-8")
    raw = csv.encode(table, how)
    if not table:
        return
    assert csv.decode(raw, how) == table
    assert read(raw, how, size) == table


@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_characters_and_delimiter_are_found_out(charset: str, size: int) -> None:
    raw = 'id;名称;a,b\r\n1;杯子;x\r\n2;"壶""\r\n;";\n'.encode(charset)
    assert read(raw, size=size) == [{"id": "1", "名称": "杯子", "a,b": "x"}, {"id": "2", "名称": '壶"\r\n;', "a,b": ""}]


def test_what_is_ascii_for_long_may_be_gbk_in_the_end() -> None:
    raw = b"id,name\n" + b"1,cup\n" * 20_000 + "2,联通\n".encode("gbk") * 2
    assert read(raw, size=65_536)[-1] == {"id": "2", "name": "联通"}
    assert read(raw.replace("联通".encode("gbk"), "联通".encode()), size=65_536)[-1] == {"id": "2", "name": "联通"}


@pytest.mark.parametrize("size", [1, 4, 1_000])
@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        (b"a,b\n1,2\n3,4", [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
        (b"a,b\r1,2\r3,4\r", [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
        (b'a,b\r\n\r\n"1\n\n2",3\r\n\r\n', [{"a": "1\n\n2", "b": "3"}]),
        (b"a,b\n1\n1,2,,\n,\n", [{"a": "1"}, {"a": "1", "b": "2"}, {"a": "", "b": ""}]),
        (b" a ,a,,b\n1,2,3,4\n5\n", [{"a": ["1", "2"], "b": "4"}, {"a": "5"}]),
        (b'a\n5" pipe\n x \n', [{"a": '5" pipe'}, {"a": " x "}]),
        (b"a\x00,b\n1,\x00\n", [{"a\x00": "1", "b": "\x00"}]),
        (b"a,b\n", []),
    ],
)
def test_what_becomes_of_a_row(raw: bytes, rows: list[Tree], size: int) -> None:
    assert read(raw, size=size) == rows


def test_columns_that_are_told_need_no_first_row() -> None:
    assert read(b"1|2\n3|4\n", told("|", ("x", "y"))) == [{"x": "1", "y": "2"}, {"x": "3", "y": "4"}]


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_row_that_is_wrong_names_its_line_and_does_not_lose_the_others(size: int) -> None:
    raw = b'a,b\n1,2\n"x"y,3\n4,5\n6,7,8\n"9\n10,"11\n12"\n13,14\n"15,16\n17,18\n'
    found = read(raw, size=size)
    spoilt = [one for one in found if isinstance(one, Spoilt)]
    assert [one for one in found if not isinstance(one, Spoilt)] == [
        {"a": "1", "b": "2"}, {"a": "4", "b": "5"}, {"a": "10", "b": "11\n12"}, {"a": "13", "b": "14"},
        {"a": "17", "b": "18"},
    ]  # fmt: skip
    assert [one.raw for one in spoilt] == [b'"x"y,3\n', b"6,7,8\n", b'"9\n', b'"15,16\n']
    assert [one.problem.en.split(":")[0] for one in spoilt] == ["line 3", "line 5", "line 6", "line 10"]
    with pytest.raises(BadDocument) as caught:
        csv.decode(raw)
    assert caught.value.en.startswith("line 3: ")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "document_empty"), (b"\xef\xbb\xbf\r\n\r\n", "document_empty"), (b",,\n1,2,3\n", "csv_columns"),
        (b",".join(b"c%d" % one for one in range(501)) + b"\n", "csv_columns"), (b'"a\n1,2', "csv_row"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(raw: bytes, code: str) -> None:
    assert refused(raw).code == code


def test_what_does_not_belong_to_its_character_set_is_refused() -> None:
    assert refused("a\n中\n".encode("gbk"), told(charset="utf-8")).code == "charset_wrong"
    raw = b"a\n" + "中".encode() * 2_000 + b"\n" + b"\xff" * 10
    assert refused(raw).en.startswith("At byte 6003 ")


def test_too_much_is_refused() -> None:
    limits = replace(Limits(), adapter_record_bytes_max=1_000, adapter_stream_bytes_max=20_000)
    small = Options(limits=limits)
    assert refused(b"a,b\n" + b"x" * 2_000, small).code == "record_bytes"
    assert refused(b"a,b\n" + b"1,2\n" * 6_000, small).code == "document_bytes"
    few = Options(limits=replace(limits, adapter_document_values_max=10, adapter_document_bytes_max=100))
    with pytest.raises(BadDocument) as caught:
        csv.decode(b"a,b\n" + b"1,2\n" * 6, few)
    assert caught.value.code == "document_values"
    with pytest.raises(BadDocument) as caught:
        csv.decode(b"a,b\n" + b"1,2\n" * 30, few)
    assert caught.value.code == "document_bytes"


@pytest.mark.parametrize("size", [1, 2, 1_000])
def test_a_line_that_ends_in_two_characters_counts_once(size: int) -> None:
    (_, spoilt) = read(b"a,b\r\n1,2\r\n3,4,5\r\n", size=size)
    assert spoilt.problem.en.startswith("line 3: ")


def test_quotes_that_never_close_are_given_up_before_the_document_ends() -> None:
    small = Options(limits=replace(Limits(), adapter_record_bytes_max=1_000))
    reader = csv.CsvRecords(small)
    found = [one for piece in pieces(b'a,b\n"1,2\n' + b"3,4\n" * 1_000, 100) for one in reader.feed(piece)]
    assert isinstance(found[0], Spoilt)
    assert len(found) > 500


def test_quotes_that_never_close_cost_one_line() -> None:
    small = Options(limits=replace(Limits(), adapter_record_bytes_max=1_000))
    found = read(b'a,b\n"1,2\n' + b"3,4\n" * 1_000, small, 100)
    assert isinstance(found[0], Spoilt)
    assert found[1:] == [{"a": "3", "b": "4"}] * 1_000


def test_values_go_out_as_texts() -> None:
    table: Tree = [{"a": 1, "b": None}, {"c": True, "a": Decimal("0.10")}]
    assert csv.encode(table) == b"a,b,c\r\n1,,\r\n0.10,,true\r\n"
    assert csv.encode({"a": "x,y"}) == b'a\r\n"x,y"\r\n'
    assert csv.encode(table, told(";", ("c", "d"), "gbk")) == b"c;d\r\n;\r\ntrue;\r\n"


@pytest.mark.parametrize(
    ("tree", "path"), [([{"a": 1}, {"a": [1]}], "[1].a"), ([{"a": 1}, 2], "[1]"), ({"a": {}}, "a"), ("x", "")]
)
def test_what_a_table_cannot_hold_is_refused_with_its_path(tree: Tree, path: str) -> None:
    with pytest.raises(BadDocument) as caught:
        csv.encode(tree)
    assert caught.value.path == path
