"""The one file in a bare Debian tree: no Python, no certificates, no time zones; only its C library."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from installer.bundle.chroot import tree
from tests.journeys.appliance import Appliance

SEEN = "/mnt"  # where the folder with the file and its data lies in the tree
_ENTER = (
    'root=$2; mount --bind "$1" "$root/mnt"; mount -t tmpfs tmpfs "$root/tmp"; shift 2; cd "$root"; '
    'exec chroot "$root" "$@"'
)


def inside(suite: str, work: Path) -> tuple[str, ...]:
    """The beginning of a command line that goes on in the tree of `suite`, where `work` is seen as /mnt.

    Mounts and processes are of namespaces of their own, which end with it.
    """
    root = tree(suite)
    return (
        "unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc",
        "sh", "-ec", _ENTER, "sh", str(work), str(root),
    )  # fmt: skip


class BareAppliance(Appliance):
    """The server of `work/monodesk` inside the tree; its data are in `work/data`."""

    def __init__(self, suite: str, work: Path, environment: Mapping[str, str] = {}) -> None:
        super().__init__(work / "data", command=(*inside(suite, work), f"{SEEN}/monodesk"), environment=environment)
        self._command = tuple(f"{SEEN}/data" if word == str(self.data) else word for word in self._command)
        self._suite, self._work = suite, work

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """A command of the file beside the server, in the same tree."""
        command = (*inside(self._suite, self._work), f"{SEEN}/monodesk", *words, "--data", f"{SEEN}/data")
        environ = {**os.environ, "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=60, env=environ, check=False
        )

    def stop(self, seconds: float = 20.0) -> int:
        """TERM to the file itself: it is the child of what made its namespaces."""
        psutil.Process(self.pid).children()[0].terminate()
        assert self._process is not None
        return self._process.wait(seconds)
