"""The engine: every active source has a task, which reads it round by round for ever.

A source that fails waits and is tried again; it ends neither another source nor the engine. A spec that changes ends
its task between two transactions and begins the next, which goes on where the last one was.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.acting import TicketSink
from app.adapters.asking import Asking
from app.adapters.dispatching import Dispatching
from app.adapters.documents import decoder, xml_encoder
from app.adapters.errors import BadSpec
from app.adapters.formats.tree import Tree
from app.adapters.ground import Ground
from app.adapters.model import Act, Call, Events, Receive, Retry, Send, Source, Upsert
from app.adapters.network import Network
from app.adapters.pace import Bucket
from app.adapters.polling import Polling
from app.adapters.protocols.http import HttpClient
from app.adapters.receiving import Receiving
from app.adapters.recipes import Recipe
from app.adapters.requests import Requests
from app.adapters.secrets import Finder, Known, Masker, Vault
from app.adapters.sending import Sending, Waiting, attempts_within, topic_of
from app.adapters.sinks import RecordSink, Sink
from app.adapters.times import moment
from app.adapters.tokens import Tokens
from app.model.errors import Problem
from app.storage.source_runs import RunCounts
from app.telemetry.log import logger

_log = logger("adapters")


class SourceState(Struct, frozen=True):
    """How a source is: `state` is starting, reading, waiting, failing, down; times in ms UTC, 0: never.

    `read_until`: everything that changed before it is here. `code`, `en`, `zh` are the last trouble, empty since it is
    over; `counts` are of the last round that brought something.
    """

    name: str
    version: str
    state: str = "starting"
    held_at: int = 0
    read_until: int = 0
    counts: RunCounts = RunCounts()
    code: str = ""
    en: str = ""
    zh: str = ""


class Engine:
    """Runs sources until it is told of others."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._states: dict[str, SourceState] = {}
        self._buckets: dict[str, Bucket] = {}  # by credential
        self._hurried: dict[str, asyncio.Event] = {}
        self.doors: dict[str, Receiving] = {}  # sources that are called, by name

    @property
    def states(self) -> Mapping[str, SourceState]:
        """Of every source that runs, by name."""
        return self._states

    async def adopt(self, sources: Mapping[str, Source]) -> None:
        """These run from now on: what is another is begun anew, what is gone is ended, the rest goes on."""
        for name in list(self._tasks):
            if name not in sources or sources[name].version != self._states[name].version:
                await self._end(name)
        for name, source in sources.items():
            if name not in self._tasks and source.enabled:
                self._states[name] = SourceState(name, source.version)
                self._hurried[name] = asyncio.Event()
                self._tasks[name] = asyncio.create_task(self._keep(source), name=f"source {name}")

    async def close(self) -> None:
        """End every source, each between two transactions."""
        for name in list(self._tasks):
            await self._end(name)

    def hurry(self, name: str) -> bool:
        """Read a source now, without waiting for its next round; whether it runs."""
        if name in self._hurried:
            self._hurried[name].set()
        return name in self._hurried

    async def _end(self, name: str) -> None:
        task = self._tasks.pop(name)
        self._states.pop(name, None)
        self._hurried.pop(name, None)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _keep(self, source: Source) -> None:
        """One source for ever; what it needs is made anew when that could not be made."""
        while True:
            try:
                async with _Client(self._ground, source) as client, self._sending(source, client):
                    await self._run(source, client)
            except Problem as problem:
                self._failed(source, problem)
            except Exception:  # noqa: BLE001 - one source must not end the others
                _log.exception("a source broke", extra={"source": source.name})
            await self._wait(source, self._ground.limits.source_rest_seconds)

    async def _run(self, source: Source, client: HttpClient) -> None:
        parts = self._parts(source)
        match source.origin:
            case Call():
                asking = self._asking(source, source.origin, client, parts)
                await self._poll(source, self._polling(source, asking, parts))
            case Events():
                await self._listen(source, parts)
            case Receive():
                await self._open_door(source, source.origin, parts)
            case _:
                raise _not_yet(source)

    async def _listen(self, source: Source, parts: "_Parts") -> None:
        ground = self._ground
        listening = Dispatching(
            source, Recipe(source, ground.limits), self._sink(source), parts.masker, ground.database, ground.ids,
            ground.clock, ground.limits,
        )  # fmt: skip
        stop = ground.bus.subscribe(listening.wake)
        self._tell(source, state="waiting", held_at=ground.clock.now_ms(), code="", en="", zh="")
        try:
            await listening.run()
        finally:
            stop()

    async def _open_door(self, source: Source, receive: Receive, parts: "_Parts") -> None:
        """Until cancelled."""
        ground = self._ground
        bucket = Bucket(receive.pace, ground.clock.monotonic()) if receive.pace is not None else None
        self.doors[source.name] = Receiving(
            source, Recipe(source, ground.limits), self._sink(source), parts.secrets, parts.masker, bucket,
            ground.database, ground.ids, ground.clock, ground.limits,
        )  # fmt: skip
        self._tell(source, state="waiting", held_at=ground.clock.now_ms(), code="", en="", zh="")
        try:
            await asyncio.Event().wait()
        finally:
            del self.doors[source.name]

    @asynccontextmanager
    async def _sending(self, source: Source, client: HttpClient) -> AsyncIterator[None]:
        """While the block runs, what waits to leave leaves."""
        if not isinstance(source.deliver, Send):
            yield
            return
        ground, send = self._ground, source.deliver
        parts = self._parts(source)
        once = replace(send, retry=Retry(times=0))  # the outbox tries again: it outlives the process
        asking = self._asking(source, once, client, parts)
        sending = Sending(source, send, asking, parts.masker, ground.database, ground.ids, ground.clock)
        delay = ground.limits.source_send_delay_ms_max
        ground.outbox.handle(
            topic_of(source.name),
            sending.deliver,
            batch_max=1,
            lease_seconds=send.timeout + ground.limits.outbox_lease_seconds,
            attempts_max=attempts_within(send.give_up, ground.limits.outbox_delay_ms_min, delay),
            delay_ms_max=delay,
        )
        try:
            yield
        finally:
            await ground.outbox.release(topic_of(source.name))

    async def _poll(self, source: Source, polling: Polling) -> None:
        every = source.follow.every if source.follow else self._ground.limits.source_rest_seconds
        while True:
            self._tell(source, state="reading")
            try:
                run = await polling.round()
            except Problem as problem:
                self._failed(source, problem, down=polling.is_down)
                await self._wait(source, max(every, (problem.retry_after_ms or 0) / 1_000))
                continue
            position = await polling.position()
            known = {"counts": run.counts} if run.counts.fetched else {}
            self._tell(
                source, state="waiting", held_at=self._ground.clock.now_ms(), read_until=position.until,
                code="", en="", zh="", **known,
            )  # fmt: skip
            if not polling.is_behind(position):
                await self._wait(source, every)

    async def _wait(self, source: Source, seconds: float) -> None:
        hurried = self._hurried[source.name]
        try:
            async with asyncio.timeout(seconds):
                await hurried.wait()
        except TimeoutError:
            pass
        hurried.clear()

    def _parts(self, source: Source) -> "_Parts":
        secrets = Finder(Vault(self._ground.keys / "adapters"), self._ground.folder).all(source.secrets)
        return _Parts(secrets, Masker(secrets.values()))

    def _asking(self, source: Source, call: Call, client: HttpClient, parts: "_Parts") -> Asking:
        """A call as it is asked; with a token, that one's call is asked by the same client."""
        ground = self._ground
        lists = source.records.lists if call is source.origin else ()
        token = None
        if call.token is not None:
            lender = self._asking(source, call.token.call, client, parts)
            keep = partial(self._keep_secret, source, parts)
            token = Tokens(call.token, lender, self._now, keep, parts.masker.learn, ground.clock).current
        return Asking(
            call, Requests(call, parts.secrets, xml_encoder(ground.limits)), client,
            decoder(call.answer, lists, ground.limits), self._bucket(source, call), parts.masker, ground.clock,
            ground.chance, token,
        )  # fmt: skip

    def _now(self) -> dict[str, Tree]:
        return {"now": moment(self._ground.clock.now_ms())}

    def _keep_secret(self, source: Source, parts: "_Parts", name: str, value: str) -> None:
        """A secret that its system has replaced: in the vault, so that the next start knows it, and from now on."""
        reference = source.secrets.get(name)
        if reference is not None and reference.kind == "vault":
            Vault(self._ground.keys / "adapters").write(reference.at, value)
        parts.secrets.replace(name, value)
        parts.masker.learn(value)

    def _polling(self, source: Source, asking: Asking, parts: "_Parts") -> Polling:
        ground = self._ground
        return Polling(
            source, Recipe(source, ground.limits), asking, self._sink(source), parts.masker, ground.database,
            ground.ids, ground.clock, ground.limits,
        )  # fmt: skip

    def _sink(self, source: Source) -> Sink:
        match source.deliver:
            case Upsert():
                return RecordSink(self._ground.records, source.name, source.version, source.deliver)
            case Act(to="tickets.open" | "tickets.update"):
                opens = source.deliver.to == "tickets.open"
                return TicketSink(self._ground.tickets, source.name, opens=opens)
            case Send():
                return Waiting(source, source.deliver, self._ground.ids)
            case _:
                raise _not_yet(source)

    def _bucket(self, source: Source, call: Call) -> Bucket | None:
        if call.pace is None:
            return None
        reference = source.secrets.get(call.pace.secret, "") if call.pace.secret else ""
        credential = str(reference) or source.name
        return self._buckets.setdefault(credential, Bucket(call.pace, self._ground.clock.monotonic()))

    def _failed(self, source: Source, problem: Problem, *, down: bool = False) -> None:
        was = self._states.get(source.name)
        if was is None or was.code != problem.code:
            _log.warning("a source fails", extra={"source": source.name, "code": problem.code, "reason": problem.en})
        self._tell(source, state="down" if down else "failing", code=problem.code, en=problem.en, zh=problem.zh)

    def _tell(self, source: Source, **changes: object) -> None:

        if source.name in self._states:
            self._states[source.name] = replace(self._states[source.name], **changes)


class _Parts(Struct, frozen=True):
    """What a source knows and nobody is told."""

    secrets: Known
    masker: Masker


class _Client:
    """The HTTP client of a source, for as long as its task has it."""

    def __init__(self, ground: Ground, source: Source) -> None:
        proxy = source.proxy or None
        allow = [*source.allow, *([_place(proxy)] if proxy else [])]
        trust = _trust(ground.keys, source.ca)
        self._client = HttpClient(Network(allow), ground.clock, ground.limits, trust, proxy)

    async def __aenter__(self) -> HttpClient:
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


def _trust(keys: Path, ca: str) -> ssl.SSLContext:
    """The machine's authorities and ours; with `ca` that one alone."""
    import certifi

    if ca:
        return ssl.create_default_context(cafile=str(keys / ca))
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _place(proxy: str) -> str:
    parts = urlsplit(proxy)
    return f"{parts.hostname}:{parts.port or 80}"


def _not_yet(source: Source) -> BadSpec:
    return BadSpec(
        source.mark,
        "This way in or out is not built yet; a `call` that delivers to records is.",
        "尚不支持这种输入或输出方式；目前支持 call 并写入记录。",
    )
