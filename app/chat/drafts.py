"""What an agent is writing: kept as he types, his alone, gone with the sending."""

from functools import partial
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from app.accounts.policy import demand
from app.chat.messages import clean
from app.model import drafts as model
from app.model.clock import Clock
from app.model.errors import Conflict, not_found
from app.model.frames import TEXT_MAX, Id
from app.model.principals import Agent
from app.settings import Limits
from app.storage import conversations, drafts
from app.storage.database import Database, Transaction

Words = Annotated[str, Meta(max_length=TEXT_MAX)]


class DraftChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is written now; empty: nothing any more; unset: as it was.

    `agent_id`: whose words these are. A page that kept them may meanwhile speak with another agent's cookie.
    """

    reply: Words | UnsetType = UNSET
    note: Words | UnsetType = UNSET
    agent_id: Id | UnsetType = UNSET


class Drafts:
    """Keeps drafts, at most `limits.drafts_per_agent_max` for each agent: the oldest make room."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    async def of(self, principal: Agent, conversation_id: str) -> model.Drafts:
        """His own drafts in a conversation he may write in; raises `NotFound`, `Forbidden`."""
        head = await conversations.find(self._database, conversation_id)
        if head is None:
            raise not_found()
        demand(principal, "conversation.write", head)
        return await drafts.of(self._database, principal.agent_id, conversation_id)

    async def write(self, principal: Agent, conversation_id: str, change: DraftChange) -> model.Drafts:
        """Keep what he is writing; resolves when it is on disk. Raises `NotFound`, `Forbidden`, `Invalid`."""
        if change.agent_id not in (UNSET, principal.agent_id):
            raise _anothers()
        said = {False: change.reply, True: change.note}
        texts = {note: clean(text) for note, text in said.items() if isinstance(text, str)}
        return await self._database.write(partial(self._write, principal, conversation_id, texts))

    def _write(self, agent: Agent, conversation_id: str, texts: dict[bool, str], tx: Transaction) -> model.Drafts:
        head = conversations.by_id(tx, conversation_id)
        if head is None:
            raise not_found()
        demand(agent, "conversation.write", head)
        at, kept = self._clock.now_ms(), self._limits.drafts_per_agent_max
        for note, text in texts.items():
            if text.strip():
                draft = model.Draft(text, at)
                drafts.save(tx, agent.agent_id, conversation_id, note=note, draft=draft, kept=kept)
            else:
                drafts.drop(tx, agent.agent_id, conversation_id, note=note)
        return drafts.inside(tx, agent.agent_id, conversation_id)


def _anothers() -> Conflict:
    return Conflict(
        "signed_in_as_another",
        "Somebody else is signed in here now. These words were not kept; copy them before you leave this page.",
        "此处已由其他人登录，这段文字没有保存。离开页面前请先复制。",
    )
