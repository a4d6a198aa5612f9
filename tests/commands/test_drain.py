"""TERM lets what runs finish and sends everybody away, in less than five seconds, whoever holds on."""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.test_workers import gateways, listens, until
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.wire import Wire

_PROMISED_SECONDS, _MARGIN = 5.0, 3
_BODY = b"x" * 200_000


@pytest.fixture
def server(tmp_path: Path, workers: int) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data", options=("--workers", str(workers)))
    server.start()
    until(lambda: len(gateways(server)) == workers and all(listens(one) for one in gateways(server)))
    yield server
    server.kill()


@pytest.mark.parametrize("workers", [0, 2])
async def test_what_runs_finishes_and_who_holds_on_is_cut(server: Appliance) -> None:
    with Desk.founded(server.data, server.port) as desk:
        inbox = desk.inbox()
        token = desk.visitor(inbox)[0]
        file = desk.upload("notes.txt", _BODY)["id"]
        wires = [await _socket(server.port, inbox, token) for _ in range(5)]
        deaf = _begun(server.port, _handshake())  # never answers the close
        stuck = _begun(server.port, _upload(token, _BODY[:1_000]))  # its body never ends
        reading = _begun(
            server.port, f"GET /api/v1/files/{file} HTTP/1.1\r\nHost: x\r\nCookie: {desk.cookie}\r\n\r\n".encode()
        )
        slow = _begun(server.port, _upload(token, _BODY[:100_000]))
        assert await asyncio.to_thread(reading.recv, 1, socket.MSG_PEEK)
        assert await asyncio.to_thread(deaf.recv, 1, socket.MSG_PEEK)
        await asyncio.to_thread(until, lambda: len([*server.data.glob("files/incoming/*")]) == 2)

        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        codes = [await asyncio.wait_for(wires[0].closed, 60)]  # it drains
        slow.sendall(_BODY[100_000:])  # which it may still finish
        answer = await asyncio.to_thread(_answer, slow)
        codes += [await asyncio.wait_for(wire.closed, 60) for wire in wires[1:]]
        status = await asyncio.to_thread(server.stop)
        took = time.monotonic() - began
        print(f"stopped in {took:.2f} s")

        assert status == 0
        assert codes == [1012] * 5
        assert all(b"retry_after_ms=" in wire.reason for wire in wires)
        assert answer.startswith(b"HTTP/1.1 200")
        told = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        assert told["size"] == len(_BODY)
        assert took < _MARGIN * _PROMISED_SECONDS
        for one in (deaf, stuck, reading, slow):
            one.close()
    stored = [path for path in (server.data / "files").glob("??/*") if path.read_bytes() == _BODY]
    assert len(stored) == 2


async def _socket(port: int, inbox: str, token: str) -> Wire:
    live = asyncio.Event()
    wire = await Wire.connect(port, lambda text: live.set() if text.startswith(b'{"t":"live"') else None)
    wire.send(json.dumps({"t": "hello", "inbox": inbox, "token": token}).encode())
    wire.send(b'{"t":"resume"}')
    await asyncio.wait_for(live.wait(), 60)
    return wire


def _begun(port: int, data: bytes) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=60)
    one.sendall(data)
    return one


def _handshake() -> bytes:
    return (
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


def _upload(token: str, body: bytes) -> bytes:
    head = (
        f"POST /api/v1/visitor/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nX-File-Name: notes.txt\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(one: socket.socket) -> bytes:
    held = b""
    while part := one.recv(65_536):
        held += part
        if b"}" in held.partition(b"\r\n\r\n")[2]:
            break
    return held
