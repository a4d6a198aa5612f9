"""A hundred people sign in at once, and the chat goes on: the promise, with three times its time."""

from pathlib import Path

import pytest

from tests.bench.crowd import Site
from tests.bench.sign_in import measure

pytestmark = pytest.mark.full

AT_ONCE = 100
CHAT_P99_MS_MAX = 3 * 500
RSS_MIB_MAX = 512


async def test_a_hundred_log_ins_at_once_leave_the_chat_and_the_memory_alone(tmp_path: Path) -> None:
    site = Site(tmp_path, visitors=16)
    try:
        parts = await measure(site, AT_ONCE, number=2, rate=50)
    finally:
        site.appliance.kill()
    assert parts["right passwords"].statuses == {200: 2 * AT_ONCE}
    assert parts["guesses at all"].statuses.keys() <= {401, 429}
    for name, part in parts.items():
        assert part.p99 <= CHAT_P99_MS_MAX, (name, part)
        assert part.rss_mib < RSS_MIB_MAX, (name, part)
