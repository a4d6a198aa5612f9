"""The long tests in parts of forty minutes at most, one after the other; what is done is remembered.

    python -m tests.soak [--part N] [--list] [--again]

Without `--part` it goes on behind the last part that was done, until all are; the next call then begins anew. A part is
one test (`-m soak`) in a pytest of its own. One that holds appends its row to `tests/bench/soak.md`; what is done is
kept in `.cache/soak.json`, so that a run may be stopped after any part.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.soak import record
from tests.journeys.appliance import ROOT

DONE = ROOT / ".cache" / "soak.json"
PART_SECONDS_MAX = 40 * 60.0
_PYTEST = (sys.executable, "-m", "pytest", "-s", "-m", "soak", "--hypothesis-profile=soak", "-p", "no:cacheprovider")


def main() -> int:
    """Run what is asked for; the exit code of the part that failed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--part", type=int, help="this one alone, by its number in --list")
    parser.add_argument("--list", action="store_true", help="the parts, and which are done")
    parser.add_argument("--again", action="store_true", help="forget what is done")
    asked = parser.parse_args()
    if asked.again:
        DONE.unlink(missing_ok=True)
    parts = collected()
    done = remembered(parts)
    if asked.list:
        for number, part in enumerate(parts, 1):
            print(f"{number:3} {'done' if part in done else '    '} {part}")
        return 0
    if asked.part is not None and not 1 <= asked.part <= len(parts):
        parser.error(f"there are parts 1 to {len(parts)}: see --list")
    for part in chosen(parts, done, asked.part):
        code = run(part)
        if code != 0:
            return code
        done = [*done, part] if part not in done else done
        remember([] if set(done) == set(parts) else done)
    return 0


def collected() -> list[str]:
    """Every long test, by its name for pytest."""
    told = subprocess.run([*_PYTEST, "--collect-only", "-q"], cwd=ROOT, capture_output=True, text=True, check=False)
    parts = [line for line in told.stdout.splitlines() if "::" in line]
    if told.returncode != 0 or not parts:
        raise SystemExit(f"the tests cannot be collected:\n{told.stdout}{told.stderr}")
    return parts


def chosen(parts: Sequence[str], done: Sequence[str], part: int | None) -> list[str]:
    """The one that is asked for, else all that are not done."""
    return [parts[part - 1]] if part is not None else [one for one in parts if one not in done]


def remembered(parts: Sequence[str], path: Path = DONE) -> list[str]:
    """Which of these parts are done; a name that no test has any more is forgotten."""
    if not path.exists():
        return []
    return [part for part in json.loads(path.read_text()) if part in parts]


def remember(done: Sequence[str], path: Path = DONE) -> None:
    """These are done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(done, indent=1))


def run(part: str) -> int:
    """One part, with its row in the table where it held; pytest's exit code, 1 where it took too long."""
    print(f"== {part}", flush=True)
    began = time.monotonic()
    pytest = subprocess.Popen([*_PYTEST, part], cwd=ROOT, start_new_session=True)
    try:
        code = pytest.wait(PART_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(pytest.pid, signal.SIGKILL)  # with what it started
        pytest.wait()
        print(f"{part} took more than {PART_SECONDS_MAX / 60:.0f} minutes", flush=True)
        return 1
    if code == 0:
        record(part.removeprefix("tests/"), time.monotonic() - began, "held")
    return code


if __name__ == "__main__":
    sys.exit(main())
