"""glibc's heap, which keeps the room of what was freed until it is told to give it back. Other C libraries do not."""

from collections.abc import Callable
from typing import cast

_MMAP_THRESHOLD = -3  # mallopt(3)
_MMAP_THRESHOLD_BYTES = 131_072


def map_large_blocks() -> None:
    """From now on blocks of 128 KiB and more are mapped each on its own, and given back when they are freed.

    Otherwise glibc moves such blocks among the small ones after the first was freed.
    """
    if set_option := _call("mallopt"):
        set_option(_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES)


def trim() -> None:
    """Give back what is free: 0.2 ms where there is nothing, 0.6 ms a MiB otherwise. From any thread."""
    if give_back := _call("malloc_trim"):
        give_back(0)


def _call(name: str) -> Callable[..., int] | None:
    import ctypes  # 1.3 ms that a start need not take

    return cast("Callable[..., int] | None", getattr(ctypes.CDLL(None), name, None))
