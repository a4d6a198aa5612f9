"""What is said to a customer who wrote by mail leaves by mail: put into the outbox in the message's own transaction."""

from app.model.conversations import Conversation, Message
from app.model.mail import Reply
from app.storage import mail_relay
from app.storage.database import Transaction


class Posting:
    """Called by `chat` on the writer's thread, so it holds one immutable value."""

    def __init__(self) -> None:
        self._inboxes: frozenset[str] = frozenset()

    def serve(self, inboxes: frozenset[str]) -> None:
        """These inboxes are addresses from now on."""
        self._inboxes = inboxes

    def note(self, tx: Transaction, head: Conversation, message: Message) -> None:
        """Something was said to the customer."""
        if head.inbox_id in self._inboxes:
            mail_relay.post(tx, head.id, Reply(head.id, message.id))
