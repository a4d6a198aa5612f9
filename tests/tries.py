"""A run of pytest in which one unlucky moment of a busy machine is told apart from a defect.

    python -m tests.tries [what pytest takes]

A few of these tests kill processes, fill disks and count seconds, on machines that others use as well. Where at most
`FAILED_MAX` fail, each is tried twice more by itself and has to hold both times. It is named in the end all the same:
a defect that shows itself now and then is mostly one of the product's, so it stays somebody's work. Anything else than
failed tests (a broken collection, a crash, Ctrl-C) is what it was.
"""

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
_SOME_FAILED = 1  # pytest.ExitCode.TESTS_FAILED


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Pytest's exit code; 0 also where all that failed held when tried again."""
    with tempfile.TemporaryDirectory() as cache:
        code = run((*arguments, "-o", f"cache_dir={cache}"), root)
        failed = failed_in(Path(cache))
    if code != _SOME_FAILED or not 0 < len(failed) <= FAILED_MAX:
        return code
    for test in failed:
        for number in range(1, TRIES + 1):
            print(f"\n=== again, by itself, {number} of {TRIES}: {test}", flush=True)
            code = run((*own(arguments), "-p", "no:cacheprovider", test), root)
            if code != 0:
                return code
    print("\n=== unsteady, each failed once and then held twice by itself:", *failed, sep="\n    ", flush=True)
    return 0


def run(arguments: Sequence[str], root: Path) -> int:
    """One pytest of its own, in this folder."""
    return subprocess.run([*_PYTEST, *arguments], cwd=root, check=False).returncode


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
