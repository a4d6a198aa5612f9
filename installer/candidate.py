"""The file to which an installation is to be upgraded: taken in, checked, unpacked, tried where it breaks nothing."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from app.model.errors import Problem
from app.settings import Limits
from installer import child, refusals, signature
from installer import layout as places
from installer.data import Data
from installer.journal import Journal
from installer.layout import Layout
from installer.renewal import left_alone
from installer.service import Service

INCOMING: Final = "incoming"
_VERSION: Final = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+.].{0,64})?", re.ASCII)
_PATIENCE: Final = 3.0  # times what the rehearsal took: the real start has the same to do, and a busier machine
_TREE_SHARE: Final = 5  # an unpacked tree to its compressed file, at most
_FOLDER_MODE: Final = 0o755

Tell = Callable[[str, str], None]
Confirm = Callable[[str], bool]  # of the file's SHA-256, by a person who was asked


class Rehearsal(Struct, frozen=True):
    """What a version says after its rehearsal: itself, and the schema it brings the database to."""

    version: str
    schema: int


class Trust(Struct, frozen=True):
    """Whose files are taken: who signed with one of `keys`; nobody's where `allow_unsigned`.

    A version that knows keys is a release: one flag in a script is not enough to have it replaced by what nobody has
    signed. It has to be confirmed by a person.
    """

    keys: tuple[bytes, ...]
    allow_unsigned: bool = False
    confirm: Confirm = lambda digest: False


class _Says(Struct, frozen=True):
    version: str


class Candidate:
    """A file beside the installation; nothing of what serves is touched here."""

    def __init__(self, layout: Layout, data: Data, service: Service, limits: Limits, tell: Tell) -> None:
        self._layout = layout
        self._data = data
        self._service = service
        self._limits = limits
        self._tell = tell

    @contextmanager
    def taken_in(self, file: Path) -> Iterator[Path]:
        """A copy that nobody else can change between its check and its use; raises `NotFound`."""
        if not file.is_file():
            raise refusals.no_file(file)
        folder = self._layout.prefix / INCOMING
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir(mode=0o700)
            program = folder / places.PROGRAM
            shutil.copyfile(file, program)
            program.chmod(0o700)
            yield program
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def demand_signature(self, program: Path, beside: Path, trust: Trust) -> None:
        """Raises `Invalid` unless one of the keys has signed it, or nobody and that is allowed."""
        if trust.keys and (beside.exists() or not trust.allow_unsigned):
            signature.verify(program, beside, trust.keys)
            self._tell("The signature is good.", "签名有效。")
            return
        if not trust.allow_unsigned:
            raise refusals.no_keys()
        if trust.keys and not trust.confirm(places.digest(program)):
            raise refusals.unsigned(beside)
        self._tell("NOT CHECKED who made this file (--allow-unsigned).", "未校验该文件的来源（--allow-unsigned）。")

    def version(self, program: Path) -> str:
        """The version it says to be; raises `Invalid` where it is no Monodesk."""
        return child.ask(program, _Says, "version", "--json").version

    def is_newer(self, source: str, target: str) -> bool:
        """Whether there is something to do; raises `Conflict` where `target` is older."""
        before, after = _numbers(source), _numbers(target)
        if after < before:
            raise refusals.older(source, target)
        if after == before:
            self._tell(f"Version {target} is installed already.", f"已安装版本 {target}。")
        return after > before

    def demand_room(self, program: Path) -> None:
        """A tree beside the others; the copy for the rehearsal, the one that is kept, the migration's own."""
        size = self._data.bytes()
        for place, needed in (
            (self._layout.prefix, _TREE_SHARE * program.stat().st_size),
            (self._layout.data, 3 * size + self._limits.disk_reserve_bytes),
        ):
            if not place.exists():  # it has never been started
                continue
            free = shutil.disk_usage(place).free
            if free < needed:
                raise refusals.no_room(place, free, needed)

    def tell_plan(self, source: str, target: str) -> None:
        """What would be done, for a dry run."""
        self._tell(
            f"{source} → {target}: unpack to {self._layout.version(target)}, rehearse on a copy of the database, stop, "
            "keep the database if its schema changes, switch, start, wait until it is ready; else all of it back.",
            f"{source} → {target}：解压到 {self._layout.version(target)}，在数据库副本上预演，停止服务，"
            "（架构变化时）保留数据库，切换，启动并等待就绪；否则全部还原。",
        )

    def unpack(self, program: Path, target: str) -> None:
        """Its tree into `versions/<target>`, whole before it has that name."""
        self._tell(f"Unpacking {target}.", f"正在解压 {target}。")
        folder, partial = self._layout.version(target), self._layout.versions / f".{target}.part"
        for left in (partial, folder):  # `current` leads elsewhere: `target` is newer
            shutil.rmtree(left, ignore_errors=True)
        child.run([str(program), "unpack", str(partial)], self._limits.upgrade_step_seconds_max)
        partial.chmod(_FOLDER_MODE)
        partial.rename(folder)
        places.sync(self._layout.versions)

    def rehearse(self, journal: Journal) -> Journal:
        """Try the new version where it can break nothing; what is learnt goes into the journal."""
        self._tell("Trying it on a copy of the database.", "正在数据库副本上预演。")
        program, began = self._layout.version(journal.target) / places.PROGRAM, time.monotonic()
        how = self._service.how() if self._service.running() else None
        with self._data.rehearsal() as folder:
            words = [str(program), "rehearse", "--data", str(folder), "--json"]
            try:
                told = child.run(
                    words, self._limits.upgrade_step_seconds_max, self._data.owner(), how.environment if how else {}
                )
                said = msgspec.json.decode(told.splitlines()[-1] if told else "", type=Rehearsal)
            except (Problem, msgspec.MsgspecError) as error:
                raise refusals.rehearsal_failed(journal.target, error) from error
        if said.version != journal.target:
            raise refusals.other_version(journal.target, said.version)
        renews = self._renews(program, journal)
        seconds = max(self._limits.upgrade_ready_seconds_min, _PATIENCE * (time.monotonic() - began))
        return msgspec.structs.replace(
            journal,
            schema_after=said.schema,
            renews=renews,
            running=self._service.running(),
            start=how,
            ready_seconds=seconds,
        )

    def _renews(self, program: Path, journal: Journal) -> bool:
        """Whether it writes its unit and the like otherwise; what it would leave alone is told."""
        try:
            said = child.renewed(program, self._layout.prefix, "--dry-run")
        except Problem as error:
            raise refusals.rehearsal_failed(journal.target, error) from error
        for path in said.left_alone:
            words = left_alone(path)
            self._tell(words.en, words.zh)
        return said.steps > 0


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise refusals.no_version(version)
    return tuple(int(number) for number in match.groups())
