"""The bot over the wire: a real server with the starter pack, real sockets, both languages, many processes, kill -9."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from app.model import frames
from tests.journeys.appliance import Appliance
from tests.journeys.client import Client, Pace
from tests.journeys.people import INBOX

_SECONDS_MAX = 60.0  # a deadline against hanging
_ENVIRONMENT = {
    "MONODESK_BOT": "true",
    "MONODESK_LIMITS_BOT_LEASE_SECONDS": "1.0",
    "MONODESK_LIMITS_BOT_ANSWER_SECONDS": "600.0",
}
_SAID = "SELECT count(*) FROM messages WHERE conversation_id = ? AND sender_kind = 'bot' AND kind = 'message'"
_PACE = Pace(back_off_min=0.05, back_off_max=0.4)


class Talk:
    """A visitor's client and what he has heard."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.heard: dict[str, frames.Msg] = {}
        self.news = asyncio.Event()
        client.on_message = self._hear

    def _hear(self, entry: frames.Msg) -> None:
        self.heard[entry.id] = entry
        self.news.set()

    async def until(self, words: str) -> frames.Msg:
        """The bot's message that holds these words."""
        async with asyncio.timeout(_SECONDS_MAX):
            while True:
                for entry in self.heard.values():
                    if entry.sender.kind == "bot" and words in entry.text:
                        return entry
                self.news.clear()
                await self.news.wait()

    async def bot_says(self, count: int) -> list[frames.Msg]:
        """So many messages of the bot."""
        async with asyncio.timeout(_SECONDS_MAX):
            while (
                len(said := [one for one in self.heard.values() if one.sender.kind == "bot" and one.kind == "message"])
                < count
            ):
                self.news.clear()
                await self.news.wait()
        return sorted(said, key=lambda one: one.seq)


@asynccontextmanager
async def talking(appliance: Appliance, seed: int) -> AsyncIterator[Talk]:
    """A new visitor of the demo shop."""
    status, body = appliance.send("POST", "/api/v1/visitor/session", json.dumps({"inbox": INBOX}).encode())
    assert status == 200, body
    hello = frames.Hello(INBOX, json.loads(body)["token"])
    client = Client(appliance.port, Random(seed), hello=hello, pace=_PACE)
    talk = Talk(client)
    running = asyncio.create_task(client.run())
    try:
        await client.live.wait()
        yield talk
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def awake(appliance: Appliance) -> None:
    """Until its engine is at work: who comes earlier goes to people."""
    async with asyncio.timeout(_SECONDS_MAX):
        while True:
            async with talking(appliance, 1) as talk:
                conv = (await talk.client.send("hello")).conv
                status = await asyncio.to_thread(_status, appliance.data, conv)
            if status == "bot":
                return
            await asyncio.sleep(0.2)


def _status(data: Path, conv: str) -> str:
    return str(rows_of(data, "SELECT status FROM conversations WHERE id = ?", conv)[0][0])


def rows_of(data: Path, sql: str, *values: str) -> list[tuple[object, ...]]:
    """What the database under a running server holds."""
    with sqlite3.connect(f"file:{data / 'monodesk.db'}?mode=ro", uri=True) as database:
        return database.execute(sql, values).fetchall()


@pytest.fixture(params=[0, 2], ids=["one process", "two gateways"])
def appliance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Appliance]:
    one = Appliance(
        tmp_path / "data", options=("--demo",), environment={**_ENVIRONMENT, "MONODESK_WORKERS": str(request.param)}
    )
    one.start()
    yield one
    one.kill()


@pytest.mark.full
async def test_both_languages_a_dialogue_and_the_way_to_a_person(appliance: Appliance) -> None:
    await awake(appliance)
    async with talking(appliance, 2) as english, talking(appliance, 3) as chinese:
        conv = (await english.client.send("How long does delivery take?")).conv
        other = (await chinese.client.send("多久能送到")).conv
        answer = await english.until("2 to 4 days")
        assert answer.sender.name == "Shanlan assistant" and answer.data is None
        assert (await chinese.until("2–4 天")).sender.name == "山岚小助手"
        await english.client.send("I would like to talk to a person.", conv)
        await chinese.client.send("转人工客服", other)
        await english.until("colleague")
        await chinese.until("人工客服")
        assert _status(appliance.data, conv) == _status(appliance.data, other) == "queued"


@pytest.mark.full
async def test_killed_between_message_and_answer_it_answers_once(appliance: Appliance) -> None:
    await awake(appliance)
    random = Random(7)
    questions = (
        "How long does delivery take?",
        "多久能送到",
        "can I return it",
        "什么时候发货",
        "how much is shipping",
    )
    async with talking(appliance, 4) as talk:
        convs = []
        for question in questions:
            ack = await talk.client.send(question)  # without a conversation: each begins one
            convs.append((ack.conv, ack.id))
            await asyncio.sleep(random.random() * 0.4)
            appliance.kill()
            await asyncio.to_thread(appliance.start)
            await talk.client.live.wait()
            await awake(appliance)
        await talk.bot_says(len(questions))
    for conv, message in convs:
        said = rows_of(appliance.data, _SAID, conv)
        turns = rows_of(appliance.data, "SELECT count(*) FROM bot_turns WHERE message_id = ?", message)
        assert (said, turns) == ([(1,)], [(1,)]), (conv, said, turns)
