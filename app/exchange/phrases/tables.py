"""Phrases in tables: CSV by its columns' names, those of Dialogflow's among them, and tab-separated, never quoted."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from app.exchange import sheets
from app.exchange.phrases.told import Broken, Item, Told
from app.exchange.sheets import Sheet
from app.model.errors import Invalid

_INTENT = ("intent", "label", "category", "intent name", "intentname", "intent display name", "意图")
_TEXT = (
    "text",
    "phrase",
    "utterance",
    "query",
    "sentence",
    "training phrase",
    "training phrases",
    "userinput",
    "短语",
    "文本",
)
_LANGUAGE = ("language", "lang", "locale", "language code", "语言")
_MORE = "phrase"
_TAB = "\t"
_DIALOGFLOW = ("intent display name", "intentname")


def is_dialogflow(columns: tuple[str, ...]) -> bool:
    """Whether its columns are called as Dialogflow calls them."""
    return any(name.lower() in _DIALOGFLOW for name in columns)


def read(file: BinaryIO) -> Iterator[Item]:
    """Every phrase; a row may hold several (`Phrase 1`, `Phrase 2` …). Raises `Invalid` where it is no such table."""
    sheet = sheets.opened(file)
    names = [name.lower() for name in sheet.columns]
    intent, language = _place(names, _INTENT), _place(names, _LANGUAGE)
    texts = [at for at, name in enumerate(names) if name in _TEXT or name.startswith(f"{_MORE} ")]
    if intent < 0 or not texts:
        raise Invalid(
            "phrases_columns",
            "The first row has to name the columns intent and text, and may name language.",
            "第一行须有 intent 和 text 两列，可以有 language 列。",
        )
    label = ""
    for line, cells in _rows(file, sheet):
        label = _cell(cells, intent) or (label if len(texts) == 1 and is_dialogflow(sheet.columns) else "")
        said = [text for at in texts if (text := _cell(cells, at))]
        if not label:
            yield Broken(line, "the intent is empty", "意图为空")
        elif not said:
            yield Broken(line, "the text is empty", "文本为空")
        else:
            yield from (Told(line, label, text, _cell(cells, language)) for text in said)


def _rows(file: BinaryIO, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    if sheet.delimiter != _TAB:
        yield from ((line, cells) for line, cells in sheets.rows(file, sheet) if line > 1)
        return
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=sheet.encoding, newline="\n")
    try:
        for number, line in enumerate(text, 1):
            if number > 1 and line.strip():
                yield number, [cell.strip() for cell in line.split(_TAB)]
    finally:
        text.detach()


def _place(names: list[str], known: tuple[str, ...]) -> int:
    return next((names.index(name) for name in known if name in names), -1)


def _cell(cells: list[str], at: int) -> str:
    return cells[at] if 0 <= at < len(cells) else ""
