"""The sink into our records: each once, whose word counts field by field, and what is newer."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.adapters.errors import BadDocument
from app.adapters.sinks.agreeing import Rule
from app.adapters.sinks.changes import Changed
from app.adapters.sinks.sink import Mapped, Outcome, Ready
from app.adapters.specs.model import Upsert
from app.model.errors import Problem
from app.model.records import Body, Record
from app.records.records import Brought, Prepared, Records
from app.storage.database import Transaction


class RecordSink:
    """Into our records. `changed` says when their system changed one."""

    def __init__(self, records: Records, source: str, version: str, upsert: Upsert, changed: Changed) -> None:
        self._records = records
        self._source = source
        self._version = version
        self._upsert = upsert
        self._changed = changed
        self._rule = Rule(upsert.owner, upsert.conflict)
        self._is_ruled = upsert.conflict != "newer" or "us" in upsert.owner.values()

    def prepare(self, mapped: Mapped) -> Ready:
        """Checked and encoded."""
        changed_at = self._changed.of(mapped)
        fields = self._changed.without(mapped)
        key = [str(fields[name]) for name in self._upsert.key if fields.get(name) is not None]
        if len(key) != len(self._upsert.key):
            missing = next(name for name in self._upsert.key if fields.get(name) is None)
            raise BadDocument(
                "record_key",
                missing,
                "A record without this cannot be told from the others. Map it, or name another key under `deliver`.",
                "缺少该字段，无法区分记录。请映射该字段，或在 deliver 中改用其他 key。",
            )
        brought = Brought({**fields, "id": ":".join(key)}, changed_at)
        try:
            prepared = self._records.prepared(self._source, self._upsert.kind, brought, self._version)
        except BadDocument:
            raise
        except Problem as problem:
            raise BadDocument(problem.code, problem.field, problem.en, problem.zh) from problem
        return Ready(mapped, prepared)

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """Each once; the newest wins, where the rule does not say otherwise."""
        if not self._is_ruled:
            prepared: list[Prepared] = [one.thing for one in ready]
            return [Outcome(one.outcome) for one in self._records.write(tx, prepared)]
        # one by one: what a page brings twice is held against what it brought first
        return [Outcome(self._records.write(tx, [self._ruled(tx, one.thing)])[0].outcome) for one in ready]

    def _ruled(self, tx: Transaction, prepared: Prepared) -> Prepared:
        """With what is there already where that counts."""
        coming = prepared.record
        there = self._records.called(tx, coming.source, coming.kind, coming.external_id)
        if there is None or (self._upsert.conflict == "newer" and coming.changed_at < there.changed_at):
            return prepared  # the first, or an older one that changes nothing
        kept = {name: value for name, value in _plain(there.body).items() if not self._is_taken(name, there, coming)}
        brought = {name: value for name, value in _plain(coming.body).items() if name not in kept}
        merged = Brought({**brought, **kept}, max(coming.changed_at, there.changed_at))
        return self._records.prepared(self._source, self._upsert.kind, merged, self._version)

    def _is_taken(self, name: str, there: Record, coming: Record) -> bool:
        owner = self._rule.owner_of(name)
        if owner is not None:
            return owner == "them"
        return name not in _plain(there.body) or self._rule.conflict != "ours"


def _plain(body: Body) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(body)
    return {name: value for name, value in told.items() if name != "kind"}
