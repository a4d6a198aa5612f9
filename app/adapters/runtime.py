"""One source as it runs: what it says, what it stands on, and how it tells of itself."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from app.adapters.calls.callers import Callers
from app.adapters.ground import Ground
from app.adapters.maps.recipes import Recipe
from app.adapters.origins.details import Details
from app.adapters.origins.samples import Samples
from app.adapters.sinks.sink import Sink
from app.adapters.specs.model import Source
from app.model.errors import Problem
from app.storage.source_runs import RunCounts

if TYPE_CHECKING:
    from app.adapters.origins.receiving import Receiving


class SourceState(Struct, frozen=True):
    """How a source is: `state` is starting, reading, waiting, failing, down; times in ms UTC, 0: never.

    `read_until`: everything that changed before it is here. `code`, `en`, `zh` are the last trouble, empty since it is
    over, and began at `failing_since`; `counts` are of the last round that brought something.
    """

    name: str
    version: str
    state: str = "starting"
    held_at: int = 0
    read_until: int = 0
    counts: RunCounts = RunCounts()
    failing_since: int = 0
    code: str = ""
    en: str = ""
    zh: str = ""


class Reporter(Protocol):
    """Tells how a source is; what it does not name stays as it was."""

    def reading(self) -> None:
        """It is at work."""
        ...

    def held(self, counts: RunCounts | None = None, read_until: int | None = None) -> None:
        """It is well, and waits."""
        ...

    def failed(self, problem: Problem, *, down: bool = False) -> None:
        """It does not go on for now; `down`: its system is taken to be away."""
        ...


class Runtime(Struct, frozen=True):
    """`rest` waits so many seconds, or until somebody is in a hurry (True); `doors` are of called sources, by name."""

    source: Source
    ground: Ground
    callers: Callers
    recipe: Recipe
    sink: Sink
    details: Details | None
    report: Reporter
    rest: Callable[[float], Awaitable[bool]]
    doors: "MutableMapping[str, Receiving]"
    samples: Samples
