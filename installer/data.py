"""What an upgrade asks of the data folder, which is not the installer's: the application answers it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Data(Protocol):
    """What an upgrade asks of the data folder (`app.commands.upgrade`)."""

    def held(self) -> AbstractContextManager[None]:
        """Keep every server out meanwhile."""
        ...

    def served(self) -> bool:
        """Whether a server holds it."""
        ...

    def bytes(self) -> int:
        """What the database takes."""
        ...

    def schema(self) -> int:
        """The schema of the database; 0 where there is none."""
        ...

    def rehearsal(self) -> AbstractContextManager[Path]:
        """A folder with a copy of the database and of the configuration, gone afterwards."""
        ...

    def owner(self) -> tuple[int, int]:
        """User and group to whom the data belong."""
        ...

    def keep(self, name: str) -> Path:
        """Copy the database, which nobody has open, into `backups/`."""
        ...

    def put_back(self, kept: Path, name: str, *, sign_out: bool) -> str:
        """Put `kept` in its place; what was there lies in `backups/` under `name`. Tells what that had more, or ''."""
        ...

    def lost(self, kept: Path) -> tuple[int, int]:
        """How many messages and conversations the database holds beyond `kept`."""
        ...

    def sweep(self, keep: str = "") -> None:
        """Remove what upgrades have left in the data folder, but for the copy of the database at `keep`."""
        ...

    def ready(self) -> str:
        """The version of the server that says it is ready; empty where none does."""
        ...
