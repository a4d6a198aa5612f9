"""CPU of one HTTP/2 request: by our session alone, behind the fence, and by Hypercorn's own HTTP/2.

In memory, without a socket: the frames of 50 requests at a time go in, the answers come out. The application is the
same three lines for all. `python -m tests.bench.http2`.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any, cast

import uvloop

from app.gateway.http2 import Http2
from app.gateway.http2_frames import AFTER_HEAD, PREFACE
from app.gateway.http_server import HttpServer
from app.gateway.upstream import Addresses, Downstream, Stream
from app.gateway.websocket import Shared
from app.model.clock import SystemClock
from app.settings import Limits
from tests.bench.conditions import headline
from tests.gateway.http2_client import SETTINGS, request

_AT_ONCE = 50
_REQUESTS = 900  # of a connection: Hypercorn ends it at a thousand
_PLAIN = Addresses(("192.0.2.7", 1234), ("198.51.100.9", 80))
_HTTP_2 = Addresses(("192.0.2.7", 1234), ("198.51.100.9", 80), http2=True)


async def _application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        for _ in range(2):
            await send({"type": f"{(await receive())['type']}.complete"})
        return
    fields = [(b"content-type", b"application/json"), (b"content-length", b"13")]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": b'{"hello": 1}\n'})


class _Client:
    """Counts the answers by their bodies."""

    def __init__(self) -> None:
        self.answers = 0

    def answered(self, data: bytes) -> None:
        self.answers += data.count(b'{"hello": 1}\n')

    def ended(self) -> None: ...

    def pause_request(self) -> None: ...

    def resume_request(self) -> None: ...


class _Transport:
    """As much of a transport as the fence needs."""

    def __init__(self, client: _Client) -> None:
        self._client = client
        self.protocol: Any = None

    def write(self, data: bytes) -> None:
        self._client.answered(data)

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def is_closing(self) -> bool:
        return False

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None: ...


Send = Callable[[bytes], None]


def _stream(server: HttpServer, addresses: Addresses, client: _Client) -> Send:
    stream: Stream = server.open(addresses, cast("Downstream", client))
    stream.send(PREFACE + SETTINGS)
    return stream.send


def _fenced(server: HttpServer, client: _Client) -> Send:
    transport = _Transport(client)
    door = Http2(server, Shared(Limits()), SystemClock())
    door.take(cast("asyncio.Transport", transport), _HTTP_2, AFTER_HEAD + SETTINGS)
    receive: Send = transport.protocol.receive
    return receive


async def _measure(send: Send, client: _Client, rounds: list[bytes]) -> float:
    """CPU of a request in microseconds."""
    began = time.process_time()
    for number, round_of in enumerate(rounds, 1):
        send(round_of)
        while client.answers < number * _AT_ONCE:
            await asyncio.sleep(0)
    return (time.process_time() - began) * 1e6 / (len(rounds) * _AT_ONCE)


async def _run(repeats: int) -> None:
    server = HttpServer(_application, Limits())
    await server.start()
    streams = range(1, 2 * _REQUESTS, 2)
    asked = [request(stream) for stream in streams]
    rounds = [b"".join(asked[at : at + _AT_ONCE]) for at in range(0, _REQUESTS, _AT_ONCE)]
    opened: dict[str, Callable[[_Client], Send]] = {
        "session": lambda client: _stream(server, _HTTP_2, client),
        "fence and session": lambda client: _fenced(server, client),
        "Hypercorn": lambda client: _stream(server, _PLAIN, client),
    }
    taken: dict[str, list[float]] = {name: [] for name in opened}
    for _ in range(repeats):
        for name, opens in opened.items():
            client = _Client()
            taken[name].append(await _measure(opens(client), client, rounds))
    for name, found in taken.items():
        print(f"{name}: {statistics.median(found):.0f} µs a request ({min(found):.0f} to {max(found):.0f})")
    await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    print(headline(options))
    uvloop.run(_run(options.repeats))


if __name__ == "__main__":
    main()
