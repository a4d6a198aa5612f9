"""Where files lie in the data folder, and how one gets there so that no power cut can take it away again."""

import os
from pathlib import Path

INCOMING = "incoming"
_FOLDER_CHARACTERS = 2


def place(folder: Path, stored_as: str) -> Path:
    """Where a file of this random name lies under `files/`: `ab/abcdef…`."""
    return folder / stored_as[:_FOLDER_CHARACTERS] / stored_as


def incoming(folder: Path, stored_as: str) -> Path:
    """Where it lies while it arrives."""
    return folder / INCOMING / stored_as


def move(arrived: Path, place: Path) -> None:
    """Rename into place so that neither the bytes nor the name can be lost: both folders are synced."""
    if not place.parent.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        _sync(place.parent.parent)
    arrived.rename(place)
    _sync(place.parent)


def older(folder: Path, before_ms: int) -> list[Path]:
    """Files that were last written before `before_ms`."""
    return [path for path in folder.glob("*/*") if path.is_file() and path.stat().st_mtime_ns // 1_000_000 < before_ms]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
