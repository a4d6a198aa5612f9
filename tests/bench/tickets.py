"""How fast tickets are listed, found and opened when there are many.

    python -m tests.bench.tickets [--tickets 100000] [--rounds 200]

The real rooms over a real database in a temporary folder, without a door. Each ticket is stored as the product stores
it, with a first entry and its words in the index, a thousand in a commit. Printed for each question: median and 99th
percentile by the clock, of an agent who sees two teams of ten and of one who sees everything.
"""

from app.storage.library import install

install()

# ruff: noqa: E402 - the library's place must be taken first
import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

from app.model.conversations import Speaker
from app.model.errors import NotFound
from app.model.principals import Agent
from app.model.tickets import Category, Entry, EntryKind, Priority, Status, Ticket, Type
from app.settings import Limits, Settings
from app.storage import ticket_entries, tickets
from app.storage.database import Transaction
from app.storage.tickets import Sort
from app.tickets.queries import TicketQuery
from tests.bench.conditions import headline
from tests.clock import ManualClock
from tests.domain import Domain

_BATCH = 1_000
_TEAMS = 10
_WORDS = [
    "broken",
    "cup",
    "handle",
    "kettle",
    "grinder",
    "refund",
    "address",
    "invoice",
    "carrier",
    "parcel",
    "lid",
    "crack",
    "noise",
    "退款",
    "发票",
    "破损",
    "物流",
    "地址",
    "磨豆机",
    "壶盖",
    "补发",
    "运单",
    "异响",
    "自提",
]  # fmt: skip
_MINUTE = 60_000


def store(made: list[Ticket], tx: Transaction) -> None:
    """As `Tickets.make` does, without its events."""
    for ticket in made:
        number = tickets.insert(tx, ticket, "", "")
        ticket_entries.insert(tx, Entry(ticket.id, 1, EntryKind.CREATED, Speaker("agent", ticket.author_id), 1))
        tickets.index(tx, Ticket(ticket.id, number, *(getattr(ticket, name) for name in _REST)), ())


_REST = Ticket.__struct_fields__[2:]


async def fill(domain: Domain, count: int, agents: list[Agent], teams: list[str]) -> list[str]:
    """So many tickets of the last year, nine of ten done; their ids."""
    random, made, ids = Random(7), list[Ticket](), list[str]()
    for number in range(count):
        at = domain.clock.now_ms() - (count - number) * _MINUTE
        agent = random.choice(agents)
        status = Status.DONE if random.random() < 0.9 else random.choice((Status.NEW, Status.OPEN, Status.WAITING))
        words = " ".join(random.choices(_WORDS, k=6))
        due = at + random.randint(1, 9) * 86_400_000 if random.random() < 0.3 else None
        made.append(
            Ticket(
                domain.ids.new(), 0, 1, words, words, status, random.choice(list(Priority)), random.choice(list(Type)),
                None, agent.agent_id, random.choice(teams), due, agent.agent_id, at, at, at if status is Status.DONE
                else None, 1,
            )
        )  # fmt: skip
        ids.append(made[-1].id)
        if len(made) == _BATCH or number == count - 1:
            await domain.database.write(partial(store, made))
            made = []
    return ids


async def measure(domain: Domain, rounds: int, asker: Agent, ids: list[str]) -> None:
    """Each question so many times."""
    random = Random(11)
    ask = domain.ticket_queries
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "list, changed last": lambda: ask.listing(asker, TicketQuery()),
        "list, to do": lambda: ask.listing(asker, TicketQuery(category=Category.OPEN)),
        "list, mine to do, due first": lambda: ask.listing(
            asker, TicketQuery(category=Category.OPEN, assignee="me", sort=Sort.DUE)
        ),
        "list, most urgent": lambda: ask.listing(asker, TicketQuery(sort=Sort.PRIORITY)),
        "search, two words": lambda: ask.listing(asker, TicketQuery(q=" ".join(random.choices(_WORDS, k=2)))),
        "search, a number": lambda: ask.listing(asker, TicketQuery(q=f"#{random.randint(1, len(ids))}")),
        "open one": lambda: ask.detail(asker, random.choice(ids)),
    }
    for name, question in questions.items():
        taken = []
        for _ in range(rounds):
            began = time.perf_counter()
            with suppress(NotFound):  # one that the asker may not see is an answer as well
                await question()
            taken.append((time.perf_counter() - began) * 1_000)
        taken.sort()
        print(f"  {name}: {statistics.median(taken):.1f} ms, p99 {taken[int(rounds * 0.99) - 1]:.1f} ms")


async def run(count: int, rounds: int) -> None:
    """Fill, ask as both, print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), limits=Limits())
        async with Domain(Path(folder) / "monodesk.db", settings, ManualClock()) as domain:
            teams = [await domain.team(f"Team {number}") for number in range(_TEAMS)]
            agents = [await domain.agent(f"Agent {number}", teams=teams[:2]) for number in range(20)]
            boss = await domain.agent("Boss", "owner")
            began = time.perf_counter()
            ids = await fill(domain, count, agents, [team.id for team in teams])
            size = (Path(folder) / "monodesk.db").stat().st_size
            print(f"{count} tickets stored in {time.perf_counter() - began:.1f} s, {size / count:.0f} B each")
            for name, asker in (("two teams of ten", agents[0]), ("everything", boss)):
                print(f"who sees {name}:")
                await measure(domain, rounds, asker, ids)


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    print(headline(options))
    asyncio.run(run(options.tickets, options.rounds))


if __name__ == "__main__":
    main()
