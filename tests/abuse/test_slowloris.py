"""A thousand heads and a thousand bodies that never end: the promise, with the default limits.

The bench `slowloris` prints the figures; here only the promised deadline counts, three times over.
"""

import asyncio
from pathlib import Path

import pytest

from tests.abuse.ground import Ground, still_well
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
