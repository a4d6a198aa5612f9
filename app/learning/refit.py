"""Trains a new version beside the traffic: in a process of its own, behind everybody else, within its memory.

Whatever ends that process, or this one, leaves the version at work as it was; a new one goes to work in one commit, and
only where it is not worse over what is replayed.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.accounts.policy import demand
from app.learning.corrections import CORRECTION
from app.learning.lesson import Failed, Lesson, Line, Progress, Taught, Told
from app.learning.versions import Measured, Version, Versions, agent_of, stored
from app.model.clock import Clock
from app.model.errors import Conflict, Problem, Unavailable
from app.model.principals import Principal, System
from app.settings import Limits
from app.storage import intent_corrections, intents
from app.storage.database import Database
from app.storage.intent_versions import StoredVersion
from app.telemetry.log import logger

COMMAND = "learn"
_LINE_BYTES = 4_194_304
_INTENTS_MIN = 2
STARTER = "starter"  # the origin of the starter pack's phrases
_SYSTEM = System()
Program = Callable[[], tuple[list[str], Mapping[str, str]]]  # how this program is started: command, environment
_told = msgspec.json.Decoder(Told)
_encoder = msgspec.json.Encoder()
_log = logger("learning")


class Training(Struct, frozen=True):
    """The training that goes on, or the last one since the start.

    `state`: none, running, done, refused (the new version was worse), failed; `share` 0 to 1; times in ms UTC.
    """

    state: str = "none"
    why: str = ""
    began_at: int = 0
    share: float = 0.0
    version_id: str = ""
    code: str = ""
    en: str = ""
    zh: str = ""


class _Standing(Struct, frozen=True):
    """What there is to learn from."""

    phrases: int
    intents: int
    newest_phrase: str
    newest_correction: str


class Refit:
    """Trains when it is asked to; where there is a bot, after so many corrections or so long with anything changed."""

    def __init__(
        self, database: Database, clock: Clock, limits: Limits, versions: Versions, program: Program,
        wanted: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._is_wanted = wanted
        self._program = program
        self._database = database
        self._clock = clock
        self._limits = limits
        self._versions = versions
        self._asked = asyncio.Event()
        self._asker: Principal = _SYSTEM
        self._training = Training()
        self._process: Process | None = None
        self._tried: _Standing | None = None
        self._seen: _Standing | None = None
        self._again_at = 0.0

    def now(self, principal: Principal) -> Training:
        """How it goes; raises `Forbidden`."""
        demand(principal, "intent.write")
        return self._training

    @property
    def process_id(self) -> int | None:
        """Of the process that trains, where one does."""
        return None if self._process is None else self._process.pid

    def ask(self, principal: Principal) -> Training:
        """Have a version trained now; raises `Forbidden`, `Conflict` while one is."""
        demand(principal, "intent.write")
        if self._training.state == "running":
            raise Conflict(
                "training_running", "A training goes on. Wait until it is through.", "正在训练，请等待完成。"
            )
        self._asker = principal
        self._training = Training("running", "asked", self._clock.now_ms())
        self._asked.set()
        return self._training

    async def run(self) -> None:
        """Look whether one is due, for as long as the server runs."""
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._limits.intent_refit_look_seconds):
                        await self._asked.wait()
                await self._look()
        finally:
            await self._end()

    async def _look(self) -> None:
        asked = self._asked.is_set()
        self._asked.clear()
        principal = self._asker if asked else _SYSTEM
        try:
            at_work = await self._versions.at_work()
            standing = await self._standing()
            why = "asked" if asked else await self._due(at_work, standing)
            if why:
                self._training = Training("running", why, self._clock.now_ms())
                self._tried = standing
                await self._train(principal, why, at_work, standing)
        except (Problem, OSError) as error:
            self._fail(error)

    async def _due(self, at_work: Version | None, standing: _Standing) -> str:
        """Why one is to be trained; empty where none is."""
        limits, now = self._limits, self._clock.monotonic()
        if not self._is_wanted() or standing.intents < _INTENTS_MIN or now < self._again_at:
            return ""
        if standing == (self._tried or _of(at_work)):
            return ""
        seen, self._seen = self._seen, standing
        if at_work is None and seen != standing:  # phrases are coming in
            return ""
        if at_work is None:
            return "changed"
        newest = at_work.measured.newest_correction if self._tried is None else self._tried.newest_correction
        more = await intent_corrections.count_after(self._database, newest)
        if more >= limits.intent_refit_corrections:
            return "corrections"
        quiet_ms = self._clock.now_ms() - max(at_work.at, self._training.began_at)
        return "changed" if quiet_ms >= limits.intent_refit_minutes * 60_000 else ""

    async def _standing(self) -> _Standing:
        phrases, names, newest = await intents.standing(self._database)
        return _Standing(phrases, names, newest, await intent_corrections.newest(self._database))

    async def _train(self, principal: Principal, why: str, at_work: Version | None, standing: _Standing) -> None:
        version = await self._versions.begin(agent_of(principal), why)
        state = ""
        try:
            async with asyncio.timeout(self._limits.intent_refit_seconds_max):
                taught = await self._taught(version, at_work)
            state = await self._judge(principal, version, taught, standing)
        except TimeoutError:
            raise _ended("training_slow", "It took too long", "训练超时") from None
        finally:
            await self._end()
            if not state:
                await asyncio.shield(self._forget(version))
        self._training = replace(self._training, state=state, share=1.0, version_id=version.id)

    async def _judge(self, principal: Principal, version: StoredVersion, taught: Taught, standing: _Standing) -> str:
        """The gate: what is worse over what is replayed does not go to work. The state of the training."""
        measured = Measured(
            phrases=taught.phrases, intents=taught.intents, seconds=taught.seconds, bytes_held=taught.bytes_held,
            replayed=taught.replayed, before=taught.before, after=taught.after, stored=standing.phrases,
            stored_intents=standing.intents, newest_phrase=standing.newest_phrase,
            newest_correction=version.correction, held_out=taught.held_out,
        )  # fmt: skip
        row = stored(version, taught.thresholds, measured, taught.model_bytes)
        facts = {"phrases": taught.phrases, "seconds": round(taught.seconds, 1), "version": version.number}
        if worse(taught, self._limits.intent_replay_fall_max):
            await self._versions.refuse(row)
            _log.warning("a new version of the intent engine is worse and stays out", extra=facts)
            return "refused"
        await self._versions.keep(principal, row)
        _log.info("a new version of the intent engine is at work", extra=facts)
        return "done"

    async def _forget(self, version: StoredVersion) -> None:
        with suppress(Problem):  # a full disk, say: the next training forgets it
            await self._versions.give_up(version)

    # --- the process ------------------------------------------------------------------------------------------------

    async def _taught(self, version: StoredVersion, at_work: Version | None) -> Taught:
        command, environ = self._program()
        limits = self._limits
        bounds = ["--bytes-max", str(limits.intent_refit_bytes_max), "--niceness", str(limits.intent_refit_niceness)]
        self._process = process = await asyncio.create_subprocess_exec(
            *command, COMMAND, *bounds, stdin=PIPE, stdout=PIPE, env=environ, limit=_LINE_BYTES
        )
        try:
            await self._give(process, at_work)
            return await self._take(process, version)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise _ended("training_ended", "The process that trains ended", "训练进程意外结束") from None

    async def _give(self, process: Process, at_work: Version | None) -> None:
        """Everything that is to be learnt, in small pieces and no faster than it is taken."""
        stdin = process.stdin
        if stdin is None:
            raise ConnectionResetError
        stored_ones = await intents.listing(self._database, self._limits.intents_max)
        enabled = tuple(one.intent for one in stored_ones if one.intent.enabled)
        size = 0 if at_work is None else at_work.model_bytes
        stdin.write(_encoder.encode(Lesson(enabled, self._limits, size)) + b"\n")
        if at_work is not None:
            async for piece in self._versions.parts(at_work.id):
                stdin.write(piece)
                await stdin.drain()
        async for lines in self._lines({intent.name for intent in enabled}, at_work):
            stdin.write(b"".join(_encoder.encode(line) + b"\n" for line in lines))
            await stdin.drain()
        stdin.write(b"\n")  # that was all; it stays open for as long as this process lives
        await stdin.drain()

    async def _lines(self, names: set[str], at_work: Version | None) -> AsyncIterator[list[Line]]:
        known = Measured() if at_work is None else at_work.measured
        until = {True: known.newest_correction, False: known.newest_phrase}  # by whether agents gave it
        rejected = await intent_corrections.none_of_them(self._database, self._limits.intent_replayed_max)
        yield [Line(text, "") for text, _ in rejected]
        after, rows_max = "", self._limits.intent_build_rows
        while rows := await intents.examples(self._database, after, rows_max):
            after = rows[-1][0]
            yield [
                Line(
                    one.text, one.intent, one.language, origin == CORRECTION,
                    phrase_id > until[origin == CORRECTION], origin == STARTER,
                )
                for phrase_id, one, origin in rows
                if one.intent in names
            ]  # fmt: skip

    async def _take(self, process: Process, version: StoredVersion) -> Taught:
        """What it tells, and its model, stored piece by piece."""
        stdout = process.stdout
        if stdout is None:
            raise ConnectionResetError
        while line := await stdout.readline():
            told = _told.decode(line)
            match told:
                case Progress():
                    self._training = replace(self._training, share=min(told.share, 1.0))
                case Failed():
                    raise Unavailable(told.code, told.en, told.zh)
                case Taught():
                    await self._store(stdout, version, told.model_bytes)
                    return told
        raise ConnectionResetError

    async def _store(self, stdout: asyncio.StreamReader, version: StoredVersion, size: int) -> None:
        if size > self._limits.intent_model_bytes_max:
            raise _ended("model_too_large", "The model became too large", "模型过大")
        for number, at in enumerate(range(0, size, self._limits.intent_model_part_bytes)):
            piece = await stdout.readexactly(min(self._limits.intent_model_part_bytes, size - at))
            await self._versions.add_part(version, number, piece)

    async def _end(self) -> None:
        """The process is gone when this returns."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        self._process = None

    def _fail(self, error: Problem | OSError) -> None:
        problem = error if isinstance(error, Problem) else _ended("training_failed", str(error), str(error))
        self._training = replace(self._training, state="failed", code=problem.code, en=problem.en, zh=problem.zh)
        self._again_at = self._clock.monotonic() + self._limits.intent_refit_minutes * 60
        _log.error("training the intent engine failed", extra={"code": problem.code, "reason": problem.en})


def worse(taught: Taught, fall_max: float) -> bool:
    """Whether the new version gets less right than the one at work, by more than is let pass."""
    return taught.before is not None and taught.after is not None and taught.before - taught.after > fall_max


def _of(version: Version | None) -> _Standing | None:
    """What a version was trained on."""
    if version is None:
        return None
    measured = version.measured
    return _Standing(measured.stored, measured.stored_intents, measured.newest_phrase, measured.newest_correction)


def _ended(code: str, en: str, zh: str) -> Unavailable:
    return Unavailable(code, f"{en}. The version at work goes on; see the log.", f"{zh}。当前版本继续使用，详见日志。")
