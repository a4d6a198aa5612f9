"""CSV as people's programs write it: found out, read row by row; and written so that no cell is a formula."""

import codecs
import csv
import io
from collections.abc import Generator, Iterable
from typing import BinaryIO

from msgspec import Struct

from app.model.errors import Invalid

_BOM = codecs.BOM_UTF8
_PIECE_BYTES = 65_536
_DELIMITERS = (",", ";", "\t")
# By which spreadsheets take a cell for something to be carried out; the wide ones by those of East Asia, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GUARD = "'"
COLUMNS_MAX = 100


class Sheet(Struct, frozen=True):
    """What a file is: `encoding` utf-8, utf-8-sig or gb18030; its first row are the `columns`."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]


def opened(file: BinaryIO) -> Sheet:
    """Find out what a file is; raises `Invalid` (csv_empty, csv_encoding, csv_columns)."""
    encoding = _encoding(file)
    file.seek(0)
    first = file.readline(_PIECE_BYTES).decode(encoding, errors="ignore")
    delimiter = max(_DELIMITERS, key=first.count)
    found = Sheet(encoding, delimiter, ())
    columns = next(iter(rows(file, found)), (1, []))[1]
    if not any(columns):
        raise Invalid(
            "csv_empty",
            "The file is empty. Its first row names the columns.",
            "文件为空。第一行应为列名。",
        )
    if len(columns) > COLUMNS_MAX:
        raise Invalid(
            "csv_columns",
            f"The file has more than {COLUMNS_MAX} columns. Take away what is not needed.",
            f"文件超过 {COLUMNS_MAX} 列。请删除不需要的列。",
        )
    return Sheet(encoding, delimiter, tuple(name.strip() for name in columns))


def rows(file: BinaryIO, sheet: Sheet) -> Generator[tuple[int, list[str]]]:
    """Every row with its number, the names of the columns being row 1; empty rows are left out.

    Raises `Invalid` (csv_malformed) where it is no table.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=sheet.encoding, newline="")
    try:
        for number, row in enumerate(csv.reader(text, delimiter=sheet.delimiter), 1):
            if any(row):
                yield number, [unguarded(cell.strip()) for cell in row]
    except csv.Error as error:
        raise Invalid(
            "csv_malformed",
            f"The file is no table: {error}. Save it as CSV again.",
            f"文件不是有效的表格：{error}。请重新另存为 CSV。",
        ) from error
    finally:
        text.detach()


def written(cells: Iterable[object]) -> str:
    """One row, ended; None is an empty cell."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([guarded("" if cell is None else str(cell)) for cell in cells])
    return line.getvalue()


def guarded(cell: str) -> str:
    """A cell that no spreadsheet carries out: what begins like a formula gets an apostrophe before it."""
    return f"{_GUARD}{cell}" if cell.startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    """A cell as it was before `guarded`."""
    return cell[1:] if cell.startswith(_GUARD) and cell[1:].startswith(_FORMULA) else cell


def _encoding(file: BinaryIO) -> str:
    file.seek(0)
    if file.read(len(_BOM)) == _BOM:
        return "utf-8-sig"
    for encoding in ("utf-8", "gb18030"):
        if _decodes(file, encoding):
            return encoding
    raise Invalid(
        "csv_encoding",
        "The file is neither UTF-8 nor GB18030. Save it as CSV UTF-8.",
        "文件既不是 UTF-8 也不是 GB18030 编码。请另存为 CSV UTF-8。",
    )


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE_BYTES):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
