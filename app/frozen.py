"""The entry of the frozen file, beside the real module, because no child can import PyInstaller's entry script."""

import ctypes
import os
import signal
import sys
from multiprocessing import freeze_support
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_bootloader() -> None:
    """Ask the kernel for TERM when the one file's bootloader is killed: else the server lives on and keeps the port.

    Only where the parent is that bootloader, the same executable; under a shell or systemd nothing is asked.
    """
    if Path("/proc/self/exe").exists() and _executable("self") == _executable(str(os.getppid())):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _executable(process: str) -> str | None:
    try:
        return str(Path(f"/proc/{process}/exe").readlink())
    except OSError:
        return None


if __name__ == "__main__":
    freeze_support()
    die_with_bootloader()

    from app.storage.library import install

    install()

    from app.cli import main

    sys.exit(main(sys.argv[1:]))
