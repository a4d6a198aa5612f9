"""What an agent is writing and has not sent."""

from msgspec import Struct


class Draft(Struct, frozen=True):
    """Unsent words, as they were at `at` (ms UTC)."""

    text: str
    at: int


class Drafts(Struct, frozen=True):
    """An agent's drafts in one conversation; None where he is not writing."""

    agent_id: str
    reply: Draft | None = None
    note: Draft | None = None
