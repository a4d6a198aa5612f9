"""Organisations and their domains: their SQL and nothing else."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from app.model.people import Organisation
from app.storage.database import Database, Transaction, Value

_NAMES = ("id", "name", "note", "external_id", "attributes", "created_at", "updated_at")
_COLUMNS = ", ".join(f"o.{name}" for name in _NAMES)
_DOMAINS = (
    "(SELECT json_group_array(d.domain) FROM (SELECT domain FROM organisation_domains "
    "WHERE organisation_id = o.id ORDER BY position) d)"
)
_SELECT = f"SELECT {_COLUMNS}, {_DOMAINS} FROM organisations o"
_BY_ID = f"{_SELECT} WHERE o.id = :id"
_BY_NAME = f"{_SELECT} WHERE o.folded = :folded"
_BY_EXTERNAL_ID = f"{_SELECT} WHERE o.external_id = :external AND o.external_id <> ''"
_SAVE = (
    f"INSERT INTO organisations ({', '.join(_NAMES)}, folded) "
    f"VALUES ({', '.join(f':{name}' for name in _NAMES)}, :folded) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded, note = excluded.note, "
    "external_id = excluded.external_id, attributes = excluded.attributes, updated_at = excluded.updated_at"
)
_NAME = "INSERT INTO organisation_domains (domain, organisation_id, position) VALUES (:domain, :id, :position)"
_OF_DOMAIN = (
    f"SELECT {_COLUMNS}, {_DOMAINS}, d.domain FROM organisation_domains d "
    "JOIN organisations o ON o.id = d.organisation_id WHERE d.domain IN (%s)"
)
_THESE = "SELECT id, name FROM organisations WHERE id IN (%s)"
# How many belong to one is counted to a bound, so that the largest costs a page no more than the bound.
_PEOPLE = (
    "(SELECT count(*) FROM (SELECT 1 FROM contacts p WHERE p.organisation_id = o.id AND p.merged_into IS NULL "
    "LIMIT 0 + :counted))"
)
_PAGE = (
    f"SELECT {_COLUMNS}, {_DOMAINS}, {_PEOPLE} FROM organisations o "
    "WHERE (:part = '' OR o.folded LIKE :part ESCAPE '!' OR o.external_id = :whole OR o.id IN "
    "(SELECT d.organisation_id FROM organisation_domains d WHERE d.domain LIKE :part ESCAPE '!')) "
    "AND o.folded > :after ORDER BY o.folded LIMIT 0 + :limit"
)
_attributes = msgspec.json.Decoder(dict[str, str])
_domains = msgspec.json.Decoder(tuple[str, ...])


def folded(name: str) -> str:
    """A name as it is compared and sorted."""
    return name.casefold()


def save(tx: Transaction, organisation: Organisation) -> None:
    """Store a new or changed one with its domains."""
    values: dict[str, Value] = {name: getattr(organisation, name) for name in _NAMES if name != "attributes"}
    attributes = msgspec.json.encode(organisation.attributes).decode()
    tx.execute(_SAVE, {**values, "attributes": attributes, "folded": folded(organisation.name)})
    tx.execute("DELETE FROM organisation_domains WHERE organisation_id = :id", {"id": organisation.id})
    for position, domain in enumerate(organisation.domains):
        tx.execute(_NAME, {"domain": domain, "id": organisation.id, "position": position})


def delete(tx: Transaction, organisation_id: str) -> None:
    """Forget one whom no contact belongs to any more."""
    tx.execute("DELETE FROM organisation_domains WHERE organisation_id = :id", {"id": organisation_id})
    tx.execute("DELETE FROM organisations WHERE id = :id", {"id": organisation_id})


def count(tx: Transaction) -> int:
    """How many there are."""
    return int(str(tx.execute("SELECT count(*) FROM organisations")[0][0]))


def by_id(tx: Transaction, organisation_id: str) -> Organisation | None:
    """One inside a transaction."""
    return _first(tx.execute(_BY_ID, {"id": organisation_id}))


def by_name(tx: Transaction, name: str) -> Organisation | None:
    """The one of this name, in whatever case."""
    return _first(tx.execute(_BY_NAME, {"folded": folded(name)}))


def by_external_id(tx: Transaction, external_id: str) -> Organisation | None:
    """The one that another system calls so."""
    return _first(tx.execute(_BY_EXTERNAL_ID, {"external": external_id}))


def by_domains(tx: Transaction, domains: Sequence[str]) -> Organisation | None:
    """The one that names the first of these domains that any names."""
    sql, named = _in(_OF_DOMAIN, domains)
    return _best(tx.execute(sql, named), domains) if domains else None


async def find_by_domains(database: Database, domains: Sequence[str]) -> Organisation | None:
    """As `by_domains`, as committed."""
    sql, named = _in(_OF_DOMAIN, domains)
    return _best(await database.read(sql, named), domains) if domains else None


async def find(database: Database, organisation_id: str) -> Organisation | None:
    """One as committed."""
    return _first(await database.read(_BY_ID, {"id": organisation_id}))


async def names(database: Database, organisation_ids: Iterable[str]) -> dict[str, str]:
    """What these are called, by id."""
    wanted = sorted(set(organisation_ids))
    if not wanted:
        return {}
    sql, named = _in(_THESE, wanted)
    return {str(row[0]): str(row[1]) for row in await database.read(sql, named)}


async def page(database: Database, words: str, after: str, limit: int, counted: int) -> list[tuple[Organisation, int]]:
    """Those behind a folded name whose name or domain holds these words, by name, with how many belong to each.

    `counted` is the most that is counted of one.
    """
    whole = folded(words)
    escaped = whole.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    asked: dict[str, Value] = {
        "part": f"%{escaped}%" if words else "", "whole": words, "after": after, "limit": limit, "counted": counted,
    }  # fmt: skip
    return [(_organisation(row), int(str(row[-1]))) for row in await database.read(_PAGE, asked, many=True)]


def _in(sql: str, values: Sequence[str]) -> tuple[str, dict[str, Value]]:
    named: dict[str, Value] = {f"one{place}": value for place, value in enumerate(values)}
    return sql % ", ".join(f":{name}" for name in named), named  # names of parameters, no values


def _best(rows: Sequence[Sequence[Any]], domains: Sequence[str]) -> Organisation | None:
    found = {str(row[-1]): row for row in rows}
    return next((_organisation(found[domain]) for domain in domains if domain in found), None)


def _first(rows: Sequence[Sequence[Any]]) -> Organisation | None:
    return _organisation(rows[0]) if rows else None


def _organisation(row: Sequence[Any]) -> Organisation:
    attributes, domains = _attributes.decode(row[4]), _domains.decode(row[7])
    return Organisation(row[0], row[1], domains, row[2], row[3], attributes, row[5], row[6])
