"""The rooms of learning, as the doors are given them."""

from typing import Self

from msgspec import Struct

from app.learning.importing import Importing
from app.learning.intents import Intents
from app.model.clock import Clock
from app.model.ids import Ids
from app.settings import Limits
from app.storage.database import Database


class Learning(Struct, frozen=True):
    """What is written, what is corrected, what runs."""

    intents: Intents
    importing: Importing

    @classmethod
    def over(cls, database: Database, ids: Ids, clock: Clock, limits: Limits) -> Self:
        """All of them over one database."""
        intents = Intents(database, ids, clock, limits)
        return cls(intents, Importing(database, clock, limits, intents))
