"""What `/metrics` of a running server counts."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.seed import INBOX_ID
from tests.journeys.appliance import Appliance


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data", options=("--demo",))
    server.start()
    yield server
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
