"""What `/metrics` of a running server counts."""

import json
import re
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from app.demo.seed import INBOX_ID
from tests.journeys.appliance import Appliance

SECONDS_MAX = 90.0  # against hanging; no figure


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data", options=("--demo",))
    server.start()
    yield server
    server.kill()


def figures(server: Appliance, name: str) -> dict[str, float]:
    """A figure's values by gateway."""
    page = server.get("/metrics")[1].decode()
    found = re.findall(rf'^monodesk_{name}{{gateway="(\d)"}} (\S+)$', page, re.MULTILINE)
    return {whose: float(value) for whose, value in found}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_gateway_processes_are_shown_by_number_and_in_sum(tmp_path: Path) -> None:
    server = Appliance(
        tmp_path / "data",
        options=("--workers", "2"),
        environment={"MONODESK_TLS_MODE": "own", "MONODESK_LIMITS_GATEWAY_FIGURES_SECONDS": "0.1"},
        secure=lambda: ssl.create_default_context(cafile=str(tmp_path / "data" / "keys" / "authority.crt")),
    )
    server.start()
    try:
        until(lambda: len(figures(server, "gateway_tasks")) == 2)
        children = {child.pid: child for child in psutil.Process(server.pid).children()}
        assert sorted(figures(server, "gateway_descriptors")) == ["0", "1"]
        told, real = figures(server, "gateway_resident_bytes"), [one.memory_info().rss for one in children.values()]
        assert all(min(real) * 0.7 < value < max(real) * 1.3 for value in told.values()), (told, real)
        before = figures(server, "gateway_descriptors")

        with ExitStack() as lines:
            for _ in range(20):
                lines.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            until(lambda: sum(figures(server, "gateway_connections").values()) >= 20)
            until(lambda: sum(figures(server, "gateway_descriptors").values()) >= sum(before.values()) + 18)
            assert re.search(r"^monodesk_connections (2\d)\.0$", server.get("/metrics")[1].decode(), re.MULTILINE)

        for _ in range(3):
            with socket.create_connection(("127.0.0.1", server.port)) as line:
                line.sendall(b"\x16\x03\x01\x00\x05hello")
                while line.recv(4_096):
                    pass
        until(lambda: sum(figures(server, "gateway_tls_handshakes_failed").values()) >= 3)
        until(lambda: "monodesk_tls_handshakes_failed 0.0" not in server.get("/metrics")[1].decode())

        next(iter(children.values())).kill()
        until(lambda: "a gateway process ended" in server.output())
        until(lambda: len(figures(server, "gateway_tasks")) == 2)  # the one in its place has its number
        assert max(figures(server, "gateway_figures_age_seconds").values()) < SECONDS_MAX
    finally:
        server.kill()


def test_a_stored_message_is_counted_once(appliance: Appliance) -> None:
    session = appliance.send("POST", "/api/v1/visitor/session", json.dumps({"inbox": INBOX_ID}).encode())
    bearer = {"Authorization": f"Bearer {json.loads(session[1])['token']}", "Idempotency-Key": secrets.token_hex(16)}
    for _ in range(2):  # the retry finds the first result
        status, _ = appliance.send("POST", "/api/v1/visitor/messages", b'{"text": "hello"}', bearer)
        assert status in (200, 201)
    page = appliance.get("/metrics")[1].decode()
    assert 'monodesk_messages_stored_total{sender="visitor"} 1.0' in page
    assert "monodesk_commit_seconds_count" in page
    assert "monodesk_sockets 0.0" in page
