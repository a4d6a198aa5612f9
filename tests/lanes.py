"""A pytest plugin: several pytests, the lanes, share the tests out among them while they run, a file at a time.

    python -m pytest -p tests.lanes --lane=FOLDER    (as many as there are lanes, with the same folder)

Every lane collects all; before it runs a file it takes it, by making a file of its name in the folder that they share,
which only one of them can. So they end at about the same moment on every machine, whatever each file takes there. The
longest come first, or one of them would be what is left over when all else is done.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

# What takes minutes, the longest first, and folders that are one piece: machines boot trees and fill the processor.
LONG = (
    "tests/shots/test_screens.py",
    "tests/machines/",
    "tests/abuse/test_memory.py",
    "tests/fuzz/test_fuzz.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lane", type=Path, metavar="FOLDER", help="where lanes tell each other what they took")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    folder: Path | None = session.config.getoption("--lane")
    if folder is None or session.config.option.collectonly or session.testsfailed:
        return None  # nothing to share out; what could not be collected is told by pytest's own loop
    items = _taken(session.items, folder)
    item = next(items, None)
    while item is not None:
        following = next(items, None)  # taken before this one ends, so that what both share is not built anew
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


def _taken(items: Iterable[pytest.Item], folder: Path) -> Iterator[pytest.Item]:
    """The tests of those pieces that this lane is the first to take."""
    for piece, members in groupby(sorted(items, key=_place), key=_piece):
        if _take(folder / piece.replace("/", "+")):
            yield from members


def _take(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _place(item: pytest.Item) -> int:
    """Where its piece stands in the line; what is not long keeps its order."""
    piece = _piece(item)
    return LONG.index(piece) if piece in LONG else len(LONG)


def _piece(item: pytest.Item) -> str:
    """What is taken at once: the test's file, or a folder of `LONG`."""
    file = item.nodeid.partition("::")[0]
    return next((place for place in LONG if file.startswith(place)), file)
