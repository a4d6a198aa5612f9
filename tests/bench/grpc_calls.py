"""How fast programs call us by gRPC, beside grpcio's own asyncio server; and what one costs that stops reading.

    python -m tests.bench.grpc_calls [--rounds 5] [--calls 2000]

Each server in a process of its own on the same machine, the real grpcio client in this one; ours behind the real front,
decoding to trees, with a token to prove. Rounds in turn; by the clock, the median. For the reader that stops: 20,000
messages of 20 KB are asked for and 20 are read; what the server's process has grown by after three seconds.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import psutil

from app.adapters.formats.protobuf import Method, Schema
from app.adapters.protocols.grpc_door import GrpcDoor
from app.adapters.protocols.grpc_server import GrpcCall, GrpcServer
from app.gateway.front import Front
from app.gateway.http_server import HttpServer
from app.model.clock import SystemClock
from app.model.ids import Ids
from app.settings import Limits, Settings
from app.web.assets import Assets
from tests.bench.conditions import headline
from tests.gateway.small_core import SmallCore

_TEXT = """
syntax = "proto3";
package bench;
service Orders { rpc Get(GetOrder) returns (Order); rpc Watch(GetOrder) returns (stream Order); }
message GetOrder { string id = 1; int32 count = 2; }
message Order { string id = 1; string status = 2; int64 total_cents = 3; repeated Item items = 4; bytes filling = 5; }
message Item { string sku = 1; string title = 2; int32 quantity = 3; int64 price_cents = 4; }
"""
_ITEMS = [{"sku": f"s{n}", "title": f"商品标题 {n}", "quantity": n, "price_cents": 100 * n} for n in range(5)]
_FILLING = bytes(20_000)
_TOKEN = (("authorization", "Bearer mdt_bench"),)
_AT_ONCE = 100


def schema() -> Schema:
    return Schema.of_texts({"bench.proto": _TEXT}, Limits())


def _answer(name: str) -> dict[str, Any]:
    return {"id": name, "status": "paid", "total_cents": 12_345, "items": _ITEMS}


# --- the two servers ------------------------------------------------------------------------------------------------


async def _serve_ours() -> None:
    async def authenticate(secret: str, address: str) -> str:
        return secret

    async def get(call: GrpcCall[str], asked: dict[str, Any]) -> Any:
        return _answer(asked["id"])

    async def watch(call: GrpcCall[str], asked: dict[str, Any]) -> AsyncIterator[Any]:
        for number in range(asked["count"]):
            yield {"id": str(number), "filling": _FILLING}

    def make() -> GrpcServer:
        return GrpcServer(
            schema(), {"/bench.Orders/Get": get, "/bench.Orders/Watch": watch}, authenticate, SystemClock(), Limits(),
            address=lambda scope: str(scope["client"][0]),
        )  # fmt: skip

    async def beside(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(2):
            await send({"type": f"{(await receive())['type']}.complete"})

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        http = HttpServer(GrpcDoor(make).before(beside), settings.limits)
        front = Front(SmallCore(), Assets({}), http, settings, SystemClock(), Ids(SystemClock()))
        await http.start()
        print(await front.start("127.0.0.1:0"), flush=True)
        await asyncio.Event().wait()


async def _serve_theirs() -> None:
    read = schema()
    get, watch = read.method("bench.Orders/Get"), read.method("bench.Orders/Watch")
    order = get.output.build(_answer("1"))
    filled = get.output.build({"id": "1", "filling": _FILLING})

    class Orders(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, details: Any) -> Any:
            if details.method == get.path:
                return grpc.unary_unary_rpc_method_handler(_get, get.input.build({}).FromString, _written)
            return grpc.unary_stream_rpc_method_handler(_watch, watch.input.build({}).FromString, _written)

    def _written(message: Any) -> bytes:
        data: bytes = message.SerializeToString()
        return data

    async def _get(asked: Any, context: Any) -> Any:
        order.id = asked.id
        return order

    async def _watch(asked: Any, context: Any) -> AsyncIterator[Any]:
        for _ in range(asked.count):
            yield filled

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Orders(),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await asyncio.Event().wait()


# --- the client -----------------------------------------------------------------------------------------------------


class Served:
    """A server's process and a channel to it."""

    def __init__(self, name: str) -> None:
        told = [sys.executable, "-m", "tests.bench.grpc_calls", "--serve", name]
        self.process = subprocess.Popen(told, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.port}")
        self.method: Method = schema().method("bench.Orders/Get")
        self._ask = self.channel.unary_unary(self.method.path)
        self._said = self.method.input.encode({"id": "240102-1"})

    async def ask(self) -> None:
        await self._ask(self._said, metadata=_TOKEN)

    async def sequential(self, calls: int) -> float:
        """Calls a second, one after the other."""
        began = time.perf_counter()
        for _ in range(calls):
            await self.ask()
        return calls / (time.perf_counter() - began)

    async def at_once(self, calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls // _AT_ONCE):
            await asyncio.gather(*(self.ask() for _ in range(_AT_ONCE)))
        return calls / (time.perf_counter() - began)

    async def stopped_reader(self) -> float:
        """MiB that the server grows by."""
        process = psutil.Process(self.process.pid)
        before = process.memory_info().rss
        small = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.port}", options=small) as channel:
            method = schema().method("bench.Orders/Watch")
            call = channel.unary_stream(method.path)(method.input.encode({"count": 20_000}), metadata=_TOKEN)
            for _ in range(20):
                await call.read()
            await asyncio.sleep(3)
            grown = process.memory_info().rss - before
            call.cancel()
        return grown / 1_048_576

    async def close(self) -> None:
        await self.channel.close()
        self.process.kill()
        self.process.wait()


async def measure(rounds: int, calls: int) -> None:
    ours, theirs = Served("ours"), Served("theirs")
    try:
        for served in (ours, theirs):
            await served.sequential(300)
            await served.at_once(1_000)
        for name in ("sequential", "at_once"):
            told = [(await getattr(ours, name)(calls), await getattr(theirs, name)(calls)) for _ in range(rounds)]
            mine, other = (statistics.median(one[index] for one in told) for index in (0, 1))
            ratios = [one / two for one, two in told]
            print(
                f"unary, {'one after the other' if name == 'sequential' else f'{_AT_ONCE} at once'}: {mine:,.0f} and "
                f"{other:,.0f}/s, {statistics.median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
            )
        grown, other_grown = await ours.stopped_reader(), await theirs.stopped_reader()
        print(f"a reader that stops: +{grown:.1f} MiB, theirs +{other_grown:.1f} MiB")
    finally:
        await ours.close()
        await theirs.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.grpc_calls")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--serve", choices=("ours", "theirs"), default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve == "ours":
        import uvloop

        uvloop.run(_serve_ours())
    elif options.serve:
        asyncio.run(_serve_theirs())
    else:
        print(headline(options))
        asyncio.run(measure(options.rounds, options.calls))


if __name__ == "__main__":
    main()
