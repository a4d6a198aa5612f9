"""Versions of the engine: what was trained when, why and on what, how good it is; which one is at work."""

from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.accounts.audit import record
from app.accounts.policy import demand
from app.intent.decision import Thresholds
from app.intent.evaluation import Figures
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.errors import Invalid, NotFound, not_found
from app.model.events import IntentsChanged
from app.model.ids import Ids
from app.model.principals import Agent, Principal
from app.settings import Limits
from app.storage import intent_corrections, intent_versions
from app.storage.database import Database, Transaction
from app.storage.intent_versions import StoredVersion

AT_WORK = "version"
CHOSEN = "thresholds"


class Measured(Struct, frozen=True):
    """What was measured of a version before it went to work.

    `before` and `after` are the shares of `replayed` messages that the version at work then and this one got right, 0
    to 1 (`before` None where there was none); `held_out` are the figures over `phrases` that it was not trained on.
    """

    phrases: int = 0
    intents: int = 0
    seconds: float = 0.0
    bytes_held: int = 0  # the most memory of the process that trained it
    replayed: int = 0
    before: float | None = None
    after: float | None = None
    stored: int = 0  # phrases, those held out included
    stored_intents: int = 0
    newest_phrase: str = ""
    newest_correction: str = ""  # that it was trained on: later ones are put onto it when it goes to work
    held_out: Figures | None = None


class Version(Struct, frozen=True):
    """A trained model as people see it. `state`: kept, or refused by the gate; `why`: asked, corrections, changed."""

    id: str
    number: int
    at: int
    agent_id: str
    why: str
    state: str
    at_work: bool
    model_bytes: int
    thresholds: Thresholds
    measured: Measured


class IntentVersionList(Struct, frozen=True):
    """The newest first, without figures of the phrases that were held out."""

    versions: list[Version]


class IntentVersionAnswer(Struct, frozen=True):
    """One of them with all its figures."""

    version: Version


class ChosenThresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """From which confidence on something is answered, and offered; None: as the version at work says."""

    answer: float | None = None
    offer: float | None = None


class ThresholdsNow(Struct, frozen=True):
    """What holds: those `chosen` by people over those that were `calibrated`; `of_intent` from live feedback."""

    answer: float
    offer: float
    floor: float
    of_intent: dict[str, float]
    chosen: ChosenThresholds
    calibrated: Thresholds


_thresholds = msgspec.json.Decoder(Thresholds)
_measured = msgspec.json.Decoder(Measured)
_chosen = msgspec.json.Decoder(ChosenThresholds)
_id = msgspec.json.Decoder(str)


class Versions:
    """Stores versions in small portions, tells of them, chooses the one at work."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def at_work(self) -> Version | None:
        """The one that is at work; None before the first."""
        found = await intent_versions.find(self._database, await self._id_at_work())
        return None if found is None else _shown(found, found.id)

    async def listing(self, principal: Principal) -> IntentVersionList:
        """All that are kept, and refused ones; raises `Forbidden`."""
        demand(principal, "intent.write")
        at_work = await self._id_at_work()
        rows = await intent_versions.listing(self._database, 2 * self._limits.intent_versions_kept)
        shown = [_shown(row, at_work) for row in rows]
        return IntentVersionList([replace(one, measured=replace(one.measured, held_out=None)) for one in shown])

    async def find(self, principal: Principal, version_id: str) -> IntentVersionAnswer:
        """One with all its figures; raises `Forbidden`, `NotFound`."""
        demand(principal, "intent.write")
        return IntentVersionAnswer(await self._found(version_id))

    async def evaluation(self, principal: Principal) -> Figures:
        """The figures of the one at work over what it was not trained on; raises `Forbidden`, `NotFound`."""
        demand(principal, "intent.write")
        found = await self.at_work()
        if found is None or found.measured.held_out is None:
            raise NotFound(
                "not_trained", "Nothing has been trained yet. Add phrases and train.",
                "尚未训练。请添加示例问法后训练。",
            )  # fmt: skip
        return found.measured.held_out

    async def revert(self, principal: Principal, version_id: str) -> IntentVersionAnswer:
        """Have another one at work from now on; raises `Forbidden`, `NotFound`, `Invalid` (version_refused)."""
        demand(principal, "intent.write")
        found = await self._found(version_id)
        if found.state != "kept":
            raise Invalid(
                "version_refused", "This version was refused because it was worse. Choose another one.",
                "该版本因效果变差已被拒绝。请选择其他版本。",
            )  # fmt: skip
        await self._database.write(lambda tx: self._choose(tx, principal, found.id, "intent.revert"))
        return IntentVersionAnswer(replace(found, at_work=True))

    async def thresholds(self, principal: Principal, now: Thresholds | None) -> ThresholdsNow:
        """What holds, `now` being what the engine runs by; raises `Forbidden`."""
        demand(principal, "intent.write")
        found = await self.at_work()
        calibrated = Thresholds() if found is None else found.thresholds
        held = now or calibrated
        return ThresholdsNow(held.answer, held.offer, held.floor, held.of_intent, await self.chosen(), calibrated)

    async def choose_thresholds(self, principal: Principal, asked: ChosenThresholds) -> None:
        """Choose, or with None leave it to the version; raises `Forbidden`, `Invalid` (thresholds_wrong)."""
        demand(principal, "intent.write")
        given = [one for one in (asked.offer, asked.answer) if one is not None]
        if given != sorted(given) or not all(0 <= one <= 1 for one in given):
            raise Invalid(
                "thresholds_wrong", "Thresholds are 0 to 1, and nothing is offered that would not be answered later.",
                "阈值应在 0 到 1 之间，且“给出选项”的阈值不能高于“直接回答”的阈值。",
            )  # fmt: skip

        def unit(tx: Transaction) -> None:
            intent_versions.choose(tx, CHOSEN, msgspec.json.encode(asked).decode())
            change = Change(after=msgspec.to_builtins(asked))
            record(tx, principal, "intent.thresholds", Subject("intent"), change)
            tx.announce(IntentsChanged())

        await self._database.write(unit)

    async def chosen(self) -> ChosenThresholds:
        """What people chose."""
        text = await intent_versions.chosen(self._database, CHOSEN)
        return _chosen.decode(text) if text else ChosenThresholds()

    # --- for who trains ---------------------------------------------------------------------------------------------

    async def begin(self, agent_id: str, why: str) -> StoredVersion:
        """A new one that is being made; what an earlier server left half made is forgotten."""
        await self.tidy()
        newest = await intent_corrections.newest(self._database)
        begun = StoredVersion(self._ids.new(), 0, self._clock.now_ms(), agent_id, why, "storing", newest, "{}", "{}", 0)
        return await self._database.write(lambda tx: intent_versions.insert(tx, begun))

    async def add_part(self, version: StoredVersion, number: int, content: bytes) -> None:
        """Store a part of its model."""
        await self._database.write(lambda tx: intent_versions.add_part(tx, version.id, number, content))

    async def keep(self, principal: Principal, version: StoredVersion) -> None:
        """It is whole and goes to work: from here on, whatever is killed."""

        def unit(tx: Transaction) -> None:
            intent_versions.finish(tx, replace(version, state="kept"))
            self._choose(tx, principal, version.id, "intent.train")

        await self._database.write(unit)
        await self.tidy()

    async def refuse(self, version: StoredVersion) -> None:
        """It is worse: what was measured of it is kept, its model is not."""
        await self._database.write(lambda tx: intent_versions.finish(tx, replace(version, state="refused")))
        while await self._database.write(lambda tx: intent_versions.forget_model_part(tx, version.id)):
            pass

    async def give_up(self, version: StoredVersion) -> None:
        """It came to nothing."""
        await self._forget(version.id)

    async def tidy(self) -> None:
        """Forget what is too old, or was cut off."""
        at_work = await self._id_at_work()
        for version_id in await intent_versions.too_old(self._database, at_work, self._limits.intent_versions_kept):
            await self._forget(version_id)

    async def parts(self, version_id: str) -> AsyncIterator[bytes]:
        """A version's model, piece by piece."""
        number = 0
        while (piece := await intent_versions.part(self._database, version_id, number)) is not None:
            yield piece
            number += 1

    async def _forget(self, version_id: str) -> None:
        """Part by part, so that chats get in between."""
        while not await self._database.write(lambda tx: intent_versions.forget_part(tx, version_id)):
            pass

    def _choose(self, tx: Transaction, principal: Principal, version_id: str, action: str) -> None:
        intent_versions.choose(tx, AT_WORK, msgspec.json.encode(version_id).decode())
        record(tx, principal, action, Subject("intent_version", version_id))
        tx.announce(IntentsChanged())

    async def _id_at_work(self) -> str:
        text = await intent_versions.chosen(self._database, AT_WORK)
        return _id.decode(text) if text else ""

    async def _found(self, version_id: str) -> Version:
        found = await intent_versions.find(self._database, version_id)
        if found is None or found.state == "storing":
            raise not_found()
        return _shown(found, await self._id_at_work())


def agent_of(principal: Principal) -> str:
    """Whose doing it is; empty for the server's own."""
    return principal.agent_id if isinstance(principal, Agent) else ""


def stored(version: StoredVersion, thresholds: Thresholds, measured: Measured, model_bytes: int) -> StoredVersion:
    """The row of a version with what came of its training."""
    return replace(
        version,
        thresholds=msgspec.json.encode(thresholds).decode(),
        figures=msgspec.json.encode(measured).decode(),
        model_bytes=model_bytes,
    )


def _shown(row: StoredVersion, at_work: str) -> Version:
    return Version(
        row.id, row.number, row.at, row.agent_id, row.why, row.state, row.id == at_work, row.model_bytes,
        _thresholds.decode(row.thresholds), _measured.decode(row.figures),
    )  # fmt: skip
