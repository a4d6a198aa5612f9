"""Tables coming in: each row becomes a contact, an agent or a canned reply; all of them in one transaction, or none."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, cast

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from app.accounts.agents import Agents, NewAgent
from app.accounts.audit import record
from app.accounts.fields import cell_value
from app.accounts.policy import CANNED_MANAGE, CONTACTS_MANAGE, allowed, demand
from app.accounts.roles import role_called
from app.chat.canned import CannedReplies, NewCannedReply
from app.contacts.contacts import Contacts, NewContact, brought
from app.contacts.organisations import Organisations
from app.contacts.staging import Brought, Moved
from app.exchange import sheets
from app.exchange.sheets import Sheet
from app.model.audit import Change, Subject
from app.model.canned import Scope
from app.model.errors import Forbidden, Invalid, Problem, forbidden
from app.model.fields import Field, Noun
from app.model.principals import Agent, System
from app.settings import Limits
from app.storage import agents, fields
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

_MEMORY_BYTES = 1_048_576
_SAMPLE_ROWS = 5
_ATTRIBUTE = "attributes."
_ORGANISATION = "organisation"
_SKIPPED = ""
_STAGINGS = 3  # after which contacts come in by one long transaction, for they change faster than they are put aside
_log = logger("exchange")

Column = Annotated[str, Meta(max_length=80)]
_mapping = msgspec.json.Decoder(Annotated[list[Column], Meta(max_length=sheets.COLUMNS_MAX)])


Rows = Generator[tuple[int, list[str]]]


class Kind(StrEnum):
    """What the rows are."""

    CONTACTS = "contacts"
    AGENTS = "agents"
    CANNED_REPLIES = "canned_replies"


FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.CONTACTS: ("name", "email", "phone", "language", _ORGANISATION),
    Kind.AGENTS: ("name", "email", "role", "teams", "language"),
    Kind.CANNED_REPLIES: ("shortcut", "title", "text_en", "text_zh"),
}
_NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.CONTACTS: (),
    Kind.AGENTS: ("name", "email"),
    Kind.CANNED_REPLIES: ("shortcut",),
}
_CALLED = {
    "name": ("name", "full name", "姓名", "名称", "客户", "客户姓名"),
    "email": ("email", "e-mail", "mail", "email address", "邮箱", "电子邮箱", "邮件"),
    "phone": ("phone", "telephone", "mobile", "tel", "电话", "手机", "手机号"),
    "language": ("language", "语言"),
    _ORGANISATION: ("organisation", "organization", "company", "组织", "公司", "单位"),
    "role": ("role", "角色"),
    "teams": ("teams", "team", "团队"),
    "shortcut": ("shortcut", "快捷词", "简码"),
    "title": ("title", "标题"),
    "text_en": ("text_en", "english", "text", "英文", "英文内容"),
    "text_zh": ("text_zh", "chinese", "中文", "中文内容", "内容"),
}


class RowProblem(Struct, frozen=True):
    """What is wrong with a row: its number (the columns' names are row 1), the column's name, the reason."""

    row: int
    column: str
    en: str
    zh: str


class ImportReport(Struct, frozen=True):
    """What a file is and what became of it: `done` only where everything of it is stored.

    `mapping` says for each column which field it fills: one of `fields`, `attributes.<name>`, or nothing.
    """

    kind: Kind
    done: bool
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    fields: tuple[str, ...]
    mapping: tuple[str, ...]
    sample: list[list[str]]
    rows: int = 0
    created: int = 0
    changed: int = 0
    problems: list[RowProblem] = []


Hear = Callable[[int, int], None]


def nobody(done: int, total: int) -> None:
    """Nobody wants to know how far it is."""


class _NotDone(Exception):
    """Undoes everything: it was a rehearsal, or some rows are wrong."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__("not done")
        self.report = report


class Imports:
    """Reads tables and writes what they hold; bounded memory, whatever their length.

    Contacts, of which there may be many, are put aside in small transactions, then brought in by one short one. Where
    a column names their organisations, which are made as they are met, one long transaction does it all.
    """

    def __init__(
        self,
        database: Database,
        agents_room: Agents,
        contacts: Contacts,
        organisations: Organisations,
        canned: CannedReplies,
        limits: Limits,
    ) -> None:
        self._organisations = organisations
        self._database = database
        self._agents = agents_room
        self._contacts = contacts
        self._canned = canned
        self._limits = limits

    async def take(
        self,
        principal: Agent | System,
        kind: Kind,
        chunks: AsyncIterator[bytes],
        mapping: str,
        *,
        rehearse: bool,
        hear: Hear = nobody,
    ) -> ImportReport:
        """Import a file, or with `rehearse` tell what would come of its first rows; raises `Invalid`, `Forbidden`.

        `hear` is told, on the loop, how many of how many rows were read.
        """
        _demand(principal, kind)
        with SpooledTemporaryFile(max_size=_MEMORY_BYTES) as spooled:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if size > self._limits.import_bytes_max:
                    raise _too_long(self._limits.import_bytes_max)
                spooled.write(chunk)
            file = cast("BinaryIO", spooled)
            known = await fields.listing(self._database, Noun.CONTACT) if kind is Kind.CONTACTS else []
            plan = await asyncio.to_thread(self._planned, kind, file, mapping, known)
            if kind is Kind.CONTACTS and not rehearse and _ORGANISATION not in plan.mapping:
                for _ in range(_STAGINGS):
                    with suppress(Moved):
                        return await self._staged(principal, plan, file, known, hear)
            try:
                return await self._database.write(lambda tx: self._unit(tx, principal, plan, file, rehearse=rehearse))
            except _NotDone as ended:
                return ended.report

    async def load(self) -> None:
        """At start: forget what was half in when a server was killed."""
        await self._contacts.staging.load()

    async def _staged(
        self, principal: Agent | System, plan: ImportReport, file: BinaryIO, known: Sequence[Field], hear: Hear
    ) -> ImportReport:
        """Put all rows aside and bring them in; raises `Moved` where they fit no more then."""
        staging = self._contacts.staging
        import_id = staging.begin()
        rows = sheets.rows(file, Sheet(plan.encoding, plan.delimiter, plan.columns))
        try:
            told = await self._put_aside(import_id, plan, rows, known, hear)
            if told.done:
                await self._database.write(lambda tx: self._bring(tx, principal, import_id, told))
            return told
        finally:
            with suppress(ValueError):  # given up while a thread still reads: that ends with the file
                rows.close()
            try:
                await staging.sweep(import_id)
            except Problem as problem:
                _log.warning("what was put aside is swept at the next start", extra={"code": problem.code})

    async def _put_aside(
        self, import_id: str, plan: ImportReport, rows: Rows, known: Sequence[Field], hear: Hear
    ) -> ImportReport:
        """Every row, until too many are wrong; what came of it."""
        problems: list[RowProblem] = []
        created = changed = count = 0
        by_key = {field.key: field for field in known}
        while portion := await asyncio.to_thread(self._portion, plan, rows, by_key):
            good = [row for row in portion if not isinstance(row, RowProblem)]
            put = await self._contacts.staging.put(import_id, good, known)
            found = [row for row in portion if isinstance(row, RowProblem)]
            found += [_wrong(number, plan, problem) for number, problem in put.refused]
            problems += sorted(found, key=lambda one: one.row)
            if len(problems) >= self._limits.import_problems_told:
                break
            count += len(portion)
            created, changed = created + put.created, changed + put.changed
            hear(count, plan.rows)
        problems = problems[: self._limits.import_problems_told]
        return replace(plan, created=created, changed=changed, problems=problems, done=not problems)

    def _portion(
        self, plan: ImportReport, rows: Rows, by_key: Mapping[str, Field]
    ) -> list[tuple[int, Brought] | RowProblem]:
        """On a thread: the next rows, each as it may be kept or with what is wrong with it."""
        found: list[tuple[int, Brought] | RowProblem] = []
        for number, cells in islice(rows, self._limits.import_portion_rows):
            if number == 1:
                continue
            try:
                found.append((number, brought(_contact(_facts(plan.kind, plan.mapping, cells), by_key))))
            except (Problem, msgspec.ValidationError) as problem:
                found.append(_wrong(number, plan, problem))
        return found

    def _bring(self, tx: Transaction, principal: Agent | System, import_id: str, told: ImportReport) -> None:
        self._contacts.staging.bring(tx, import_id)
        _noted(tx, principal, told)

    def _planned(self, kind: Kind, file: BinaryIO, mapping: str, known: list[Field]) -> ImportReport:
        sheet = sheets.opened(file)
        asked_for = (f"{_ATTRIBUTE}{field.key}" for field in known if not field.archived)
        wanted = _given(kind, sheet, mapping) if mapping else _guessed(kind, sheet, known)
        sample, count = [], 0
        for _, cells in sheets.rows(file, sheet):
            count += 1
            if 1 < count <= _SAMPLE_ROWS + 1:
                sample.append(cells)
            if count > self._limits.import_rows_max + 1:
                raise _too_many(self._limits.import_rows_max)
        return ImportReport(
            kind,
            False,
            sheet.encoding,
            sheet.delimiter,
            sheet.columns,
            (*FIELDS[kind], *asked_for),
            wanted,
            sample,
            count - 1,
        )

    def _unit(
        self, tx: Transaction, principal: Agent | System, plan: ImportReport, file: BinaryIO, *, rehearse: bool
    ) -> ImportReport:
        """On the writer's thread: every row, or as many as a rehearsal takes; it may be run twice from the start."""
        sheet = Sheet(plan.encoding, plan.delimiter, plan.columns)
        take = self._taker(tx, principal, plan.kind)
        problems: list[RowProblem] = []
        created = changed = count = 0
        for number, cells in sheets.rows(file, sheet):
            if number == 1:
                continue
            count += 1
            if rehearse and count > self._limits.import_rehearsed_rows:
                break
            try:
                if take(tx, _facts(plan.kind, plan.mapping, cells)):
                    created += 1
                else:
                    changed += 1
            except (Problem, msgspec.ValidationError) as problem:
                problems.append(_wrong(number, plan, problem))
                if len(problems) >= self._limits.import_problems_told:
                    break
        told = replace(plan, created=created, changed=changed, problems=problems, done=not (problems or rehearse))
        if not told.done:
            raise _NotDone(told)
        _noted(tx, principal, told)
        return told

    def _taker(
        self, begun: Transaction, principal: Agent | System, kind: Kind
    ) -> Callable[[Transaction, dict[str, str]], bool]:
        """What stores one row; whether it is new."""
        known = fields.all_of(begun, Noun.CONTACT) if kind is Kind.CONTACTS else []
        by_key = {field.key: field for field in known}

        def contact(tx: Transaction, facts: dict[str, str]) -> bool:
            called = facts.get(_ORGANISATION, "")
            belongs = self._organisations.bring(tx, principal, called) if called else None
            return self._contacts.bring(tx, _contact(facts, by_key, belongs), known)

        def agent(tx: Transaction, facts: dict[str, str]) -> bool:
            teams = tuple(_team(tx, name.strip()) for name in facts.get("teams", "").split(";") if name.strip())
            role = role_called(tx, facts.get("role") or "agent")
            new = NewAgent(facts["name"], facts["email"], role, teams=teams, language=facts.get("language", ""))
            self._agents.bring(tx, principal, new)
            return True

        def reply(tx: Transaction, facts: dict[str, str]) -> bool:
            words = {name: facts.get(name, "") for name in ("text_en", "text_zh")}
            title = facts.get("title") or facts["shortcut"]
            said = {"shortcut": facts["shortcut"].lstrip("/"), "title": title, **words, "scope": Scope.ALL}
            self._canned.bring(tx, principal, msgspec.convert(said, NewCannedReply))
            return True

        return {Kind.CONTACTS: contact, Kind.AGENTS: agent, Kind.CANNED_REPLIES: reply}[kind]


def _contact(facts: dict[str, str], by_key: Mapping[str, Field], organisation_id: str | None = None) -> NewContact:
    own = {name: facts[name] for name in FIELDS[Kind.CONTACTS] if name in facts and name != _ORGANISATION}
    named = {name.removeprefix(_ATTRIBUTE): value for name, value in facts.items() if _names_attribute(name)}
    attributes = {key: cell_value(by_key.get(key), value) for key, value in named.items() if value}
    return msgspec.convert({**own, "attributes": attributes, "organisation_id": organisation_id}, NewContact)


def _noted(tx: Transaction, principal: Agent | System, told: ImportReport) -> None:
    facts = {"rows": told.rows, "created": told.created, "changed": told.changed}
    record(tx, principal, "import.create", Subject("import", name=told.kind.value), Change(after=facts))


def _demand(principal: Agent | System, kind: Kind) -> None:
    if isinstance(principal, System):
        return
    if kind is Kind.AGENTS:
        demand(principal, "agent.manage")
    elif kind is Kind.CONTACTS:
        demand(principal, "contact.manage")
    elif CANNED_MANAGE not in principal.permissions or not allowed(principal, "canned_reply.write"):
        raise forbidden()


def may_import(principal: Agent) -> bool:
    """Whether there is anything that he may import."""
    return bool(principal.permissions & {CONTACTS_MANAGE, CANNED_MANAGE, "agents.manage"})


def _given(kind: Kind, sheet: Sheet, mapping: str) -> tuple[str, ...]:
    try:
        wanted = _mapping.decode(mapping)
    except msgspec.MsgspecError as error:
        raise _mapping_wrong() from error
    own = [name for name in wanted if name != _SKIPPED]
    good = all(name in FIELDS[kind] or (kind is Kind.CONTACTS and _names_attribute(name)) for name in own)
    if len(wanted) != len(sheet.columns) or len(set(own)) != len(own) or not own or not good:
        raise _mapping_wrong()
    for name in _NEEDED[kind]:
        if name not in own:
            raise Invalid(
                "mapping_incomplete",
                f"No column is the field {name}. Say which one it is.",
                f"没有列对应字段 {name}。请指定。",
                field="mapping",
            )
    return tuple(wanted)


def _names_attribute(name: str) -> bool:
    return name.startswith(_ATTRIBUTE) and bool(name.removeprefix(_ATTRIBUTE).strip())


def _guessed(kind: Kind, sheet: Sheet, known: list[Field]) -> tuple[str, ...]:
    """By the names of the columns; what has another name is an attribute of a contact, and else left out."""
    taken: list[str] = []
    called = {name.casefold(): field.key for field in known for name in (field.name_zh, field.name_en, field.key)}
    for column in sheet.columns:
        name = column.casefold().removeprefix(_ATTRIBUTE)
        field = next((own for own in FIELDS[kind] if name in _CALLED[own] and own not in taken), "")
        attribute = f"{_ATTRIBUTE}{called.get(name) or column.removeprefix(_ATTRIBUTE)[:60]}"
        if not field and kind is Kind.CONTACTS and column and attribute not in taken:
            field = attribute
        taken.append(field)
    return tuple(taken)


def _facts(kind: Kind, mapping: tuple[str, ...], cells: list[str]) -> dict[str, str]:
    facts = {name: cell for name, cell in zip(mapping, cells, strict=False) if name}
    for name in _NEEDED[kind]:
        if not facts.get(name):
            raise Invalid("cell_empty", "This cell must not be empty.", "该单元格不能为空。", field=name)
    return facts


def _team(tx: Transaction, name: str) -> str:
    found = agents.team_called(tx, name)
    if found is None:
        raise Invalid(
            "team_unknown",
            f"There is no team “{name[:80]}”. Add it first, or correct the name.",
            f"没有团队“{name[:80]}”。请先添加，或更正名称。",
            field="teams",
        )
    return found


def _wrong(number: int, plan: ImportReport, problem: Problem | msgspec.ValidationError) -> RowProblem:
    if isinstance(problem, Forbidden | Problem):
        en, zh, field = problem.en, problem.zh, problem.field
    else:
        en = zh = str(problem)
        field = en.rpartition("`$.")[2].rstrip("`") if "`$." in en else ""
        zh = f"该行格式不正确：{en}"
    places = {name: column for name, column in zip(plan.mapping, plan.columns, strict=False) if name}
    return RowProblem(number, places.get(field, field), en, zh)


def _mapping_wrong() -> Invalid:
    return Invalid(
        "mapping_wrong",
        "The mapping names for each column of the file a field, each once, or nothing. Choose anew.",
        "映射须为文件的每一列指定一个字段（不可重复）或留空。请重新选择。",
        field="mapping",
    )


def _too_many(most: int) -> Invalid:
    return Invalid(
        "csv_rows",
        f"The file has more than {most} rows. Split it.",
        f"文件超过 {most} 行。请拆分后导入。",
    )


def _too_long(most: int) -> Invalid:
    return Invalid(
        "csv_bytes",
        f"The file is larger than {most // 1_000_000} MB. Split it.",
        f"文件超过 {most // 1_000_000} MB。请拆分后导入。",
    )
