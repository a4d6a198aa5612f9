"""An office is one address: what one of its people does wrong is his own affair, and he cannot shake it off."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.gateway.front import Front
from app.gateway.relay import Relay
from app.gateway.websocket import WebSocket
from app.model.ids import Ids
from app.settings import Limits, Settings
from app.web.assets import Assets
from tests.gateway.gate import PING, Ended, Gate, Line, opened

PEOPLE = 300
TURNS = 3
HANG_SECONDS = 60.0  # nothing takes that long; it turns a hang into a failure
RESTS = Ended(1008, "retry_after_ms=30000")


@pytest.fixture
async def gate(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    async with opened(database_path, Limits(), WebSocket, monkeypatch) as gate:
        yield gate


@pytest.fixture
async def other_door(gate: Gate) -> AsyncIterator[int]:
    """The port of a second gateway over the same core."""
    nowhere = Relay(gate.domain.path.parent / "http.sock")
    front = Front(gate.domain.core, Assets({}), nowhere, Settings(), gate.clock, Ids(gate.clock))
    yield await front.start("127.0.0.1:0")
    await front.stop()


async def chat(line: Line, number: int) -> None:
    """Say a few things, each after the one before was acknowledged."""
    conv: dict[str, str] = {}
    for turn in range(TURNS):
        line.frame(t="send", cid=f"{number:016x}{turn:016x}", text=f"{number}.{turn}", **conv)
        conv = {"conv": (await line.told("ack"))["conv"]}


async def hear(agent: Line, awaited: set[str]) -> None:
    """Until all of this was heard."""
    while awaited:
        awaited.discard((await agent.told("msg")).get("text", ""))


async def refused_again(gate: Gate, port: int, token: str) -> Ended:
    """He comes back at this door."""
    home, gate.port = gate.port, port
    line = await gate.open()
    gate.port = home
    line.frame(t="hello", inbox=gate.inbox, token=token)
    assert (await line.told("error"))["code"] == "too_fast"
    return await line.ended()


async def test_three_hundred_talk_on_while_one_floods_and_stays_limited(gate: Gate, other_door: int) -> None:
    people = [await gate.visitor() for _ in range(PEOPLE)]
    token = await gate.token()
    awaited = {f"{number}.{turn}" for number in range(PEOPLE) for turn in range(TURNS)}

    async def flood() -> None:
        line = await gate.visitor(token)
        for _ in range(2_000):
            line.say(PING)
        assert await line.ended() == RESTS
        for port in (gate.port, other_door, gate.port, other_door):
            assert await refused_again(gate, port, token) == RESTS

    async with asyncio.timeout(HANG_SECONDS):
        await asyncio.gather(flood(), hear(gate.agent, awaited), *map(chat, people, range(PEOPLE)))
    gate.clock.advance(29)
    assert await refused_again(gate, gate.port, token) == Ended(1008, "retry_after_ms=1000")
    gate.clock.advance(1)
    await gate.talk(await gate.visitor(token), "I have calmed down")


async def test_many_sockets_of_one_visitor_are_counted_together(gate: Gate, other_door: int) -> None:
    token = await gate.token()
    lines = [await gate.visitor(token) for _ in range(40)]  # thrice his burst: a slow machine gives little of it back
    for line in lines:
        for _ in range(45):  # within what one socket may say
            line.frame(t="typing", conv="0" * 26, on=True)
    for line in lines:
        line.frame(t="resume")  # whoever was not closed yet is now
    async with asyncio.timeout(HANG_SECONDS):
        endings = [await line.ended() for line in lines]
    assert set(endings) == {RESTS}
    assert await refused_again(gate, other_door, token) == RESTS
    await gate.talk(gate.bystander, "and I?")
