"""Contacts that wait to be brought in together: their SQL and nothing else."""

from typing import Any

import msgspec
from msgspec import Struct

from app.model.people import Contact
from app.storage.database import Database, Transaction, Value

_FACTS = ("name", "email", "phone", "language", "attributes", "claimed", "organisation_id")
_PUT = (
    f"INSERT INTO staged_contacts (import_id, place, id, known, {', '.join(_FACTS)}) "
    f"VALUES (:import, :place, :id, 0, {', '.join(f':{name}' for name in _FACTS)})"
)
_PUT_KNOWN = (
    f"INSERT INTO staged_contacts (import_id, place, id, known, {', '.join(_FACTS)}, "
    f"{', '.join(f'was_{name}' for name in _FACTS)}) "
    f"SELECT :import, :place, c.id, 1, {', '.join(f':{name}' for name in _FACTS)}, "
    f"{', '.join(f'c.{name}' for name in _FACTS)} FROM contacts c WHERE c.id = :id"
)
_CHANGE = (
    f"UPDATE staged_contacts SET {', '.join(f'{name} = :{name}' for name in _FACTS)} "
    "WHERE import_id = :import AND place = :place"
)
_BY_EMAIL = (
    f"SELECT place, id, {', '.join(_FACTS)} FROM staged_contacts "
    "WHERE import_id = :import AND email <> '' AND lower(email) = lower(:email)"
)
# Who is not any more as he was, who is new here and there by now, what organisation is gone: the first is enough.
_MOVED = (
    "SELECT 1 FROM staged_contacts s JOIN contacts c ON c.id = s.id WHERE s.import_id = :import AND s.known = 1 "
    f"AND (c.merged_into IS NOT NULL OR ({', '.join(f'c.{name}' for name in _FACTS)}) IS DISTINCT FROM "
    f"({', '.join(f's.was_{name}' for name in _FACTS)})) LIMIT 1"
)
_COME = (
    "SELECT 1 FROM staged_contacts s JOIN contacts c ON c.email <> '' AND lower(c.email) = lower(s.email) "
    "WHERE s.import_id = :import AND s.known = 0 AND s.email <> '' AND c.merged_into IS NULL "
    "AND c.claimed NOT LIKE '%\"email\"%' LIMIT 1"
)
_LOST = (
    "SELECT 1 FROM staged_contacts s WHERE s.import_id = :import AND s.organisation_id IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM organisations o WHERE o.id = s.organisation_id) LIMIT 1"
)
_BRING_NEW = (
    f"INSERT INTO contacts (id, number, created_at, seen_at, {', '.join(_FACTS)}) "
    "SELECT s.id, (SELECT coalesce(max(number), 0) FROM contacts) + row_number() OVER (ORDER BY s.place), :at, :at, "
    f"{', '.join(f's.{name}' for name in _FACTS)} FROM staged_contacts s "
    "WHERE s.import_id = :import AND s.known = 0 ORDER BY s.place"
)
_BRING_KNOWN = (
    f"UPDATE contacts SET {', '.join(f'{name} = s.{name}' for name in _FACTS)} FROM staged_contacts s "
    "WHERE s.import_id = :import AND s.known = 1 AND contacts.id = s.id"
)
_SWEEP = (
    "DELETE FROM staged_contacts WHERE (import_id, place) IN "
    "(SELECT import_id, place FROM staged_contacts WHERE import_id = :import LIMIT 0 + :limit) RETURNING place"
)
_attributes = msgspec.json.Decoder(dict[str, str])
_claimed = msgspec.json.Decoder(tuple[str, ...])


class Staged(Struct, frozen=True):
    """One that waits, with its place in the file."""

    place: int
    contact: Contact


def put(tx: Transaction, import_id: str, place: int, contact: Contact, *, known: bool) -> None:
    """Let one wait; `known`: there is such a contact, and these are to be his facts."""
    tx.execute(_PUT_KNOWN if known else _PUT, {**_facts(import_id, place, contact), "id": contact.id})


def change(tx: Transaction, import_id: str, staged: Staged) -> None:
    """Other facts for one that waits."""
    tx.execute(_CHANGE, _facts(import_id, staged.place, staged.contact))


def by_email(tx: Transaction, import_id: str, email: str) -> Staged | None:
    """Who waits under this address."""
    rows: list[Any] = list(tx.execute(_BY_EMAIL, {"import": import_id, "email": email}))
    if not rows:
        return None
    place, contact_id, name, address, phone, language, attributes, claimed, organisation = rows[0]
    return Staged(
        place,
        Contact(
            contact_id, 0, 0, 0, name, address, phone, language, attributes=_attributes.decode(attributes),
            claimed=_claimed.decode(claimed), organisation_id=organisation,
        ),
    )  # fmt: skip


def moved(tx: Transaction, import_id: str) -> bool:
    """Whether contacts have changed, or come, since they were looked at, so that these facts are no longer right."""
    asked: dict[str, Value] = {"import": import_id}
    return any(tx.execute(sql, asked) for sql in (_MOVED, _COME, _LOST))


def bring(tx: Transaction, import_id: str) -> None:
    """All of them are contacts from now on."""
    tx.execute(_BRING_NEW, {"import": import_id, "at": tx.at})
    tx.execute(_BRING_KNOWN, {"import": import_id})


async def any_of_them(database: Database) -> bool:
    """Whether any waits."""
    return bool(await database.read("SELECT 1 FROM staged_contacts LIMIT 1"))


def sweep(tx: Transaction, import_id: str, limit: int) -> int:
    """Forget at most `limit` of them; how many that were."""
    return len(tx.execute(_SWEEP, {"import": import_id, "limit": limit}))


def sweep_all(tx: Transaction) -> None:
    """Forget whatever waits: whoever brought it is gone."""
    tx.execute("DELETE FROM staged_contacts")


def _facts(import_id: str, place: int, contact: Contact) -> dict[str, Value]:
    return {
        "import": import_id,
        "place": place,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "attributes": msgspec.json.encode(contact.attributes).decode(),
        "claimed": msgspec.json.encode(contact.claimed).decode(),
        "organisation_id": contact.organisation_id,
    }
