"""The frozen file serves, talks and stops; it is the file that `make binary` left in dist/."""

import json
import ssl
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import psutil
import pytest
from websockets.sync.client import connect

from app import __version__
from app.demo.seed import INBOX_ID
from tests.journeys.appliance import ROOT, Appliance

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"
_SECONDS_MAX = 120.0
CID = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def binary() -> Path:
    assert BINARY.exists(), "run `make binary` first"
    return BINARY


@pytest.fixture
def workers() -> int:
    return 0


@pytest.fixture
def appliance(binary: Path, tmp_path: Path, workers: int) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data", command=(str(binary),), options=("--demo", "--workers", str(workers)))
    server.start()
    yield server
    server.kill()


def test_says_its_version(binary: Path) -> None:
    done = subprocess.run([binary, "version", "--json"], capture_output=True, check=True)

    assert json.loads(done.stdout) == {"version": __version__}


def test_keeps_a_server_as_its_source_does(binary: Path, appliance: Appliance, tmp_path: Path) -> None:
    """What reads the program's own code, or is found by its name, is there in the file as well."""

    def ran(*words: str) -> str:
        line = [str(binary), *words]
        return subprocess.run(line, capture_output=True, check=True, text=True, timeout=_SECONDS_MAX).stdout

    data = ("--data", str(appliance.data))
    assert "complete -F _monodesk monodesk" in ran("completions", "bash")
    assert '"text":"serving"' in ran("logs", "--json", *data)
    assert json.loads(ran("status", "--json", *data))["running"]
    ran("support-bundle", str(tmp_path / "desk.zip"), *data)
    with zipfile.ZipFile(tmp_path / "desk.zip") as archive:
        log = [json.loads(line)["text"] for line in archive.read("log.jsonl").splitlines()]
        findings = json.loads(archive.read("doctor.json"))["findings"]
    assert "serving" in log, "its own sentences are known"
    assert len(findings) > 15


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/", "/chat/" + INBOX_ID, "/demo", "/widget.js"])
def test_serves_what_it_carries(appliance: Appliance, path: str) -> None:
    status, body = appliance.get(path)

    assert status == 200
    assert body


def test_every_asset_of_the_page_is_there(appliance: Appliance) -> None:
    page = appliance.get("/")[1].decode()
    assets = [urljoin("/", part.split('"')[0]) for part in page.replace('src="', 'href="').split('href="')[1:]]

    assert assets
    assert {appliance.get(path)[0] for path in assets} == {200}
    for language, title in (("en", b"Getting started"), ("zh", "快速开始".encode())):
        assert title in appliance.get(f"/docs/{language}/start")[1]


@pytest.mark.parametrize("workers", [0, 2])
def test_takes_a_message_and_gives_it_back_after_kill_9(appliance: Appliance) -> None:
    token = _visitor(appliance)
    with connect(f"ws://127.0.0.1:{appliance.port}/ws") as socket:
        socket.send(json.dumps({"t": "hello", "inbox": INBOX_ID, "token": token}))
        assert json.loads(socket.recv())["t"] == "welcome"
        socket.send(json.dumps({"t": "resume"}))
        socket.send(json.dumps({"t": "send", "cid": CID, "text": "冻结文件 hello"}))
        ack = next(frame for frame in map(json.loads, socket) if frame["t"] == "ack")

    appliance.kill()
    appliance.start()

    status, body = _post(appliance, "/api/v1/visitor/session", {"inbox": INBOX_ID, "token": token})
    assert status == 200
    assert [thread["conv"] for thread in json.loads(body)["threads"]] == [ack["conv"]]


@pytest.mark.parametrize("workers", [0, 2])
def test_speaks_https_with_a_root_of_its_own(binary: Path, tmp_path: Path, workers: int) -> None:
    root = tmp_path / "data" / "keys" / "authority.crt"
    server = Appliance(
        tmp_path / "data",
        command=(str(binary),),
        options=("--workers", str(workers)),
        environment={"MONODESK_TLS_MODE": "own"},
        secure=lambda: ssl.create_default_context(cafile=str(root)),
    )
    server.start()
    try:
        assert server.get("/healthz") == (200, b"ok\n")
        assert b"Trust this server" in server.get("/certificate")[1]
        assert server.get("/certificate/monodesk-root.crt") == (200, root.read_bytes())
    finally:
        server.kill()


def test_ends_clean_at_term(appliance: Appliance) -> None:
    assert appliance.stop() == 0
    assert not appliance.ready()


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("victim", ["bootloader", "core"])
def test_nothing_outlives_what_is_killed(appliance: Appliance, victim: str) -> None:
    bootloader = psutil.Process(appliance.pid)
    core = bootloader.children()[0]
    family = bootloader.children(recursive=True)
    (bootloader if victim == "bootloader" else core).kill()

    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    assert not appliance.ready()


def _visitor(appliance: Appliance) -> str:
    status, body = _post(appliance, "/api/v1/visitor/session", {"inbox": INBOX_ID})
    assert status == 200, body
    token: str = json.loads(body)["token"]
    return token


def _post(appliance: Appliance, path: str, value: dict[str, str]) -> tuple[int, bytes]:
    return appliance.send("POST", path, json.dumps(value).encode())
