"""What the command line asks of the desk's intents: is something wrong with them, do their cases hold?"""

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from app.intent.checking import Report, reported
from app.model.intents import Classification, Intent, Phrase
from app.settings import Limits
from app.storage import intents
from app.storage.database import Database


async def report(database: Database, limits: Limits, classify: Callable[[str], Classification]) -> Report:
    """Everything that is wrong with what is stored, and every case as `classify` says it."""
    stored = await stored_intents(database, limits)
    return await asyncio.to_thread(reported, stored, limits, classify)


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
