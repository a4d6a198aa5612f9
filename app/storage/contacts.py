"""Contacts and their tokens: their SQL and nothing else."""

from collections.abc import Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import msgspec

from app.model.people import Contact
from app.model.principals import Visitor
from app.storage.database import Database, Transaction, Value

_NAMES = (
    "id", "number", "created_at", "seen_at", "name", "email", "phone", "language", "browser", "address", "attributes",
    "claimed", "external_id", "merged_into", "organisation_id",
)  # fmt: skip
COLUMNS = ", ".join(f"p.{name}" for name in _NAMES)  # for `FROM contacts p`
COLUMN_COUNT = len(_NAMES)
_INSERT = (
    f"INSERT INTO contacts ({', '.join(_NAMES)}) VALUES (:id, (SELECT coalesce(max(number), 0) + 1 FROM contacts), "
    f"{', '.join(f':{name}' for name in _NAMES[2:])}) RETURNING number"
)
_UPDATE = (
    "UPDATE contacts SET seen_at = :seen_at, name = :name, email = :email, phone = :phone, language = :language, "
    "browser = :browser, address = :address, attributes = :attributes, claimed = :claimed, external_id = :external_id, "
    "merged_into = :merged_into, organisation_id = :organisation_id WHERE id = :id"
)
_SEEN = (
    "UPDATE contacts SET seen_at = :at, language = coalesce(nullif(:language, ''), language), "
    "browser = coalesce(nullif(:browser, ''), browser), address = coalesce(nullif(:address, ''), address) "
    "WHERE id = :id"
)
_BY_ID = f"SELECT {COLUMNS} FROM contacts p WHERE p.id = :id"
_MATCHING = (
    f"SELECT {COLUMNS} FROM (SELECT * FROM contacts WHERE merged_into IS NULL ORDER BY number DESC LIMIT 0 + :scan) p "
    "WHERE lower(p.name) LIKE :part ESCAPE '!' OR lower(p.email) LIKE :part ESCAPE '!' OR p.phone LIKE :part "
    "ESCAPE '!' OR CAST(p.number AS TEXT) = :whole ORDER BY p.seen_at DESC, p.number DESC LIMIT 0 + :limit"
)
_THESE = f"SELECT {COLUMNS} FROM contacts p WHERE p.id IN (%s)"
_ADDRESSES = "SELECT id, address FROM contacts WHERE id IN (%s)"
_IDS_AT_ONCE = 500
_LISTED = (
    f"SELECT {COLUMNS} FROM contacts p WHERE p.merged_into IS NULL AND (:verified = 0 OR p.external_id <> '') "
    "AND (p.seen_at, p.number) < (:at, :number) ORDER BY p.seen_at DESC, p.number DESC LIMIT 0 + :limit"
)
_FOUND = (
    f"SELECT {COLUMNS} FROM (SELECT * FROM contacts WHERE merged_into IS NULL ORDER BY number DESC LIMIT 0 + :scan) p "
    "WHERE (:verified = 0 OR p.external_id <> '') AND (p.seen_at, p.number) < (:at, :number) AND "
    "(lower(p.name) LIKE :part ESCAPE '!' OR lower(p.email) LIKE :part ESCAPE '!' OR p.phone LIKE :part ESCAPE '!' "
    "OR lower(p.external_id) = :whole OR CAST(p.number AS TEXT) = :whole) "
    "ORDER BY p.seen_at DESC, p.number DESC LIMIT 0 + :limit"
)
_OF_ORGANISATION = (
    f"SELECT {COLUMNS} FROM contacts p WHERE p.organisation_id = :organisation AND p.merged_into IS NULL "
    "AND (:verified = 0 OR p.external_id <> '') AND (p.seen_at, p.number) < (:at, :number) "
    "AND (:part = '' OR lower(p.name) LIKE :part ESCAPE '!' OR lower(p.email) LIKE :part ESCAPE '!' "
    "OR p.phone LIKE :part ESCAPE '!' OR lower(p.external_id) = :whole OR CAST(p.number AS TEXT) = :whole) "
    "ORDER BY p.seen_at DESC, p.number DESC LIMIT 0 + :limit"
)
_LEAVE = "UPDATE contacts SET organisation_id = NULL WHERE organisation_id = :organisation"
_BY_EMAIL = (
    f"SELECT {COLUMNS} FROM contacts p WHERE p.email <> '' AND lower(p.email) = lower(:email) "
    "AND p.merged_into IS NULL ORDER BY p.number LIMIT 10"
)
_BY_EXTERNAL_ID = (
    f"SELECT {COLUMNS} FROM contacts p WHERE p.external_id = :external AND p.external_id <> '' "
    "AND p.merged_into IS NULL ORDER BY p.number LIMIT 1"
)
_BY_PHONE = (
    f"SELECT {COLUMNS} FROM contacts p WHERE p.phone <> '' AND p.phone IN (:plain, :chinese, :plus, :said) "
    "AND p.merged_into IS NULL ORDER BY p.number LIMIT 10"
)
_BIND = "INSERT INTO visitor_tokens (digest, contact_id, inbox_id, created_at) VALUES (:digest, :contact, :inbox, :at)"
_BOUND = "SELECT contact_id, inbox_id FROM visitor_tokens WHERE digest = :digest"

_FAMILY_MAX = 50
_FAMILY = (
    "WITH RECURSIVE family (id) AS (SELECT id FROM contacts WHERE merged_into = :id UNION "
    "SELECT c.id FROM contacts c JOIN family f ON c.merged_into = f.id) "
    f"SELECT {COLUMNS} FROM contacts p JOIN family f ON f.id = p.id ORDER BY p.number LIMIT 0 + :most"
)
_CALLED = (
    "WITH RECURSIVE way (id, onward) AS ("
    "SELECT p.id, p.merged_into FROM contacts p WHERE %s <> '' AND %s IN (%s) "
    "UNION SELECT c.id, c.merged_into FROM contacts c JOIN way w ON c.id = w.onward) "
    "SELECT id FROM way WHERE onward IS NULL"
)

_CHINA, _CHINESE_DIGITS = "86", 13
_MERGED_MAX = 20  # one after the other
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_attributes = msgspec.json.Decoder(dict[str, str])
_claimed = msgspec.json.Decoder(tuple[str, ...])


def from_row(row: Sequence[Any]) -> Contact:
    """A contact from a row that begins with `COLUMNS`."""
    attributes = {} if row[10] == "{}" else _attributes.decode(row[10])
    claimed = () if row[11] == "[]" else _claimed.decode(row[11])
    return Contact(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], attributes, claimed,
        row[12], row[13], row[14],
    )  # fmt: skip


async def these(database: Database, contact_ids: Iterable[str]) -> list[Contact]:
    """Some contacts, in no order."""
    part = {f"id{place}": one for place, one in enumerate(contact_ids)}
    if not part:
        return []
    sql = _THESE % ", ".join(f":{name}" for name in part)  # names of parameters, no values
    return [from_row(row) for row in await database.read(sql, part)]


async def addresses(database: Database, contact_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(contact id, the address that he came from last) of these."""
    wanted, found = sorted(contact_ids), list[tuple[str, str]]()
    for first in range(0, len(wanted), _IDS_AT_ONCE):
        part = {f"id{place}": one for place, one in enumerate(wanted[first : first + _IDS_AT_ONCE])}
        sql = _ADDRESSES % ", ".join(f":{name}" for name in part)  # names of parameters, no values
        found += [(str(row[0]), str(row[1])) for row in await database.read(sql, part)]
    return found


def insert(tx: Transaction, contact: Contact) -> Contact:
    """Store a new contact under the next number; returns it with that number."""
    rows = tx.execute(_INSERT, _parameters(contact))
    number = rows[0][0]
    assert isinstance(number, int)  # an INTEGER column
    return msgspec.structs.replace(contact, number=number)


def update(tx: Transaction, contact: Contact) -> None:
    """Store changed facts."""
    tx.execute(_UPDATE, {**_parameters(contact), "id": contact.id})


def seen(
    tx: Transaction, contact_id: str, at: int, *, language: str = "", browser: str = "", address: str = ""
) -> None:
    """Note when, and with what, a contact was last there; empty values leave what is known."""
    tx.execute(_SEEN, {"id": contact_id, "at": at, "language": language, "browser": browser, "address": address})


def by_id(tx: Transaction, contact_id: str) -> Contact | None:
    """The contact inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": contact_id})
    return from_row(rows[0]) if rows else None


def bind(tx: Transaction, digest: str, visitor: Visitor, at: int) -> None:
    """Bind a token's digest to a contact of an inbox."""
    tx.execute(_BIND, {"digest": digest, "contact": visitor.contact_id, "inbox": visitor.inbox_id, "at": at})


def unbind(tx: Transaction, digest: str) -> None:
    """A token's digest leads to nobody any more."""
    tx.execute("DELETE FROM visitor_tokens WHERE digest = :digest", {"digest": digest})


async def find(database: Database, contact_id: str) -> Contact | None:
    """The contact as committed."""
    rows = await database.read(_BY_ID, {"id": contact_id})
    return from_row(rows[0]) if rows else None


async def matching(database: Database, words: str, limit: int, scan: int) -> list[Contact]:
    """Contacts whose name, address or phone holds these words or whose number they are, the last seen first.

    Looked for among the newest `scan`; case does not matter in a to z.
    """
    parameters: dict[str, Value] = {**_like(words), "limit": limit, "scan": scan}
    return [from_row(row) for row in await database.read(_MATCHING, parameters)]


async def page(
    database: Database,
    words: str,
    verified: bool,
    before: tuple[int, int],
    limit: int,
    scan: int,
    organisation_id: str | None = None,
) -> list[Contact]:
    """A page below a place (when last seen, number), the last seen first; `words` as in `matching`.

    Of an organisation's contacts where one is named.
    """
    parameters: dict[str, Value] = {
        "verified": int(verified), "at": before[0], "number": before[1], "limit": limit,
    }  # fmt: skip
    if organisation_id is not None:
        like = _like(words) if words else {"part": "", "whole": ""}
        parameters |= {**like, "organisation": organisation_id}
        return [from_row(row) for row in await database.read(_OF_ORGANISATION, parameters, many=True)]
    if not words:
        return [from_row(row) for row in await database.read(_LISTED, parameters, many=True)]
    parameters |= {**_like(words), "scan": scan}
    return [from_row(row) for row in await database.read(_FOUND, parameters, many=True)]


def leave(tx: Transaction, organisation_id: str) -> None:
    """An organisation's contacts belong to none any more."""
    tx.execute(_LEAVE, {"organisation": organisation_id})


def by_email(tx: Transaction, email: str) -> Contact | None:
    """The oldest contact of an address that is more than somebody's claim."""
    found = (from_row(row) for row in tx.execute(_BY_EMAIL, {"email": email}))
    return next((contact for contact in found if "email" not in contact.claimed), None)


def by_external_id(tx: Transaction, external_id: str) -> Contact | None:
    """Whom a website that proved it calls so."""
    rows = tx.execute(_BY_EXTERNAL_ID, {"external": external_id})
    return from_row(rows[0]) if rows else None


def called(tx: Transaction, external_ids: Sequence[str], phones: Sequence[str], emails: Sequence[str]) -> list[str]:
    """Ids of contacts that have one of these, addresses in lower case; of one that was merged, whoever goes on."""
    found: set[str] = set()
    for what, values in (("p.external_id", external_ids), ("p.phone", phones), ("lower(p.email)", emails)):
        for first in range(0, len(values), _IDS_AT_ONCE):
            part = {f"v{place}": one for place, one in enumerate(values[first : first + _IDS_AT_ONCE])}
            sql = _CALLED % (what, what, ", ".join(f":{name}" for name in part))  # our own words, and names
            found |= {str(row[0]) for row in tx.execute(sql, part)}
    return sorted(found)


async def merged_into(database: Database, contact_id: str) -> list[Contact]:
    """Those that go on as this one, at most `_FAMILY_MAX`."""
    return [from_row(row) for row in await database.read(_FAMILY, {"id": contact_id, "most": _FAMILY_MAX})]


def by_phone(tx: Transaction, phone: str) -> Contact | None:
    """Whose number it is, where it is one's alone and more than somebody's claim: families share theirs.

    A Chinese mobile number is the same with and without its country.
    """
    digits = "".join(one for one in phone if one.isdigit())
    local = digits[len(_CHINA) :] if digits.startswith(_CHINA) and len(digits) == _CHINESE_DIGITS else digits
    asked: dict[str, Value] = {
        "plain": local, "chinese": f"+{_CHINA}{local}", "plus": f"+{digits}", "said": phone,
    }  # fmt: skip
    found = [one for one in (from_row(row) for row in tx.execute(_BY_PHONE, asked)) if "phone" not in one.claimed]
    return found[0] if len(found) == 1 else None


def surviving(tx: Transaction, contact_id: str) -> Contact | None:
    """The contact, or whoever goes on with him where he was merged."""
    found = by_id(tx, contact_id)
    for _ in range(_MERGED_MAX):
        if found is None or found.merged_into is None:
            return found
        found = by_id(tx, found.merged_into)
    return found


async def by_token(database: Database, digest: str) -> Visitor | None:
    """Whose token this is."""
    rows = await database.read(_BOUND, {"digest": digest})
    return Visitor(str(rows[0][0]), str(rows[0][1])) if rows else None


def _like(words: str) -> dict[str, Value]:
    whole = words.translate(_LOWER)  # as SQL's `lower`, which leaves all other letters as they are
    escaped = whole.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return {"part": f"%{escaped}%", "whole": whole}


def _parameters(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "created_at": contact.created_at,
        "seen_at": contact.seen_at,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "browser": contact.browser,
        "address": contact.address,
        "attributes": msgspec.json.encode(contact.attributes).decode(),
        "claimed": msgspec.json.encode(contact.claimed).decode(),
        "external_id": contact.external_id,
        "merged_into": contact.merged_into,
        "organisation_id": contact.organisation_id,
    }
