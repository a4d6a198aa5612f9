"""People who have nothing to do with it, in a process of their own: what the abusers do to theirs delays nobody here.

    python -m tests.abuse.bystanders PORT COOKIE INBOX TOKEN AUTHORITY

One asks `/healthz` ten times a second on a new connection each; a visitor and an agent talk, by the rules that every
client keeps. AUTHORITY is empty where the server speaks plain HTTP. Ends when its standard input does, and prints what
they noticed as JSON (`Noticed`).
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from app.model import frames
from tests.abuse.cgroup import AHEAD
from tests.abuse.ground import Doors
from tests.abuse.line import head
from tests.journeys.appliance import ROOT
from tests.journeys.client import Client

_PROBE_SECONDS = 0.1
_TALK_SECONDS = 0.2


class Noticed(Struct):
    """The seconds that each probe took, and from each word to its answer."""

    probes: list[float]
    turns: list[float]


async def live(doors: Doors, token: str) -> Noticed:
    """Go on until standard input ends; raises where something is not answered."""
    noticed = Noticed([], [])
    visitor = Client(doors.port, random.Random(1), hello=frames.Hello(doors.inbox, token), tls=doors.tls)
    agent = Client(doors.port, random.Random(2), hello=frames.Hello(), cookie=doors.cookie, tls=doors.tls)
    works = (probe(doors, noticed), visitor.run(), agent.run(), talk(visitor, agent, noticed))
    people = [asyncio.create_task(work) for work in works]
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    done, _ = await asyncio.wait((*people, over), return_when=asyncio.FIRST_COMPLETED)
    for one in people:
        if one in done:
            one.result()
        one.cancel()
    return noticed


async def probe(doors: Doors, noticed: Noticed) -> None:
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        assert (await doors.ask(head("GET", "/healthz"))).status == 200
        noticed.probes.append(loop.time() - began)
        await asyncio.sleep(_PROBE_SECONDS)


async def talk(visitor: Client, agent: Client, noticed: Noticed) -> None:
    """A visitor writes, the agent hears it and answers, the visitor hears that; over and over."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[str] = asyncio.Queue()

    def hear(entry: frames.Msg) -> None:
        if entry.text.startswith("talk "):
            heard.put_nowait(entry.text)

    agent.on_message = visitor.on_message = hear
    await agent.live.wait()
    conversation = None
    for number in range(1_000_000):
        began = loop.time()
        for speaker, name in ((visitor, "visitor"), (agent, "agent")):
            said = f"talk {number} of the {name}"
            conversation = (await speaker.send(said, conversation)).conv
            while await heard.get() != said:
                pass
        noticed.turns.append(loop.time() - began)
        await asyncio.sleep(_TALK_SECONDS)


@asynccontextmanager
async def watched(doors: Doors, token: str) -> AsyncIterator[Noticed]:
    """The bystanders live while the block runs; afterwards it holds what they noticed."""
    noticed = Noticed([], [])
    asked = (str(doors.port), doors.cookie, doors.inbox, token, doors.authority)
    command = (*AHEAD, sys.executable, "-m", "tests.abuse.bystanders", *asked)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    try:
        yield noticed
        told, _ = await process.communicate(b"")  # which closes its input
        assert process.returncode == 0, "a bystander got no answer"
        found = msgspec.json.decode(told, type=Noticed)
        noticed.probes, noticed.turns = found.probes, found.turns
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


if __name__ == "__main__":
    port, cookie, inbox, token, authority = sys.argv[1:]
    print(msgspec.json.encode(asyncio.run(live(Doors(int(port), cookie, inbox, authority), token))).decode())
