"""A run of pytest in which one unlucky moment of a busy machine is told apart from a defect.

    python -m tests.tries [--lanes N] [what pytest takes]

A few of these tests kill processes, fill disks and count seconds, on machines that others use as well. Where at most
`FAILED_MAX` fail, each is tried twice more by itself and has to hold both times. It is named in the end all the same:
a defect that shows itself now and then is mostly one of the product's, so it stays somebody's work. Anything else than
failed tests (a broken collection, a crash, Ctrl-C) is what it was.

With `--lanes` the tests run in so many pytests beside each other (`tests.lanes`); what the first prints is seen at
once, what the others print when they are done.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.journeys.appliance import ROOT

FAILED_MAX = 8  # of thousands; three lanes on two cores get into each other's way
TRIES = 2
_PYTEST = (sys.executable, "-m", "pytest")
_ALL_HELD, _SOME_FAILED = 0, 1  # pytest.ExitCode


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Pytest's exit code; 0 also where all that failed held when tried again."""
    parser = argparse.ArgumentParser(prog="python -m tests.tries", allow_abbrev=False)
    parser.add_argument("--lanes", type=int, default=1, help="pytests beside each other", metavar="N")
    asked, given = parser.parse_known_args(arguments)
    code, failed = first_run(given, asked.lanes, root)
    if code != _SOME_FAILED or not 0 < len(failed) <= FAILED_MAX:
        _tell("failed", failed)
        return code
    for test in failed:
        for number in range(1, TRIES + 1):
            print(f"\n=== again, by itself, {number} of {TRIES}: {test}", flush=True)
            code = subprocess.run(
                [*_PYTEST, *own(given), "-p", "no:cacheprovider", test], cwd=root, check=False
            ).returncode
            if code != _ALL_HELD:
                _tell("failed again", [test])
                return code
    _tell("unsteady, each failed once and then held twice by itself", failed)
    return 0


def _tell(what: str, tests: Sequence[str]) -> None:
    """Last of all, and short: of a long output often only the end is kept."""
    if tests:
        print(f"\n=== {what}:", *(test.removeprefix("tests/") for test in tests), sep="\n", flush=True)


def first_run(given: Sequence[str], lanes: int, root: Path) -> tuple[int, list[str]]:
    """The worst exit code of all lanes, and the names of the tests that failed."""
    with tempfile.TemporaryDirectory() as made, ExitStack() as running:
        folder = Path(made)
        (folder / "taken").mkdir()
        others = {number: _beside(given, folder, number, root, running) for number in range(2, lanes + 1)}
        codes = [subprocess.run(_command(given, folder, 1), cwd=root, check=False).returncode]
        for number, other in others.items():
            codes.append(other.wait())
            said = _said(folder, number).read_text(errors="replace")
            print(f"\n=== lane {number} of {lanes}\n{said}", flush=True)
        failed = [test for number in range(1, lanes + 1) for test in failed_in(_cache(folder, number))]
        return max(codes, key=_badness), sorted(failed)


def _beside(
    given: Sequence[str], folder: Path, number: int, root: Path, running: ExitStack
) -> "subprocess.Popen[bytes]":
    said = running.enter_context(_said(folder, number).open("wb"))
    command = _command(given, folder, number)
    return running.enter_context(subprocess.Popen(command, cwd=root, stdout=said, stderr=said))


def _command(given: Sequence[str], folder: Path, number: int) -> list[str]:
    lane = ["-p", "tests.lanes", f"--lane={folder / 'taken'}", "-o", f"cache_dir={_cache(folder, number)}"]
    return [*_PYTEST, *given, *lane, *(["--backwards"] if number % 2 == 0 else [])]


def _cache(folder: Path, number: int) -> Path:
    return folder / f"cache-{number}"


def _said(folder: Path, number: int) -> Path:
    return folder / f"said-{number}"


def _badness(code: int) -> int:
    """Failed tests are the least of what can have happened; a signal is a negative code."""
    return 0 if code == _ALL_HELD else 1 if code == _SOME_FAILED else 1 + abs(code)


def own(arguments: Sequence[str]) -> list[str]:
    """Of what pytest was given, the choice of marks and the profile: not the paths."""
    kept: list[str] = []
    for at, argument in enumerate(arguments):
        if argument.startswith("--hypothesis-profile"):
            kept.append(argument)
        elif argument == "-m":
            kept += arguments[at : at + 2]
    return kept


def failed_in(cache: Path) -> list[str]:
    """The names of the tests that failed, as pytest remembers them."""
    path = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(path.read_bytes())) if path.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
