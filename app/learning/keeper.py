"""Keeps the one engine that is at work: built beside the loop, swapped whole, corrected on the spot.

Without an intent that is enabled nothing is loaded, and without a bot nothing before somebody tries a text. While
another one is built the old one answers; what is corrected meanwhile is put onto the new one before it goes to work.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from app.intent.decision import Feedback, Thresholds, tightened
from app.intent.engine import Engine
from app.intent.linear import Model
from app.learning.corrections import CORRECTION
from app.learning.counting import DAY_MS, Counting
from app.learning.versions import Versions
from app.model.clock import Clock
from app.model.errors import Invalid, Problem
from app.model.events import Event, IntentCorrected, IntentsChanged
from app.model.intents import Classification, Correction, Intent, Phrase, Question
from app.settings import Limits
from app.storage import intent_corrections, intents
from app.storage.database import Database
from app.telemetry import heap
from app.telemetry.log import logger

_TURNS = 10
_log = logger("learning")


class _Ground(Struct, frozen=True):
    """What an engine is built from. `corrections` came after the version; `rejected` texts are not those intents."""

    intents: tuple[Intent, ...]
    model: bytes
    thresholds: Thresholds
    rejected: Sequence[tuple[str, str]]
    corrections: Sequence[Correction]


class Keeper:
    """As `model.intents.Understanding`; `run` keeps it up to date."""

    def __init__(
        self, database: Database, clock: Clock, limits: Limits, versions: Versions, counting: Counting,
        wanted: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._is_wanted = wanted
        self._database = database
        self._clock = clock
        self._limits = limits
        self._versions = versions
        self._counting = counting
        self._tried = False
        self._engine: Engine | None = None
        self._thresholds: Thresholds | None = None
        self._intents: dict[str, Intent] = {}
        self._changed = asyncio.Event()
        self._changed.set()
        self._heard: list[Correction] = []  # while the next engine is built
        self._building = asyncio.Lock()
        self._built = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._wanted = 0

    # --- what it knows ----------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """As `Understanding.ready`."""
        return self._engine is not None

    @property
    def thresholds(self) -> Thresholds | None:
        """What the engine at work runs by; None where there is none."""
        return self._thresholds if self._engine is not None else None

    def classify(self, text: str, *, inbox_id: str = "", language: str = "") -> Classification | None:
        """As `Understanding.classify`."""
        if self._engine is None:
            return None
        return self._engine.classify(text, inbox_id=inbox_id, language=language)

    async def explain(self, text: str, *, inbox_id: str = "", language: str = "") -> tuple[Classification | None, int]:
        """The same with the nearest phrases and what the model says, even where a rule answered; and microseconds."""
        await self.settled()
        if not (self._tried or self._is_wanted()):
            await self.prepare()
        if self._engine is None:
            return None, 0
        began = self._clock.monotonic()
        said = self._engine.classify(text, inbox_id=inbox_id, language=language, explain=True)
        return said, round((self._clock.monotonic() - began) * 1e6)

    def intent(self, name: str) -> Intent | None:
        """As `Understanding.intent`."""
        return self._intents.get(name)

    def asked(self, question: Question) -> None:
        """As `Understanding.asked`."""
        self._counting.asked(question)

    # --- how it is kept ---------------------------------------------------------------------------------------------

    def heard(self, events: Sequence[Event]) -> None:
        """A listener of the bus: corrections are at work when it returns, all else soon after."""
        for event in events:
            if isinstance(event, IntentCorrected):
                self._heard.append(event.correction)
                if self._engine is not None:
                    self._engine = corrected(self._engine, event.correction)
            elif isinstance(event, IntentsChanged):
                self._wanted += 1
                self._changed.set()

    async def run(self) -> None:
        """Build the engine whenever something changed, for as long as the server runs."""
        while True:
            await self._changed.wait()
            try:
                await self.build()
            except Problem as problem:
                _log.error("the intent engine stays as it was", extra={"code": problem.code, "reason": problem.en})
            await asyncio.sleep(self._limits.intent_gather_seconds)

    async def settled(self) -> None:
        """Wait until what has changed until now is at work, a few seconds at most."""
        if self._built >= self._wanted and not self._changed.is_set():
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._wanted, waiting))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.intent_settle_seconds_max):
                await waiting

    async def prepare(self) -> None:
        """Have an engine for who tries texts, with a bot or without."""
        self._tried = True
        await self.build()

    async def build(self) -> None:
        """Build an engine out of what is stored and let it go to work."""
        async with self._building:
            self._changed.clear()
            wanted = self._wanted
            try:
                await self._build()
            finally:
                self._settle(wanted)
            await asyncio.to_thread(heap.trim)  # what it was built from, and the one before

    async def _build(self) -> None:
        self._heard = []
        ground = await self._ground()
        if ground is None:
            self._engine, self._intents, self._thresholds = None, {}, None
            return
        engine = await aside(lambda: _engine_of(ground, self._limits))
        for correction in self._heard:
            engine = corrected(engine, correction)
        self._heard = []
        self._engine, self._thresholds = engine, ground.thresholds
        self._intents = {one.name: replace(one, phrases=()) for one in ground.intents}

    def _settle(self, built: int) -> None:
        self._built = built
        done = [waiting for wanted, waiting in self._waiting if wanted <= built]
        self._waiting = [(wanted, waiting) for wanted, waiting in self._waiting if wanted > built]
        for waiting in done:
            with suppress(asyncio.InvalidStateError):
                waiting.set_result(None)

    async def _ground(self) -> _Ground | None:
        wanted = self._tried or self._is_wanted()
        stored = await intents.listing(self._database, self._limits.intents_max) if wanted else []
        enabled = {one.intent.name: one.intent for one in stored if one.intent.enabled}
        if not enabled:
            return None
        version = await self._versions.at_work()
        model = b"".join([piece async for piece in self._versions.parts(version.id)]) if version else b""
        newest = max(await self._replayed_from(), version.measured.newest_correction if version else "")
        return _Ground(
            await self._with_phrases(enabled),
            model,
            await self._thresholds_of(Thresholds() if version is None else version.thresholds),
            await intent_corrections.none_of_them(self._database, self._limits.intent_replayed_max),
            await intent_corrections.after(self._database, newest, self._limits.intent_replayed_max),
        )

    async def _replayed_from(self) -> str:
        """Behind which correction replaying begins, so that there are not too many."""
        return await intent_corrections.before_newest(self._database, self._limits.intent_replayed_max)

    async def _with_phrases(self, enabled: dict[str, Intent]) -> tuple[Intent, ...]:
        phrases: dict[str, list[Phrase]] = {name: [] for name in enabled}
        after, rows_max = "", self._limits.intent_build_rows
        while rows := await intents.examples(self._database, after, rows_max):
            after = rows[-1][0]
            for _, example, origin in rows:
                if example.intent in phrases:
                    phrases[example.intent].append(Phrase(example.text, example.language, origin))
        return tuple(_by_rank(replace(intent, phrases=tuple(phrases[name])) for name, intent in enabled.items()))

    async def _thresholds_of(self, calibrated: Thresholds) -> Thresholds:
        """Those of the version, where people chose others these, and stricter ones where agents say it is wrong."""
        chosen, limits = await self._versions.chosen(), self._limits
        held = replace(
            calibrated,
            answer=calibrated.answer if chosen.answer is None else chosen.answer,
            offer=calibrated.offer if chosen.offer is None else chosen.offer,
        )
        since = self._clock.now_ms() - limits.intent_feedback_days * DAY_MS
        told = await intent_corrections.told(self._database, since)
        feedback = {one.intent: Feedback(one.right, one.wrong) for one in told}
        return tightened(held, feedback, target=limits.intent_precision_target)


def _by_rank(found: Iterable[Intent]) -> Iterator[Intent]:
    """What agents corrected stands before what else intents hold: the first that has a message's words answers."""
    rest = []
    for intent in found:
        learnt = tuple(phrase for phrase in intent.phrases if phrase.origin == CORRECTION)
        if learnt:
            yield replace(intent, phrases=learnt, rules=())
        rest.append(replace(intent, phrases=tuple(one for one in intent.phrases if one.origin != CORRECTION)))
    yield from rest


def corrected(engine: Engine, correction: Correction) -> Engine:
    """The engine with what an agent said, at work at once."""
    if correction.intent:
        return engine.corrected(correction.text, correction.intent)
    return engine.rejected(correction.text, correction.said) if correction.said else engine


async def aside(work: Callable[[], Engine]) -> Engine:
    """Do it in a thread that gives the interpreter's lock back ten times as often as threads do.

    It has the loop's own priority: one that stood back would keep everybody waiting for the lock that it holds.
    """
    pool, usual = ThreadPoolExecutor(1, "monodesk-intents"), sys.getswitchinterval()
    sys.setswitchinterval(usual / _TURNS)
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, work)
    finally:
        sys.setswitchinterval(usual)
        pool.shutdown(wait=False)


def _engine_of(ground: _Ground, limits: Limits) -> Engine:
    """In the thread: the whole engine."""
    model = _model(ground.model, limits)
    engine = Engine.of(ground.intents, model, ground.thresholds if model else None, limits, _refused)
    for text, said in ground.rejected:
        if said:
            engine = engine.rejected(text, said)
    for correction in ground.corrections:
        engine = corrected(engine, correction)
    return engine


def _model(content: bytes, limits: Limits) -> Model | None:
    """The stored model; without it rules and phrases go on answering, and the log says so."""
    if not content:
        return None
    try:
        return Model.load(content, limits)
    except Invalid as problem:
        _log.error("the intent model cannot be read: train anew", extra={"reason": problem.en})
        return None


def _refused(intent: str, problem: Invalid) -> None:
    _log.warning("a rule is left out", extra={"intent": intent, "reason": problem.en})
