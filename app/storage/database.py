"""What a storage engine offers. SQLite is the one in the file; PostgreSQL follows behind the same interface.

A write is one plain function over a `Transaction`, run whole by the engine on its writer thread, in one transaction
with whatever else waits (group commit). It must not block, and may be run a second time from the start when another
unit of its group failed, so it touches nothing but the transaction. SQL is the subset that SQLite and PostgreSQL share:
named parameters (`:name`), RETURNING, ON CONFLICT; times as integer milliseconds UTC; JSON as text. A limit is written
`LIMIT 0 + :limit`: with the parameter alone SQLite plans by its value, and parses the statement anew at each run.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from app.model.events import Event, StoredEvent

Value = str | int | float | bytes | None
Row = tuple[Value, ...]
Parameters = Mapping[str, Value]
Result = TypeVar("Result")


class Transaction(Protocol):
    """One unit's view of the database, on the writer thread."""

    @property
    def pos(self) -> int:
        """The position of the newest stored event, those of this unit included; 0 before the first."""
        ...

    @property
    def at(self) -> int:
        """When the group of this unit began, in milliseconds UTC."""
        ...

    def execute(self, sql: str, parameters: Parameters = {}) -> list[Row]:
        """Run one statement; the rows it returns, or an empty list."""
        ...

    def attempt(self, step: Callable[[], Result]) -> Result:
        """Run a part of the unit: where it raises, all that it did is taken back, and the rest of the unit stands."""
        ...

    def record(self, event: StoredEvent) -> StoredEvent:
        """Store an event under the next `pos` and announce it after the commit; returns it with its `pos`."""
        ...

    def announce(self, event: Event) -> None:
        """Announce an event after the commit without storing it."""
        ...

    def enqueue(self, topic: str, key: str, payload: bytes) -> None:
        """Put a task into the outbox: done after the commit, in order per `key`, at least once."""
        ...


Unit = Callable[[Transaction], Result]
Announce = Callable[[Sequence[Event]], None]


class Database(Protocol):
    """A durable store with one writer and parallel readers."""

    @property
    def epoch(self) -> str:
        """The generation of this database: a restore changes it."""
        ...

    def write(self, unit: Unit[Result]) -> Awaitable[Result]:
        """Run a unit; resolves after its commit is on disk. Announcements come in commit order, before it resolves.

        Raises what the unit raised, `Unavailable` when the queue is full, the disk is full or the engine is closing.
        """
        ...

    async def read(self, sql: str, parameters: Parameters = {}, *, many: bool = False) -> list[Row]:
        """Rows of one SELECT, on a reader connection; sees every commit whose `write` has resolved.

        `many` says that a page of rows is likely, and no BLOB among them: the engine may fetch it all at once.
        """
        ...

    def demand_writable(self) -> None:
        """Raise the `Problem` that keeps writes from being stored until the next start, where there is one."""
        ...

    def watch_outbox(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Call `listener` on the loop after every commit that put tasks into the outbox, with their topics."""
        ...
