"""A run of pytest in which one unlucky moment of a busy machine is told apart from a defect.

    python -m tests.tries [--beside PATH]... [what pytest takes]

A few of these tests kill processes, fill disks and count seconds, on machines that others use as well. Where at most
`FAILED_MAX` fail, each is tried twice more by itself and has to hold both times. It is named in the end all the same:
a defect that shows itself now and then is mostly one of the product's, so it stays somebody's work. Anything else than
failed tests (a broken collection, a crash, Ctrl-C) is what it was.

The tests of each `--beside` run in a second pytest beside the one of all others; what it prints comes when it is done.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.journeys.appliance import ROOT

FAILED_MAX = 3
TRIES = 2
_PYTEST = (sys.executable, "-m", "pytest")
_ALL_HELD, _SOME_FAILED = 0, 1  # pytest.ExitCode


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Pytest's exit code; 0 also where all that failed held when tried again."""
    parser = argparse.ArgumentParser(prog="python -m tests.tries", allow_abbrev=False)
    parser.add_argument("--beside", action="append", default=[], help="a file or folder of tests", metavar="PATH")
    asked, given = parser.parse_known_args(arguments)
    code, failed = first_run(given, asked.beside, root)
    if code != _SOME_FAILED or not 0 < len(failed) <= FAILED_MAX:
        return code
    for test in failed:
        for number in range(1, TRIES + 1):
            print(f"\n=== again, by itself, {number} of {TRIES}: {test}", flush=True)
            code = subprocess.run(
                [*_PYTEST, *own(given), "-p", "no:cacheprovider", test], cwd=root, check=False
            ).returncode
            if code != _ALL_HELD:
                return code
    print("\n=== unsteady, each failed once and then held twice by itself:", *failed, sep="\n    ", flush=True)
    return 0


def first_run(given: Sequence[str], beside: Sequence[str], root: Path) -> tuple[int, list[str]]:
    """The worst exit code of the two, and the names of the tests that failed."""
    with tempfile.TemporaryDirectory() as folder:
        here, there = Path(folder) / "here", Path(folder) / "there"
        if not beside:
            return subprocess.run(_command(given, here), cwd=root, check=False).returncode, failed_in(here)
        said = Path(folder) / "said"
        with (
            said.open("wb") as file,
            subprocess.Popen(_command((*given, *beside), there), cwd=root, stdout=file, stderr=file) as other,
        ):
            others = (f"--ignore={path}" for path in beside)
            code = subprocess.run(_command((*given, *others), here), cwd=root, check=False).returncode
        print(f"\n=== beside it: {' '.join(beside)}\n{said.read_text(errors='replace')}", flush=True)
        return max(code, other.returncode, key=_badness), [*failed_in(here), *failed_in(there)]


def _command(given: Sequence[str], cache: Path) -> list[str]:
    return [*_PYTEST, *given, "-o", f"cache_dir={cache}"]


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
