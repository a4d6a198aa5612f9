"""What other systems bring by themselves: proven, told apart from what came before, mapped and stored in one step.

Whoever proves himself is answered when it is stored: what cannot be read or mapped is kept aside with its bytes and
answered like the rest, for sending it again would not mend it. The same delivery again changes nothing.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache, partial

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.calls.pace import Bucket, Strangers
from app.adapters.errors import BadDocument, Refused
from app.adapters.formats import json
from app.adapters.formats.options import Message
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at, read_text
from app.adapters.maps.paths import IN_REQUESTS, References
from app.adapters.maps.recipes import Recipe
from app.adapters.maps.times import moment
from app.adapters.origins.details import Details
from app.adapters.origins.documents import decoded, options_of, xml_encoder
from app.adapters.origins.letters import Letters
from app.adapters.origins.lots import Failed
from app.adapters.origins.replies import Answered, Replies
from app.adapters.origins.samples import Samples
from app.adapters.proving.crypto import decrypt
from app.adapters.proving.proofs import Arrived, Once, Unproven, named, prove
from app.adapters.proving.secrets import Known, Masker
from app.adapters.proving.signing import text_of
from app.adapters.sinks.sink import Mapped, Ready, Sink, settled
from app.adapters.specs.model import NOWHERE, Pace, Receive, Source
from app.model.arrivals import Arrival, Taken
from app.model.clock import Clock
from app.model.errors import TooMany, Unavailable
from app.model.ids import Ids
from app.settings import Limits
from app.storage import source_deliveries, source_drift
from app.storage.database import Database, Transaction
from app.storage.dead_letters import Kept
from app.telemetry import traces
from app.telemetry.log import logger

_ID_CHARACTERS_MAX = 200
_DIGEST_BYTES = 16
_FRONTS = 16  # processes that have the port, at most
_MINUTE_SECONDS, _HOUR_MS, _SECOND_MS = 60, 3_600_000, 1_000
_PROOFS = frozenset({"authorization", "cookie", "proxy-authorization"})  # are not kept: they prove, and say nothing
_log = logger("adapters")


class Delivery(Struct, frozen=True):
    """One that is ready to be stored: what must not come twice, what it is called there, and what it holds."""

    digest: str
    once: Sequence[Once]
    name: str
    ready: Sequence[Ready]
    dead: Sequence[Kept]
    came: Mapping[str, Tree]
    drift: Mapping[tuple[str, str, str], int]


class Receiving:
    """One source that is called."""

    def __init__(
        self,
        source: Source,
        recipe: Recipe,
        sink: Sink,
        secrets: Known,
        masker: Masker,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        samples: Samples | None = None,
        message: Message | None = None,
        details: Details | None = None,
    ) -> None:
        assert isinstance(source.origin, Receive)
        self._details = details
        self._masker = masker
        self._samples = samples
        self._receive = source.origin
        self._source = source
        self._recipe = recipe
        self._sink = sink
        self._secrets = secrets
        self._letters = Letters(source, masker, ids, clock, limits)
        self._bucket = Bucket(self._receive.pace, clock.monotonic()) if self._receive.pace is not None else None
        tries = Pace(per_second=limits.source_unproven_per_minute / _MINUTE_SECONDS, burst=limits.source_unproven_burst)
        self._strangers = Strangers(tries, limits.source_unproven_addresses_max)
        self._database = database
        self._ids = ids
        self._lines: OrderedDict[str, None] = OrderedDict()  # that are open, the oldest first
        self._clock = clock
        self._limits = limits
        self._options = options_of(source.records.lists, limits, message)
        self._id = compile_rule(read_at(self._receive.id, NOWHERE)).run if self._receive.id else None
        encode_xml = xml_encoder(limits)
        self._replies = Replies(self._receive, secrets, self._receiver(), encode_xml, clock, ids.key)

    @property
    def bytes_max(self) -> int:
        """Of one delivery: more is not even read."""
        return self._receive.bytes

    async def take(self, arrival: Arrival) -> Taken:
        """As `Systems.take`."""
        answered = await self.answer(_arrived(arrival), arrival.line)
        return Taken(answered.body, answered.content_type)

    async def open_line(self, arrival: Arrival) -> str:
        """As `Systems.open_line`. What may not come twice may not open a second line."""
        once = self._proven(_arrived(arrival))
        if await self._is_repeated(once):
            raise Unproven("it came before")
        self._demand_pace()
        number = self._ids.token()
        await self._database.write(partial(self._note_line, once, number))
        self._lines[number] = None
        if len(self._lines) > self._limits.source_lines_max * _FRONTS:
            self._lines.popitem(last=False)
        return number

    def _note_line(self, once: Sequence[Once], number: str, tx: Transaction) -> None:
        for one in once:
            until = round(one.until * _SECOND_MS)
            if source_deliveries.take(tx, self._source.name, f"once:{one.key}", number, until) is not None:
                raise Unproven("it came before")

    async def answer(self, arrived: Arrived, line: str = "") -> Answered:
        """Raises `Unproven`, `TooMany`; `Unavailable` where it cannot be stored now: then they send it again.

        By a `line` it is proven already, and is told apart by what it says itself: headers are those of its opening.
        """
        said = "" if line else traces.read(arrived.headers.get(traces.HEADER, ""))
        with traces.within(said or traces.current() or traces.begun(self._ids.new())):
            return await self._answered(arrived, line)

    async def _answered(self, arrived: Arrived, line: str) -> Answered:
        read = cache(partial(self._read, arrived))
        arrived = replace(arrived, parsed=read)
        once = self._of_line(line) if line else self._proven(arrived)
        if not await self._is_repeated(once):
            self._demand_pace()
        if arrived.method == "GET":
            return self._checked(arrived)
        document: Tree = None
        name, ready, dead = "", list[Ready](), list[Kept]()
        drift: Mapping[tuple[str, str, str], int] = {}
        try:
            document = self._opened(arrived) if self._receive.decrypt else read()
            echo = self._echo(document)
            if echo is not None:
                return echo
            name = "" if line and self._receive.id.startswith("$") else self._name(document, arrived)
            drift = await self._map(document, arrived, ready, dead)
            ready = [*await settled(self._sink, ready)]
        except BadDocument as problem:
            dead.append(self._letters.of_bytes(arrived.body, problem, _beside(arrived)))
        answered = self._reply(document, arrived, name)
        await self._database.write(
            partial(self._write, Delivery(_digest(arrived), once, name, ready, dead, _beside(arrived), drift))
        )
        return answered

    async def tidy(self) -> None:
        """Forget, portion by portion, deliveries that need not be remembered any more."""
        most = self._limits.source_deliveries_swept
        now = self._clock.now_ms()
        while await self._database.write(lambda tx: source_deliveries.expire(tx, now, most)) == most:
            pass

    async def _is_repeated(self, once: Sequence[Once]) -> bool:
        """Whether it came before: whoever has overheard one cannot use up the pace by it either."""
        known = [await source_deliveries.is_known(self._database, self._source.name, f"once:{one.key}") for one in once]
        return any(known)

    def _of_line(self, line: str) -> Sequence[Once]:
        """Raises `Unproven` for one that this source did not open, or not as it is now."""
        if line not in self._lines:
            raise Unproven("its line is not known")
        return ()

    def _proven(self, arrived: Arrived) -> Sequence[Once]:
        """Whoever fails too often is not even looked at; what he sends uses up nothing of those who are proven."""
        now = self._clock.monotonic()
        _demand(self._strangers.wait(arrived.address, now))
        try:
            return prove(self._receive.proof, self._secrets, arrived, self._clock.now_ms() / 1_000, lambda key: False)
        except Unproven as problem:
            self._strangers.failed(arrived.address, now)
            _log.warning("a delivery is not proven", extra={"source": self._source.name, "reason": problem.reason})
            raise

    def read(self, raw: bytes, came: Mapping[str, Tree]) -> Tree:
        """A document that was put aside, read again: decrypted, too. Raises `BadDocument`."""
        headers, query = came.get("headers"), came.get("query")
        arrived = Arrived(
            headers={name: text_of(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
            query=tuple((name, text_of(value)) for name, value in query.items()) if isinstance(query, dict) else (),
            body=raw,
        )
        arrived = replace(arrived, parsed=partial(self._read, arrived))
        return self._opened(arrived) if self._receive.decrypt else self._read(arrived)

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
        if how is not None and not check.plain:
            return Answered(decrypt(how, self._secrets[how.key], self._receiver(), said))
        return Answered(said.encode())

    def _echo(self, document: Tree) -> Answered | None:
        check = self._receive.check
        if check is None or not check.at:
            return None
        said = compile_rule(read_at(check.at, NOWHERE)).run(document, Context({}))
        return None if said is None else Answered(json.encode({check.at: said}), "application/json")

    def _name(self, document: Tree, arrived: Arrived) -> str:
        """What tells this delivery from another."""
        if self._id is None:
            return ""
        return text_of(self._id(document, Context(self._references(arrived))))[:_ID_CHARACTERS_MAX]

    def _references(self, arrived: Arrived) -> dict[str, Tree]:
        return {
            "now": moment(self._clock.now_ms()), "source": self._source.name, "headers": dict(arrived.headers),
            "query": dict(arrived.query), "settings": dict(self._source.settings),
        }  # fmt: skip

    async def _map(
        self, document: Tree, arrived: Arrived, ready: list[Ready], dead: list[Kept]
    ) -> Mapping[tuple[str, str, str], int]:
        """Of a large delivery others have their turns in between; what its map does not know."""
        context = Context(self._references(arrived), limits=self._limits)
        records = self._recipe.records_of(document)
        if self._details is not None:
            records, unhad = await self._detailed(records)
            dead += [self._letters.of_record("ask", one.record, one.problem, came=_beside(arrived)) for one in unhad]
        if self._samples is not None:
            self._samples.keep(records, self._masker)
        for number, record in enumerate(records, 1):
            name = text_of(self._recipe.named(record, context)) if self._recipe.named is not None else ""
            try:
                if self._recipe.where is None or self._recipe.where(record, context) is True:
                    ready.append(self._sink.prepare(Mapped(record, self._recipe.fields(record, context), name)))
            except BadDocument as problem:
                dead.append(self._letters.of_record("map", record, problem, name, _beside(arrived)))
            if number % self._limits.source_turn_records == 0:
                await asyncio.sleep(0)
        return context.drift()

    async def _detailed(self, records: Sequence[Tree]) -> tuple[Sequence[Tree], Sequence[Failed]]:
        """What they stand for. Where that cannot be asked for now, none of it is taken, and they send it again."""
        assert self._details is not None
        try:
            return await self._details.every(records)
        except Refused as refusal:
            raise Unavailable(refusal.code, refusal.en, refusal.zh) from None

    def _write(self, delivery: Delivery, tx: Transaction) -> None:
        """All of it, or nothing where it is their retry."""
        if self._is_again(delivery, tx):
            return
        self._letters.set_aside(tx, delivery.ready, self._sink.write(tx, delivery.ready), delivery.came)
        self._letters.keep(tx, delivery.dead)
        if delivery.drift:
            now, most = self._clock.now_ms(), self._limits.adapter_drift_paths_max
            source_drift.count(tx, self._source.name, delivery.drift, now, most)

    def _is_again(self, delivery: Delivery, tx: Transaction) -> bool:
        """Whether it was taken before. Raises `Unproven` where a signature that was used comes with something else."""
        kept = self._clock.now_ms() + self._limits.source_deliveries_hours * _HOUR_MS
        for one in delivery.once:
            until = max(kept, round(one.until * _SECOND_MS))
            before = source_deliveries.take(tx, self._source.name, f"once:{one.key}", delivery.digest, until)
            if before is not None and before != delivery.digest:
                raise Unproven("it came before, and was another")
            if before is not None:
                return True
        if not delivery.name:
            return False
        name = f"id:{delivery.name}"
        return source_deliveries.take(tx, self._source.name, name, delivery.digest, kept) is not None

    def _reply(self, document: Tree, arrived: Arrived, name: str) -> Answered:
        """Where it cannot be made of what came, that it is stored is all they are told."""
        try:
            return self._replies.made(document, {**self._references(arrived), "id": name})
        except BadDocument as problem:
            _log.warning("a reply cannot be made", extra={"source": self._source.name, "reason": problem.en})
            return Answered()

    def _demand_pace(self) -> None:
        if self._bucket is None:
            return
        now = self._clock.monotonic()
        _demand(self._bucket.wait(now))
        self._bucket.take(now)


def _arrived(arrival: Arrival) -> Arrived:
    return Arrived(
        arrival.method, arrival.path, arrival.query, arrival.headers, arrival.body, arrival.address,
        arrival.certificate,
    )  # fmt: skip


def _demand(wait: float) -> None:
    if wait > 0:
        raise TooMany(
            "source_pace",
            f"This source takes no more just now. Send again in {wait:.1f} s.",
            f"该数据源暂时不再接收。请在 {wait:.1f} 秒后重试。",
            retry_after_ms=round(wait * 1_000),
        )


def _digest(arrived: Arrived) -> str:
    """Of what came, however it was signed: a retry may be signed anew."""
    said = arrived.body or repr(arrived.query).encode()
    return hashlib.blake2b(said, digest_size=_DIGEST_BYTES).hexdigest()


def _beside(arrived: Arrived) -> dict[str, Tree]:
    """What a map may refer to beside the body, as it is kept with a letter."""
    headers: dict[str, Tree] = {name: value for name, value in arrived.headers.items() if name not in _PROOFS}
    return {"headers": headers, "query": dict(arrived.query)}
