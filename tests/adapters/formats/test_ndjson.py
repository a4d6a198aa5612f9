"""JSON by lines: a wrong one names its number and does not lose the others, whatever the pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import ndjson
from app.adapters.formats.options import Options
from app.adapters.formats.records import Spoilt
from app.adapters.formats.tree import Tree
from app.settings import Limits
from tests.adapters.formats.trees import TREES, fed, pieces, same

SMALL = Options(limits=replace(Limits(), adapter_record_bytes_max=2_000, adapter_stream_bytes_max=50_000))


@given(st.lists(TREES, max_size=5), st.integers(1, 30))
def test_lines_come_back_as_they_went(lines: list[Tree], size: int) -> None:
    raw = ndjson.encode(lines)
    assert raw.count(b"\n") == len(lines)
    assert same(ndjson.decode(raw), lines)
    assert same(fed(ndjson.NdjsonRecords(), pieces(raw, size)), lines)


def test_one_document_is_one_line() -> None:
    assert ndjson.encode({"a": "\n"}) == b'{"a":"\\n"}\n'
    assert ndjson.decode(b'\xef\xbb\xbf\r\n{"a":1}\r\n\n[2]') == [{"a": 1}, [2]]
    assert ndjson.decode(b"") == []


@pytest.mark.parametrize("size", [1, 6, 1_000])
def test_a_line_that_is_wrong_does_not_lose_the_others(size: int) -> None:
    raw = b'{"a":1}\n{"a":\n\n"\xff"\n' + b"[" * 100 + b"]" * 100 + b"\n{}{}\n2"
    found = fed(ndjson.NdjsonRecords(), pieces(raw, size))
    spoilt = [one for one in found if isinstance(one, Spoilt)]
    assert [found[0], found[-1]] == [{"a": 1}, 2]
    assert [one.problem.en.split(":")[0] for one in spoilt] == ["line 2", "line 4", "line 5", "line 6"]
    assert spoilt[0].raw == b'{"a":'
    assert spoilt[0].problem.zh.startswith("第 2 行：")
    with pytest.raises(BadDocument) as caught:
        ndjson.decode(raw)
    assert caught.value.en.startswith("line 2: ")


@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_a_line_that_is_too_long_is_let_go_but_for_its_beginning(size: int) -> None:
    raw = b"1\n" + b"x" * 5_000 + b"\n2\n"
    one, spoilt, two = fed(ndjson.NdjsonRecords(SMALL), pieces(raw, size))
    assert (one, two) == (1, 2)
    assert spoilt.problem.code == "record_bytes"
    assert spoilt.raw == b"x" * 1_024


def test_a_stream_that_never_ends_is_refused_at_its_bound() -> None:
    with pytest.raises(BadDocument) as caught:
        fed(ndjson.NdjsonRecords(SMALL), [b"1\n" * 1_000] * 100)
    assert caught.value.code == "document_bytes"


def test_too_much_at_once_is_refused() -> None:
    few = Options(limits=replace(Limits(), adapter_document_values_max=10, adapter_document_bytes_max=100))
    for raw, code in ((b"{}\n" * 6, "document_values"), (b"{}\n" * 40, "document_bytes")):
        with pytest.raises(BadDocument) as caught:
            ndjson.decode(raw, few)
        assert caught.value.code == code
