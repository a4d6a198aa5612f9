"""One server a data folder: a second is refused with the first one's pid, whatever the first is doing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.appliance import ROOT, Appliance, free_port
from tests.storage.mounts import mounted


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data")
    server.start()
    yield server
    os.kill(server.pid, signal.SIGCONT)
    server.kill()


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "app", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


def second(data: Path) -> "subprocess.CompletedProcess[str]":
    return run("serve", "--data", str(data), "--listen", f"127.0.0.1:{free_port()}")


def refused(done: "subprocess.CompletedProcess[str]", pid: int) -> bool:
    return done.returncode == 1 and f"Process {pid} already serves" in done.stderr and "Traceback" not in done.stderr


def test_a_second_start_is_refused_with_the_first_ones_pid_also_when_that_is_frozen(first: Appliance) -> None:
    done = second(first.data)
    assert refused(done, first.pid), done
    os.kill(first.pid, signal.SIGSTOP)
    done = second(first.data)
    assert refused(done, first.pid), done
    os.kill(first.pid, signal.SIGCONT)
    assert first.ready()


def test_a_command_says_that_a_frozen_server_is_silent(first: Appliance) -> None:
    os.kill(first.pid, signal.SIGSTOP)
    done = run("status", "--data", str(first.data))
    assert done.returncode == 1
    assert "has not answered for 5 seconds" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_lock_of_a_killed_server_stops_nobody(first: Appliance) -> None:
    first.kill()
    assert (first.data / "run" / "lock").read_text() == f"{first.pid}\n"
    first.start()
    assert refused(second(first.data), first.pid)


@pytest.mark.full
def test_the_same_folder_by_another_mount_is_the_same_folder(first: Appliance, tmp_path: Path) -> None:
    with mounted(tmp_path / "elsewhere", "--bind", str(first.data)) as folder:
        done = second(folder)
        assert refused(done, first.pid), done
