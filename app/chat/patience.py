"""When the longest wait in the queue has passed: the form is offered, or stands in front, as the inbox wants it.

Nothing is taken away: he keeps his place and his words until he sends the form. When that is due follows from what is
stored, so the alarm is told of it like of every other deadline, and a restart forgets nothing.
"""

from collections.abc import Callable, Mapping, Sequence

from app.accounts.inboxes import Inboxes
from app.bus.bus import Bus
from app.chat import journal
from app.model.conversations import Conversation, Speaker, Status
from app.model.events import ConversationChanged, Event, MessageCreated
from app.model.ids import Ids
from app.model.principals import System
from app.settings import Limits
from app.storage import conversations, long_waits
from app.storage.database import Database, Transaction

_MINUTE_MS = 60_000


class Patience:
    """Tells who has waited too long, each wait once. `arm` is the alarm's; `names` are the agents' by id."""

    def __init__(
        self, database: Database, ids: Ids, inboxes: Inboxes, bus: Bus, limits: Limits,
        names: Mapping[str, str], arm: Callable[[], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._ids = ids
        self._inboxes = inboxes
        self._limits = limits
        self._names = names
        self._arm = arm
        self._next: int | None = None  # ms UTC, as last looked up
        bus.subscribe(self._heard)

    async def next_due(self) -> int | None:
        """When the next has waited long enough (ms UTC); None where nobody can."""
        coming = []
        for inbox_id, minutes in self._inboxes.patience():
            first = await long_waits.first(self._database, inbox_id)
            if first is not None:
                coming.append(first + minutes * _MINUTE_MS)
        self._next = min(coming, default=None)
        return self._next

    async def ring(self, now: int) -> None:
        """Tell those who have waited long enough at `now` (ms UTC), all of them."""
        most = self._limits.long_waits_max
        for inbox_id, minutes in self._inboxes.patience():
            until = now - minutes * _MINUTE_MS
            while found := await long_waits.due(self._database, inbox_id, until, most):
                for conversation_id in found:
                    await self._database.write(
                        lambda tx, one=conversation_id: self._tell(tx, one, now)  # type: ignore[misc]
                    )

    def _tell(self, tx: Transaction, conversation_id: str, now: int) -> None:
        """Note the wait, with a line for colleagues; he himself hears of it by his place in the queue."""
        head = conversations.by_id(tx, conversation_id)
        if head is None:
            return
        since = _since(head)
        if head.status is not Status.QUEUED or long_waits.was_told(tx, head.id, since):
            return  # somebody came meanwhile
        long_waits.told(tx, head.id, since)
        data = {"event": "long_wait", "minutes": str((now - since) // _MINUTE_MS)}
        actor = Speaker("system", System("alarm").name)
        line = journal.Line(self._ids.new(), "conversation.long_wait", data, actor, now, internal=True)
        conversations.update(tx, journal.write(tx, head, head, line, self._names))

    def _heard(self, batch: Sequence[Event]) -> None:
        """Who begins to wait may be the next; the alarm is armed only where he is."""
        for event in batch:
            match event:
                case ConversationChanged(conversation=head) | MessageCreated(conversation=head):
                    if head.status is Status.QUEUED and self._is_next(head):
                        self._arm()
                case _:
                    pass

    def _is_next(self, head: Conversation) -> bool:
        minutes = self._inboxes.patience_of(head.inbox_id)
        return minutes > 0 and (self._next is None or _since(head) + minutes * _MINUTE_MS < self._next)


def _since(head: Conversation) -> int:
    return head.created_at if head.waiting_since is None else head.waiting_since
