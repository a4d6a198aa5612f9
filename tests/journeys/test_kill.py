"""Sixty times `kill -9` at a random moment: what was acknowledged is there, once, without a hole, for everybody.

Two desks beside each other are killed thirty times each: most of the time goes by while one starts again.
"""

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from msgspec import Struct

from app.model import frames
from tests.journeys.appliance import Appliance
from tests.journeys.client import Client, Pace
from tests.journeys.desk import Desk

DESKS = 2
CYCLES = 30  # of each desk
SENDERS = 20
READERS = 5
_NEW_CONVERSATION_EVERY = 25  # messages: the first one of a conversation is the hardest to keep single
_PACE = Pace(back_off_min=0.05, back_off_max=0.4)  # a server that is killed every second leaves no time for more
_SETTLED_SECONDS_MAX = 120.0  # a deadline against hanging


class Acknowledged(Struct, frozen=True):
    """What a sender was promised."""

    contact: str
    cid: str
    conv: str
    seq: int
    id: str
    text: str


class Sender:
    """A visitor who writes the next message when the last one is acknowledged."""

    def __init__(self, client: Client, contact: str, random: Random) -> None:
        self.client = client
        self.contact = contact
        self.acknowledged: list[Acknowledged] = []
        self._random = random
        self._conv: str | None = None
        self.asked = 0

    async def write(self, until: asyncio.Event) -> None:
        while not until.is_set():
            self.asked += 1
            conv = None if self.asked % _NEW_CONVERSATION_EVERY == 1 else self._conv
            text = f"{self.contact} says {self.asked}"
            ack = await self.client.send(text, conv)
            self._conv = ack.conv
            self.acknowledged.append(Acknowledged(self.contact, ack.cid, ack.conv, ack.seq, ack.id, text))
            await asyncio.sleep(self._random.uniform(0.05, 0.12))


@pytest.mark.full
async def test_kill_nine_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    number = Random().randrange(2**32)
    print(f"seed {number}")
    async with asyncio.TaskGroup() as desks:
        for desk in range(DESKS):
            desks.create_task(_killed_again_and_again(tmp_path / f"data-{desk}", Random(number + desk)))


async def _killed_again_and_again(data: Path, random: Random) -> None:
    appliance = Appliance(data)
    await asyncio.to_thread(appliance.start)
    try:
        senders, readers = await asyncio.to_thread(_people, appliance, random)
        clients = [*(sender.client for sender in senders), *readers]
        lines = [asyncio.create_task(client.run()) for client in clients]
        await asyncio.gather(*(client.live.wait() for client in clients))
        over = asyncio.Event()
        writing = [asyncio.create_task(sender.write(over)) for sender in senders]
        for _ in range(CYCLES):
            await asyncio.sleep(random.uniform(0.05, 1.2))
            await asyncio.to_thread(appliance.kill)
            await asyncio.to_thread(appliance.start)
        over.set()
        await asyncio.gather(*writing)
        heads = await asyncio.to_thread(_heads, appliance, "")
        await _settled(senders, readers, heads)
        for line in lines:
            line.cancel()
        assert await asyncio.to_thread(appliance.stop) == 0
        _compare(appliance.data / "monodesk.db", senders, readers, heads)
    finally:
        appliance.kill()


def _people(appliance: Appliance, random: Random) -> tuple[list[Sender], list[Client]]:
    with Desk.founded(appliance.data, appliance.port) as desk:
        inbox = desk.inbox()
        senders = []
        for _ in range(SENDERS):
            token, contact = desk.visitor(inbox)
            hello = frames.Hello(inbox=inbox, token=token)
            senders.append(Sender(Client(appliance.port, random, hello=hello, pace=_PACE), contact, random))
        return senders, [_reader(appliance, desk.sign_in(), random) for _ in range(READERS)]


def _reader(appliance: Appliance, cookie: str, random: Random) -> Client:
    async def heads() -> dict[str, int]:
        return await asyncio.to_thread(_heads, appliance, cookie)

    return Client(appliance.port, random, hello=frames.Hello(), cookie=cookie, pace=_PACE, heads=heads)


def _heads(appliance: Appliance, cookie: str) -> dict[str, int]:
    with Desk(appliance.port, cookie) as desk:
        if not cookie:
            desk.sign_in()
        return desk.heads()


async def _settled(senders: list[Sender], readers: list[Client], heads: dict[str, int]) -> None:
    """Everybody is live and holds everything up to the heads."""

    def done() -> bool:
        own = all(not sender.client.pending and sender.client.live.is_set() for sender in senders)
        own = own and all(thread.hole() is None for s in senders for thread in s.client.threads.values())
        return own and all(
            reader.live.is_set()
            and heads.keys() <= reader.threads.keys()
            and all(reader.threads[conv].last >= head for conv, head in heads.items())
            for reader in readers
        )

    async with asyncio.timeout(_SETTLED_SECONDS_MAX):
        while not done():
            await asyncio.sleep(0.05)


def _compare(database: Path, senders: list[Sender], readers: list[Client], heads: dict[str, int]) -> None:
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    stored = connection.execute(
        "SELECT sender_id, cid, conversation_id, seq, id, text, staff_seq FROM messages WHERE kind = 'message'"
    ).fetchall()
    rows = connection.execute("SELECT conversation_id, staff_seq, seq FROM messages ORDER BY staff_seq").fetchall()
    connection.close()

    promised = [one for sender in senders for one in sender.acknowledged]
    print(f"{len(promised)} acknowledged, {len(stored)} stored, {len(heads)} conversations")
    there = {(row[0], row[1]): row[2:6] for row in stored}
    lost = [one for one in promised if there.get((one.contact, one.cid)) != (one.conv, one.seq, one.id, one.text)]
    assert lost == []
    asked = sum(sender.asked for sender in senders)
    assert len(stored) == len(there) == len({row[5] for row in stored}) == len(promised) == asked

    for conv, head in heads.items():
        numbers = [(row[1], row[2]) for row in rows if row[0] == conv]
        assert [number for number, _ in numbers] == list(range(1, head + 1))
        seqs = [seq for _, seq in numbers if seq is not None]
        assert seqs == list(range(1, len(seqs) + 1))

    everything = {(row[2], row[6]): (row[4], row[5]) for row in stored}
    for reader in readers:
        held = {
            (conv, seq): (entry.id, entry.text)
            for conv, thread in reader.threads.items()
            for seq, entry in thread.entries.items()
            if entry.kind == "message"
        }
        assert held == everything
        _shown_once(reader)
    for sender in senders:
        own = {row[4] for row in stored if row[0] == sender.contact}
        assert {entry.id for thread in sender.client.threads.values() for entry in thread.entries.values()} == own
        _shown_once(sender.client)


def _shown_once(client: Client) -> None:
    shown = Counter(entry for thread in client.threads.values() for entry in thread.shown)
    assert [entry for entry, times in shown.items() if times > 1] == []
