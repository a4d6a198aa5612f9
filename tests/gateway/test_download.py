"""Files go from the disk to the socket, for who may have them, whole or in part, and never run in our origin."""

import asyncio
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop

from app.gateway.connection import Connection
from app.settings import Limits
from tests.gateway.client import Browser, until
from tests.gateway.conftest import Desk, opened

Loop = Callable[[], asyncio.AbstractEventLoop]
PROOF = {"cookie": "monodesk_session=agent"}


@pytest.fixture
def content() -> bytes:
    return os.urandom(1_000) * 300


@pytest.fixture
def file(desk: Desk, tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "stored"
    path.write_bytes(content)
    return desk.core.grant(path, "发票 2026.pdf", "application/pdf")


async def test_a_file_arrives_whole_and_the_connection_goes_on(desk: Desk, file: str, content: bytes) -> None:
    browser = await desk.browser()
    for _ in range(2):
        answer = await browser.get(f"/api/v1/files/{file}", **PROOF)
        assert (answer.status, answer.body) == (200, content)
        assert (await browser.get("/api/hello")).status == 200
        assert (await browser.get("/healthz")).body == b"ok\n"


async def test_a_strangers_file_cannot_run_in_our_origin(desk: Desk, file: str) -> None:
    answer = await (await desk.browser()).get(f"/api/v1/files/{file}", **PROOF)
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == ("attachment; filename*=UTF-8''%E5%8F%91%E7%A5%A8%202026.pdf")
    for kind, shown in (("image/png", "inline"), ("image/svg+xml", "attachment"), ("text/html", "attachment")):
        desk.core.files[file] = desk.core.files[file].__class__(
            desk.core.files[file].path, 'a"\r\nx: y', kind, desk.core.files[file].size, '"e"'
        )
        answer = await (await desk.browser()).get(f"/api/v1/files/{file}", **PROOF)
        assert answer.headers["content-disposition"].startswith(f"{shown}; ")
        assert "x" not in answer.headers


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=299990-", 206, 299_990, 300_000),
        ("bytes=299990-400000", 206, 299_990, 300_000),
        ("bytes=-7", 206, 299_993, 300_000),
        ("bytes=9-3", 200, 0, 300_000),
        ("bytes=-400000", 206, 0, 300_000),
        ("bytes=0-1,5-6", 200, 0, 300_000),
        ("bytes=0-1, -1", 200, 0, 300_000),
        ("bytes=" + "0-," * 1_000 + "0-", 200, 0, 300_000),
        ("bytes=1e3-", 200, 0, 300_000),
        ("bytes=-", 200, 0, 300_000),
        ("lines=1-2", 200, 0, 300_000),
    ],
)
async def test_one_range_is_sent_alone(
    desk: Desk, file: str, content: bytes, wanted: str, status: int, start: int, end: int
) -> None:
    answer = await (await desk.browser()).get(f"/api/v1/files/{file}", **PROOF, range=wanted)
    assert (answer.status, answer.body) == (status, content[start:end])
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/300000"


async def test_a_range_outside_is_refused_and_a_known_file_not_sent(desk: Desk, file: str) -> None:
    browser = await desk.browser()
    outside = await browser.get(f"/api/v1/files/{file}", **PROOF, range="bytes=300000-")
    assert (outside.status, outside.headers["content-range"]) == (416, "bytes */300000")
    nothing = await browser.get(f"/api/v1/files/{file}", **PROOF, range="bytes=-0")
    assert (nothing.status, nothing.body) == (416, b"")
    first = await browser.get(f"/api/v1/files/{file}", "HEAD", **PROOF, range="bytes=0-9")
    assert (first.status, first.headers["content-length"]) == (200, "300000")
    again = await browser.get(f"/api/v1/files/{file}", **PROOF, if_none_match=first.headers["etag"])
    assert again.status == 304
    for tags in ("*", f'"other", W/{first.headers["etag"]}'):
        assert (await browser.get(f"/api/v1/files/{file}", **PROOF, if_none_match=tags)).status == 304
    for other in ('"other"', f"W/{first.headers['etag']}", "Tue, 01 Sep 2026 00:00:00 GMT"):
        stale = await browser.get(f"/api/v1/files/{file}", **PROOF, range="bytes=0-9", if_range=other)
        assert stale.status == 200
    fresh = await browser.get(f"/api/v1/files/{file}", **PROOF, range="bytes=0-9", if_range=first.headers["etag"])
    assert fresh.status == 206


async def test_a_browser_that_holds_a_file_asks_again_and_is_refused_once_its_right_is_gone(
    desk: Desk, file: str
) -> None:
    browser = await desk.browser()
    first = await browser.get(f"/api/v1/files/{file}", **PROOF)
    assert first.headers["cache-control"] == "private, no-cache"
    gone = await browser.get(f"/api/v1/files/{file}", if_none_match=first.headers["etag"])
    assert (gone.status, gone.json()["code"]) == (401, "unauthenticated")
    grant = desk.core.files.pop(file)
    out_of_sight = await browser.get(f"/api/v1/files/{file}", **PROOF, if_none_match=grant.etag)
    assert out_of_sight.status == 404


async def test_who_may_not_have_it_is_told_so_in_his_language(desk: Desk, file: str) -> None:
    browser = await desk.browser()
    nobody = await browser.get(f"/api/v1/files/{file}")
    assert (nobody.status, nobody.json()["code"]) == (401, "unauthenticated")
    absent = await browser.get("/api/v1/files/" + "z" * 26, **PROOF, accept_language="zh-CN")
    assert absent.status == 404
    assert absent.json()["detail"].startswith("这里没有内容")
    assert (await browser.get("/healthz")).status == 200


async def test_a_visitors_address_takes_his_token_alone_and_an_agents_his_cookie_alone(desk: Desk, file: str) -> None:
    browser = await desk.browser()
    both = {"cookie": "monodesk_session=agent", "authorization": "Bearer token"}
    await browser.get(f"/api/v1/visitor/files/{file}", **both)
    await browser.get(f"/api/v1/files/{file}", **both)
    visitor, agent = desk.core.peers
    assert (visitor.cookie, visitor.authorization) == ("", "Bearer token")
    assert (agent.cookie, agent.authorization) == ("monodesk_session=agent", "")


async def test_a_file_that_is_gone_from_the_disk_is_not_found(desk: Desk, file: str) -> None:
    Path(desk.core.files[file].path).unlink()
    assert (await (await desk.browser()).get(f"/api/v1/files/{file}", **PROOF)).status == 404


@pytest.mark.parametrize("desk", [Limits(downloads_max=1, download_stall_seconds_max=0.3)], indirect=True)
async def test_who_takes_nothing_is_dropped_and_meanwhile_others_are_asked_to_wait(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    large = desk.core.grant(path, "large.bin", "application/octet-stream")
    slow, other = await desk.browser(), await desk.browser()
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
    slow.writer.write(f"GET /api/v1/files/{large} HTTP/1.1\r\nhost: d\r\ncookie: x=y\r\n\r\n".encode())
    await until(lambda: desk.front.downloads.running == 1)
    answer = await other.get(f"/api/v1/files/{large}", **PROOF)
    assert (answer.status, answer.headers["retry-after"]) == (503, "3")
    await until(lambda: desk.front.downloads.running == 0)
    slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await slow.response()


async def read_steadily(desk: Desk, file: str, seconds: float, piece_bytes: int) -> bool:
    """Take fifty pieces a second of a download, until it is cut or the time is over; whether it still runs."""
    loop = asyncio.get_running_loop()
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)
        reader.setblocking(False)
        await loop.sock_connect(reader, ("127.0.0.1", desk.port))
        request = f"GET /api/v1/files/{file} HTTP/1.1\r\nhost: d\r\ncookie: x=y\r\n\r\n"
        await loop.sock_sendall(reader, request.encode())
        await until(lambda: desk.front.downloads.running == 1)
        over = loop.time() + seconds
        with suppress(ConnectionError):
            while desk.front.downloads.running and loop.time() < over:
                await loop.sock_recv(reader, piece_bytes)
                await asyncio.sleep(0.02)
        return desk.front.downloads.running == 1


@pytest.mark.parametrize("desk", [Limits(download_stall_seconds_max=1.0)], indirect=True)
async def test_who_reads_slowly_but_steadily_gets_on(desk: Desk, tmp_path: Path) -> None:
    """Though the kernel, which holds megabytes for him, takes nothing more of the file for seconds."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    large = desk.core.grant(path, "large.bin", "application/octet-stream")
    assert await read_steadily(desk, large, 5.0, 10_000)


@pytest.mark.parametrize(
    "desk", [Limits(download_stall_seconds_max=1.0, answer_bytes_per_second_min=50_000_000)], indirect=True
)
async def test_who_takes_next_to_nothing_is_dropped(desk: Desk, tmp_path: Path) -> None:
    """A little now and then would hold one of `downloads_max` for days."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    large = desk.core.grant(path, "large.bin", "application/octet-stream")
    assert not await read_steadily(desk, large, 6.0, 120_000)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_file_stays_behind_what_its_client_has_still_to_take(loop: Loop, tmp_path: Path) -> None:
    """A rest in the transport's buffer goes first, though the file is written past the transport."""

    async def journey() -> None:
        async with opened(tmp_path, Limits()) as desk:
            path = tmp_path / "stored"
            path.write_bytes(os.urandom(3_000_000))
            file = desk.core.grant(path, "a.bin", "application/octet-stream")
            browser = await desk.browser()
            await browser.get("/healthz")
            browser.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
            (connection,) = desk.front._connections
            before = 0
            while not connection._transport.get_write_buffer_size():
                connection._transport.write(b"y" * 30_000)
                before += 30_000
                await asyncio.sleep(0)
            assert not connection._outflow.choked
            browser.writer.write(f"GET /api/v1/files/{file} HTTP/1.1\r\nhost: d\r\ncookie: x=y\r\n\r\n".encode())
            await until(lambda: desk.front.downloads.running == 1)
            browser.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert await browser.reader.readexactly(before) == b"y" * before
            assert (await browser.response()).body == path.read_bytes()
            assert (await browser.get("/api/pieces?n=100")).body == b"x" * 1_000_000

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(journey())


async def test_a_disk_that_must_be_waited_for_is_waited_for_on_a_thread(
    desk: Desk, file: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading: list[str] = []
    pread = os.pread

    def cold(*_: object) -> int:
        raise BlockingIOError

    def slow(*given: int) -> bytes:
        reading.append(threading.current_thread().name)
        return pread(*given)

    monkeypatch.setattr(os, "preadv", cold)
    monkeypatch.setattr(os, "pread", slow)
    answer = await (await desk.browser()).get(f"/api/v1/files/{file}", **PROOF)
    assert answer.body == content
    assert reading
    assert threading.main_thread().name not in reading


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_under_tls_a_file_arrives_the_same_and_little_of_it_waits_in_memory(loop: Loop, tmp_path: Path) -> None:
    async def journey() -> None:
        server, client = tls(tmp_path)
        async with opened(tmp_path, Limits()) as desk:
            path = tmp_path / "stored"
            path.write_bytes(os.urandom(1_000) * 20_000)
            file = desk.core.grant(path, "a.bin", "application/octet-stream")
            loop = asyncio.get_running_loop()
            listener = await loop.create_server(lambda: Connection(desk.front), "127.0.0.1", 0, ssl=server)
            port = listener.sockets[0].getsockname()[1]
            browser = Browser(*await asyncio.open_connection("127.0.0.1", port, ssl=client))
            part = await browser.get(f"/api/v1/files/{file}", **PROOF, range="bytes=999999-1999998")
            assert (part.status, part.body) == (206, path.read_bytes()[999_999:1_999_999])
            browser.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
            browser.writer.write(f"GET /api/v1/files/{file} HTTP/1.1\r\nhost: d\r\ncookie: x=y\r\n\r\n".encode())
            await until(lambda: desk.front.downloads.running == 1)
            (connection,) = desk.front._connections
            await until(lambda: connection._outflow.choked)
            assert connection._transport.get_write_buffer_size() <= 1_048_576
            browser.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert (await browser.response()).body == path.read_bytes()
            assert (await browser.get("/healthz")).body == b"ok\n"
            browser.writer.transport.abort()
            listener.close()
            await until(lambda: not desk.front._connections)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(journey())


def tls(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Both sides of a line that is encrypted, with a certificate made for it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=desk.lan", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *names], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(certificate)
    return server, client
