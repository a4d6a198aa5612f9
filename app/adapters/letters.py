"""Dead letters of a source: what could not be read, mapped or kept, with its bytes, its place and why."""

from collections.abc import Sequence

from app.adapters.errors import BadDocument
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.model import Source
from app.adapters.secrets import Masker
from app.adapters.sinks import Outcome, Ready
from app.model.clock import Clock
from app.model.ids import Ids
from app.storage import dead_letters
from app.storage.database import Transaction
from app.storage.dead_letters import DeadLetter


class Letters:
    """Makes and keeps them; secrets are masked."""

    def __init__(self, source: Source, masker: Masker, ids: Ids, clock: Clock) -> None:
        self._source = source
        self._masker = masker
        self._ids = ids
        self._clock = clock

    def of_record(self, stage: str, record: Tree, problem: BadDocument, name: str = "") -> tuple[DeadLetter, bytes]:
        """One record, as JSON; `name` is what its system calls it."""
        return self._made(stage, problem, "json", name), self._masker.bytes(json.encode(record))

    def of_bytes(self, raw: bytes, problem: BadDocument) -> tuple[DeadLetter, bytes]:
        """A document that could not be read."""
        return self._made("read", problem, "raw", ""), self._masker.bytes(raw)

    def set_aside(self, tx: Transaction, ready: Sequence[Ready], outcomes: Sequence[Outcome]) -> int:
        """Keep those that could not be written; how many."""
        failed = [
            self.of_record("write", one.mapped.record, outcome.problem, one.mapped.external_id)
            for one, outcome in zip(ready, outcomes, strict=True)
            if outcome.problem is not None
        ]
        for letter, raw in failed:
            dead_letters.add(tx, letter, raw)
        return len(failed)

    def _made(self, stage: str, problem: BadDocument, form: str, name: str) -> DeadLetter:
        return DeadLetter(
            self._ids.new(), self._source.name, self._source.version, self._clock.now_ms(), stage, problem.code,
            problem.path, self._masker.text(problem.en), self._masker.text(problem.zh), form, name,
        )  # fmt: skip
