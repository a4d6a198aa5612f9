"""What a hostile or broken WebSocket client sends, each with how it must end. Every public function is a case."""

import asyncio
import json
import secrets
import zlib
from functools import cache

from tests.abuse.ground import UPGRADE, Ground, text
from tests.abuse.line import BINARY, FIN, PING, RSV1, TEXT, Line, frame, head

_CID = "0123456789abcdef" * 2
_PROTOCOL, _UNSUPPORTED, _INVALID, _ABUSE, _TOO_BIG, _SILENT, _OVERFLOW = 1002, 1003, 1007, 1008, 1009, 4002, 4008


async def _closed(ground: Ground, data: bytes, *codes: int) -> None:
    """A visitor sends this, and is closed with one of these codes."""
    async with ground.visitor() as one:
        await one.write(data)
        assert await one.close_code() in codes


async def frames_that_break_the_rules(ground: Ground) -> None:
    for data in (
        frame(b"{}", masked=False),
        frame(b"{}", first=FIN | RSV1),
        frame(b"{}", first=FIN | 0x20),
        frame(b"{}", 3),
        frame(b"{}", 0xB),
        frame(b"x" * 126, PING),
        frame(b"x", PING, first=0),
        frame(b"{}", 0),
        frame(b"{", first=0) + frame(b"}"),
        b"\x81\xff" + (2**63).to_bytes(8, "big") + bytes(4),
        b"\x81\xfe" + (5).to_bytes(2, "big") + bytes(4) + b"hello",
    ):
        await _closed(ground, data, _PROTOCOL)


async def a_packed_bomb_that_was_never_agreed_on(ground: Ground) -> None:
    async with ground.upgraded({"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}) as one:
        await one.write(frame(_bomb(), first=FIN | RSV1))
        assert await one.close_code() == _PROTOCOL


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(b" " * 60_000_000) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


async def text_that_is_none(ground: Ground) -> None:
    for data in (b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", "é".encode()[:1]):
        await _closed(ground, frame(data), _INVALID)
    await _closed(ground, frame(b"\xce", first=0) + frame(b"\xce", 0, first=FIN), _INVALID)


async def bytes_instead_of_text(ground: Ground) -> None:
    await _closed(ground, frame(b"\x00", BINARY), _UNSUPPORTED)


async def one_byte_fragments(ground: Ground) -> None:
    """A frame of ours in pieces of a byte is too many fragments; in pieces of 8 it is a frame like any other."""
    said = json.dumps({"t": "send", "cid": _CID, "text": "in pieces"}).encode()
    await _closed(ground, _pieces(said, 1), _ABUSE, _TOO_BIG)
    async with ground.visitor() as one:
        await one.write(_pieces(said, 8))
        assert (await one.told("ack"))["cid"] == _CID


async def fragments_without_end(ground: Ground) -> None:
    async with ground.visitor() as one:
        await one.write(frame(b"x", first=0))
        while await one.write(frame(b"x" * 4_000, 0, first=0)):
            await asyncio.sleep(0)
        assert await one.close_code() in (_ABUSE, _TOO_BIG, 1006)
    await _closed(ground, frame(b"x", first=0) + frame(b"", 0, first=0) * 200, _ABUSE, _TOO_BIG)


async def a_message_of_17_megabytes(ground: Ground) -> None:
    async with ground.visitor() as one:
        await one.write(b"\x81\xff" + (17_000_000).to_bytes(8, "big") + b"x" * 200_000)
        assert await one.close_code() == _TOO_BIG


async def frames_of_another_language(ground: Ground) -> None:
    for data in (
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b'{"t":"nothing"}',
        b'{"t":"__class__"}',
        b'{"t":["send"]}',
        b'{"t":"send"}',
        b'{"t":"send","cid":1,"text":"x"}',
        b'{"t":"send","cid":"%s","text":["x"]}' % _CID.encode(),
        b'{"t":"send","cid":"%s","text":"x","admin":true}' % _CID.encode(),
        b'{"t":"send","cid":"%s","text":"\\ud800"}' % _CID.encode(),
        b'{"t":"send","cid":"%s","text":"%s"}' % (_CID.encode(), b"x" * 16_001),
        b'{"t":"fetch","conv":"%s","first":1e400,"last":2}' % (b"c" * 26),
        b'{"t":"fetch","conv":"%s","first":%s,"last":2}' % (b"c" * 26, b"9" * 5_000),
        b'{"t":"fetch","conv":"%s","first":-1,"last":2}' % (b"c" * 26),
        b'{"t":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"t":"send","x":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    ):
        await _closed(ground, frame(data), _INVALID)


async def a_key_given_twice(ground: Ground) -> None:
    """The last one counts, as RFC 8259 §4 lets it; what matters is that one meaning is used for all checks."""
    async with ground.visitor() as one:
        await one.write(frame(b'{"t":"send","cid":"%s","text":"a","text":"b"}' % (b"f" * 32)))
        conversation = (await one.told("ack"))["conv"]
        await one.write(text({"t": "fetch", "conv": conversation, "first": 1, "last": 1}))
        assert (await one.told("msg"))["text"] == "b"


async def another_ones_thread(ground: Ground) -> None:
    said = (await ground.say("mine alone", 1)).json()
    async with ground.visitor() as one:
        await one.write(text({"t": "fetch", "conv": said["conv"], "first": 1, "last": 1}))
        assert (await one.told("error"))["code"] == "not_found"


async def floods(ground: Ground) -> None:
    for data in (frame(b"", PING), text({"t": "pong"}), text({"t": "typing", "conv": "c" * 26, "on": True})):
        async with ground.visitor() as one:
            while await one.write(data * 50):
                await asyncio.sleep(0)
            assert await one.close_code() in (_ABUSE, 1006)


async def who_says_nothing_at_first(ground: Ground) -> None:
    async with ground.upgraded() as one:
        assert await one.close_code() == _ABUSE


async def who_says_nothing_any_more(ground: Ground) -> None:
    """A peer whose line is dead looks like this: no pong comes, and no FIN."""
    async with ground.visitor() as one:
        assert await one.close_code() == _SILENT


async def who_does_not_read(ground: Ground) -> None:
    """An agent who speaks and takes nothing of what four visitors write is closed, and costs no more than his bound."""
    async with ground.agent(small_buffer=True) as deaf:
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one that reads, too
        speaking = asyncio.create_task(_speak(deaf))
        while not speaking.done():
            await asyncio.gather(*(_talk(ground) for _ in range(4)))
        deaf.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert await deaf.close_code() in (_OVERFLOW, 1006)


async def _speak(one: Line) -> None:
    """Say now and then that all is well, until the connection is over."""
    while await one.write(text({"t": "pong"})):
        await asyncio.sleep(0.2)


async def handshakes_that_are_none(ground: Ground) -> None:
    for fields, status in (
        ({**UPGRADE, "Sec-WebSocket-Key": "short"}, 400),
        ({**UPGRADE, "Sec-WebSocket-Version": "8"}, 426),
        ({**UPGRADE, "Upgrade": "h2c"}, 426),
        ({**UPGRADE, "Origin": "http://evil.example"}, 403),
        ({**UPGRADE, "Origin": "null"}, 403),
        ({**UPGRADE, "Content-Length": "5"}, 400),
    ):
        async with ground.line() as one:
            await one.write(head("GET", "/ws", fields))
            assert (await one.answer()).status == status, fields


async def _talk(ground: Ground) -> None:
    """As much as a visitor may say at once; he is there until it is stored, however busy the machine."""
    async with ground.visitor() as one:
        there = asyncio.create_task(_speak(one))
        for _ in range(40):
            await one.write(text({"t": "send", "cid": secrets.token_hex(16), "text": "订" * 15_000}))
        for _ in range(40):
            await one.told("ack")
        there.cancel()


def _pieces(data: bytes, size: int) -> bytes:
    """One message in fragments of so many bytes."""
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    first = frame(parts[0], TEXT, first=0)
    middle = b"".join(frame(part, 0, first=0) for part in parts[1:-1])
    return first + middle + frame(parts[-1], 0)
