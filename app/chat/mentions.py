"""Colleagues who are named in a note: checked, and stored with it."""

from collections.abc import Sequence

from app.accounts.policy import allowed
from app.accounts.roles import rights_of
from app.model.conversations import Conversation, Message
from app.model.errors import Invalid
from app.model.people import Colleague
from app.model.principals import Agent
from app.storage import agents, mentions
from app.storage.database import Transaction


def named(tx: Transaction, head: Conversation, agent_ids: Sequence[str]) -> dict[str, str] | None:
    """Their names by id, as the note's `data` keeps them; raises `Invalid` for one who could not read it."""
    return {agent_id: _reader(tx, head, agent_id).name for agent_id in agent_ids} or None


def keep(tx: Transaction, note: Message) -> None:
    """Store whom a note names."""
    for agent_id in note.data or ():
        if agent_id != note.sender.id:
            mentions.insert(tx, agent_id, note.conversation_id, note.staff_seq)


def _reader(tx: Transaction, head: Conversation, agent_id: str) -> Colleague:
    colleague = agents.by_id(tx, agent_id)
    if colleague is None or colleague.disabled:
        raise Invalid(
            "mention_unknown",
            "A colleague named in the note is not here any more. Take the name out and send again.",
            "备注中提到的同事已不在。请去掉该名字后重新发送。",
        )
    rights = rights_of(tx, colleague.role)
    if not allowed(Agent(colleague.id, "", colleague.role, rights, colleague.teams), "conversation.read", head):
        raise Invalid(
            "mention_blind",
            f"{colleague.name} may not see this conversation. Take the name out, or hand it to that team.",
            f"{colleague.name} 无权查看该会话。请去掉该名字，或先转接给其所在团队。",
        )
    return colleague
