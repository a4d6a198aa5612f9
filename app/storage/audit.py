"""The audit log: its SQL and nothing else. Entries are inserted and read, never changed."""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.model.audit import AuditEntry, sealed
from app.storage.database import Database, Row, Transaction

_FIELDS = AuditEntry.__struct_fields__
COLUMNS = ", ".join(_FIELDS)
_INSERT = f"INSERT INTO audit ({COLUMNS}) VALUES ({', '.join(f':{name}' for name in _FIELDS)})"
_HEAD = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
_PAGE = (
    f"SELECT {COLUMNS} FROM audit WHERE number < :before AND at >= :since AND at < :until "
    "AND (:actor = '' OR actor_id = :actor) AND (:object = '' OR object_id = :object) "
    "AND (:noun = '' OR substr(action, 1, length(:noun) + 1) = :noun || '.') "
    "ORDER BY number DESC LIMIT 0 + :limit"
)
_ACTORS = "SELECT actor_id, max(actor_name), max(actor_kind) FROM audit WHERE actor_id <> '' GROUP BY actor_id"
EVERYTHING = f"SELECT {COLUMNS} FROM audit ORDER BY number"


class Filter(Struct, frozen=True):
    """What a page is narrowed to; empty texts: not. `since` and `until` in milliseconds UTC, the latter excluded."""

    actor: str = ""
    object: str = ""
    noun: str = ""
    since: int = 0
    until: int = 2**53


class Head(Struct, frozen=True):
    """The newest entry's number and hash: who notes it elsewhere can tell later whether anything was changed."""

    number: int = 0
    hash: str = ""


def append(tx: Transaction, entry: AuditEntry) -> AuditEntry:
    """Store an entry behind the newest one; `number`, `previous` and `hash` are given here."""
    rows = tx.execute(_HEAD)
    number, previous = (int(str(rows[0][0])), str(rows[0][1])) if rows else (0, "")
    placed = replace(entry, number=number + 1, previous=previous)
    whole = replace(placed, hash=sealed(placed))
    tx.execute(_INSERT, msgspec.structs.asdict(whole))
    return whole


async def page(database: Database, narrowed: Filter, before: int, limit: int) -> list[AuditEntry]:
    """Entries below a number, newest first."""
    parameters = {**msgspec.structs.asdict(narrowed), "before": before, "limit": limit}
    return [entry(row) for row in await database.read(_PAGE, parameters, many=True)]


async def actors(database: Database) -> list[tuple[str, str, str]]:
    """Everybody who ever did something: id, name, kind."""
    return [(str(row[0]), str(row[1]), str(row[2])) for row in await database.read(_ACTORS)]


async def head(database: Database) -> Head:
    """The newest entry."""
    rows = await database.read(_HEAD)
    return Head(int(str(rows[0][0])), str(rows[0][1])) if rows else Head()


def entry(row: Row | tuple[Any, ...]) -> AuditEntry:
    """A row as the value that its hash is of."""
    return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), AuditEntry)
