"""Gateway processes of the one file and of the tree it installs: one that dies is started again, nothing is lost."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.journeys.appliance import ROOT, Appliance
from tests.journeys.crowd import Crowd
from tests.journeys.desk import EMAIL, PASSWORD, Desk

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"
SECONDS_MAX = 60.0  # against hanging; no figure


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert BINARY.exists(), "run `make binary` first"
    folder = tmp_path_factory.mktemp("tree") / "monodesk"
    subprocess.run([BINARY, "unpack", folder], check=True)
    return folder / "monodesk"


@pytest.fixture(params=["file", "tree"])
def appliance(request: pytest.FixtureRequest, tree: Path, tmp_path: Path) -> Iterator[Appliance]:
    program = BINARY if request.param == "file" else tree
    server = Appliance(tmp_path / "data", command=(str(program),), options=("--workers", "2"))
    server.start()
    try:
        command = (program, "setup", "--email", EMAIL, "--data", server.data)
        subprocess.run(command, input=PASSWORD.encode(), check=True, capture_output=True, timeout=SECONDS_MAX)
        yield server
    finally:
        server.kill()


def test_a_gateway_that_is_killed_comes_back_and_nothing_is_lost(appliance: Appliance) -> None:
    until(lambda: len(gateways(appliance)) == 2)
    with Crowd(appliance.port, Desk.sign_in, sockets=4, polls=2) as crowd:
        for _ in range(2):
            victim, other = gateways(appliance)
            with crowd.measured():
                victim.send_signal(signal.SIGKILL)
                victim.wait(SECONDS_MAX)
                until(lambda: len(gateways(appliance)) == 2)
            assert other in gateways(appliance), "only what died is started again"
        until(lambda: linked(appliance) == 2)
        crowd.rest()
    assert appliance.stop() == 0
    assert crowd.compare(appliance.data / "monodesk.db") > 0


def gateways(server: Appliance) -> list[psutil.Process]:
    """Those that listen: of the one file the bootloader before each is none."""
    found = []
    for process in psutil.Process(server.pid).children(recursive=True):
        try:
            words, listens = process.cmdline(), process.net_connections("tcp")
        except psutil.NoSuchProcess:
            continue
        if "gateway" in words and any(one.status == psutil.CONN_LISTEN for one in listens):
            found.append(process)
    return found


def linked(server: Appliance) -> int:
    """How many the core knows of."""
    lines = server.get("/metrics")[1].decode().splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("monodesk_gateways "))))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
