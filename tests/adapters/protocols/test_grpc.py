"""gRPC out against a real grpcio server, and against servers that are none."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.calls.network import Network
from app.adapters.errors import BadDocument, BadSpec, Mark, Refused, Unreached
from app.adapters.protocols.exchange import Bounds, Request
from app.adapters.protocols.grpc import GrpcClient, target_of, trust
from app.adapters.protocols.grpc_messages import (
    Frames,
    framed,
    message_said,
    message_text,
    timeout_seconds,
    timeout_text,
    unpacked,
)
from app.adapters.protocols.grpc_reflection import read_schema
from app.model.clock import SystemClock
from app.settings import Limits
from tests.adapters.far import Far, answer, silent
from tests.adapters.protocols.erp import ERP, SERVICE, Erp
from tests.mail.server import certified

GET, LIST, WATCH, SYNC = (
    ERP.method(f"{SERVICE}/{name}") for name in ("GetOrder", "ListOrders", "WatchOrders", "SyncOrders")
)
_MARK = Mark("erp.yaml", 3, 5)
_LIMITS = Limits()


@asynccontextmanager
async def client(
    port: int,
    limits: Limits = _LIMITS,
    *,
    host: str = "127.0.0.1",
    allow: bool = True,
    secure: ssl.SSLContext | None = None,
    ping_seconds: float = 0.0,
) -> AsyncIterator[GrpcClient]:
    async def resolve(name: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    network = Network([f"{host}:{port}"] if allow else [], resolve)
    target = target_of(f"{'https' if secure else 'http'}://{host}:{port}", _MARK)
    made = GrpcClient(target, network.addresses, SystemClock(), limits, secure, ping_seconds)
    try:
        yield made
    finally:
        await made.close()


# --- what works -----------------------------------------------------------------------------------------------------


async def test_a_tree_is_asked_and_one_comes_back_over_one_connection() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        answers = [
            await grpc.unary(GET, {"name": f"orders/{n}"}, (("Authorization", "Bearer s"), ("x-one", "1")), seconds=20)
            for n in range(3)
        ]
        many: Any = await grpc.unary(LIST, {"page_size": 2_000})
        assert [one["name"] for one in answers if isinstance(one, dict)] == ["orders/0", "orders/1", "orders/2"]
        assert len(many["orders"]) == many["total_size"] == 2_000
        assert (erp.heard[0].metadata["authorization"], erp.heard[0].metadata["x-one"]) == ("Bearer s", "1")
        assert erp.heard[0].seconds_left is not None and 15 < erp.heard[0].seconds_left <= 20


async def test_many_calls_share_the_connection() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        answers = await asyncio.gather(*(grpc.unary(GET, {"name": str(n)}) for n in range(200)))
    assert [one["name"] for one in answers if isinstance(one, dict)] == [str(n) for n in range(200)]


async def test_a_stream_comes_message_by_message() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        events: list[Any] = [event async for event in grpc.stream(WATCH, {"cursor": "small/500"})]
    assert [event["order"]["name"] for event in events] == [f"orders/{n}" for n in range(500)]


async def test_both_ends_of_a_call_may_speak_in_turn() -> None:
    said = []
    async with Erp().serving() as erp, client(erp.port) as grpc, grpc.open(SYNC.path) as call:
        for cursor in ("a", "b", "c"):
            await call.send(SYNC.input.encode({"cursor": cursor}))
            said.append(SYNC.output.decode(await anext(call)))
        await call.end()
        assert [body async for body in call] == []
    assert said == [{"cursor": "got a"}, {"cursor": "got b"}, {"cursor": "got c"}]


async def test_a_server_may_end_before_we_do() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc, grpc.open(SYNC.path) as call:
        await call.send(SYNC.input.encode({"cursor": "stop"}))
        assert len([body async for body in call]) == 1
        await call.send(SYNC.input.encode({"cursor": "nobody hears"}))
        await call.end()


async def test_over_tls_with_an_authority_of_its_own(tmp_path: Path) -> None:
    certified(tmp_path)
    async with Erp().serving(tmp_path) as erp:
        believing = trust(tmp_path / "mail-ca.pem")
        async with client(erp.port, host="localhost", secure=believing) as grpc:
            assert (await grpc.unary(GET, {"name": "x"})) != {}
        async with client(erp.port, host="localhost", secure=trust()) as grpc:
            with pytest.raises(Unreached) as refused:
                await grpc.unary(GET, {"name": "x"})
            assert refused.value.code == "not_trusted"
        async with client(erp.port, host="other.test", secure=believing) as grpc:
            with pytest.raises(Unreached, match="not trusted"):
                await grpc.unary(GET, {"name": "x"})


async def test_asked_as_over_http_the_status_is_in_the_answer() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        url = f"http://127.0.0.1:{erp.port}{GET.path}"
        body = GET.input.encode({"name": "orders/1"})
        good = await grpc.ask(Request("grpc", url, (("x-one", "1"),), body), Bounds(20, 1_000_000))
        assert (good.status, GET.output.decode(good.body)) == (200, await grpc.unary(GET, {"name": "orders/1"}))
        ends = {}
        for code in ("UNAUTHENTICATED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "NOT_FOUND", "UNIMPLEMENTED", "DATA_LOSS"):
            asked = Request("grpc", url, (), GET.input.encode({"name": f"fails/{code}"}))
            ended = await grpc.ask(asked, Bounds(20, 1_000_000))
            ends[code] = ended.status
            assert ended.headers["retry-after"] == "2"
            assert ended.body.decode().startswith(f"{code} 不行")
    assert ends == {
        "UNAUTHENTICATED": 401, "RESOURCE_EXHAUSTED": 429, "UNAVAILABLE": 503, "NOT_FOUND": 404, "UNIMPLEMENTED": 405,
        "DATA_LOSS": 500,
    }  # fmt: skip


# --- what ends otherwise --------------------------------------------------------------------------------------------

_AGAIN = {
    "CANCELLED": "answer_5xx", "UNKNOWN": "answer_5xx", "DEADLINE_EXCEEDED": "answer_too_slow",
    "RESOURCE_EXHAUSTED": "limited", "ABORTED": "answer_5xx", "INTERNAL": "answer_5xx", "UNAVAILABLE": "answer_5xx",
    "DATA_LOSS": "answer_5xx",
}  # fmt: skip
_NEVER = (
    "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "FAILED_PRECONDITION", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "UNAUTHENTICATED",
)  # fmt: skip


async def test_a_status_says_whether_it_is_worth_another_try() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        for name, code in _AGAIN.items():
            with pytest.raises(Unreached, match=rf"\({name}\): 不行: 100% no") as again:
                await grpc.unary(GET, {"name": f"fails/{name}"})
            assert (again.value.code, again.value.retry_after_ms) == (code, 1_500)
        for name in _NEVER:
            with pytest.raises(Refused, match=rf"\({name}\): 不行: 100% no") as never:
                await grpc.unary(GET, {"name": f"fails/{name}"})
            assert never.value.said == name


async def test_a_stream_that_fails_midway_gives_what_came_before() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        events = grpc.stream(WATCH, {"cursor": "cut/7"})
        assert len([await anext(events) for _ in range(7)]) == 7
        with pytest.raises(Unreached, match="restarting"):
            await anext(events)


async def test_a_method_that_is_not_there_is_refused() -> None:
    path = "/acme.erp.v1.OrderService/Nothing"
    async with Erp().serving() as erp, client(erp.port) as grpc, grpc.open(path) as call:
        with pytest.raises(Refused, match="UNIMPLEMENTED"):
            await call.only(b"")


async def test_an_answer_that_takes_too_long_is_cut_off_and_the_next_one_comes() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        with pytest.raises(Unreached) as late:
            await grpc.unary(GET, {"name": "slow"}, seconds=0.3)
        assert late.value.code == "answer_too_slow"
        assert await grpc.unary(GET, {"name": "x"})


async def test_a_delay_of_who_reads_is_not_called_the_servers() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc, grpc.open(WATCH.path, seconds=60) as call:
        await call.send(WATCH.input.encode({"cursor": "silent/1"}), end=True)
        await anext(call)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.05)
    with pytest.raises(TimeoutError):
        async with Erp().serving() as erp, client(erp.port) as grpc, grpc.open(WATCH.path, seconds=60):
            raise TimeoutError


async def test_a_message_that_is_too_large_is_refused_before_it_is_read() -> None:
    async with Erp().serving() as erp, client(erp.port, Limits(source_answer_bytes_max=100_000)) as grpc:
        assert await grpc.unary(GET, {"name": "large/90000"})
        connection = grpc._connection
        assert connection is not None
        before = connection.connection.data_received
        with pytest.raises(BadDocument) as refused:
            await grpc.unary(GET, {"name": "large/50000000"})
        assert await grpc.unary(GET, {"name": "x"}), "the connection goes on"
        assert grpc._connection is connection
    assert refused.value.code == "grpc_too_large"
    assert connection.connection.data_received - before < 2_000_000


async def test_what_is_not_read_is_not_sent() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        events = grpc.stream(WATCH, {"cursor": "large/20000"})
        await anext(events)
        told = -1
        while told != erp.told:
            told = erp.told
            await asyncio.sleep(0.5)
        assert told < 2_000, "of 20,000 events, 400 MB"
        assert await grpc.unary(GET, {"name": "x"}), "others go on meanwhile"
        await events.aclose()  # type: ignore[attr-defined]
        async with asyncio.timeout(10):
            while not erp.cancelled:
                await asyncio.sleep(0.05)


async def test_a_server_that_goes_away_is_called_again_by_a_new_connection() -> None:
    erp = Erp()
    async with erp.serving(), client(erp.port) as grpc:
        waiting = asyncio.create_task(grpc.unary(GET, {"name": "slow"}))
        while not erp.heard:
            await asyncio.sleep(0.01)
        await _goes_away(grpc)
        with pytest.raises(Unreached) as gone:
            await waiting
        assert gone.value.code == "not_reached"
        assert waiting.cancelling() == 0
        assert await grpc.unary(GET, {"name": "x"})


async def _goes_away(grpc: GrpcClient) -> None:
    connection = grpc._connection
    assert connection is not None
    connection.connection._transport.abort()


async def test_who_cancels_a_call_gets_his_cancellation() -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        waiting = asyncio.create_task(grpc.unary(GET, {"name": "slow"}))
        while not erp.heard:
            await asyncio.sleep(0.01)
        waiting.cancel()
        await _goes_away(grpc)
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_nobody_is_reached_at_an_address_that_was_not_checked() -> None:
    async with Erp().serving() as erp, client(erp.port, host="erp.test", allow=False) as grpc:
        with pytest.raises(Unreached) as refused:
            await grpc.unary(GET, {"name": "x"})
        assert refused.value.code == "address_private"
        assert not erp.heard


async def test_a_port_on_which_nobody_listens() -> None:
    async with client(1) as grpc:
        with pytest.raises(Unreached) as refused:
            await grpc.unary(GET, {"name": "x"})
    assert refused.value.code == "not_reached"


async def test_a_server_that_speaks_http_1_is_none_of_grpc(tmp_path: Path) -> None:
    async with Far(answer(b"<html>")).serving() as far, client(far.port) as grpc:
        with pytest.raises(Unreached, match="gRPC needs HTTP/2"):
            await grpc.unary(GET, {"name": "x"}, seconds=10)
    tls = certified(tmp_path)
    secure = trust(tmp_path / "mail-ca.pem")
    served = Far(answer(b"<html>")).serving(tls)
    async with served as far, client(far.port, host="localhost", secure=secure) as grpc:
        with pytest.raises(Unreached) as refused:
            await grpc.unary(GET, {"name": "x"}, seconds=10)
        assert refused.value.code == "no_http2"


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async with Far(silent).serving() as far, client(far.port) as grpc:
        with pytest.raises(Unreached) as late:
            await grpc.unary(GET, {"name": "x"}, seconds=0.3)
    assert late.value.code == "answer_too_slow"


@pytest.mark.parametrize(("headers", "data", "error", "said"), [
    ([(":status", "200"), ("content-type", "text/html")], b"<html>", BadDocument, "text/html, not gRPC"),
    ([(":status", "503"), ("content-type", "text/html")], b"<html>", Unreached, r"UNAVAILABLE\): HTTP 503"),
    ([(":status", "401")], b"", Refused, r"UNAUTHENTICATED\): HTTP 401"),
    ([(":status", "200"), ("content-type", "application/grpc")], b"\0\0\0\0\x09half", Unreached, "in the middle"),
    ([(":status", "200"), ("content-type", "application/grpc")], framed(b""), Unreached, "without its status"),
    ([(":status", "200"), ("content-type", "application/grpc")], b"", Unreached, "without its status"),
    ([(":status", "200"), ("content-type", "application/grpc")], b"\x07\0\0\0\x01x", BadDocument, "no message of gRPC"),
    ([(":status", "200"), ("content-type", "application/grpc")], b"\x01\0\0\0\x01x", BadDocument, "packed as nobody"),
    ([(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "99")], b"", Unreached, "UNKNOWN"),
    ([(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5")], b"", Refused, "NOT_FOUND"),
    ([(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "0")], b"", BadDocument, "One message"),
], ids=repr)  # fmt: skip
async def test_an_answer_that_is_none_of_grpc(headers: Any, data: bytes, error: type[Exception], said: str) -> None:
    async with _speaking_http2(headers, data, []) as port, client(port) as grpc:
        with pytest.raises(error, match=said):
            await grpc.unary(GET, {"name": "x"}, seconds=10)


async def test_what_is_packed_is_unpacked() -> None:
    import gzip

    packed = gzip.compress(GET.output.encode({"name": "packed"}))
    headers = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "gzip")]
    data = b"\x01" + struct.pack(">I", len(packed)) + packed
    async with _speaking_http2(headers, data, [("grpc-status", "0")]) as port, client(port) as grpc:
        answer: Any = await grpc.unary(GET, {"name": "x"}, seconds=10)
    assert answer["name"] == "packed"


@asynccontextmanager
async def _speaking_http2(headers: Any, data: bytes, trailers: Any) -> AsyncIterator[int]:
    """A server that answers each request with this; a 103 and an unknown frame go before. No end with no trailers."""

    open_now: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send() + b"\0\0\x01\xee\0\0\0\0\0x")
        with suppress(ConnectionError):
            while received := await reader.read(65_536):
                for event in connection.receive_data(received):
                    if isinstance(event, RequestReceived):
                        answer_to(connection, event.stream_id)
                writer.write(connection.data_to_send())
        writer.transport.abort()
        open_now.discard(writer)

    def answer_to(connection: H2Connection, stream: int) -> None:
        connection.send_headers(stream, [(":status", "103"), ("link", "x")])
        connection.send_headers(stream, headers, end_stream=not data and trailers == [])
        if data:
            connection.send_data(stream, data, end_stream=trailers == [])
        if trailers:
            connection.send_headers(stream, trailers, end_stream=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        async with asyncio.timeout(10):
            while open_now:
                for writer in tuple(open_now):
                    writer.transport.abort()
                await asyncio.sleep(0.01)


async def test_a_line_that_stands_still_is_pinged_and_found_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.protocols.grpc._PING_PATIENCE_SECONDS", 1.0)
    headers = [(":status", "200"), ("content-type", "application/grpc")]
    opened = _speaking_http2(headers, framed(b""), None)
    async with opened as port, client(port, ping_seconds=0.2) as grpc, grpc.open(WATCH.path) as call:
        assert await anext(call) == b""
        connection = grpc._connection
        assert connection is not None
        await asyncio.sleep(1.5)
        assert not connection.is_over, "who answers pings may be silent as long as he likes"
        connection.connection._transport.pause_reading()
        with pytest.raises(Unreached):
            await anext(call)


@pytest.mark.parametrize(("name", "value"), [("x y", "1"), ("x", "é"), ("x", "a\nb"), ("grpc-status", "0"), ("", "1")])
async def test_metadata_that_is_none_is_refused(name: str, value: str) -> None:
    async with Erp().serving() as erp, client(erp.port) as grpc:
        with pytest.raises(BadDocument, match="no metadata"):
            await grpc.unary(GET, {"name": "x"}, ((name, value),))


@pytest.mark.parametrize("url", ["", "erp:50051", "ftp://erp:1/a", "https://", "http://erp:x/a", "https://erp/a?b=c"])
def test_an_address_that_is_none_says_how_to_write_one(url: str) -> None:
    with pytest.raises(BadSpec, match=r"erp\.yaml:3:5: .* Write https://"):
        target_of(url, _MARK)


def test_an_address_has_a_port() -> None:
    targets = [target_of(url, _MARK) for url in ("https://erp/a.B/C", "http://erp", "https://[::1]:5/")]
    assert [(one.secure, one.host, one.port) for one in targets] == [
        (True, "erp", 443), (False, "erp", 80), (True, "::1", 5)
    ]  # fmt: skip
    assert targets[0].path == "/a.B/C"


# --- reflection -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v1alpha", ""])
async def test_a_schema_is_read_from_the_server(version: str) -> None:
    async with Erp(reflection=version).serving() as erp, client(erp.port) as grpc:
        if not version:
            with pytest.raises(BadSpec, match="has no reflection"):
                await read_schema(grpc, SERVICE, Limits(), _MARK)
            return
        schema = await read_schema(grpc, SERVICE, Limits(), _MARK)
        method = schema.method(f"{SERVICE}/GetOrder")
        assert await grpc.unary(method, {"name": "x"}) == await grpc.unary(GET, {"name": "x"})
        with pytest.raises(BadSpec, match=r"does not know acme\.Nothing"):
            await read_schema(grpc, "acme.Nothing", Limits(), _MARK)
        with pytest.raises(BadSpec, match="tells more than"):
            await read_schema(grpc, SERVICE, Limits(adapter_proto_bytes_max=100), _MARK)


# --- the words of the protocol --------------------------------------------------------------------------------------


@given(st.floats(min_value=0, max_value=1e12))
def test_a_timeout_is_at_most_what_is_meant(seconds: float) -> None:
    told = timeout_seconds(timeout_text(seconds))
    assert told is not None
    assert told <= seconds * (1 + 1e-9)
    assert seconds > 99_999_999 * 3_600 or told >= seconds * 0.98 - 1e-9
    assert len(timeout_text(seconds)) <= 9


@pytest.mark.parametrize("text", ["", "5", "S", "123456789S", "-1S", "5 S", "5s", "٥S"])
def test_what_is_no_timeout_is_none(text: str) -> None:
    assert timeout_seconds(text) is None


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_message_of_a_status_comes_back(said: str) -> None:
    assert message_text(said).isascii()
    assert message_said(message_text(said)) == said


@given(st.lists(st.binary(max_size=50)), st.lists(st.integers(0, 300)))
def test_messages_are_the_same_however_they_are_cut(messages: list[bytes], cuts: list[int]) -> None:
    data = b"".join(map(framed, messages))
    frames = Frames(50)
    found: list[bytes] = []
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in pairwise(places):
        found += frames.feed(data[start:end])
    assert found == messages
    assert frames.empty


def test_a_small_packed_message_does_not_become_a_large_one() -> None:
    import gzip

    with pytest.raises(BadDocument, match="more than 1000 bytes"):
        unpacked(gzip.compress(b"\0" * 100_000_000), "gzip", 1_000)
    with pytest.raises(BadDocument, match="not packed as it says"):
        unpacked(b"x", "gzip", 1_000)
    with pytest.raises(BadDocument, match="packed as snappy"):
        unpacked(b"x", "snappy", 1_000)
