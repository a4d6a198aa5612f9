"""CSV as programs write it: encodings, delimiters, no tables; and cells that nobody's spreadsheet carries out."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.sheets import guarded, opened, rows, unguarded, written
from app.model.errors import Invalid

TEXT = "name,note\n林梅,“好”\n"


@pytest.mark.parametrize(
    ("raw", "encoding", "delimiter"),
    [
        (TEXT.encode(), "utf-8", ","),
        (TEXT.encode("utf-8-sig"), "utf-8-sig", ","),
        (TEXT.encode("gb18030"), "gb18030", ","),
        (TEXT.replace(",", ";").encode(), "utf-8", ";"),
        (TEXT.replace(",", "\t").encode("gb18030"), "gb18030", "\t"),
        (TEXT.replace("\n", "\r\n").encode(), "utf-8", ","),
    ],
)
def test_what_a_file_is_is_found_out(raw: bytes, encoding: str, delimiter: str) -> None:
    file = io.BytesIO(raw)
    sheet = opened(file)
    assert (sheet.encoding, sheet.delimiter, sheet.columns) == (encoding, delimiter, ("name", "note"))
    assert list(rows(file, sheet)) == [(1, ["name", "note"]), (2, ["林梅", "“好”"])]
    assert not file.closed


def test_quotes_hold_lines_and_delimiters_and_empty_rows_are_left_out() -> None:
    file = io.BytesIO(b'a,b\n"one\nline","x,y"\n,\n\n" z ",\n')
    assert list(rows(file, opened(file)))[1:] == [(2, ["one\nline", "x,y"]), (5, ["z", ""])]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "csv_empty"),
        (b"\xef\xbb\xbf", "csv_empty"),
        (b",,\n", "csv_empty"),
        (b"\xff\xff\xff", "csv_encoding"),
        (b",".join([b"c"] * 101), "csv_columns"),
        (b"a,b\n" + b"x" * 200_000, "csv_malformed"),
    ],
)
def test_what_is_no_table_is_refused(raw: bytes, code: str) -> None:
    file = io.BytesIO(raw)
    with pytest.raises(Invalid, match=code):
        list(rows(file, opened(file)))


@pytest.mark.parametrize("cell", ["=1+1", "+86 10 1234", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|'/C calc'!A0"])
def test_a_cell_that_would_be_carried_out_is_neutralised_and_read_back(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell
    (row,) = csv.reader(io.StringIO(written([cell, "x"]), newline=""))
    assert row == [f"'{cell}", "x"]


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_no_cell_ever_begins_like_a_formula(cells: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(written(cells), newline=""))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) for cell in row)
    for cell, before in zip(row, cells, strict=True):
        assert before in (cell, unguarded(cell))
