"""Which sources run: the files of `data/adapters`, read when they change, each held against its own cases first.

A file that cannot be read, or whose cases do not hold, changes nothing: what ran by it before goes on, after a restart
too, by the text that is kept in the database. What is wrong is told by file, line and column.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from app.adapters.engine import Engine
from app.adapters.errors import BadSpec, Mark
from app.adapters.maps.recipes import Recipe
from app.adapters.specs.cases import CaseResult, run_cases
from app.adapters.specs.model import Source
from app.adapters.specs.nodes import Table, documents, value_of
from app.adapters.specs.preset import Presets
from app.model.clock import Clock
from app.settings import Limits
from app.storage import source_specs
from app.storage.database import Database, Transaction
from app.storage.source_specs import StoredSpec
from app.telemetry.log import logger

_OF_THE_MACHINE = re.compile(rb"\b(env|file):|^---", re.MULTILINE)
_log = logger("adapters")


class Read(Protocol):
    """The sources of a text; `file` is what its marks are called. Raises `BadSpec`."""

    def __call__(self, text: bytes, file: str, *, vault_only: bool = False) -> Sequence[Source]: ...


class Wrong(Struct, frozen=True):
    """What is wrong with a file; `mark` is where."""

    file: str
    mark: Mark
    en: str
    zh: str


class Checked(Struct, frozen=True):
    """One file, read: the sources in it, what its cases gave, and what is wrong (then it is not taken over)."""

    file: str
    text: str
    sources: tuple[Source, ...]
    wrong: tuple[Wrong, ...]
    cases: tuple[CaseResult, ...] = ()


def check_text(raw: bytes, file: str, read: Callable[[bytes, str], Sequence[Source]], limits: Limits) -> Checked:
    """Read a text as a file of this name and run its cases."""
    try:
        sources = tuple(read(raw, file))
    except BadSpec as problem:
        return Checked(file, "", (), (Wrong(file, problem.mark, problem.en, problem.zh),))
    wrong: list[Wrong] = []
    cases: list[CaseResult] = []
    for source in sources:
        try:
            results = run_cases(source, Recipe(source, limits), limits)
        except BadSpec as problem:
            wrong.append(Wrong(file, problem.mark, problem.en, problem.zh))
            continue
        cases += results
        wrong += [_differs(file, source, one) for one in results if not one.held]
    return Checked(file, raw.decode(), sources, tuple(wrong), tuple(cases))


def is_for_console(raw: bytes, limits: Limits) -> bool:
    """Whether a text is one document whose secrets are all in the vault; where it cannot be read, none looks as if."""
    try:
        found = documents(raw, "spec.yaml", limits)
    except BadSpec:
        return _OF_THE_MACHINE.search(raw) is None
    secrets = found[0].get("secrets") if len(found) == 1 and isinstance(found[0], Table) else None
    told = value_of(secrets) if secrets is not None else {}
    values = told.values() if isinstance(told, dict) else [told]
    return len(found) <= 1 and all(isinstance(one, str) and one.startswith("vault:") for one in values)


class Registry:
    """Holds the engine to what the files say."""

    def __init__(
        self, folder: Path, read: Read, engine: Engine, database: Database, clock: Clock, limits: Limits,
        presets: Presets = {},
    ) -> None:  # fmt: skip
        self._folder = folder
        self._read = read
        self.presets = presets
        self._engine = engine
        self._database = database
        self._clock = clock
        self._limits = limits
        self._running: dict[str, Source] = {}
        self._files: dict[str, str] = {}  # source -> file
        self._for_console: dict[str, bool] = {}
        self._checked: dict[str, tuple[bytes, Checked]] = {}  # by file: its text, and what was found
        self.wrong: tuple[Wrong, ...] = ()

    @property
    def sources(self) -> Mapping[str, Source]:
        """Those that are taken over, by name; those that are switched off too."""
        return self._running

    @property
    def for_console(self) -> Mapping[str, bool]:
        """By file, whether the console may show and write it: one document that names nothing of the machine."""
        return self._for_console

    @property
    def files(self) -> Mapping[str, str]:
        """The file of each of them."""
        return self._files

    def read(self, text: bytes, file: str) -> Sequence[Source]:
        """The sources of a text; nothing is changed by it. Raises `BadSpec`."""
        return self._read(text, file)

    async def refresh(self, only: str = "") -> None:
        """Read every file and take over what is right; of it `only` one source runs, where one is named."""
        if not self._running:
            await self._remember()
        checked = await asyncio.to_thread(self._check_files)
        wrong = [one for file in checked for one in file.wrong]
        taken: dict[str, Source] = {}
        files: dict[str, str] = {}
        for file in checked:
            for name, source in self._of(file).items():
                if name in taken:
                    wrong.append(named_twice(source, file.file, files[name]))
                    continue
                taken[name], files[name] = source, file.file
        await self._keep(taken, files, {file.file: file.text for file in checked if not file.wrong})
        for one in wrong:
            if one not in self.wrong:
                _log.error("a spec is not taken over", extra={"file": one.file, "reason": one.en})
        self._running, self._files, self.wrong = taken, files, tuple(wrong)
        await self._engine.adopt({name: one for name, one in taken.items() if only in ("", name)})

    def _check_files(self) -> list[Checked]:
        """Every file and its cases; what one has said before is not checked again. In a thread: chats go on."""
        found: dict[str, tuple[bytes, Checked]] = {}
        for path in sorted(self._folder.glob("*.yaml")):
            try:
                raw = path.read_bytes()
            except OSError as error:
                found[path.name] = b"", Checked(path.name, "", (), (unreadable(path.name, error),))
                continue
            before = self._checked.get(path.name)
            same = before is not None and raw and before[0] == raw
            found[path.name] = before if before and same else (raw, self.check_text(raw, path.name))
        self._for_console = {
            file: self._for_console[file] if self._checked.get(file) is one else is_for_console(one[0], self._limits)
            for file, one in found.items()
        }
        self._checked = found
        return [checked for _, checked in found.values()]

    def check_text(self, raw: bytes, file: str, *, vault_only: bool = False) -> Checked:
        """Read a text and run its cases; nothing is changed by it. `vault_only`: it came over the network."""
        return check_text(raw, file, partial(self._read, vault_only=vault_only), self._limits)

    def _of(self, file: Checked) -> Mapping[str, Source]:
        """What runs by this file: what it says, or what it said when it was right."""
        if not file.wrong:
            return {source.name: source for source in file.sources}
        return {name: source for name, source in self._running.items() if self._files.get(name) == file.file}

    async def _remember(self) -> None:
        """What ran when the server stopped."""
        for stored in await source_specs.all_of(self._database):
            try:
                found = await asyncio.to_thread(self._read, stored.text.encode(), stored.file)
            except BadSpec as problem:  # a newer product reads it otherwise
                _log.error("a kept spec cannot be read", extra={"source": stored.source, "reason": problem.en})
                continue
            for source in (one for one in found if one.name == stored.source):
                self._running[source.name], self._files[source.name] = source, stored.file

    async def _keep(self, taken: Mapping[str, Source], files: Mapping[str, str], texts: Mapping[str, str]) -> None:
        now = self._clock.now_ms()
        fresh = [
            StoredSpec(name, source.version, files[name], texts[files[name]], now)
            for name, source in taken.items()
            if files[name] in texts and (name not in self._running or self._running[name].version != source.version)
        ]
        gone = [name for name in self._running if name not in taken]
        if not fresh and not gone:
            return

        def unit(tx: Transaction) -> None:
            for spec in fresh:
                source_specs.save(tx, spec)
            for name in gone:
                source_specs.forget(tx, name)

        await self._database.write(unit)


def _differs(file: str, source: Source, result: CaseResult) -> Wrong:
    mark = result.mark
    return Wrong(
        file,
        mark,
        f"{mark}: the case “{result.name}” of {source.name} does not hold: at {result.path} it expects "
        f"{result.expected} and gets {result.came}.",
        f"{mark}：{source.name} 的用例“{result.name}”未通过：{result.path} 期望 {result.expected}，"
        f"实际 {result.came}。",
    )


def named_twice(source: Source, file: str, other: str) -> Wrong:
    """A source whose name is that of one in another file."""
    return Wrong(
        file,
        source.mark,
        f"{source.mark}: there is a source “{source.name}” in {other} already. Give this one another name.",
        f"{source.mark}：{other} 中已有名为“{source.name}”的数据源。请换一个名称。",
    )


def unreadable(file: str, error: Exception) -> Wrong:
    """A file that is there and cannot be read."""
    mark = Mark(file, 1, 1)
    return Wrong(
        file,
        mark,
        f"{mark}: the file cannot be read as UTF-8 text: {error}.",
        f"{mark}：无法以 UTF-8 读取文件：{error}。",
    )
