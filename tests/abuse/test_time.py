"""Moments at which programs break: the server lives through them, and what is said stays in order and is kept.

Only the wall clock is moved (libfaketime), as when somebody sets it; deadlines run by the other one.
"""

import asyncio
import secrets
from datetime import datetime, timedelta
from pathlib import Path
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


def library() -> Path:
    """Where Debian's libfaketime lies."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


async def talk(ground: Ground, until_ms: int) -> list[str]:
    """A visitor and the owner by turns until the moment is over; the conversation's id and what was said."""
    said: list[str] = []
    conversation, at = None, 0
    async with asyncio.timeout(60), ground.agent() as agent, ground.visitor(ground.tokens[2]) as visitor:
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
