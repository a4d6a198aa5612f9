"""Articles coming in from files, all of them or none; and going out again."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from msgspec import UNSET, Struct

from app.accounts.audit import record
from app.accounts.policy import demand
from app.articles.articles import Articles, NewArticle
from app.articles.collections import Collections, NewCollection
from app.exchange import sheets, workbook
from app.exchange.drafts import Draft, Wrong, field_of, of_facts, of_html, of_markdown, written
from app.exchange.sheets import Sheet
from app.model.articles import Article, Collection, Language
from app.model.audit import Change, Subject
from app.model.errors import Invalid, Problem
from app.model.principals import Agent, System
from app.settings import Limits
from app.storage import articles as rows_of
from app.storage.database import Database, Transaction

_MEMORY_BYTES = 1_048_576
_PROBLEMS_MAX = 200
_SHOWN = 50
_PORTION = 100
_MARKDOWN, _HTML, _TABLE = (".md", ".markdown"), (".html", ".htm"), (".csv", ".tsv")
_BOOK, _PACKED = ".xlsx", ".zip"


class FileProblem(Struct, frozen=True):
    """What is wrong at a line (or row) of a file, counted from 1."""

    file: str
    line: int
    en: str
    zh: str


class ArticleSample(Struct, frozen=True):
    """An article as it would come in."""

    file: str
    title: str
    language: str
    collection: str
    published: bool


class ArticleReport(Struct, frozen=True):
    """What the files hold and what became of it: `done` only where everything of it is stored."""

    done: bool
    articles: int
    created_collections: int
    sample: list[ArticleSample]
    problems: list[FileProblem] = []


class Format(StrEnum):
    """How articles go out."""

    MARKDOWN = "markdown"
    CSV = "csv"


class _NotDone(Exception):
    """Undoes everything: it was a rehearsal, or some files are wrong."""


class ArticleExchange:
    """Reads Markdown, HTML, CSV, XLSX and zips of these; writes a zip of Markdown, or CSV."""

    def __init__(self, database: Database, articles: Articles, collections: Collections, limits: Limits) -> None:
        self._database = database
        self._articles = articles
        self._collections = collections
        self._limits = limits

    async def take(
        self,
        principal: Agent | System,
        name: str,
        chunks: AsyncIterator[bytes],
        *,
        language: str = "",
        rehearse: bool,
        draft: bool = False,
    ) -> ArticleReport:
        """Import a file of this name, or with `rehearse` tell what would come of it; raises `Invalid`, `Forbidden`.

        `language` where a file names none; `draft`: nothing is published by it.
        """
        demand(principal, "article.write")
        with SpooledTemporaryFile(max_size=_MEMORY_BYTES) as spooled:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if size > self._limits.article_import_bytes_max:
                    raise workbook.too_large(self._limits.article_import_bytes_max)
                spooled.write(chunk)
            spooled.seek(0)
            drafts, problems = await asyncio.to_thread(self._read, name, cast("BinaryIO", spooled), language)
        return await self._store(principal, drafts, problems, rehearse=rehearse, draft=draft)

    async def begin(self, principal: Agent | System, form: Format) -> bytes:
        """All articles, drafts too, as a file; raises `Forbidden`."""
        demand(principal, "article.write")
        every: list[Article] = []
        while portion := await rows_of.portion(self._database, every[-1].id if every else "", _PORTION):
            every += portion
        collections = {one.id: one for one in await self._collections.listing()}
        made = await asyncio.to_thread(_packed if form is Format.MARKDOWN else _table, every, collections)
        note = Change({}, {"rows": len(every)})
        await self._database.write(lambda tx: record(tx, principal, "article.export", Subject("article"), note))
        return made

    def _read(self, name: str, file: BinaryIO, language: str) -> tuple[list[Draft], list[FileProblem]]:
        drafts: list[Draft] = []
        problems: list[FileProblem] = []
        for one in _drafts(name, file, language, self._limits):
            if isinstance(one, Draft):
                drafts.append(one)
            elif len(problems) < _PROBLEMS_MAX:
                problems.append(one)
        if not drafts and not problems:
            raise Invalid("nothing_found", "There is no article in this file.", "文件中没有文章。")
        return drafts, problems

    async def _store(
        self,
        principal: Agent | System,
        drafts: list[Draft],
        problems: list[FileProblem],
        *,
        rehearse: bool,
        draft: bool,
    ) -> ArticleReport:
        made: list[Article] = []
        told: list[FileProblem] = []
        counted = 0

        def unit(tx: Transaction) -> None:
            nonlocal counted
            made.clear()
            found = list(problems)
            bringing = _Bringing(tx, principal, self._articles, self._collections, drafts, draft=draft)
            for one in drafts:
                try:
                    made.append(tx.attempt(partial(bringing.article, one)))
                except Problem as problem:
                    found.append(FileProblem(one.file, one.line, problem.en, problem.zh))
            counted = bringing.created
            if found or rehearse:
                told[:] = found[:_PROBLEMS_MAX]
                raise _NotDone
            note = Change({}, {"rows": len(made)})
            record(tx, principal, "article.import", Subject("article"), note)

        sample = [
            ArticleSample(one.file, one.title, one.language, one.collection, one.published and not draft)
            for one in drafts[:_SHOWN]
        ]
        try:
            await self._database.write(unit)
        except _NotDone:
            return ArticleReport(False, len(drafts), counted, sample, told)
        for article in made:
            self._articles.finder.saved(article)
            await asyncio.sleep(0)
        return ArticleReport(True, len(made), counted, sample)


class _Bringing:
    """Drafts into one transaction; collections are made as they are met, translations find each other by their keys."""

    def __init__(
        self,
        tx: Transaction,
        principal: Agent | System,
        articles: Articles,
        collections: Collections,
        drafts: Sequence[Draft],
        *,
        draft: bool,
    ) -> None:
        self._tx = tx
        self._principal = principal
        self._articles = articles
        self._collections = collections
        self._draft = draft
        self._slugs = frozenset(one.slug for one in drafts)
        self._known: dict[str, Collection] = {}
        for one in rows_of.all_collections(tx):
            self._learn(one)
        self._groups: dict[str, tuple[str, set[str]]] = {}  # by key: an article, and its languages
        self.created = 0

    def article(self, draft: Draft) -> Article:
        """Store one; raises a `Problem`."""
        collection = self._collection(draft.collection)
        first, languages = self._groups.get(draft.key, ("", set())) if draft.key else ("", set())
        beside = first if first and draft.language not in languages else None
        new = NewArticle(
            draft.title, draft.body, Language(draft.language), draft.summary, draft.questions,
            None if collection is None else collection.id, (), draft.published and not self._draft,
            draft.slug or UNSET, beside,
        )  # fmt: skip
        made = self._articles.bring(self._tx, self._principal, new)
        if draft.key:
            self._groups[draft.key] = (first or made.id, {*languages, draft.language})
        return made

    def _collection(self, name: str) -> Collection | None:
        if not name:
            return None
        if (known := self._known.get(name.lower())) is not None:
            return known
        chinese = any("\u3400" <= sign <= "\u9fff" for sign in name)
        new = NewCollection(name_zh=name[:80]) if chinese else NewCollection(name_en=name[:80])
        self.created += 1
        return self._learn(self._collections.bring(self._tx, self._principal, new, self._slugs))

    def _learn(self, one: Collection) -> Collection:
        for name in (one.slug, one.name_en, one.name_zh):
            if name:
                self._known.setdefault(name.lower(), one)
        return one


# --- files in -------------------------------------------------------------------------------------------------------


def _drafts(name: str, file: BinaryIO, language: str, limits: Limits) -> Iterator[Draft | FileProblem]:
    ending = PurePosixPath(name.lower()).suffix
    if ending == _PACKED:
        yield from _unpacked(file, language, limits)
    elif ending == _BOOK:
        yield from _of_rows(name, workbook.rows(file, limits.article_import_unpacked_bytes_max), language)
    elif ending in _TABLE:
        found = sheets.opened(file)
        yield from _of_rows(name, sheets.rows(file, Sheet(found.encoding, found.delimiter, found.columns)), language)
    elif ending in (*_MARKDOWN, *_HTML):
        yield _of_text(name, file.read(), language)
    else:
        raise Invalid(
            "file_unknown",
            "Choose a file that ends in .md, .html, .csv, .xlsx, or a .zip of such.",
            "请选择 .md、.html、.csv、.xlsx 文件，或包含它们的 .zip。",
        )


def _of_text(name: str, content: bytes, language: str) -> Draft | FileProblem:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return FileProblem(name, line, "It is not UTF-8. Save it as UTF-8.", "不是 UTF-8 编码，请另存为 UTF-8。")
    read = of_html if PurePosixPath(name.lower()).suffix in _HTML else of_markdown
    try:
        return read(name, text, language)
    except Wrong as wrong:
        return FileProblem(name, wrong.line, wrong.en, wrong.zh)


def _of_rows(name: str, rows: Iterable[tuple[int, list[str]]], language: str) -> Iterator[Draft | FileProblem]:
    columns: list[str] | None = None
    for number, cells in rows:
        if columns is None:
            columns = [field_of(cell) for cell in cells]
            if "title" not in columns and "questions" in columns:
                columns[columns.index("questions")] = "title"  # a list of questions with their answers
            if "title" not in columns:
                yield FileProblem(
                    name, number, "No column is called title or question.", "没有名为“标题”或“问题”的列。"
                )
                return
            continue
        facts = {field: sheets.unguarded(cell) for field, cell in zip(columns, cells, strict=False) if field}
        try:
            yield of_facts(name, number, facts, language)
        except Wrong as wrong:
            yield FileProblem(name, wrong.line, wrong.en, wrong.zh)


def _unpacked(file: BinaryIO, language: str, limits: Limits) -> Iterator[Draft | FileProblem]:
    """What is packed is counted while it is unpacked; names are names, nothing is ever written to a disk."""
    left = limits.article_import_unpacked_bytes_max
    try:
        with zipfile.ZipFile(file) as packed:
            entries = [one for one in packed.infolist() if _wanted(one)]
            if len(entries) > limits.article_import_files_max:
                raise workbook.too_large(limits.article_import_unpacked_bytes_max)
            for entry in sorted(entries, key=lambda one: one.filename):
                with packed.open(entry) as one:
                    content = one.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise workbook.too_large(limits.article_import_unpacked_bytes_max)
                yield _of_text(entry.filename, content, language)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Invalid(
            "zip_malformed", "The zip is damaged, or locked by a password.", "压缩包已损坏或已加密。"
        ) from error


def _wanted(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not entry.is_dir() and not hidden and path.suffix.lower() in (*_MARKDOWN, *_HTML)


# --- files out ------------------------------------------------------------------------------------------------------

_COLUMNS = ("title", "body", "language", "summary", "questions", "collection", "slug", "published", "translation")


def _packed(every: list[Article], collections: dict[str, Collection]) -> bytes:
    made = io.BytesIO()
    keys = {one.group_id: one.slug for one in reversed(every)}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in every:
            facts = {
                "title": one.title, "language": one.language.value, "summary": one.summary,
                "collection": _collection_name(one, collections), "slug": one.slug,
                "published": "yes" if one.published else "no", "translation": keys[one.group_id],
            }  # fmt: skip
            packed.writestr(f"{one.language.value}/{one.slug}.md", written(facts, one.questions, one.body))
    return made.getvalue()


def _table(every: list[Article], collections: dict[str, Collection]) -> bytes:
    keys = {one.group_id: one.slug for one in reversed(every)}
    lines = [sheets.written(_COLUMNS)]
    lines += [
        sheets.written(
            (
                one.title, one.body, one.language.value, one.summary, "\n".join(one.questions),
                _collection_name(one, collections), one.slug, "yes" if one.published else "no", keys[one.group_id],
            )
        )
        for one in every
    ]  # fmt: skip
    return ("\ufeff" + "".join(lines)).encode()


def _collection_name(one: Article, collections: dict[str, Collection]) -> str:
    found = collections.get(one.collection_id or "")
    return "" if found is None else found.slug
