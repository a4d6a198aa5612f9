"""Every check is broken once, really, and is content again when it was mended."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.health.checks import CHECKS
from app.model.health import State
from tests.health.cases import CASES, FULL
from tests.health.patient import Patient

_SECONDS_MAX = 60.0
_WELL = (State.FINE, State.NOT_ASKED)
_EXPECTED = {"healthy": _WELL, "broken": (State.WRONG,), "warned": (State.WARNING,), "mended": _WELL}


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Patient]:
    made = Patient(tmp_path)
    yield made
    made.end()


def _marked(check: str) -> object:
    return pytest.param(check, marks=pytest.mark.full) if check in FULL else check


@pytest.mark.parametrize("check", [_marked(check.id) for check in CHECKS])
def test_it_is_seen_told_and_mended(check: str, patient: Patient) -> None:
    stages = []
    for stage in CASES[check](patient):
        found = patient.found(check)
        deadline = time.monotonic() + _SECONDS_MAX
        while found.state not in _EXPECTED[stage] and time.monotonic() < deadline:
            found = patient.found(check)  # a server on a busy machine may not have answered in time
        assert found.state in _EXPECTED[stage], (stage, found)
        if found.state not in _WELL:
            assert found.found.en and found.found.zh, found
        stages.append(stage)
    assert stages[0] == "healthy"
    assert stages[-1] == "mended"


def test_every_check_has_a_case_and_every_case_a_check() -> None:
    assert CASES.keys() == {check.id for check in CHECKS}
