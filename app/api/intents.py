"""Intents over REST: what the bot recognises; the room `learning` decides who may."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call, Done, Nothing
from app.intent.evaluation import Figures
from app.learning.corrections import CorrectionPage, CorrectionQuery, NewCorrection
from app.learning.importing import PhraseImport, PhraseImportQuery
from app.learning.intents import (
    NewPhrases,
    PatternAsked,
    PatternChecked,
    PhraseIds,
    PhrasePage,
    PhraseQuery,
    PhrasesAdded,
    PhrasesRemoved,
    SavedIntent,
)
from app.learning.refit import Training
from app.learning.review import SuggestionAnswer, SuggestionDecision, SuggestionPage, SuggestionQuery
from app.learning.rooms import Learning
from app.learning.statistics import Statistics, StatisticsQuery
from app.learning.versions import ChosenThresholds, IntentVersionAnswer, IntentVersionList, ThresholdsNow
from app.model.intents import Classification, Correction, Language
from app.model.principals import Agent
from app.storage.intents import StoredIntent


class IntentList(Struct, frozen=True):
    """All of them by name, without their phrases."""

    intents: list[StoredIntent]


class Trial(Struct, frozen=True, forbid_unknown_fields=True):
    """A text as a visitor might write it; `inbox_id` empty for anywhere."""

    text: Annotated[str, Meta(max_length=65_536)]
    inbox_id: Annotated[str, Meta(max_length=26)] = ""
    language: Language = ""


class TrialAnswer(Struct, frozen=True):
    """What the engine says of it, and in how many microseconds; None where no engine is at work."""

    classification: Classification | None
    microseconds: int


class CorrectionAnswer(Struct, frozen=True):
    """What was stored, and is at work."""

    correction: Correction


class IntentRoutes:
    """What people write."""

    def __init__(self, learning: Learning) -> None:
        self._intents = learning.intents
        self._importing = learning.importing

    async def listing(self, call: Call[Agent], _: Nothing) -> IntentList:
        return IntentList(await self._intents.listing(call.principal))

    async def read(self, call: Call[Agent], _: Nothing) -> StoredIntent:
        return await self._intents.find(call.principal, call.id)

    async def save(self, call: Call[Agent], asked: SavedIntent) -> StoredIntent:
        return await self._intents.save(call.principal, call.id, asked)

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._intents.delete(call.principal, call.id)
        return Done()

    async def check_pattern(self, call: Call[Agent], asked: PatternAsked) -> PatternChecked:
        return self._intents.check_pattern(call.principal, asked)

    async def phrases(self, call: Call[Agent], asked: PhraseQuery) -> PhrasePage:
        return await self._intents.phrases(call.principal, call.id, asked)

    async def add(self, call: Call[Agent], asked: NewPhrases) -> PhrasesAdded:
        return await self._intents.add_phrases(call.principal, call.id, asked)

    async def remove(self, call: Call[Agent], asked: PhraseIds) -> PhrasesRemoved:
        return await self._intents.remove_phrases(call.principal, call.id, asked)

    async def bring(self, call: Call[Agent], asked: PhraseImportQuery) -> PhraseImport:
        return await self._importing.take(call.principal, call.chunks, asked)


class LearningRoutes:
    """What the engine says and learns."""

    def __init__(self, learning: Learning) -> None:
        self._keeper = learning.keeper
        self._corrections = learning.corrections
        self._versions = learning.versions
        self._refit = learning.refit
        self._statistics = learning.statistics
        self._review = learning.review

    async def attempt(self, call: Call[Agent], asked: Trial) -> TrialAnswer:
        return TrialAnswer(*await self._keeper.explain(asked.text, inbox_id=asked.inbox_id, language=asked.language))

    async def correct(self, call: Call[Agent], asked: NewCorrection) -> CorrectionAnswer:
        return CorrectionAnswer(await self._corrections.correct(call.principal, asked))

    async def corrections(self, call: Call[Agent], asked: CorrectionQuery) -> CorrectionPage:
        return await self._corrections.page(call.principal, asked)

    async def versions(self, call: Call[Agent], _: Nothing) -> IntentVersionList:
        return await self._versions.listing(call.principal)

    async def version(self, call: Call[Agent], _: Nothing) -> IntentVersionAnswer:
        return await self._versions.find(call.principal, call.id)

    async def revert(self, call: Call[Agent], _: Nothing) -> IntentVersionAnswer:
        return await self._versions.revert(call.principal, call.id)

    async def evaluation(self, call: Call[Agent], _: Nothing) -> Figures:
        return await self._versions.evaluation(call.principal)

    async def thresholds(self, call: Call[Agent], _: Nothing) -> ThresholdsNow:
        return await self._versions.thresholds(call.principal, self._keeper.thresholds)

    async def choose(self, call: Call[Agent], asked: ChosenThresholds) -> ThresholdsNow:
        await self._versions.choose_thresholds(call.principal, asked)
        await self._keeper.settled()
        return await self._versions.thresholds(call.principal, self._keeper.thresholds)

    async def training(self, call: Call[Agent], _: Nothing) -> Training:
        return self._refit.now(call.principal)

    async def train(self, call: Call[Agent], _: Nothing) -> Training:
        return self._refit.ask(call.principal)

    async def statistics(self, call: Call[Agent], asked: StatisticsQuery) -> Statistics:
        return await self._statistics.take(call.principal, asked)

    async def review(self, call: Call[Agent], asked: SuggestionQuery) -> SuggestionPage:
        return await self._review.page(call.principal, asked)

    async def decide(self, call: Call[Agent], asked: SuggestionDecision) -> SuggestionAnswer:
        return await self._review.decide(call.principal, call.principal.agent_id, call.id, asked)
