"""From one version to the other while nobody serves, and back: called by `upgrade` alone, which holds its lock."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from app.model.errors import Problem
from app.settings import Limits
from installer import child, refusals
from installer import layout as places
from installer.candidate import INCOMING, Tell
from installer.data import Data
from installer.journal import Journal, JournalFile
from installer.layout import Layout, Record
from installer.service import Service

_POLL_SECONDS: Final = 0.02
_PATIENCE_BACK: Final = 5.0  # times that of the way there: behind the version before there is none to go back to


class Outcome(Struct, frozen=True):
    """`done` is false for a dry run and where there was nothing to do; `gap_seconds` without a server that answers."""

    source: str
    target: str
    done: bool
    gap_seconds: float = 0.0
    snapshot: str = ""


class Switch:
    """Stops, keeps, points, starts and waits; where that fails, or was broken off, ends it one way or the other."""

    def __init__(
        self, layout: Layout, record: Record, data: Data, service: Service, limits: Limits, tell: Tell
    ) -> None:
        self._layout = layout
        self.record = record
        self._data = data
        self._service = service
        self._limits = limits
        self._tell = tell
        self._file = JournalFile(layout.prefix)
        self._stopped_at = 0.0

    def over(self, journal: Journal) -> Outcome:
        """To the target; raises `Unavailable` with the reason after all has been brought back."""
        places.call_healer(self._layout, journal.source)
        self._file.write(journal := msgspec.structs.replace(journal, stage="switching"))
        self._tell("Stopping the server.", "正在停止服务。")
        self._stop()
        try:
            with self._data.held():
                journal = self._kept(journal)
                self._tell(f"Switching to {journal.target}.", f"正在切换到 {journal.target}。")
                self._file.write(journal := msgspec.structs.replace(journal, stage="starting"))
                places.point(self._layout, journal.target)
            self._renew(journal, journal.target)
            reason = self._start(journal, journal.target)
        except BaseException as error:
            self.back(journal, str(error) or "interrupted")
            raise
        if reason:
            told = self.back(journal, reason)
            raise refusals.undone(journal.source, journal.target, reason, told)
        gap = self.gap(journal)
        self._settle(journal)
        return Outcome(journal.source, journal.target, done=True, gap_seconds=gap, snapshot=journal.snapshot)

    def back(self, journal: Journal, reason: str) -> str:
        """All as it was before: idempotent. What the later version had stored, where it had stored anything."""
        self._tell(f"Going back to {journal.source}.", f"正在退回 {journal.source}。")
        self._file.write(journal := msgspec.structs.replace(journal, stage="returning"))
        places.call_healer(self._layout, journal.source)
        if reason:
            self._service.stop()
        else:
            self._stop()
        told = self._put_back(journal)
        if why := self._start(journal, journal.source):
            raise refusals.does_not_start(journal.source, why)
        self.forget(journal)
        return told

    def end(self) -> Outcome | None:
        """End what was broken off; None where nothing was."""
        if (journal := self._broken_off()) is None:
            return None
        if journal.stage == "unpacking":
            self.forget(journal)
            return Outcome(journal.target, journal.source, done=False)
        if journal.stage == "starting" and self._comes(journal):
            self._settle(journal)
            return Outcome(journal.source, journal.target, done=True)
        self.back(journal, "")
        return Outcome(journal.target, journal.source, done=True)

    def before_start(self) -> None:
        """For who is about to start the server: what was broken off is ended without starting or stopping anything.

        A new version that was never seen ready gets some starts; then it is all as it was before.
        """
        if self._data.served() or (journal := self._broken_off()) is None:
            return
        switched = self._layout.points_to() == journal.target
        if journal.stage == "starting" and switched and journal.starts < self._limits.upgrade_starts_max:
            self._file.write(msgspec.structs.replace(journal, starts=journal.starts + 1))
            return
        if journal.stage == "returning" or switched:
            self._tell(f"Going back to {journal.source}.", f"正在退回 {journal.source}。")
            self._file.write(journal := msgspec.structs.replace(journal, stage="returning"))
            if told := self._put_back(journal):
                self._tell(told, told)
        self.forget(journal)

    def awaited(self) -> Journal | None:
        """The journal of an upgrade whose new version is where `current` leads and was not yet seen ready."""
        journal = self._file.read()
        if journal is None or journal.stage != "starting" or self._layout.points_to() != journal.target:
            return None
        return journal

    def await_ready(self, journal: Journal, failed: Callable[[], str]) -> str:
        """Wait for a server that somebody else has started; why it did not get ready, or an empty string."""
        return self._await_ready(journal, journal.target, failed)

    def after_start(self) -> None:
        """For who has seen that the new version is ready: it is the installed one."""
        if journal := self.awaited():
            self._settle(journal)

    def forget(self, journal: Journal) -> None:
        """Nothing of the later version is left, and the record says what is installed."""
        shutil.rmtree(self._layout.versions / f".{journal.target}.part", ignore_errors=True)
        shutil.rmtree(self._layout.version(journal.target), ignore_errors=True)
        shutil.rmtree(self._layout.prefix / INCOMING, ignore_errors=True)
        self._data.sweep(keep=journal.before.snapshot if journal.before else "")
        if self.record.version != journal.source:
            self.record = msgspec.structs.replace(
                self.record, version=journal.source, previous="", source="",
                tree=places.digests(self._layout.version(journal.source)),
            )  # fmt: skip
            places.write(self._layout.prefix, self.record)
        if journal.before:
            self._file.write(journal.before)
        else:
            self._file.remove()
        places.dismiss_healer(self._layout)

    def gap(self, journal: Journal) -> float:
        """Seconds since the server was stopped; none where it did not run."""
        return time.monotonic() - self._stopped_at if journal.running else 0.0

    def _broken_off(self) -> Journal | None:
        """The journal of what nobody has ended."""
        journal = self._file.read()
        if journal is None or journal.stage == "settled":
            shutil.rmtree(self._layout.prefix / INCOMING, ignore_errors=True)
            places.dismiss_healer(self._layout)
            return None
        self._tell(
            f"An upgrade to {journal.target} was broken off; it is ended first.",
            f"之前升级到 {journal.target} 的过程中断，先将其收尾。",
        )
        return journal

    def _put_back(self, journal: Journal) -> str:
        """The database, where the later version has changed it, and the program; what was stored since, in words."""
        told = ""
        with self._data.held():
            if journal.snapshot and self._data.schema() != journal.schema_before:
                name = f"{'discarded' if journal.discard else 'failed'}-upgrade-{journal.target}.db"
                told = self._data.put_back(Path(journal.snapshot), name, sign_out=journal.discard)
            places.point(self._layout, journal.source)
        self._renew_if_possible(journal, journal.source)
        return told

    def _renew_if_possible(self, journal: Journal, version: str) -> None:
        """Where a working version serves, it goes on under the other one's unit rather than not at all."""
        try:
            self._renew(journal, version)
        except Problem as problem:
            self._tell(
                f"What is written beside the programs was not renewed: {problem.en}",
                f"程序旁的文件（服务单元等）未能更新：{problem.zh}",
            )

    def _renew(self, journal: Journal, version: str) -> None:
        """What is written beside the programs as this version writes it."""
        if journal.renews:
            child.renewed(self._layout.version(version) / places.PROGRAM, self._layout.prefix)
            self.record = places.read(self._layout.prefix) or self.record

    def _kept(self, journal: Journal) -> Journal:
        before = self._data.schema()
        journal = msgspec.structs.replace(journal, schema_before=before)
        if before in (0, journal.schema_after):
            return journal
        self._tell("Keeping the database as it is now.", "正在保留当前数据库。")
        kept = self._data.keep(f"before-upgrade-{journal.target}.db")
        return msgspec.structs.replace(journal, snapshot=str(kept))

    def _stop(self) -> None:
        self._stopped_at = time.monotonic()
        self._service.stop()

    def _start(self, journal: Journal, version: str) -> str:
        """Start and wait; why it did not get ready, or an empty string. One that did not run before is left alone."""
        if not journal.running:
            return ""
        self._tell("Starting, until it says that it is ready.", "正在启动，等待就绪。")
        self._service.start(journal.start)
        return self._await_ready(journal, version, self._service.failed)

    def _comes(self, journal: Journal) -> bool:
        """Whether the new version serves, if need be after it is started; never where `current` was not yet changed."""
        if self._layout.points_to() != journal.target:
            return False  # what would start is the old version: who waits for the new one waits in vain
        if not self._service.running():
            if not journal.running:
                return True  # it was rehearsed, and nobody waits for it
            self._service.start(journal.start)
        return not self._await_ready(journal, journal.target, self._service.failed)

    def _await_ready(self, journal: Journal, version: str, failed: Callable[[], str]) -> str:
        seconds = max(journal.ready_seconds, self._limits.upgrade_ready_seconds_min)
        if version == journal.source:
            seconds *= _PATIENCE_BACK
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._data.ready() == version:
                return ""
            if reason := failed():
                return reason
            time.sleep(_POLL_SECONDS)
        return f"it was not ready within {round(seconds)} s"

    def _settle(self, journal: Journal) -> None:
        """The new version is the installed one; the one before stays, older ones go."""
        folder = self._layout.version(journal.target)
        self._renew_if_possible(journal, journal.target)  # again: where it was cut off between the switch and that
        self.record = msgspec.structs.replace(
            self.record,
            version=journal.target,
            previous=journal.source,
            source=journal.digest,
            tree=places.digests(folder),
        )
        places.write(self._layout.prefix, self.record)
        self._file.write(msgspec.structs.replace(journal, stage="settled", start=None, before=None))
        self._data.sweep(keep=journal.snapshot)
        for other in self._layout.versions.iterdir():
            if other.name not in (journal.source, journal.target):
                shutil.rmtree(other, ignore_errors=True)
        places.dismiss_healer(self._layout)
