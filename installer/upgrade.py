"""From one version to another and back, so that at every moment there is one that starts and nothing acknowledged goes.

    taken in     the file is copied below the prefix and its signature checked: what is run is what was checked
    unpacked     into versions/<version>, complete before it has that name
    rehearsed    on a copy of the database, beside the server: it migrates, opens every room and writes; then it is gone
    stopped      the server; from here on the data folder is held, so that nobody else starts one
    kept         the database as it stands, where the new version changes its schema: nothing is acknowledged meanwhile
    pointed      `current` leads to the new version
    started      and asked until it says that it is ready; where it does not, all of this is undone

What has been begun stands in `<prefix>/upgrade.json` before it is done, so that `heal` can end it after a power cut:
forward where the new version serves, back where it does not.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from app.model.errors import Conflict
from app.settings import Limits
from installer import layout as places
from installer import refusals, signature
from installer.candidate import Candidate, Tell, Trust
from installer.data import Data
from installer.journal import LOCK, Journal, JournalFile
from installer.layout import Layout, Record
from installer.service import Service
from installer.switch import Outcome, Switch


class Upgrade:
    """Upgrades and goes back; `tell` hears each step before it is taken, in both languages."""

    def __init__(
        self, layout: Layout, record: Record, data: Data, service: Service, limits: Limits, tell: Tell
    ) -> None:
        self._layout = layout
        self._data = data
        self._service = service
        self._journal = JournalFile(layout.prefix)
        self._candidate = Candidate(layout, data, service, limits, tell)
        self._switch = Switch(layout, record, data, service, limits, tell)

    def upgrade(self, file: Path, trust: Trust, *, dry_run: bool = False) -> Outcome:
        """Bring the installation to the version of `file`; raises a `Problem` with the reason, all as it was before."""
        with self._followed(), self._alone():
            self._switch.end()
            journal = self._prepared(file, trust, dry_run=dry_run)
            return journal if isinstance(journal, Outcome) else self._switch.over(journal)

    def roll_back(self, *, discard: bool = False) -> Outcome:
        """Go back to the version before; with `discard` also where that loses what has been written since.

        Raises `NotFound` where there is none, `Conflict` with what would be lost.
        """
        with self._followed(), self._alone():
            healed = self._switch.end()
            journal = self._way_back()
            went_back = healed is not None and (journal is None or healed.source != journal.source)
            if healed is not None and went_back and healed.target == self._layout.points_to():
                return healed  # that was the way back; the one before it is another
            if journal is None:
                raise refusals.no_previous(self._layout.prefix, self._layout.points_to())
            moved = self._data.schema() != journal.schema_before
            if moved:
                self._demand_discard(journal, discard=discard)
            how = self._service.how() if self._service.running() else None
            journal = msgspec.structs.replace(
                journal, stage="returning", running=self._service.running(), start=how, discard=moved
            )
            self._journal.write(journal)
            self._switch.back(journal, "")
            return Outcome(journal.target, journal.source, done=True, gap_seconds=self._switch.gap(journal))

    def before_start(self) -> None:
        """For who is about to start the server: end what was broken off; nothing while somebody sees to it himself."""
        try:
            with self._alone():
                self._switch.before_start()
        except Conflict as problem:
            if problem.code != refusals.running().code:
                raise

    def after_start(self) -> None:
        """For who has started it: wait until a new version is ready, and note that it is; raises `Unavailable`.

        Where the upgrade is still going on this waits for its end: nobody is told that the server is up before it is
        known which version stays.
        """
        if (journal := self._switch.awaited()) is None:
            return
        starter = os.getppid()  # from start.sh it is the server
        if why := self._switch.await_ready(journal, lambda: "" if os.getppid() == starter else "it has ended"):
            raise refusals.not_ready(journal.target, why)
        with self._alone(patient=True):
            self._switch.after_start()

    @contextmanager
    def _followed(self) -> Iterator[None]:
        """Nobody waits for our lock any more when this has ended."""
        try:
            yield
        finally:
            self._service.await_started()

    @contextmanager
    def _alone(self, *, patient: bool = False) -> Iterator[None]:
        """One at a time, `patient` after the other; what the disk refuses is told in words."""
        try:
            descriptor = os.open(self._layout.prefix / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise refusals.not_written(self._layout.prefix, error) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise refusals.running() from error
            yield
        except OSError as error:
            raise refusals.not_written(self._layout.prefix, error) from error
        finally:
            os.close(descriptor)

    def _way_back(self) -> Journal | None:
        """The upgrade by which the present version came, where the one before is still there."""
        journal = self._journal.read()
        if journal is None or journal.stage != "settled" or journal.target != self._layout.points_to():
            return None
        return journal if (self._layout.version(journal.source) / places.PROGRAM).exists() else None

    def _prepared(self, file: Path, trust: Trust, *, dry_run: bool) -> Journal | Outcome:
        """The journal of an upgrade that only has to be switched; an outcome where there is none to be done."""
        candidate = self._candidate
        with candidate.taken_in(file) as program:
            candidate.demand_signature(program, signature.signature_of(file), trust)
            source, target = self._switch.record.version, candidate.version(program)
            if not candidate.is_newer(source, target):
                return Outcome(source, target, done=False)
            candidate.demand_room(program)
            if dry_run:
                candidate.tell_plan(source, target)
                return Outcome(source, target, done=False)
            journal = Journal(
                source=source,
                target=target,
                stage="unpacking",
                began_at=_now_ms(),
                digest=places.digest(program),
                before=self._way_back(),
            )
            self._journal.write(journal)
            try:
                candidate.unpack(program, target)
                return candidate.rehearse(journal)
            except BaseException:
                self._switch.forget(journal)
                raise

    def _demand_discard(self, journal: Journal, *, discard: bool) -> None:
        kept = Path(journal.snapshot)
        if not (journal.snapshot and kept.exists()):
            raise refusals.no_snapshot(journal.source, journal.target)
        if discard:
            return
        messages, conversations = self._data.lost(kept)
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.stat().st_mtime))
        raise refusals.loses(journal.source, journal.target, when, messages, conversations)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
