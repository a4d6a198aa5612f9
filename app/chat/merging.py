"""Conversations that go on in another one, as a read-only block in it, and conversations that belong together.

Nothing is renumbered or copied: undoing gives the head back what it was. What the visitor writes into a merged one
lands in the one that goes on (`chat.messages`).
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.audit import record
from app.accounts.policy import allowed, demand
from app.chat import journal
from app.chat.status import ACTIVE, Resumed, step
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.conversations import Conversation, Speaker, Status
from app.model.errors import Conflict, not_found
from app.model.frames import Id
from app.model.ids import Ids
from app.model.principals import Agent
from app.settings import Limits
from app.storage import conversation_merges as merges
from app.storage import conversations, queue
from app.storage.database import Database, Transaction

_HOUR_MS = 3_600_000


class Other(Struct, frozen=True, forbid_unknown_fields=True):
    """Another conversation."""

    conversation_id: Id


class Merged(Struct, frozen=True):
    """One that goes on here; until `undo_until` (ms UTC) it can be undone."""

    conversation: Conversation
    at: int
    undo_until: int


class Related(Struct, frozen=True):
    """What belongs to a conversation, as far as the asker may see it; `into` is where it goes on."""

    merged: tuple[Merged, ...]
    into: Conversation | None
    undo_until: int | None
    linked: tuple[Conversation, ...]


class Merging:
    """Merges and links. `names` are the agents' names by id."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits, names: Mapping[str, str]) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._names = names

    async def related(self, principal: Agent, conversation_id: str) -> Related:
        """What is merged into it and linked with it; raises `NotFound`."""
        head = await conversations.find(self._database, conversation_id)
        if head is None:
            raise not_found()
        demand(principal, "conversation.read", head)
        hours_ms = self._limits.merge_undo_hours * _HOUR_MS
        merged = [
            Merged(source, at, at + hours_ms)
            for source, at in await merges.into(self._database, head.id)
            if allowed(principal, "conversation.read", source)
        ]
        into = None if head.merged_into is None else await conversations.find(self._database, head.merged_into)
        if into is not None and not allowed(principal, "conversation.read", into):
            into = None
        linked = [
            other
            for other in await merges.linked(self._database, head.id)
            if allowed(principal, "conversation.read", other)
        ]
        # a merged one is closed at the moment at which it was merged
        until = None if head.merged_into is None else (head.resolved_at or 0) + hours_ms
        return Related(tuple(merged), into, until, tuple(linked))

    async def merge(self, principal: Agent, conversation_id: str, other: Other) -> Conversation:
        """Let the older of the two go on, whichever is named first; its head is told.

        Raises `NotFound`, `Forbidden`, `Conflict` (merge_itself, merged, other_contact, closed, merge_holds_others,
        limit_reached).
        """

        def unit(tx: Transaction) -> Conversation:
            pair = (_head(tx, principal, conversation_id), _head(tx, principal, other.conversation_id))
            _demand_mergeable(tx, *pair)
            target, source = sorted(pair, key=lambda head: (head.created_at, head.id))
            if merges.holds(tx, source.id):
                raise _holds_others()
            if target.status is Status.CLOSED:
                raise _older_closed()
            if merges.count_into(tx, target.id) >= self._limits.merged_into_one_max:
                raise _too_many(self._limits.merged_into_one_max)
            now = self._clock.now_ms()
            merges.keep(tx, source, target.id, now)
            self._close(tx, principal, source, target, now)
            went_on = self._go_on(tx, principal, target, source, now)
            facts = Change({}, {"into": target.id})
            record(tx, principal, "conversation.merge", Subject("conversation", source.id), facts)
            return went_on

        return await self._database.write(unit)

    async def unmerge(self, principal: Agent, conversation_id: str) -> Conversation:
        """Let a merged one go on by itself, as it stood. Raises `NotFound`, `Conflict` (not_merged, too_late)."""

        def unit(tx: Transaction) -> Conversation:
            source = _head(tx, principal, conversation_id)
            merge = merges.of(tx, source.id)
            if merge is None:
                raise _not_merged()
            now = self._clock.now_ms()
            if now - merge.at > self._limits.merge_undo_hours * _HOUR_MS:
                raise _too_late(self._limits.merge_undo_hours)
            merges.forget(tx, source.id)
            was = merge.before
            changed = replace(
                source, status=was.status, waiting_since=was.waiting_since, snoozed_until=was.snoozed_until,
                resolved_at=was.resolved_at, close_reason=was.close_reason, merged_into=None, updated_at=now,
            )  # fmt: skip
            data = {"event": "reopened", "unmerged": merge.target_id}
            after = self._write(tx, principal, source, changed, "conversation.reopened", data)
            if after.status is Status.QUEUED:  # where it stood: who waited longer is not sent to the end
                queue.move(tx, after.id, after.waiting_since or after.created_at)
            target = conversations.by_id(tx, merge.target_id)
            if target is not None:
                gave = {"event": "gave_back", "conversation": source.id}
                self._write(tx, principal, target, target, "conversation.unmerged", gave, internal=True)
            facts = Change({"into": merge.target_id}, {})
            record(tx, principal, "conversation.unmerge", Subject("conversation", source.id), facts)
            return after

        return await self._database.write(unit)

    async def link(self, principal: Agent, conversation_id: str, other: Other, *, on: bool) -> Conversation:
        """Say that two belong together, or no longer; the same again changes nothing.

        Raises `NotFound`, `Conflict` (link_itself, limit_reached).
        """

        def unit(tx: Transaction) -> Conversation:
            one, another = _head(tx, principal, conversation_id), _seen(tx, principal, other.conversation_id)
            if one.id == another.id:
                raise _itself("link_itself")
            now = self._clock.now_ms()
            changed = merges.link(tx, one.id, another.id, now) if on else merges.unlink(tx, one.id, another.id)
            if not changed:
                return one
            if on and max(merges.links(tx, one.id), merges.links(tx, another.id)) > self._limits.linked_with_one_max:
                raise _too_many(self._limits.linked_with_one_max)
            event = "linked" if on else "unlinked"
            data = {"event": event, "conversation": another.id}
            return self._write(tx, principal, one, one, f"conversation.{event}", data, internal=True)

        return await self._database.write(unit)

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _close(
        self, tx: Transaction, principal: Agent, source: Conversation, target: Conversation, now: int
    ) -> None:  # fmt: skip
        changed = replace(
            source, status=Status.CLOSED, close_reason="merged", merged_into=target.id, waiting_since=None,
            snoozed_until=None, resolved_at=now, updated_at=now,
        )  # fmt: skip
        data = {"event": "resolved", "merged_into": target.id}
        self._write(tx, principal, source, changed, "conversation.merged", data)

    def _go_on(
        self, tx: Transaction, principal: Agent, target: Conversation, source: Conversation, now: int
    ) -> Conversation:
        """The older one, taken up again if it was resolved, with who waits since when of both."""
        reopened = target
        if target.status is Status.RESOLVED and source.status in ACTIVE:
            stepped = step(target, Resumed(), now)
            data = {"event": "reopened"}
            reopened = self._write(tx, principal, target, stepped, "conversation.reopened", data)
        waits = [since for since in (reopened.waiting_since, source.waiting_since) if since is not None]
        changed = replace(reopened, waiting_since=min(waits, default=None))
        data = {"event": "took_in", "conversation": source.id}
        return self._write(tx, principal, reopened, changed, "conversation.merged", data, internal=True)

    def _write(
        self, tx: Transaction, principal: Agent, before: Conversation, changed: Conversation, name: str,
        data: dict[str, str], *, internal: bool = False,
    ) -> Conversation:  # fmt: skip
        actor = Speaker("agent", principal.agent_id, self._names.get(principal.agent_id, ""))
        said = {**data, "agent": actor.name}
        line = journal.Line(self._ids.new(), name, said, actor, self._clock.now_ms(), internal=internal)
        after = journal.write(tx, before, changed, line, self._names)
        conversations.update(tx, after)
        return after


def _head(tx: Transaction, principal: Agent, conversation_id: str) -> Conversation:
    head = _seen(tx, principal, conversation_id)
    demand(principal, "conversation.write", head)
    return head


def _seen(tx: Transaction, principal: Agent, conversation_id: str) -> Conversation:
    head = conversations.by_id(tx, conversation_id)
    if head is None:
        raise not_found()
    demand(principal, "conversation.read", head)
    return head


def _demand_mergeable(tx: Transaction, one: Conversation, other: Conversation) -> None:
    if one.id == other.id:
        raise _itself("merge_itself")
    if one.contact_id != other.contact_id:
        raise Conflict(
            "other_contact",
            "These conversations are of two customers: merged, one would go on with the other's. Link them instead.",
            "两个会话属于不同的客户，不能合并。请改为关联。",
        )
    if one.merged_into is not None or other.merged_into is not None:
        raise Conflict(
            "merged",
            "One of them is merged already. Choose the conversation that goes on.",
            "其中一个会话已被合并。请选择仍在继续的会话。",
        )


def _itself(code: str) -> Conflict:
    return Conflict(
        code, "This is the same conversation. Choose another one.", "这是同一个会话。请选择另一个。"
    )  # fmt: skip


def _holds_others() -> Conflict:
    return Conflict(
        "merge_holds_others",
        "Others are merged into the newer of the two. Undo that first, or merge them into the older one.",
        "较新的会话中已合并了其他会话。请先撤销，或把它们合并到较早的会话。",
    )


def _older_closed() -> Conflict:
    return Conflict(
        "closed",
        "The older of the two is closed and read-only, so nothing can go on in it. Link them instead.",
        "较早的会话已关闭，只能查看，无法继续。请改为关联。",
    )


def _not_merged() -> Conflict:
    return Conflict(
        "not_merged", "This conversation is not merged. There is nothing to undo.", "该会话未被合并，无需撤销。"
    )


def _too_late(hours: int) -> Conflict:
    return Conflict(
        "too_late",
        f"A merging can be undone for {hours} hours. Link the conversations, or go on in the older one.",
        f"合并只能在 {hours} 小时内撤销。请关联会话，或在较早的会话中继续。",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most}, which is the most. Take one away first.",
        f"已达上限 {most} 个。请先去掉一个。",
    )
