"""Intents over REST: what the bot recognises; the room `learning` decides who may."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
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
from app.learning.rooms import Learning
from app.model.principals import Agent
from app.storage.intents import StoredIntent


class IntentList(Struct, frozen=True):
    """All of them by name, without their phrases."""

    intents: list[StoredIntent]


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
