"""Conversations over REST: the list, the thread, and what is done with a whole conversation."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call, Nothing
from app.chat.conversations import Assignment, Conversations
from app.chat.history import Detail, History, Listing, ThreadPage
from app.model.conversations import Conversation
from app.model.frames import Id, Line, Number
from app.model.principals import Agent, Visitor
from app.model.tickets import Priority
from app.storage.conversations import Narrow, View, at_key
from app.storage.mentions import Unseen
from app.storage.message_versions import Version

Rows = Annotated[int, Meta(ge=1, le=200)]
Cursor = Annotated[str, Meta(max_length=100)]
_ROWS = 50


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`before` is the `next` of the page before; `reason` is why it was resolved.

    `field` is the key of one of the desk's own fields, `value` what stands in it.
    """

    view: View = View.MINE
    before: Cursor | None = None
    limit: Rows = _ROWS
    tag: Id | None = None
    priority: Priority | None = None
    reason: Line | None = None
    field: Line | None = None
    value: Line = ""


class ThreadQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`before` is a number as the reader counts; without it the newest entries come."""

    before: Number | None = None
    limit: Rows = _ROWS


class Resolution(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is settled, in a word."""

    reason: Line = ""


class MentionList(Struct, frozen=True):
    """Where I was named in a note and have not looked since; their number is what `@me` shows."""

    unseen: list[Unseen]


class VersionList(Struct, frozen=True):
    """What messages said before, the newest change first."""

    versions: list[Version]


class ConversationAnswer(Struct, frozen=True):
    """A head after a change."""

    conversation: Conversation


class ConversationRoutes:
    """The room `chat` decides who may."""

    def __init__(self, conversations: Conversations, history: History) -> None:
        self._conversations = conversations
        self._history = history

    async def listing(self, call: Call[Agent], asked: ListQuery) -> Listing:
        priority = None if asked.priority is None else int(asked.priority)
        own = (None, None) if asked.field is None else (at_key(asked.field), asked.value)
        narrow = Narrow(asked.tag, priority, asked.reason, *own)
        return await self._history.listing(call.principal, asked.view, asked.before, asked.limit, narrow)

    async def detail(self, call: Call[Agent], _: Nothing) -> Detail:
        return await self._history.detail(call.principal, call.id)

    async def thread(self, call: Call[Agent], asked: ThreadQuery) -> ThreadPage:
        return await self._history.thread(call.principal, call.id, asked.before, asked.limit)

    async def thread_of_visitor(self, call: Call[Visitor], asked: ThreadQuery) -> ThreadPage:
        return await self._history.thread(call.principal, call.id, asked.before, asked.limit)

    async def versions(self, call: Call[Agent], _: Nothing) -> VersionList:
        return VersionList(await self._history.versions(call.principal, call.id))

    async def mentions(self, call: Call[Agent], _: Nothing) -> MentionList:
        return MentionList(await self._history.mentions(call.principal))

    async def take(self, call: Call[Agent], _: Nothing) -> ConversationAnswer:
        return ConversationAnswer(await self._conversations.take(call.principal, call.id))

    async def assign(self, call: Call[Agent], asked: Assignment) -> ConversationAnswer:
        return ConversationAnswer(await self._conversations.assign(call.principal, call.id, asked))

    async def resolve(self, call: Call[Agent], asked: Resolution) -> ConversationAnswer:
        return ConversationAnswer(await self._conversations.resolve(call.principal, call.id, asked.reason))

    async def reopen(self, call: Call[Agent], _: Nothing) -> ConversationAnswer:
        return ConversationAnswer(await self._conversations.reopen(call.principal, call.id))
