"""HTTP/2 as its clients meet it: requests, bodies, trailers, windows, and what is no HTTP/2 (RFC 9113)."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.events import RemoteSettingsChanged
from h2.settings import SettingCodes
from hpack import Encoder
from msgspec import structs

from app.gateway import http2_frames as frames
from app.gateway.http2_head import head_of
from app.model.errors import Problem
from app.settings import Limits
from tests.gateway.client import Browser, until
from tests.gateway.conftest import Desk, opened
from tests.gateway.http2_client import Http2Client, RawClient, frame, head, request

PIECE = bytes(20_000)
SAME = bytes(90_000)
FAST_PACE = Limits(
    http2_small_frames_per_second=100_000, http2_small_frames_of_all_per_second=100_000, http2_small_frames_burst=100
)
SLOW_PACE = Limits(http2_small_frames_per_second=100, http2_small_frames_burst=200, stop_seconds_max=0.4)
GRPC = [("content-type", "application/grpc"), ("te", "trailers")]


class Application:
    """One handler for each thing that an application may do wrong or slowly."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.running = 0
        self.scopes: list[Any] = []
        self.left = 0
        self.pieces = 0
        self.swallowed = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
            return
        self.scopes.append(scope)
        self.running += 1
        try:
            await getattr(self, "_" + scope["path"].strip("/"))(receive, send)
        finally:
            self.running -= 1

    async def _plain(self, receive: Any, send: Any) -> None:
        await say(send, b"plain")

    async def _linger(self, receive: Any, send: Any) -> None:
        await say(send, b"answered")
        await self.go.wait()

    async def _same(self, receive: Any, send: Any) -> None:
        await say(send, SAME)

    async def _large(self, receive: Any, send: Any) -> None:
        await say(send, bytes(90_000))

    async def _wait(self, receive: Any, send: Any) -> None:
        await self.go.wait()
        await say(send, b"waited")

    async def _listen(self, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left += 1

    async def _echo(self, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        while (message := await receive()).get("more_body"):
            await send({"type": "http.response.body", "body": message["body"], "more_body": True})
        await send({"type": "http.response.body", "body": message["body"]})

    async def _swallow(self, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            self.swallowed += len(message.get("body", b""))
            more = message.get("more_body", False)
        await say(send, b"%d" % self.swallowed)

    async def _endless(self, receive: Any, send: Any) -> None:
        """400 MB, unless somebody stops it."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(20_000):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            self.pieces += 1

    async def _unread(self, receive: Any, send: Any) -> None:
        await say(send, b"no", 413)

    async def _broken(self, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("secret of the application")

    async def _silent(self, receive: Any, send: Any) -> None:
        return

    async def _nothing(self, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b"not to be sent"})

    async def _call(self, receive: Any, send: Any) -> None:
        """A unary call of gRPC: head, one message, trailers."""
        message = await receive()
        fields = [(b"content-type", b"application/grpc")]
        await send({"type": "http.response.start", "status": 200, "headers": fields, "trailers": True})
        await send({"type": "http.response.body", "body": message["body"][::-1]})
        ended = [(b"grpc-status", b"0"), (b"grpc-message", b"fine")]
        await send({"type": "http.response.trailers", "headers": ended})


async def say(send: Any, body: bytes, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Door:
    """A desk that serves `Application`, and its clients."""

    def __init__(self, desk: Desk, application: Application) -> None:
        self.desk = desk
        self.application = application
        self._clients: list[Http2Client | RawClient] = []

    async def client(self, **how: Any) -> Http2Client:
        client = await Http2Client.open(self.desk.port, **how)
        self._clients.append(client)
        return client

    async def raw(self, *parts: bytes, preface: bool = True) -> RawClient:
        client = await RawClient.open(self.desk.port, *parts, preface=preface)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        self.application.go.set()
        for client in self._clients:
            await client.close()


@pytest.fixture
async def door(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    """Parametrise indirectly with `Limits` for other bounds."""
    application = Application()
    async with opened(tmp_path, getattr(request, "param", Limits()), application) as desk:
        door = Door(desk, application)
        yield door
        await door.close()


# --- requests and answers ---------------------------------------------------------------------------------------


async def test_requests_take_turns_on_one_connection_and_answers_come_as_they_are_ready(door: Door) -> None:
    client = await door.client()
    slow = client.ask("/wait")
    assert (await client.get("/plain")).body == b"plain"
    assert (await client.get("/echo", "POST", b"x" * 700_000)).body == b"x" * 700_000
    door.application.go.set()
    assert (await client.answer(slow)).body == b"waited"
    assert (await client.get("/plain", "HEAD")).body == b""
    assert (await client.get("/nothing")).body == b""
    assert not client.gone
    assert door.desk.front.connections == 1


async def test_the_application_is_told_what_it_is_told_over_http1(door: Door) -> None:
    client = await door.client()
    cookies = [("cookie", "a=1"), ("cookie", "b=2")]
    stream = client.ask("/plain?q=%20x", fields=[*cookies, ("x-one", "1")])
    answer = await client.answer(stream)
    browser = await door.desk.browser()
    await browser.get("/plain?q=%20x", cookie="a=1; b=2", x_one="1")
    two, one = door.application.scopes
    assert (two["http_version"], one["http_version"]) == ("2", "1.1")
    for key in ("type", "method", "path", "raw_path", "query_string", "root_path", "scheme"):
        assert two[key] == one[key], key
    assert dict(two["headers"]) == dict(one["headers"])
    assert two["client"][0] == "127.0.0.1"
    assert two["state"].keys() == one["state"].keys()
    assert "date" in answer.fields


async def test_trailers_follow_the_body_of_a_grpc_call(door: Door) -> None:
    client = await door.client()
    for _ in range(3):
        message = struct.pack(">?I", False, 5) + b"hello"
        stream = client.ask("/call", "POST", GRPC, ends=False)
        await client.send(stream, message)
        answer = await client.answer(stream)
        assert (answer.status, answer.body) == (200, message[::-1])
        assert answer.trailers == {"grpc-status": "0", "grpc-message": "fine"}


async def test_an_answer_before_the_end_of_its_request_leaves_the_connection_to_others(door: Door) -> None:
    """Hypercorn 0.18 goes deaf here, or ends the connection."""
    client = await door.client()
    for _ in range(20):  # more than any window holds, were it not given back
        early = client.ask("/unread", "POST", ends=False)
        for _ in range(60):
            client.h2.send_data(early, b"x" * 500)
        client.flush()
        answer = await client.answer(early)
        assert (answer.status, answer.body) == (413, b"no")
        assert (await client.get("/plain")).status == 200
    late = client.ask("/unread", "POST", ends=False)
    assert (await client.answer(late)).status == 413
    await until(lambda: client.answers[late].reset == ErrorCodes.NO_ERROR)
    client.raw(frame(frames.DATA, 0, late, b"too late"))
    assert (await client.get("/plain")).status == 200


async def test_an_application_that_breaks_ends_its_stream_alone(door: Door) -> None:
    client = await door.client()
    half = await client.answer(client.ask("/broken"))
    assert (half.body, half.reset) == (b"half", ErrorCodes.INTERNAL_ERROR)
    assert (await client.answer(client.ask("/silent"))).reset == ErrorCodes.INTERNAL_ERROR
    assert (await client.get("/plain")).status == 200


async def test_who_cancels_is_noticed_and_his_handler_ends(door: Door) -> None:
    client = await door.client()
    streams = [client.ask("/listen") for _ in range(5)]
    await until(lambda: door.application.running == 5)
    for stream in streams:
        client.h2.reset_stream(stream, ErrorCodes.CANCEL)
    client.flush()
    await until(lambda: door.application.left == 5 and door.application.running == 0)
    assert (await client.get("/plain")).status == 200


async def test_a_client_that_leaves_is_noticed_by_each_of_its_handlers(door: Door) -> None:
    client = await door.client()
    for _ in range(5):
        client.ask("/listen")
    await until(lambda: door.application.running == 5)
    await client.close()
    await until(lambda: door.application.left == 5)
    await until(lambda: door.desk.front.connections == 0)


@pytest.mark.parametrize("door", [Limits(http2_streams_max=10)], indirect=True)
async def test_cancelled_requests_that_still_run_count_until_they_have_ended(door: Door) -> None:
    """What made rapid reset costly (CVE-2023-44487): the client's count fell at once, the server's work did not."""
    client = await door.client()
    streams = [client.ask("/wait") for _ in range(10)]
    await until(lambda: door.application.running == 10)
    for stream in streams:
        client.h2.reset_stream(stream, ErrorCodes.CANCEL)
    client.flush()
    refused = await client.answer(client.ask("/plain"))
    assert refused.reset == ErrorCodes.REFUSED_STREAM
    assert door.application.running == 10
    door.application.go.set()
    await until(lambda: door.application.running == 0)
    assert (await client.get("/plain")).status == 200


@pytest.mark.parametrize("door", [Limits(http2_streams_max=1)], indirect=True)
async def test_what_is_cancelled_in_the_packet_that_asked_for_it_is_not_begun(door: Door) -> None:
    cancel = struct.pack("!L", ErrorCodes.CANCEL)
    both = b"".join(request(stream, "/wait") + frame(frames.RST_STREAM, 0, stream, cancel) for stream in (1, 3, 5))
    raw = await door.raw(both, request(7, "/plain"), frames.goaway(0, frames.NO_ERROR))
    assert await raw.cut() == frames.NO_ERROR
    assert b"plain" in raw.got
    assert [scope["path"] for scope in door.application.scopes] == ["/plain"]


async def test_a_window_and_a_reset_in_one_packet_meet_no_closed_stream(door: Door) -> None:
    client = await door.client(window=False)
    stream = client.ask("/large")
    await until(lambda: len(client.answers[stream].body) == 65_535)
    client.h2.increment_flow_control_window(100_000)
    client.h2.increment_flow_control_window(100_000, stream)
    client.h2.reset_stream(stream, ErrorCodes.CANCEL)
    client.flush()
    await until(lambda: door.application.running == 0)
    assert (await client.get("/plain")).status == 200


@pytest.mark.parametrize("door", [Limits(http2_streams_max=2)], indirect=True)
async def test_who_is_answered_may_ask_again_at_once_though_the_handler_has_not_ended(door: Door) -> None:
    """Seen with h2load: its next request was there before the handler's last line had run."""
    client = await door.client()
    for _ in range(4):
        assert (await client.get("/linger")).body == b"answered"
    assert door.application.running == 4
    assert (await client.answer(client.ask("/plain"))).reset == ErrorCodes.REFUSED_STREAM  # now they would pile up
    door.application.go.set()
    await until(lambda: door.application.running == 0)
    assert (await client.get("/plain")).status == 200


async def test_a_client_that_says_goodbye_still_gets_its_answers(door: Door) -> None:
    client = await door.client()
    stream = client.ask("/wait")
    await until(lambda: door.application.running == 1)
    client.raw(frames.goaway(0, frames.NO_ERROR))
    door.application.go.set()
    assert (await client.answer(stream)).body == b"waited"
    assert await client.cut() == frames.NO_ERROR


async def test_stopping_lets_answers_finish_and_asks_the_client_to_open_no_more(door: Door) -> None:
    busy, idle = await door.raw(request(1, "/wait")), await door.raw(request(1, "/plain"))
    await until(lambda: [scope["path"] for scope in door.application.scopes] == ["/wait", "/plain"])
    stopping = asyncio.create_task(door.desk.front.stop())
    assert await idle.cut() == frames.NO_ERROR
    door.application.go.set()
    await asyncio.wait_for(stopping, 60)
    assert await busy.cut() == frames.NO_ERROR
    kinds = [kind for kind, _ in busy.heard() if kind not in (frames.SETTINGS, frames.WINDOW_UPDATE)]
    assert kinds == [frames.GOAWAY, frames.HEADERS, frames.DATA, frames.GOAWAY]
    assert b"waited" in busy.got
    assert door.desk.front.connections == 0


@pytest.mark.parametrize("door", [Limits(http2_connections_max=2, connections_max=4)], indirect=True)
async def test_connections_are_counted_for_themselves_and_among_all(door: Door) -> None:
    first, second = await door.client(), await door.client()
    for client in (first, second):
        assert (await client.get("/plain")).status == 200
    third = await door.client()
    assert await third.cut() == frames.ENHANCE_YOUR_CALM
    await third.close()
    await until(lambda: door.desk.front.connections == 2)
    browsers = [await door.desk.browser() for _ in range(2)]
    assert (await browsers[1].get("/healthz")).status == 200
    assert await (await door.desk.browser()).gone() == b""  # one more than connections_max
    await first.close()
    await until(lambda: door.desk.front.connections == 3)
    assert (await (await door.client()).get("/plain")).status == 200


# --- WebSocket --------------------------------------------------------------------------------------------------


async def test_extended_connect_is_neither_offered_nor_taken(door: Door) -> None:
    client = await door.client()
    await client.get("/plain")
    offered = next(event for event in client.events if isinstance(event, RemoteSettingsChanged)).changed_settings
    assert offered[SettingCodes.ENABLE_CONNECT_PROTOCOL].new_value == 0
    assert offered[SettingCodes.MAX_CONCURRENT_STREAMS].new_value == 100
    assert offered[SettingCodes.MAX_HEADER_LIST_SIZE].new_value == 32_768
    extended = head("/ws", "CONNECT", (":protocol", "websocket"))
    plain = Encoder().encode([(":method", "CONNECT"), (":authority", "desk.lan")])
    for asked in (extended, plain):
        raw = await door.raw(frame(frames.HEADERS, 4, 1, asked), frames.goaway(0, frames.NO_ERROR))
        await raw.cut()
        assert (frames.RST_STREAM, ErrorCodes.HTTP_1_1_REQUIRED) in raw.heard()
    assert [scope["path"] for scope in door.application.scopes] == ["/plain"]


# --- heads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        [(":path", "/\xff")],
        [(":path", "/pl ain")],
        [(":path", "*")],
        [(":path", "plain")],
        [(":method", "GE T")],
        [(":authority", "a/../b")],
        [(":authority", "")],
        [("origin", "http://a"), ("origin", "http://b")],
        [("authorization", "a"), ("authorization", "b")],
        [("content-length", "0"), ("content-length", "1")],
        [("x", "a\r\nhost: evil")],
        [("x", "a\0b")],
        [("X-Upper", "1")],
        [("connection", "close")],
        [("transfer-encoding", "chunked")],
        [("host", "other.lan")],
        [("te", "gzip")],
    ],
    ids=repr,
)
async def test_a_head_that_is_none_is_refused_as_over_http1(door: Door, fields: list[tuple[str, str]]) -> None:
    """Its stream is reset, or where the library says so the connection ended; the application never hears of it."""
    usual = {":method": "GET", ":path": "/plain", ":scheme": "http", ":authority": "desk.lan"}
    pseudo = list((usual | {name: value for name, value in fields if name in usual}).items())
    more = [field for field in fields if field[0] not in usual]
    block = Encoder().encode([(name.encode("latin-1"), value.encode("latin-1")) for name, value in pseudo + more])
    raw = await door.raw(frame(frames.HEADERS, 5, 1, block), frames.goaway(0, frames.NO_ERROR))
    code = await raw.cut()
    resets = [code for kind, code in raw.heard() if kind == frames.RST_STREAM]
    assert resets == [ErrorCodes.PROTOCOL_ERROR] or code == ErrorCodes.PROTOCOL_ERROR
    assert door.application.scopes == []


def test_a_line_break_in_a_field_is_no_field_of_its_own() -> None:
    """The library refuses it first; nothing depends on that."""
    fields = [(b":method", b"GET"), (b":path", b"/"), (b":authority", b"desk.lan"), (b"x", b"a\r\nauthorization: b")]
    with pytest.raises(Problem):
        head_of(fields, Limits())


async def test_too_many_fields_and_too_long_an_address_are_told_so(door: Door) -> None:
    client = await door.client()
    answer = await client.answer(client.ask("/plain", fields=[(f"x-{n}", "1") for n in range(120)]))
    assert answer.status == 431
    assert b"head_too_large" in answer.body
    for size in (33_000, 40_000):
        answer = await client.answer(client.ask("/" + "a" * size))
        assert answer.status == 431
    assert (await client.get("/plain")).status == 200


# --- windows ----------------------------------------------------------------------------------------------------


async def test_a_body_that_nobody_reads_is_held_back_at_the_window(door: Door) -> None:
    client = await door.client()
    deaf = client.ask("/wait", "POST", ends=False)
    await until(lambda: door.application.running == 1)
    sending = asyncio.create_task(client.send(deaf, b"x" * 1_000_000))
    window = Limits().http2_stream_window_bytes
    await until(lambda: client.h2.local_flow_control_window(deaf) == 0)
    assert client.h2.outbound_flow_control_window == Limits().http2_connection_window_bytes - window
    assert (await client.get("/echo", "POST", b"y" * 300_000)).body == b"y" * 300_000  # others have room
    sending.cancel()
    door.application.go.set()
    assert (await client.answer(deaf)).body == b"waited"
    assert (await client.get("/echo", "POST", b"z" * 700_000)).body == b"z" * 700_000  # what was unread is given back


async def test_padding_is_given_back_though_nobody_reads_it(door: Door) -> None:
    client = await door.client()
    stream = client.ask("/echo", "POST", ends=False)
    for _ in range(2_000):  # 512 KB, four windows
        while client.h2.local_flow_control_window(stream) < 256:
            await asyncio.sleep(0.001)
        client.h2.send_data(stream, b"", pad_length=255)
        client.flush()
    await client.send(stream, b"said")
    assert (await client.answer(stream)).body == b"said"


async def test_a_reader_that_stops_stops_the_handler(door: Door) -> None:
    """Hypercorn 0.18 went on to the end: 33 to 424 MiB. What is on its way is the kernel's, some megabytes."""
    raw = await door.raw()
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport has it
    raw.send(
        frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 4, 2**31 - 1)),
        frame(frames.WINDOW_UPDATE, 0, 0, struct.pack("!L", 2**31 - 65_536)),
        request(1, "/endless"),
    )
    await held(door)
    assert door.application.pieces * len(PIECE) < 16_000_000
    raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
    before = door.application.pieces
    while door.application.pieces < before + 2_000:  # it goes on where it was
        await raw.reader.read(1_000_000)


async def test_a_window_that_is_full_stops_the_handler(door: Door) -> None:
    client = await door.client(window=False)
    stream = client.ask("/endless")
    await held(door)
    assert door.application.pieces == 3  # of the fourth the window holds a part
    assert len(client.answers[stream].body) == 65_535
    assert (await client.get("/plain", "HEAD")).status == 200  # a head needs no window


async def held(door: Door) -> None:
    """Until the endless answer gets no further."""
    await until(lambda: door.application.pieces)
    before = 0
    while before < door.application.pieces:
        before = door.application.pieces
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "door", [Limits(http2_small_frames_per_second=100, http2_small_frames_burst=200)], indirect=True
)
async def test_a_body_in_many_small_pieces_is_slowed_down_and_not_cut(door: Door) -> None:
    raw = await door.raw(request(1, "/swallow", "POST", ends=False))
    raw.send(frame(frames.DATA, 0, 1, b"x") * 50_000)
    await until(lambda: door.application.swallowed > 0)
    before = 0
    while before < door.application.swallowed:
        before = door.application.swallowed
        await asyncio.sleep(0.2)
    assert 200 <= door.application.swallowed <= 16_384 / 10  # what is taken of one read
    assert (await (await door.client()).get("/plain")).status == 200
    assert (frames.GOAWAY, frames.ENHANCE_YOUR_CALM) not in raw.heard()


@pytest.mark.parametrize("door", [FAST_PACE], indirect=True)
async def test_who_was_slowed_down_gets_everything_through(door: Door) -> None:
    pieces = frame(frames.DATA, 0, 1, b"x") * 9_999 + frame(frames.DATA, frames.END_STREAM, 1, b"x")
    raw = await door.raw(request(1, "/swallow", "POST", ends=False), pieces)
    await until(lambda: door.application.swallowed == 10_000)
    raw.send(frames.goaway(0, frames.NO_ERROR))
    assert await raw.cut() == frames.NO_ERROR
    assert b"10000" in raw.got


async def test_answers_share_the_window_frame_by_frame(door: Door) -> None:
    client = await door.client(window=False)
    first = client.ask("/large")
    await until(lambda: len(client.answers[first].body) == 65_535)  # the connection's window is full
    second = client.ask("/large")
    await until(lambda: ":status" in client.answers[second].fields)
    client.h2.increment_flow_control_window(100_000, first)
    client.flush()
    assert (await client.get("/plain", "HEAD")).status == 200  # that was heard
    client.h2.increment_flow_control_window(40_000)
    client.flush()
    got = client.answers
    await until(lambda: len(got[first].body) + len(got[second].body) == 65_535 + 40_000)
    assert len(got[second].body) == 16_384  # a frame each, and the rest to the first


@pytest.mark.parametrize("door", [Limits(http2_waiting_bytes_max=300_000)], indirect=True)
async def test_what_waits_for_windows_is_bounded_for_a_connection_and_for_all(door: Door) -> None:
    deaf = [await door.client(settings={SettingCodes.INITIAL_WINDOW_SIZE: 0}) for _ in range(3)]
    for client in deaf[:2]:
        first, second = client.ask("/large"), client.ask("/large")
        assert (await client.answer(second)).reset == ErrorCodes.ENHANCE_YOUR_CALM  # 150,000 bytes are its half
        assert not client.answers[first].over
    third = deaf[2].ask("/large")
    await until(lambda: ":status" in deaf[2].answers[third].fields)
    fourth = deaf[2].ask("/plain")  # of which five bytes wait
    assert not deaf[2].answers[third].over
    one_more = await door.client(settings={SettingCodes.INITIAL_WINDOW_SIZE: 0})
    assert (await one_more.answer(one_more.ask("/large"))).reset == ErrorCodes.ENHANCE_YOUR_CALM
    assert not deaf[2].answers[fourth].over
    for client in deaf[:2]:
        await client.close()
    await until(lambda: door.application.running == 2)
    again = await door.client(settings={SettingCodes.INITIAL_WINDOW_SIZE: 0})
    for _ in range(3):  # what waited is given back when it waits no more
        stream = again.ask("/large")
        await until(lambda stream=stream: ":status" in again.answers[stream].fields)
        assert not again.answers[stream].over
        again.h2.reset_stream(stream, ErrorCodes.CANCEL)
        again.flush()
        await until(lambda: door.application.running == 2)


@pytest.mark.parametrize("door", [Limits(http2_waiting_bytes_max=300_000)], indirect=True)
async def test_what_many_wait_for_counts_once(door: Door) -> None:
    for _ in range(3):
        client = await door.client(settings={SettingCodes.INITIAL_WINDOW_SIZE: 0})
        streams = [client.ask("/same") for _ in range(20)]
        await until(lambda client=client: all(":status" in answer.fields for answer in client.answers.values()))
        assert not any(client.answers[stream].over for stream in streams)
        for stream in streams:
            client.h2.increment_flow_control_window(100_000, stream)
        client.h2.increment_flow_control_window(2_000_000)
        client.flush()
        for stream in streams:
            assert (await client.answer(stream)).body == SAME
    deaf = await door.client(settings={SettingCodes.INITIAL_WINDOW_SIZE: 0})
    first, second = deaf.ask("/large"), deaf.ask("/large")
    assert (await deaf.answer(second)).reset == ErrorCodes.ENHANCE_YOUR_CALM  # and nothing is left of it
    assert not deaf.answers[first].over


async def test_a_large_table_that_the_client_offers_is_not_filled(door: Door) -> None:
    """Our encoder would keep every field that it ever sent, and search all of them for each."""
    client = await door.client(settings={SettingCodes.HEADER_TABLE_SIZE: 1 << 30})
    client.h2.decoder.max_allowed_table_size = 1 << 30
    for _ in range(50):
        assert (await client.get("/plain")).status == 200
    assert client.h2.decoder.header_table_size <= 4_096


# --- what is no HTTP/2 ------------------------------------------------------------------------------------------

BROKEN: dict[str, tuple[int | None, bytes]] = {
    "no settings first": (frames.PROTOCOL_ERROR, frame(frames.PING, 0, 0, bytes(8))),
    "settings acknowledged first": (frames.PROTOCOL_ERROR, frame(frames.SETTINGS, 1)),
}
WRONG: dict[str, tuple[int, bytes]] = {
    "data on stream 0": (frames.PROTOCOL_ERROR, frame(frames.DATA, 0, 0, b"x")),
    "data on an idle stream": (frames.PROTOCOL_ERROR, frame(frames.DATA, 0, 9, b"x")),
    "a head on stream 0": (frames.PROTOCOL_ERROR, frame(frames.HEADERS, 5, 0, head())),
    "a head on an even stream": (frames.PROTOCOL_ERROR, frame(frames.HEADERS, 5, 2, head())),
    "a head on a smaller stream": (frames.PROTOCOL_ERROR, request(5, "/wait") + request(3)),
    "a frame inside a head": (
        frames.PROTOCOL_ERROR,
        frame(frames.HEADERS, 1, 1, head()) + frame(frames.PING, 0, 0, bytes(8)),
    ),
    "a head continued on another stream": (
        frames.PROTOCOL_ERROR,
        frame(frames.HEADERS, 1, 1, head()) + frame(frames.CONTINUATION, 4, 3, b""),
    ),
    "a continuation of nothing": (frames.PROTOCOL_ERROR, frame(frames.CONTINUATION, 4, 1, b"")),
    "a frame too large": (frames.FRAME_SIZE_ERROR, struct.pack("!BHBBL", 0, 16_385, frames.DATA, 0, 1)),
    "settings of a wrong length": (frames.FRAME_SIZE_ERROR, frame(frames.SETTINGS, 0, 0, bytes(5))),
    "settings on a stream": (frames.PROTOCOL_ERROR, frame(frames.SETTINGS, 0, 1)),
    "an acknowledgement with settings": (frames.FRAME_SIZE_ERROR, frame(frames.SETTINGS, 1, 0, bytes(6))),
    "a frame size out of bounds": (frames.PROTOCOL_ERROR, frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 5, 1))),
    "push enabled with 2": (frames.PROTOCOL_ERROR, frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 2, 2))),
    "an initial window beyond its bounds": (
        ErrorCodes.FLOW_CONTROL_ERROR,
        frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 4, 2**31)),
    ),
    "a ping of a wrong length": (frames.FRAME_SIZE_ERROR, frame(frames.PING, 0, 0, bytes(7))),
    "a ping on a stream": (frames.PROTOCOL_ERROR, frame(frames.PING, 0, 1, bytes(8))),
    "a window that overflows": (
        ErrorCodes.FLOW_CONTROL_ERROR,
        frame(frames.WINDOW_UPDATE, 0, 0, struct.pack("!L", 2**31 - 1)),
    ),
    "a window grown by nothing": (frames.PROTOCOL_ERROR, frame(frames.WINDOW_UPDATE, 0, 0, bytes(4))),
    "a window update of a wrong length": (frames.FRAME_SIZE_ERROR, frame(frames.WINDOW_UPDATE, 0, 0, bytes(3))),
    "a reset of an idle stream": (frames.PROTOCOL_ERROR, frame(frames.RST_STREAM, 0, 9, bytes(4))),
    "a reset of a wrong length": (frames.FRAME_SIZE_ERROR, frame(frames.RST_STREAM, 0, 1, bytes(3))),
    "a priority on stream 0": (frames.PROTOCOL_ERROR, frame(frames.PRIORITY, 0, 0, bytes(5))),
    "a stream that waits for itself": (
        frames.PROTOCOL_ERROR,
        frame(frames.PRIORITY, 0, 1, struct.pack("!LB", 1, 7)),
    ),
    "a push by the client": (frames.PROTOCOL_ERROR, frame(frames.PUSH_PROMISE, 4, 1, struct.pack("!L", 2) + head())),
    "padding longer than its frame": (
        frames.PROTOCOL_ERROR,
        request(1, "/wait", "POST", ends=False) + frame(frames.DATA, 8, 1, b"\x09x"),
    ),
    "a head that cannot be unpacked": (ErrorCodes.COMPRESSION_ERROR, frame(frames.HEADERS, 5, 1, b"\xff\xff\xff\xff")),
    "more body than was announced": (
        frames.PROTOCOL_ERROR,
        frame(frames.HEADERS, 4, 1, head("/wait", "POST", ("content-length", "1"))) + frame(frames.DATA, 1, 1, b"xy"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_no_http2_ends_the_connection_with_its_reason_and_harms_nobody_else(
    door: Door, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    code, sent = WRONG[name]
    other = await door.client()
    raw = await door.raw(sent)
    found = await raw.cut()
    accepted = {code, frames.PROTOCOL_ERROR}  # h2 names some lengths and codings less exactly
    assert found in accepted
    assert (await other.get("/plain")).status == 200
    assert [record.levelname for record in caplog.records if record.levelname == "ERROR"] == []
    cut = [record for record in caplog.records if record.message == "an HTTP/2 client was cut"]
    assert len(cut) == 1


@pytest.mark.parametrize("name", BROKEN)
async def test_the_first_frame_is_settings(door: Door, name: str) -> None:
    code, sent = BROKEN[name]
    raw = await door.raw(frames.PREFACE, sent, preface=False)
    assert await raw.cut() == code
    assert raw.heard()[0] == (frames.SETTINGS, 0)  # the server's preface comes first all the same


async def test_a_preface_that_goes_wrong_is_none(door: Door) -> None:
    raw = await door.raw(b"PRI * HTTP/2.0\r\n\r\nXM\r\n\r\n", preface=False)
    assert await raw.cut() == frames.PROTOCOL_ERROR
    raw = await door.raw(b"PRI * HTTP/1.1\r\n\r\n", preface=False)
    await raw.cut()
    assert raw.got.startswith(b"HTTP/1.1 400")


async def test_it_begins_only_where_a_connection_begins(door: Door) -> None:
    """Behind a proxy that keeps connections another client's bytes may stand before."""
    browser = await Browser.open(door.desk.port)
    assert (await browser.get("/plain")).status == 200
    browser.writer.write(frames.PREFACE + frames.EMPTY_SETTINGS)
    assert (await browser.response()).status == 400
    browser.close()


async def test_it_may_come_byte_by_byte(door: Door) -> None:
    raw = await door.raw(preface=False)
    for byte in frames.PREFACE + frames.EMPTY_SETTINGS + request(1, "/plain") + frames.goaway(0, 0):
        raw.send(bytes((byte,)))
        await asyncio.sleep(0)
    assert await raw.cut() == frames.NO_ERROR
    assert b"plain" in raw.got


async def test_it_can_be_switched_off(door: Door) -> None:
    door.desk.front.settings = structs.replace(door.desk.front.settings, http2=False)
    raw = await door.raw()
    await raw.cut()
    assert raw.got.startswith(b"HTTP/1.1 400")
