"""The whole list of bad inputs at once, several times over, against the file in a real control group of 512 MB.

Nobody is killed, `/healthz` answers throughout, and a visitor and an agent who talk meanwhile hear each other.
Only the times of silence are shortened, so that the test ends; every other limit is the default.
"""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.abuse import bad_http, bad_http2, bad_sockets, bad_text
from tests.abuse.bystanders import watched
from tests.abuse.cases import Case, cases
from tests.abuse.cgroup import Group, group
from tests.abuse.ground import Ground, still_well
from tests.abuse.test_http2 import SLOW
from tests.journeys.appliance import ROOT

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"
_LIMIT_BYTES = 512 * 2**20
_SILENCE = "ping_seconds = 8.0\nsilence_seconds_max = 25.0\n"
_COPIES = 4  # of each case, beside each other
_BESIDE_EACH_OTHER = 40
_CASE_SECONDS_MAX = 90.0  # against hanging
_PROBE_SECONDS_MAX = 1.0
# Whose agent hears what four visitors say at the top of their voices wants to hear nobody else's.
_ALONE = [bad_sockets.who_does_not_read, *cases(bad_text)]
_TOGETHER = [
    case
    for room in (bad_http, bad_sockets, bad_http2)
    for case in cases(room)
    if case not in _ALONE and case.__name__ not in SLOW  # HTTP/2's own times are long: test_http2 shortens them
]


@pytest.fixture
def limited() -> Iterator[Group]:
    with group(f"monodesk-{secrets.token_hex(4)}") as made:
        made.limit(_LIMIT_BYTES)
        yield made


@pytest.fixture
def ground(limited: Group, tmp_path: Path, workers: int) -> Iterator[Ground]:
    assert BINARY.exists(), "run `make binary` first"
    ground = Ground(tmp_path, _SILENCE, command=limited.around(str(BINARY)), workers=workers)
    yield ground
    family = ground.family
    ground.appliance.kill()
    psutil.wait_procs(family, timeout=30)


@pytest.mark.parametrize("workers", [0, 2])
async def test_nothing_bad_kills_it_or_keeps_others_waiting(ground: Ground, limited: Group) -> None:
    gate = asyncio.Semaphore(_BESIDE_EACH_OTHER)

    async def carry(case: Case) -> None:
        async with gate, asyncio.timeout(_CASE_SECONDS_MAX):
            await case(ground)

    async with watched(ground, ground.tokens[3]) as noticed:
        async with asyncio.TaskGroup() as work:
            for case in _TOGETHER * _COPIES:
                work.create_task(carry(case), name=case.__name__)
        for case in _ALONE:
            await carry(case)
    await still_well(ground)
    print(
        f"slowest of {len(noticed.probes)} probes {max(noticed.probes) * 1e3:.0f} ms, of {len(noticed.turns)} turns of "
        f"talk {max(noticed.turns) * 1e3:.0f} ms; peak {limited.peak >> 20} MiB with pages of files, "
        f"{limited.resident >> 20} MiB resident at the end"
    )
    assert limited.kills == 0
    assert max(noticed.probes) < 3 * _PROBE_SECONDS_MAX
    assert noticed.turns
