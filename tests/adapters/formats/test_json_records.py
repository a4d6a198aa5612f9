"""JSON as it comes in: the same records as of the whole, whatever the pieces, and no more held than one of them."""

import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import json
from app.adapters.formats.json_records import JsonRecords, Path
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.records import Spoilt
from app.adapters.formats.tree import Tree
from app.settings import Limits
from tests.adapters.formats.trees import TREES, fed, pieces, same

SMALL = Options(limits=replace(Limits(), adapter_record_bytes_max=1_000, adapter_stream_bytes_max=50_000))


def read(raw: bytes, path: Path, beside: tuple[Path, ...] = (), size: int = 7) -> tuple[list[Any], dict[Path, Tree]]:
    reader = JsonRecords(path, beside)
    return fed(reader, pieces(raw, size)), dict(reader.beside)


def refused(raw: bytes, path: Path = ("a",), options: Options = AS_IT_COMES, size: int = 4_096) -> BadDocument:
    with pytest.raises(BadDocument) as caught:
        fed(JsonRecords(path, (), options), pieces(raw, size))
    return caught.value


@given(st.lists(TREES, max_size=5), TREES, st.integers(1, 40))
def test_the_records_are_those_of_the_whole(members: list[Tree], other: Tree, size: int) -> None:
    raw = json.encode({"other": other, "a": {'odd "key\\': members, "total": other}, "last": {"a": []}})
    found, beside = read(raw, ("a", 'odd "key\\'), (("a", "total"), ("absent",)), size)
    assert same(found, members)
    assert same(beside[("a", "total")], other)
    assert set(beside) == {("a", "total")}


@given(TREES, st.integers(1, 9))
def test_a_document_without_a_path_is_its_own_list_or_record(tree: Tree, size: int) -> None:
    found, _ = read(json.encode(tree), (), (), size)
    assert same(found, tree if isinstance(tree, list) else [] if tree is None else [tree])


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_white_space_and_brackets_within_texts_are_no_matter(size: int) -> None:
    raw = b'\xef\xbb\xbf { "x" : "]}\\"[{" , "a" :\n[ {"t":"\\\\"} ,\t[ "]" ] , "," , 1.50 ] , "n" : { } } \n'
    found, beside = read(raw, ("a",), (("n",), ("x",)), size)
    assert found == [{"t": "\\"}, ["]"], ",", json.decode(b"1.50")]
    assert beside == {("n",): {}, ("x",): ']}"[{'}


def test_what_stands_within_what_is_wanted_is_found_too() -> None:
    raw = b'{"a":{"b":{"c":1,"d":{"e":2}}}}'
    found, beside = read(raw, ("a", "b"), (("a", "b", "d", "e"), ("a", "b", "absent", "x"), ("a", "b")))
    assert found == [{"c": 1, "d": {"e": 2}}]
    assert beside == {("a", "b", "d", "e"): 2, ("a", "b"): found[0]}


@pytest.mark.parametrize("size", [1, 1_000])
def test_a_record_that_is_wrong_does_not_lose_the_others(size: int) -> None:
    found, _ = read(b'{"a":[{"b":1},{"b":"\xff"},{"b":1e999},{"b":nul},{"b":2}]}', ("a",), (), size)
    assert [found[0], found[4]] == [{"b": 1}, {"b": 2}]
    spoilt = [one for one in found if isinstance(one, Spoilt)]
    assert [one.raw for one in spoilt] == [b'{"b":"\xff"}', b'{"b":1e999}', b'{"b":nul}']
    assert [one.problem.path for one in spoilt] == ["a[1]", "a[2].b", "a[3]"]


def test_when_nothing_can_be_read_any_more_it_ends() -> None:
    assert refused(b'{"a":[' + b"nul," * 500 + b"1]}").code == "json_malformed"


@pytest.mark.parametrize("size", [1, 1_000])
@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"{", b'{"a"', b'{"a" 1}', b'{"a":[1,]}', b'{"a":[1,,2]}', b'{"a":[,1]}', b'{"a":[1}}', b'{"a":[1]',
        b'{"a":[1]}}', b'{"a":[1]} x', b'{"a":[1]]', b'{,"a":[1]}', b'{"a":[1],}', b'{"x":1,}', b"{x:1}", b'{"x":}}',
        b'{"\xff":1}', b"[1,2", b"nul", b'{"x":"\\',
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(raw: bytes, size: int) -> None:
    refused(raw, ("a",), size=size)


@pytest.mark.parametrize("path", [(), ("a",), ("b",)])
@pytest.mark.parametrize("depth", [65, 5_000, 200_000])
def test_deep_nesting_is_refused(path: Path, depth: int) -> None:
    assert refused(b'{"a":' + b"[" * depth + b"]" * depth + b"}", path).code == "document_depth"


@pytest.mark.parametrize("path", [("a",), ("b",)])
def test_a_number_of_thousands_of_digits_ends_nothing(path: Path) -> None:
    reader = JsonRecords(path)
    found = reader.feed(b'{"a":[1,' + b"1" * 5_000 + b',2],"b":[3]}') + reader.close()
    assert found == [3] if path == ("b",) else [found[0], found[2]] == [1, 2] and isinstance(found[1], Spoilt)


@pytest.mark.parametrize(
    ("begins", "path"),
    [
        (b'{"a":["', "a[0]"),
        (b'{"a":[1,[', "a[1]"),
        (b'{"a":{"b":"', "a"),
        (b'{"x":"', "x"),
        (b'{"', ""),
        (b'{"c":1', "c"),
    ],
)
def test_a_value_that_never_ends_is_refused_soon(begins: bytes, path: str) -> None:
    reader = JsonRecords(("a",), (("c",),), SMALL)
    reader.feed(begins)
    with pytest.raises(BadDocument) as caught:
        fed(reader, [b"1" * 999] * 3)
    assert (caught.value.code, caught.value.path) == ("record_bytes", path)


def test_a_document_that_never_ends_is_refused_at_its_bound() -> None:
    reader = JsonRecords(("a",), (), SMALL)
    reader.feed(b'{"a":[1')
    with pytest.raises(BadDocument) as caught:
        fed(reader, [b',{"b":2}' * 125] * 60)
    assert caught.value.code == "document_bytes"


def test_a_long_text_is_not_read_over_and_over() -> None:
    raw = b'{"a":["' + b"x" * 900_000 + b'"]}'
    began = time.process_time()
    assert len(fed(JsonRecords(("a",)), pieces(raw, 500))) == 1
    assert time.process_time() - began < 0.5


def test_what_is_passed_over_and_what_was_read_is_not_held() -> None:
    order = b'{"id":1,"items":[{"sku":"a"},{"sku":"b"}],"note":"' + b"x" * 900 + b'"}'

    def document() -> Iterator[bytes]:
        yield b'{"debug":['
        for _ in range(2):
            yield (order + b",") * 1_000
        yield b'0],"orders":[0'
        for _ in range(2):
            yield (b"," + order) * 1_000
        yield b"]}"

    tracemalloc.start()
    reader = JsonRecords(("orders",))
    count = 0
    for chunk in document():
        for at in range(0, len(chunk), 65_536):
            count += len(reader.feed(chunk[at : at + 65_536]))
    reader.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 2_001
    assert peak < 2_500_000  # of four million; the piece that is cut up here is one of them
