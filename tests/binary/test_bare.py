"""The one file where there is no Python: the oldest C library that is promised, and a new one."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from installer.bundle.chroot import tree
from tests.binary.bare import SEEN, BareAppliance
from tests.journeys.appliance import ROOT

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"
PASSWORD = "four unrelated words here"
CID = "0123456789abcdef" * 2


@pytest.fixture(params=["bullseye", "trixie"])
def appliance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BareAppliance]:
    root = tree(request.param)
    assert not [path for folder in ("bin", "lib", "local/bin") for path in (root / "usr" / folder).glob("*python*")]
    shutil.copy(BINARY, tmp_path)
    server = BareAppliance(request.param, tmp_path)
    server.start()
    yield server
    server.kill()


def test_serves_a_chat_keeps_it_and_ends_clean(appliance: BareAppliance) -> None:
    made = appliance.run("setup", "--email", "li@example.com", "--name", "李雷", given=f"{PASSWORD}\n")
    assert (made.returncode, made.stderr) == (0, "")
    with httpx.Client(base_url=appliance.url, headers={"Origin": appliance.url}) as desk:
        assert desk.post("/api/v1/session", json={"email": "li@example.com", "password": PASSWORD}).status_code == 200
        inbox = desk.get("/api/v1/inboxes").json()["inboxes"][0]["id"]
    token = httpx.post(f"{appliance.url}/api/v1/visitor/session", json={"inbox": inbox}).json()["token"]
    with connect(f"ws://127.0.0.1:{appliance.port}/ws") as socket:
        socket.send(json.dumps({"t": "hello", "inbox": inbox, "token": token}))
        assert json.loads(socket.recv())["t"] == "welcome"
        socket.send(json.dumps({"t": "resume"}))
        socket.send(json.dumps({"t": "send", "cid": CID, "text": "你好 hello"}))
        ack = next(frame for frame in map(json.loads, socket) if frame["t"] == "ack")
    assert ack["conv"]

    saved = appliance.run("backup", f"{SEEN}/desk.zip")
    assert (saved.returncode, saved.stderr) == (0, "")
    assert (appliance.data.parent / "desk.zip").stat().st_size > 10_000

    assert appliance.stop() == 0
    assert not appliance.ready()
