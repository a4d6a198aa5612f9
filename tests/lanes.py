"""A pytest plugin: several pytests, the lanes, share the tests out among them while they run, a file at a time.

    python -m pytest -p tests.lanes --lane=FOLDER [--backwards]    (as many as there are lanes, with the same folder)

Every lane collects all; before it runs a file it takes it, by making a file of its name in the folder that they share,
which only one of them can. So they end at about the same moment on every machine, whatever each file takes there.
A lane that goes backwards begins with browsers, which fill the processor; one that does not begins with what kills,
counts seconds and waits. Where they meet, each has what its tests share for a whole session and nothing else beside it.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

LAST = ("tests/journeys/", "tests/shots/")  # a browser and demo appliances stand ready from their first test on


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lane", type=Path, metavar="FOLDER", help="where lanes tell each other what they took")
    parser.addoption("--backwards", action="store_true", help="begin at the end, where another lane began in front")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    folder: Path | None = session.config.getoption("--lane")
    if folder is None or session.config.option.collectonly or session.testsfailed:
        return None  # nothing to share out; what could not be collected is told by pytest's own loop
    items = _taken(session.items, folder, backwards=session.config.getoption("--backwards"))
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


def _taken(items: Iterable[pytest.Item], folder: Path, *, backwards: bool) -> Iterator[pytest.Item]:
    """The tests of those files that this lane is the first to take."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    order = sorted(files, key=lambda file: file.startswith(LAST))
    for file in reversed(order) if backwards else order:
        if _take(folder / file.replace("/", "+")):
            yield from files[file]


def _take(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
