"""What sources stand on: of the rooms below, and of the data folder."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from app.bus.bus import Bus
from app.chat.actions import Actions
from app.chat.channels import Channels
from app.files.transfer import Files
from app.model.clock import Clock
from app.model.ids import Ids
from app.outbox.outbox import Outbox
from app.records.records import Records
from app.settings import Limits
from app.storage.database import Database
from app.tickets.tickets import Tickets


class Ground(Struct, frozen=True):
    """`folder` is the data folder: specs and what they name lie in its `adapters`, secrets in its `keys`."""

    database: Database
    records: Records
    tickets: Tickets
    outbox: Outbox
    bus: Bus
    ids: Ids
    clock: Clock
    chance: Callable[[], float]
    folder: Path
    limits: Limits
    channels: Channels
    actions: Actions
    files: Files

    @property
    def specs(self) -> Path:
        """Where the YAML files lie, beside them private authorities and descriptions of messages."""
        return self.folder / "adapters"

    @property
    def keys(self) -> Path:
        """Where in `adapters` the secrets lie that the console keeps."""
        return self.folder / "keys"
