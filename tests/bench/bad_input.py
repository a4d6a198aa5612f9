"""What systems that lie cost the chats: bombs at our door, and vendors who answer with anything but orders.

    python -m tests.bench.bad_input [--rounds 3] [--seconds 6] [--rate 60] [--visitors 64] [--folder DIR]

A real server with nine sources; visitors with sockets write to one agent at a steady `--rate` messages a second, each
measured from its sending until its sender has the ack and the agent the message. By turns alone, while six senders
bring bodies that are made to do harm to `/in/…`, and while vendors, in a process of their own, answer six polled
sources with 200 MB, drops without end, silence, HTML with status 200, JSON 5,000 deep and XML bombs; then, once, beside
honest imports of 20 MB. Ratios are those of the rounds' p99, beside the part alone of the same round.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from msgspec import Struct

from app.adapters.proving.secrets import Vault
from tests.adapters.formats.attacks import billion_laughs, quadratic
from tests.bench.conditions import headline
from tests.bench.crowd import Site
from tests.bench.sign_in import Chat, Measured, measured

_TOKEN = "bench-" + "k" * 26
_DEEP = b"[" * 5_000 + b"]" * 5_000
_ORDER = (
    '{"number":"%08d","state":"paid","amount":"39.90","changed_at":"2026-11-27T10:00:00Z","note":"' + "x" * 900 + '"}'
)
_ORDERS = 20_000
_BODIES = (
    ("application/xml", billion_laughs()),
    ("application/xml", quadratic()),
    ("application/json", _DEEP),
    ("application/json", b'{"orders":[' + b'{"number":1},' * 70_000),
    ("application/x-protobuf", b"\x0a" * 900_000),
    ("text/html", b"<!DOCTYPE html><html><body>Service is fine</body></html>"),
)
_DOOR = """
source: door
secrets: {key: vault:door}
receive: {proof: {bearer: {with: key}}, id: number}
map: {id: number}
deliver: {to: orders, key: id}
"""
_POLLED = """
source: {name}
allow: ["127.0.0.1:{port}"]
call:
  get: "http://127.0.0.1:{port}/{name}"
  timeout: 4s
  retry: {{times: 0}}
  breaker: {{after: 1000}}
  bytes: {bytes}
records: {{at: orders, id: number, changed: changed_at}}
follow: {{every: 1s}}
map: {{id: number, status: {{from: state, enum: {{paid: to_ship}}, else: unknown}}, total: {{from: amount, as: money}}}}
deliver: {{to: orders, key: id}}
"""
_LIES = ("huge", "drops", "silence", "html", "deep", "bomb")


class Part(Struct, frozen=True):
    """One way to be bad, and its sources."""

    name: str
    specs: tuple[tuple[str, str], ...]
    work: Callable[[], Awaitable[Counter[int]]]


# --- the vendors ----------------------------------------------------------------------------------------------------


async def _serve_vendors() -> None:
    server = await asyncio.start_server(_lie, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            name = head.split(b" ", 2)[1].split(b"?")[0].strip(b"/").decode()
            await _answer(name, writer)
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


async def _answer(name: str, writer: asyncio.StreamWriter) -> None:
    if name == "silence":
        await asyncio.sleep(3_600)
    if name in {"huge", "drops"}:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece, pause = (b" " * 65_536, 0.0) if name == "huge" else (b" ", 0.05)
        for _ in range(3_200):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(pause)
        return
    kind, body = {
        "html": ("text/html", _BODIES[5][1]),
        "deep": ("application/json", b'{"orders":' + _DEEP * 90 + b"}"),
        "bomb": ("application/xml", quadratic()),
        "honest-json": ("application/json", _orders()),
        "honest-xml": ("application/xml", _orders_as_xml()),
    }[name]
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


def _orders() -> bytes:
    return b'{"orders":[' + ",".join(_ORDER % number for number in range(_ORDERS)).encode() + b"]}"


def _orders_as_xml() -> bytes:
    one = (
        "<orders><number>%08d</number><state>paid</state><amount>39.90</amount><note>" + "x" * 900 + "</note></orders>"
    )
    return b"<answer>" + "".join(one % number for number in range(_ORDERS)).encode() + b"</answer>"


# --- what is done beside the chat -----------------------------------------------------------------------------------


async def _bring(port: int, until: float, kind: str, body: bytes, told: Counter[int]) -> None:
    """One sender: a body after the other, each over a connection of its own."""
    loop = asyncio.get_running_loop()
    head = (
        f"POST /in/door HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {_TOKEN}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    while loop.time() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(head.encode() + body)
            told[int((await reader.readline()).split()[1])] += 1
        except (OSError, IndexError):
            told[0] += 1
        finally:
            writer.close()
        await asyncio.sleep(0.2)


class Bench:
    """The server, its chats and its folder of specs."""

    def __init__(self, site: Site, vendors: int, seconds: float) -> None:
        self._site = site
        self._vendors = vendors
        self._seconds = seconds
        self._specs = site.appliance.data / "adapters"
        self._specs.mkdir(exist_ok=True)
        Vault(site.appliance.data / "keys" / "adapters").write("door", _TOKEN)

    def parts(self) -> tuple[Part, ...]:
        lies = tuple((name, self._polled(name, "1MB" if name == "deep" else "8MB")) for name in _LIES)
        honest = tuple((name, self._polled(name, "64MB")) for name in ("honest-json", "honest-xml"))
        return (
            Part("alone", (), self._wait),
            Part("bodies that harm", (("door", _DOOR),), self._bring_all),
            Part("vendors that lie", lies, self._wait),
            Part("imports of 20 MB", honest, self._wait),
        )

    async def measure(self, part: Part, chat: Chat) -> Measured:
        """The part's sources are there before it begins and gone when it is over."""
        for name, text in part.specs:
            (self._specs / f"{name}.yaml").write_text(text)
        await asyncio.sleep(3 if part.specs else 0.2)
        try:
            return await measured(self._site, chat, part.work())
        finally:
            for name, _ in part.specs:
                (self._specs / f"{name}.yaml").unlink()
            await asyncio.sleep(3 if part.specs else 0.2)

    def _polled(self, name: str, size: str) -> str:
        return _POLLED.format(name=name, port=self._vendors, bytes=size)

    async def _wait(self) -> Counter[int]:
        await asyncio.sleep(self._seconds)
        return Counter()

    async def _bring_all(self) -> Counter[int]:
        told: Counter[int] = Counter()
        until = asyncio.get_running_loop().time() + self._seconds
        port = self._site.appliance.port
        await asyncio.gather(*(_bring(port, until, kind, body, told) for kind, body in _BODIES))
        return told


async def measure(site: Site, vendors: int, options: argparse.Namespace) -> None:
    """Print every part of every round, then the ratios."""
    chat = Chat(site, options.rate)
    await chat.connect(site.appliance.port)
    going_on = asyncio.create_task(chat.go_on())
    bench = Bench(site, vendors, options.seconds)
    ratios: dict[str, list[float]] = {}
    try:
        for _ in range(options.rounds):
            alone = 0.0
            for part in bench.parts():
                came = await bench.measure(part, chat)
                print(came.line(part.name), flush=True)
                alone = alone or came.p99
                ratios.setdefault(part.name, []).append(came.p99 / alone)
    finally:
        going_on.cancel()
    for name, found in ratios.items():
        print(f"{name}: p99 {statistics.median(found):.2f} × alone ({min(found):.2f} to {max(found):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bad_input")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each part")
    parser.add_argument("--rate", type=float, default=60.0, help="messages a second")
    parser.add_argument("--visitors", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="where the data folder lies; default: the temporary folder")
    parser.add_argument("--vendors", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.vendors:
        asyncio.run(_serve_vendors())
        return
    print(headline(options))
    command = [sys.executable, "-m", "tests.bench.bad_input", "--vendors"]
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as vendors,
    ):
        assert vendors.stdout is not None
        port = int(vendors.stdout.readline())
        site = Site(Path(folder), options.visitors)
        try:
            uvloop.run(measure(site, port, options))
        finally:
            site.appliance.kill()
            vendors.kill()


if __name__ == "__main__":
    main()
