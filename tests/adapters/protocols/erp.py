"""An ERP that speaks gRPC, by the real grpcio: what it is asked for decides how it behaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from msgspec import Struct

from app.adapters.formats.protobuf import Schema
from app.adapters.formats.tree import Tree
from app.adapters.protocols.grpc_reflection import Told, reflection_method
from app.settings import Limits
from tests.adapters.formats.protos import TEXTS

ERP = Schema.of_texts({name: text for name, text in TEXTS.items() if name.startswith("acme/")}, Limits())
SERVICE = "acme.erp.v1.OrderService"
_EVENT_BYTES = 20_000  # of one event, about


class Heard(Struct):
    """What a call brought beside its messages."""

    metadata: dict[str, str]
    seconds_left: float | None


class Erp(grpc.GenericRpcHandler):  # type: ignore[misc]
    """`port`; `heard`: each call; `told`: how many events were sent; `cancelled`: streams that ended before theirs."""

    def __init__(self, reflection: str = "") -> None:
        self.reflection = reflection  # its version, or none
        self.port = 0
        self.heard: list[Heard] = []
        self.told = 0
        self.cancelled = 0

    def service(self, details: Any) -> Any:
        name = details.method.rpartition("/")[2]
        if self.reflection and details.method == reflection_method(self.reflection).path:
            method = reflection_method(self.reflection)
            return grpc.stream_stream_rpc_method_handler(self.tell, method.input.decode, method.output.encode)
        make = {
            "GetOrder": grpc.unary_unary_rpc_method_handler,
            "ListOrders": grpc.unary_unary_rpc_method_handler,
            "WatchOrders": grpc.unary_stream_rpc_method_handler,
            "SyncOrders": grpc.stream_stream_rpc_method_handler,
        }.get(name)
        if make is None or not details.method.startswith(f"/{SERVICE}/"):
            return None
        method = ERP.method(details.method)
        return make(
            getattr(
                self, {"GetOrder": "get", "ListOrders": "list", "WatchOrders": "watch", "SyncOrders": "sync"}[name]
            ),
            request_deserializer=method.input.decode,
            response_serializer=method.output.encode,
        )

    async def get(self, asked: dict[str, Any], context: Any) -> Tree:
        self._hear(context)
        match asked["name"].split("/"):
            case ["slow"]:
                await asyncio.sleep(60)
            case ["fails", code]:
                context.set_trailing_metadata((("grpc-retry-pushback-ms", "1500"),))
                await context.abort(grpc.StatusCode[code], "不行: 100% no\n")
            case ["large", size]:
                return {"name": "x" * int(size)}
        return {"name": asked["name"], "state": "STATE_PAID", "create_time": "2024-01-02T02:11:12Z"}

    async def list(self, asked: dict[str, Any], context: Any) -> Tree:
        self._hear(context)
        orders: list[Tree] = [{"name": f"orders/{number}"} for number in range(asked["page_size"])]
        return {"orders": orders, "total_size": len(orders)}

    async def watch(self, asked: dict[str, Any], context: Any) -> AsyncIterator[Tree]:
        """As many as the cursor says, small or large; `cut` in it ends the call by a status in the middle."""
        self._hear(context)
        kind, _, count = asked["cursor"].partition("/")
        whole = False
        try:
            for number in range(int(count)):
                self.told += 1
                name = "x" * _EVENT_BYTES if kind == "large" else f"orders/{number}"
                yield {"cursor": str(number), "order": {"name": name}}
            if kind == "silent":
                await asyncio.sleep(60)
            if kind == "cut":
                await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
            whole = True
        finally:
            self.cancelled += not whole

    async def sync(self, events: AsyncIterator[dict[str, Any]], context: Any) -> AsyncIterator[Tree]:
        """One answer for each, at once; one that is called `stop` is the last."""
        self._hear(context)
        async for event in events:
            yield {"cursor": f"got {event['cursor']}"}
            if event["cursor"] == "stop":
                return

    async def tell(self, asked: AsyncIterator[Tree], context: Any) -> AsyncIterator[Tree]:
        async for answer in Told(ERP).answer(asked):
            yield answer

    def _hear(self, context: Any) -> None:
        metadata = dict(context.invocation_metadata())
        self.heard.append(Heard(metadata, context.time_remaining()))

    @asynccontextmanager
    async def serving(self, tls: Path | None = None) -> AsyncIterator["Erp"]:
        """`tls`: a folder with `server.pem`, its certificate and then its key."""
        server = grpc.aio.server(options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers((self,))
        if tls is None:
            self.port = server.add_insecure_port(f"127.0.0.1:{self.port}")
        else:
            certificate, begin, key = (tls / "server.pem").read_bytes().partition(b"-----BEGIN PRIVATE")
            pair = begin + key, certificate
            self.port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
        await server.start()
        try:
            yield self
        finally:
            await server.stop(None)
