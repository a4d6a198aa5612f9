"""Calls of an upgrade fail once: the command says so in words, a server serves, nothing acknowledged is lost.

`make test-all` tries some of the kinds of calls, `make soak` every call, each with both errors.
"""

from pathlib import Path

import pytest

from app.storage.migrations import migrations
from tests.faults.shim import Call, Shim
from tests.installer.installation import Visitor, installed
from tests.installer.source_files import write_file

ALONE = "unset LD_PRELOAD"  # the new version's own calls are tried where it migrates and serves
OF_THE_SHELL = ("_internal", "versions", "current/")  # a program that cannot be read is not what is tried
STEP = {f"{len(migrations()) + 1:04}_tomorrow.sql": "CREATE TABLE tomorrow (x INTEGER);\n"}
STRIDE = 30  # one in so many of the kinds of calls: each costs an upgrade of some seconds
PARTS = 6  # of all calls: some twenty minutes each
ERRORS = ("ENOSPC", "EIO")


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """Those of an upgrade that is left alone."""
    return counted(tmp_path_factory.mktemp("counted"))


@pytest.mark.full
@pytest.mark.parametrize("error", ERRORS)
def test_what_the_disk_refuses_is_told_and_the_command_given_again_succeeds(
    tmp_path: Path, calls: list[Call], error: str
) -> None:
    numbers = of_each_kind(calls)
    assert len(numbers) > 2 * STRIDE
    for number in numbers[ERRORS.index(error) * STRIDE // len(ERRORS) :: STRIDE]:
        refused_once(tmp_path / str(number), number, error)


@pytest.mark.soak
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_call_of_an_upgrade_fails_once(tmp_path: Path, calls: list[Call], part: int, error: str) -> None:
    for call in calls[part::PARTS]:
        refused_once(tmp_path / str(call.number), call.number, error)


def refused_once(folder: Path, number: int, error: str) -> None:
    """The call of this number fails in an upgrade under a visitor."""
    folder.mkdir()
    with installed(folder) as made:
        file = write_file(folder / "desk", "1.1.0", steps=STEP, before=ALONE)
        file.write_text(file.read_text().replace("#!/bin/sh", f"#!/bin/sh\n{ALONE}"))
        made.server.start()
        with Shim(made.prefix) as shim, Visitor(made.server) as visitor:
            shim.arm(number, error)
            done = made.run("upgrade", file, "--allow-unsigned", environment=shim.environment)
            shim.rest()
            assert "Traceback" not in done.stderr, (number, done.stderr)
            assert done.returncode in (0, 1)
            if done.returncode:
                again = made.run("upgrade", file, "--allow-unsigned")
                assert again.returncode == 0, (number, done.stderr, again.stderr)
        assert made.serves() == made.layout.points_to() == made.record.version == "1.1.0"
        texts = {text for (text,) in made.rows("SELECT text FROM messages")}
        assert set(visitor.acknowledged) <= texts, number


def counted(folder: Path) -> list[Call]:
    """The calls of an upgrade, but for those that read a program."""
    with installed(folder) as made:
        file = write_file(folder / "desk", "1.1.0", steps=STEP, before=ALONE)
        file.write_text(file.read_text().replace("#!/bin/sh", f"#!/bin/sh\n{ALONE}"))
        made.server.start()
        with Shim(made.prefix) as shim:
            shim.arm(0, ERRORS[0])
            assert made.run("upgrade", file, "--allow-unsigned", environment=shim.environment).returncode == 0
            shim.rest()
            return [call for call in shim.calls if not _reads_a_program(call)]


def of_each_kind(calls: list[Call]) -> list[int]:
    """The first and the last of each kind on each file."""
    kinds: dict[str, list[int]] = {}
    for call in calls:
        kinds.setdefault(call.what, []).append(call.number)
    return sorted({number for found in kinds.values() for number in (found[0], found[-1])})


def _reads_a_program(call: Call) -> bool:
    return call.what.startswith("open ") and any(part in call.what for part in OF_THE_SHELL)
