"""Who is connected, who writes, who looks at which page. Nothing of it is ever needed to be right: it is in memory."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice

from app.accounts.inboxes import Inboxes
from app.accounts.policy import allowed
from app.bus.bus import Bus
from app.chat.status import ACTIVE
from app.chat.viewers import Viewers
from app.contacts.contacts import Contacts
from app.model import frames
from app.model.clock import Clock
from app.model.conversations import Conversation, Speaker
from app.model.errors import NotFound, not_found
from app.model.events import (
    AgentChanged,
    ConversationChanged,
    Event,
    MessageCreated,
    PresenceChanged,
    SiteChanged,
    Writing,
)
from app.model.load import Shed, Sheds, sheds_nothing
from app.model.principals import Agent, Visitor
from app.settings import Limits
from app.storage import conversations
from app.storage.database import Database

_IDS_A_FRAME = 500


class Presence:
    """Counts connections by link (the name of the gateway they came through; empty in one process).

    Only contacts with a conversation that is worked on are announced, gathered over `limits.presence_gather_ms`.
    """

    def __init__(
        self,
        bus: Bus,
        database: Database,
        inboxes: Inboxes,
        contacts: Contacts,
        limits: Limits,
        clock: Clock,
        sheds: Sheds = sheds_nothing,
    ) -> None:
        self._bus = bus
        self._database = database
        self._inboxes = inboxes
        self._contacts = contacts
        self._sheds = sheds
        self._gather_seconds = limits.presence_gather_ms / 1000
        self._visitors = _Crowd()
        self._agents = _Crowd()
        self._active: dict[str, set[str]] = {}  # contact id to his conversations that are worked on
        self._timer: asyncio.TimerHandle | None = None
        self._site_seconds = limits.site_gather_ms / 1000
        self._site_timer: asyncio.TimerHandle | None = None
        self._viewers = Viewers(bus, clock, limits)
        bus.subscribe(self._heard)

    async def load(self) -> None:
        """Learn once, at start, which contacts have a conversation that is worked on."""
        for contact_id, conversation_id in await conversations.active(self._database):
            self._active.setdefault(contact_id, set()).add(conversation_id)

    def connected(self, principal: Visitor | Agent, link: str = "") -> None:
        """One more connection of this person."""
        if isinstance(principal, Visitor):
            self._visitors.add(principal.contact_id, link)
            self._stir()
            if principal.contact_id in self._active:
                self._touch(self._visitors, principal.contact_id)
        else:
            self._agents.add(principal.agent_id, link)
            self._touch(self._agents, principal.agent_id)

    def disconnected(self, principal: Visitor | Agent, link: str = "") -> None:
        """One connection less."""
        crowd = self._visitors if isinstance(principal, Visitor) else self._agents
        person_id = principal.contact_id if isinstance(principal, Visitor) else principal.agent_id
        crowd.remove(person_id, link)
        if crowd is self._visitors:
            self._stir()
        if crowd is self._agents and not crowd.present(person_id):
            self._viewers.gone(person_id)
        if person_id in crowd.shown:
            self._touch(crowd, person_id)

    def forget(self, link: str) -> None:
        """A gateway is gone, and everybody who came through it."""
        for crowd in (self._visitors, self._agents):
            self._stir()
            for person_id in crowd.drop(link):
                if crowd is self._agents and not crowd.present(person_id):
                    self._viewers.gone(person_id)
                if person_id in crowd.shown:
                    self._touch(crowd, person_id)

    def online(self, person_id: str) -> bool:
        """Whether this contact or agent has a connection."""
        return self._visitors.present(person_id) or self._agents.present(person_id)

    def agents_online(self) -> set[str]:
        """The ids of the agents who have a connection."""
        return self._agents.everybody()

    def agents_there(self) -> set[str]:
        """The ids of the agents who have a connection and were announced: if one of these goes, that is announced."""
        return self._agents.everybody() & self._agents.shown

    def visitors_online(self) -> set[str]:
        """The ids of the contacts who have a connection."""
        return self._visitors.everybody()

    def counts(self) -> tuple[int, int]:
        """How many visitors and how many agents have a connection."""
        return len(self._visitors.everybody()), len(self._agents.everybody())

    def snapshot(self) -> frames.Snapshot:
        """Everybody who is announced as online, now."""
        contacts = tuple(person_id for person_id in self._active if self._visitors.present(person_id))
        return frames.Snapshot(contacts, tuple(self._agents.everybody()))

    async def writing(self, principal: Visitor | Agent, typing: frames.Typing, name: str) -> None:
        """Somebody writes; a visitor's unsent text goes along where his inbox allows it, and is never stored."""
        if self._sheds(Shed.TYPING):
            return
        head = await conversations.find(self._database, typing.conv)
        action = "conversation.write"
        if head is None or not allowed(principal, action, head):
            raise not_found()
        if isinstance(principal, Agent):
            self._bus.publish((Writing(head, Speaker("agent", principal.agent_id, name), typing.on),))
            return
        shown = typing.on and self._preview(head.inbox_id) and not self._sheds(Shed.PREVIEW)
        text = typing.text if shown else ""
        self._bus.publish((Writing(head, Speaker("visitor", principal.contact_id), typing.on, text),))

    async def viewing(self, principal: Visitor | Agent, frame: frames.Viewing) -> frames.Viewers:
        """An agent looks at a conversation, or no more; the answer names everybody who does. Raises `NotFound`."""
        head = await conversations.find(self._database, frame.conv)
        if head is None or not isinstance(principal, Agent) or not allowed(principal, "conversation.read", head):
            raise not_found()
        if not frame.on:
            return frames.Viewers(head.id, self._viewers.leaves(principal.agent_id, head.id))
        composing = frame.composing and allowed(principal, "conversation.write", head)
        return frames.Viewers(head.id, self._viewers.looks(principal, head, composing=composing))

    async def viewed(self, visitor: Visitor, page: frames.Page) -> None:
        """A visitor's page: kept with his contact, announced where somebody works on a conversation with him."""
        if self._sheds(Shed.TRACKING):
            return
        await self._contacts.visited(visitor, page, announce=visitor.contact_id in self._active)
        self._stir()

    def close(self) -> None:
        """Announce nothing any more."""
        if self._site_timer is not None:
            self._site_timer.cancel()
            self._site_timer = None
        self._viewers.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _preview(self, inbox_id: str) -> bool:
        try:
            return self._inboxes.find(inbox_id).preview
        except NotFound:
            return False

    def _touch(self, crowd: "_Crowd", person_id: str) -> None:
        crowd.changed.add(person_id)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._gather_seconds, self._announce)

    def _stir(self) -> None:
        """Something about the visitors is not as it was told: told again in a while, where anybody listens."""
        if self._site_timer is None and any(self._agents.links.values()):
            loop = asyncio.get_running_loop()
            self._site_timer = loop.call_later(self._site_seconds, self._tell_site)

    def _tell_site(self) -> None:
        self._site_timer = None
        self._bus.publish((SiteChanged(len(self._visitors.everybody())),))

    def _announce(self) -> None:
        self._timer = None
        for kind, crowd in (("visitor", self._visitors), ("agent", self._agents)):
            came, went = crowd.settle()
            for part_came, part_went in _parts(came, went):
                self._bus.publish((PresenceChanged(kind, part_came, part_went),))

    def _heard(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, MessageCreated | ConversationChanged):
                self._learn(event.conversation)
                self._viewers.changed(event.conversation)
            elif isinstance(event, AgentChanged):
                self._viewers.became(event.agent)

    def _learn(self, head: Conversation) -> None:
        known = self._active.get(head.contact_id)
        if head.status in ACTIVE:
            if known is None:
                known = self._active[head.contact_id] = set()
                if self._visitors.present(head.contact_id):
                    self._touch(self._visitors, head.contact_id)
            known.add(head.id)
        elif known is not None:
            known.discard(head.id)
            if not known:
                del self._active[head.contact_id]


class _Crowd:
    """Connections of one kind of people, by link; who was last announced as online, and who changed since."""

    __slots__ = ("changed", "links", "shown")

    def __init__(self) -> None:
        self.links: dict[str, dict[str, int]] = {}  # the key is the principal's own string: 10,000 cost no copies
        self.shown: set[str] = set()
        self.changed: set[str] = set()

    def add(self, person_id: str, link: str) -> None:
        people = self.links.setdefault(link, {})
        people[person_id] = people.get(person_id, 0) + 1

    def remove(self, person_id: str, link: str) -> None:
        people = self.links.get(link, {})
        count = people.get(person_id, 0)
        if count > 1:
            people[person_id] = count - 1
        elif count == 1:
            del people[person_id]

    def drop(self, link: str) -> list[str]:
        return list(self.links.pop(link, ()))

    def present(self, person_id: str) -> bool:
        return any(person_id in people for people in self.links.values())

    def everybody(self) -> set[str]:
        return {person_id for people in self.links.values() for person_id in people}

    def settle(self) -> tuple[list[str], list[str]]:
        """(who came, who went) since the last time; somebody who left and came back is in neither."""
        came = [person_id for person_id in self.changed if self.present(person_id) and person_id not in self.shown]
        went = [person_id for person_id in self.changed if not self.present(person_id) and person_id in self.shown]
        self.shown.update(came)
        self.shown.difference_update(went)
        self.changed.clear()
        return came, went


def _parts(came: list[str], went: list[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """At most 500 ids a frame."""
    coming, going = iter(came), iter(went)
    while True:
        part = tuple(islice(coming, _IDS_A_FRAME))
        rest = tuple(islice(going, _IDS_A_FRAME - len(part)))
        if not part and not rest:
            return
        yield part, rest
