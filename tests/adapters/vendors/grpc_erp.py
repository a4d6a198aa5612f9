"""An ERP that offers `erp.v1`, by the real grpcio: orders and parcels in pages by cursor, and a place for work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from app.adapters.formats.protobuf import Schema
from app.adapters.specs.shipped import FOLDER
from app.settings import Limits

_PAGE = 7  # whatever is asked for
_FILE = "erp-grpc.proto"
SCHEMA = Schema.of_texts({_FILE: (FOLDER / _FILE).read_text(encoding="utf-8")}, Limits())
_METHODS = {
    "/erp.v1.Sales/ListOrders": "orders", "/erp.v1.Sales/ListParcels": "parcels", "/erp.v1.Work/PutTicket": "put",
}  # fmt: skip


class GrpcErp(grpc.GenericRpcHandler):  # type: ignore[misc]
    """`troubles` are codes that the next calls end with, in order; `work` is what was put there, by its key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.orders: list[dict[str, Any]] = []
        self.parcels: list[dict[str, Any]] = []
        self.work: dict[str, dict[str, Any]] = {}
        self.troubles: list[grpc.StatusCode] = []
        self.asked: list[str] = []
        self.port = 0

    def service(self, details: Any) -> Any:
        if details.method not in _METHODS:
            return None
        method = SCHEMA.method(details.method)
        answer = self._put if _METHODS[details.method] == "put" else self._list(_METHODS[details.method])
        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=method.input.decode, response_serializer=method.output.encode
        )

    def _list(self, what: str) -> Any:
        async def listed(asked: dict[str, Any], context: Any) -> dict[str, Any]:
            await self._demand(context)
            self.asked.append(what)
            things = sorted(getattr(self, what), key=lambda one: (one["changed_at"], one["number"]))
            found = [one for one in things if asked["since"] <= one["changed_at"] < asked["until"]]
            begin = int(asked.get("cursor") or 0)
            end = begin + _PAGE
            return {what: found[begin:end], "next": str(end) if end < len(found) else ""}

        return listed

    async def _put(self, asked: dict[str, Any], context: Any) -> dict[str, Any]:
        await self._demand(context)
        self.work.setdefault(asked["key"], asked)
        return {"number": f"WO-{asked['number']}"}

    async def _demand(self, context: Any) -> None:
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {self.key}":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        if self.troubles:
            await context.abort(self.troubles.pop(0), "not now")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["GrpcErp"]:
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers((self,))
        self.port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield self
        finally:
            await server.stop(None)


def ago(minutes: float) -> str:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
