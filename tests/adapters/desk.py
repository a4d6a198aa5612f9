"""A desk with its adapters in a process of its own, to be killed: `python -m tests.adapters.desk FOLDER`.

Each line it reads is what a visitor says, `CONVERSATION WORDS`; it answers with the line's number once it is stored.
"""

import asyncio
import sys
from pathlib import Path

from app.storage import library

library.install()

# ruff: noqa: E402 - the library's place must be taken first
from app.settings import Settings
from tests.adapters.test_engine import joined
from tests.clock import ManualClock
from tests.domain import Domain


async def main(folder: Path) -> None:
    async with Domain(folder / "monodesk.db", Settings(data=folder), ManualClock()) as domain:
        visitor = await domain.visitor(await domain.inbox())
        convs: dict[str, str] = {}
        # what was at work when it was killed is soon free
        async with joined(domain, folder, outbox_lease_seconds=0.5) as systems:
            while "hook" not in systems.states or systems.states["hook"].state != "waiting":
                await asyncio.sleep(0.01)
            print("ready", flush=True)
            reader = asyncio.StreamReader()
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            while line := (await reader.readline()).decode():
                name, _, text = line.strip().partition(" ")
                ack = await domain.say(visitor, text, convs.get(name))
                convs[name] = ack.conv
                print(text, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
