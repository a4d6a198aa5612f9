"""A network's share of uploads, asked of the running server: visitors cost nothing to make, addresses do."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.demo.seed import INBOX_ID
from tests.journeys.appliance import Appliance

MEBIBYTE = 1 << 20
SECONDS_MAX = 90.0  # against hanging; no figure
RUNNING, DAY = 2, 2 * MEBIBYTE
HERE, BESIDE, ELSEWHERE = "2001:db8:1:2::7", "2001:db8:1:2:ffff::9", "2001:db8:1:3::7"  # the first two share a /64


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Appliance]:
    environment = {
        "MONODESK_TRUSTED_PROXIES": "127.0.0.1",
        "MONODESK_LIMITS_UPLOADS_RUNNING_OF_NETWORK_MAX": str(RUNNING),
        "MONODESK_LIMITS_NETWORK_BYTES_PER_DAY": str(DAY),
    }
    server = Appliance(tmp_path / "data", options=("--demo",), environment=environment)
    server.start()
    yield server
    server.kill()


def visitor(server: Appliance, address: str) -> dict[str, str]:
    """The fields by which a new visitor at this address is known."""
    told = {"X-Forwarded-For": address}
    status, body = server.send(
        "POST", "/api/v1/visitor/session", json.dumps({"inbox": INBOX_ID}).encode(), headers=told
    )
    assert status == 200, body
    return {**told, "Authorization": f"Bearer {json.loads(body)['token']}"}


def send(server: Appliance, own: dict[str, str], content: bytes) -> tuple[int, str]:
    """Status and code of one upload."""
    fields = {**own, "Content-Type": "text/plain", "X-File-Name": "a.txt"}
    status, body = server.send("POST", "/api/v1/visitor/files", content, fields)
    return status, json.loads(body).get("code", "")


def begin(server: Appliance, own: dict[str, str], reached: bytes) -> socket.socket:
    """An upload that stands in the middle, seen to run: a part of it lies on the disk."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    fields = {"Host": f"127.0.0.1:{server.port}", "Content-Length": "300000", **own}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    line.sendall(f"POST /api/v1/visitor/files HTTP/1.1\r\n{head}\r\n".encode() + reached)
    return line


def arriving(server: Appliance) -> int:
    """How many bodies lie on the disk in part."""
    return sum(1 for path in (server.data / "files" / "incoming").rglob("*") if path.is_file())


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_visitors_of_a_network_run_so_many_uploads_and_leave_the_rest_to_others(server: Appliance) -> None:
    with ExitStack() as lines:
        for count, address in enumerate((HERE, BESIDE), 1):
            lines.enter_context(begin(server, visitor(server, address), b"x" * 1_000))
            until(lambda: arriving(server) == count)  # noqa: B023 - awaited at once
        assert send(server, visitor(server, BESIDE), b"hello") == (503, "too_many_uploads")
        assert send(server, visitor(server, ELSEWHERE), b"hello") == (200, "")
    own = visitor(server, HERE)
    until(lambda: send(server, own, b"hello") == (200, ""))  # as soon as it is known that they have left


def test_the_visitors_of_a_network_send_so_many_bytes_a_day(server: Appliance) -> None:
    half = b"x" * (DAY // 2)
    assert send(server, visitor(server, HERE), half) == (200, "")
    assert send(server, visitor(server, BESIDE), b"MZ\x90\0" + half[:-100_000])[0] == 415, "paid, though not taken"
    refused = send(server, visitor(server, HERE), half[:-4])
    assert refused == (429, "upload_quota_network")
    tus = {**visitor(server, HERE), "Tus-Resumable": "1.0.0", "Upload-Length": str(DAY // 2)}
    status, body = server.send("POST", "/api/v1/visitor/uploads", headers=tus)
    assert (status, json.loads(body)["code"]) == (429, "upload_quota_network")
    assert send(server, visitor(server, ELSEWHERE), half) == (200, "")


def test_a_body_that_does_not_say_its_length_is_cut_where_the_day_ends(server: Appliance) -> None:
    own = {**visitor(server, HERE), "Transfer-Encoding": "chunked"}
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        fields = {"Host": f"127.0.0.1:{server.port}", **own}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        line.sendall(f"POST /api/v1/visitor/files HTTP/1.1\r\n{head}\r\n".encode())
        piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        for _ in range(DAY // 65_536 + 1):
            line.sendall(piece)
        assert line.recv(4_096).startswith(b"HTTP/1.1 429 ")
    assert arriving(server) == 0


def test_agents_are_bounded_by_name_and_not_by_their_network(server: Appliance) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    token = server.demo_link("Hannah Reed").rpartition("=")[2]
    line.request("POST", "/api/v1/session/demo", json.dumps({"token": token}), {"Content-Type": "application/json"})
    cookies = line.getresponse().headers.get_all("set-cookie") or []
    line.close()
    cookie = next(one.partition(";")[0] for one in cookies if one.startswith("monodesk_session="))
    own = {"Cookie": cookie, "Origin": server.url, "X-Forwarded-For": HERE, "Content-Type": "text/plain"}
    for _ in range(3):
        status, body = server.send("POST", "/api/v1/files", b"x" * (DAY // 2), {**own, "X-File-Name": "a.txt"})
        assert status == 200, body
