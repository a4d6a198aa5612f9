"""The socket alone: what the Autobahn cases do not ask, bounds and back-pressure among it."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from app.gateway.framing import accept_key, close_frame, text_frame, unmask
from app.gateway.websocket import WebSocket
from app.settings import Limits
from tests.gateway.client import until
from tests.gateway.echo import Echo, EchoServer

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASK = b"\x01\x02\x03\x04"


class Raw:
    """A client that says exactly these bytes."""

    def __init__(self, server: EchoServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self.reader = reader
        self.writer = writer

    @property
    def echo(self) -> Echo:
        return self._server.seen[-1]

    def say(self, first: int, payload: bytes = b"", size: bytes | None = None) -> None:
        length = len(payload)
        shown = bytes((0x80 | length,)) if length < 126 else bytes((0x80 | 126,)) + length.to_bytes(2, "big")
        self.writer.write(bytes((first,)) + (size or shown) + MASK + unmask(MASK, payload))

    async def frame(self) -> tuple[int, bytes]:
        first, second = await asyncio.wait_for(self.reader.readexactly(2), 60)
        length = second
        if second >= 126:
            length = int.from_bytes(await self.reader.readexactly(2 if second == 126 else 8), "big")
        return first, await self.reader.readexactly(length)

    async def close_code(self) -> int:
        while True:
            first, payload = await self.frame()
            if first == 0x88:
                return int.from_bytes(payload[:2], "big")


@pytest.fixture
async def raw(request: pytest.FixtureRequest) -> AsyncIterator[Raw]:
    server = EchoServer(getattr(request, "param", Limits()))
    port = await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    answer = await reader.readuntil(b"\r\n\r\n")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer  # RFC 6455 §1.3
    yield Raw(server, reader, writer)
    writer.transport.abort()
    await server.stop()


def test_a_key_must_be_16_bytes() -> None:
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert all(accept_key(bad) is None for bad in ("", "AAAA", "dGhlIHNhbXBsZSBub25jZQ", "é" * 24, "A" * 24))


def test_unmasking_is_xor_with_the_repeated_mask() -> None:
    for length in (0, 1, 3, 4, 5, 125, 1_000):
        payload = os.urandom(length)
        assert unmask(MASK, payload) == bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


def test_a_reason_is_cut_at_a_character() -> None:
    frame = close_frame(1000, "太" * 100)
    assert len(frame) <= 127
    assert frame[4:].decode() == "太" * 41


def test_lengths_are_written_in_the_shortest_way() -> None:
    assert text_frame(b"x" * 125)[:2] == b"\x81\x7d"
    assert text_frame(b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert text_frame(b"x" * 65_536)[:10] == b"\x81\x7f" + (65_536).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("first", "size"),
    [
        (0x81, b"\xfe\x00\x05"),  # 5 bytes written as 16 bits
        (0x81, b"\xff" + (5).to_bytes(8, "big")),
        (0x81, b"\xff" + (2**63).to_bytes(8, "big")),
    ],
)
async def test_a_length_not_written_in_the_shortest_way_is_refused(raw: Raw, first: int, size: bytes) -> None:
    raw.say(first, b"hello", size)
    assert await raw.close_code() == 1002


async def test_an_unmasked_frame_is_refused(raw: Raw) -> None:
    raw.writer.write(b"\x81\x05hello")
    assert await raw.close_code() == 1002


@pytest.mark.parametrize("raw", [Limits(frame_bytes_max=1_000)], indirect=True)
async def test_a_message_too_big_is_refused_before_it_has_come(raw: Raw) -> None:
    raw.writer.write(b"\x81\xfe\x03\xe9" + MASK)
    assert await raw.close_code() == 1009


@pytest.mark.parametrize("raw", [Limits(frame_bytes_max=1_000)], indirect=True)
async def test_fragments_count_together(raw: Raw) -> None:
    raw.say(0x01, b"x" * 600)
    raw.say(0x80, b"x" * 600)
    assert await raw.close_code() == 1009


async def test_endless_fragments_are_refused(raw: Raw) -> None:
    raw.say(0x01, b"")
    for _ in range(64):
        raw.say(0x00, b"")
    assert await raw.close_code() == 1008


async def test_a_frame_may_come_byte_by_byte(raw: Raw) -> None:
    text = "héllo 你好 " * 50
    payload = text.encode()
    whole = b"\x81\xfe" + len(payload).to_bytes(2, "big") + MASK + unmask(MASK, payload)
    for at in range(len(whole)):
        raw.writer.write(whole[at : at + 1])
        await asyncio.sleep(0)
    assert await raw.frame() == (0x81, payload)


@pytest.mark.parametrize("before", [b"", "太".encode()[:2]], ids=["first frame", "continuation within a character"])
@pytest.mark.parametrize("bad_at", [0, 1, 2, 3, 50])
async def test_bad_text_is_refused_though_its_frame_is_still_to_come(raw: Raw, before: bytes, bad_at: int) -> None:
    if before:
        raw.say(0x01, before)
    good = ("太" * 40).encode()[len(before) :]
    payload = good[:bad_at] + b"\xff" + good[bad_at:]
    whole = bytes((0x80 if before else 0x81, 0x80 | len(payload))) + MASK + unmask(MASK, payload)
    for at in range(6 + bad_at + 1):  # its head, what is good, and the byte that is not; nothing after it
        raw.writer.write(whole[at : at + 1])
        await raw.writer.drain()
        await asyncio.sleep(0)
    assert await raw.close_code() == 1007


async def test_good_text_may_be_cut_anywhere_in_fragments_and_in_reads(raw: Raw) -> None:
    await until(lambda: raw.echo.socket is not None)
    socket = raw.echo.socket
    assert socket is not None
    payload = "héllo 太😀 ".encode() * 3
    for cut in range(len(payload)):
        parts = (payload[:cut], payload[cut:])
        whole = b"".join(
            bytes((first, 0x80 | len(part))) + MASK + unmask(MASK, part)
            for first, part in zip((0x01, 0x80), parts, strict=True)
        )
        for at in range(0, len(whole), 5):
            socket.receive(whole[at : at + 5])
    assert raw.echo.received == [payload.decode()] * len(payload)


async def test_many_frames_in_one_read_and_a_ping_between_fragments(raw: Raw) -> None:
    for number in range(5):
        raw.say(0x81, b"%d" % number)
    raw.say(0x01, b"be")
    raw.say(0x89, b"ping")
    raw.say(0x80, b"tween")
    got = [await raw.frame() for _ in range(7)]
    assert got == [*((0x81, b"%d" % number) for number in range(5)), (0x8A, b"ping"), (0x81, b"between")]


async def test_what_was_read_while_paused_comes_after_resuming_in_order(raw: Raw) -> None:
    await until(lambda: raw.echo.socket is not None)
    echo = raw.echo
    assert echo.socket is not None
    raw.say(0x81, b"first")
    await raw.frame()
    echo.socket.pause_reading()
    data = b"".join(b"\x81\x81" + MASK + unmask(MASK, b"%d" % number) for number in range(3))
    echo.socket.receive(data[:10])
    echo.socket.receive(data[10:])
    assert echo.received == ["first"]
    echo.socket.resume_reading()
    assert echo.received == ["first", "0", "1", "2"]
    raw.say(0x81, b"last")
    assert [(await raw.frame())[1] for _ in range(4)] == [b"0", b"1", b"2", b"last"]


async def test_a_listener_that_pauses_in_the_middle_of_a_read_gets_no_more_of_it(raw: Raw) -> None:
    raw.say(0x81, b"first")
    await raw.frame()
    echo = raw.echo
    socket = echo.socket
    assert socket is not None
    hear = echo.text

    def pause_after(text: str) -> None:
        hear(text)
        socket.pause_reading()

    echo.text = pause_after  # type: ignore[method-assign]  # this one listener behaves so
    socket.receive(b"".join(b"\x81\x81" + MASK + unmask(MASK, b"%d" % number) for number in range(3)))
    assert echo.received == ["first", "0"]
    socket.resume_reading()
    assert echo.received == ["first", "0", "1"]
    socket.resume_reading()
    assert echo.received == ["first", "0", "1", "2"]


@pytest.mark.parametrize("raw", [Limits(socket_outbox_frames_max=10)], indirect=True)
@pytest.mark.parametrize(("small", "closed"), [(10, False), (11, True)])
async def test_too_many_waiting_frames_close_the_socket(raw: Raw, small: int, closed: bool) -> None:
    raw.say(0x81, b"x")
    await raw.frame()
    assert raw.echo.socket is not None
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
    choke(raw.echo.socket)
    for _ in range(small):
        raw.echo.socket.send(text_frame(b"small"))
    if not closed:
        raw.echo.socket.close(1000)
    raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
    assert await raw.close_code() == (4008 if closed else 1000)


@pytest.mark.parametrize("raw", [Limits(socket_outbox_frames_max=10)], indirect=True)
@pytest.mark.parametrize(("joined", "closed"), [(9, False), (10, True)])
async def test_frames_that_are_joined_count_each(raw: Raw, joined: int, closed: bool) -> None:
    raw.say(0x81, b"x")
    await raw.frame()
    assert raw.echo.socket is not None
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
    choke(raw.echo.socket)
    raw.echo.socket.send(text_frame(b"small"))
    raw.echo.socket.send(text_frame(b"small") * joined, joined)
    if not closed:
        raw.echo.socket.close(1000)
    raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
    assert await raw.close_code() == (4008 if closed else 1000)


async def test_the_outbox_is_counted_anew_once_it_was_taken(raw: Raw) -> None:
    raw.say(0x81, b"x")
    await raw.frame()
    echo = raw.echo
    assert echo.socket is not None
    for times in (1, 2):
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
        choke(echo.socket)
        echo.socket.send(text_frame(b"x" * 200_000))
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        while len((await raw.frame())[1]) != 200_000:
            pass
        await until(lambda times=times: echo.drains == times)


def choke(socket: WebSocket) -> None:
    """Write until the peer takes no more."""
    while not socket.choked:
        socket.send(text_frame(b"x" * 100_000))


async def test_reader_and_writer_end_together(raw: Raw) -> None:
    raw.say(0x81, b"x")
    await raw.frame()
    raw.writer.transport.abort()
    await asyncio.wait_for(raw.echo.ended, 60)
    socket = raw.echo.socket
    assert socket is not None
    socket.send(text_frame(b"to nobody"))
    socket.close(1000)
    socket.pause_reading()
    socket.resume_reading()
    socket.abort()


async def test_what_comes_after_our_close_is_not_listened_to(raw: Raw) -> None:
    raw.say(0x81, b"x")
    await raw.frame()
    assert raw.echo.socket is not None
    raw.echo.socket.close(4401)
    raw.say(0x81, b"too late")
    raw.say(0x88, (1000).to_bytes(2, "big"))
    assert await raw.close_code() == 4401
    assert await raw.reader.read() == b""
    assert raw.echo.received == ["x"]


async def test_who_floods_instead_of_answering_our_close_is_heard_no_more(raw: Raw) -> None:
    raw.say(0x81, b"x")
    await raw.frame()
    assert raw.echo.socket is not None
    raw.echo.socket.close(1008)
    before = raw.echo.controls
    for _ in range(20):
        raw.writer.write((b"\x89\x80" + MASK) * 10_000)
        await asyncio.sleep(0)
    assert await raw.close_code() == 1008
    assert await raw.reader.read() == b""  # our half is closed
    assert raw.echo.controls - before <= 64
