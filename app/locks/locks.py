"""What a lock engine offers. `memory.MemoryLocks` serves one process; others follow for several nodes."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct


class Lease(Struct, frozen=True, gc=False):
    """A lock that was granted. `token` is greater than every earlier one of this name, over restarts too.

    The write that the lock protects checks it in its WHERE clause, because a lease can end while its holder sleeps
    (M. Kleppmann, "How to do distributed locking", 2016).
    """

    name: str
    token: int


class Locks(Protocol):
    """Locks by name: FIFO, ending by themselves after a time.

    No deadlock: a task that holds a lock may only ask for one whose name sorts after it. Another order, or the
    same name again, raises `Defect` at once, whether or not anybody waits.
    """

    async def acquire(self, name: str, ttl_seconds: float) -> Lease:
        """Wait for the lock, first come first served. A cancelled waiter leaves no trace.

        The lock ends `ttl_seconds` after it was granted. Raises `Unavailable` when too many wait already.
        """
        ...

    async def release(self, lease: Lease) -> bool:
        """Give the lock to the next one; False, and nothing else, when the lease had ended before."""
        ...

    def hold(self, name: str, ttl_seconds: float) -> AbstractAsyncContextManager[Lease]:
        """`acquire`, and `release` on the way out, cancelled or not."""
        ...
