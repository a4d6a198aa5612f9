"""The web as it is built, into a folder of the test's own."""

import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "app" / "web"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh build of app/web; `npm ci` was run before, as `make test` does."""
    folder = tmp_path_factory.mktemp("web") / "dist"
    subprocess.run(["node", "build.mjs", str(folder)], cwd=WEB, check=True, capture_output=True, text=True)
    return folder
