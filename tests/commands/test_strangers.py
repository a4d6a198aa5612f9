"""Commands over a data folder that belongs to another user: a sentence, no traceback, and nothing is made."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.test_commands import run
from tests.journeys.appliance import ROOT

# Everything is imported before root is put down: the source itself may lie where the other user cannot read.
_AS_ANOTHER = """
import os, sys
from app.storage.library import install; install()
from app.cli import handler_of, main
import app.appliance, app.commands.progress, app.commands.syntax.wrong
for command in ("status", "logs", "support_bundle", "doctor", "setup", "search", "config", "probe", "serve"):
    handler_of(f"{command}:run")
handler_of("archive:backup")
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def anothers(tmp_path: Path) -> Iterator[Path]:
    data = tmp_path / "data"
    assert run("setup", "--link", data=data).returncode == 0
    data.chmod(0)
    yield data
    data.chmod(0o700)


@pytest.mark.parametrize(
    "words",
    ["status", "status --json", "logs", "logs --follow", "setup --link", "backup x.zip", "search rebuild",
     "config explain", "probe", "serve", "doctor"],
)  # fmt: skip
def test_what_belongs_to_another_user_is_told_in_a_sentence(anothers: Path, words: str) -> None:
    done = _as_another(*words.split(), data=anothers)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert str(anothers) in done.stderr and "sudo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bundle_tells_what_it_could_not_have(anothers: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="monodesk-test-") as folder:  # one that the other user may use
        Path(folder).chmod(0o777)
        done = _as_another("support-bundle", f"{folder}/x.zip", data=anothers)
        assert (done.returncode, done.stderr) == (0, "")
        with zipfile.ZipFile(f"{folder}/x.zip") as archive:
            assert json.loads(archive.read("settings.json"))["refused"] == "config_not_readable"
            assert json.loads(archive.read("log.jsonl"))["failed"] == "PermissionError"
            assert json.loads(archive.read("versions.json"))["sqlite"]


def _as_another(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _AS_ANOTHER, *words, "--data", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        check=False,
    )
