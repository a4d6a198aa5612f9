"""A server tuned to a real control group of 256 MB, with as many people as it lets in: nobody is killed."""

import secrets
from pathlib import Path

import pytest

from tests.abuse.cgroup import group
from tests.bench.tuned import measure, told_of

_MEBIBYTES = 256


@pytest.mark.full
def test_all_places_taken_fit_into_the_memory_that_was_dealt_out(tmp_path: Path) -> None:
    with group(f"monodesk-{secrets.token_hex(4)}") as limited:
        seen = measure(tmp_path, limited, _MEBIBYTES)
    print(told_of(seen))
    assert (seen.kills, seen.refused) == (0, True)
    assert (seen.places, seen.polls) == (3_800, 92)
    assert seen.resident <= seen.reserved
