"""What the command line asks of the desk's intents: is something wrong with them, do their cases hold?"""

import asyncio

from msgspec.structs import replace

from app.intent.checking import Report, reported
from app.intent.normalise import normalise
from app.learning.keeper import Keeper
from app.model.intents import Classification, Intent, Outcome, Phrase, Tier
from app.settings import Limits
from app.storage import intents
from app.storage.database import Database


class Inspection:
    """Over the engine at work; where no server runs it is built for the one question."""

    def __init__(self, database: Database, keeper: Keeper, limits: Limits) -> None:
        self._database = database
        self._keeper = keeper
        self._limits = limits

    async def check(self) -> Report:
        """Everything that is wrong with what is stored, and every case as the engine says it."""
        await self._prepare()
        return await asyncio.to_thread(
            reported, await stored_intents(self._database, self._limits), self._limits, self._said
        )

    async def ask(self, text: str, inbox_id: str, language: str) -> Classification:
        """What a message means, and why."""
        await self._prepare()
        said, _ = await self._keeper.explain(text, inbox_id=inbox_id, language=language)
        return said or _unknown(text, self._limits)

    async def _prepare(self) -> None:
        if not self._keeper.ready:
            await self._keeper.prepare()

    def _said(self, text: str) -> Classification:
        return self._keeper.classify(text) or _unknown(text, self._limits)


def _unknown(text: str, limits: Limits) -> Classification:
    """Of a desk that has no intent."""
    return Classification(Outcome.HAND_OVER, Tier.NONE, "", 0.0, normalised=normalise(text, limits))


async def stored_intents(database: Database, limits: Limits) -> list[Intent]:
    """All intents with their phrases."""
    phrases: dict[str, list[Phrase]] = {}
    after = ""
    while rows := await intents.examples(database, after, limits.intent_import_rows):
        after = rows[-1][0]
        for _, one, origin in rows:
            phrases.setdefault(one.intent, []).append(Phrase(one.text, one.language, origin))
    found = await intents.listing(database, limits.intents_max)
    return [replace(one.intent, phrases=tuple(phrases.get(one.intent.name, ()))) for one in found]
