"""Does the steps of a plan; where one fails, those before it are undone, the last one first."""

import os
import pwd
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from app.model.errors import Problem, Unavailable
from installer import layout as places
from installer.programs import Programs
from installer.steps import (
    Call,
    Give,
    Lead,
    MakeFolder,
    MakeUser,
    Note,
    Pack,
    Plan,
    Remove,
    RemoveEmpty,
    Step,
    Unpack,
    Write,
)

Undo = Callable[[], None]


class Apply:
    """Does plans on this machine; `tell` hears of each step before it is done.

    `unpack` writes the running program's tree to a folder, `pack` an image of it to a file.
    """

    def __init__(
        self,
        programs: Programs,
        unpack: Callable[[Path], None],
        pack: Callable[[Path], None],
        tell: Callable[[Step], None],
    ) -> None:
        self._programs = programs
        self._unpack = unpack
        self._pack = pack
        self._tell = tell
        self._aside: list[Path] = []

    def do(self, plan: Plan) -> None:
        """All steps in order; raises `Problem` with the reason where one fails, after the others were undone."""
        undone: list[Undo] = []
        try:
            for step in plan.steps:
                self._tell(step)
                undone += self._do(step)
        except (OSError, Problem) as error:
            for undo in reversed(undone):
                with suppress(OSError, Problem):  # what can be undone is undone, whatever else fails
                    undo()
            if isinstance(error, Problem):
                raise
            raise _refused(error) from error
        for folder in self._aside:
            shutil.rmtree(folder, ignore_errors=True)

    def _do(self, step: Step) -> list[Undo]:
        match step:
            case MakeFolder(path=path, mode=mode, user=user):
                return self._make_folder(path, mode, user)
            case MakeUser(name=name, home=home):
                return self._make_user(name, home)
            case Give(path=path, user=user):
                return self._give(path, user)
            case Unpack(folder=folder):
                return self._put(folder)
            case Write():
                return self._write(step)
            case Pack(path=path):
                return self._image(path)
            case Lead(path=path, target=target):
                return self._lead(path, target)
            case Call():
                return self._call(step)
            case Note(prefix=prefix, record=record):
                return self._note(prefix, record)
            case Remove(path=path):
                self._remove(path)
            case RemoveEmpty(path=path):
                with suppress(OSError):  # something is in it, or it is gone
                    path.rmdir()
        return []

    def _make_folder(self, path: Path, mode: int, user: str) -> list[Undo]:
        path.mkdir()
        path.chmod(mode)
        if user:
            shutil.chown(path, user, user)
        return [path.rmdir]

    def _make_user(self, name: str, home: Path) -> list[Undo]:
        self._programs.run(
            "useradd", "--system", "--user-group", "--home-dir", str(home), "--no-create-home", "--shell",
            "/usr/sbin/nologin", "--comment", "Monodesk server", name,
        )  # fmt: skip
        return [lambda: self._programs.run("userdel", name)]

    def _give(self, path: Path, user: str) -> list[Undo]:
        owner = pwd.getpwnam(user)
        for folder, folders, files in os.walk(path):
            for name in ("", *folders, *files):
                os.lchown(Path(folder, name), owner.pw_uid, owner.pw_gid)  # never what a link leads to
        return []

    def _call(self, step: Call) -> list[Undo]:
        if step.needed:
            self._programs.run(*step.command)
        else:
            with suppress(Problem):
                self._programs.run(*step.command)
        return [lambda: self._programs.run(*step.back)] if step.back else []

    def _put(self, folder: Path) -> list[Undo]:
        aside = folder.with_name(f".{folder.name}.aside")
        shutil.rmtree(aside, ignore_errors=True)
        undo: list[Undo] = []
        if folder.exists():
            folder.rename(aside)
            self._aside.append(aside)
            undo = [partial(_rename, aside, folder)]
        try:
            self._unpack(folder)
        except BaseException:
            for back in undo:
                back()
            raise
        return [*undo, lambda: shutil.rmtree(folder)]

    def _write(self, step: Write) -> list[Undo]:
        path, undo = step.path, self._restore(step.path)
        draft = path.with_name(f".{path.name}.new")
        with draft.open("w", encoding="utf-8") as file:
            file.write(step.text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(step.mode)
        if step.user:
            shutil.chown(draft, step.user, step.user)
        draft.replace(path)
        places.sync(path.parent)
        return [undo]

    def _image(self, path: Path) -> list[Undo]:
        """A new one beside an old one of this version; the old one is gone only when the new one is whole."""
        before = path.exists()
        self._pack(path)
        return [] if before else [path.unlink]

    def _restore(self, path: Path) -> Undo:
        """What brings a file back as it is now, or takes it away again."""
        if not path.exists():
            return path.unlink
        content, mode = path.read_bytes(), path.stat().st_mode & 0o7777

        def back() -> None:
            path.write_bytes(content)
            path.chmod(mode)

        return back

    def _lead(self, path: Path, target: str) -> list[Undo]:
        before = str(path.readlink()) if path.is_symlink() else None
        _link(path, target)
        return [path.unlink if before is None else lambda: _link(path, before)]

    def _note(self, prefix: Path, record: places.Record) -> list[Undo]:
        before = places.read(prefix)
        tree = places.digests(record.layout(prefix).version(record.version))
        places.write(prefix, msgspec.structs.replace(record, tree=tree))
        return [lambda: places.write(prefix, before) if before else places.file_of(prefix).unlink()]

    def _remove(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _rename(here: Path, there: Path) -> None:
    here.rename(there)


def _link(path: Path, target: str) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(path)
    places.sync(path.parent)


def _refused(error: OSError) -> Unavailable:
    why, where = error.strerror or str(error), error.filename or ""
    return Unavailable(
        "install_failed",
        f"{where}: {why}. What was done before it has been undone. Mend that, or name another folder, and try again.",
        f"{where}：{why}。之前的步骤已撤销。请修正该问题或指定其他目录后重试。",
    )
