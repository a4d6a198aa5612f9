"""Whatever bytes come, a session neither raises nor keeps anything: frames that Hypothesis makes up."""

import asyncio
import struct
from typing import Any

import pytest
from hpack import Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateway.crowd import Crowd
from app.gateway.http2_frames import PREFACE, ServerFrames, Violation
from app.gateway.http2_session import Service, Session, Waiting
from app.gateway.proxies import Trusted
from app.gateway.upstream import Addresses
from app.model.ids import Ids
from app.settings import Limits
from tests.clock import ManualClock
from tests.gateway.http2_client import SETTINGS, frame, head

LIMITS = Limits(http2_streams_max=2)  # so that the third is one too many
ADDRESSES = Addresses(("192.0.2.7", 1234), ("198.51.100.9", 80), http2=True)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads its request and sends it back in two pieces, or fails."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    if body.startswith(b"f"):
        raise ValueError("as it was asked to")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
    await send({"type": "http.response.body", "body": body * 5_000, "more_body": True})
    await send({"type": "http.response.body", "body": body})


class Client:
    """The other side, in memory."""

    def __init__(self) -> None:
        self.got = b""
        self.writes = 0
        self.over = False

    def answered(self, data: bytes) -> None:
        self.got += data
        self.writes += 1

    def ended(self) -> None:
        self.over = True

    def pause_request(self) -> None:
        raise AssertionError("windows hold a body back, nothing else does")

    def resume_request(self) -> None:
        raise AssertionError


streams = st.sampled_from([0, 1, 1, 1, 3, 3, 5, 2, 2**31 - 1])
blocks = st.one_of(
    st.sampled_from([head(), head("/", "POST"), head("/", "CONNECT"), head("no path"), head("/", "HEAD")]),
    st.lists(
        st.tuples(
            st.sampled_from([":method", ":path", ":scheme", ":authority", ":status", "te", "cookie", "content-length"]),
            st.sampled_from(["GET", "POST", "/", "1", "", "a=b", "trailers", "x\r\ny"]),
        ),
        max_size=6,
    ).map(lambda fields: bytes(Encoder().encode(fields))),
    st.binary(max_size=30),
)
numbers = st.sampled_from([0, 1, 255, 16_384, 65_535, 2**31 - 1, 2**31, 2**32 - 1]).map(lambda n: struct.pack("!L", n))
pairs = st.lists(st.tuples(st.integers(0, 9), numbers), max_size=4).map(
    lambda told: b"".join(struct.pack("!H", key) + value for key, value in told)
)
payloads = st.one_of(blocks, numbers, pairs, st.binary(max_size=40), st.just(bytes(5)), st.just(bytes(8)))
made = st.builds(frame, st.integers(0, 12), st.sampled_from([0, 1, 4, 5, 8, 0x20, 0x2D, 255]), streams, payloads)
asked = st.builds(lambda stream, block, flags: frame(1, flags, stream, block), streams, blocks, st.sampled_from([4, 5]))
sent = st.builds(
    lambda stream, body, flags: frame(0, flags, stream, body), streams, st.binary(max_size=20), st.integers(0, 1)
)

# An end by the client, or a window: what may come in one read with what it ends.
stopped = st.builds(lambda kind, stream: frame(kind, 0, stream, struct.pack("!L", 8)), st.sampled_from([3, 8]), streams)


def service_of(app: Any, spawn: Any, ended: Any) -> Service:
    clock, waiting = ManualClock(), Waiting(Limits(http2_waiting_bytes_max=150_000))
    return Service(
        app, LIMITS, {}, Ids(clock), spawn, lambda: "date: now\r\n", ended, waiting, Trusted((), 1), Crowd(9, 1, print)
    )


async def run(pieces: list[bytes]) -> None:
    tasks, client = set[asyncio.Task[None]](), Client()
    loop = asyncio.get_running_loop()
    failures: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: failures.append(context))

    def spawn(work: Any) -> None:
        tasks.add(loop.create_task(work))

    ended: list[Session] = []
    session = Session(service_of(application, spawn, ended.append), ADDRESSES, client)
    session.send(PREFACE + SETTINGS)
    for piece in pieces:
        session.send(piece)
        await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    session.drop()
    if tasks:
        _, pending = await asyncio.wait(tasks, timeout=60)
        assert not pending
    assert [task.exception() for task in tasks if task.exception() is not None] == []
    assert ended == [session]
    assert failures == []
    assert client.got.startswith(b"\x00\x00")


async def test_a_small_answer_leaves_with_its_head_and_trailers_in_one_write() -> None:
    async def trailing(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": b"small"})
        await send({"type": "http.response.trailers", "headers": [(b"grpc-status", b"0")]})

    client = Client()
    session = Session(service_of(trailing, asyncio.get_running_loop().create_task, print), ADDRESSES, client)
    session.send(PREFACE + SETTINGS)
    before, began = client.writes, len(client.got)
    session.send(frame(1, 5, 1, head()))
    await asyncio.sleep(0.05)
    assert client.writes == before + 1
    assert _kinds(client.got[began:]) == [1, 0, 1]


def _kinds(data: bytes) -> list[int]:
    """HEADERS 1, DATA 0."""
    kinds = []
    while data:
        kinds.append(data[3])
        data = data[9 + int.from_bytes(data[:3], "big") :]
    return kinds


@settings(deadline=None)
@given(st.lists(st.lists(st.one_of(made, asked, sent, stopped), min_size=1, max_size=4).map(b"".join), max_size=8))
def test_no_frames_break_a_session(pieces: list[bytes]) -> None:
    asyncio.run(run(pieces))


@settings(deadline=None)
@given(st.lists(st.one_of(asked, sent), max_size=12).map(b"".join), st.integers(1, 40))
def test_nor_does_it_matter_where_they_are_cut(data: bytes, size: int) -> None:
    asyncio.run(run([data[at : at + size] for at in range(0, len(data), size)]))


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=6), st.integers(1, 25))
def test_what_the_server_says_goes_out_in_whole_frames_wherever_it_is_cut(bodies: list[bytes], size: int) -> None:
    said = [frame(0, 1, number, body) for number, body in enumerate(bodies, 1)]
    ends = {len(b"".join(said[:number])) for number in range(len(said) + 1)}
    noted: list[int] = []
    following = ServerFrames(lambda kind, flags, stream, length: noted.append(stream))
    data, out = b"".join(said), b""
    for at in range(0, len(data), size):
        out += following.feed(data[at : at + size])
        assert len(out) in ends
    assert out == data
    assert noted == list(range(1, len(said) + 1))


def test_a_server_that_speaks_something_else_is_told_from_one_that_speaks_http2() -> None:
    with pytest.raises(Violation):
        ServerFrames(lambda *_: None).feed(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
