"""A command whose reader goes away ends without a word; a server that hangs up is told of."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.appliance import ROOT

SHOWING = (["version"], ["--help"], ["install", "--help"], ["probe", "--json"], ["config", "explain"], ["fly"])
CUT = 141


def _run(*arguments: str, stdout: int, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=stderr, timeout=60, check=False)


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe that nobody reads any more."""
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@pytest.mark.parametrize("arguments", SHOWING[:-1], ids=" ".join)
def test_a_command_that_nobody_reads_ends_in_silence(unread: int, arguments: list[str]) -> None:
    done = _run(*arguments, stdout=unread)
    assert done.stderr == b""
    assert done.returncode in ((0, CUT) if "--help" in arguments else (CUT,)), "argparse keeps it to itself"


@pytest.mark.parametrize("arguments", SHOWING, ids=" ".join)
def test_neither_does_it_say_so_where_nobody_reads(unread: int, arguments: list[str]) -> None:
    """`monodesk … 2>&1 | head -1`."""
    assert _run(*arguments, stdout=unread, stderr=unread).returncode in (0, CUT, 2)


def test_a_pipe_that_is_cut_in_the_middle() -> None:
    line = f"{sys.executable} -m app config explain | head -1; echo ${{PIPESTATUS[0]}} >&2"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr in ("0\n", f"{CUT}\n")


def test_what_changes_something_goes_on_without_a_reader(unread: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "setup", "--email", "li@example.com", "--data", str(tmp_path / "data")],
        cwd=ROOT,
        input=b"four unrelated words here\n",
        stdout=unread,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    again = _run("setup", "--link", "--data", str(tmp_path / "data"), stdout=subprocess.PIPE)
    assert again.returncode == 1, "there is an owner"


@pytest.mark.parametrize("answer", [b"", b'{"result": {'], ids=["nothing", "half an answer"])
def test_a_server_that_hangs_up_is_told_of(tmp_path: Path, answer: bytes) -> None:
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "run" / "control.sock"))
        server.listen()
        threading.Thread(target=_hang_up, args=(server, answer), daemon=True).start()
        done = _run("status", "--data", str(tmp_path), stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"hung up before it answered" in done.stderr and b"Traceback" not in done.stderr


def _hang_up(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    connection.sendall(answer)
    connection.close()


def test_a_broken_pipe_that_is_not_the_output_stays_an_error() -> None:
    script = "import app.cli\ndef broken(*_): raise BrokenPipeError('elsewhere')\n"
    script += "app.cli.handler_of = lambda _: broken\nraise SystemExit(app.cli.main(['version'], {}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "BrokenPipeError: elsewhere" in done.stderr
