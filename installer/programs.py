"""Other people's programs, called by name as they are found on PATH: systemctl, useradd, firewall-cmd and the like."""

import os
import shutil
import subprocess
from collections.abc import Mapping

from app.model.errors import Unavailable
from installer.service import clean_environment

_SECONDS_MAX = 330.0  # a first start may migrate; systemd itself gives up after 300 s
_WORDS_MAX = 2_000


class Programs:
    """Calls programs with the variables of `environ`, without those by which PyInstaller hands on its own libraries."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = _clean(environ)

    def has(self, name: str) -> bool:
        """Whether there is such a program."""
        return self._path(name) is not None

    def says(self, *command: str) -> str | None:
        """What a program prints; None where it is absent or fails."""
        path = self._path(command[0])
        if path is None:
            return None
        done = self._call(path, command)
        return done.stdout.strip() if done.returncode == 0 else None

    def run(self, *command: str) -> None:
        """Have a program do something; raises `Unavailable` with its own words where it fails."""
        path = self._path(command[0])
        if path is None:
            raise Unavailable(
                "program_missing",
                f"There is no program {command[0]} here. Install it, or choose another --target.",
                f"找不到程序 {command[0]}。请先安装，或选择其他 --target。",
            )
        done = self._call(path, command)
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip()[-_WORDS_MAX:]
            line = " ".join(command)
            raise Unavailable(
                "program_failed",
                f"“{line}” failed ({done.returncode}): {words}. What was done before it has been undone.",
                f"“{line}” 执行失败（{done.returncode}）：{words}。之前的步骤已撤销。",
            )

    def _path(self, name: str) -> str | None:
        return shutil.which(name, path=self._environ["PATH"])

    def _call(self, path: str, command: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603 - names of our own, found on PATH
            [path, *command[1:]],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS_MAX,
        )


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Without our libraries; administrators' programs are found also where a login does not put them on PATH."""
    kept = clean_environment(environ)
    kept["PATH"] = os.pathsep.join([environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    kept["LC_ALL"] = "C.UTF-8"
    return kept
