"""CSV (RFC 4180) as programs write it: a row is an object of texts by the names in the first row.

Nothing but texts comes back; a cell that is empty is an empty text. Rows that are wrong are told, the others go on.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping

from app.adapters.errors import BadDocument
from app.adapters.formats import charsets, flat
from app.adapters.formats.csv_text import CsvText
from app.adapters.formats.json import demand_few
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.paths import Steps
from app.adapters.formats.records import Meter, Reading, Spoilt, empty, of_line, record_too_large, too_large
from app.adapters.formats.tree import Tree

_DELIMITERS = (",", ";", "\t", "|")
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)")
_PATIENCE_CHARACTERS = 4_096


def decode(raw: bytes, options: Options = AS_IT_COMES) -> Tree:
    """All rows as a list; raises `BadDocument` for the first that is wrong, with its line."""
    if len(raw) > options.limits.adapter_document_bytes_max:
        raise too_large(options.limits.adapter_document_bytes_max)
    demand_few(raw, options.limits.adapter_document_values_max, b"\r\n,;\t|")
    reader = CsvRecords(options)
    found: list[Tree] = []
    for one in reader.feed(raw) + reader.close():
        if isinstance(one, Spoilt):
            raise one.problem
        found.append(one)
    return found


def encode(tree: Tree, options: Options = AS_IT_COMES) -> bytes:
    """A row for each object of a list, columns as told or as they come up; raises `BadDocument` (flat) with the path.

    Cells go out as they are: what a person opens as a sheet is `exchange.sheets`' to guard.
    """
    rows = tree if isinstance(tree, list) else [tree]
    columns = options.csv.columns or tuple(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=options.csv.delimiter or ",", lineterminator="\r\n")
    writer.writerow(columns)
    for index, row in enumerate(rows):
        writer.writerow(_cells(row, columns, (index,) if isinstance(tree, list) else ()))
    return charsets.encoded(out.getvalue(), options.charset)


def _cells(row: Tree, columns: tuple[str, ...], steps: Steps) -> list[str]:
    if not isinstance(row, dict):
        raise flat.unfit(steps)
    return [flat.text(row.get(name), (*steps, name)) for name in columns]


class CsvRecords:
    """A record a row, read as it comes in; empty rows are none. What is wrong with one names its line, from 1.

    A name that stands twice in the first row has a list; a column without a name is left out. A row may be shorter
    than the first one, longer only by empty cells.
    """

    def __init__(self, options: Options = AS_IT_COMES) -> None:
        self._limits = options.limits
        self._meter = Meter(options.limits.adapter_stream_bytes_max)
        self._text = CsvText(options.charset)
        self._delimiter = options.csv.delimiter
        self._columns = options.csv.columns
        self._is_plain = True  # each column has a name of its own
        self._waiting = ""  # that has come and is not looked at yet
        self._tail = ""  # the line under way
        self._lines: list[str] = []  # of the row under way
        self._line = 1  # the number of the first of them
        self.beside: Mapping[tuple[str, ...], Tree] = {}
        if self._columns:
            self._name(self._columns)

    def feed(self, chunk: bytes) -> list[Reading]:
        """The rows that end in this piece; raises `BadDocument` where the document cannot be read on."""
        self._meter.take(len(chunk))
        return self._take(self._text.take(chunk), last=False)

    def close(self) -> list[Reading]:
        """The last row, which needs no end; raises `BadDocument` where there was not even a first."""
        found = self._take(self._text.take(b"", last=True), last=True)
        if not self._columns:
            raise empty()
        return found

    def _take(self, text: str, *, last: bool) -> list[Reading]:
        """Read on; a row under way is looked at anew each time, so a large one waits for a larger piece."""
        self._waiting += text
        unread = len(self._tail) + sum(map(len, self._lines))
        if unread > _PATIENCE_CHARACTERS and len(self._waiting) < unread // 2 and not last:
            return []
        self._cut(last)
        found = self._rows(last) if self._lines else []
        if len(self._tail) > self._limits.adapter_record_bytes_max:
            raise of_line(self._line, record_too_large("", self._limits.adapter_record_bytes_max))
        return found

    def _cut(self, last: bool) -> None:
        """Lines that are whole, with their ends."""
        text, self._waiting = self._tail + self._waiting, ""
        halves = text.endswith("\r") and not last  # perhaps of \r\n
        lines = _LINE.findall(text, 0, len(text) - halves)
        self._tail = text[sum(map(len, lines)) :]
        self._lines += lines
        if last and self._tail:
            self._lines.append(self._tail)
            self._tail = ""

    def _rows(self, last: bool) -> list[Reading]:
        """Those that are whole."""
        self._delimiter = self._delimiter or max(_DELIMITERS, key=self._lines[0].count)
        lines = _Lines(self._lines)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        found: list[Reading] = []
        begin = 0
        while begin < len(self._lines):
            try:
                found += self._record(next(reader), begin)
            except csv.Error:
                if lines.at == len(self._lines) and not last and self._is_bearable(begin):
                    break  # its quotes may be closed by what comes
                found.append(self._spoilt(begin, *_QUOTES))
                lines.at = begin + 1
            begin = lines.at
        self._line += begin
        self._lines = self._lines[begin:]
        return found

    def _is_bearable(self, begin: int) -> bool:
        return sum(map(len, self._lines[begin:])) <= self._limits.adapter_record_bytes_max

    def _record(self, row: list[str], begin: int) -> list[Reading]:
        if not row:
            return []
        if not self._columns:
            self._name(tuple(name.strip() for name in row))
            return []
        if len(row) > len(self._columns) and any(row[len(self._columns) :]):
            return [self._spoilt(begin, *_CELLS)]
        cells = zip(self._columns, row, strict=False)
        return [dict(cells) if self._is_plain else _gathered(cells)]

    def _name(self, columns: tuple[str, ...]) -> None:
        if len(columns) > self._limits.adapter_columns_max or not any(columns):
            raise _columns(self._limits.adapter_columns_max)
        self._columns = columns
        self._is_plain = all(columns) and len(set(columns)) == len(columns)

    def _spoilt(self, begin: int, en: str, zh: str) -> Spoilt:
        problem = of_line(self._line + begin, BadDocument("csv_row", "", en, zh))
        if not self._columns:
            raise problem
        return Spoilt(self._lines[begin].encode(), problem)


class _Lines:
    """Lines for a reader that may be set back."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.at = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.at == len(self._lines):
            raise StopIteration
        self.at += 1
        return self._lines[self.at - 1]


_QUOTES = (
    "the quotes of this row do not match, or a cell is too long. Ask the sender to write it by RFC 4180.",
    "该行的引号不匹配，或单元格过长。请让发送方按 RFC 4180 输出。",
)
_CELLS = (
    "this row has more cells than the first row has names. Ask the sender to quote cells that hold the delimiter.",
    "该行的单元格多于首行的列名。请让发送方为包含分隔符的单元格加引号。",
)


def _gathered(cells: Iterable[tuple[str, str]]) -> dict[str, Tree]:
    found: dict[str, list[str]] = {}
    for name, cell in cells:
        if name:
            found.setdefault(name, []).append(cell)
    return {name: list(each) if len(each) > 1 else each[0] for name, each in found.items()}


def _columns(columns_max: int) -> BadDocument:
    return BadDocument(
        "csv_columns", "",
        f"The first row names no columns, or more than {columns_max}. Tell the columns in the spec, or ask for fewer.",
        f"首行没有列名，或列数超过 {columns_max}。请在配置中写明列名，或减少列数。",
    )  # fmt: skip
