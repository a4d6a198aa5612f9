"""A shop that speaks gRPC, by the real grpcio: pages, single orders, all as a stream, and news from a cursor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from app.adapters.formats.protobuf import Schema
from app.adapters.protocols.grpc_reflection import Told, reflection_method
from app.settings import Limits

PROTO = """\
syntax = "proto3";
package store.v1;

service Orders {
  rpc Token(TokenRequest) returns (TokenReply);
  rpc List(ListRequest) returns (Page);
  rpc Get(GetRequest) returns (Order);
  rpc Export(ListRequest) returns (stream Page);
  rpc Watch(WatchRequest) returns (stream Event);
}

message TokenRequest { string user = 1; }
message TokenReply { string token = 1; }
message ListRequest { int32 page = 1; int32 size = 2; }
message GetRequest { string number = 1; }
message WatchRequest { string after = 1; }
message Page { repeated Order orders = 1; int32 total = 2; }
message Event { int64 position = 1; Order order = 2; }
message Order { string number = 1; State state = 2; int64 cents = 3; string note = 4; }
enum State { NEW = 0; SENT = 1; }
"""
SCHEMA = Schema.of_texts({"store.proto": PROTO}, Limits())


class Store(grpc.GenericRpcHandler):  # type: ignore[misc]
    """`lies`: statuses that it ends calls with first; `token` is the one that holds, where one is asked for."""

    def __init__(self, count: int = 0) -> None:
        self.orders: list[dict[str, Any]] = [{"number": f"o{n}", "state": n % 2, "cents": n} for n in range(count)]
        self.lies: list[str] = []
        self.schema = SCHEMA  # as it speaks it
        self.token = ""
        self.tokens = 0
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.seconds: list[float | None] = []
        self.sent = 0
        self.streams = 0
        self.cut_after = 0  # messages, of the next stream
        self.note = ""
        self.port = 0

    def service(self, details: Any) -> Any:
        name = details.method.rpartition("/")[2]
        if details.method == reflection_method("v1").path:
            method = reflection_method("v1")
            return grpc.stream_stream_rpc_method_handler(self._tell, method.input.decode, method.output.encode)
        method = self.schema.method(details.method)
        make = grpc.unary_stream_rpc_method_handler if method.server_streams else grpc.unary_unary_rpc_method_handler
        return make(getattr(self, f"_{name.lower()}"), method.input.decode, method.output.encode)

    async def _begin(self, name: str, asked: dict[str, Any], context: Any) -> None:
        self.asked.append((name, asked))
        self.seconds.append(context.time_remaining())
        said = dict(context.invocation_metadata()).get("authorization", "")
        if self.token and name != "token" and said != f"Bearer {self.token}":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such token")
        if self.lies and name != "token":
            await context.abort(grpc.StatusCode[self.lies.pop(0)], "not now")

    async def _token(self, asked: dict[str, Any], context: Any) -> dict[str, Any]:
        await self._begin("token", asked, context)
        self.tokens += 1
        self.token = f"token-{self.tokens}-of-the-store"
        return {"token": self.token}

    async def _list(self, asked: dict[str, Any], context: Any) -> dict[str, Any]:
        await self._begin("list", asked, context)
        at, size = (asked["page"] - 1) * asked["size"], asked["size"]
        return {"orders": self.orders[at : at + size], "total": len(self.orders)}

    async def _get(self, asked: dict[str, Any], context: Any) -> dict[str, Any]:
        await self._begin("get", asked, context)
        found = [one for one in self.orders if one["number"] == asked["number"]]
        if not found:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
        return found[0]

    async def _export(self, asked: dict[str, Any], context: Any) -> AsyncIterator[dict[str, Any]]:
        await self._begin("export", asked, context)
        cut, self.cut_after = self.cut_after, 0
        for number, at in enumerate(range(0, len(self.orders), 50), 1):
            yield {"orders": self.orders[at : at + 50], "total": len(self.orders)}
            if number == cut:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")

    async def _watch(self, asked: dict[str, Any], context: Any) -> AsyncIterator[dict[str, Any]]:
        await self._begin("watch", asked, context)
        self.streams += 1
        cut, self.cut_after = self.cut_after, 0
        at = int(asked["after"] or "0")
        count = 0
        while True:
            while at >= len(self.orders):
                await asyncio.sleep(0.01)
            order = {**self.orders[at], "note": self.note}
            at += 1
            count += 1
            self.sent += 1
            yield {"position": at, "order": order}
            if count == cut:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")

    async def _tell(self, asked: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        async for answer in Told(SCHEMA).answer(asked):
            yield answer

    @asynccontextmanager
    async def serving(self, tls: tuple[bytes, bytes] | None = None) -> AsyncIterator["Store"]:
        """`tls`: a certificate and its key, PEM. Again at the same port."""
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self,))
        address = f"127.0.0.1:{self.port}"
        if tls is None:
            self.port = server.add_insecure_port(address)
        else:
            self.port = server.add_secure_port(address, grpc.ssl_server_credentials([(tls[1], tls[0])]))
        await server.start()
        try:
            yield self
        finally:
            await server.stop(None)


def describe(folder: Path) -> None:
    """Its `.proto` file beside the specs."""
    (folder / "adapters").mkdir(exist_ok=True)
    (folder / "adapters" / "store.proto").write_text(PROTO)
