"""The lock files hold what is asked for, every line with a hash, and no address of an index."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "requirements"
NAMES = ("run", "build", "test", "scan", "node", "bootloader")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_for_is_locked(name: str) -> None:
    asked = {_normal(line) for line in _lines(f"{name}.in")}
    locked = {_normal(line) for lock in ("run.txt", f"{name}.txt") for line in _lines(lock) if "==" in line}

    assert asked
    assert asked <= locked, "run `make lock`"


@pytest.mark.parametrize("name", NAMES)
def test_every_package_has_a_hash_and_no_address(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()

    assert re.search(r"://|--(?!hash)", text) is None
    for package in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in package


def _lines(file: str) -> list[str]:
    text = (FOLDER / file).read_text()
    return [line for line in text.splitlines() if line[:1].isalpha()]


def _normal(line: str) -> str:
    """The package's name as PyPA's specification normalises it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", line)[0]).lower()
