"""What a hostile client does to a port that speaks TLS, each with how it must end. Every public function is a case."""

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from tests.abuse import bad_http
from tests.abuse.ground import Ground
from tests.abuse.line import Line, head, line

_AT_ONCE = 60
_DEAF = 6
_LEAVE = 200
_HANDSHAKE, _ALERT, _DATA = 0x16, 0x15, 0x17
_PIECE_BYTES = 65_536


async def handshakes_that_stall(ground: Ground) -> None:
    """Nothing, a byte, half a hello, or all of it and then nothing more."""
    hello = _hello()
    async with AsyncExitStack() as open_at_once:
        lines = [await open_at_once.enter_async_context(_plain(ground)) for _ in range(_AT_ONCE)]
        for number, one in enumerate(lines):
            await one.write((b"", hello[:1], hello[:60], hello)[number % 4])
        await asyncio.gather(*(one.ended() for one in lines))


async def a_hello_that_drips(ground: Ground) -> None:
    hello = _hello()
    sent = 0
    async with _plain(ground) as one:
        while await one.write(hello[sent : sent + 1]):
            sent += 1
            assert sent < len(hello), "it was let through"
            await asyncio.sleep(0.1)


async def records_that_are_none(ground: Ground) -> None:
    hello = _hello()
    for said in (
        _record(_HANDSHAKE, b"\xff" * 2_000),
        b"\x16\x03\x01\xff\xff" + bytes(_PIECE_BYTES),
        _record(_HANDSHAKE, b"") * 5_000,
        _record(_HANDSHAKE, hello[5:6]) + _record(_DATA, b"x" * 100),
        hello + _record(_ALERT, b"\x01\x00") * 1_000,
        hello + hello,
        b"\x80\x2e\x01\x03\x01" + bytes(200),
    ):
        async with _plain(ground) as one:
            await one.write(said)
            await one.ended()


async def a_record_that_was_tampered_with(ground: Ground) -> None:
    """Behind a handshake as it should be."""
    async with _plain(ground) as one:
        await _shake_hands(one)
        await one.write(_record(_DATA, bytes(range(200))))
        await one.ended()


async def who_leaves_in_the_handshake(ground: Ground) -> None:
    hello = _hello()
    for number in range(_LEAVE):
        async with _plain(ground) as one:
            if number % 2:
                await one.write(hello)
            else:
                await _shake_hands(one)


async def who_asks_in_plain_and_does_not_go(ground: Ground) -> None:
    """He is told where to go, and then is not listened to for long."""
    async with _plain(ground) as one:
        await one.write(head("POST", "/api/v1/session", {"Content-Length": "999999"}))
        assert (await one.answer()).status in (308, 400)
        await one.ended()


async def many_who_never_read(ground: Ground) -> None:
    """What waits for each is encrypted already, and is bounded all the same."""
    await asyncio.gather(*(bad_http.an_answer_that_nobody_reads(ground) for _ in range(_DEAF)))


def _plain(ground: Ground) -> AbstractAsyncContextManager[Line]:
    """A connection on which the handshake is ours to do."""
    return line(ground.port)


def _record(kind: int, payload: bytes) -> bytes:
    """RFC 8446 §5.1."""
    return bytes((kind, 3, 1)) + len(payload).to_bytes(2, "big") + payload


def _client(outgoing: ssl.MemoryBIO, incoming: ssl.MemoryBIO) -> ssl.SSLObject:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_bio(incoming, outgoing, server_hostname="desk.lan")


def _hello() -> bytes:
    outgoing = ssl.MemoryBIO()
    try:
        _client(outgoing, ssl.MemoryBIO()).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


async def _shake_hands(one: Line) -> None:
    """Until the client has said its last of the handshake."""
    outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = _client(outgoing, incoming)
    while True:
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            await one.write(outgoing.read())
            incoming.write(await one.reader.read(_PIECE_BYTES))
        else:
            await one.write(outgoing.read())
            return
