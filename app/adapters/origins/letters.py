"""Dead letters of a source: what could not be read, mapped or kept, with its bytes, its place and why."""

from collections.abc import Mapping, Sequence

from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.proving.secrets import Masker
from app.adapters.sinks.sink import Outcome, Ready
from app.adapters.specs.model import Source
from app.model.clock import Clock
from app.model.errors import Problem, Unavailable
from app.model.ids import Ids
from app.settings import Limits
from app.storage import dead_letters
from app.storage.database import Transaction
from app.storage.dead_letters import DeadLetter, Kept

_CAME_BYTES_MAX = 16_384


class Letters:
    """Makes and keeps them; secrets are masked."""

    def __init__(self, source: Source, masker: Masker, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._source = source
        self._masker = masker
        self._ids = ids
        self._clock = clock
        self._limits = limits

    def of_record(
        self, stage: str, record: Tree, problem: Problem, name: str = "", came: Mapping[str, Tree] = {}
    ) -> Kept:
        """One record, as JSON; `name` is what its system calls it, `came` what a map may refer to beside it."""
        raw = self._masker.bytes(json.encode(record))
        return Kept(self.made(stage, problem, "json", name), raw, self._encoded(came))

    def of_bytes(self, raw: bytes, problem: Problem, came: Mapping[str, Tree] = {}) -> Kept:
        """A document that could not be read."""
        return Kept(self.made("read", problem, "raw", ""), self._masker.bytes(raw), self._encoded(came))

    def set_aside(
        self, tx: Transaction, ready: Sequence[Ready], outcomes: Sequence[Outcome], came: Mapping[str, Tree] = {}
    ) -> int:
        """Keep those that could not be written; how many."""
        failed = [
            self.of_record("write", one.mapped.record, outcome.problem, one.mapped.external_id, came)
            for one, outcome in zip(ready, outcomes, strict=True)
            if outcome.problem is not None
        ]
        self.keep(tx, failed)
        return len(failed)

    def keep(self, tx: Transaction, dead: Sequence[Kept]) -> None:
        """Keep these. Raises `Unavailable` (dead_letters_full): then nothing of it is taken, and it comes again."""
        if not dead:
            return
        held = dead_letters.held(tx, self._source.name)
        if held.letters + len(dead) > self._limits.dead_letters_max or held.bytes > self._limits.dead_letters_bytes_max:
            raise _full(held.letters)
        for one in dead:
            dead_letters.add(tx, one.letter, one.raw, one.came)

    def made(self, stage: str, problem: Problem, form: str, name: str, number: str = "") -> DeadLetter:
        """What is told of a problem; `number` is the letter's own where it is there already."""
        return DeadLetter(
            number or self._ids.new(), self._source.name, self._source.version, self._clock.now_ms(), stage,
            problem.code, problem.field, self._masker.text(problem.en), self._masker.text(problem.zh), form, name,
        )  # fmt: skip

    def _encoded(self, came: Mapping[str, Tree]) -> bytes:
        """Without what is too much to be kept beside every letter."""
        encoded = self._masker.bytes(json.encode(dict(came))) if came else b""
        return encoded if len(encoded) <= _CAME_BYTES_MAX else b""


def _full(letters: int) -> Unavailable:
    return Unavailable(
        "dead_letters_full",
        f"{letters} records of this source could not be taken. Mend its map, then replay or throw them away; it rests.",
        f"该数据源已有 {letters} 条记录无法接收。请修改映射后重放或丢弃；在此之前它会暂停。",
    )
