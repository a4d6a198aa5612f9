"""systemd's journal of one service: what it has written to standard error, one line each."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime

from installer.service import clean_environment

_PROGRAM = "journalctl"
_OF_JOURNALCTL = b"-- "  # its own remarks: a reboot, no entries


class ServiceJournal:
    """The lines of one unit."""

    def __init__(self, program: str, unit: str, *, user: bool, environ: Mapping[str, str]) -> None:
        self._command = [program, "--user" if user else "--system", "--unit", unit, "--output", "cat", "--no-pager"]
        self._environ = clean_environment(environ)

    @classmethod
    def of(cls, unit: str, *, user: bool, environ: Mapping[str, str]) -> "ServiceJournal | None":
        """That of a unit; None where no journalctl is on PATH."""
        program = shutil.which(_PROGRAM, path=environ.get("PATH", os.defpath))
        return cls(program, unit, user=user, environ=environ) if program else None

    def lines(self, since: datetime | None, *, follow: bool = False, last: int = 0) -> Iterator[bytes]:
        """What is there from then on, at most the `last` lines of it; with `follow` only what comes.

        Nothing where the journal cannot be read.
        """
        which = ["--follow", "--lines", "0"] if follow else ["--lines", str(last)] if last else []
        which += ["--since", f"@{int(since.timestamp())}"] if since else []
        with subprocess.Popen(  # noqa: S603 - found on PATH, words of our own
            [*self._command, *which],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as journal:
            assert journal.stdout is not None
            try:
                for line in journal.stdout:
                    if not line.startswith(_OF_JOURNALCTL):
                        yield line.rstrip(b"\n")
            finally:
                journal.terminate()
