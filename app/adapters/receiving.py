"""What other systems bring by themselves: proven, told apart from what came before, mapped and stored in one step.

Whoever proves himself is answered when it is stored: what cannot be read or mapped is kept aside with its bytes and
answered like the rest, for sending it again would not mend it. The same delivery again changes nothing.
"""

from collections.abc import Sequence
from functools import cache, partial

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.compiler import compile_rule
from app.adapters.context import Context
from app.adapters.crypto import decrypt
from app.adapters.documents import decoded, options_of
from app.adapters.errors import BadDocument
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.letters import Letters
from app.adapters.mapping import read_at, read_text
from app.adapters.model import NOWHERE, Receive, Source
from app.adapters.pace import Bucket
from app.adapters.paths import IN_REQUESTS, References
from app.adapters.proofs import Arrived, Once, Unproven, named, prove
from app.adapters.recipes import Recipe
from app.adapters.secrets import Known, Masker
from app.adapters.signing import text_of
from app.adapters.sinks import Mapped, Ready, Sink
from app.adapters.times import moment
from app.model.arrivals import Arrival, Taken
from app.model.clock import Clock
from app.model.errors import TooMany
from app.model.ids import Ids
from app.settings import Limits
from app.storage import dead_letters, source_deliveries
from app.storage.database import Database, Transaction
from app.storage.dead_letters import DeadLetter
from app.telemetry.log import logger

_TEXT = "text/plain; charset=utf-8"
_AGAIN = "again"
_ID_CHARACTERS_MAX = 200
_log = logger("adapters")


class Answered(Struct, frozen=True):
    """What they are told."""

    body: bytes = b""
    content_type: str = _TEXT


class Receiving:
    """One source that is called."""

    def __init__(
        self,
        source: Source,
        recipe: Recipe,
        sink: Sink,
        secrets: Known,
        masker: Masker,
        bucket: Bucket | None,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
    ) -> None:
        assert isinstance(source.origin, Receive)
        self._receive = source.origin
        self._source = source
        self._recipe = recipe
        self._sink = sink
        self._secrets = secrets
        self._letters = Letters(source, masker, ids, clock)
        self._bucket = bucket
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._options = options_of(source.records.lists, limits)
        self._id = compile_rule(read_at(self._receive.id, NOWHERE)).run if self._receive.id else None

    @property
    def bytes_max(self) -> int:
        """Of one delivery: more is not even read."""
        return self._receive.bytes

    async def take(self, arrival: Arrival) -> Taken:
        """As `Systems.take`."""
        answered = await self.answer(
            Arrived(arrival.method, arrival.path, arrival.query, arrival.headers, arrival.body, arrival.address)
        )
        return Taken(answered.body, answered.content_type)

    async def answer(self, arrived: Arrived) -> Answered:
        """Raises `Unproven`, `TooMany`; `Unavailable` where it cannot be stored now: then they send it again."""
        self._demand_pace()
        read = cache(partial(self._read, arrived))
        arrived = replace(arrived, parsed=read)
        try:
            once = prove(self._receive.proof, self._secrets, arrived, self._clock.now_ms() / 1_000, lambda key: False)
        except Unproven as problem:
            _log.warning("a delivery is not proven", extra={"source": self._source.name, "reason": problem.reason})
            raise
        if arrived.method == "GET":
            return self._checked(arrived)
        ready: list[Ready] = []
        dead: list[tuple[DeadLetter, bytes]] = []
        delivery = ""
        try:
            document = self._opened(arrived) if self._receive.decrypt else read()
            echo = self._echo(document)
            if echo is not None:
                return echo
            delivery = self._delivery(document, arrived)
            self._map(document, arrived, ready, dead)
        except BadDocument as problem:
            dead.append(self._letters.of_bytes(arrived.body, problem))
        await self._database.write(partial(self._write, once, delivery, ready, dead))
        return self._reply()

    def _read(self, arrived: Arrived) -> Tree:
        return decoded(self._receive.answer, arrived.headers.get("content-type", ""), arrived.body, self._options)

    def _opened(self, arrived: Arrived) -> Tree:
        how = self._receive.decrypt
        assert how is not None
        raw = decrypt(how, self._secrets[how.key], self._receiver(), named(how.at, arrived))
        return decoded("auto", "", raw, self._options)

    def _receiver(self) -> str:
        how = self._receive.decrypt
        if how is None or not how.id:
            return ""
        known = References(IN_REQUESTS.names, frozenset(self._secrets))
        settings: dict[str, Tree] = {"settings": dict(self._source.settings)}
        return text_of(compile_rule(read_text(how.id, NOWHERE, known)).run(None, Context(settings, self._secrets)))

    def _checked(self, arrived: Arrived) -> Answered:
        """Their trial of the address."""
        check = self._receive.check
        if check is None or not check.query:
            raise Unproven("a GET where no check is expected")
        said = named(check.query, arrived)
        how = self._receive.decrypt
        if how is not None:
            return Answered(decrypt(how, self._secrets[how.key], self._receiver(), said))
        return Answered(said.encode())

    def _echo(self, document: Tree) -> Answered | None:
        check = self._receive.check
        if check is None or not check.at:
            return None
        said = compile_rule(read_at(check.at, NOWHERE)).run(document, Context({}))
        return None if said is None else Answered(json.encode({check.at: said}), "application/json")

    def _delivery(self, document: Tree, arrived: Arrived) -> str:
        if self._id is None:
            return ""
        return text_of(self._id(document, Context(self._references(arrived))))[:_ID_CHARACTERS_MAX]

    def _references(self, arrived: Arrived) -> dict[str, Tree]:
        return {
            "now": moment(self._clock.now_ms()), "source": self._source.name, "headers": dict(arrived.headers),
            "query": dict(arrived.query), "settings": dict(self._source.settings),
        }  # fmt: skip

    def _map(self, document: Tree, arrived: Arrived, ready: list[Ready], dead: list[tuple[DeadLetter, bytes]]) -> None:
        context = Context(self._references(arrived), limits=self._limits)
        for record in self._recipe.records_of(document):
            try:
                if self._recipe.where is not None and self._recipe.where(record, context) is not True:
                    continue
                ready.append(self._sink.prepare(Mapped(record, self._recipe.fields(record, context))))
            except BadDocument as problem:
                dead.append(self._letters.of_record("map", record, problem))

    def _write(
        self,
        once: Sequence[Once],
        delivery: str,
        ready: Sequence[Ready],
        dead: Sequence[tuple[DeadLetter, bytes]],
        tx: Transaction,
    ) -> str:
        now, name = self._clock.now_ms(), self._source.name
        for one in once:
            if not source_deliveries.take(tx, name, f"once:{one.key}", now):
                raise Unproven("it came before")
        if delivery and not source_deliveries.take(tx, name, f"id:{delivery}", now):
            return _AGAIN
        self._letters.set_aside(tx, ready, self._sink.write(tx, ready))
        for letter, raw in dead:
            dead_letters.add(tx, letter, raw)
        return ""

    def _reply(self) -> Answered:
        reply = self._receive.reply
        return Answered(reply.text.encode() if reply is not None else b"")

    def _demand_pace(self) -> None:
        if self._bucket is None:
            return
        wait = self._bucket.wait(self._clock.monotonic())
        if wait > 0:
            raise TooMany(
                "source_pace",
                f"This source takes no more just now. Send again in {wait:.1f} s.",
                f"该数据源暂时不再接收。请在 {wait:.1f} 秒后重试。",
                retry_after_ms=round(wait * 1_000),
            )
        self._bucket.take(self._clock.monotonic())
