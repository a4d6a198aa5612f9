"""How long it takes to choose who gets which conversation, however long the queue is.

    python -m tests.bench.assignment [--agents 200] [--queued 5000] [--runs 300]

The pure choice alone (`app.chat.routing.choose`), its CPU time per call, in three situations: the first of the queue
may be given at once; nobody free may have any of them, so all of the queue is looked at; and all of it asks for skills
or languages in ten teams, the last in line being the only one who can be given. Then the real thing over a SQLite file
that holds them all: from the event (an agent is freed, a visitor comes, nobody is free for anything that waits) to its
decision, written where there is one, by the clock and in CPU of the process; beside it the first pass, which reads all.
"""

from app.storage import library

library.install()  # before anything imports sqlite3

# ruff: noqa: E402 - the library's place must be taken first
import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.agents import AgentChange
from app.chat.routing import Candidate, Choice, Line, Queued, choose
from app.model.routing import Match, Mode, RuleBook, Rules
from app.settings import Settings
from app.storage import contacts
from app.storage.database import Transaction
from tests.bench.conditions import headline
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain

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
    return Queued(f"c {number:06d}", "inbox", team, number, _NOW - number, language)


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
    people, queued = agents(options.agents, random), queue(options.queued, random)
    waiting = Line(queued)
    elsewhere = agents(options.agents, random, of=("another team",))
    last = Line([*queued[:-1], one(options.queued, "another team", "en")])
    others = RuleBook(Rules(), {**book.teams, "another team": rules})
    return {
        "the first is given": lambda: choose(waiting, people, book, _NOW),
        "nobody may have any": lambda: choose(waiting, elsewhere, book, _NOW),
        "only the last is given": lambda: choose(last, elsewhere, others, _NOW),
    }


class Taken(Struct, frozen=True):
    """Milliseconds by the clock and of CPU, medians and the longest."""

    clock: float
    longest: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.clock:6.1f} ms, longest {self.longest:6.1f} ms; CPU {self.cpu:5.1f} ms"


async def decided(options: argparse.Namespace) -> dict[str, Taken]:
    """From event to decision over a real file that holds the queue and the agents, all of them there and full."""
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock()
        settings = Settings(data=Path(folder), durability="normal")
        async with Domain(Path(folder) / "monodesk.db", settings, clock) as domain:
            inbox = await domain.inbox()
            await _fill(domain, inbox, options.queued)
            people = [await domain.agent(f"Agent {number}") for number in range(options.agents)]
            for agent in people[1:]:
                await domain.agents.change(SYSTEM, agent.agent_id, AgentChange(capacity=0))
            for agent in people:
                domain.presence.connected(agent)
            domain.presence._announce()
            await domain.rules.set_default(SYSTEM, Rules(Mode.AUTO))
            domain.router.changed()
            taken = {"the first pass": await _timed(domain.router.settle, 1)}

            async def freed() -> None:
                """An agent resolves one: he gets the next."""
                (held,) = await domain.database.read(
                    "SELECT id FROM conversations WHERE assignee_id = :agent AND status = 'open' LIMIT 1",
                    {"agent": people[0].agent_id},
                )
                await domain.conversations.resolve(SYSTEM, str(held[0]))
                await domain.router.settle()

            async def comes() -> None:
                clock.advance(0.001)
                await domain.say(await domain.visitor(inbox), "hello")
                await domain.router.settle()

            taken["an agent is freed"] = await _timed(freed, 50)
            taken["a visitor comes, nobody is free"] = await _timed(comes, 50)
            await domain.rules.set_default(SYSTEM, Rules(Mode.AUTO, skills=("flying",)))
            for agent in people:
                await domain.agents.change(SYSTEM, agent.agent_id, AgentChange(capacity=10))
            domain.router.changed()
            await domain.router.settle()
            taken["a visitor comes whom nobody may have"] = await _timed(comes, 50)
            return taken


async def _fill(domain: Domain, inbox: str, queued: int) -> None:
    visitor = await domain.visitor(inbox)
    head = await domain.head((await domain.say(visitor, "hello")).conv)
    contact = await domain.contacts.find(SYSTEM, visitor.contact_id)

    def fill(tx: Transaction) -> None:
        names = "inbox_id, contact_id, status, created_at, updated_at, waiting_since, queue_place"
        for number in range(queued - 1):
            whose = contacts.insert(tx, replace(contact, id=f"{number:026d}", language="en"))
            tx.execute(
                f"INSERT INTO conversations (id, {names}) SELECT :id, inbox_id, :contact, status, created_at, "
                "updated_at, waiting_since, queue_place + :number FROM conversations WHERE id = :first",
                {"id": whose.id, "contact": whose.id, "number": number + 1, "first": head.id},
            )

    await domain.database.write(fill)


async def _timed(deed: Callable[[], Awaitable[None]], runs: int) -> Taken:
    walls, cpus = [], []
    for _ in range(runs):
        began, cpu = time.perf_counter(), time.process_time()
        await deed()
        walls.append((time.perf_counter() - began) * 1_000)
        cpus.append((time.process_time() - cpu) * 1_000)
    return Taken(statistics.median(walls), max(walls), statistics.median(cpus))


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
    print("from the event to the decision, over a file:")
    for name, taken in asyncio.run(decided(options)).items():
        print(f"  {name:38} {taken}")


if __name__ == "__main__":
    main()
