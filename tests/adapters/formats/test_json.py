"""JSON in and out: nothing of a number is lost, nothing that is wrong comes through, and each refusal says where."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import json
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.tree import DEPTH_MAX, Tree
from app.settings import Limits
from tests.adapters.formats.trees import TREES, same

FEW = Options(limits=replace(Limits(), adapter_document_bytes_max=100))


def refused(raw: bytes, options: Options = AS_IT_COMES) -> BadDocument:
    with pytest.raises(BadDocument) as caught:
        json.decode(raw, options)
    return caught.value


@given(TREES)
def test_a_tree_comes_back_as_it_went(tree: Tree) -> None:
    assert same(json.decode(json.encode(tree)), tree)


@pytest.mark.parametrize("text", ["0.1", "39.90", "123456789012345678901234567890", "-18446744073709551616", "1E-7"])
def test_a_number_keeps_its_digits(text: str) -> None:
    assert json.encode(json.decode(text.encode())) == text.encode()
    assert isinstance(json.decode(text.encode()), Decimal if {".", "E"} & set(text) else int)


def test_bytes_go_out_as_base64() -> None:
    assert json.encode({"photo": b"\x00\xff"}) == b'{"photo":"AP8="}'


def test_a_mark_before_the_document_is_passed_over() -> None:
    assert json.decode(b'\xef\xbb\xbf{"a":1}') == {"a": 1}
    assert json.decode('{"a":"中"}'.encode("utf-16")) == {"a": "中"}


def test_a_character_set_that_is_told_is_read_and_written() -> None:
    gbk = Options(charset="GBK")
    raw = json.encode({"name": "张三"}, gbk)
    assert raw == '{"name":"张三"}'.encode("gbk")
    assert json.decode(raw, gbk) == {"name": "张三"}
    with pytest.raises(BadDocument) as caught:
        json.encode("😀", gbk)
    assert caught.value.code == "charset_unfit"


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b"", "document_empty", ""),
        (b"  \n", "document_empty", ""),
        (b'{"a":1}\n {"b":2}', "json_malformed", "line 2"),
        ('{"中":nul}'.encode(), "json_malformed", "line 1, column 1"),
        (b'{"a":', "json_malformed", "line 1, column 6"),
        (b"NaN", "json_malformed", "column 1"),
        (b"[-Infinity]", "json_malformed", "column 3"),
        (b'"\\ud800"', "json_malformed", "line 1"),
        (b'{"a":"\xff"}', "charset_wrong", "At byte 6"),
        (b'{"a":[1,{"b":1e999999999}],"c":2}', "number_digits", "a[1].b: A number"),
        (b"1" * 5_000, "number_digits", "digits"),
        (b"[1e" + b"9" * 30 + b"]", "number_digits", "[0]: A number"),
        (b"1e999 nul", "number_digits", "A number"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(raw: bytes, code: str, said: str) -> None:
    problem = refused(raw)
    assert problem.code == code
    assert said in problem.en
    assert problem.zh != problem.en


@pytest.mark.parametrize("depth", [DEPTH_MAX + 1, 900, 5_000, 200_000])
@pytest.mark.parametrize(("begins", "ends"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_refused(depth: int, begins: bytes, ends: bytes) -> None:
    assert refused(begins * depth + b"1" + ends * depth).code == "document_depth"


def test_the_deepest_that_is_read_is_written_too() -> None:
    raw = b"[" * DEPTH_MAX + b"]" * DEPTH_MAX
    assert json.encode(json.decode(raw)) == raw


def test_a_deep_value_is_named() -> None:
    many = ",".join("[]" for _ in range(100))
    raw = f'{{"flat":[{many}],"deep":{{"a":{"[" * 70}{"]" * 70}}}}}'.encode()
    assert refused(raw).path == "deep.a" + "[0]" * 62


def test_too_much_is_refused() -> None:
    assert refused(b" " * 101, FEW).code == "document_bytes"
    few = Options(limits=replace(Limits(), adapter_document_values_max=10))
    assert json.decode(b'["a b c d e f", 1, 2, 3]', few)
    assert refused(b"[1,2,3,4,5,6,7,8,9,10,11]", few).code == "document_values"


def _nested(depth: int) -> Tree:
    tree: Tree = []
    for _ in range(depth):
        tree = [tree]
    return tree


@pytest.mark.parametrize(
    ("tree", "code", "path"),
    [
        ({"a": [Decimal(1), Decimal("NaN")]}, "json_unfit", "a[1]"),
        ({"a": {"b": Decimal("-Infinity")}}, "json_unfit", "a.b"),
        ({"a": ["NaN", "\ud800"]}, "json_unfit", "a[1]"),
        ({"odd key": 10**5_000}, "json_unfit", '"odd key"'),
        (_nested(DEPTH_MAX), "document_depth", "[0]" * DEPTH_MAX),
        (_nested(5_000), "document_depth", "[0]" * DEPTH_MAX),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_path(tree: Tree, code: str, path: str) -> None:
    with pytest.raises(BadDocument) as caught:
        json.encode(tree)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_the_word_nan_is_a_text() -> None:
    assert json.encode({"name": "NaN", "Infinity": 1}) == b'{"name":"NaN","Infinity":1}'


class TestSplit:
    raw = b'{"answer":{"total":3,"orders":[{"id":1}, {"id":"\xff"},{"id":3.0}]},"next":"x"}'

    def test_members_come_raw_and_what_stands_beside_them_read(self) -> None:
        cut = json.split(self.raw, ("answer", "orders"), (("answer", "total"), ("next",), ("absent",)))
        assert cut.records == [b'{"id":1}', b'{"id":"\xff"}', b'{"id":3.0}']
        assert cut.beside == {("answer", "total"): 3, ("next",): "x"}

    @pytest.mark.parametrize(("path", "records"), [
        (("absent",), []), (("answer", "total"), [b"3"]), (("next", "deeper"), []), (("answer", "absent", "x"), []),
    ])  # fmt: skip
    def test_what_is_no_list_is_one_record_and_nothing_is_none(
        self, path: tuple[str, ...], records: list[bytes]
    ) -> None:
        assert json.split(self.raw, path).records == records

    def test_the_document_itself_may_be_the_list(self) -> None:
        assert json.split(b" [1, [2] ,null] ", ()).records == [b"1", b"[2]", b"null"]
        assert json.split(b"null", ()).records == []
        assert json.split(b'{"a":1}', ()).records == [b'{"a":1}']

    @pytest.mark.parametrize(
        ("raw", "path"),
        [
            (b'{"a":[1,2}', ("a",)), (b'{"a":[1]} x', ("a",)), (b"[1,,2]", ()),
            (b'{"a":' + b"[" * 100_000, ("a",)), (b"[" * 100_000, ()),
        ],
    )  # fmt: skip
    def test_what_is_wrong_around_them_is_refused(self, raw: bytes, path: tuple[str, ...]) -> None:
        with pytest.raises(BadDocument):
            json.split(raw, path)

    @given(st.lists(TREES, max_size=5))
    def test_each_member_is_what_the_whole_would_give(self, members: list[Tree]) -> None:
        cut = json.split(json.encode({"a": {"b": members}}), ("a", "b"))
        assert same([json.decode(one) for one in cut.records], members)
