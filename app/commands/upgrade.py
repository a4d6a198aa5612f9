"""`monodesk upgrade`, `monodesk rollback`, and `monodesk unpack`, by which a file writes its own tree."""

import argparse
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from app.commands.voice import OK, Voice
from app.control import Ready, ask
from app.folder import Folder
from app.model.errors import Problem
from app.settings import Limits, load
from installer import layout, signature
from installer.candidate import Confirm, Trust
from installer.layout import Layout
from installer.refusals import not_written
from installer.service import ProcessService, Service, SystemdService
from installer.switch import Outcome
from installer.upgrade import Upgrade

_READY_SECONDS_MAX = 5.0
_KEPT = "before-upgrade-*.db"
_STEPS_THERE = 7  # signature, unpacked, rehearsed, stopped, kept, switched, started
_STEPS_BACK = 2
_TYPED = 8  # characters of a SHA-256


def upgrade(options: argparse.Namespace, voice: Voice) -> int:
    """Bring the installed version to that of a file; where it does not get ready, everything is as it was."""
    trust = Trust(signature.release_keys(), options.allow_unsigned, _confirmation(options, voice))
    with _made(options, voice, _STEPS_THERE) as made:
        outcome = made.upgrade(options.file.absolute(), trust, dry_run=options.dry_run)
    if options.json:
        print(msgspec.json.encode(outcome).decode())
    elif outcome.done:
        _tell_done(outcome, voice)
    return OK


def rollback(options: argparse.Namespace, voice: Voice) -> int:
    """Back to the version before."""
    with _made(options, voice, _STEPS_BACK) as made:
        outcome = made.roll_back(discard=options.discard)
    if options.json:
        print(msgspec.json.encode(outcome).decode())
    else:
        _tell_done(outcome, voice)
    return OK


def heal(options: argparse.Namespace, voice: Voice) -> int:
    """Called by the unit and by start.sh: before a start, or with `--ready` once it serves, end what was broken off."""
    with _made(options, voice, 0) as made:
        if options.ready:
            made.after_start()
        else:
            made.before_start()
    return OK


def unpack(options: argparse.Namespace, voice: Voice) -> int:
    """Write the tree of the running file to a folder that does not exist."""
    from installer.tree import unpack as write

    write(options.folder.absolute())
    return OK


def _confirmation(options: argparse.Namespace, voice: Voice) -> Confirm:
    """By a person; what is read by machines is confirmed by nobody."""
    return lambda digest: not options.json and _confirmed(digest, voice)


def _confirmed(digest: str, voice: Voice) -> bool:
    """Whether a person types what he has compared."""
    answer = voice.ask(
        f"Nobody has signed this file, and the installed version is a release. The file's SHA-256 is\n  {digest}\n"
        f"If that is what its maker told you, type its first {_TYPED} characters:",
        f"该文件没有签名，而已安装的是正式版。该文件的 SHA-256 为\n  {digest}\n"
        f"如果与发布者告知的一致，请输入前 {_TYPED} 位：",
    )
    return answer.lower() == digest[:_TYPED]


def _tell_done(outcome: Outcome, voice: Voice) -> None:
    voice.say(
        f"{outcome.target} is installed, {outcome.source} was before.",
        f"已安装 {outcome.target}，之前为 {outcome.source}。",
    )
    if outcome.gap_seconds:
        voice.say(f"Nobody was answered for {outcome.gap_seconds:.1f} s.", f"服务中断了 {outcome.gap_seconds:.1f} 秒。")


@contextmanager
def _made(options: argparse.Namespace, voice: Voice, steps: int) -> Iterator[Upgrade]:
    """One over the installation; what it does is said step by step, and for how long already."""
    prefix = options.prefix.absolute() if options.prefix else None
    try:
        place, record = layout.find(prefix)
    except OSError as error:
        raise not_written(prefix or layout.of_systemd().prefix, error) from error
    limits = load({}, os.environ, data=place.data).limits
    data = _Data(place, voice)

    quiet = getattr(options, "json", False)
    with voice.progress("steps", quiet=quiet) as progress:
        taken = itertools.count(1)

        def tell(en: str, zh: str) -> None:
            count = next(taken)
            progress.reach(count, steps if count <= steps else 0, en, zh)
            if not quiet:
                voice.say(en, zh)

        yield Upgrade(place, record, data, _service(place, data, limits), limits, tell)


def _service(place: Layout, data: "_Data", limits: Limits) -> Service:
    if place.unit is not None:
        return SystemdService(place.unit.name, user=place.target == "portable")
    return ProcessService(place, data.holder, limits.upgrade_stop_seconds_max)


class _Data:
    """The data folder of an installation, as `installer.upgrade` asks for it."""

    def __init__(self, place: Layout, voice: Voice) -> None:
        from app.storage import standstill

        self._folder = Folder(place.data)
        self._rehearsal = self._folder.root / "run" / "rehearsal"
        self._standstill = standstill
        self._voice = voice

    def holder(self) -> int:
        """The process that serves the folder; 0 where none does."""
        return self._folder.holder()

    def served(self) -> bool:
        return self.holder() != 0

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._folder.held():
            self._give_rooms()
            yield

    def bytes(self) -> int:
        return self._folder.database.stat().st_size if self._folder.exists() else 0

    def schema(self) -> int:
        return self._standstill.schema(self._folder.database)

    @contextmanager
    def rehearsal(self) -> Iterator[Path]:
        self._folder.create()
        self._give_rooms()
        shutil.rmtree(self._rehearsal, ignore_errors=True)
        self._rehearsal.mkdir(mode=0o700)
        try:
            if self._folder.exists():
                self._standstill.snapshot(self._folder.database, self._rehearsal / self._folder.database.name)
            if (self._folder.root / "config.toml").exists():
                shutil.copyfile(self._folder.root / "config.toml", self._rehearsal / "config.toml")
            for path in (self._rehearsal, *self._rehearsal.iterdir()):
                self._give(path)
            yield self._rehearsal
        finally:
            shutil.rmtree(self._rehearsal, ignore_errors=True)

    def owner(self) -> tuple[int, int]:
        facts = self._folder.root.stat()
        return facts.st_uid, facts.st_gid

    def keep(self, name: str) -> Path:
        kept = self._folder.backups / name
        self._standstill.keep(self._folder.database, kept)
        return kept

    def put_back(self, kept: Path, name: str, *, sign_out: bool) -> str:
        aside = self._folder.backups / name
        messages = self._more(kept)
        self._standstill.put_back(kept, self._folder.database, aside, sign_out=sign_out)
        if messages == 0 and not sign_out:
            aside.unlink()
            return ""
        count = self._voice.pick("an unknown number of", "数目不明的") if messages is None else messages
        return self._voice.pick(
            f"{count} messages that it had stored lie in {aside}.", f"它存入的 {count} 条消息保存在 {aside}。"
        )

    def lost(self, kept: Path) -> tuple[int, int]:
        now, then = self._standstill.written(self._folder.database), self._standstill.written(kept)
        return now.messages - then.messages, now.conversations - then.conversations

    def sweep(self, keep: str = "") -> None:
        shutil.rmtree(self._rehearsal, ignore_errors=True)
        for pattern in (_KEPT, f".{_KEPT}.part"):
            for path in self._folder.backups.glob(pattern):
                if str(path) != keep:
                    path.unlink(missing_ok=True)

    def ready(self) -> str:
        try:
            answer = ask(self._folder.control, Ready(), _READY_SECONDS_MAX)
        except (Problem, OSError, msgspec.MsgspecError):  # on its way up or down
            return ""
        return str(answer.get("version", "")) if answer else ""

    def _more(self, kept: Path) -> int | None:
        try:
            return self.lost(kept)[0]
        except Exception:  # noqa: BLE001 - whatever a failed version has made of it
            return None

    def _give_rooms(self) -> None:
        """What was missing has just been made."""
        for path in self._folder.root.iterdir():
            if path.is_dir():
                self._give(path)
        if self._folder.lock.exists():
            self._give(self._folder.lock)

    def _give(self, path: Path) -> None:
        """Root makes it, the server's user has to use it."""
        if os.geteuid() == 0:
            os.chown(path, *self.owner())
