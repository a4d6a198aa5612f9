"""What other systems know of contacts: found by what is proven, and kept without taking away what is ours."""

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.contacts.contacts import NewContact, brought
from app.contacts.organisations import assigned
from app.contacts.staging import Brought
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.conversations import Speaker
from app.model.events import ContactChanged
from app.model.fields import Noun
from app.model.ids import Ids
from app.model.people import Contact
from app.model.principals import SOURCE, System
from app.storage import contacts, fields, source_links
from app.storage.database import Transaction
from app.storage.source_links import Link

_ATTRIBUTE = "attributes."


class Known(Struct, frozen=True):
    """Somebody as a system has him, under `id` there; `changed_at`: when that changed there (ms UTC; 0: unsaid).

    `ours` are names of facts, and `attributes.<key>`, that are this desk's to say: they are filled where nothing is.
    """

    system: str
    id: str
    new: NewContact
    changed_at: int = 0
    ours: frozenset[str] = frozenset()


class JoinedContacts:
    """Keeps contacts as other systems know them."""

    def __init__(self, ids: Ids, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock

    def upsert(self, tx: Transaction, known: Known) -> str:
        """Keep one; `written`, `unchanged`, or `older` than what was taken of him.

        He is who was called so before, else who a website has proven to be called so, else whose e-mail address, else
        whose phone number it is; never by what somebody only says of himself. Raises `Invalid` as `Contacts.bring`.
        """
        principal = System(f"{SOURCE}{known.system}")
        demand(principal, "contact.write")
        link = source_links.ours(tx, known.system, "contact", known.id)
        if link is not None and known.changed_at and known.changed_at < link.changed_at:
            return "older"
        told = brought(known.new)
        before = _found(tx, link, known, told)
        told = told.checked(fields.all_of(tx, Noun.CONTACT), before)
        after = self._kept(tx, before, told, known, principal)
        thing_id = after.id if link is None else link.thing_id  # who was merged may be parted again
        if link is None or link.changed_at != known.changed_at:
            source_links.join(tx, "contact", Link(known.system, known.id, thing_id, known.changed_at))
        return "unchanged" if after == before else "written"

    def _kept(self, tx: Transaction, before: Contact | None, told: Brought, known: Known, principal: System) -> Contact:
        speaker = Speaker("system", principal.name)
        if before is None:
            at = self._clock.now_ms()
            made = contacts.insert(tx, assigned(tx, None, told.over(Contact(self._ids.new(), 0, at, at))))
            tx.record(ContactChanged(made, name="contact.created", actor=speaker))
            return made
        after = assigned(tx, before, _theirs(before, told, known.ours).over(before))
        if after != before:
            contacts.update(tx, after)
            thing = Subject("contact", after.id, after.name or f"#{after.number}")
            record_change(tx, principal, "contact.change", thing, before, after)
            tx.record(ContactChanged(after, actor=speaker))
        return after


def _found(tx: Transaction, link: Link | None, known: Known, told: Brought) -> Contact | None:
    if link is not None and (found := contacts.surviving(tx, link.thing_id)) is not None:
        return found
    email, phone = told.told.get("email", ""), told.told.get("phone", "")
    return (
        contacts.by_external_id(tx, known.id)
        or (contacts.by_email(tx, email) if email else None)
        or (contacts.by_phone(tx, phone) if phone else None)
    )


def _theirs(before: Contact, told: Brought, ours: frozenset[str]) -> Brought:
    """Without what is ours to say and is said; what he only claimed is nobody's word."""
    facts = {name: value for name, value in told.told.items() if not _held(before, name, getattr(before, name), ours)}
    attributes = {
        key: value
        for key, value in told.attributes.items()
        if not _held(before, _ATTRIBUTE + key, before.attributes.get(key, ""), ours)
    }
    return replace(told, told=facts, attributes=attributes)


def _held(before: Contact, name: str, value: object, ours: frozenset[str]) -> bool:
    return name in ours and bool(value) and name not in before.claimed
