"""Contacts, agents, teams, inboxes, visits."""

from enum import StrEnum

from msgspec import Struct

from app.model.widget import Widget


class Availability(StrEnum):
    """What an agent says of himself; whether he is connected is presence, kept apart."""

    ONLINE = "online"
    AWAY = "away"


class Inbox(Struct, frozen=True):
    """A configured channel: a website with its allowed origins (empty: every origin)."""

    id: str
    name: str
    created_at: int
    origins: tuple[str, ...] = ()
    team_id: str | None = None
    color: str = ""
    greeting_en: str = ""
    greeting_zh: str = ""
    preview: bool = True  # whether agents see the visitor's unsent text
    widget: Widget = Widget()


class Contact(Struct, frozen=True):
    """A customer as the desk knows him; an unnamed visitor has a number, never an invented name.

    `claimed` names what only he or the site's page says and nobody has checked: `name`, `email`, `phone`, and
    `attributes.<key>`.
    """

    id: str
    number: int
    created_at: int
    seen_at: int
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    browser: str = ""
    address: str = ""
    attributes: dict[str, str] = {}
    claimed: tuple[str, ...] = ()


class Viewer(Struct, frozen=True, gc=False):
    """An agent who has a conversation before his eyes; `composing` while he writes in it."""

    id: str
    composing: bool = False


class Visit(Struct, frozen=True):
    """A page that a contact looked at."""

    id: str
    contact_id: str
    inbox_id: str
    url: str
    title: str
    referrer: str
    at: int


class Team(Struct, frozen=True):
    """A group of agents to whom conversations go."""

    id: str
    name: str


class Colleague(Struct, frozen=True):
    """An agent as colleagues see him: no secret, no session."""

    id: str
    name: str
    email: str
    role: str
    availability: Availability
    teams: tuple[str, ...] = ()
    language: str = ""
    created_at: int = 0
    disabled: bool = False


class VisitorEvent(Struct, frozen=True):
    """Something that a website tells of its visitor: a name of the site's own, and what goes with it."""

    id: str
    contact_id: str
    inbox_id: str
    name: str
    data: dict[str, str]
    at: int
