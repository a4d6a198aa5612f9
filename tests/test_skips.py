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


def _pytest(test: Path, *, ci: str) -> int:
    command = [sys.executable, "-m", "pytest", "-p", "tests.skips", "-p", "no:cacheprovider", "-q", str(test)]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, cwd=test.parent, capture_output=True, check=False).returncode
