"""The long tests' runner: what is done is remembered, and the rest comes next."""

from pathlib import Path

from tests import soak

PARTS = ["tests/a.py::one", "tests/b.py::two[x]", "tests/b.py::two[y]"]


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "soak.json"
    assert soak.chosen(PARTS, soak.remembered(PARTS, path), None) == PARTS
    soak.remember([PARTS[1]], path)
    assert soak.chosen(PARTS, soak.remembered(PARTS, path), None) == [PARTS[0], PARTS[2]]


def test_one_part_is_run_alone_though_it_was_done() -> None:
    assert soak.chosen(PARTS, PARTS[:1], 1) == [PARTS[0]]


def test_a_test_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "soak.json"
    soak.remember(["tests/old.py::gone", PARTS[0]], path)
    assert soak.remembered(PARTS, path) == [PARTS[0]]


def test_every_long_test_is_a_part_and_fits_into_one() -> None:
    parts = soak.collected()
    assert len(set(parts)) == len(parts) > 10
    assert "tests/fuzz/test_live.py::test_no_new_bytes_harm_the_running_server[http2]" in parts
