"""A server that is tuned to a real control group, with as many people as it lets in. Root only.

    python -m tests.bench.tuned [--mebibytes 256]

Every place is taken: long polls as many as may wait, all others idle visitors who said hello and resumed. Then, beside
each other, wrong passwords, uploads and a talk between a visitor and an agent. What is measured: whether the kernel had
to kill, how much memory is held, how long a message takes until the agent has it, and that one more is refused.
"""

import argparse
import asyncio
import http.client
import json
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop
from msgspec import Struct

from tests.abuse.cgroup import Group, group
from tests.bench.conditions import headline
from tests.bench.crowd import Agent, Visitor
from tests.bench.idle import leave
from tests.journeys.appliance import SOURCE, Appliance
from tests.journeys.desk import EMAIL, Desk

MIB = 1 << 20
_OWN = 40  # places for the talk, the passwords, the uploads and whoever looks
_AT_ONCE = 16
_GUESSES, _UPLOADS, _MESSAGES = 24, 8, 200
_UPLOAD_BYTES = 4 * MIB
_POLL_MS = 25_000
_SECONDS_MAX = 120.0  # against hanging


class Crowded(Struct, frozen=True):
    """What was seen; memory in bytes, times in seconds."""

    places: int
    polls: int
    kills: int
    peak: int
    resident: int
    reserved: int
    refused: bool
    median: float
    longest: float


def measure(folder: Path, limited: Group, mebibytes: int) -> Crowded:
    """Set a server up inside the group, fill it, look."""
    limited.limit(mebibytes * MIB)
    appliance = Appliance(
        folder / "data", command=(*limited.around(SOURCE[0]), *SOURCE[1:]), environment={"MONODESK_TUNE": "true"}
    )
    appliance.data.mkdir(parents=True)
    (appliance.data / "config.toml").write_text("[limits]\nvisitors_burst = 1000000\n")
    appliance.start()
    try:
        told = tuned(appliance.data)
        with Desk.founded(appliance.data, appliance.port) as desk:
            return uvloop.run(_fill(appliance, desk, limited, told))
    finally:
        appliance.kill()


def tuned(data: Path) -> dict[str, int]:
    """The line by which the server says what it was tuned to."""
    lines = map(json.loads, (data / "logs" / "monodesk.log").read_text().splitlines())
    found: dict[str, int] = next(line for line in lines if line["text"] == "tuned to this machine")
    return found


async def _fill(appliance: Appliance, desk: Desk, limited: Group, told: dict[str, int]) -> Crowded:
    inbox, port = desk.inbox(), appliance.port
    polls = told["polls_max"]
    waiting = [desk.visitor(inbox)[0] for _ in range(polls)]
    tokens = [desk.visitor(inbox)[0] for _ in range(told["connections_max"] - polls - _OWN)]
    visitors = await crowd_of(port, inbox, tokens)
    pollers = [asyncio.create_task(_poll(port, token)) for token in waiting]
    await asyncio.sleep(3.0)  # all of them wait by then; who could not raises below
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        beside = [threads.submit(_guess, port) for _ in range(_GUESSES)]
        beside += [threads.submit(_upload, port, desk.cookie) for _ in range(_UPLOADS)]
        seconds = await _talk(port, inbox, desk)
        await asyncio.to_thread(lambda: [one.result() for one in beside])
    refused = await _overfill(port)
    for poller in pollers:
        poller.cancel()
    ends = await asyncio.gather(*pollers, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends), [end for end in ends if end][:3]
    seen = Crowded(
        places=told["connections_max"], polls=polls, kills=limited.kills, peak=limited.peak, resident=limited.resident,
        reserved=told["reserved_bytes"], refused=refused, median=statistics.median(seconds), longest=max(seconds),
    )  # fmt: skip
    for visitor in visitors:
        leave(visitor)
    await asyncio.sleep(0.1)  # the loop tells them that they are closed before it ends
    return seen


async def crowd_of(port: int, inbox: str, tokens: Sequence[str]) -> list[Visitor]:
    """All of them live."""
    gate = asyncio.Semaphore(64)
    visitors = [Visitor(inbox, token, lambda _: None) for token in tokens]

    async def connect(visitor: Visitor) -> None:
        async with gate:
            await visitor.connect(port)

    async with asyncio.timeout(_SECONDS_MAX):
        await asyncio.gather(*map(connect, visitors))
    return visitors


async def _poll(port: int, token: str) -> None:
    """One visitor who polls for ever: the first is answered at once, the others wait."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await _poll_on(reader, writer, token)
    finally:
        writer.transport.abort()


async def _poll_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
    wait = 0
    while True:
        body = json.dumps({"resume": {}, "wait_ms": wait}).encode()
        writer.write(
            b"POST /api/v1/visitor/poll HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
            + f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(lengths[0].split(b":")[1]))
        wait = _POLL_MS


def _guess(port: int) -> None:
    """A wrong password: refused after a hash, or at once where too many guess."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS_MAX)
    body = json.dumps({"email": EMAIL, "password": secrets.token_hex(8)})
    headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
    connection.request("POST", "/api/v1/session", body, headers)
    assert connection.getresponse().status in (401, 429, 503)
    connection.close()


def _upload(port: int, cookie: str) -> None:
    """A file of some megabytes."""
    with Desk(port, cookie) as desk:
        desk.upload("noise.txt", b"noise\n" * (_UPLOAD_BYTES // 6))


async def _talk(port: int, inbox: str, desk: Desk) -> list[float]:
    """One visitor's messages; how long each took until the agent had it."""
    arrived: dict[bytes, asyncio.Future[None]] = {}
    agent = Agent(desk.cookie, lambda cid: arrived[cid].set_result(None) if cid in arrived else None)
    visitor = Visitor(inbox, desk.visitor(inbox)[0], lambda _: None)
    await agent.connect(port)
    await visitor.connect(port)
    seconds = []
    async with asyncio.timeout(_SECONDS_MAX):
        for _ in range(_MESSAGES):
            cid = secrets.token_hex(16)
            arrived[cid.encode()] = asyncio.get_running_loop().create_future()
            began = time.perf_counter()
            visitor.send(cid, "is anybody there")
            await arrived[cid.encode()]
            seconds.append(time.perf_counter() - began)
            await asyncio.sleep(0.06)  # a person's socket has twenty frames a second
    leave(visitor)
    agent.leave()
    return seconds


async def _overfill(port: int) -> bool:
    """Take what places are left; whether the one after them is closed at once."""
    opened = []
    try:
        for _ in range(_OWN + 1):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            opened.append(writer)
            with_end = asyncio.ensure_future(reader.read(1))
            done, _ = await asyncio.wait((with_end,), timeout=0.05)
            with_end.cancel()
            if done and with_end.result() == b"":
                return True
        return False
    finally:
        for writer in opened:
            writer.transport.abort()


def told_of(seen: Crowded) -> str:
    """One line for the table."""
    return (
        f"{seen.places:,} places ({seen.polls} long polls): {seen.kills} kills, {seen.resident / MIB:.0f} MiB "
        f"resident, peak {seen.peak / MIB:.0f} MiB with pages of files, {seen.reserved / MIB:.0f} MiB reserved; "
        f"a message to the agent: median {seen.median * 1e3:.1f} ms, longest {seen.longest * 1e3:.0f} ms; "
        f"one more is {'refused' if seen.refused else 'NOT refused'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mebibytes", type=int, default=256)
    options = parser.parse_args()
    print(headline(options))
    if os.geteuid() != 0:
        print("not measured: only root makes control groups")
        return
    with tempfile.TemporaryDirectory() as folder, group(f"monodesk-{secrets.token_hex(4)}") as limited:
        print(told_of(measure(Path(folder), limited, options.mebibytes)))


if __name__ == "__main__":
    main()
