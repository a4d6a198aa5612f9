"""A process that runs sources until it is killed: `python -m tests.adapters.killed DATABASE FOLDER`."""

from app.storage import library

library.install()  # before anything imports sqlite3

# ruff: noqa: E402 - the library's place must be taken first
import asyncio
import sys
from pathlib import Path
from typing import Any

from app.model.clock import SystemClock
from app.settings import Settings
from tests.adapters.test_engine import joined
from tests.clock import ManualClock
from tests.domain import Domain

LIMITS: dict[str, Any] = {
    "source_rows_per_write": 20,
    "outbox_lease_seconds": 1.0,
}  # what the last one held is soon free again


async def main() -> None:
    """Without end."""
    database, folder = Path(sys.argv[1]), Path(sys.argv[2])
    clock = ManualClock(SystemClock().now_ms())
    async with Domain(database, Settings(), clock) as domain, joined(domain, folder, **LIMITS):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
