"""Unix socket addresses for folders of any depth.

A socket's address holds 107 bytes (unix(7)), a data folder's path may be longer: such a path is reached through its
folder's descriptor under /proc.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ADDRESS_BYTES_MAX = 107


@contextmanager
def unix_address(path: Path) -> Iterator[str]:
    """An address for `path` that is short enough to bind or connect to, good inside the block."""
    if len(os.fsencode(path)) <= _ADDRESS_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
