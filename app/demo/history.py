"""Makes sixty days of conversations out of the written dialogues: pure, exact from a seed number and a time.

Every entry goes through the same pure rules as live ones (`chat.entries`, `chat.status`), so numbers and heads are
right by construction. Times in milliseconds UTC.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from app.demo import shop
from app.demo.dialogues import Dialogue, Outcome
from app.demo.play import Cast, Moment, Played, ReadMark, Sent, Stage, play
from app.model.conversations import Conversation, Message, Rating
from app.model.ids import Ids
from app.model.people import Contact, Visit

DAYS = 60
_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_SHOP_ZONE = timezone(timedelta(hours=8))  # Hangzhou
_OPENS, _CLOSES = 9, 21
_SUNDAY = 6
_DRAWS_MAX = 40  # tries for a telling that reads like no other before the dialogue is left out
_AGO = {  # how long ago a living conversation's last word may lie
    Outcome.QUEUED: (1 * _MINUTE, 38 * _MINUTE),
    Outcome.OPEN: (2 * _MINUTE, 5 * _HOUR),
    Outcome.WAITING: (40 * _MINUTE, 46 * _HOUR),
}
_SITE = "https://shanlan.example"


class Scene(Struct, frozen=True):
    """A dialogue that is to be told: `pace` stretches its pauses; `first`: with the customer as written."""

    dialogue: Dialogue
    ends_at: int
    pace: float
    first: bool


class History(Struct, frozen=True):
    """Everything to be stored; `entries` in the order of their times."""

    contacts: tuple[Contact, ...]
    visits: tuple[Visit, ...]
    conversations: tuple[Conversation, ...]
    entries: tuple[Message, ...]
    sent: tuple[Sent, ...]
    marks: tuple[ReadMark, ...]
    ratings: tuple[Rating, ...]


def tell(dialogues: Sequence[Dialogue], cast: Cast, inbox_id: str, count: int, random: Random, now: int) -> History:
    """At least `count` conversations of the last sixty days, those still going on as fresh as `now`."""
    teller = _Teller(cast, inbox_id, random, now)
    for scene in sorted(_scenes(dialogues, count, random, now), key=lambda scene: scene.ends_at):
        teller.tell(scene)
    return teller.history()


def _scenes(dialogues: Sequence[Dialogue], count: int, random: Random, now: int) -> list[Scene]:
    """Each dialogue once as written, then those that have ended again and again."""
    scenes = [Scene(dialogue, _end(dialogue, random, now), 1.0, True) for dialogue in dialogues]
    again = [d for d in dialogues if d.outcome is Outcome.RESOLVED and not d.once]
    while len(scenes) < count + count // 20:  # a few may find no words of their own
        dialogue = again[len(scenes) % len(again)]
        scenes.append(Scene(dialogue, _end(dialogue, random, now), random.uniform(0.7, 1.6), False))
    return scenes


def _end(dialogue: Dialogue, random: Random, now: int) -> int:
    """When its last word falls: lately where it still goes on, else on some working day of the shop."""
    if dialogue.outcome in _AGO:
        return now - random.randint(*_AGO[dialogue.outcome])
    today = datetime.fromtimestamp(now / 1000, _SHOP_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    day = today - timedelta(days=random.randint(0, DAYS - 1))
    if day.weekday() == _SUNDAY:
        day -= timedelta(days=1)
    at = int(day.timestamp() * 1000) + random.randint(_OPENS * _HOUR, _CLOSES * _HOUR)
    return at if at < now - 10 * _MINUTE else at - 7 * _DAY


class _Teller:
    """Keeps who is known and what has been said, so that customers come back and no two conversations look alike."""

    def __init__(self, cast: Cast, inbox_id: str, random: Random, now: int) -> None:
        self._cast = cast
        self._inbox_id = inbox_id
        self._random = random
        self._now = now
        self._moment = Moment()
        self._ids = Ids(self._moment, random.randbytes)
        self._contacts: dict[str, Contact] = {}
        self._told: set[tuple[str, ...]] = set()
        self._visits: list[Visit] = []
        self._played: list[Played] = []

    def tell(self, scene: Scene) -> None:
        """Add the conversation, unless no words can be found that another has not used."""
        contact = self._customer(scene)
        for _ in range(_DRAWS_MAX):
            stage = Stage(scene.dialogue, contact, self._inbox_id, scene.ends_at, self._now, scene.pace)
            played = play(stage, self._cast, self._ids, self._moment, self._random)
            said = tuple(entry.text for entry in played.entries if (entry.data or {}).get("event") != "rated")
            if said not in self._told:
                self._told.add(said)
                self._keep(contact, played)
                return

    def history(self) -> History:
        """All that was told, entries in the order of their times."""
        played = self._played
        entries = sorted((entry for one in played for entry in one.entries), key=lambda entry: entry.at)
        return History(
            tuple(sorted(self._contacts.values(), key=lambda contact: contact.created_at)),
            tuple(self._visits),
            tuple(one.conversation for one in played),
            tuple(entries),
            tuple(sent for one in played for sent in one.sent),
            tuple(mark for one in played for mark in one.marks),
            tuple(one.rating for one in played if one.rating is not None),
        )

    def _keep(self, contact: Contact, played: Played) -> None:
        began = played.conversation.created_at
        visits = self._walk(contact, played, began)
        first_seen = min([began, *(visit.at for visit in visits)])
        known = self._contacts.get(contact.id, replace(contact, created_at=first_seen))
        self._contacts[contact.id] = replace(known, seen_at=max(known.seen_at, played.conversation.last_at))
        self._visits += visits
        self._played.append(played)

    def _walk(self, contact: Contact, played: Played, began: int) -> list[Visit]:
        """The pages the customer looked at before he wrote, newest last."""
        at = began
        visits: list[Visit] = []
        for page in reversed(played.pages):
            at -= self._random.randint(15_000, 150_000)
            self._moment.at = at
            url, referrer = f"{_SITE}{page.path}", f"{_SITE}/" if page is not played.pages[0] else ""
            visits.insert(
                0, Visit(self._ids.new(), contact.id, self._inbox_id, url, f"{page.title} · Shanlan 山岚", referrer, at)
            )
        return visits

    def _customer(self, scene: Scene) -> Contact:
        known = self._known(scene.dialogue) if scene.dialogue.returning else None
        return known or self._stranger(scene)

    def _known(self, dialogue: Dialogue) -> Contact | None:
        """Somebody who has been here before: the one as written, else anybody with a name."""
        named = [c for c in self._contacts.values() if c.name and c.language == dialogue.language]
        as_written = [contact for contact in named if contact.name == dialogue.contact.name]
        return self._random.choice(as_written or named) if named else None

    def _stranger(self, scene: Scene) -> Contact:
        random, customer, language = self._random, scene.dialogue.contact, scene.dialogue.language
        name = customer.name if scene.first or not customer.name else _name(language, random)
        self._moment.at = scene.ends_at
        return Contact(
            id=self._ids.new(),
            number=0,
            created_at=scene.ends_at,
            seen_at=scene.ends_at,
            name=name,
            email=_email(name, random),
            language=language,
            browser=customer.browser,
            address=f"203.0.113.{random.randint(1, 254)}",  # RFC 5737: documentation only
            attributes={("城市" if language == "zh" else "City"): customer.city} if customer.city else {},
        )


def _name(language: str, random: Random) -> str:
    if language == "zh":
        return random.choice(shop.FAMILY_ZH) + random.choice(shop.GIVEN_ZH)
    return f"{random.choice(shop.GIVEN_EN)} {random.choice(shop.FAMILY_EN)}"


def _email(name: str, random: Random) -> str:
    """An address at a domain that belongs to nobody (RFC 2606)."""
    if not name:
        return ""
    local = name.lower().replace(" ", ".") if name.isascii() else f"kehu{random.randint(1000, 9999)}"
    return f"{local}@example.com"
