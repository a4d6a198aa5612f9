"""What an upgrade has begun, on the disk before it is done: `<prefix>/upgrade.json`, read by whoever comes next."""

import os
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from installer import layout as places
from installer import refusals
from installer.service import Start

_NAME: Final = "upgrade.json"
LOCK: Final = ".upgrade.lock"  # beside it, held by who upgrades
Stage = Literal["unpacking", "switching", "starting", "settled", "returning"]


class Journal(Struct, frozen=True, kw_only=True):
    """The last upgrade, from `source` to `target`, and how far it is; `snapshot` is empty where the schema stays."""

    source: str
    target: str
    stage: Stage
    began_at: int
    digest: str
    schema_before: int = 0
    schema_after: int = 0
    snapshot: str = ""
    renews: bool = False  # what is written beside the programs changes as well
    running: bool = False
    start: Start | None = None
    ready_seconds: float = 0.0
    starts: int = 0  # of the target since it was cut off
    discard: bool = False  # on the way back: what has been written since goes
    before: "Journal | None" = None  # the upgrade by which `source` came: still the way back where this one fails


class JournalFile:
    """The journal of the installation at `prefix`: one that is there is replaced whole."""

    def __init__(self, prefix: Path) -> None:
        self._path = prefix / _NAME

    def read(self) -> Journal | None:
        """The last upgrade; None where nothing of one is left. Raises `Invalid` where it is damaged."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Journal)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise refusals.journal_damaged(self._path, error) from error

    def write(self, journal: Journal) -> None:
        """Have it on the disk: the old one or the new one, also after a power cut."""
        draft = self._path.with_name(f".{_NAME}.new")
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(msgspec.json.encode(journal))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        places.sync(self._path.parent)

    def remove(self) -> None:
        """Nothing is left to tell."""
        self._path.unlink(missing_ok=True)
        places.sync(self._path.parent)
