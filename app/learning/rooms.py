"""The rooms of learning, as the doors are given them."""

import asyncio
from collections.abc import Callable
from typing import Self

from msgspec import Struct

from app.bus.bus import Bus
from app.learning.corrections import Corrections
from app.learning.counting import Counting
from app.learning.importing import Importing
from app.learning.intents import Intents
from app.learning.keeper import Keeper
from app.learning.refit import Program, Refit
from app.learning.review import Review
from app.learning.statistics import IntentStatistics
from app.learning.versions import Versions
from app.model.clock import Clock
from app.model.ids import Ids
from app.settings import Limits
from app.storage.database import Database


class Learning(Struct, frozen=True):
    """What is written, what is corrected, what runs."""

    intents: Intents
    importing: Importing
    counting: Counting
    versions: Versions
    keeper: Keeper
    corrections: Corrections
    refit: Refit
    statistics: IntentStatistics
    review: Review

    @classmethod
    def over(
        cls,
        database: Database,
        ids: Ids,
        clock: Clock,
        bus: Bus,
        limits: Limits,
        program: Program,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Self:
        """All of them over one database; `program` is how a process of this program is started, `wanted` says
        whether there is a bot."""
        intents = Intents(database, ids, clock, limits)
        counting = Counting(database, clock, limits)
        versions = Versions(database, ids, clock, limits)
        keeper = Keeper(database, clock, limits, versions, counting, wanted)
        bus.subscribe(keeper.heard)
        return cls(
            intents,
            Importing(database, clock, limits, intents),
            counting,
            versions,
            keeper,
            Corrections(database, ids, clock, limits, keeper, counting),
            Refit(database, clock, limits, versions, program, wanted),
            IntentStatistics(database, clock, limits),
            Review(database, ids, clock, limits, intents),
        )

    async def run(self) -> None:
        """What is done beside the traffic, for as long as the server runs."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.keeper.run())
            group.create_task(self.counting.run())
            group.create_task(self.refit.run())
            group.create_task(self.review.run())
