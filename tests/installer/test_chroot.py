"""Debian trees that a build was killed in."""

import os
import subprocess
from pathlib import Path

import pytest

from installer.bundle.chroot import let_go


@pytest.mark.full
def test_what_a_killed_build_has_mounted_is_let_go(tmp_path: Path) -> None:
    place = tmp_path / "suite.draft" / "proc"
    place.mkdir(parents=True)
    subprocess.run(("mount", "-t", "tmpfs", "tmpfs", str(place)), check=True)
    assert os.path.ismount(place)

    let_go(tmp_path / "suite.draft")

    assert not os.path.ismount(place)
