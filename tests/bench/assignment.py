"""How long it takes to choose who gets which conversation, however long the queue is.

    python -m tests.bench.assignment [--agents 200] [--queued 5000] [--runs 300]

The pure choice alone (`app.chat.routing.choose`), its CPU time per call, in three situations: the first of the queue
may be given at once; nobody free may have any of them, so all of the queue is looked at; and all of it asks for skills
or languages in ten teams, the last in line being the only one who can be given. Then the real thing: a pass over a
SQLite file that holds them all, which reads, chooses and writes one.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from msgspec.structs import replace

from app.chat.routing import Candidate, Choice, Queued, choose, kind_of
from app.model.routing import Match, Mode, RuleBook, Rules
from app.storage import library
from tests.bench.conditions import headline

library.install()  # before anything imports sqlite3

_TEAMS = tuple(f"team {number}" for number in range(10))
_LANGUAGES = ("en", "zh", "de", "")
_NOW = 1_790_000_000_000


def agents(count: int, random: Random, *, of: tuple[str, ...] = _TEAMS) -> list[Candidate]:
    """Free ones, each in two teams."""
    return [
        Candidate(
            f"agent {number}", frozenset(random.sample(of, min(2, len(of)))), 5, random.randrange(5),
            random.randrange(_NOW), random.randrange(_NOW), frozenset(random.sample(_LANGUAGES[:3], 2)),
            frozenset({"returns"} if number % 2 else {"legal"}),
        )
        for number in range(count)
    ]  # fmt: skip


def queue(count: int, random: Random, *, of: tuple[str, ...] = _TEAMS) -> list[Queued]:
    """In order; each of a team, with a language."""
    return [one(number, random.choice(of), random.choice(_LANGUAGES)) for number in range(count)]


def one(number: int, team: str, language: str) -> Queued:
    """As the router reads it."""
    asks = kind_of("inbox", team, language)
    return Queued(f"c {number}", "inbox", team, number, _NOW - number, language, asks=asks)


def measured(chosen: Callable[[], Choice | None], runs: int) -> tuple[float, float]:
    """CPU milliseconds of a call: the median and the 99th percentile."""
    times = []
    for _ in range(runs):
        began = time.process_time_ns()
        chosen()
        times.append((time.process_time_ns() - began) / 1_000_000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)]


def situations(options: argparse.Namespace) -> dict[str, Callable[[], Choice | None]]:
    random = Random(1)
    rules = Rules(Mode.AUTO, language=Match.REQUIRE, skills=("returns",))
    book = RuleBook(Rules(), dict.fromkeys(_TEAMS, rules))
    people, waiting = agents(options.agents, random), queue(options.queued, random)
    elsewhere = agents(options.agents, random, of=("another team",))
    last = [*waiting[:-1], one(options.queued, "another team", "en")]
    others = RuleBook(Rules(), {**book.teams, "another team": rules})
    return {
        "the first is given": lambda: choose(waiting, people, book, _NOW),
        "nobody may have any": lambda: choose(waiting, elsewhere, book, _NOW),
        "only the last is given": lambda: choose(last, elsewhere, others, _NOW),
    }


async def passed(options: argparse.Namespace) -> float:
    """Milliseconds of one pass over a real file that holds the queue and the agents, and gives one."""
    from app.accounts.agents import AgentChange
    from app.settings import Settings
    from app.storage import contacts
    from app.storage.database import Transaction
    from tests.clock import ManualClock
    from tests.domain import SYSTEM, Domain

    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock()
        settings = Settings(data=Path(folder), durability="normal")
        async with Domain(Path(folder) / "monodesk.db", settings, clock) as domain:
            inbox = await domain.inbox()
            visitor = await domain.visitor(inbox)
            head = await domain.head((await domain.say(visitor, "hello")).conv)
            contact = await domain.contacts.find(SYSTEM, visitor.contact_id)

            def fill(tx: Transaction) -> None:
                names = "inbox_id, contact_id, status, created_at, updated_at, waiting_since, queue_place"
                for number in range(options.queued - 1):
                    whose = contacts.insert(tx, replace(contact, id=f"{number:026d}", language="en"))
                    tx.execute(
                        f"INSERT INTO conversations (id, {names}) SELECT :id, inbox_id, :contact, status, created_at, "
                        "updated_at, waiting_since, queue_place + :number FROM conversations WHERE id = :first",
                        {"id": whose.id, "contact": whose.id, "number": number + 1, "first": head.id},
                    )

            await domain.database.write(fill)
            for number in range(options.agents):
                agent = await domain.agent(f"Agent {number}")
                await domain.agents.change(SYSTEM, agent.agent_id, AgentChange(capacity=int(number == 0)))
                domain.presence.connected(agent)
            domain.presence._announce()
            await domain.rules.set_default(SYSTEM, Rules(Mode.AUTO))
            domain.router.changed()
            began = time.perf_counter()
            await domain.router.settle()
            took = (time.perf_counter() - began) * 1_000
            assert (await domain.head(head.id)).assignee_id is not None
            return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--queued", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=300)
    options = parser.parse_args()
    print(headline(options))
    for name, chosen in situations(options).items():
        median, worst = measured(chosen, options.runs)
        print(f"{name:24} {median:6.3f} ms, p99 {worst:6.3f} ms of CPU")
    print(f"{'a pass with its file':24} {asyncio.run(passed(options)):6.1f} ms")


if __name__ == "__main__":
    main()
