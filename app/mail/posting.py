"""What is said to a customer who wrote by mail leaves by mail, what a visitor does not see a while later: noted in the
message's own transaction.
"""

from app.model.conversations import Conversation, Message
from app.model.mail import Reply
from app.settings import Limits
from app.storage import channels, mail_relay, mail_turns
from app.storage.database import Transaction

_MINUTE_MS = 60_000


class Posting:
    """Called by `chat` on the writer's thread, so it holds one immutable value."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._follows = False
        self._inboxes: frozenset[str] = frozenset()

    def serve(self, inboxes: frozenset[str]) -> None:
        """These inboxes are addresses from now on."""
        self._inboxes = inboxes

    def follow(self, on: bool) -> None:
        """Whether what a visitor does not see leaves by mail."""
        self._follows = on

    def note(self, tx: Transaction, head: Conversation, message: Message) -> None:
        """Something was said to the customer."""
        if head.inbox_id in self._inboxes:
            mail_relay.post(tx, head.id, Reply(head.id, message.id))
        elif self._follows and channels.of(tx, head.id) is None:  # who writes by another system is answered there
            due_at = message.at + round(self._limits.mail_turn_minutes * _MINUTE_MS)
            mail_turns.wait(tx, head.id, due_at, round(self._limits.mail_turn_pause_minutes * _MINUTE_MS))
