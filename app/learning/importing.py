"""Phrases that come in by the file: read line by line, stored in small portions, so that chats get in between.

The first line names the columns (`intent`, `text`, and where they are `language`, `title_en`, `title_zh`), separated by
tabs or commas. What was stored stays where a later line is wrong: the same file again adds only what is missing.
"""

import asyncio
import codecs
import csv
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.accounts.audit import record
from app.accounts.policy import demand
from app.learning.intents import Intents, cleaned, too_many
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.errors import Invalid
from app.model.events import IntentsChanged
from app.model.intents import PHRASE_CHARACTERS_MAX, Intent, Phrase
from app.model.principals import Principal
from app.settings import Limits
from app.storage import intents
from app.storage.database import Database, Transaction

_CALLED = {
    "intent": ("intent", "label", "意图"),
    "text": ("text", "phrase", "utterance", "示例问法", "问法"),
    "language": ("language", "lang", "语言"),
}
_OUT_OF_SCOPE = ("oos", "out_of_scope")
_PROBLEMS_TOLD = 50
_REST_SECONDS_MAX = 0.01


class PhraseImportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`create`: make the intents that do not exist yet, else their lines are problems. `origin` as of phrases."""

    create: bool = False
    origin: Annotated[str, Meta(pattern=r"^(own|starter|review)(?!\n)$")] = "own"


class LineProblem(Struct, frozen=True):
    """A line of the file that was left out, and why, in both languages; the names of the columns are line 1."""

    line: int
    en: str
    zh: str


class PhraseImport(Struct, frozen=True):
    """What came of a file: lines read, phrases that were new and that were known, intents made, lines left out.

    `left_out` counts all of these, of which the first `problems` are told; lines that are out of scope are no problem
    and are counted by themselves.
    """

    lines: int
    added: int
    known: int
    created: list[str]
    out_of_scope: int
    left_out: int
    problems: list[LineProblem]


class _Line(Struct, frozen=True):
    number: int
    intent: str
    phrase: Phrase


_name = msgspec.defstruct("_Named", [("name", Intent.__annotations__["name"])])


class Importing:
    """Takes files of phrases; needs `intents.manage`."""

    def __init__(self, database: Database, clock: Clock, limits: Limits, room: Intents) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._intents = room

    async def take(self, principal: Principal, chunks: AsyncIterator[bytes], asked: PhraseImportQuery) -> PhraseImport:
        """Store a file's phrases as it comes; raises `Forbidden`, `Invalid` (no_columns, encoding), `Conflict`."""
        demand(principal, "intent.write")
        taking = _Taking(self, principal, asked)
        await taking.begin()
        reader: _Reader | None = None
        async for number, line in _lines(chunks, self._limits.intent_import_line_characters_max):
            if reader is None:
                reader = _Reader(line)
            elif line.strip():
                await taking.add(number, reader.cells(line))
        if reader is None:
            raise no_columns()
        return await taking.end()

    async def known(self) -> tuple[set[str], int]:
        """The names of all intents, and how many phrases there are."""
        found = await intents.listing(self._database, self._limits.intents_max)
        return {one.intent.name for one in found}, sum(one.phrases for one in found)

    async def store(self, principal: Principal, lines: list[_Line], made: list[str]) -> int:
        """Store a portion with the intents that it needs; how many of its phrases are new."""

        def unit(tx: Transaction) -> int:
            for name in made:
                if intents.by_name(tx, name) is None:
                    title = name.replace("_", " ").capitalize()
                    intents.save(tx, Intent(name, {"en": title}), 1, self._clock.now_ms())
                    record(tx, principal, "intent.create", Subject("intent", "", name))
            return sum(self._intents.add(tx, line.intent, line.phrase) for line in lines)

        return await self._database.write(unit)

    async def finish(self, principal: Principal, report: PhraseImport) -> None:
        """Note it, and let the engine hear."""

        def unit(tx: Transaction) -> None:
            change = Change(after={"added": report.added, "created": len(report.created)})
            record(tx, principal, "intent.import", Subject("intent"), change)
            tx.announce(IntentsChanged())

        if report.added or report.created:
            await self._database.write(unit)

    @property
    def clock(self) -> Clock:
        """What portions are timed by."""
        return self._clock

    @property
    def limits(self) -> Limits:
        """The bounds of an import."""
        return self._limits


class _Taking:
    """One file on its way in."""

    def __init__(self, importing: Importing, principal: Principal, asked: PhraseImportQuery) -> None:
        self._importing = importing
        self._principal = principal
        self._asked = asked
        self._names: set[str] = set()
        self._room = 0
        self._lines: list[_Line] = []
        self._made: list[str] = []
        self._created: list[str] = []
        self._problems: list[LineProblem] = []
        self._count = self._added = self._known = self._out_of_scope = self._left_out = 0

    async def begin(self) -> None:
        self._names, phrases = await self._importing.known()
        self._room = self._importing.limits.intent_phrases_max - phrases

    async def add(self, number: int, cells: dict[str, str]) -> None:
        self._count += 1
        name, text = cells.get("intent", "").strip(), cleaned(cells.get("text", ""))
        if name in _OUT_OF_SCOPE:
            self._out_of_scope += 1
            return
        problem = self._problem(number, name, text)
        if problem is not None:
            self._left_out += 1
            self._problems += [problem] if len(self._problems) < _PROBLEMS_TOLD else []
            return
        if name not in self._names:
            self._made.append(name)
            self._names.add(name)
        language = cells.get("language", "").strip().lower()[:2]
        phrase = Phrase(text, language if language in ("zh", "en") else "", self._asked.origin)
        self._lines.append(_Line(number, name, phrase))
        if len(self._lines) >= self._importing.limits.intent_import_rows:
            await self._flush()

    async def end(self) -> PhraseImport:
        await self._flush()
        report = PhraseImport(
            self._count, self._added, self._known, self._created, self._out_of_scope, self._left_out, self._problems
        )
        await self._importing.finish(self._principal, report)
        return report

    async def _flush(self) -> None:
        if not self._lines:
            return
        if self._added + len(self._lines) > self._room:
            raise too_many(self._importing.limits.intent_phrases_max, "phrases", "示例问法")
        clock = self._importing.clock
        began = clock.monotonic()
        added = await self._importing.store(self._principal, self._lines, self._made)
        await asyncio.sleep(min(clock.monotonic() - began, _REST_SECONDS_MAX))  # whoever waited for it is next
        self._added += added
        self._known += len(self._lines) - added
        self._created += self._made
        self._lines, self._made = [], []

    def _problem(self, number: int, name: str, text: str) -> LineProblem | None:
        if not text:
            return LineProblem(number, "There are no words.", "没有内容。")
        if len(text) > PHRASE_CHARACTERS_MAX:
            most = PHRASE_CHARACTERS_MAX
            return LineProblem(number, f"It is longer than {most} characters.", f"超过 {most} 个字符。")
        if name in self._names:
            return None
        if not self._asked.create:
            shown = name[:60]
            return LineProblem(number, f"There is no intent {shown}.", f"没有意图 {shown}。")
        if len(self._names) >= self._importing.limits.intents_max:
            most = self._importing.limits.intents_max
            return LineProblem(number, f"There are {most} intents already.", f"意图已达上限 {most} 个。")
        try:
            msgspec.convert({"name": name}, _name)
        except msgspec.ValidationError:
            shown = name[:60]
            return LineProblem(
                number, f"{shown} is no name of an intent: lower-case letters, digits and _ are.",
                f"{shown} 不能作为意图名称：只能使用小写字母、数字和下划线。",
            )  # fmt: skip
        return None


class _Reader:
    """Knows from the first line how the others are read."""

    def __init__(self, line: str) -> None:
        self._tabs = "\t" in line
        names = [name.strip().lower() for name in self._split(line)]
        self._columns = {
            field: next((place for place, name in enumerate(names) if name in called), -1)
            for field, called in _CALLED.items()
        }
        if self._columns["intent"] < 0 or self._columns["text"] < 0:
            raise no_columns()

    def cells(self, line: str) -> dict[str, str]:
        cells = self._split(line)
        return {field: cells[place] for field, place in self._columns.items() if 0 <= place < len(cells)}

    def _split(self, line: str) -> list[str]:
        return line.split("\t") if self._tabs else next(csv.reader([line]), [])


async def _lines(chunks: AsyncIterator[bytes], characters_max: int) -> AsyncIterator[tuple[int, str]]:
    """The lines of UTF-8 as they come, with their numbers; a line that never ends is refused."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, number = "", 0
    async for chunk in chunks:
        try:
            *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        except UnicodeDecodeError:
            raise _not_utf8() from None
        for line in whole:
            number += 1
            yield number, _bounded(line, number, characters_max)
        _bounded(rest, number + 1, characters_max)
    if rest:
        yield number + 1, rest


def _bounded(line: str, number: int, characters_max: int) -> str:
    if len(line) > characters_max:
        raise Invalid(
            "line_too_long", f"Line {number} is longer than {characters_max} characters. Is it a table?",
            f"第 {number} 行超过 {characters_max} 个字符。请确认文件是表格。",
        )  # fmt: skip
    return line.rstrip("\r")


def no_columns() -> Invalid:
    """The first line does not name what is needed."""
    return Invalid(
        "no_columns",
        "The first line must name the columns: intent and text, separated by tabs or commas.",
        "第一行应为列名：intent 和 text，用制表符或逗号分隔。",
    )


def _not_utf8() -> Invalid:
    return Invalid("encoding", "The file is not UTF-8. Save it as UTF-8.", "文件不是 UTF-8 编码。请另存为 UTF-8。")
