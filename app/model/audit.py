"""The audit log: what was done, by whom, to what; each entry holds the hash of the one before."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

Facts = Mapping[str, Any]


class Change(Struct, frozen=True):
    """The facts that changed, as they were and as they are; a new thing has no `before`, a deleted one no `after`."""

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}


class Subject(Struct, frozen=True):
    """What something was done to; `name` as it is called now, for it may be called otherwise or be gone later."""

    kind: str
    id: str = ""
    name: str = ""


class AuditEntry(Struct, frozen=True):
    """One act; `at` in milliseconds UTC, `change` as JSON text, `previous` and `hash` as SHA-256 in hexadecimal."""

    number: int
    at: int
    actor_kind: str
    actor_id: str
    actor_name: str
    session_id: str
    address: str
    action: str
    object_kind: str
    object_id: str
    object_name: str
    change: str
    previous: str
    hash: str = ""


def sealed(entry: AuditEntry) -> str:
    """The hash that belongs to an entry: of everything in it, the hash of the one before included."""
    facts = list(msgspec.structs.astuple(entry)[:-1])
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()
