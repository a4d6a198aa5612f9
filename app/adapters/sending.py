"""What leaves for another system: through the outbox, in order of what the spec names, until it is there.

The request is made at each attempt, for signatures and tokens grow old; what it is made of, and its id, never change:
a receiver that got it before its answer was lost knows it by the idempotency key.
"""

from collections.abc import Sequence

from msgspec import Struct

from app.adapters.asking import Asking
from app.adapters.compiler import compile_rule
from app.adapters.context import Context
from app.adapters.errors import BadDocument, Refused
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.mapping import read_at
from app.adapters.model import NOWHERE, Send, Source
from app.adapters.secrets import Masker
from app.adapters.signing import text_of
from app.adapters.sinks import WRITTEN, Mapped, Outcome, Ready
from app.adapters.times import moment
from app.model.clock import Clock
from app.model.errors import Problem
from app.model.ids import Ids
from app.storage import dead_letters, source_links
from app.storage.database import Database, Transaction
from app.storage.dead_letters import DeadLetter
from app.storage.outbox import Task
from app.storage.source_links import Link

_ATTEMPTS_MAX = 10_000
_NOUNS = ("ticket", "conversation", "contact")


class Parcel(Struct, frozen=True):
    """One delivery as the outbox keeps it: what the map made, and what it was made of."""

    id: str
    mapped: Tree
    event: Tree
    external_id: str = ""

    def encoded(self) -> bytes:
        """As a task carries it."""
        return json.encode({"id": self.id, "mapped": self.mapped, "event": self.event, "external_id": self.external_id})


class Waiting:
    """The sink that puts deliveries into the outbox, in the transaction of the cursor."""

    def __init__(self, source: Source, send: Send, ids: Ids) -> None:
        self._topic = topic_of(source.name)
        self._order = compile_rule(read_at(send.order, NOWHERE)).run if send.order else None
        self._ids = ids

    def prepare(self, mapped: Mapped) -> Ready:
        """Its key is the value that `order` names of what happened, or of what the map made."""
        key = ""
        if self._order is not None:
            key = text_of(self._order(mapped.record, Context({}))) or text_of(self._order(mapped.fields, Context({})))
        return Ready(mapped, (key, Parcel(self._ids.new(), mapped.fields, mapped.record, mapped.external_id)))

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """Each is a task."""
        for one in ready:
            key, parcel = one.thing
            tx.enqueue(self._topic, key, parcel.encoded())
        return [Outcome(WRITTEN)] * len(ready)


class Sending:
    """The handler of a source's topic."""

    def __init__(
        self, source: Source, send: Send, asking: Asking, masker: Masker, database: Database, ids: Ids, clock: Clock
    ) -> None:
        self._source = source
        self._send = send
        self._asking = asking
        self._masker = masker
        self._database = database
        self._ids = ids
        self._clock = clock
        self._keep = {name: compile_rule(read_at(path, NOWHERE)).run for name, path in send.keep.items()}

    async def deliver(self, tasks: Sequence[Task]) -> None:
        """Hand over, one after the other. Raises `Unreached` to be tried again; what is refused is kept aside."""
        for task in tasks:
            await self._one(task)

    async def _one(self, task: Task) -> None:
        parcel = _opened(task.payload)

        def references() -> dict[str, Tree]:
            return {
                "now": moment(self._clock.now_ms()), "source": self._source.name, "event": parcel.event,
                "mapped": parcel.mapped, "id": parcel.id, "settings": dict(self._source.settings),
            }  # fmt: skip

        try:
            came, _ = await self._asking.ask(references, parcel.mapped)
        except (Refused, BadDocument) as problem:
            await self._set_aside(task, parcel, problem)
            return
        await self._note(parcel, came)

    async def _note(self, parcel: Parcel, came: Tree) -> None:
        """What the other system calls it from now on."""
        kept = {name: text_of(run(came, Context({}))) for name, run in self._keep.items()}
        noun = next((one for one in _NOUNS if isinstance(parcel.event, dict) and parcel.event.get(one)), "")
        if kept.get("id") and noun and parcel.external_id:
            link = Link(self._source.name, kept["id"], parcel.external_id, 0)
            await self._database.write(lambda tx: source_links.join(tx, noun, link))

    async def _set_aside(self, task: Task, parcel: Parcel, problem: Problem) -> None:
        letter = DeadLetter(
            parcel.id, self._source.name, self._source.version, self._clock.now_ms(), "deliver", problem.code,
            problem.field, self._masker.text(problem.en), self._masker.text(problem.zh), "json", parcel.external_id,
            task.attempts,
        )  # fmt: skip

        def unit(tx: Transaction) -> None:
            dead_letters.remove(tx, letter.id)
            dead_letters.add(tx, letter, self._masker.bytes(task.payload))

        await self._database.write(unit)


def _opened(payload: bytes) -> Parcel:
    told = json.decode(payload)
    assert isinstance(told, dict)
    return Parcel(text_of(told["id"]), told["mapped"], told["event"], text_of(told["external_id"]))


def topic_of(source: str) -> str:
    """Of the outbox."""
    return f"send:{source}"


def attempts_within(give_up_seconds: float, delay_ms_min: int, delay_ms_max: int) -> int:
    """How many attempts, each twice as far from the last up to the most, fill the time before it is given up."""
    left, delay, attempts = give_up_seconds * 1_000, delay_ms_min, 1
    while left > 0 and attempts < _ATTEMPTS_MAX:
        left -= delay
        delay = min(2 * delay, delay_ms_max)
        attempts += 1
    return attempts
