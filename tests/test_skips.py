"""The plugin that turns a skip into a failure in CI, tried in a pytest of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPS = {
    "in_the_body": "import pytest\ndef test(): pytest.skip('no browser')\n",
    "by_mark": "import pytest\n@pytest.mark.skip(reason='no')\ndef test(): pass\n",
    "at_import": "import pytest\npytest.importorskip('no_such_module')\n",
    "expected_failure": "import pytest\n@pytest.mark.xfail(reason='x')\ndef test(): assert False\n",
}


@pytest.mark.parametrize("text", SKIPS.values(), ids=SKIPS)
def test_a_skip_fails_in_ci_alone(tmp_path: Path, text: str) -> None:
    test = tmp_path / "test_one.py"
    test.write_text("def test_good(): pass\n" + text)

    assert _pytest(test, ci="true") in (1, 2)
    assert _pytest(test, ci="") in (0, 5)


def test_long_lists_are_not_held_against_each_other_line_by_line(tmp_path: Path) -> None:
    """Two thousand lines that are alike would take half an hour, and the run would be cut off."""
    test = tmp_path / "test_one.py"
    test.write_text(
        "def test_it(): assert [f'he says {n}' for n in range(99)] == [f'she says {n}' for n in range(99)]\n"
    )

    said = _run(test, ci="true").stdout

    assert "At index 0 diff" in said
    assert "Full diff" not in said


def _pytest(test: Path, *, ci: str) -> int:
    return _run(test, ci=ci).returncode


def _run(test: Path, *, ci: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "tests.skips", "-p", "no:cacheprovider", "-q", str(test)]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, cwd=test.parent, capture_output=True, text=True, check=False)
