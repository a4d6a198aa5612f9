"""What a visitor says of a conversation that is over: once, and changeable for a day."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.accounts.policy import demand
from app.chat import entries, surveys
from app.chat.history import sight_of
from app.chat.messages import clean
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Rating, Speaker, Status
from app.model.errors import Conflict, Invalid, not_found
from app.model.events import MessageCreated, RatingSubmitted
from app.model.frames import Id
from app.model.ids import Ids
from app.model.principals import Agent, Principal, Visitor
from app.settings import Limits
from app.storage import conversations, messages, rating_requests, ratings
from app.storage.database import Database, Transaction
from app.storage.ratings import Filter, Place, RatedBy
from app.storage.replies import answered

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_DIGITS_MAX = 15

Tag = Annotated[str, Meta(min_length=1, max_length=40)]


class Judgement(Struct, frozen=True, forbid_unknown_fields=True):
    """A rating as it is submitted: `score` 1 to 5, `tags` by the names that the inbox gives them."""

    score: Annotated[int, Meta(ge=1, le=5)]
    tags: Annotated[tuple[Tag, ...], Meta(max_length=8)] = ()
    text: Annotated[str, Meta(max_length=1_000)] = ""


class RatingQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What a list shows; `agent` is who was rated, times in milliseconds UTC; `before` is the `next` of a page."""

    inbox: Id | None = None
    agent: Id | None = None
    score: Annotated[int, Meta(ge=1, le=5)] | None = None
    tag: Annotated[str, Meta(max_length=40)] = ""
    since: Annotated[int, Meta(ge=0, le=2**53)] = 0
    until: Annotated[int, Meta(ge=0, le=2**53)] = 2**53
    before: Annotated[str, Meta(max_length=60)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class RatingList(Struct, frozen=True):
    """A page; `next` leads to the one after it. `scores` counts all that fit by score, `"1"` to `"5"`."""

    ratings: list[RatedBy]
    next: str | None
    scores: dict[str, int]


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

        Raises `NotFound`, `Conflict` (not_over, not_answered, not_asked, rating_late, rating_fixed), `Invalid`
        (tag_unknown).
        """
        return await self._database.write(partial(self._submit, visitor, conversation_id, judgement))

    async def of_contact(self, principal: Principal, contact_id: str) -> list[Rating]:
        """A contact's ratings of conversations that he may read, newest first."""
        demand(principal, "contact.read")
        if not isinstance(principal, Agent):
            raise not_found()
        most = self._limits.contact_conversations_max
        return await ratings.of_contact(self._database, sight_of(principal), contact_id, most)

    async def listing(self, principal: Agent, asked: RatingQuery) -> RatingList:
        """A page of the ratings of conversations that he may read, newest first, and what all that fit add up to.

        Raises `Forbidden`, `Invalid` (cursor_unknown).
        """
        demand(principal, "contact.read")
        narrowed = Filter(asked.inbox, asked.agent, asked.score, asked.tag, asked.since, asked.until)
        rows_max = min(asked.limit, self._limits.page_rows_max)
        sight = sight_of(principal)
        rows = await ratings.listed(self._database, sight, narrowed, _place(asked.before), rows_max + 1)
        scores = await ratings.counted(self._database, sight, narrowed)
        following = _cursor(rows[rows_max - 1].rating) if len(rows) > rows_max else None
        return RatingList(rows[:rows_max], following, {str(score): scores.get(score, 0) for score in range(1, 6)})

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
        _demand_known(rating.tags, surveys.tags_of(tx, head.inbox_id).union(earlier.tags if earlier else ()))
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
        asked = rating_requests.of_conversation(tx, head.id)
        if asked is None or now < asked.shown_from:
            raise Conflict(
                "not_asked",
                "This conversation is not rated. Write to us if something is still open.",
                "该会话无需评分。如仍有问题，请给我们留言。",
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


def _demand_known(tags: tuple[str, ...], known: frozenset[str]) -> None:
    if not known.issuperset(tags):
        raise Invalid(
            "tag_unknown",
            "One of these tags is no longer offered. Load the page again, then choose.",
            "其中一个标签已不再提供。请刷新页面后重新选择。",
            field="tags",
        )


def _cursor(rating: Rating) -> str:
    return f"{rating.created_at}.{rating.conversation_id}"


def _place(before: str | None) -> Place | None:
    if before is None:
        return None
    at, _, conversation_id = before.partition(".")
    if not (at.isascii() and at.isdecimal()) or len(at) > _DIGITS_MAX or not conversation_id:
        raise Invalid(
            "cursor_unknown",
            "This page of the list does not exist. Load the list again from its beginning.",
            "该列表页不存在。请从头重新加载列表。",
        )
    return Place(int(at), conversation_id)


def _said(rating: Rating) -> tuple[int, tuple[str, ...], str]:
    return rating.score, rating.tags, rating.text
