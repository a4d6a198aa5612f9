"""The frozen file installed in a folder and brought to later frozen files, under visitors who write all the time."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app import __version__
from app.folder import Folder
from installer import layout, signature
from tests.binary.later import BINARY, FAILS, TABLE, later, repacked, step
from tests.journeys.appliance import Appliance
from tests.journeys.crowd import Crowd
from tests.journeys.desk import EMAIL, PASSWORD, Desk

pytestmark = pytest.mark.full

GAP_SECONDS_MAX = 5.0
SECONDS_MAX = 120.0  # against hanging
THREE_TIMES = 3.0  # a promise of the product is held with three times the margin: this machine is shared
NEXT, AFTER = "0.2.0", "0.3.0"


class Installed:
    """The file of `version` in dist/, installed as `portable`, with an owner, and served as its start.sh does."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.prefix = folder / "desk"
        self.layout = layout.of_portable(self.prefix)
        self.file = file
        subprocess.run(
            [file, "install", "--target", "portable", "--prefix", self.prefix], check=True, capture_output=True
        )
        self.server = Appliance(self.layout.data, command=(str(self.layout.program),))

    def run(
        self, *words: str | Path, given: str | None = None, environment: Mapping[str, str] = {}
    ) -> "subprocess.CompletedProcess[str]":
        """One command of the installed version."""
        where = ("--data", self.layout.data) if words[0] in ("setup", "status") else ("--prefix", self.prefix)
        return subprocess.run(
            [self.layout.program, *words, *where],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
            env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
        )

    @property
    def pid(self) -> int:
        return Folder(self.layout.data).holder()

    def serves(self) -> str:
        """The version of the server; a busy one is asked again."""
        deadline = time.monotonic() + SECONDS_MAX
        while not (said := self.run("status", "--json").stdout):
            assert time.monotonic() < deadline
        return str(json.loads(said)["version"])

    def end(self) -> None:
        while pid := self.pid:
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        self.server.kill()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A development key; `key.pub` beside it is its public half."""
    path = tmp_path / "key.pem"
    path.with_name("key.pub").write_text(signature.generate(path))
    return path


@pytest.fixture
def installed(tmp_path: Path, key: Path) -> Iterator[Installed]:
    """Of a file that knows the development key, otherwise the one in dist/."""
    made = Installed(tmp_path, later(tmp_path, __version__, keys=key.with_name("key.pub").read_text()))
    try:
        made.server.start()
        founded = made.run("setup", "--email", EMAIL, given=PASSWORD)
        assert founded.returncode == 0, founded.stderr
        yield made
    finally:
        made.end()


def test_without_a_change_the_same_file_comes_out(tmp_path: Path) -> None:
    repacked(BINARY, tmp_path / "same", {}, {})
    assert (tmp_path / "same").read_bytes() == BINARY.read_bytes()


def test_from_signed_file_to_signed_file_and_back_with_everybody_connected(
    installed: Installed, key: Path, tmp_path: Path
) -> None:
    table = step(1, TABLE.format(name="one"))
    keys = key.with_name("key.pub").read_text()
    file = later(tmp_path, NEXT, steps=table, keys=keys)
    with Crowd(installed.server.port, Desk.sign_in) as crowd:
        unsigned = installed.run("upgrade", file)
        assert (unsigned.returncode, "no signature" in unsigned.stderr) == (1, True), unsigned.stderr
        forced = installed.run("upgrade", file, "--allow-unsigned")  # by no person at a terminal
        assert (forced.returncode, "SHA-256" in forced.stderr) == (1, True), forced.stderr
        signed(file, key)
        with crowd.measured() as gaps:
            done = installed.run("upgrade", file)
            assert (done.returncode, "The signature is good" in done.stdout) == (0, True), done.stderr
        assert installed.serves() == NEXT
        assert gaps[0] < GAP_SECONDS_MAX * THREE_TIMES
        print(f"upgraded; longest silence {gaps[0]:.2f} s")

        older = installed.run("upgrade", signed(installed.file, key))
        assert (older.returncode, "older version may not know the database" in older.stderr) == (1, True)

        with crowd.measured():
            _is_ended_by_the_next_command(installed, signed(later(tmp_path, AFTER, steps=table, keys=keys), key))
        assert installed.serves() == AFTER

        with crowd.measured() as gaps:
            back = installed.run("rollback", "--json")
            assert back.returncode == 0, back.stderr
        assert installed.serves() == NEXT
        print(f"back; longest silence {gaps[0]:.2f} s")
        crowd.rest()
    os.kill(installed.pid, signal.SIGTERM)
    while installed.pid:
        time.sleep(0.02)
    assert crowd.compare(installed.layout.data / "monodesk.db") > 0
    assert sorted(path.name for path in installed.layout.versions.iterdir()) == [NEXT]


def _is_ended_by_the_next_command(installed: Installed, file: Path) -> None:
    """The upgrade dies by KILL when the server has been stopped for it."""
    pid = installed.pid
    with subprocess.Popen(
        [installed.layout.program, "upgrade", file, "--prefix", installed.prefix],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as upgrade:
        while installed.pid == pid:
            assert upgrade.poll() is None
            time.sleep(0.002)
        os.killpg(upgrade.pid, signal.SIGKILL)
    done = installed.run("upgrade", file)
    assert done.returncode == 0, done.stderr


def signed(file: Path, key: Path) -> Path:
    signature.sign(file, key)
    return file


def test_what_the_rehearsal_finds_is_told_in_its_own_words(tmp_path: Path) -> None:
    made = Installed(tmp_path, BINARY)
    refused = made.run("upgrade", later(tmp_path, NEXT, steps=step(1, FAILS)), "--allow-unsigned")
    assert refused.returncode == 1
    assert "no such table: nowhere" in refused.stderr and "Nothing was changed" in refused.stderr


def test_a_development_file_takes_what_nobody_signed_and_says_so(tmp_path: Path) -> None:
    made = Installed(tmp_path, BINARY)
    try:
        file = later(tmp_path, NEXT, steps=step(1, TABLE.format(name="one")))
        refused = made.run("upgrade", file)
        assert (refused.returncode, "--allow-unsigned" in refused.stderr) == (1, True), refused.stderr
        done = made.run("upgrade", file, "--allow-unsigned")
        assert (done.returncode, "NOT CHECKED who made this file" in done.stdout) == (0, True), done.stderr
        made.server.start()
        assert made.serves() == NEXT
    finally:
        made.end()
