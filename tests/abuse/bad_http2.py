"""What a hostile HTTP/2 client sends, each with how it must end. Every public function is a case.

The frames are made by hand: a library refuses to misbehave. `Http2Client` speaks for the innocent and for the slow.
"""

import asyncio
import itertools
import json
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import AbstractAsyncContextManager

from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hpack import Encoder

from app.gateway import http2_frames as frames
from tests.abuse.ground import Ground
from tests.abuse.line import GONE, Line
from tests.gateway.client import until
from tests.gateway.http2_client import RawClient, frame, head, http2, raw

_CALM = frames.ENHANCE_YOUR_CALM
_PATIENCE_SECONDS = 75.0  # against hanging: three times the longest of the server's own deadlines, 25 s for a body
_MUCH_BYTES = 24 * 2**20  # a flood that nobody stops ends here, and its case fails
_PAGE = "/api/openapi.json"  # the largest that anybody may ask for
_JSON = ("content-type", "application/json")
_SIGN_IN = "/api/v1/session"
_NONE = frame(frames.HEADERS, 4, 1, head(_SIGN_IN, "POST", _JSON))  # a request without its body
_PING = frame(frames.PING, 0, 0, bytes(8))
_WINDOW = frame(frames.WINDOW_UPDATE, 0, 0, struct.pack("!L", 1))
_NOTHING = b"too many frames that bring nothing"
_PIECES, _CANCELLED = b"a head in too many pieces", b"too many cancelled requests"
_A_FEW = 30  # requests at a time
_CANCEL = struct.pack("!L", ErrorCodes.CANCEL)
_ALL_WINDOW = 2**31 - 1
_NO_WINDOW = {SettingCodes.INITIAL_WINDOW_SIZE: 0}
_POLL = "/api/v1/visitor/poll"
_POLL_MS = 20_000  # longer than a client may be silent


def _raw(ground: Ground, *parts: bytes, preface: bool = True) -> AbstractAsyncContextManager[RawClient]:
    return raw(ground.port, *parts, preface=preface, tls=ground.tls)


async def _flooded(ground: Ground, why: bytes, flood: Iterable[bytes], first: bytes = b"") -> None:
    """Send `first` and then the flood, until the server says GOAWAY and why."""
    async with _raw(ground, first) as client, asyncio.TaskGroup() as group:
        cut = group.create_task(client.cut(_PATIENCE_SECONDS))
        await _pour(client, flood, cut)
        assert await asyncio.wait_for(cut, _PATIENCE_SECONDS) == _CALM
        assert why in client.got, client.got[-80:]


async def _pour(client: RawClient, flood: Iterable[bytes], cut: asyncio.Task[int | None]) -> None:
    sent = 0
    try:
        for piece in flood:
            client.send(piece)
            sent += len(piece)
            await client.writer.drain()
            await asyncio.sleep(0)  # to read as well: `drain` alone does not let go
            if cut.done() or sent > _MUCH_BYTES:
                return
    except GONE:
        pass  # it was cut; what it was told is in what was read


def _again(*units: bytes) -> Iterator[bytes]:
    return itertools.repeat(b"".join(units) * (16_384 // len(b"".join(units)) + 1))


def _requests(path: str, then: bytes = b"", method: str = "GET", flags: int = 5) -> Iterator[bytes]:
    """Heads on ever new streams, each with a frame of kind `then[0]` behind it, if any, and its payload."""
    block = head(path, method)
    for first in itertools.count(1, 2 * _A_FEW):
        pieces = []
        for stream in range(first, first + 2 * _A_FEW, 2):
            pieces.append(frame(frames.HEADERS, flags, stream, block))
            if then:
                pieces.append(frame(then[0], 0, stream, then[1:]))
        yield b"".join(pieces)


# --- floods of frames that bring nothing ------------------------------------------------------------------------


async def pings(ground: Ground) -> None:
    """CVE-2019-9512."""
    await _flooded(ground, _NOTHING, _again(_PING))


async def settings(ground: Ground) -> None:
    """CVE-2019-9515."""
    await _flooded(ground, _NOTHING, _again(frames.EMPTY_SETTINGS))


async def settings_that_change_every_window(ground: Ground) -> None:
    one, other = (frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 4, size)) for size in (0, 65_535))
    await _flooded(ground, _NOTHING, _again(one, other))


async def settings_without_end(ground: Ground) -> None:
    await _flooded(ground, b"too many settings", _again(frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 3, 1) * 2_700)))


async def priorities(ground: Ground) -> None:
    """CVE-2019-9513: each of another stream, so that a tree of them would grow."""
    units = (frame(frames.PRIORITY, 0, stream, bytes((0, 0, 0, 0, 1))) for stream in itertools.count(1, 2))
    await _flooded(ground, _NOTHING, (b"".join(itertools.islice(units, 500)) for _ in itertools.repeat(0)))


async def windows(ground: Ground) -> None:
    await _flooded(ground, _NOTHING, _again(_WINDOW))


async def windows_of_one_byte(ground: Ground) -> None:
    """CVE-2019-9511: an answer that is drawn a byte at a time."""
    first = frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 4, 0)) + frame(frames.HEADERS, 5, 1, head(_PAGE))
    await _flooded(ground, _NOTHING, _again(frame(frames.WINDOW_UPDATE, 0, 1, struct.pack("!L", 1))), first)


async def empty_data(ground: Ground) -> None:
    """CVE-2019-9518."""
    await _flooded(ground, _NOTHING, _again(frame(frames.DATA, 0, 1)), _NONE)


async def data_of_one_byte(ground: Ground) -> None:
    await _held_back(ground, frame(frames.DATA, 0, 1, b" "))


async def data_that_is_all_padding(ground: Ground) -> None:
    await _held_back(ground, frame(frames.DATA, 8, 1, bytes((9,)) + bytes(9)))


async def _held_back(ground: Ground, piece: bytes) -> None:
    """Honest streams of small messages look like this, so it is not cut: the request ends at its own deadline."""
    async with _raw(ground, _NONE) as client, asyncio.TaskGroup() as group:
        cut = group.create_task(client.cut(_PATIENCE_SECONDS))
        pouring = group.create_task(_pour(client, _again(piece), cut))
        await until(lambda: b"body_too_slow" in client.got or cut.done(), _PATIENCE_SECONDS)
        assert not cut.done(), bytes(client.got[-300:])
        for task in (cut, pouring):
            task.cancel()


async def kinds_that_nobody_knows(ground: Ground) -> None:
    await _flooded(ground, _NOTHING, _again(frame(0x77, 0, 0, b"what?")))


# --- heads ------------------------------------------------------------------------------------------------------


async def a_head_in_endless_pieces(ground: Ground) -> None:
    """CVE-2024-27316."""
    await _flooded(
        ground, _PIECES, _again(frame(frames.CONTINUATION, 0, 1, b"\x00")), frame(frames.HEADERS, 1, 1, head())
    )


async def a_head_in_endless_empty_pieces(ground: Ground) -> None:
    await _flooded(ground, _PIECES, _again(frame(frames.CONTINUATION, 0, 1)), frame(frames.HEADERS, 1, 1, head()))


async def a_head_of_megabytes(ground: Ground) -> None:
    await _flooded(
        ground,
        b"too large a head",
        _again(frame(frames.CONTINUATION, 0, 1, bytes(16_000))),
        frame(frames.HEADERS, 1, 1, head()),
    )


async def a_head_that_unpacks_to_megabytes(ground: Ground) -> None:
    """The HPACK bomb, CVE-2016-6581: one field of 4,000 bytes, then one byte for each time that it is meant again."""
    packer = Encoder()
    block = packer.encode([*(_usual("/"))]) + packer.encode([("x", "a" * 3_900)]) + b"\xbe" * 12_000
    await _flooded(ground, b"", itertools.repeat(frame(frames.HEADERS, 5, 1, block), 1))


async def many_streams_at_once(ground: Ground) -> None:
    await _flooded(ground, b"too many streams at once", _requests(_SIGN_IN, method="POST", flags=4))


def _usual(path: str) -> list[tuple[str, str]]:
    return [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "desk.lan")]


# --- cancelled --------------------------------------------------------------------------------------------------


async def rapid_reset(ground: Ground) -> None:
    """CVE-2023-44487."""
    await _flooded(ground, _CANCELLED, _requests(_PAGE, bytes((frames.RST_STREAM,)) + _CANCEL))


async def the_server_made_to_reset(ground: Ground) -> None:
    """CVE-2025-8671: it is the server that cancels, so the client's own count stays at nothing."""
    async with _raw(ground) as client, asyncio.TaskGroup() as group:
        cut = group.create_task(client.cut(_PATIENCE_SECONDS))
        for number, requests in enumerate(_requests("no path"), 1):
            client.send(requests)
            await until(lambda number=number: cut.done() or client.resets() >= number * _A_FEW, _PATIENCE_SECONDS)
            if cut.done():
                break
        assert cut.result() == _CALM
        assert _CANCELLED in client.got


# --- slow and silent --------------------------------------------------------------------------------------------


async def _given_up(ground: Ground, *said: bytes, code: int | None = _CALM) -> None:
    """Say something that is not whole, and nothing more."""
    async with _raw(ground, *said, preface=False) as client:
        assert await client.cut(_PATIENCE_SECONDS) == code


async def half_a_preface(ground: Ground) -> None:
    await _given_up(ground, frames.PREFACE[:20])


async def half_a_frame(ground: Ground) -> None:
    await _given_up(ground, frames.PREFACE, frames.EMPTY_SETTINGS[:5])


async def half_a_ping(ground: Ground) -> None:
    await _given_up(ground, frames.PREFACE, frames.EMPTY_SETTINGS, _PING[:12])


async def a_head_that_never_ends(ground: Ground) -> None:
    await _given_up(ground, frames.PREFACE, frames.EMPTY_SETTINGS, frame(frames.HEADERS, 1, 1, head()))


async def a_head_that_drips(ground: Ground) -> None:
    """A piece of a byte each second: few enough, and yet it never ends."""
    async with _raw(ground, frame(frames.HEADERS, 1, 1, head())) as client, asyncio.TaskGroup() as group:
        cut = group.create_task(client.cut(_PATIENCE_SECONDS))
        while not cut.done():
            client.send(frame(frames.CONTINUATION, 0, 1, b"\x00"))
            await asyncio.sleep(1)
        assert cut.result() == _CALM
        assert _PIECES not in client.got


async def a_body_that_never_comes(ground: Ground) -> None:
    """Its stream is answered and given up; the connection goes on."""
    async with http2(ground.port, tls=ground.tls) as client:
        stream = client.ask(_SIGN_IN, "POST", [_JSON], ends=False)
        answer = await client.answer(stream, _PATIENCE_SECONDS)
        assert b"too_slow" in answer.body
        await until(lambda: answer.reset == ErrorCodes.NO_ERROR, _PATIENCE_SECONDS)
        assert (await client.get("/api/v1/setup")).status == 200


async def an_upload_that_drips(ground: Ground) -> None:
    own = ("authorization", f"Bearer {await ground.newcomer()}")
    fields = [own, ("x-file-name", "a.txt"), ("content-type", "text/plain")]
    async with http2(ground.port, tls=ground.tls) as client:
        stream = client.ask("/api/v1/visitor/files", "POST", fields, ends=False)
        while not client.answers[stream].over:
            client.h2.send_data(stream, b"drip")
            client.flush()
            await asyncio.sleep(0.2)
        assert b"too_slow" in client.answers[stream].body
        assert (await client.get("/api/v1/setup")).status == 200


async def a_client_that_gives_no_window(ground: Ground) -> None:
    """A hundred answers of 50 KB each wait for a window that never opens: each stream is given up, the rest goes on."""
    async with http2(ground.port, settings=_NO_WINDOW, tls=ground.tls) as client:
        streams = [client.ask(_PAGE) for _ in range(100)]
        for stream in streams:
            answer = await client.answer(stream, _PATIENCE_SECONDS)
            assert (answer.status, answer.body, answer.reset) == (200, b"", ErrorCodes.CANCEL)
        stream = client.ask("/healthz")
        client.h2.increment_flow_control_window(100, stream)
        client.flush()
        assert (await client.answer(stream)).body == b"ok\n"


async def a_client_that_gives_a_byte_now_and_then(ground: Ground) -> None:
    async with http2(ground.port, window=False, settings=_NO_WINDOW, tls=ground.tls) as client:
        stream = client.ask(_PAGE)
        answer = client.answers[stream]
        while not answer.over:
            client.h2.increment_flow_control_window(1, stream)
            client.flush()
            await asyncio.sleep(0.1)
        assert answer.reset == ErrorCodes.CANCEL
        assert 0 < len(answer.body) < 1_000


async def a_window_of_the_connection_that_never_opens(ground: Ground) -> None:
    """Every stream may have all it wants, the connection as a whole 64 KiB: what waits for more is given up."""
    settings = {SettingCodes.INITIAL_WINDOW_SIZE: _ALL_WINDOW}
    async with http2(ground.port, window=False, settings=settings, tls=ground.tls) as client:
        for stream in [client.ask(_PAGE) for _ in range(20)]:
            answer = await client.answer(stream, _PATIENCE_SECONDS)
            assert answer.ended or answer.reset == ErrorCodes.CANCEL
        assert sum(len(answer.body) for answer in client.answers.values()) == 65_535


async def a_client_that_does_not_read(ground: Ground) -> None:
    """It opens every window there is and then reads nothing: the connection itself fills up."""
    wide = frame(frames.SETTINGS, 0, 0, struct.pack("!HL", 4, _ALL_WINDOW))
    grown = frame(frames.WINDOW_UPDATE, 0, 0, struct.pack("!L", _ALL_WINDOW - 65_535))
    async with ground.line(small_buffer=True) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one that reads, too
        await client.write(b"".join([frames.PREFACE, wide, grown, *itertools.islice(_requests(_PAGE), 3)]))
        await asyncio.wait_for(_keep_pinging(client), _PATIENCE_SECONDS)


async def _keep_pinging(client: Line) -> None:
    """Until nobody is there any more."""
    while await client.write(_PING):
        await asyncio.sleep(0.2)


async def who_opens_a_stream_and_falls_silent(ground: Ground) -> None:
    """One that answers when it is asked stays; one that does not is gone."""
    token = await ground.newcomer()
    known = await ground.post("/api/v1/visitor/session", {"inbox": ground.inbox, "token": token})
    poll = json.dumps({"resume": {"t": "resume", "epoch": known.json()["epoch"]}, "wait_ms": _POLL_MS}).encode()
    own = {"Authorization": f"Bearer {token}"}
    await ground.post(_POLL, poll, own)  # the first one never waits
    fields = [("authorization", f"Bearer {token}"), _JSON]
    asked = frame(frames.HEADERS, 4, 1, head(_POLL, "POST", *fields)) + frame(frames.DATA, 1, 1, poll)
    async with _raw(ground, asked) as silent, http2(ground.port, tls=ground.tls) as alive:
        stream = alive.ask(_POLL, "POST", fields, ends=False)
        await alive.send(stream, poll)
        assert await silent.cut(_PATIENCE_SECONDS) is None
        assert (frames.PING, 0) in silent.heard()
        assert not alive.gone
        key = {"Idempotency-Key": secrets.token_hex(16)}
        assert (await ground.post("/api/v1/visitor/messages", {"text": "news"}, {**own, **key})).status == 200
        assert (await alive.answer(stream)).status == 200


async def who_has_nothing_more_to_ask(ground: Ground) -> None:
    async with http2(ground.port, tls=ground.tls) as client:
        assert (await client.get("/api/v1/setup")).status == 200
        assert await client.cut(_PATIENCE_SECONDS) == frames.NO_ERROR
