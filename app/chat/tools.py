"""An agent's tools, put together: one bundle, so that those who build the rooms name it once."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from app.chat.actions import Actions
from app.chat.alarm import Alarm
from app.chat.conversations import Conversations
from app.chat.labels import Labelling
from app.chat.macros import Macros
from app.chat.merging import Merging
from app.chat.messages import Messages
from app.chat.scheduling import Scheduling
from app.chat.snoozing import Snoozing
from app.chat.tags import Tags
from app.chat.ticketing import Ticketing
from app.locks.locks import Locks
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
    actions: Actions
    macros: Macros
    merging: Merging
    scheduling: Scheduling

    @classmethod
    def over(
        cls,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        locks: Locks,
        messages: Messages,
        conversations: Conversations,
        ticketing: Ticketing,
        names: Mapping[str, str],
    ) -> Self:
        """The tools over these; `names` are the agents' names by id."""
        alarm = Alarm(clock, limits)
        labelling = Labelling(database, ids, clock, limits, names)
        snoozing = Snoozing(database, ids, clock, limits, names, alarm.arm)
        scheduling = Scheduling(database, ids, clock, limits, messages, names, alarm.arm)
        alarm.sleepers = (snoozing, scheduling)
        actions = Actions(
            database, ids, clock, limits, locks, messages, conversations, labelling, snoozing, ticketing, names,
            alarm.arm,
        )  # fmt: skip
        merging = Merging(database, ids, clock, limits, names)
        macros = Macros(database, ids, clock, limits, actions)
        return cls(alarm, Tags(database, ids, clock, limits), labelling, snoozing, actions, macros, merging, scheduling)
