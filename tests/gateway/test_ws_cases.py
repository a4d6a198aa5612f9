"""What a hostile or a broken client may try on `/ws`: how each is ended, and that nobody beside it is harmed.

Each case runs on the real rooms over a real database behind the real front, over our own socket and over picows.
After each a visitor who was connected all the time says something, and the agent hears it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from app.gateway.websocket import WebSocket
from app.settings import Limits
from tests.gateway.echo import Mount
from tests.gateway.gate import BINARY, CLOSE, CUT, NO_CODE, PING, PONG, TEXT, Ended, Gate, Line, opened
from tests.gateway.picows_socket import PicowsSocket

SOCKETS: dict[str, Mount] = {"ours": WebSocket, "picows": PicowsSocket}
LIMITS = Limits(socket_outbox_bytes_max=100_000)
HANG_SECONDS = 60.0  # nothing takes that long; it turns a hang into a failure
CID = "0" * 32
CONV = "c" * 26
NOT_OURS = "not a frame of this protocol"
RESTS = "retry_after_ms=30000"

Case = Callable[[Gate], Awaitable[Ended]]
CASES: dict[str, tuple[Case, Ended]] = {}


def case(title: str, code: int, reason: str = "") -> Callable[[Case], Case]:
    """Name a case, and how it must end."""

    def keep(act: Case) -> Case:
        CASES[title] = (act, Ended(code, reason))
        return act

    return keep


@pytest.fixture(params=["ours", pytest.param("picows", marks=pytest.mark.full)])
async def gate(
    request: pytest.FixtureRequest, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gate]:
    async with opened(database_path, LIMITS, SOCKETS[request.param], monkeypatch) as gate:
        yield gate


# --- who comes in -----------------------------------------------------------------------------------------------


@case("foreign Origin", 403)
async def foreign_origin(gate: Gate) -> Ended:
    line = await gate.line()
    return Ended(await line.shake_hands(Origin="https://evil.example", Cookie=await gate.cookie("Eve")))


@case("no Origin beside a cookie", 4401)
async def no_origin(gate: Gate) -> Ended:
    line = await gate.open(Cookie=await gate.cookie("Eve"))
    line.frame(t="hello")
    return await refused(line, "unauthenticated")


@case("no hello", 1008, "no hello")
async def no_hello(gate: Gate) -> Ended:
    line = await gate.open()
    for _ in range(11):
        gate.pass_time(1)
    return await line.ended()


@case("something else before hello", 1008, "hello_first")
async def hello_later(gate: Gate) -> Ended:
    line = await gate.open()
    line.frame(t="send", cid=CID, text="hi")
    return await refused(line, "hello_first")


@case("wrong token", 4401)
async def wrong_token(gate: Gate) -> Ended:
    line = await gate.open()
    line.frame(t="hello", inbox=gate.inbox, token="guessed")
    return await refused(line, "unauthenticated")


@case("token of another inbox", 4401)
async def other_inbox(gate: Gate) -> Ended:
    line = await gate.open()
    line.frame(t="hello", inbox=await gate.domain.inbox(), token=await gate.token())
    return await refused(line, "unauthenticated")


@case("revoked session", 4401)
async def revoked(gate: Gate) -> Ended:
    cookie = await gate.cookie("Eve")
    line = await gate.staff(cookie)
    agent = await gate.domain.sessions.principal(cookie.partition("=")[2])
    assert agent is not None
    await gate.domain.sessions.sign_out(agent)
    return await line.ended()


@case("hello twice: refused, and the first one stays", 1000)
async def hello_twice(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.frame(t="hello", inbox=gate.inbox, token=await gate.token())
    assert (await line.told("error"))["code"] == "hello_twice"
    line.frame(t="resume")
    await line.told("live")
    line.say(CLOSE, (1000).to_bytes(2, "big"))
    return await line.ended()


# --- what is said: the closed union -----------------------------------------------------------------------------

NO_FRAMES = {
    "not JSON": "{",
    "nothing": "",
    "no object": "[]",
    "unknown t": '{"t":"dance"}',
    "no t": "{}",
    "unknown field": '{"t":"pong","more":1}',
    "wrong type: cid a number": '{"t":"send","cid":7}',
    "wrong type: text null": json.dumps({"t": "send", "cid": CID, "text": None}),
    "a list 5,000 deep": '{"t":"resume","convs":' + "[" * 5_000 + "]" * 5_000 + "}",
    "an object 5,000 deep": '{"t":"resume","convs":' + '{"a":' * 5_000 + "1" + "}" * 5_000 + "}",
    "a list 5,000 deep before t": '{"x":' + "[" * 5_000 + "]" * 5_000 + ',"t":"pong"}',
    "t twice": '{"t":"pong","t":"resume"}',
    "1e400": json.dumps({"t": "read", "conv": CONV, "seq": 7}).replace("7", "1e400"),
    "a number of 400 digits": json.dumps({"t": "read", "conv": CONV, "seq": 7}).replace("7", "9" * 400),
    "NaN": json.dumps({"t": "read", "conv": CONV, "seq": float("nan")}),
    "a lone surrogate, escaped": json.dumps({"t": "send", "cid": CID, "text": "\ud800"}),
    "a text that is too long": json.dumps({"t": "send", "cid": CID, "text": "x" * 16_001}),
    "a NUL outside of a string": '{"t":"pong"}\0',
    "two frames in one": '{"t":"pong"}{"t":"pong"}',
}


def no_frame(text: str) -> Case:
    async def act(gate: Gate) -> Ended:
        line = await gate.visitor()
        line.text(text)
        return await line.ended()

    return act


for name, said in NO_FRAMES.items():
    case(name, 1007, NOT_OURS)(no_frame(said))


@case("a lone surrogate as bytes: no UTF-8", 1007, "not UTF-8")
async def surrogate_bytes(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.text('{"t":"send","cid":"' + CID + '","text":"\ud800"}')
    return await line.ended()


@case("binary frame", 1003, "text only")
async def binary(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(BINARY, b'{"t":"pong"}')
    return await line.ended()


# --- how much ---------------------------------------------------------------------------------------------------


@case("oversized frame, refused by its head", 1009)
async def oversized_frame(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.writer.write(b"\x81\xff" + (2**40).to_bytes(8, "big") + b"mask")
    return await line.ended()


@case("oversized message in fragments", 1009, "message too big")
async def oversized_message(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(0x01, b"x" * 40_000)
    line.say(0x00, b"x" * 40_000)
    return await line.ended()


@case("endless fragments", 1008, "too many fragments")
async def endless_fragments(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(0x01, b"")
    for _ in range(64):
        line.say(0x00, b"")
    return await line.ended()


@case("flood of frames", 1008, RESTS)
async def flood(gate: Gate) -> Ended:
    line = await gate.visitor()
    for _ in range(100):
        line.frame(t="pong")
    return await line.ended()


@case("flood of pings", 1008, RESTS)
async def ping_flood(gate: Gate) -> Ended:
    line = await gate.visitor()
    for _ in range(100):
        line.say(PING, b"are you there?")
    return await line.ended()


@case("flood of pongs that nobody asked for", 1008, RESTS)
async def pong_flood(gate: Gate) -> Ended:
    line = await gate.visitor()
    for _ in range(100):
        line.say(PONG)
    return await line.ended()


@case("peer that never reads", 4008, "too slow: reconnect and resume")
async def never_reads(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.frame(t="send", cid=CID, text="hello")
    conv = (await line.told("ack"))["conv"]
    line.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
    agent = await gate.domain.agent("Eve", "owner")
    while not closing(gate):
        await asyncio.gather(*(gate.domain.say(agent, "太" * 16_000, conv) for _ in range(16)))
        for _ in range(16):
            await gate.agent.told("msg")
    line.writer.transport.resume_reading()  # type: ignore[attr-defined]
    return await line.ended()


# --- RFC 6455 ---------------------------------------------------------------------------------------------------


@case("unmasked frame", 1002)
async def unmasked(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(TEXT, b'{"t":"pong"}', masked=False)
    return await line.ended()


@case("permessage-deflate offered, refused, and used all the same", 1002)
async def deflate(gate: Gate) -> Ended:
    line = await gate.open(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert "sec-websocket-extensions" not in line.head
    line.say(0xC1, b"\xaa\x02\x00")
    return await line.ended()


@case("reserved opcode", 1002)
async def reserved_opcode(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(0x83)
    return await line.ended()


@case("a fragment of nothing", 1002)
async def lone_continuation(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(0x80, b"x")
    return await line.ended()


@case("a ping in pieces", 1002)
async def fragmented_ping(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(0x09, b"x")
    return await line.ended()


@case("close without a code", NO_CODE)
async def empty_close(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(CLOSE)
    return await line.ended()


@case("close with a code that nobody may send", 1002)
async def bad_close(gate: Gate) -> Ended:
    line = await gate.visitor()
    line.say(CLOSE, (1004).to_bytes(2, "big"))
    return await line.ended()


def echoed_close(code: int) -> Case:
    async def act(gate: Gate) -> Ended:
        line = await gate.visitor()
        line.say(CLOSE, code.to_bytes(2, "big") + "再见".encode())
        ended = await line.ended()
        assert await line.ended() == Ended(CUT)  # the server drops the connection first (§7.1.1)
        return ended

    return act


for code in (1000, 1001, 3000, 4999):
    case(f"close code {code} is echoed", code)(echoed_close(code))


@case("silent peer, closed at its deadline", 4002, "silent")
async def silent(gate: Gate) -> Ended:
    line = await gate.visitor()
    for second in range(70):
        gate.pass_time(1)
        if second % 20 == 0:
            await show_life(gate.bystander, gate.agent)
    return await line.ended()


# --- the test ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", CASES)
async def test_it_is_ended_as_it_must_be_and_nobody_beside_it_notices(gate: Gate, title: str) -> None:
    act, (code, reason) = CASES[title]
    async with asyncio.timeout(HANG_SECONDS):
        ended = await act(gate)
        assert ended.code == code
        assert reason in ("", ended.reason)
        await gate.talk(gate.bystander, f"still here after {title}")


def test_there_are_at_least_twenty() -> None:
    assert len(CASES) >= 20


async def show_life(*lines: Line) -> None:
    for line in lines:
        line.frame(t="resume")
        await line.told("live")


async def refused(line: Line, code: str) -> Ended:
    """It is told why before it is closed."""
    assert (await line.told("error"))["code"] == code
    return await line.ended()


def closing(gate: Gate) -> bool:
    return len(gate.front.hub._closing) > 0
