"""What a visitor is told before he writes: whether it is open, who is there, how soon somebody answers."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct

from app.accounts.hours import opening
from app.accounts.inboxes import Inboxes
from app.accounts.policy import WRITE
from app.accounts.roles import rights
from app.accounts.schedules import Schedules
from app.chat.presence import Presence
from app.model.clock import Clock
from app.model.people import Availability, Colleague, Inbox
from app.model.widget import Hours, Texts
from app.settings import Limits
from app.storage import agents
from app.storage.database import Database
from app.storage.replies import FirstReply, first_replies

_DAY_MS = 86_400_000
_FACES = 3


class Face(Struct, frozen=True):
    """A colleague as a visitor may know him before he has spoken with him."""

    id: str
    name: str


class Reception(Struct, frozen=True):
    """How an inbox stands now.

    `changes_at` (ms UTC) is when `open` ends being true, or false; None: not within a week, or 400 days. `holiday` is
    the name of the one that today is. `online` counts the colleagues who are there, `faces` are the first of them.
    `reply_seconds` is half of the last first answers' time; None where there are too few to say.
    """

    open: bool
    changes_at: int | None
    online: int
    faces: tuple[Face, ...]
    reply_seconds: int | None
    holiday: Texts | None = None


class Receptionist:
    """Knows how an inbox stands; what it says may be `limits.reception_seconds` old."""

    def __init__(
        self,
        database: Database,
        inboxes: Inboxes,
        schedules: Schedules,
        presence: Presence,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._database = database
        self._inboxes = inboxes
        self._schedules = schedules
        self._presence = presence
        self._clock = clock
        self._limits = limits
        self._said: dict[str, tuple[float, Reception]] = {}  # as many as there are inboxes
        self._looks: dict[str, asyncio.Future[Reception]] = {}  # of many who ask at once, one looks

    async def reception(self, inbox_id: str) -> Reception:
        """How this inbox stands; raises `NotFound`."""
        inbox = self._inboxes.find(inbox_id)
        now = self._clock.monotonic()
        good_until, said = self._said.get(inbox_id, (now, None))
        if said is not None and good_until > now:
            return said
        look = self._looks.get(inbox_id)
        if look is None:
            look = self._looks[inbox_id] = asyncio.ensure_future(self._look(inbox))
            look.add_done_callback(partial(self._looked, inbox_id))
        return await asyncio.shield(look)

    def forget(self) -> None:
        """An inbox or its hours have changed: what was said of it no longer counts."""
        self._said.clear()
        self._looks.clear()

    def _looked(self, inbox_id: str, look: asyncio.Future[Reception]) -> None:
        if self._looks.get(inbox_id) is not look:
            return  # an inbox has changed since it began
        del self._looks[inbox_id]
        if not look.cancelled() and look.exception() is None:
            self._said[inbox_id] = (self._clock.monotonic() + self._limits.reception_seconds, look.result())

    async def _look(self, inbox: Inbox) -> Reception:
        hours, now = self._schedules.of_inbox(inbox), self._clock.now_ms()
        on_duty = self._schedules.is_open(inbox.team_id, now)
        allowed = await rights(self._database)
        there = self._there(inbox, await agents.all_of_them(self._database), allowed) if on_duty else []
        since = now - self._limits.reply_days * _DAY_MS
        replies = await first_replies(self._database, inbox.id, since, self._limits.reply_conversations_max)
        faces = tuple(Face(one.id, one.name) for one in there[:_FACES])
        state = opening(hours, now)
        promise = promised_seconds(replies, hours, now, self._limits.reply_conversations_min)
        holiday = None if state.holiday is None else state.holiday.name
        return Reception(state.open, state.changes_at, len(there), faces, promise, holiday)

    def _there(
        self, inbox: Inbox, everybody: Sequence[Colleague], allowed: Mapping[str, frozenset[str]]
    ) -> list[Colleague]:
        """Who would answer here: connected, not away, allowed to write, of the inbox's team where it has one."""
        connected = self._presence.agents_online()
        return [
            one
            for one in everybody
            if one.id in connected
            and not one.disabled
            and one.availability is Availability.ONLINE
            and WRITE in allowed.get(one.role, frozenset())
            and (inbox.team_id is None or not one.teams or inbox.team_id in one.teams)
        ]


def promised_seconds(replies: Sequence[FirstReply], hours: Hours, now: int, least: int) -> int | None:
    """Half of those who wrote while it was open had an answer within so many seconds; None for fewer than `least`.

    Who still waits counts with the time that he has waited, so that no answer at all does not look like a quick one.
    """
    waits, answered = [], 0
    for reply in replies:
        if opening(hours, reply.began_at).open:
            waits.append((now if reply.replied_at is None else reply.replied_at) - reply.began_at)
            answered += reply.replied_at is not None
    if answered < least:
        return None
    waits.sort()
    return max(0, waits[len(waits) // 2]) // 1_000
