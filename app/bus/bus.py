"""What a bus offers. `memory.MemoryBus` is the one inside a process; others follow for several nodes."""

from collections.abc import Callable, Sequence
from typing import Protocol

from app.model.events import Event

Listener = Callable[[Sequence[Event]], None]
Unsubscribe = Callable[[], None]


class Bus(Protocol):
    """Events to every listener, in the order of publishing. On the event loop only."""

    def publish(self, events: Sequence[Event]) -> None:
        """Hand `events` to every listener. A listener that fails is logged and harms no other.

        What a listener publishes comes after the batch it was called with, for every listener alike.
        """
        ...

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """Call `listener` with every batch from now on; it must not block. Returns what ends it."""
        ...
