from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.appliance import ROOT
from tests.machines.machine import Machine, machine

BINARY = ROOT / "dist" / "monodesk"


@pytest.fixture(scope="session")
def binary() -> Path:
    assert BINARY.exists(), "run `make binary` first"
    return BINARY


@pytest.fixture
def debian(tmp_path: Path) -> Iterator[Machine]:
    """A machine with nothing on it but the downloaded file, /root/monodesk."""
    with machine(tmp_path) as made:
        yield made


@pytest.fixture
def fresh(debian: Machine, binary: Path) -> Machine:
    debian.put(binary, "/root/monodesk")
    return debian
