"""Which colleagues look at a conversation, and who of them writes. In memory alone: losing it harms nothing."""

import asyncio
from collections.abc import Sequence

from app.accounts.policy import allowed
from app.bus.bus import Bus
from app.model.clock import Clock
from app.model.conversations import Conversation
from app.model.events import ViewersChanged
from app.model.people import Colleague, Viewer
from app.model.principals import Agent
from app.settings import Limits

_NOBODY = (None, False, 0.0)


class _Room:
    """Those who look at one conversation: principal, whether he writes, and until when it is believed."""

    __slots__ = ("head", "people")

    def __init__(self, head: Conversation) -> None:
        self.head = head
        self.people: dict[str, tuple[Agent, bool, float]] = {}

    def viewers(self) -> tuple[Viewer, ...]:
        return tuple(Viewer(agent_id, composing) for agent_id, (_, composing, _) in self.people.items())


class Viewers:
    """Who looks at what. An agent says so again within `limits.viewing_seconds_max`, or is believed to be gone."""

    def __init__(self, bus: Bus, clock: Clock, limits: Limits) -> None:
        self._bus = bus
        self._clock = clock
        self._seconds = limits.viewing_seconds_max
        self._rooms_max = limits.viewed_conversations_max
        self._rooms: dict[str, _Room] = {}
        self._timer: asyncio.TimerHandle | None = None

    def looks(self, agent: Agent, head: Conversation, *, composing: bool) -> tuple[Viewer, ...]:
        """He looks, and writes or not; who looks there now."""
        room = self._rooms.setdefault(head.id, _Room(head))
        room.head = head
        known = room.people.get(agent.agent_id)
        room.people[agent.agent_id] = (agent, composing, self._clock.monotonic() + self._seconds)
        if known is None:
            self._make_room(agent.agent_id, head.id)
        if known is None or known[1] != composing:
            self._tell(room)
        self._watch()
        return room.viewers()

    def leaves(self, agent_id: str, conversation_id: str) -> tuple[Viewer, ...]:
        """He looks there no more; who still does."""
        room = self._rooms.get(conversation_id)
        if room is None:
            return ()
        if room.people.pop(agent_id, None) is not None:
            self._settle(room)
        return room.viewers()

    def gone(self, agent_id: str) -> None:
        """He has no connection left."""
        for room in [room for room in self._rooms.values() if agent_id in room.people]:
            self.leaves(agent_id, room.head.id)

    def changed(self, head: Conversation) -> None:
        """A head as it is now: who may no longer see it is not told of it, nor shown as looking."""
        room = self._rooms.get(head.id)
        if room is None:
            return
        room.head = head
        blind = [one for one, (agent, _, _) in room.people.items() if not allowed(agent, "conversation.read", head)]
        for agent_id in blind:
            del room.people[agent_id]
        if blind:
            self._settle(room)

    def became(self, colleague: Colleague) -> None:
        """A colleague as he is now: with other rights he looks nowhere, until he says so under them."""
        now = (colleague.role, set(colleague.teams))
        for room in list(self._rooms.values()):
            agent, _, _ = room.people.get(colleague.id, _NOBODY)
            if agent is not None and (colleague.disabled or (agent.role, set(agent.teams)) != now):
                self.leaves(colleague.id, room.head.id)

    def sweep(self) -> None:
        """Forget whoever has not said it again in time."""
        now = self._clock.monotonic()
        for room in list(self._rooms.values()):
            late = [agent_id for agent_id, (_, _, until) in room.people.items() if until <= now]
            for agent_id in late:
                del room.people[agent_id]
            if late:
                self._settle(room)

    def close(self) -> None:
        """Watch over nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _make_room(self, agent_id: str, newest: str) -> None:
        others: Sequence[_Room] = [
            room for room in self._rooms.values() if agent_id in room.people and room.head.id != newest
        ]
        if len(others) >= self._rooms_max:
            oldest = min(others, key=lambda room: room.people[agent_id][2])
            self.leaves(agent_id, oldest.head.id)

    def _settle(self, room: _Room) -> None:
        if not room.people:
            del self._rooms[room.head.id]
        self._tell(room)

    def _tell(self, room: _Room) -> None:
        self._bus.publish((ViewersChanged(room.head, room.viewers()),))

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds / 3, self._again)

    def _again(self) -> None:
        self._timer = None
        self.sweep()
        if self._rooms:
            self._watch()
