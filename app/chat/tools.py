"""An agent's tools, put together: one bundle, so that those who build the rooms name it once."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from app.chat.alarm import Alarm
from app.chat.labels import Labelling
from app.chat.snoozing import Snoozing
from app.chat.tags import Tags
from app.model.clock import Clock
from app.model.ids import Ids
from app.settings import Limits
from app.storage.database import Database


class Tools(Struct, frozen=True):
    """What stands beside the conversation itself. `alarm` is to be run while the server serves."""

    alarm: Alarm
    tags: Tags
    labelling: Labelling
    snoozing: Snoozing

    @classmethod
    def over(cls, database: Database, ids: Ids, clock: Clock, limits: Limits, names: Mapping[str, str]) -> Self:
        """The tools over these; `names` are the agents' names by id."""
        alarm = Alarm(clock, limits)
        snoozing = Snoozing(database, ids, clock, limits, names, alarm.arm)
        alarm.sleepers = (snoozing,)
        return cls(
            alarm, Tags(database, ids, clock, limits), Labelling(database, ids, clock, limits, names), snoozing
        )  # fmt: skip
