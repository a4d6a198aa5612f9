"""Our gRPC behind the real front, met by the real grpcio client."""

import asyncio
import gc
import gzip
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from starlette.responses import PlainTextResponse

from app.adapters.protocols.grpc import GrpcClient, target_of
from app.adapters.protocols.grpc_door import GrpcDoor
from app.adapters.protocols.grpc_messages import Status, framed
from app.adapters.protocols.grpc_reflection import read_schema
from app.adapters.protocols.grpc_server import Ended, GrpcCall, GrpcServer, Handler
from app.gateway.front import Front
from app.gateway.http_server import HttpServer
from app.model.clock import SystemClock
from app.model.errors import Conflict, Forbidden, Invalid, Problem, TooMany, Unauthenticated, forbidden, not_found
from app.model.ids import Ids
from app.settings import Limits, Settings
from app.web.assets import Assets
from tests.adapters.protocols.erp import ERP, SERVICE
from tests.adapters.protocols.test_grpc import _MARK
from tests.gateway.http2_client import Answer, Http2Client
from tests.gateway.small_core import SmallCore

TOKEN = (("authorization", "Bearer mdt_good"),)
_LIMITS = Limits()
_PROBLEMS: dict[str, Problem] = {
    "INVALID_ARGUMENT": Invalid("a", "Not so.", "不是这样。"), "PERMISSION_DENIED": forbidden(),
    "NOT_FOUND": not_found(), "ABORTED": Conflict("b", "Moved on.", "已变更。"),
    "RESOURCE_EXHAUSTED": TooMany("c", "Slower.", "请慢一些。", retry_after_ms=700),
}  # fmt: skip


class Desk:
    """Handlers that do as they are asked, and what became of their calls."""

    def __init__(self) -> None:
        self.calls: list[GrpcCall[str]] = []
        self.ended: list[str] = []
        self.told = 0

    async def authenticate(self, secret: str, address: str) -> str:
        if secret != "mdt_good":
            raise Unauthenticated("unauthenticated", "Name a token.", "请提供令牌。")
        return f"agent at {address}"

    async def get(self, call: GrpcCall[str], asked: dict[str, Any]) -> Any:
        self.calls.append(call)
        name = asked["name"]
        if name in _PROBLEMS:
            raise _PROBLEMS[name]
        if name == "defect":
            raise RuntimeError("secret of ours")
        if name == "DATA_LOSS":
            raise Ended(Status.DATA_LOSS, "gone")
        if name == "slow":
            try:
                await asyncio.sleep(60)
            finally:
                self.ended.append(name)
        return {"name": name, "state": "STATE_OPEN"}

    async def watch(self, call: GrpcCall[str], asked: dict[str, Any]) -> AsyncIterator[Any]:
        kind, _, count = asked["cursor"].partition("/")
        try:
            for number in range(int(count or 0)):
                self.told += 1
                yield {"cursor": str(number), "order": {"name": "x" * 20_000 if kind == "large" else "small"}}
            if kind == "cut":
                raise Forbidden("d", "No more.", "不能再看。")
            if kind == "silent":
                await asyncio.sleep(60)
        finally:
            self.ended.append(kind)

    async def sync(self, call: GrpcCall[str], asked: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for event in asked:
            yield {"cursor": f"got {event['cursor']}"}
            if event["cursor"] == "stop":
                return


class Port:
    """Where it is served, and by what."""

    def __init__(self, number: int, desk: Desk, door: GrpcDoor, front: Front) -> None:
        self.number = number
        self.desk = desk
        self.door = door
        self.front = front
        self._channels: list[Any] = []

    def channel(self, *options: tuple[str, Any]) -> Any:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.number}", options=options)
        self._channels.append(channel)
        return channel

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()


@asynccontextmanager
async def served(folder: Path, limits: Limits = _LIMITS) -> AsyncIterator[Port]:
    desk = Desk()
    handlers: dict[str, Handler] = {
        f"/{SERVICE}/GetOrder": desk.get, f"/{SERVICE}/WatchOrders": desk.watch, f"/{SERVICE}/SyncOrders": desk.sync
    }  # fmt: skip

    def make() -> GrpcServer:
        return GrpcServer(
            ERP, handlers, desk.authenticate, SystemClock(), limits,
            address=lambda scope: str(scope["client"][0]), reflection=True,
        )  # fmt: skip

    async def beside(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        await PlainTextResponse("beside")(scope, receive, send)

    door = GrpcDoor(make)
    settings = Settings(data=folder, limits=limits)
    http = HttpServer(door.before(beside), limits)
    front = Front(SmallCore(), Assets({}), http, settings, SystemClock(), Ids(SystemClock()))
    await http.start()
    port = Port(await front.start("127.0.0.1:0"), desk, door, front)
    try:
        yield port
    finally:
        await door.close()
        await port.close()
        await front.stop()
        await http.stop()


def unary(channel: Any, name: str = "GetOrder") -> Any:
    method = ERP.method(f"{SERVICE}/{name}")
    return channel.unary_unary(method.path, method.input.encode, method.output.decode)


def stream(channel: Any) -> Any:
    method = ERP.method(f"{SERVICE}/WatchOrders")
    return channel.unary_stream(method.path, method.input.encode, method.output.decode)


def both(channel: Any) -> Any:
    method = ERP.method(f"{SERVICE}/SyncOrders")
    return channel.stream_stream(method.path, method.input.encode, method.output.decode)


# --- what works -----------------------------------------------------------------------------------------------------


async def test_one_is_asked_and_one_comes_back(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        ask = unary(port.channel())
        metadata = (*TOKEN, ("accept-language", "zh-CN"), ("traceparent", "00-1-2-01"))
        answers = [await ask({"name": f"orders/{n}"}, metadata=metadata, timeout=20) for n in range(3)]
        assert [one["name"] for one in answers] == ["orders/0", "orders/1", "orders/2"]
        call = port.desk.calls[0]
        assert (call.principal, call.address, call.language) == ("agent at 127.0.0.1", "127.0.0.1", "zh-CN")
        assert call.metadata["traceparent"] == "00-1-2-01"
        assert call.seconds is not None and 15 < call.seconds <= 20


async def test_many_at_once_on_one_connection(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        ask = unary(port.channel())
        answers = await asyncio.gather(*(ask({"name": str(n)}, metadata=TOKEN) for n in range(400)))
        assert [one["name"] for one in answers] == [str(n) for n in range(400)]
        assert port.front.connections == 1


async def test_a_stream_comes_whole_and_in_order(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        coming = stream(port.channel())({"cursor": "small/2000"}, metadata=TOKEN)
        assert [int(one["cursor"]) async for one in coming] == list(range(2_000))
        assert await coming.code() == grpc.StatusCode.OK


async def test_both_ends_speak_in_turn(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        call = both(port.channel())(metadata=TOKEN)
        for cursor in ("a", "b", "c"):
            await call.write({"cursor": cursor})
            assert (await call.read())["cursor"] == f"got {cursor}"
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() == grpc.StatusCode.OK


async def test_the_desk_may_end_before_its_client_does(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        channel = port.channel()
        for _ in range(3):
            call = both(channel)(metadata=TOKEN)
            await call.write({"cursor": "stop"})
            assert (await call.read())["cursor"] == "got stop"
            assert await call.read() is grpc.aio.EOF
            assert await call.code() == grpc.StatusCode.OK


async def test_messages_may_come_packed(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        channel = port.channel(("grpc.default_compression_algorithm", grpc.Compression.Gzip.value))
        answer = await unary(channel)({"name": "x" * 100_000}, metadata=TOKEN)
        assert answer["name"] == "x" * 100_000


async def test_large_messages_both_ways(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        name = os.urandom(1_500_000).hex()
        assert (await unary(port.channel())({"name": name}, metadata=TOKEN))["name"] == name


async def test_what_is_no_grpc_goes_beside(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        client = await Http2Client.open(port.number)
        asked = client.ask("/x", "POST", [("content-type", "application/grpc-web"), ("te", "trailers")])
        assert (await client.answer(asked)).body == b"beside"
        assert port.door._programs is None, "nothing is loaded for it"
        await client.close()


async def test_our_own_client_and_reflection(tmp_path: Path) -> None:
    async def addresses(host: str, number: int) -> list[str]:
        return [host]

    async with served(tmp_path) as port:
        target = target_of(f"http://127.0.0.1:{port.number}", _MARK)
        client = GrpcClient(target, addresses, SystemClock(), _LIMITS, None)
        schema = await read_schema(client, SERVICE, _LIMITS, _MARK, TOKEN)
        assert schema.methods == ERP.methods
        method = schema.method(f"{SERVICE}/GetOrder")
        answer: Any = await client.unary(method, {"name": "x"}, TOKEN)
        assert answer["state"] == "STATE_OPEN"
        await client.close()


# --- what is refused ------------------------------------------------------------------------------------------------


async def test_who_has_no_token_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        for metadata in ((), (("authorization", "Bearer mdt_bad"),), (("authorization", "mdt_good"),)):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await unary(port.channel())({"name": "x"}, metadata=metadata)
            assert (refused.value.code().name, refused.value.details()) == ("UNAUTHENTICATED", "Name a token.")
        client = await Http2Client.open(port.number)
        asked = client.ask(f"/{SERVICE}/GetOrder", "POST", [("content-type", "application/grpc")], ends=False)
        assert (await client.answer(asked)).trailers["grpc-status"] == "16"
        await client.close()
        assert not port.desk.calls


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_problem_is_a_status_in_the_language_of_its_reader(tmp_path: Path, language: str) -> None:
    async with served(tmp_path) as port:
        ask = unary(port.channel())
        for name, problem in _PROBLEMS.items():
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ask({"name": name}, metadata=(*TOKEN, ("accept-language", language)))
            assert (refused.value.code().name, refused.value.details()) == (name, problem.text(language))
            pushback = dict(refused.value.trailing_metadata()).get("grpc-retry-pushback-ms")
            assert pushback == (str(problem.retry_after_ms) if problem.retry_after_ms else None)


async def test_a_defect_is_a_number_and_no_more(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        for name, code in (("defect", "INTERNAL"), ("DATA_LOSS", "DATA_LOSS")):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await unary(port.channel())({"name": name}, metadata=TOKEN)
            assert refused.value.code().name == code
            assert "secret" not in refused.value.details()


async def test_a_stream_may_fail_midway(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        coming = stream(port.channel())({"cursor": "cut/5"}, metadata=TOKEN)
        assert len([await coming.read() for _ in range(5)]) == 5
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await coming.read()
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_unknown_methods_and_wrong_trees(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        channel = port.channel()
        for ask in (unary(channel, "ListOrders"), channel.unary_unary("/no.Service/Method")):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ask({} if ask is not None and "ListOrders" in str(ask._method) else b"", metadata=TOKEN)
            assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
        raw = channel.unary_unary(f"/{SERVICE}/GetOrder")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await raw(b"\xff\xff", metadata=TOKEN)
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert await unary(channel)({"name": "x"}, metadata=TOKEN), "the connection goes on"


async def _said(port: Port, body: bytes, *more: tuple[str, str]) -> Answer:
    client = await Http2Client.open(port.number)
    fields = [("content-type", "application/grpc"), ("te", "trailers"), *TOKEN, *more]
    asked = client.ask(f"/{SERVICE}/GetOrder", "POST", fields, ends=not body)
    await client.send(asked, body)
    answer = await client.answer(asked)
    await client.close()
    return answer


async def _refused(port: Port, body: bytes, *more: tuple[str, str]) -> tuple[str, str]:
    answer = await _said(port, body, *more)
    return Status(int(answer.trailers["grpc-status"])).name, answer.trailers.get("grpc-message", "")


async def test_messages_that_are_none(tmp_path: Path) -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    bomb = b"\1" + struct.pack(">I", len(packed)) + packed
    async with served(tmp_path) as port:
        assert (await _refused(port, b""))[0] == "INVALID_ARGUMENT"
        assert (await _refused(port, framed(b"") * 2))[0] == "INVALID_ARGUMENT"
        assert (await _refused(port, b"\0\0\0\0\x05abc"))[0] == "INVALID_ARGUMENT"
        assert (await _refused(port, b"\7\0\0\0\0"))[0] == "INVALID_ARGUMENT"
        assert (await _refused(port, b"\0\xff\xff\xff\xff"))[0] == "RESOURCE_EXHAUSTED"
        assert (await _refused(port, bomb, ("grpc-encoding", "gzip")))[0] == "RESOURCE_EXHAUSTED"
        assert (await _refused(port, bomb, ("grpc-encoding", "snappy")))[0] == "UNIMPLEMENTED"
        assert (await _refused(port, framed(b"")))[0] == "OK"


# --- time, and who leaves -------------------------------------------------------------------------------------------


async def _until(true: Any) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


async def test_a_deadline_ends_the_work_too(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        body = framed(ERP.encode("acme.erp.v1.GetOrderRequest", {"name": "slow"}))
        answer = await _said(port, body, ("grpc-timeout", "300m"))
        assert answer.trailers["grpc-status"] == str(Status.DEADLINE_EXCEEDED.value)
        assert port.desk.ended == ["slow"]
    async with served(tmp_path / "b", Limits(grpc_seconds_max=0.3)) as port:
        with pytest.raises(grpc.aio.AioRpcError) as late:
            await unary(port.channel())({"name": "slow"}, metadata=TOKEN)
        assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("kind", ["slow", "silent"])
async def test_who_leaves_ends_the_work(tmp_path: Path, kind: str) -> None:
    async with served(tmp_path) as port:
        channel = port.channel()
        if kind == "slow":
            call = unary(channel)({"name": "slow"}, metadata=TOKEN)
            await _until(lambda: port.desk.calls)
        else:
            call = stream(channel)({"cursor": "silent/1"}, metadata=TOKEN)
            await call.read()
        call.cancel()
        await _until(lambda: port.desk.ended == [kind])
        assert await unary(channel)({"name": "x"}, metadata=TOKEN)


async def test_a_reader_that_stops_costs_little_and_others_go_on(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        channel = port.channel()
        # a client of grpcio opens its windows by megabytes as it sees fit
        small = port.channel(("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536))
        coming = stream(small)({"cursor": "large/20000"}, metadata=TOKEN)
        await coming.read()
        told = -1
        while told != port.desk.told:
            told = port.desk.told
            await asyncio.sleep(0.5)
        assert told < 200, "of 20,000 messages, 400 MB"
        gc.collect()
        assert await unary(channel)({"name": "x"}, metadata=TOKEN, timeout=10)
        coming.cancel()
        await _until(lambda: port.desk.ended == ["large"])


async def test_when_the_server_stops_its_clients_are_told_to_come_again(tmp_path: Path) -> None:
    async with served(tmp_path) as port:
        channel = port.channel()
        coming = stream(channel)({"cursor": "silent/1"}, metadata=TOKEN)
        await coming.read()
        await port.door.close()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await coming.read()
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        assert port.desk.ended == ["silent"]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await unary(channel)({"name": "x"}, metadata=TOKEN)
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_no_more_calls_than_may_run_at_once(tmp_path: Path) -> None:
    async with served(tmp_path, Limits(grpc_calls_max=2)) as port:
        channel = port.channel()
        waiting = [stream(channel)({"cursor": "silent/1"}, metadata=TOKEN) for _ in range(2)]
        for one in waiting:
            await one.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await unary(channel)({"name": "x"}, metadata=TOKEN)
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        for one in waiting:
            one.cancel()
        await _until(lambda: len(port.desk.ended) == 2)
        assert await unary(channel)({"name": "x"}, metadata=TOKEN)
