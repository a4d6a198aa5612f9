"""What happens on our side, handed to a source that listens for it: automations, webhooks, tickets that leave.

Read from the stored events by a position of the source's own, which moves in the transaction that puts its deliveries
into the outbox: nothing is told twice, nothing forgotten. What a source brought about itself is not told to it.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.maps.times import moment
from app.adapters.origins.happenings import Elsewhere, Happening, contact_of, conversation_of, happenings
from app.adapters.origins.letters import Letters
from app.adapters.origins.samples import Samples
from app.adapters.proving.secrets import Masker
from app.adapters.sinks.sink import Mapped, Ready, Sink, settled
from app.adapters.specs.model import Events, Source
from app.files.links import FileLinks
from app.model.clock import Clock
from app.model.events import Event, MessageCreated, StoredEvent
from app.model.ids import Ids
from app.settings import Limits
from app.storage import channels, contacts, events, source_cursors, ticket_links
from app.storage.database import Database, Transaction
from app.storage.dead_letters import Kept
from app.storage.events import Written
from app.telemetry import traces
from app.telemetry.log import logger


class Heard(Struct, frozen=True):
    """How far our own events have been told to a source."""

    pos: int


_log = logger("adapters")
_heard = msgspec.json.Decoder(Heard)


class Dispatching:
    """One source whose origin are our events. `wake` is called for whatever is announced."""

    def __init__(
        self,
        source: Source,
        recipe: Recipe,
        sink: Sink,
        masker: Masker,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        samples: Samples | None = None,
        links: FileLinks | None = None,
    ) -> None:
        assert isinstance(source.origin, Events)
        self._masker = masker
        self._samples = samples
        self._wanted = frozenset(source.origin.names)
        self._source = source
        self._recipe = recipe
        self._sink = sink
        self._letters = Letters(source, masker, ids, clock, limits)
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._links = links
        self._woken = asyncio.Event()

    def wake(self, announced: Sequence[Event]) -> None:
        """Something was announced."""
        if any(getattr(event, "pos", 0) for event in announced):
            self._woken.set()

    async def run(self) -> None:
        """Until cancelled; raises the `Problem` that keeps it from going on."""
        pos = await self.begin()
        while True:
            self._woken.clear()
            while (told := await self.tell(pos)) > pos:
                pos = told
            try:
                async with asyncio.timeout(self._limits.outbox_poll_seconds):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def begin(self) -> int:
        """Where it was, or now: what was before it came is not told, what comes from here on is."""
        kept = await source_cursors.find(self._database, self._source.name)
        if kept is not None:
            return _heard.decode(kept).pos
        pos = await events.latest(self._database)
        await self._database.write(partial(self._move, pos))
        return pos

    async def tell(self, pos: int) -> int:
        """Tell the next events; the position behind them, `pos` where there is none."""
        limits = self._limits
        found = await events.written(
            self._database, pos, limits.source_events_per_turn, limits.source_events_characters_max
        )
        if not found:
            return pos
        if found[0].event.pos > pos + 1:  # it listened too long ago
            missed = found[0].event.pos - pos - 1
            _log.error("events had gone before a source heard them", extra={"source": self._source.name, "of": missed})
        ready: list[Ready] = []
        dead: list[Kept] = []
        for one in found:
            trace = one.trace or traces.begun(f"{one.event.pos} {one.at} {one.event}")
            for happening in await self._wanted_of(one):
                self._take(happening, trace, ready, dead)
        after = found[-1].event.pos
        await self._database.write(partial(self._write, await settled(self._sink, ready), dead, after))
        return after

    async def _wanted_of(self, written: Written) -> list[Happening]:
        event = written.event
        made = happenings(event, None, written.at)
        if not any(one.name in self._wanted for one in made) or made[0].echo_of == self._source.keeps_as:
            return []
        contact_id = contact_of(event)
        contact = await contacts.find(self._database, contact_id) if contact_id else None
        told = happenings(event, contact, written.at, await self._elsewhere(event, made[0].ticket_id))
        return [one for one in told if one.name in self._wanted and one.echo_of != self._source.keeps_as]

    async def _elsewhere(self, event: StoredEvent, ticket_id: str) -> Elsewhere:
        known = await ticket_links.references_of(self._database, ticket_id) if ticket_id else []
        called = {one.system: one.reference for one in known}
        conversation_id = conversation_of(event)
        channel = await channels.find(self._database, conversation_id) if conversation_id else None
        links = await self._links_of(event) if channel is not None else {}
        return Elsewhere(called, called.get(self._source.keeps_as, ""), channel, links)

    async def _links_of(self, event: StoredEvent) -> dict[str, str]:
        """Of what is said to a customer by another system, which fetches it there."""
        if not isinstance(event, MessageCreated) or event.message.seq is None or self._links is None:
            return {}
        return {file.id: await self._links.link(file.id) for file in event.message.attachments}

    def _take(self, happening: Happening, trace: str, ready: list[Ready], dead: list[Kept]) -> None:
        document: Tree = happening.document
        references: dict[str, Tree] = {
            "now": moment(self._clock.now_ms()), "source": self._source.name, "event": document,
            "settings": dict(self._source.settings),
        }  # fmt: skip
        context = Context(references, limits=self._limits)
        if self._samples is not None:
            self._samples.keep([document], self._masker)
        try:
            if self._recipe.where is not None and self._recipe.where(document, context) is not True:
                return
            fields = self._recipe.fields(document, context)
            ready.append(self._sink.prepare(Mapped(document, fields, _thing(happening), trace)))
        except BadDocument as problem:
            dead.append(self._letters.of_record("map", document, problem, _thing(happening)))

    def _write(self, ready: Sequence[Ready], dead: Sequence[Kept], pos: int, tx: Transaction) -> None:
        if ready:
            self._letters.set_aside(tx, ready, self._sink.write(tx, ready))
        self._letters.keep(tx, dead)
        self._move(pos, tx)

    def _move(self, pos: int, tx: Transaction) -> None:
        source_cursors.move(tx, self._source.name, msgspec.json.encode(Heard(pos)), self._clock.now_ms(), pos)


def _thing(happening: Happening) -> str:
    return happening.ticket_id or happening.conversation_id or happening.contact_id
