"""What leaves for another system: through the outbox, in order of what the spec names, until it is there.

The request is made at each attempt, for signatures and tokens grow old; what it is made of, and its id, never change:
a receiver that got it before its answer was lost knows it by the idempotency key.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.calls.asking import BREAKER_OPEN, Asking
from app.adapters.errors import BadDocument, Refused, Unreached
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at
from app.adapters.maps.times import moment
from app.adapters.origins.letters import Letters
from app.adapters.proving.secrets import Masker
from app.adapters.proving.signing import text_of
from app.adapters.sinks.agreeing import TICKET, after_hearing, read_base
from app.adapters.sinks.sink import UNCHANGED, WRITTEN, Mapped, Outcome, Ready
from app.adapters.specs.model import NOWHERE, Call, Send, Source, Subscribe
from app.chat.channels import Channels
from app.model.clock import Clock
from app.model.errors import Problem
from app.model.ids import Ids
from app.model.tickets import Reference
from app.settings import Limits
from app.storage import source_deliveries, source_links, ticket_links
from app.storage.database import Database, Transaction
from app.storage.dead_letters import Kept
from app.storage.outbox import Task
from app.storage.source_links import Link
from app.telemetry import traces

ATTEMPTS_MAX = 1_000_000  # what ends it is `give_up`, by the clock
_LINKS = ("https://", "http://")
_HOUR_MS = 3_600_000
_DIGEST_BYTES = 16
_NOUNS = ("ticket", "conversation", "contact")


class Parcel(Struct, frozen=True):
    """One delivery as the outbox keeps it: what the map made, of what, since when it waits (ms UTC); `trace`: W3C."""

    id: str
    mapped: Tree
    event: Tree
    external_id: str = ""
    at: int = 0
    trace: str = ""

    def encoded(self) -> bytes:
        """As a task carries it."""
        return json.encode({name: getattr(self, name) for name in self.__struct_fields__})


class Waiting:
    """The sink that puts deliveries into the outbox, in the transaction of the cursor.

    What is asked for comes again, with every window that overlaps: it leaves when it is another than it was.
    """

    def __init__(self, source: Source, send: Send, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._source = source.name
        self._topic = topic_of(source.name)
        self._clock = clock
        self._comes_again = isinstance(source.origin, Call | Subscribe)
        self._kept_ms = limits.source_deliveries_hours * _HOUR_MS
        self._swept = limits.source_rows_per_write
        self._order = compile_rule(read_at(send.order, NOWHERE)).run if send.order else None
        self._ids = ids

    def prepare(self, mapped: Mapped) -> Ready:
        """Its key is the value that `order` names of what happened, or of what the map made."""
        return self._ready(mapped, self._ids.new(), self._comes_again and bool(mapped.external_id))

    def prepare_again(self, mapped: Mapped, number: str) -> Ready:
        """The same delivery once more, under the id that it had."""
        return self._ready(mapped, number, False)

    def _ready(self, mapped: Mapped, number: str, if_changed: bool) -> Ready:
        key = number
        if self._order is not None:
            key = text_of(self._order(mapped.record, Context({}))) or text_of(self._order(mapped.fields, Context({})))
        trace = mapped.trace or traces.current() or traces.begun(number)
        parcel = Parcel(number, mapped.fields, mapped.record, mapped.external_id, self._clock.now_ms(), trace)
        return Ready(mapped, (key, parcel, if_changed))

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """Each is a task."""
        if self._comes_again:
            source_deliveries.expire(tx, self._clock.now_ms(), self._swept)
        return [self._one(tx, one) for one in ready]

    def _one(self, tx: Transaction, one: Ready) -> Outcome:
        key, parcel, if_changed = one.thing
        if if_changed:
            digest = hashlib.blake2b(json.encode(parcel.mapped), digest_size=_DIGEST_BYTES).hexdigest()
            until = self._clock.now_ms() + self._kept_ms
            if not source_deliveries.differs(tx, self._source, f"sent:{parcel.external_id}", digest, until):
                return Outcome(UNCHANGED)
        tx.enqueue(self._topic, key, parcel.encoded())
        return Outcome(WRITTEN)


class Sending:
    """The handler of a source's topic."""

    def __init__(
        self,
        source: Source,
        send: Send,
        asking: Asking,
        masker: Masker,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        channels: Channels | None = None,
    ) -> None:
        self._channels = channels
        self._source = source
        self._send = send
        self._asking = asking
        self._masker = masker
        self._letters = Letters(source, masker, ids, clock, limits)
        self._database = database
        self._clock = clock
        self._keep = {name: compile_rule(read_at(path, NOWHERE)).run for name, path in send.keep.items()}

    async def deliver(self, tasks: Sequence[Task]) -> None:
        """Hand over, one after the other. Raises `Unreached` to be tried again; what is refused is kept aside."""
        for task in tasks:
            parcel = opened(task.payload)
            with traces.within(parcel.trace):
                await self._one(task, parcel)

    async def _one(self, task: Task, parcel: Parcel) -> None:

        def references() -> dict[str, Tree]:
            return {
                "now": moment(self._clock.now_ms()), "source": self._source.name, "event": parcel.event,
                "mapped": parcel.mapped, "id": parcel.id, "settings": dict(self._source.settings),
            }  # fmt: skip

        try:
            came, _ = await self._asking.ask(references, parcel.mapped)
        except (Refused, BadDocument) as problem:
            await self._set_aside(task, parcel, problem)
        except Exception as error:
            if self._is_tried_again(parcel, error):
                raise
            await self._set_aside(task, parcel, error if isinstance(error, Problem) else _broken(error))
        else:
            await self._note(parcel, came)

    def _is_tried_again(self, parcel: Parcel, error: Exception) -> bool:
        """Until it is given up; what was not even asked for the other system's sake is, however long it waits."""
        young = self._clock.now_ms() - parcel.at < self._send.give_up * 1_000
        return young or (isinstance(error, Unreached) and error.code == BREAKER_OPEN)

    async def _note(self, parcel: Parcel, came: Tree) -> None:
        """What the other system calls it from now on."""
        if isinstance(parcel.event, dict) and isinstance(changes := parcel.event.get("changes"), dict) and changes:
            await self._database.write(partial(self._agree, parcel.external_id, changes))
        kept = {name: text_of(run(came, Context({}))) for name, run in self._keep.items()}
        noun = next((one for one in _NOUNS if isinstance(parcel.event, dict) and parcel.event.get(one)), "")
        if kept.get("id") and noun and parcel.external_id:
            await self._database.write(partial(self._join, noun, kept["id"], kept.get("url", ""), parcel.external_id))

    def _agree(self, ticket_id: str, changes: Mapping[str, Tree], tx: Transaction) -> None:
        """They have heard of this: if they say otherwise from now on, they have changed it."""
        for link in source_links.theirs(tx, TICKET, ticket_id):
            if link.source == self._source.keeps_as and link.base:
                base = after_hearing(read_base(link.base), changes)
                source_links.join(tx, TICKET, replace(link, base=base.encoded()))

    def _join(self, noun: str, name: str, url: str, thing_id: str, tx: Transaction) -> None:
        system, now = self._source.keeps_as, self._clock.now_ms()
        source_links.join(tx, noun, Link(system, name, thing_id, 0))
        reference = Reference(system, name, url if url.startswith(_LINKS) else "")
        if noun == TICKET and ticket_links.holder(tx, reference) is None:
            ticket_links.name(tx, thing_id, reference, now)  # what comes back under this name is this ticket

    async def _set_aside(self, task: Task, parcel: Parcel, problem: Problem) -> None:
        letter = self._letters.made("deliver", problem, "json", parcel.external_id, parcel.id)
        kept = Kept(replace(letter, attempts=task.attempts), self._masker.bytes(task.payload))

        def unit(tx: Transaction) -> None:
            self._letters.keep(tx, [kept])
            self._tell_thread(tx, parcel, problem)

        await self._database.write(unit)

    def _tell_thread(self, tx: Transaction, parcel: Parcel, problem: Problem) -> None:
        """Who answered a customer there has to know that it did not reach him."""
        event = parcel.event if isinstance(parcel.event, dict) else {}
        channel, head = event.get("channel"), event.get("conversation")
        if not (self._channels is not None and isinstance(channel, dict) and isinstance(head, dict)):
            return
        if event.get("message") and channel.get("source") == self._source.keeps_as:
            en, zh = self._masker.text(problem.en), self._masker.text(problem.zh)
            self._channels.undelivered(tx, text_of(head["id"]), en, zh)


def opened(payload: bytes) -> Parcel:
    """What a task, or a letter of one, carries."""
    told = json.decode(payload)
    assert isinstance(told, dict)
    return Parcel(
        text_of(told["id"]), told["mapped"], told["event"], text_of(told["external_id"]), int(text_of(told["at"])),
        text_of(told.get("trace")),
    )  # fmt: skip


def _broken(error: Exception) -> Problem:
    """What is ours to mend; the log has all of it."""
    kind = type(error).__name__
    return Problem(
        "delivery_broken",
        f"It could not be made into a request ({kind}). Look into the log, then replay it.",
        f"无法生成请求（{kind}）。请查看日志后重放。",
    )


def topic_of(source: str) -> str:
    """Of the outbox."""
    return f"send:{source}"
