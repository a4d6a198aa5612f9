"""Gateway processes as real processes: what ends is started again, nothing outlives the core."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from app.settings import Settings, to_json
from tests.journeys.appliance import ROOT, Appliance

SECONDS_MAX = 90.0  # against hanging; no figure


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data", options=("--workers", "2"))
    server.start()
    yield server
    server.kill()


def gateways(server: Appliance) -> list[psutil.Process]:
    return [child for child in psutil.Process(server.pid).children() if alive(child)]


def alive(child: psutil.Process) -> bool:
    try:
        return child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listens(gateway: psutil.Process) -> bool:
    return any(one.status == psutil.CONN_LISTEN for one in gateway.net_connections("tcp"))


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_server_is_ready_when_every_gateway_is(appliance: Appliance) -> None:
    """Not when one of them answers: another that does not start ends it all."""
    assert [listens(one) for one in gateways(appliance)] == [True, True]


def test_a_gateway_that_dies_is_started_again(appliance: Appliance) -> None:
    first = gateways(appliance)
    assert len(first) == 2
    first[0].kill()
    until(lambda: len(set(gateways(appliance)) - set(first)) == 1)
    until(appliance.ready)
    assert first[1] in gateways(appliance)


def test_all_gateways_answer_while_one_is_gone(appliance: Appliance) -> None:
    gateways(appliance)[0].kill()
    until(lambda: all(answers(appliance) for _ in range(8)))


def answers(server: Appliance) -> bool:
    """Not where the kernel had given the connection to the one that was killed: that one is lost."""
    try:
        return server.get("/healthz")[0] == 200
    except ConnectionError:
        return False


def test_no_gateway_outlives_a_killed_core(appliance: Appliance) -> None:
    children = gateways(appliance)
    psutil.Process(appliance.pid).kill()
    until(lambda: not any(alive(child) for child in children))


@pytest.mark.parametrize("how", ["term", "core killed"])
def test_a_gateway_whose_core_is_gone_before_it_answered_ends(tmp_path: Path, how: str) -> None:
    settings = to_json(Settings(data=tmp_path, listen="127.0.0.1:0", workers=1))
    command = [sys.executable, "-m", "app", "gateway", "--settings", settings]
    (tmp_path / "run").mkdir()
    gateway = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with gateway:
        if how == "core killed":  # which closes the pipe, here before the gateway looks at it
            assert gateway.stdin is not None
            gateway.stdin.close()
        else:
            until(lambda: (tmp_path / "logs" / "monodesk.log").exists())
            signals = Path(f"/proc/{gateway.pid}/status")
            until(lambda: int(signals.read_text().split("SigCgt:")[1].split()[0], 16) >> (signal.SIGTERM - 1) & 1 == 1)
            gateway.terminate()
        assert gateway.wait(SECONDS_MAX) == 0


def test_stopping_ends_them_all(appliance: Appliance) -> None:
    children = gateways(appliance)
    assert appliance.stop() == 0
    assert not any(child.is_running() for child in children)


def test_gateways_share_the_places_of_the_appliance(tmp_path: Path) -> None:
    environment = {"MONODESK_LIMITS_CONNECTIONS_MAX": "10", "MONODESK_LIMITS_HEAD_SECONDS_MAX": "100"}
    server = Appliance(tmp_path / "data", options=("--workers", "2"), environment=environment)
    server.start()
    try:
        until(lambda: [listens(one) for one in gateways(server)] == [True, True])
        with ExitStack() as opened:
            tried = [opened.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(60)]
            until(lambda: sum(map(refused, tried)) >= 48)
            assert sum(map(refused, tried)) == 48, "each has six places: its half, and a fifth more"
    finally:
        server.kill()


def refused(tried: socket.socket) -> bool:
    """Whether the server has closed it; it stays as it is."""
    tried.setblocking(False)
    try:
        return tried.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
