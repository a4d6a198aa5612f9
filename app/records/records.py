"""Records: what a source brings is kept once, and stands beside the contact it belongs to."""

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.policy import demand
from app.model.clock import Clock
from app.model.errors import Invalid, not_found
from app.model.events import RecordChanged, RecordsMoved
from app.model.ids import Ids
from app.model.principals import Principal
from app.model.records import FoundRecord, Record, RecordKind
from app.records import bodies, keys
from app.settings import Limits
from app.storage import contacts, records
from app.storage.database import Database, Transaction
from app.storage.records import Place

_DIGEST_BYTES = 16


class Brought(Struct, frozen=True):
    """One record as a map made it: `changed_at` in ms UTC, 0 where its system does not say."""

    mapped: dict[str, Any]
    changed_at: int = 0


class Written(Struct, frozen=True):
    """What became of one: `written`, `unchanged`, `older`."""

    record_id: str
    outcome: str


class RecordPage(Struct, frozen=True):
    """The newest first; `next` leads to the page after it."""

    records: list[FoundRecord]
    next: str | None


class Records:
    """Keeps and shows records."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self.heard: frozenset[str] = frozenset()  # names of events that somebody listens for

    def prepared(self, source: str, kind: RecordKind, brought: Brought, spec: str) -> "Prepared":
        """A record checked and encoded, outside of any transaction: the writer's time is everybody's.

        Raises `Invalid` (record_malformed) with the path of what is wrong.
        """
        body = bodies.shaped(kind, brought.mapped)
        encoded = records.encoded(body)
        if len(encoded) > self._limits.record_bytes_max:
            raise Invalid(
                "record_too_large",
                f"The record {body.id} has {len(encoded)} bytes; at most {self._limits.record_bytes_max} are kept. "
                "Map fewer fields.",
                f"记录 {body.id} 有 {len(encoded)} 字节，最多保存 {self._limits.record_bytes_max} 字节。"
                "请减少映射的字段。",
            )
        now = self._clock.now_ms()
        at = bodies.happened_at(body)
        digest = hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()
        record = Record(
            self._ids.new(), source, body.id, body, brought.changed_at or now if at is None else at,
            brought.changed_at, now, digest, spec,
        )  # fmt: skip
        return Prepared(record, encoded, tuple(keys.of_body(body)))

    def write(self, tx: Transaction, prepared: "Sequence[Prepared]") -> list[Written]:
        """Store these in the caller's transaction, in their order: with the cursor that led to them."""
        done: list[Written] = []
        keys: set[str] = set()
        for one in prepared:
            saved = records.save(tx, one.record, one.encoded, one.keys)
            done.append(Written(saved.id, saved.outcome))
            if saved.outcome == "written":
                keys.update(one.keys, saved.lost)
                self._tell(tx, "record.upserted", replace(one.record, id=saved.id))
        self._move(tx, keys)
        return done

    def called(self, tx: Transaction, source: str, kind: RecordKind, external_id: str) -> Record | None:
        """One by what its system calls it."""
        return records.of_external(tx, source, kind, external_id)

    def forget(self, tx: Transaction, source: str, limit: int) -> int:
        """Remove up to `limit` records of a system; how many went."""
        gone, keys = records.forget(tx, source, limit)
        for record in gone:
            self._tell(tx, "record.forgotten", record)
        self._move(tx, keys)
        return len(gone)

    def _tell(self, tx: Transaction, name: str, record: Record) -> None:
        if name in self.heard:
            tx.record(RecordChanged(name, record))

    def _move(self, tx: Transaction, found_by: Collection[str]) -> None:
        """Windows that show one of these contacts look again."""
        if found_by and (whose := contacts.called(tx, *keys.facts_of(found_by))):
            tx.announce(RecordsMoved(tuple(whose)))

    async def beside(
        self, principal: Principal, contact_id: str, kind: RecordKind | None, before: str, limit: int
    ) -> RecordPage:
        """What joined systems hold of a contact; raises `NotFound`, `Forbidden`, `Invalid`."""
        demand(principal, "record.read")
        contact = await contacts.find(self._database, contact_id)
        if contact is None:
            raise not_found()
        known = keys.of_contacts([contact, *await contacts.merged_into(self._database, contact_id)])
        found = await records.by_keys(self._database, list(known), kind, _place(before), limit + 1)
        page = found[:limit]
        once: dict[str, FoundRecord] = {}
        for record, key in page:
            by, proven = known[key]
            best = once.get(record.id)
            if best is None or (proven and not best.proven):
                once[record.id] = FoundRecord(record, by, proven)
        more = len(found) > limit
        return RecordPage(list(once.values()), f"{page[-1][0].at}-{page[-1][0].id}" if more else None)

    async def find(self, principal: Principal, record_id: str) -> Record:
        """One record; raises `NotFound`, `Forbidden`."""
        demand(principal, "record.read")
        found = await records.find(self._database, record_id)
        if found is None:
            raise not_found()
        return found


class Prepared(Struct, frozen=True):
    """A record that may be stored as it is."""

    record: Record
    encoded: bytes
    keys: tuple[str, ...]


def _place(before: str) -> Place:
    if not before:
        return Place()
    at, _, number = before.partition("-")
    if not at.lstrip("-").isdigit() or not number:
        raise Invalid(
            "cursor_unknown",
            "This page was never offered. Ask for the first one, without `before`.",
            "没有这一页。请去掉 before 参数，从第一页开始。",
            field="before",
        )
    return Place(int(at), number)
