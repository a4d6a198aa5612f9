"""The installed form of the one file: a folder with the launcher `monodesk` and, in `_internal/`, all it needs.

It starts in half the time, as one process, and needs no temporary folder.
"""

import errno
import fcntl
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.model.errors import Conflict, Problem, Unavailable
from installer.onefile import OneFile

LAUNCHER = "monodesk"
_ROOM = (errno.ENOSPC, errno.EDQUOT)
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)  # rename(2): somebody else was first
_FOLDER_MODE = 0o755


def source_is_onefile() -> bool:
    """Whether this process runs from the downloaded file, not from a tree and not from source."""
    return bool(getattr(sys, "frozen", False)) and _contents().parent != _executable().parent


def unpack(target: Path) -> None:
    """Write the running program's tree to `target`, which must not exist; after a power cut all or nothing is there.

    Raises `Unavailable` from source and where the disk does not take it, `Conflict` where `target` exists.
    """
    if not getattr(sys, "frozen", False):
        raise Unavailable(
            "not_the_one_file",
            "Source cannot be installed. Build the one file with `make binary`, then run dist/monodesk.",
            "源码无法安装。请先用 `make binary` 构建单文件程序，再运行 dist/monodesk。",
        )
    if source_is_onefile():
        unpack_file(_executable(), target)
    else:
        _write(target, _Copy(_executable(), _contents()))


def unpack_file(file: Path, target: Path) -> None:
    """As `unpack`, of the one file at `file`, without running it. Raises `Unsupported` where it is none."""
    with OneFile.open(file) as onefile:
        _write(target, _Unpacked(onefile))


class _Unpacked:
    def __init__(self, onefile: OneFile) -> None:
        self._onefile = onefile

    def into(self, folder: Path) -> None:
        for entry in self._onefile.entries:
            if not entry.is_unpacked:
                continue
            path = folder / self._onefile.contents / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if entry.is_link:
                path.symlink_to(self._onefile.data(entry).decode())
            else:
                _write_file(path, self._onefile.data(entry), entry.mode)
        _write_file(folder / LAUNCHER, self._onefile.launcher(), 0o755)


class _Copy:
    def __init__(self, launcher: Path, contents: Path) -> None:
        self._launcher = launcher
        self._contents = contents

    def into(self, folder: Path) -> None:
        shutil.copytree(self._contents, folder / self._contents.name, symlinks=True)
        shutil.copy2(self._launcher, folder / LAUNCHER)


def _write(target: Path, source: _Unpacked | _Copy) -> None:
    if target.exists():
        raise _exists(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _beside(target) as folder:
            source.into(folder)
            _settle(folder)
            folder.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise _refused(target, error) from error


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """An empty folder to write in, on the same disk, gone at the end; locked, so that nobody else sweeps it."""
    with ExitStack() as held:
        with _locked(target.parent, fcntl.LOCK_EX):  # else it might be swept before it is locked
            _sweep(target)
            name = held.enter_context(tempfile.TemporaryDirectory(prefix=_prefix(target), dir=target.parent))
            held.enter_context(_locked(Path(name), fcntl.LOCK_SH))
        folder = Path(name) / target.name
        folder.mkdir()
        yield folder


def _sweep(target: Path) -> None:
    """Remove what killed ones left beside it."""
    for left in target.parent.glob(f"{glob.escape(_prefix(target))}*"):
        try:
            with _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(left)
        except (BlockingIOError, FileNotFoundError):
            continue  # somebody is still writing it, or is just done


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Hold the folder itself (flock(2)); the kernel lets go when the process ends, however that is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _prefix(target: Path) -> str:
    return f".{target.name}.unpacking-"


def _write_file(path: Path, data: bytes, mode: int) -> None:
    path.write_bytes(data)
    path.chmod(mode)


def _settle(folder: Path) -> None:
    """Rights that do not hang on the caller's umask, and everything on the disk before the name is (fsync(2))."""
    for path, _, files in os.walk(folder, topdown=False):
        for name in files:
            if not Path(path, name).is_symlink():
                _sync(Path(path, name))
        Path(path).chmod(_FOLDER_MODE)
        _sync(Path(path))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(target: Path, error: OSError) -> Problem:
    if error.errno in _TAKEN:
        return _exists(target)
    why = error.strerror or str(error)
    if error.errno in _ROOM:
        return Unavailable(
            "disk_full",
            f"{target} could not be written: the disk is full. Make room and try again; nothing was left there.",
            f"无法写入 {target}：磁盘已满。请腾出空间后重试；未留下任何文件。",
        )
    return Unavailable(
        "not_writable",
        f"{target} could not be written: {why}. Name a folder that you may write to, or run it as its owner.",
        f"无法写入 {target}：{why}。请指定有写入权限的目录，或以其所有者身份运行。",
    )


def _exists(target: Path) -> Conflict:
    return Conflict(
        "tree_exists",
        f"{target} exists already. Name another folder, or remove this one first.",
        f"{target} 已存在。请指定其他目录，或先删除该目录。",
    )


def _executable() -> Path:
    return Path(sys.executable).resolve()


def _contents() -> Path:
    return Path(getattr(sys, "_MEIPASS", "")).resolve()
