"""Every way in, with many inputs, each in a process of its own. CI tries the same ones each time, soak new ones."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import targets

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in Path(targets.__file__).parent.glob("*.py") if path.stem != "__init__")
_SECONDS_MAX = 3_600  # no test of speed: each input has its own bound


def fuzz(target: str, runs: int, seed: int, found: Path) -> subprocess.CompletedProcess[str]:
    """One run; what failed is kept in `found`."""
    asked = [sys.executable, "-m", "tests.fuzz.run", target, f"--runs={runs}", f"--seed={seed}", f"--found={found}/"]
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    return subprocess.run(
        asked, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False
    )


def demand(target: str, runs: int, seed: int) -> None:
    done = fuzz(target, runs, seed, ROOT / ".cache" / "fuzz")

    assert done.returncode == 0, f"{target} with seed {seed}\n{done.stdout[-1_000:]}\n{done.stderr[-6_000:]}"
    assert f"{runs} inputs" in done.stdout


@pytest.mark.full
@pytest.mark.parametrize("target", NAMES)
def test_no_input_does_harm(target: str) -> None:
    demand(target, 20_000, seed=1)  # the same ones each time; a million new ones are soaked


@pytest.mark.soak
@pytest.mark.parametrize("target", NAMES)
def test_no_new_input_does_harm(target: str) -> None:
    demand(target, 1_000_000, seed=random.SystemRandom().randrange(1, 2**31))


@pytest.mark.full
@pytest.mark.parametrize(("fault", "said"), [
    ("raises", "ZeroDivisionError"), ("slow", "of CPU"), ("grows", "memory has grown"), ("tells", "a client is told"),
    ("logs", "an exception was caught"),
])  # fmt: skip
def test_the_fuzzer_finds_what_it_looks_for(fault: str, said: str, tmp_path: Path) -> None:
    done = fuzz(f"tests.fuzz.planted.{fault}", 3_000, 1, tmp_path)

    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert list(tmp_path.iterdir()), "the input is kept"
    replayed = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", f"tests.fuzz.planted.{fault}", "--replay", next(tmp_path.iterdir())],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if fault == "grows":  # one input shows no growth: it passes, and is not called a fault of another kind
        assert replayed.returncode == 0, replayed.stderr
    else:
        assert said in replayed.stderr
