"""Finding what was said, among what the asking agent may read."""

from msgspec import Struct

from app.accounts.policy import READ_ALL, READ_TEAM, demand
from app.chat import views
from app.model import frames
from app.model.conversations import Conversation
from app.model.errors import Invalid, not_found
from app.model.people import Contact
from app.model.principals import Agent
from app.storage import conversations, results
from app.storage.database import Database
from app.storage.search import NEWEST, Reach, Search

_CURSOR_DIGITS_MAX = 18


class Hit(Struct, frozen=True):
    """A message that was found, where it stands and whose it is."""

    conversation: Conversation
    contact: Contact
    message: frames.Msg


class Hits(Struct, frozen=True):
    """A page of hits, newest first; `next` leads to the one after it, None at the end. It may be short of hits."""

    results: tuple[Hit, ...]
    next: str | None


class Places(Struct, frozen=True):
    """Where in one conversation words stand, by staff_seq, newest first; `next` as in `Hits`."""

    seqs: tuple[int, ...]
    next: str | None


class MessageSearch:
    """Searches messages and notes."""

    def __init__(self, database: Database, index: Search) -> None:
        self._database = database
        self._index = index

    async def find(self, principal: Agent, text: str, before: str | None, limit: int) -> Hits:
        """Messages with every word of `text`; raises `Invalid` for a `before` that was never given out."""
        demand(principal, "conversation.read")
        found = await self._index.find(text, _reach(principal), limit, _number(before))
        rows = await results.by_numbers(self._database, [hit.number for hit in found.hits])
        hits = tuple(Hit(row.conversation, row.contact, views.staff_entry(row.message)) for row in rows)
        return Hits(hits, None if found.next is None else str(found.next))

    async def find_in(
        self, principal: Agent, conversation_id: str, text: str, before: str | None, limit: int
    ) -> Places:
        """Where in a conversation every word of `text` stands; raises `NotFound`, `Invalid` as `find`."""
        head = await conversations.find(self._database, conversation_id)
        if head is None:
            raise not_found()
        demand(principal, "conversation.read", head)
        found = await self._index.find_in(conversation_id, text, limit, _number(before))
        return Places(found.seqs, None if found.next is None else str(found.next))


def _reach(agent: Agent) -> Reach:
    """The policy's read right on conversations, as the index understands it."""
    return Reach(agent.agent_id, READ_ALL in agent.permissions, READ_TEAM in agent.permissions, agent.teams)


def _number(before: str | None) -> int:
    if before is None:
        return NEWEST
    if not (before.isascii() and before.isdecimal()) or len(before) > _CURSOR_DIGITS_MAX:
        raise Invalid(
            "cursor_unknown",
            "This page of results does not exist. Search again from the beginning.",
            "该结果页不存在。请重新搜索。",
        )
    return int(before)
