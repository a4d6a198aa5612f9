"""Answers that go later: at a moment, or after a short while in which they can be taken back.

They wait in the database and go whether or not their agent is still there. The visitor learns of none before it goes.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.policy import READ_ALL, WRITE, demand
from app.accounts.roles import rights_of
from app.chat import journal
from app.chat.history import sight_of
from app.chat.messages import Messages, clean, empty, reused
from app.chat.status import closed
from app.model.clock import Clock
from app.model.conversations import Conversation, Speaker, Status
from app.model.errors import Conflict, Invalid, Problem, Unavailable, not_found
from app.model.frames import Id, Number, Send, Text
from app.model.ids import Ids
from app.model.principals import Agent, System
from app.settings import Limits
from app.storage import agents, conversations, messages, scheduled
from app.storage.database import Database, Transaction
from app.storage.scheduled import Scheduled

_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000
SECONDS_MAX = 60


class NewScheduled(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes, and when: at `due_at` (ms UTC), or held for `hold_seconds`: one of the two.

    `unless_written`: not where the visitor writes before. `expected` is the last staff_seq that the agent had seen.
    """

    text: Text = ""
    files: Annotated[tuple[Id, ...], Meta(max_length=10)] = ()
    due_at: Number | None = None
    hold_seconds: Annotated[int, Meta(ge=1, le=SECONDS_MAX)] | None = None
    unless_written: bool = False
    expected: Number | None = None


class UndoSend(Struct, frozen=True, forbid_unknown_fields=True):
    """For how long one's answers can be taken back; 0: they go at once."""

    seconds: Annotated[int, Meta(ge=0, le=SECONDS_MAX)] = 0


class Scheduling:
    """Keeps answers until they go. `names` are the agents' names by id, `arm` the alarm's."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        talk: Messages,
        names: Mapping[str, str],
        arm: Callable[[], None],
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._talk = talk
        self._names = names
        self._arm = arm

    async def schedule(self, principal: Agent, conversation_id: str, cid: str, new: NewScheduled) -> Scheduled:
        """Keep one; the same `cid` finds it while it waits.

        Raises `NotFound`, `Conflict` (closed, stale, limit_reached, cid_reused), `Invalid` (empty, due_unusable,
        files_too_late).
        """
        text, now = clean(new.text), self._clock.now_ms()
        due_at = self._due_at(new, now)
        if not text.strip() and not new.files:
            raise empty()

        def unit(tx: Transaction) -> Scheduled:
            head = conversations.by_id(tx, conversation_id)
            if head is None:
                raise not_found()
            demand(principal, "conversation.write", head)
            known = scheduled.by_cid(tx, principal.agent_id, cid)
            if known is not None:
                return known
            if messages.result_of(tx, principal.agent_id, cid) is not None:
                raise reused()
            if head.status is Status.CLOSED:
                raise closed()
            expected = new.expected
            if expected is not None and messages.others_wrote_since(tx, head.id, expected, principal.agent_id):
                raise _stale()
            if scheduled.count(tx, principal.agent_id) >= self._limits.scheduled_of_one_max:
                raise _too_many(self._limits.scheduled_of_one_max)
            one = Scheduled(
                self._ids.new(), head.id, principal.agent_id, cid, text, new.files, due_at,
                new.hold_seconds is not None, new.unless_written, head.staff_seq, now,
            )  # fmt: skip
            scheduled.insert(tx, one)
            return one

        one = await self._database.write(unit)
        self._arm()
        return one

    async def listing(self, principal: Agent, conversation_id: str | None = None) -> list[Scheduled]:
        """All that wait in a conversation, or all of his own; the next to go first."""
        demand(principal, "conversation.read")
        return await scheduled.listing(self._database, sight_of(principal), conversation_id)

    async def cancel(self, principal: Agent, scheduled_id: str) -> Scheduled:
        """Take one's own back before it goes; its words are told. Raises `NotFound` where it went, or is another's."""

        def unit(tx: Transaction) -> Scheduled:
            one = scheduled.by_id(tx, scheduled_id)
            if one is None or one.agent_id != principal.agent_id:
                raise not_found()
            scheduled.delete(tx, one.id)
            return one

        return await self._database.write(unit)

    async def undo_send(self, principal: Agent) -> UndoSend:
        """For how long his answers can be taken back."""
        return UndoSend(await scheduled.seconds(self._database, principal.agent_id))

    async def set_undo_send(self, principal: Agent, asked: UndoSend) -> UndoSend:
        """Say for how long."""
        await self._database.write(lambda tx: scheduled.set_seconds(tx, principal.agent_id, asked.seconds))
        return asked

    # --- for the alarm ------------------------------------------------------------------------------------------

    async def next_due(self) -> int | None:
        """As `Sleeper.next_due`."""
        return await scheduled.next_due(self._database)

    async def ring(self, now: int) -> None:
        """As `Sleeper.ring`: each in a transaction of its own, so that one that is refused holds back no other."""
        due = await self._database.write(lambda tx: scheduled.due(tx, now, self._limits.snooze_portion))
        for one in due:
            await self._go(one)

    async def _go(self, one: Scheduled) -> None:
        def sent(tx: Transaction) -> None:
            if scheduled.by_id(tx, one.id) is None:
                return  # taken back in the meantime
            scheduled.delete(tx, one.id)
            why = self._why_not(tx, one)
            if why:
                self._note(tx, one, why)
                return
            # He was allowed to when he wrote it, and may have signed out since.
            author = Agent(one.agent_id, "", "", frozenset({READ_ALL, WRITE}))
            self._talk.say_beside(tx, author, Send(one.cid, _where(tx, one), one.text, one.files))

        def refused(tx: Transaction) -> None:
            scheduled.delete(tx, one.id)
            self._note(tx, one, "refused")

        try:
            await self._database.write(sent)
        except Unavailable:  # the disk is full, say: it goes when that is over
            raise
        except Problem:  # it cannot go any more: the conversation is closed, a file gone
            await self._database.write(refused)

    def _why_not(self, tx: Transaction, one: Scheduled) -> str:
        """Why it does not go, where it does not."""
        agent = agents.by_id(tx, one.agent_id)
        if agent is None or agent.disabled or WRITE not in rights_of(tx, agent.role):
            return "agent"
        if one.unless_written and scheduled.written_since(tx, one):
            return "written"
        return ""

    def _note(self, tx: Transaction, one: Scheduled, why: str) -> None:
        """Say to colleagues that it did not go, with its words."""
        head: Conversation | None = conversations.by_id(tx, _where(tx, one))
        if head is None:
            return
        actor = Speaker("system", System("alarm").name)
        data = {"event": "not_sent", "agent": self._names.get(one.agent_id, ""), "why": why, "text": one.text}
        line = journal.Line(
            self._ids.new(), "conversation.not_sent", data, actor, self._clock.now_ms(), internal=True
        )  # fmt: skip
        conversations.update(tx, journal.write(tx, head, head, line, self._names))

    def _due_at(self, new: NewScheduled, now: int) -> int:
        if (new.due_at is None) == (new.hold_seconds is None):
            raise _due_unusable(self._limits.scheduled_days_max)
        if new.hold_seconds is not None:
            return now + new.hold_seconds * 1_000
        due_at = new.due_at or 0
        if not now < due_at <= now + self._limits.scheduled_days_max * _DAY_MS:
            raise _due_unusable(self._limits.scheduled_days_max)
        if new.files and due_at - now > self._limits.orphan_file_hours * _HOUR_MS // 2:
            raise _files_too_late(self._limits.orphan_file_hours // 2)
        return due_at


def _where(tx: Transaction, one: Scheduled) -> str:
    """The conversation that it goes into: one that was merged meanwhile goes on in another."""
    head = conversations.by_id(tx, one.conversation_id)
    return one.conversation_id if head is None or head.merged_into is None else head.merged_into


def _stale() -> Conflict:
    return Conflict(
        "stale",
        "New messages came while you were writing. Read them, then send again or change your answer.",
        "你输入期间有新消息。请先阅读，再发送或修改回复。",
    )


def _due_unusable(days: int) -> Invalid:
    return Invalid(
        "due_unusable",
        f"Choose a moment that is still to come, within {days} days.",
        f"请选择未来 {days} 天内的时间。",
        field="due_at",
    )


def _files_too_late(hours: int) -> Invalid:
    return Invalid(
        "files_too_late",
        f"With files it may go within {hours} hours. Choose an earlier moment, or leave the files out.",
        f"带文件的消息须在 {hours} 小时内发送。请选择更早的时间，或去掉文件。",
        field="due_at",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"Already {most} of your answers wait, which is the most. Take one back first.",
        f"待发送的回复已达上限 {most} 条。请先取消一条。",
    )
