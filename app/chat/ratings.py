"""What a visitor says of a conversation that is over: once, and changeable for a day."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.accounts.policy import demand
from app.chat import entries
from app.chat.history import sight_of
from app.chat.messages import clean
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Rating, Speaker, Status
from app.model.errors import Conflict, not_found
from app.model.events import MessageCreated, RatingSubmitted
from app.model.ids import Ids
from app.model.principals import Agent, Principal, Visitor
from app.settings import Limits
from app.storage import conversations, messages, ratings
from app.storage.database import Database, Transaction
from app.storage.replies import answered

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS

Tag = Literal["fast", "clear", "friendly", "unsolved"]


class Judgement(Struct, frozen=True, forbid_unknown_fields=True):
    """A rating as it is submitted: `score` 1 to 5."""

    score: Annotated[int, Meta(ge=1, le=5)]
    tags: Annotated[tuple[Tag, ...], Meta(max_length=4)] = ()
    text: Annotated[str, Meta(max_length=1_000)] = ""


class Ratings:
    """Takes ratings; each is a line in the thread and a stored event. `names` are the agents' names by id."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits, names: Mapping[str, str]) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._names = names

    async def submit(self, visitor: Visitor, conversation_id: str, judgement: Judgement) -> Rating:
        """Rate a conversation, or change the rating; the same once more changes nothing.

        Raises `NotFound`, `Conflict` (not_over, not_answered, rating_late, rating_fixed).
        """
        return await self._database.write(partial(self._submit, visitor, conversation_id, judgement))

    async def of_contact(self, principal: Principal, contact_id: str) -> list[Rating]:
        """A contact's ratings of conversations that he may read, newest first."""
        demand(principal, "contact.read")
        if not isinstance(principal, Agent):
            raise not_found()
        most = self._limits.contact_conversations_max
        return await ratings.of_contact(self._database, sight_of(principal), contact_id, most)

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _submit(self, visitor: Visitor, conversation_id: str, judgement: Judgement, tx: Transaction) -> Rating:
        head = conversations.by_id(tx, conversation_id)
        if head is None:
            raise not_found()
        demand(visitor, "conversation.write", head)
        earlier, now = ratings.of_conversation(tx, head.id), self._clock.now_ms()
        rating = self._rating(visitor, head, judgement, earlier, now)
        if earlier is not None and _said(earlier) == _said(rating):
            return earlier
        if earlier is None:
            self._demand_ratable(tx, head, now)
        else:
            self._demand_changeable(earlier, now)
        ratings.save(tx, rating)
        self._tell(tx, head, rating, now)
        return rating

    def _rating(
        self, visitor: Visitor, head: Conversation, judgement: Judgement, earlier: Rating | None, now: int
    ) -> Rating:
        tags = tuple(dict.fromkeys(judgement.tags))
        text = clean(judgement.text).strip()
        if earlier is not None:  # of whom it was given, whoever has the conversation by now
            changes = earlier.changes + 1
            return replace(earlier, score=judgement.score, tags=tags, text=text, updated_at=now, changes=changes)
        return Rating(
            head.id, visitor.contact_id, head.inbox_id, head.assignee_id, judgement.score, tags, text, now, now, 0
        )

    def _demand_ratable(self, tx: Transaction, head: Conversation, now: int) -> None:
        if head.status not in (Status.RESOLVED, Status.CLOSED):
            raise Conflict(
                "not_over",
                "This conversation is still going on. Rate it when it has ended.",
                "会话仍在进行。请在会话结束后评分。",
            )
        if not answered(tx, head.id):
            raise Conflict(
                "not_answered",
                "Nobody has answered in this conversation, so there is nothing to rate.",
                "该会话没有客服回复过，无需评分。",
            )
        if now - (head.resolved_at or head.updated_at) > self._limits.rating_days * _DAY_MS:
            raise Conflict(
                "rating_late",
                "This conversation ended too long ago to be rated. Write to us if something is still open.",
                "该会话结束已久，不能再评分。如仍有问题，请给我们留言。",
            )

    def _demand_changeable(self, earlier: Rating, now: int) -> None:
        late = now - earlier.created_at > self._limits.rating_change_hours * _HOUR_MS
        if late or earlier.changes >= self._limits.rating_changes_max:
            raise Conflict(
                "rating_fixed",
                "This rating can no longer be changed. Write to us if something is still open.",
                "评分已不能再修改。如仍有问题，请给我们留言。",
            )

    def _tell(self, tx: Transaction, head: Conversation, rating: Rating, now: int) -> None:
        """The line that both sides see, and the event; the line's words belong to the screens."""
        after = entries.counted(head, visible=True, at=now)
        actor = Speaker("visitor", rating.contact_id)
        data = {"event": "rated", "score": str(rating.score), "tags": ",".join(rating.tags), "text": rating.text}
        speaker = Speaker("system", rating.contact_id)
        line = entries.last_entry(after, self._ids.new(), Kind.NOTICE, speaker, now, visible=True, data=data)
        messages.insert(tx, line)
        conversations.advance(tx, after)
        agent_name = self._names.get(after.assignee_id or "", "")
        tx.record(RatingSubmitted(after, rating, actor, agent_name))
        tx.record(MessageCreated(after, line, None, agent_name))


def _said(rating: Rating) -> tuple[int, tuple[str, ...], str]:
    return rating.score, rating.tags, rating.text
