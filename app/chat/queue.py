"""Where visitors stand in the queue, and how long it takes: read when something moved, told to whom it concerns."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from msgspec import Struct

from app.bus.bus import Bus
from app.chat.presence import Presence
from app.chat.routing_rules import RoutingRules
from app.model.clock import Clock
from app.model.conversations import Conversation, Status
from app.model.errors import Problem
from app.model.events import AgentChanged, ConversationChanged, Event, MessageCreated, PresenceChanged, QueueMoved
from app.model.people import Availability, Colleague
from app.model.routing import Mode, QueuePlace
from app.settings import Limits
from app.storage import agents, queue
from app.storage.database import Database
from app.storage.queue import InLine, Served
from app.telemetry.log import logger

_MINUTE_MS = 60_000
_TOLD_A_BATCH = 500
_log = logger("queue")


class Service(Struct, frozen=True):
    """How a team serves: half-known facts from which a wait is guessed.

    `mean_ms` an agent's place is taken by one; `slots` conversations at once, `free` of them now. `asked_ms` passes
    until somebody who is asked takes it: none where conversations are given. By hand (`manual`) nobody knows when.
    """

    mean_ms: int | None
    slots: int
    free: int
    manual: bool
    asked_ms: int = 0


_Kind = tuple[str, str | None]  # whose rules hold: an inbox, a team


class Queue:
    """Knows every waiting visitor's place, as last told. `load` once, then `run` for as long as it serves.

    `usable` says which agents may be given something.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        rules: RoutingRules,
        presence: Presence,
        limits: Limits,
        usable: Callable[[Colleague], bool],
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._rules = rules
        self._presence = presence
        self._limits = limits
        self._usable = usable
        self._told: dict[str, QueuePlace] = {}  # by conversation
        self._contacts: dict[str, set[str]] = {}  # conversations of each contact among them
        self._served: tuple[float, list[Served]] | None = None
        self._wake = asyncio.Event()
        bus.subscribe(self._heard)

    async def run(self) -> None:
        """Tell until cancelled; what moves within `limits.queue_gather_ms` is told once."""
        self._wake.set()
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._limits.queue_gather_ms / 1_000)
            self._wake.clear()
            try:
                await self.look()
            except Problem as problem:
                _log.warning("the queue was not read", extra={"code": problem.code})
                self._wake.set()
                await asyncio.sleep(self._limits.routing_retry_seconds)

    def of(self, contact_id: str) -> tuple[QueuePlace, ...]:
        """Where this visitor's conversations stand, as last told."""
        return tuple(self._told[conversation] for conversation in self._contacts.get(contact_id, ()))

    async def look(self) -> None:
        """Read the queue, and tell whoever stands elsewhere than he was told."""
        boost_ms = self._limits.queue_priority_seconds * 1_000
        rows = await queue.line(self._database, boost_ms, self._limits.routing_queue_max)
        services = await self._services({(row.inbox_id, row.team_id) for row in rows}) if rows else {}
        places = _places(rows, services)
        moved = tuple(place for place in places if self._told.get(place.conversation_id) != place)
        self._told = {place.conversation_id: place for place in places}
        self._contacts = {}
        for place in places:
            self._contacts.setdefault(place.contact_id, set()).add(place.conversation_id)
        for first in range(0, len(moved), _TOLD_A_BATCH):
            self._bus.publish((QueueMoved(moved[first : first + _TOLD_A_BATCH]),))

    async def _services(self, kinds: Iterable[_Kind]) -> dict[_Kind, Service]:
        served, loads = await self._served_lately(), await queue.loads(self._database)
        connected = self._presence.agents_there()
        there = [
            one
            for one in await agents.all_of_them(self._database)
            if one.id in connected and one.availability is Availability.ONLINE and self._usable(one)
        ]
        return {kind: self._service(kind, served, loads, there) for kind in kinds}

    def _service(
        self,
        kind: _Kind,
        served: Sequence[Served],
        loads: dict[str, int],
        there: Sequence[Colleague],
    ) -> Service:
        least, (inbox_id, team_id) = self._limits.queue_services_min, kind
        rules = self._rules.book.of(inbox_id, team_id)
        of_team = [one for one in served if one.team_id == team_id]
        times = of_team if len(of_team) >= least else served
        able = [one for one in there if team_id is None or team_id in one.teams]
        return Service(
            round(fmean(one.took_ms for one in times)) if len(times) >= least else None,
            sum(one.capacity for one in able),
            sum(max(0, one.capacity - loads.get(one.id, 0)) for one in able),
            rules.mode is Mode.MANUAL,
            round(fmean(one.asked_ms for one in times)) if rules.mode is Mode.OFFER and times else 0,
        )

    async def _served_lately(self) -> list[Served]:
        now = self._clock.monotonic()
        if self._served is not None and self._served[0] > now:
            return self._served[1]
        limits = self._limits
        since = self._clock.now_ms() - limits.queue_service_minutes * _MINUTE_MS
        read = await queue.served(self._database, since, limits.queue_services_max)
        self._served = (now + limits.queue_estimate_seconds, read)
        return read

    def _heard(self, batch: Sequence[Event]) -> None:
        for event in batch:
            match event:
                case ConversationChanged():
                    if self._moves(event.conversation):
                        self._wake.set()
                case MessageCreated():
                    if event.contact is not None and self._moves(event.conversation):
                        self._wake.set()
                case AgentChanged() | PresenceChanged(kind="agent"):
                    if self._told:
                        self._wake.set()
                case _:
                    pass

    def _moves(self, head: Conversation) -> bool:
        """Whether it came, went, or may stand elsewhere; or one has ended, which others wait for."""
        return head.status is Status.QUEUED or head.id in self._told or bool(self._told)


def _places(rows: Sequence[InLine], services: dict[_Kind, Service]) -> list[QueuePlace]:
    """Each team's queue is counted by itself; what is before somebody now waits for his answer, no more for a place."""
    counts: dict[str | None, int] = {}
    asked: dict[str | None, int] = {}
    places = []
    for row in rows:
        position = counts[row.team_id] = counts.get(row.team_id, 0) + 1
        asked[row.team_id] = asked.get(row.team_id, 0) + row.offered
        before = 0 if row.offered else position - asked[row.team_id]
        wait = expected_seconds(before, services[row.inbox_id, row.team_id])
        places.append(QueuePlace(row.id, row.contact_id, position, wait, row.overdue))
    return places


def expected_seconds(position: int, service: Service) -> int | None:
    """How long it takes until it is this one's turn, in steps that people say; None: nobody can say.

    While all are busy one of `slots` becomes free every `mean / slots`, and each frees the queue of one (Little's law).
    `position` counts from 1 among those for whom nobody is asked yet; 0: somebody is.
    """
    if service.mean_ms is None or service.slots == 0 or service.manual:
        return None
    ahead = max(0, position - service.free)
    seconds = (ahead * service.mean_ms / service.slots + service.asked_ms) / 1_000
    return _rounded(seconds) if seconds else 0


def _rounded(seconds: float) -> int:
    """To 10 s below two minutes, then to whole minutes."""
    step = 10 if seconds < 120 else 60
    return max(step, round(seconds / step) * step)
