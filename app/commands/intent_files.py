"""Files of phrases as commands of the intent engine take them: `FILE`, or `FILE:SPLIT`."""

from collections.abc import Sequence
from pathlib import Path

from app.intent.tables import examples
from app.model.errors import NotFound
from app.model.intents import Example
from app.settings import Limits


def read(names: Sequence[str], wanted: str, limits: Limits, limit: int | None = None) -> list[Example]:
    """The rows of all files for `wanted` (train, valid, test), at most `limit` of each."""
    found: list[Example] = []
    for name in names:
        path, split = _path(name)
        found += examples(_content(path), str(path), wanted, limits, split=split)[:limit]
    return found


def _path(name: str) -> tuple[Path, str]:
    """A file of that very name, or one before a colon with its split behind it."""
    before, colon, split = name.rpartition(":")
    if colon and before and split and not Path(name).exists():
        return Path(before), split
    return Path(name), ""


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise NotFound("intent_file", f"{path} cannot be read: {why}.", f"无法读取 {path}：{why}。") from None
