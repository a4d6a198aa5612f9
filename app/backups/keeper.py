"""Makes the scheduled backups beside the traffic and tells how the last one went."""

import asyncio
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, closing, suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from app.backups import refusals, rotation, schedule
from app.backups.rotation import Kept
from app.model.clock import Clock
from app.model.errors import Invalid, Problem
from app.model.server import BackupRun
from app.settings import Settings
from app.storage import archive
from app.storage.manifest import DATABASE, FOLDERS, Reading
from app.telemetry.log import logger

_NAME: Final = re.compile(r"monodesk-(\d{8}-\d{6})\.zip")
STAMP: Final = "%Y%m%d-%H%M%S"
_LEFT_BEHIND: Final = re.compile(r"\.monodesk-\d{8}-\d{6}\.zip\.(part|db|keys)")
_HOUR_SECONDS = 3_600.0
_STAGES: Final = ("copying", "writing", "checking")  # what `archive.backup` tells of, each a third
_LATE_PERIODS = 2  # so many scheduled backups may be missing before an administrator is told
_log = logger("backups")

Made = TypeVar("Made")
Hold = Callable[[], AbstractAsyncContextManager[object]]


class Facts(Struct, frozen=True):
    """How backups stand: the newest one that was read whole, the ones that are there, why the last try failed.

    `archives` are those that are there, the newest first; `damaged` those of them that cannot be read whole.
    """

    newest: Kept | None
    archives: tuple[Kept, ...]
    damaged: frozenset[Path]
    problem: Problem | None

    @property
    def kept(self) -> int:
        """How many there are."""
        return len(self.archives)

    @property
    def bytes(self) -> int:
        """What they take on the disk."""
        return sum(one.bytes for one in self.archives)


class BackupKeeper:
    """Looks every minute whether a backup is due. `hold` is the lock that a backup by command takes as well."""

    def __init__(self, data: Path, settings: Settings, clock: Clock, hold: Hold, zone: tzinfo | None = None) -> None:
        self.folder = settings.backups.folder or data / "backups"
        self._data = data
        self._rules = settings.backups
        self._demo = settings.demo  # invented customers are worth none
        self._limits = settings.limits
        self._clock = clock
        self._hold = hold
        self._zone = zone
        self._settled_at = clock.monotonic() + self._limits.backup_settle_seconds
        self._surveyed = False
        self._newest: Kept | None = None
        self._archives: list[Kept] = []
        self._problem: Problem | None = None
        self._damaged: set[Path] = set()
        self._asked = asyncio.Event()
        self._run: BackupRun | None = None
        self._share = 0.0  # of the one that is being made
        self._again_at = self._settled_at

    @property
    def on(self) -> bool:
        """Whether this server makes backups at all."""
        return self._rules.every_hours > 0 and not self._demo

    @property
    def facts(self) -> Facts:
        """As the last look found it."""
        order = sorted(self._archives, key=lambda one: one.made_at, reverse=True)
        return Facts(self._newest, tuple(order), frozenset(self._damaged), self._problem)

    def run_of_now(self) -> BackupRun | None:
        """The backup that is being made, or the last one since the start; None before the first."""
        if self._run is None or self._run.state != "running":
            return self._run
        return replace(self._run, share=self._share)

    def ask(self) -> BackupRun:
        """Have one made now, beside those that are due; raises `Conflict` while one is being made."""
        if self._run is not None and self._run.state == "running":
            raise refusals.running()
        self._run = BackupRun("running", self._clock.now_ms())
        self._asked.set()
        return self._run

    @property
    def age_seconds(self) -> float:
        """How long ago the newest good archive was made; infinite where there is none."""
        return (self._clock.now_ms() - self._newest.made_at) / 1_000 if self._newest else float("inf")

    @property
    def next_at(self) -> int | None:
        """When the next one is due (milliseconds UTC), as far as is known now; None where none are made."""
        if not self.on:
            return None
        now = self._clock.now_ms()
        if self._surveyed and not self._due():
            return schedule.next_moment(now, self._rules, self._zone)
        waits = max(self._settled_at, self._again_at) - self._clock.monotonic()
        return now + max(round(waits * 1_000), 0)

    @property
    def warnings(self) -> Sequence[Problem]:
        """What an administrator should do something about."""
        if not self.on:
            return []
        told = [refusals.failed(self._problem)] if self._problem else []
        if not self._surveyed:  # which of them are there, and how old they are, is not known yet
            return told
        told += [refusals.damaged(path) for path in sorted(self._damaged)]
        if self._problem is None and self._late():
            told.append(refusals.late(self.age_seconds))
        held = self.facts.bytes
        if held > self._rules.bytes_max:
            told.append(refusals.quota(held, self._rules.bytes_max))
        return told

    async def run(self) -> None:
        """Look, for as long as the server runs."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self._limits.backup_look_seconds)
            await self.look()

    async def look(self) -> None:
        """Make a backup where one is due or asked for. Failing is told, tried again later, and ends nothing else."""
        now, asked = self._clock.monotonic(), self._asked.is_set()
        self._asked.clear()
        if not asked and (not self.on or now < self._settled_at):
            return
        try:
            if not self._surveyed:
                await in_a_thread(self._survey)
            if asked or (now >= self._again_at and self._due()):
                await self._make()
        except Problem as problem:
            self._fail(problem)
        except OSError as error:
            self._fail(refusals.unusable(self.folder, error))

    def _due(self) -> bool:
        if self._newest is None or self.age_seconds < -_HOUR_SECONDS:  # the clock was wrong then
            return True
        return self._newest.made_at < schedule.latest_moment(self._clock.now_ms(), self._rules, self._zone)

    def _late(self) -> bool:
        return self.age_seconds > (_LATE_PERIODS * self._rules.every_hours) * _HOUR_SECONDS

    def _fail(self, problem: Problem) -> None:
        self._problem = problem
        if self._run is not None and self._run.state == "running":
            self._run = BackupRun("failed", self._run.began_at, en=problem.en, zh=problem.zh)
        self._again_at = self._clock.monotonic() + self._limits.backup_retry_seconds
        _log.error("the scheduled backup failed", extra={"code": problem.code, "reason": problem.en})

    async def _make(self) -> None:
        run = self._run if self._run is not None and self._run.state == "running" else None
        self._run = run or BackupRun("running", self._clock.now_ms())
        self._share = 0.0
        async with self._hold():
            made = await in_a_thread(self._write)
            self._newest, self._problem = made, None
            self._archives = [*self._archives, made]
            self._run = BackupRun("done", self._run.began_at, 1.0)
            _log.info("backed up", extra={"file": made.path.name, "bytes": made.bytes})
            await in_a_thread(lambda _: self._rotate(made))

    # --- in a thread ------------------------------------------------------------------------------------------------

    def _survey(self, given_up: Callable[[], bool]) -> None:
        """Find the newest archive that can be read whole: what the disk lost since then is no backup."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._archives = archives(self.folder)
        now = self._clock.now_ms()
        for one in sorted(self._archives, key=lambda one: one.made_at, reverse=True):
            if one.made_at > now:
                continue  # made while the clock was wrong: it says nothing of when the next is due
            if _sound(one.path, given_up):
                self._newest = one
                break
            self._damaged.add(one.path)
            _log.error("a backup is damaged", extra={"file": one.path.name})
        self._surveyed = True

    def _write(self, given_up: Callable[[], bool]) -> Kept:
        now = self._clock.now_ms()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._sweep()
        self._demand_room()
        target = self.folder / f"monodesk-{datetime.fromtimestamp(now / 1_000, UTC).strftime(STAMP)}.zip"
        try:
            made = archive.backup(self._data, target, self._clock, self._passphrase(), given_up, self._heard)
        except Problem as problem:
            if problem.code == "disk_full":  # something else wrote as well
                self._demand_room()
            raise
        return Kept(target, now, made.bytes)

    def _heard(self, stage: str, done: int, total: int) -> None:
        self._share = round((_STAGES.index(stage) + done / max(total, 1)) / len(_STAGES), 2)

    def _rotate(self, made: Kept) -> None:
        good = [one for one in archives(self.folder) if one.path not in self._damaged]
        for one in rotation.surplus(good, self._rules, made.path, self._zone):
            one.path.unlink(missing_ok=True)
            _log.info("a backup went", extra={"file": one.path.name, "bytes": one.bytes})
        self._archives = archives(self.folder)
        self._damaged &= {one.path for one in self._archives}

    def _sweep(self) -> None:
        """What a backup that was killed left behind."""
        for path in self.folder.iterdir():
            if _LEFT_BEHIND.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _demand_room(self) -> None:
        """A backup must never be what fills the disk that the database writes to."""
        free = shutil.disk_usage(self.folder).free
        needed = _bytes_of(self._data) + self._limits.disk_reserve_bytes
        if free < needed:
            raise refusals.no_room(self.folder, free, needed)

    def _passphrase(self) -> str | None:
        if self._rules.passphrase_file is None:
            return None
        try:
            passphrase = self._rules.passphrase_file.read_text(encoding="utf-8").partition("\n")[0]
        except (OSError, UnicodeDecodeError) as error:
            raise refusals.no_passphrase(self._rules.passphrase_file) from error
        if len(passphrase) < self._limits.password_characters_min:
            raise refusals.short_passphrase(self._rules.passphrase_file, self._limits.password_characters_min)
        return passphrase


def archives(folder: Path) -> list[Kept]:
    """What lies in a backup folder under a name that this server gives; when it was made is told by its name."""
    found = []
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        if match is None:
            continue
        try:
            made_at = datetime.strptime(match[1], STAMP).replace(tzinfo=UTC)
        except ValueError:  # the digits are no date: somebody else's
            continue
        found.append(Kept(path, round(made_at.timestamp() * 1_000), path.stat().st_size))
    return found


async def in_a_thread(work: Callable[[Callable[[], bool]], Made]) -> Made:
    """Run `work` beside the loop; it is given what tells whether to give up.

    Where we are cancelled it is told so and waited for: it must not outlive the lock that it works under.
    """
    given_up = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, given_up.is_set))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        given_up.set()
        await asyncio.wait((task,))
        raise


def _sound(path: Path, given_up: Callable[[], bool]) -> bool:
    try:
        with closing(Reading(path)) as reading:
            reading.check(given_up)
    except (Invalid, OSError):
        return False
    return True


def _bytes_of(data: Path) -> int:
    """What an archive may take at its largest: the snapshot beside it, then the database and every file in it."""
    database = sum((data / name).stat().st_size for name in (DATABASE, f"{DATABASE}-wal") if (data / name).exists())
    files = (path for folder in FOLDERS for path in (data / folder).rglob("*"))
    return 2 * database + sum(path.stat().st_size for path in files if path.is_file())
