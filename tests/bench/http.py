"""What a request costs the server: built files, `/healthz`, and the reads that every open page makes of the API.

    python -m tests.bench.http [--seconds 4] [--runs 3] [--connections 16] [--rows 50] [--only NAME]

The real server over a folder with a conversation of some messages and `rows` conversations beside it. Connections are
kept, one request at a time on each. Figures are requests per second of the server's own CPU (all its threads, from
/proc/PID/task/*/schedstat), so that the client and others on the same cores do not count.
"""

import argparse
import asyncio
import os
import secrets
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import uvloop

from tests.bench.conditions import headline
from tests.bench.crowd import Site
from tests.bench.schedstat import cpu_seconds
from tests.journeys.desk import Desk

_WARM_SECONDS = 1.0
_MESSAGES = 30
_ASSET = b"/assets/"


class Caller(asyncio.Protocol):
    """One connection that asks the same again and again; counts answers, and refuses any but 200."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._left = 0  # bytes of the answer's body that are still to come
        self._head = b""
        self.answers = 0
        self.wrong = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self._left:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data, self._head = self._head[:end], self._head[end + 4 :], b""
            if not head.startswith(b"HTTP/1.1 200"):
                self.wrong = head
                self._transport.abort()
                return
            place = head.lower().index(b"content-length: ") + 16
            self._left = int(head[place:].split(b"\r\n", 1)[0])
        self._left -= len(data)
        if not self._left:
            self.answers += 1
            self._transport.write(self._request)

    def close(self) -> None:
        self._transport.abort()


def request(path: str, headers: Mapping[str, str]) -> bytes:
    """As a browser asks, with the fields that a browser sends."""
    fields = {
        "Host": "127.0.0.1",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
        "Accept": "*/*",
        "Accept-Language": "en-GB,en;q=0.9",
        "Accept-Encoding": "gzip, deflate, br",
        "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


async def measure(site: Site, asked: bytes, options: argparse.Namespace) -> tuple[float, float]:
    """Requests per CPU second of the server, and per second."""
    loop = asyncio.get_running_loop()
    port = site.appliance.port
    callers = [
        (await loop.create_connection(lambda: Caller(asked), "127.0.0.1", port))[1] for _ in range(options.connections)
    ]
    await asyncio.sleep(_WARM_SECONDS)
    used, clock, count = cpu_seconds(site.appliance.pid), loop.time(), sum(one.answers for one in callers)
    await asyncio.sleep(options.seconds)
    used, clock = cpu_seconds(site.appliance.pid) - used, loop.time() - clock
    count = sum(one.answers for one in callers) - count
    for one in callers:
        one.close()
        assert not one.wrong, one.wrong
    return count / used, count / clock


def furnish(site: Site) -> tuple[str, str, str]:
    """One conversation of some messages and others beside it; its id, its contact's and its visitor's token."""
    with Desk(site.appliance.port) as desk:
        desk.sign_in()
        for token in site.tokens:
            told = say(desk, token, None)
        conversation = str(told["conv"])
        for number in range(_MESSAGES - 1):
            if number % 2:
                desk.say(conversation, f"Answer {number}: it left us this morning, and should be with you tomorrow.")
            else:
                say(desk, token, conversation)
        contact = str(desk.ask("GET", f"/api/v1/conversations/{conversation}")["contact"]["id"])
        return conversation, contact, token


def say(desk: Desk, token: str, conversation: str | None) -> Mapping[str, object]:
    """A visitor's message over REST; its ack."""
    fields = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(16)}
    body: dict[str, object] = {
        "conv": conversation,
        "text": "Where is my order 4711? It was to come on Tuesday.",
        "files": [],
    }
    told: Mapping[str, object] = desk.ask("POST", "/api/v1/visitor/messages", body, fields)
    return told


def questions(site: Site) -> dict[str, bytes]:
    """What is asked, by name."""
    conversation, contact, token = furnish(site)
    page = site.appliance.get("/")[1]
    asset = page[page.index(_ASSET) :].split(b'"', 1)[0].decode()
    agent = {"Cookie": site.cookie}
    visitor = {"Authorization": f"Bearer {token}"}
    thread = f"conversations/{conversation}"
    return {
        "healthz": request("/healthz", {}),
        "static file": request(asset, {}),
        "me": request("/api/v1/me", agent),
        "session": request("/api/v1/session", agent),
        "conversation": request(f"/api/v1/{thread}", agent),
        "messages": request(f"/api/v1/{thread}/messages", agent),
        "listing": request("/api/v1/conversations?view=all", agent),
        "contact": request(f"/api/v1/contacts/{contact}", agent),
        "visitor's messages": request(f"/api/v1/visitor/{thread}/messages", visitor),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(headline(options))
    os.environ["MONODESK_LIMITS_VISITOR_FRAMES_PER_SECOND"] = "1000000"  # one visitor asks for all
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), options.rows)
        try:
            for name, asked in questions(site).items():
                if options.only in name:
                    runs = [uvloop.run(measure(site, asked, options)) for _ in range(options.runs)]
                    core, wall = (statistics.median(figures) for figures in zip(*runs, strict=True))
                    print(f"{name:20} {core:8,.0f}/s a core, {1e6 / core:6,.0f} µs each; {wall:8,.0f}/s here")
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
