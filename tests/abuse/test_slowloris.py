"""A thousand heads and a thousand bodies that never end: the promise, with the default limits; and who is only slow.

The bench `slowloris` prints the figures; here only the promised deadline counts, three times over.
"""

import asyncio
from pathlib import Path

import pytest

from tests.abuse.ground import Ground, still_well
from tests.abuse.line import head, line
from tests.bench.slowloris import attack, beside

pytestmark = pytest.mark.full

_CUT_SECONDS_MAX = 30.0


async def test_a_thousand_slow_heads_and_bodies_are_cut_while_others_are_served(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    try:
        attacking = asyncio.ensure_future(attack(ground.port, 1_000, 1_000, rate=400, drop_seconds=3.0))
        took = await beside(ground.port, ground.cookie, attacking)
        heads, bodies = attacking.result()
        assert heads.told == bodies.told == {b"HTTP/1.1 408"}
        assert max(heads.lasted + bodies.lasted) < 3 * _CUT_SECONDS_MAX
        assert max(took) < 3 * 1.0  # nobody is kept waiting; measured in the bench
        await still_well(ground)
    finally:
        ground.appliance.kill()


async def test_an_upload_that_keeps_the_least_rate_takes_as_long_as_it_needs(tmp_path: Path) -> None:
    """Four times as long as a pause may be, at two and a half times the least rate."""
    ground = Ground(tmp_path, "body_pause_seconds_max = 2.0\n")
    content = b"a line of text\n" * 2_667
    try:
        async with line(ground.port) as one:
            fields = {**ground.bearer(), "X-File-Name": "slow.txt", "Content-Length": str(len(content))}
            await one.write(head("POST", "/api/v1/visitor/files", fields))
            for at in range(0, len(content), 1_000):
                assert await one.write(content[at : at + 1_000])
                await asyncio.sleep(0.2)
            answer = await one.answer()
        assert (answer.status, answer.json()["size"]) == (200, len(content))
    finally:
        ground.appliance.kill()
