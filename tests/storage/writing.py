"""A process that writes as fast as it can and says on standard output what was acknowledged.

    python -m tests.storage.writing DATABASE [--durability full|normal] [--exit-in-unit N] [--producers N]

One name a line, written after the commit. Started by the tests of crashes, full disks and power cuts.
"""

from app.storage.library import install

install()

# ruff: noqa: E402 - the library's place must be taken first
import argparse
import asyncio
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from app.model.clock import SystemClock
from app.model.errors import Problem
from app.model.events import ContactChanged
from app.model.people import Contact
from app.settings import Settings
from app.storage.database import Transaction
from app.storage.sqlite import SqliteDatabase


async def main(options: argparse.Namespace) -> None:
    database = await SqliteDatabase.open(
        options.database, Settings(durability=options.durability), SystemClock(), lambda events: None
    )
    units = count(1)
    said: set[str] = set()

    def unit_of(name: str) -> Callable[[Transaction], None]:
        def unit(tx: Transaction) -> None:
            tx.execute("INSERT INTO teams (id, name) VALUES (:name, :name)", {"name": name})
            tx.record(ContactChanged(Contact(name, 1, 0, 0, name="x" * 300)))
            tx.enqueue("search", name, name.encode())
            if next(units) == options.exit_in_unit:
                os._exit(9)

        return unit

    async def produce(producer: int) -> None:
        for number in count():
            name = f"{os.getpid()}-{producer}-{number}"
            try:
                await database.write(unit_of(name))
            except Problem as problem:
                for code in (problem.code, *unwritable(database)):
                    if code not in said:
                        said.add(code)
                        say(f"refused {code}")
                await asyncio.sleep(0.02)
            else:
                say(name)

    say("ready")
    await asyncio.gather(*(produce(producer) for producer in range(options.producers)))


def unwritable(database: SqliteDatabase) -> list[str]:
    """Whether the engine says of itself that it takes no writes any more."""
    try:
        database.demand_writable()
    except Problem:
        return ["unwritable"]
    return []


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("database", type=Path)
    parser.add_argument("--durability", default="full")
    parser.add_argument("--exit-in-unit", type=int, default=0)
    parser.add_argument("--producers", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(parse()))
