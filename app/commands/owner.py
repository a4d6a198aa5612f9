"""Whose a data folder is: what root does in it must stay readable for the server that owns it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept(data: Path) -> Iterator[None]:
    """Give to the folder's owner whatever root has made in it meanwhile; nothing for anybody else."""
    try:
        before = data.stat()
    except OSError:
        before = None
    try:
        yield
    finally:
        if before is not None and before.st_uid != 0 and os.geteuid() == 0 and data.is_dir():
            _give(data, before.st_uid, before.st_gid)


def _give(data: Path, user: int, group: int) -> None:
    """Files of root alone, never what a link leads to."""
    for folder, _, files in os.walk(data):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            if path.lstat().st_uid == 0:
                os.lchown(path, user, group)
