"""What `status` says of a proxy that nobody named: in both languages, and wherever the gateways run."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.commands.test_commands import run
from tests.journeys.appliance import Appliance

SECONDS_MAX = 90.0  # against hanging; no figure
CAP = 20


@pytest.fixture(params=[0, 1], ids=["one process", "a gateway beside"])
def appliance(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Appliance]:
    environment = {"MONODESK_LIMITS_CONNECTIONS_PER_ADDRESS_MAX": str(CAP)}
    options = ("--workers", str(request.param))
    server = Appliance(tmp_path / "data", options=options, environment=environment)
    server.start()
    yield server
    server.kill()


def test_most_connections_from_one_address_are_told_once_it_is_a_crowd(appliance: Appliance) -> None:
    before = json.loads(run("status", "--json", data=appliance.data).stdout)
    assert before["warnings"] == []
    with ExitStack() as open_ones:
        for _ in range(CAP):
            open_ones.enter_context(socket.create_connection(("127.0.0.1", appliance.port)))
        deadline = time.monotonic() + SECONDS_MAX
        while not json.loads(run("status", "--json", data=appliance.data).stdout)["warnings"]:
            assert time.monotonic() < deadline, appliance.output()
        refused = open_ones.enter_context(socket.create_connection(("127.0.0.1", appliance.port)))
        assert b"too_many_connections" in refused.recv(4_096)
    assert "! Most connections come from 127.0.0.1" in run("status", data=appliance.data).stdout
    assert "! 大部分连接来自 127.0.0.1" in run("status", data=appliance.data, language="zh_CN.UTF-8").stdout
    assert appliance.output().count("name it in trusted_proxies") == 1
