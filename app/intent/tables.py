"""Files of phrases with their intents: tab-separated (never quoted) or CSV, by header or as `split, intent, text`."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from app.model.errors import Invalid, TooLarge
from app.model.intents import PHRASE_CHARACTERS_MAX, Example
from app.settings import Limits

OUT_OF_SCOPE = frozenset({"", "oos", "out_of_scope", "none"})
_SPLITS = {"train": ("train",), "valid": ("valid", "dev", "validation", "val"), "test": ("test",)}
_TEXT = ("text", "utterance", "phrase", "query", "sentence")
_INTENT = ("intent", "label", "category")
_LANGUAGE = ("lang", "language", "locale")
_BOM = "\ufeff"


class Columns(Struct, frozen=True):
    """Where in a row stands what; -1: nowhere."""

    text: int
    intent: int
    split: int = -1
    language: int = -1


def examples(raw: bytes, file: str, wanted: str, limits: Limits, *, split: str = "") -> list[Example]:
    """The rows of a file for `wanted` (train, valid or test); where it has a split of that name, those alone.

    `split` names another one, which the file must have. Raises `Invalid` with the file and line of what cannot be read.
    """
    if len(raw) > limits.intent_file_bytes_max:
        raise TooLarge(
            "intent_file_too_large",
            f"{file} has {len(raw)} bytes; at most {limits.intent_file_bytes_max} are read.",
            f"{file} 有 {len(raw)} 字节，最多读取 {limits.intent_file_bytes_max} 字节。",
        )
    rows = list(islice(_rows(_text(raw, file), file), limits.intent_file_rows_max + 1))
    if len(rows) > limits.intent_file_rows_max:
        raise TooLarge(
            "intent_file_too_long",
            f"{file} has more than {limits.intent_file_rows_max} rows.",
            f"{file} 超过 {limits.intent_file_rows_max} 行。",
        )
    if not rows:
        raise _wrong(file, 1, "there is no row", "没有任何行")
    columns, header = _columns(rows[0][1], file)
    rows = rows[header:]
    chosen = _splits(rows, columns, wanted, split, file)
    found = [
        _example(row, line, columns, file)
        for line, row in rows
        if not chosen or (columns.split < len(row) and row[columns.split] in chosen)
    ]
    if not found:
        raise _wrong(file, 1, f"there is no row for {wanted}", f"没有用于 {wanted} 的行")
    return found


def _text(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _wrong(file, line, "this is not UTF-8", "不是 UTF-8 编码") from None


def _rows(text: str, file: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Each row that is not empty, with its line from 1. A tab in the first line makes it tab-separated."""
    lines = text.split("\n")
    if "\t" in lines[0]:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, [field.strip() for field in line.removesuffix("\r").split("\t")]
        return
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        for row in reader:
            if any(field.strip() for field in row):
                yield reader.line_num, [field.strip() for field in row]
    except csv.Error as error:
        raise _wrong(file, reader.line_num, f"this is not CSV: {error}", f"不是有效的 CSV：{error}") from None


def _columns(first: Sequence[str], file: str) -> tuple[Columns, int]:
    """By the header, and how many rows that takes; without one `split, intent, text` or `intent, text`."""
    names = [name.lower() for name in first]
    text, intent = _place(names, _TEXT), _place(names, _INTENT)
    if text >= 0 and intent >= 0:
        return Columns(text, intent, _place(names, ("split",)), _place(names, _LANGUAGE)), 1
    if len(first) == 2:
        return Columns(1, 0), 0
    if len(first) == 3:
        return Columns(2, 1, 0), 0
    raise _wrong(
        file,
        1,
        "no column is named text and none intent, and these are not the columns split, intent, text",
        "没有名为 text 和 intent 的列，也不是 split、intent、text 三列",
    )


def _place(names: Sequence[str], known: Sequence[str]) -> int:
    return next((names.index(name) for name in known if name in names), -1)


def _splits(
    rows: Sequence[tuple[int, Sequence[str]]], columns: Columns, wanted: str, split: str, file: str
) -> Sequence[str]:
    """Which splits' rows are taken; none named: all rows."""
    present = {row[columns.split] for _, row in rows if 0 <= columns.split < len(row)}
    if split and split not in present:
        told = ", ".join(sorted(present)[:8]) or "-"
        raise _wrong(file, 1, f"there is no split {split}, but {told}", f"没有划分 {split}，只有 {told}")
    return (split,) if split else [name for name in _SPLITS[wanted] if name in present]


def _example(row: Sequence[str], line: int, columns: Columns, file: str) -> Example:
    if len(row) <= max(columns.text, columns.intent, columns.split):
        need = max(columns.text, columns.intent, columns.split) + 1
        raise _wrong(file, line, f"{len(row)} columns where {need} are needed", f"只有 {len(row)} 列，需要 {need} 列")
    text, intent = row[columns.text], row[columns.intent]
    if not text:
        raise _wrong(file, line, "the text is empty", "文本为空")
    language = row[columns.language] if 0 <= columns.language < len(row) else ""
    return Example(text[:PHRASE_CHARACTERS_MAX], "" if intent.lower() in OUT_OF_SCOPE else intent, language)


def _wrong(file: str, line: int, en: str, zh: str) -> Invalid:
    return Invalid("intent_file", f"{file}, line {line}: {en}.", f"{file} 第 {line} 行：{zh}。")
