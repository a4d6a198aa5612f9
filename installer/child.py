"""A program of another version, run as a child of this one."""

import os
import subprocess
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from app.model.errors import Problem, Unavailable
from installer import refusals
from installer.renewal import Renewed
from installer.service import clean_environment

_VERSION_SECONDS_MAX: Final = 60.0
_RENEWAL_SECONDS_MAX: Final = 120.0
Answer = TypeVar("Answer", bound=Struct)


def ask(program: Path, kind: type[Answer], *words: str) -> Answer:
    """What a program says of itself, in JSON."""
    try:
        return msgspec.json.decode(run([str(program), *words], _VERSION_SECONDS_MAX), type=kind)
    except (Problem, msgspec.MsgspecError) as error:
        raise refusals.not_a_monodesk(error) from error


def renewed(program: Path, prefix: Path, *words: str) -> Renewed:
    """Have a version renew what is written beside the programs; raises `Unavailable` with the reason."""
    told = run([str(program), "renew", "--prefix", str(prefix), *words], _RENEWAL_SECONDS_MAX)
    try:
        return msgspec.json.decode(told, type=Renewed)
    except msgspec.MsgspecError as error:
        raise Unavailable("child_failed", str(error), str(error)) from error


def run(
    command: list[str],
    seconds_max: float,
    user: tuple[int, int] | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    """The standard output of a child; raises `Unavailable` with its last words. `user` where we may change to it."""
    whose = {"user": user[0], "group": user[1], "extra_groups": []} if user and os.geteuid() == 0 else {}
    try:
        done = subprocess.run(  # noqa: S603 - a program below the prefix, checked before it got there
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds_max,
            cwd="/",
            env={**clean_environment(os.environ), **(environment or {}), "LC_ALL": "C.UTF-8"},
            **whose,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("child_failed", str(error), str(error)) from error
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip() and not _is_epilogue(line)]
        words = lines[-1] if lines else f"exit code {done.returncode}"
        raise Unavailable("child_failed", words, words)
    return str(done.stdout)


def _is_epilogue(line: str) -> bool:
    """What the bootloader says behind a traceback, whose last line tells the reason."""
    return line.startswith("[PYI-")
