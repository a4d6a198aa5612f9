"""The first sheet of an XLSX workbook, by the standard library: zip and XML, both within bounds; pure.

A workbook is somebody else's: entities and document types are refused, what is packed is counted while it is unpacked,
and rows come one at a time.
"""

import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser  # nosec B405 - without DOCTYPE and entities

from app.model.errors import Invalid

_STRINGS = "xl/sharedStrings.xml"
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_PLACE = re.compile(r"([A-Z]{1,3})\d+")
_PIECE_BYTES = 65_536
_ROWS_MAX = 100_000
_COLUMNS_MAX = 100
_DEPTH_MAX = 40
_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))


def rows(file: BinaryIO, unpacked_bytes_max: int) -> list[tuple[int, list[str]]]:
    """Every row that holds something, with its number from 1; raises `Invalid` (xlsx_malformed, xlsx_too_large)."""
    try:
        with zipfile.ZipFile(file) as packed:
            budget = _Budget(unpacked_bytes_max)
            names = set(packed.namelist())
            sheet = min(filter(_SHEET.fullmatch, names), key=_number, default="")
            if not sheet:
                raise malformed("there is no sheet in it")
            strings = list(_strings(packed, budget)) if _STRINGS in names else []
            return list(_rows(packed, sheet, strings, budget))
    except (zipfile.BadZipFile, ParseError, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise malformed("it is damaged, or locked by a password") from error


class _Budget:
    """How many unpacked bytes are left."""

    def __init__(self, most: int) -> None:
        self._most = self.left = most

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise too_large(self._most)


def _elements(packed: zipfile.ZipFile, name: str, tags: frozenset[str], budget: _Budget) -> Iterator[Element]:
    """The elements of these names as they end; what was read is let go."""
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    depth, kept = 0, b""
    with packed.open(name) as file:
        while piece := file.read(_PIECE_BYTES):
            budget.spend(len(piece))
            if any(one in kept + piece for one in _FORBIDDEN):
                raise malformed("it declares entities, which no spreadsheet does")
            kept = piece[-20:]
            parser.feed(piece)
            for event, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                depth += 1 if event == "start" else -1
                if depth > _DEPTH_MAX:
                    raise malformed("its parts are too deep within each other")
                if event == "end" and _local(element) in tags:
                    yield element
                    element.clear()
        parser.close()


def _strings(packed: zipfile.ZipFile, budget: _Budget) -> Iterator[str]:
    for element in _elements(packed, _STRINGS, frozenset({"si"}), budget):
        yield _text(element)


def _rows(packed: zipfile.ZipFile, sheet: str, strings: list[str], budget: _Budget) -> Iterator[tuple[int, list[str]]]:
    for count, row in enumerate(_elements(packed, sheet, frozenset({"row"}), budget), 1):
        if count > _ROWS_MAX:
            raise malformed(f"it has more than {_ROWS_MAX} rows")
        cells: dict[int, str] = {}
        for number, cell in enumerate(one for one in row if _local(one) == "c"):
            column = _column(cell.get("r", ""), number)
            if column < _COLUMNS_MAX:
                cells[column] = _value(cell, strings).strip()
        if any(cells.values()):
            given = row.get("r", "")
            line = int(given) if given.isdecimal() and len(given) < 8 else count
            yield line, [cells.get(column, "") for column in range(max(cells) + 1)]


def _value(cell: Element, strings: list[str]) -> str:
    kind = cell.get("t", "")
    if kind == "inlineStr":
        return _text(cell)
    value = next((one.text or "" for one in cell if _local(one) == "v"), "")
    if kind != "s":
        return value
    if not value.isdecimal() or int(value) >= len(strings):
        raise malformed("a cell names a text that is not there")
    return strings[int(value)]


def _text(element: Element) -> str:
    """The words of an element, without how they are to be pronounced (rPh)."""
    if _local(element) == "rPh":
        return ""
    own = element.text or "" if _local(element) == "t" else ""
    return own + "".join(map(_text, element))


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _column(place: str, otherwise: int) -> int:
    """`B7` is in column 1, counted from 0."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return otherwise
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _number(name: str) -> int:
    found = _SHEET.fullmatch(name)
    return int(found[1][:9]) if found else 0


def malformed(why: str) -> Invalid:
    """The refusal of what is no workbook."""
    return Invalid(
        "xlsx_malformed",
        f"The workbook cannot be read: {why}. Save it as XLSX or CSV again.",
        "无法读取该工作簿（可能已损坏、加密或格式不符）。请重新另存为 XLSX 或 CSV。",
    )


def too_large(most: int) -> Invalid:
    """The refusal of what is too much once it is unpacked."""
    return Invalid(
        "archive_too_large",
        f"Unpacked it is more than {most // 1_000_000} MB. Take it in smaller parts.",
        f"解压后超过 {most // 1_000_000} MB。请分批导入。",
    )
