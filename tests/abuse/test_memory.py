"""The whole list of bad inputs at once, several times over, against the file in a real control group of 512 MB.

Nobody is killed, `/healthz` answers throughout, and a visitor and an agent who talk meanwhile hear each other. Over TLS
it is what TLS makes dearer: handshakes that stall, clients that never read, HTTP/2 that ends by a deadline. Only the
times of silence are shortened, so that the test ends; every other limit is the default.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.abuse import bad_http, bad_http2, bad_sockets, bad_text, bad_tls
from tests.abuse.bystanders import watched
from tests.abuse.cases import Case, cases
from tests.abuse.cgroup import Group, group
from tests.abuse.ground import Ground, still_well
from tests.abuse.test_corpus import TAKE_TIME
from tests.abuse.test_http2 import SLOW
from tests.journeys.appliance import ROOT

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"
_LIMIT_BYTES = 512 * 2**20
_SILENCE = """
ping_seconds = 8.0
silence_seconds_max = 25.0
http2_silence_seconds = 5.0
http2_idle_seconds = 12.0
"""
_COPIES, _COPIES_OVER_TLS = 4, 2  # of each case, beside each other
_BESIDE_EACH_OTHER = 40  # and with them all that do little but wait for a deadline
_CASE_SECONDS_MAX = 180.0  # against hanging
_PROBE_SECONDS_MAX = 1.0
# Whose agent hears what four visitors say at the top of their voices wants to hear nobody else's.
_ALONE = [bad_sockets.who_does_not_read, *cases(bad_text)]
_TOGETHER = [case for room in (bad_http, bad_sockets, bad_http2) for case in cases(room) if case not in _ALONE]
_OVER_TLS = [*cases(bad_tls), *(case for case in cases(bad_http2) if case.__name__ in SLOW)]
_BUSY = {"floods", "fragments_without_end", "data_of_one_byte", "data_that_is_all_padding"}
_WAIT = {*SLOW, *TAKE_TIME, "handshakes_that_stall", "a_hello_that_drips"} - _BUSY


@pytest.fixture
def limited() -> Iterator[Group]:
    with group(f"monodesk-{secrets.token_hex(4)}") as made:
        made.limit(_LIMIT_BYTES)
        yield made


@pytest.fixture
def ground(limited: Group, tmp_path: Path, workers: int, tls: bool) -> Iterator[Ground]:
    assert BINARY.exists(), "run `make binary` first"
    ground = Ground(tmp_path, _SILENCE, command=limited.around(str(BINARY)), workers=workers, tls=tls)
    yield ground
    family = ground.family
    ground.appliance.kill()
    psutil.wait_procs(family, timeout=60)


@pytest.mark.parametrize(("workers", "tls"), [(0, False), (2, False), (0, True)], ids=["plain", "gateways", "tls"])
async def test_nothing_bad_kills_it_or_keeps_others_waiting(ground: Ground, limited: Group, tls: bool) -> None:
    together, alone = _TOGETHER * _COPIES, _ALONE
    if tls:
        together, alone = _OVER_TLS * _COPIES_OVER_TLS, [bad_sockets.who_does_not_read]
    gate = asyncio.Semaphore(_BESIDE_EACH_OTHER)

    async def carry(case: Case) -> None:
        queue = contextlib.nullcontext() if case.__name__ in _WAIT else gate
        async with queue, asyncio.timeout(_CASE_SECONDS_MAX):
            await case(ground)

    async with watched(ground, ground.tokens[3]) as noticed:
        async with asyncio.TaskGroup() as work:
            for case in together:
                work.create_task(carry(case), name=case.__name__)
        for case in alone:
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
