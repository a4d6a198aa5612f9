"""Contacts, agents, teams, inboxes, visits."""

from enum import StrEnum

from msgspec import Struct

from app.model.widget import Widget

CAPACITY = 5
MISSED_OFFERS = "missed_offers"
AWAY_REASONS = ("break", "lunch", "meeting", "training", MISSED_OFFERS)


class Availability(StrEnum):
    """What an agent says of himself; whether he is connected is presence, kept apart."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


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
    schedule_id: str | None = None  # hours that it shares; None: those of its widget
    kind: str = "website"  # or "email": an address (model/mail)


class Contact(Struct, frozen=True):
    """A customer as the desk knows him; an unnamed visitor has a number, never an invented name.

    `claimed` names what only he or the site's page says and nobody has checked: `name`, `email`, `phone`, and
    `attributes.<key>`. `external_id` is what a website calls him that has proven who he is; empty: nobody has.
    `merged_into` is the contact that goes on with him, `organisation_id` whom he belongs to.
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
    external_id: str = ""
    merged_into: str | None = None
    organisation_id: str | None = None


class Organisation(Struct, frozen=True):
    """Whom contacts belong to: a firm, a school, an office. Times in milliseconds UTC.

    `domains` are those of its addresses: who writes from one belongs to it. `external_id` is what another system calls
    it, "" where none does.
    """

    id: str
    name: str
    domains: tuple[str, ...] = ()
    note: str = ""
    external_id: str = ""
    attributes: dict[str, str] = {}
    created_at: int = 0
    updated_at: int = 0


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


class Block(Struct, frozen=True):
    """Who may not come in: a contact, everybody at a network (`192.0.2.0/24`), or both; `until` None: for good."""

    id: str
    contact_id: str | None
    network: str
    reason: str
    agent_id: str
    at: int
    until: int | None = None


class Team(Struct, frozen=True):
    """A group of agents to whom conversations go."""

    id: str
    name: str


class Colleague(Struct, frozen=True):
    """An agent as colleagues see him: no secret, no session.

    `away_reason` is one of `AWAY_REASONS` or his own words, since `availability_since` (ms UTC). Routing gives him
    conversations up to `capacity` open ones; `languages` are those that he speaks with visitors, as `en`, `zh`.
    """

    id: str
    name: str
    email: str
    role: str
    availability: Availability
    teams: tuple[str, ...] = ()
    language: str = ""
    created_at: int = 0
    disabled: bool = False
    away_reason: str = ""
    availability_since: int = 0
    capacity: int = CAPACITY
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class Role(Struct, frozen=True):
    """What somebody may do, under a name; `built_in` ones are the product's and stay as they are."""

    id: str
    name: str
    permissions: tuple[str, ...]
    created_at: int = 0
    built_in: bool = False


class Token(Struct, frozen=True):
    """By what a program uses the API in an agent's name; its secret is kept nowhere. Times in milliseconds UTC.

    `expires_at` None: never; `seen_at` None: not used yet, else when and from which `address` it was used last.
    """

    id: str
    agent_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None = None
    seen_at: int | None = None
    address: str = ""


class VisitorEvent(Struct, frozen=True):
    """Something that a website tells of its visitor: a name of the site's own, and what goes with it."""

    id: str
    contact_id: str
    inbox_id: str
    name: str
    data: dict[str, str]
    at: int
