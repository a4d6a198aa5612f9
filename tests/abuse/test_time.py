"""Moments at which programs break: the server lives through them, and what is said stays in order and is kept.

Only the wall clock is moved (libfaketime), as when somebody sets it; deadlines run by the other one.
"""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.abuse.ground import Ground, still_well, text
from tests.abuse.line import ask, head
from tests.journeys.appliance import SOURCE

pytestmark = pytest.mark.full

MOMENTS = {
    "the second day there was": ("1970-01-02 00:00:00", "UTC"),
    "2**31 seconds": ("2038-01-19 03:14:08", "UTC"),
    "2**32 seconds": ("2106-02-07 06:28:16", "UTC"),
    "a leap second": ("2017-01-01 00:00:00", "UTC"),
    "the hour that comes twice": ("2026-10-25 01:00:00", "Europe/Berlin"),
    "the hour that is left out": ("2026-03-29 01:00:00", "Europe/Berlin"),
    "a leap day": ("2028-02-28 16:00:00", "Asia/Shanghai"),
    "the last new year of Python's own clock": ("2262-01-01 00:00:00", "UTC"),  # 2**63 nanoseconds; none takes 9999
}
_BEFORE_SECONDS = 6.0  # to start and to find people
_PAUSE_SECONDS = 0.3
_HOUSEKEPT_SECONDS = 1.5  # every 0.2 s
_WALL_CLOCK_ALONE = "FAKETIME_DONT_FAKE_MONOTONIC=1"


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
async def test_talk_goes_on_over_the_moment_and_after_a_restart(moment: tuple[str, str], tmp_path: Path) -> None:
    at, zone = datetime.fromisoformat(f"{moment[0]}+00:00"), moment[1]
    began = (at - timedelta(seconds=_BEFORE_SECONDS)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    # Not by the command `faketime`: it stays in between, and a signal for the server would end it alone.
    command = ("env", f"TZ={zone}", f"LD_PRELOAD={library()}", f"FAKETIME=@{began}", _WALL_CLOCK_ALONE, *SOURCE)
    ground = Ground(tmp_path, command=command)
    try:
        said = await talk(ground, round(at.timestamp() * 1_000))
        assert await asyncio.to_thread(ground.appliance.stop) == 0
        await asyncio.to_thread(ground.appliance.start)  # at the same moment: the clock was set back
        await still_well(ground)
        path = f"/api/v1/visitor/conversations/{said[0]}/messages?limit=200"
        page = (await ask(ground.port, head("GET", path, ground.bearer(2)))).json()["messages"]
        assert [one["text"] for one in page if one["kind"] == "message"] == said[1:]
        assert [one["seq"] for one in page] == list(range(1, len(page) + 1))
        assert "Traceback" not in ground.appliance.output()
    finally:
        ground.appliance.kill()


async def test_a_clock_that_is_set_while_it_runs_harms_nobody(tmp_path: Path) -> None:
    """An hour back, then a day forward: who is signed in stays so, order is by number, nothing storms."""
    offset = tmp_path / "offset"
    offset.write_text("+0s\n")
    moved = (f"LD_PRELOAD={library()}", f"FAKETIME_TIMESTAMP_FILE={offset}", "FAKETIME_NO_CACHE=1", _WALL_CLOCK_ALONE)
    quick = "MONODESK_LIMITS_CLOCK_LOOK_SECONDS=0.2"
    ground = Ground(tmp_path, command=("env", *moved, quick, *SOURCE))
    log = ground.appliance.data / "logs" / "monodesk.log"
    try:
        conversation, said, at = None, 0, []
        async with asyncio.timeout(180), ground.agent() as agent, ground.visitor(ground.tokens[2]) as visitor:
            for now in ("+0s", "-3600s", "+86400s"):
                offset.write_text(f"{now}\n")
                for speaker, listener in ((visitor, agent), (agent, visitor)) * 3:
                    cid = secrets.token_hex(16)
                    await speaker.write(text({"t": "send", "cid": cid, "conv": conversation, "text": f"line {said}"}))
                    ack = await speaker.told("ack")
                    conversation, said = ack["conv"], said + 1
                    at.append(ack["at"])
                    while (await listener.told("msg")).get("cid") != cid:
                        pass
                    await asyncio.sleep(_PAUSE_SECONDS)
        await still_well(ground)
        path = f"/api/v1/visitor/conversations/{conversation}/messages?limit=200"
        page = (await ask(ground.port, head("GET", path, ground.bearer(2)))).json()["messages"]
        assert [one["text"] for one in page if one["kind"] == "message"] == [f"line {number}" for number in range(said)]
        me = await ask(ground.port, head("GET", "/api/v1/me", {"Cookie": ground.cookie}))
        assert me.status == 200, "a day is less than an idle session lives"
        assert at[5] - at[6] > 3_000_000
        assert at[12] - at[11] > 86_000_000
        lines = log.read_text().splitlines()
        assert sum('"the clock was set"' in line for line in lines) == 2
        assert len(lines) < 200, "nothing storms"
        assert "Traceback" not in ground.appliance.output()
    finally:
        ground.appliance.kill()


async def test_a_clock_that_is_set_while_no_server_runs_is_noticed_and_harms_nothing(tmp_path: Path) -> None:
    """A day back, more than a year forward, and right again: what waits is done, what is unsent and who is in stay."""
    offset = tmp_path / "offset"
    offset.write_text("+0s\n")
    moved = (f"LD_PRELOAD={library()}", f"FAKETIME_TIMESTAMP_FILE={offset}", "FAKETIME_NO_CACHE=1", _WALL_CLOCK_ALONE)
    ground = Ground(tmp_path, command=("env", *moved, "MONODESK_LIMITS_HOUSEKEEPING_SECONDS=0.2", *SOURCE))
    log = ground.appliance.data / "logs" / "monodesk.log"
    conversation, said = "", []

    async def say(line: str) -> dict[str, Any]:
        nonlocal conversation
        frame = {"t": "send", "cid": secrets.token_hex(16), "text": line}
        frame |= {"conv": conversation} if conversation else {}
        told = (await ground.post("/api/v1/visitor/frames", frame, ground.bearer(2))).json()["frames"][0]
        assert told["t"] == "ack", told
        conversation = told["conv"]
        said.append(line)
        return dict(told)

    async def again(now: str, between: Callable[[Path], None] = lambda database: None) -> str:
        """Stopped, and started with that clock; what the log says of it by the time that housekeeping is over."""
        assert await asyncio.to_thread(ground.appliance.stop) == 0
        offset.write_text(f"{now}\n")
        between(ground.appliance.data / "monodesk.db")
        before = log.stat().st_size
        await asyncio.to_thread(ground.appliance.start)
        await asyncio.sleep(_HOUSEKEPT_SECONDS)
        return log.read_text()[before:]

    try:
        first = await say("first")
        fields = {"Content-Type": "text/plain", "X-File-Name": "notes.txt", **ground.bearer(2)}
        unsent = (await ground.post("/api/v1/visitor/files", b"not sent yet", fields)).json()["id"]
        assert "check the machine's clock" not in await again("+0s")

        told = await again("-86400s", lambda database: tried_again_later(database, conversation, first["id"]))
        assert told.count("the clock is behind the newest stored time") == 1
        async with asyncio.timeout(30):
            while waiting(ground.appliance.data / "monodesk.db"):
                await asyncio.sleep(0.1)
        ack = await say("a day earlier")
        assert ack["at"] < first["at"]

        told = await again("+34560000s")
        assert told.count("nothing was stored for long, or the clock is ahead") == 1
        await say("a year later")

        told = await again("+0s")
        assert told.count("the clock is behind the newest stored time") == 1
        await say("last")
        path = f"/api/v1/visitor/conversations/{conversation}/messages?limit=200"
        page = (await ask(ground.port, head("GET", path, ground.bearer(2)))).json()["messages"]
        assert [one["text"] for one in page if one["kind"] == "message"] == said
        file = await ask(ground.port, head("GET", f"/api/v1/visitor/files/{unsent}", ground.bearer(2)))
        assert (file.status, file.body) == (200, b"not sent yet")
        assert (await ask(ground.port, head("GET", "/api/v1/me", {"Cookie": ground.cookie}))).status == 200
        assert "Traceback" not in ground.appliance.output()
    finally:
        ground.appliance.kill()


def tried_again_later(database: Path, conversation: str, message: str) -> None:
    """A task as the outbox leaves it when it failed once, a second before the server was stopped."""
    with closing(sqlite3.connect(database)) as connection, connection:
        (at,) = connection.execute("SELECT at FROM events ORDER BY pos DESC").fetchone()
        connection.execute(
            "INSERT INTO outbox (topic, key, payload, attempts, due_at, created_at) VALUES ('search', ?, ?, 1, ?, ?)",
            (conversation, message.encode(), at + 1_000, at),
        )


def waiting(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM outbox WHERE state <> 'dead'").fetchone()[0])


def library() -> Path:
    """Where Debian's libfaketime lies."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


async def talk(ground: Ground, until_ms: int) -> list[str]:
    """A visitor and the owner by turns until the moment is over; the conversation's id and what was said."""
    said: list[str] = []
    conversation, at = None, 0
    async with asyncio.timeout(180), ground.agent() as agent, ground.visitor(ground.tokens[2]) as visitor:
        while at < until_ms + 1_000:
            speaker, listener = (agent, visitor) if len(said) % 2 else (visitor, agent)
            cid = secrets.token_hex(16)
            said.append(f"line {len(said)}")
            await speaker.write(text({"t": "send", "cid": cid, "conv": conversation, "text": said[-1]}))
            ack = await speaker.told("ack")
            conversation, at = ack["conv"], ack["at"]
            while (await listener.told("msg")).get("cid") != cid:
                pass
            await asyncio.sleep(_PAUSE_SECONDS)
    return [str(conversation), *said]
