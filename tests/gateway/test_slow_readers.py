"""Clients that ask and do not read, or read slowly: the first are cut, the second get everything."""

import asyncio
import socket

import pytest

from app.gateway.slow_readers import untaken_bytes
from app.settings import Limits
from tests.gateway.client import Browser, until
from tests.gateway.conftest import Desk

_MUCH = 800  # pieces of 10,000 bytes: more than the kernel holds for a client that reads nothing
_ASK = b"GET %s HTTP/1.1\r\nhost: d\r\n%s\r\n"


async def reluctant(desk: Desk) -> Browser:
    """A client whose socket holds little and who reads nothing until he is asked to."""
    line = socket.create_connection(("127.0.0.1", desk.port))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    reader, writer = await asyncio.open_connection(sock=line, limit=1_024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one that reads, too
    browser = Browser(reader, writer)
    desk._clients.append(browser)
    return browser


async def choked(desk: Desk) -> None:
    """Waits until the door holds what a client does not take, and the kernel's buffers hold all they can."""
    await until(lambda: len(desk.front.stalls) == 1)
    transport = next(iter(desk.front._connections))._transport
    held = -1
    while held != untaken_bytes(transport):
        held = untaken_bytes(transport)
        await asyncio.sleep(0.1)
    desk.front.stalls.begin(next(iter(desk.front._connections)), desk.clock.monotonic())
    next(iter(desk.front._connections))._outflow._untaken = held


@pytest.mark.parametrize("more", [b"", b"connection: close\r\n"])
async def test_who_asks_for_much_and_reads_nothing_is_cut(desk: Desk, more: bytes) -> None:
    browser = await reluctant(desk)
    browser.writer.write(_ASK % (b"/api/pieces?n=%d" % _MUCH, more))
    await choked(desk)
    desk.pass_time(19)
    assert desk.front.connections == 1
    desk.pass_time(2)
    await until(lambda: desk.front.connections == 0)


async def test_a_flood_of_requests_whose_answers_nobody_reads_is_bounded_and_cut(desk: Desk) -> None:
    browser = await reluctant(desk)
    flood = asyncio.create_task(pour(browser, _ASK % (b"/healthz", b"") * 1_000))
    await choked(desk)
    connection = next(iter(desk.front._connections))
    for _ in range(50):
        await asyncio.sleep(0.01)
        assert connection._transport.get_write_buffer_size() < 70_000
        assert len(connection._buffer) < 32_768 + 65_536 * 4
    await choked(desk)  # meanwhile the kernel may have moved what it holds, which counts as taken
    desk.pass_time(21)
    await until(lambda: desk.front.connections == 0)
    await flood


async def pour(browser: Browser, data: bytes) -> None:
    """Write without end; ends when the connection does."""
    while not browser.writer.transport.is_closing():
        browser.writer.write(data)
        try:
            await browser.writer.drain()
        except ConnectionError:
            return


@pytest.mark.parametrize("more", [b"", b"connection: close\r\n"])
async def test_who_reads_slowly_gets_everything(desk: Desk, more: bytes) -> None:
    browser = await reluctant(desk)
    browser.writer.write(_ASK % (b"/api/pieces?n=%d" % _MUCH, more))
    await choked(desk)
    transport = next(iter(desk.front._connections))._transport
    for _ in range(5):
        desk.pass_time(19)
        before = untaken_bytes(transport)
        browser.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await browser.reader.readexactly(100_000)
        browser.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda before=before: untaken_bytes(transport) < before - 50_000)
    browser.writer.transport.resume_reading()  # type: ignore[attr-defined]
    rest = b""
    while not rest.endswith(b"\r\n0\r\n\r\n"):
        piece = await asyncio.wait_for(browser.reader.read(65_536), 60)
        assert piece
        rest = rest[-8:] + piece


async def test_a_request_sent_ahead_waits_until_its_client_has_read(desk: Desk) -> None:
    """Its head is not read meanwhile, so that it did not come whole is not its client's doing."""
    browser = await desk.browser()
    assert (await browser.get("/healthz")).status == 200
    (connection,) = desk.front._connections
    connection.pause_writing()  # what was answered waits for the client
    browser.writer.write(_ASK % (b"/healthz", b""))
    await until(lambda: len(connection._buffer) > 0)
    desk.pass_time(15)
    connection.resume_writing()
    assert (await browser.response()).status == 200


async def test_our_last_words_are_not_cut_off_while_they_are_taken(desk: Desk) -> None:
    """A connection is closed once the kernel has the answer, which may be megabytes before the client has it."""
    browser = await reluctant(desk)
    browser.writer.write(_ASK % (b"/api/pieces?n=200", b"connection: close\r\n"))
    await until(lambda: len(desk.front.lingering) == 1)
    transport = next(iter(desk.front._connections))._transport
    rest = b""
    for _ in range(5):
        desk.pass_time(4)
        before = untaken_bytes(transport)
        browser.writer.transport.resume_reading()  # type: ignore[attr-defined]
        rest = await browser.reader.readexactly(150_000)
        browser.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda before=before: untaken_bytes(transport) < before - 50_000)
    browser.writer.transport.resume_reading()  # type: ignore[attr-defined]
    rest += await asyncio.wait_for(browser.reader.read(), 60)
    assert rest.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("desk", [Limits(closing_seconds_max=1.0)], indirect=True)
async def test_an_idle_connection_whose_answer_was_not_taken_does_not_stay(desk: Desk) -> None:
    browser = await reluctant(desk)
    browser.writer.write(_ASK % (b"/api/pieces?n=%d" % _MUCH, b"") + _ASK % (b"/healthz", b""))
    await choked(desk)
    desk.pass_time(60)
    await until(lambda: desk.front.connections == 0)


async def test_a_broken_chunk_is_refused_before_anything_is_answered(desk: Desk) -> None:
    browser = await desk.browser()
    head = b"POST /api/count HTTP/1.1\r\nhost: d\r\ntransfer-encoding: chunked\r\n\r\n"
    browser.writer.write(head + b"5\r\nhello\r\n")
    await asyncio.sleep(0.02)
    browser.writer.write(b"-5\r\nhello\r\n0\r\n\r\n")
    answer = await browser.response()
    assert (answer.status, answer.json()["code"]) == (400, "malformed_request")
    assert await browser.gone() == b""


async def test_of_a_connection_that_is_gone_nothing_waits_in_the_kernel() -> None:
    listening = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
        transport.abort()
        await until(lambda: transport.get_extra_info("socket").fileno() < 0)
        assert untaken_bytes(transport) == 0
