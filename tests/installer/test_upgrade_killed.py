"""An upgrade that is killed at any of its steps is ended by the next command; meanwhile what is installed starts."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.installer.installation import Installation, Visitor, installed
from tests.installer.source_files import write_file
from tests.installer.test_upgrade import NEXT, step, stored_once
from tests.journeys.appliance import ROOT

# What is killed just before it: the last words of a step, and which of those that end so. The order is the upgrade's.
MOMENTS = [
    ("subprocess.Popen monodesk monodesk unpack", 1),
    ("os.rename .1.1.0.part 1.1.0", 1),
    ("subprocess.Popen monodesk monodesk rehearse", 1),
    ("os.rename .upgrade.json.new upgrade.json", 2),  # switching
    ("os.kill", 1),
    ("os.rename .before-upgrade-1.1.0.db.part before-upgrade-1.1.0.db", 1),
    ("os.rename .upgrade.json.new upgrade.json", 3),  # starting
    ("os.rename .current.new current", 1),
    ("subprocess.Popen monodesk monodesk serve", 1),
    ("os.rename .install.json.new install.json", 1),
    ("os.rename .upgrade.json.new upgrade.json", 4),  # settled
]
WAY_BACK = [
    ("os.rename .upgrade.json.new upgrade.json", 1),
    ("os.kill", 1),
    ("os.link", 1),
    ("os.rename .monodesk.db.back monodesk.db", 1),
    ("os.rename .current.new current", 1),
    ("subprocess.Popen monodesk monodesk serve", 1),
    ("os.rename .install.json.new install.json", 1),
]


def spread(moments: Sequence[tuple[str, int]]) -> list[ParameterSet]:
    """Every third moment in `make test-all`, the others in `make soak`: each takes seconds of a machine."""
    marks = (pytest.mark.full, pytest.mark.soak, pytest.mark.soak)
    return [pytest.param(number, marks=marks[number % 3]) for number in range(len(moments))]


def run_killed(made: Installation, step: int | str, *words: str | Path) -> tuple[int, list[str]]:
    """Exit code and the steps up to the kill."""
    listing = made.prefix.with_name("steps")
    own = made.layout.version("1.0.0" if words[0] == "upgrade" else "1.1.0") / "_internal"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.installer.killed", str(step), listing, *words, "--prefix", made.prefix],
        capture_output=True,
        check=False,
        timeout=180,
        env={
            **os.environ,
            "PYTHONPATH": f"{own}:{ROOT}",
            "LC_ALL": "C.UTF-8",
            "MONODESK_LIMITS_UPGRADE_READY_SECONDS_MIN": "120",
        },
    )
    return done.returncode, listing.read_text().splitlines()


def moment(steps: list[str], words: str, count: int) -> int:
    """The number of a step."""
    found = [number for number, text in enumerate(steps, 1) if text.startswith(words)]
    assert len(found) >= count, f"{words} is none of:\n" + "\n".join(steps)
    return found[count - 1]


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Of an upgrade and of a rollback that are left alone."""
    folder = tmp_path_factory.mktemp("listed")
    with installed(folder) as made:
        file = write_file(folder / "desk", "1.1.0", steps=step(made))
        made.server.start()
        code, there = run_killed(made, 0, "upgrade", file, "--allow-unsigned")
        assert code == 0
        code, back = run_killed(made, 0, "rollback", "--discard")
        assert code == 0
    return {"upgrade": there, "rollback": back}


@pytest.mark.parametrize("number", spread(MOMENTS), ids=lambda number: " ".join(map(str, MOMENTS[number])))
def test_an_upgrade_killed_here_is_ended_by_the_next_command(
    tmp_path: Path, steps: dict[str, list[str]], number: int
) -> None:
    command, started_first = ("upgrade", "rollback")[number % 2], number % 4 < 2
    with installed(tmp_path) as made:
        file = write_file(tmp_path / "desk", "1.1.0", steps=step(made, NEXT))
        made.server.start()
        with Visitor(made.server) as visitor:
            code = run_killed(made, moment(steps["upgrade"], *MOMENTS[number]), "upgrade", file, "--allow-unsigned")[0]
            assert code == -signal.SIGKILL
            if not made.pid and started_first:
                made.server.kill()  # it has ended: its parent, this test, has to take note
                made.server.start()  # as the machine does after a power cut
            if command == "upgrade":
                done = made.run("upgrade", file, "--allow-unsigned")
                assert done.returncode == 0, done.stderr
            else:
                made.run("rollback")  # refused where there is nothing left to end
        assert made.serves() == made.layout.points_to() == made.record.version
        assert made.serves() == "1.1.0" or command == "rollback"
        stored_once(made, visitor)
        assert not [name for name in made.trees if name.startswith(".")]
        assert not (made.layout.data / "run" / "rehearsal").exists()
        assert not (made.prefix / "incoming").exists()


@pytest.mark.parametrize("number", spread(WAY_BACK), ids=lambda number: " ".join(map(str, WAY_BACK[number])))
def test_a_rollback_killed_here_is_ended_by_the_next(tmp_path: Path, steps: dict[str, list[str]], number: int) -> None:
    with installed(tmp_path) as made:
        file = write_file(tmp_path / "desk", "1.1.0", steps=step(made))
        made.server.start()
        with Visitor(made.server) as visitor:
            pass
        assert made.run("upgrade", file, "--allow-unsigned").returncode == 0
        schema = made.schema()
        code = run_killed(made, moment(steps["rollback"], *WAY_BACK[number]), "rollback", "--discard")[0]
        assert code == -signal.SIGKILL
        done = made.run("rollback", "--discard")
        assert done.returncode == 0, done.stderr
        assert (made.serves(), made.layout.points_to(), made.record.version) == ("1.0.0", "1.0.0", "1.0.0")
        assert (made.schema(), made.trees) == (schema - 1, ["1.0.0"])
        stored_once(made, visitor)
