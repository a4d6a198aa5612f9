"""The bus inside one process."""

from collections import deque
from collections.abc import Sequence

from app.bus.bus import Listener, Unsubscribe
from app.model.errors import Defect
from app.model.events import Event
from app.settings import Limits
from app.telemetry.log import logger

_log = logger("bus")


class MemoryBus:
    """Calls its listeners one after the other, in the order in which they subscribed."""

    def __init__(self, limits: Limits) -> None:
        self._batches_max = limits.bus_batches_max
        self._listeners: list[Listener] = []
        self._batches: deque[Sequence[Event]] = deque()
        self._publishing = False

    def publish(self, events: Sequence[Event]) -> None:
        """As `Bus.publish`. Raises `Defect` when listeners answer one another without end."""
        if len(self._batches) >= self._batches_max:
            raise Defect("listeners publish faster than the bus can hand on")
        self._batches.append(events)
        if self._publishing:
            return
        self._publishing = True
        try:
            while self._batches:
                self._hand_on(self._batches.popleft())
        finally:
            self._publishing = False

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """As `Bus.subscribe`; ending it twice is harmless."""
        self._listeners = [*self._listeners, listener]

        def unsubscribe() -> None:
            self._listeners = [kept for kept in self._listeners if kept is not listener]

        return unsubscribe

    def _hand_on(self, events: Sequence[Event]) -> None:
        for listener in self._listeners:
            try:
                listener(events)
            except Exception:  # noqa: BLE001 - whatever a listener does, the others hear
                _log.exception("a listener failed")
