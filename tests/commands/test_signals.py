"""Signals at the real server, alone and with gateway processes."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.commands.test_workers import alive, gateways, listens, until
from tests.installer.source_files import write_tree
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk

_DRAIN_SECONDS = 60.0  # so long that only a second signal ends it in time
_BODY = b"Content-Type: text/plain\r\nX-File-Name: a.txt\r\nContent-Length: 9\r\n\r\n{"


@pytest.fixture
def server(tmp_path: Path, workers: int) -> Iterator[Appliance]:
    seconds = ("STOP_SECONDS_MAX", "BODY_SECONDS_MAX", "BODY_PAUSE_SECONDS_MAX")
    patience = {f"MONODESK_LIMITS_{name}": str(_DRAIN_SECONDS) for name in seconds}
    server = Appliance(tmp_path / "data", options=("--workers", str(workers)), environment=patience)
    server.start()
    until(lambda: len(gateways(server)) == workers and all(listens(one) for one in gateways(server)))
    yield server
    server.kill()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_second_term_ends_at_once(server: Appliance) -> None:
    family = gateways(server)
    with Desk.founded(server.data, server.port) as desk:
        token = desk.visitor(desk.inbox())[0]
    head = f"POST /api/v1/visitor/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port)) as stuck:
        stuck.sendall(head + _BODY)
        until(lambda: [*server.data.glob("files/incoming/*")])
        os.kill(server.pid, signal.SIGTERM)
        os.kill(server.pid, signal.SIGTERM)  # the same moment: the same wish
        time.sleep(1.0)
        assert psutil.Process(server.pid).status() != psutil.STATUS_ZOMBIE, server.output()
        assert server.stop(_DRAIN_SECONDS / 2) == -signal.SIGTERM
    until(lambda: not any(alive(one) for one in family))


@pytest.mark.full
def test_a_start_that_hangs_ends_when_it_is_told_to(tmp_path: Path) -> None:
    hangs = ("    await http.start()\n", "    await asyncio.sleep(600)\n")
    program = write_tree(tmp_path / "tree", "1.0.0", changes={"app/appliance.py": hangs}) / "monodesk"
    data = tmp_path / "data"
    environment = {**os.environ, "MONODESK_LIMITS_STOP_SECONDS_MAX": "0.5"}
    with subprocess.Popen(
        [program, "serve", "--data", data, "--listen", "127.0.0.1:0"], env=environment, stderr=subprocess.DEVNULL
    ) as server:
        try:
            until((data / "monodesk.db").exists)  # by then it heeds signals
            server.terminate()
            assert server.wait(_DRAIN_SECONDS) == -signal.SIGTERM
        finally:
            server.kill()
    assert "told to end while starting" in (data / "logs" / "monodesk.log").read_text()


def logged(server: Appliance, text: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (server.data / "logs" / "monodesk.log").read_text().splitlines()]
    return [line for line in lines if line["text"] == text]


def hang_up(server: Appliance, text: str) -> dict[str, Any]:
    """HUP; the line by which the server answers it."""
    before = len(logged(server, text))
    os.kill(server.pid, signal.SIGHUP)
    until(lambda: len(logged(server, text)) > before)
    return logged(server, text)[-1]


@pytest.mark.parametrize("workers", [0, 2])
def test_hup_takes_over_what_may_change_in_every_process(server: Appliance) -> None:
    config = server.data / "config.toml"
    family = gateways(server)
    config.write_text("[limits]\nconnections_max = 1\nreaders = 2\n")
    answer = hang_up(server, "the configuration was read again")
    assert "limits.connections_max" in answer["changed"]
    assert "limits.readers" in logged(server, "these settings change at the next start alone")[-1]["settings"]
    # a gateway takes one connection, and has no place for a second one
    until(lambda: _refused(server, len(family) + 1))

    config.write_text("[limits]\nconnections_max = none\n")
    wrong = hang_up(server, "the configuration stays as it was")
    assert "config.toml" in wrong["reason"]
    assert _refused(server, len(family) + 1)

    config.unlink()
    assert "limits.connections_max" in hang_up(server, "the configuration was read again")["changed"]
    until(server.ready)
    assert gateways(server) == family


def _refused(server: Appliance, holders: int) -> bool:
    """Whether nobody is served while so many hold a connection each, wherever the kernel put them."""
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8 * holders)]
    try:
        return not server.ready()
    finally:
        for one in held:
            one.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_usr1_and_hup_at_the_whole_group_harm_nobody_and_the_log_goes_on(server: Appliance) -> None:
    family = gateways(server)
    log = server.data / "logs" / "monodesk.log"
    log.rename(log.with_name("moved"))
    os.killpg(server.pid, signal.SIGUSR1)
    os.killpg(server.pid, signal.SIGHUP)
    until(log.exists)
    until(lambda: bool(logged(server, "the configuration was read again")))
    assert gateways(server) == family
    assert server.ready()
