"""Opens a database as the server does, each time a line names it: in one process, as the shim is loaded only once.

    python -m tests.faults.opening    (with the shim's variables)

A line `PATH` is answered by `ok`, or by the code of the problem that the server would stop with.
"""

import asyncio
import sys
from pathlib import Path

from app.storage.library import install

install()  # before anything imports sqlite3

from app.model.clock import SystemClock  # noqa: E402
from app.model.errors import Problem  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.storage.sqlite import SqliteDatabase  # noqa: E402


async def open_and_close(path: Path) -> str:
    try:
        database = await SqliteDatabase.open(path, Settings(), SystemClock(), lambda events: None)
        await database.close()
    except Problem as problem:
        return problem.code
    return "ok"


if __name__ == "__main__":
    for line in sys.stdin:
        print(asyncio.run(open_and_close(Path(line.strip()))), flush=True)
