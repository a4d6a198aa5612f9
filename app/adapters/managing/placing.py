"""A spec's file into its place below `data/adapters`: whole or not at all, and on the disk when it is said to be."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from app.model.errors import Unavailable


def place(path: Path, text: bytes) -> None:
    """Write a file, readable by the server's user alone. Raises `Unavailable`: the disk is full, say."""
    draft = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")  # no `.yaml`: nobody takes it up
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def take_away(path: Path) -> None:
    """Remove a file. Raises `Unavailable`."""
    try:
        path.unlink(missing_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def _sync(folder: Path) -> None:
    """What a folder lists is on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "adapter_unwritable",
        f"adapters/{path.name} cannot be written: {error.strerror}. Make room, or give the server's user the right to "
        "write there.",
        f"无法写入 adapters/{path.name}：{error.strerror}。请释放空间，或为服务器用户开放写入权限。",
    )
