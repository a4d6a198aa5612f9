"""How a command speaks to the person at the terminal, and its exit codes."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from app.commands.output import hush
from app.model.errors import Problem

if TYPE_CHECKING:
    from app.commands.progress import Progress, Unit

OK = 0
FAILED = 1
USAGE = 2


class Voice:
    """Speaks to the person at the terminal in his language: results to standard output, the rest to standard error."""

    def __init__(self, language: str, environ: Mapping[str, str] = os.environ) -> None:
        self.chinese = language.lower().startswith("zh")
        self._environ = environ
        self._progress: Progress | None = None

    def pick(self, en: str, zh: str) -> str:
        """The text for this reader."""
        return zh if self.chinese else en

    def say(self, en: str, zh: str) -> None:
        """One line of result. Where nobody reads it the command goes on: an upgrade is not left half-way for that."""
        try:
            with self._progress.aside() if self._progress else nullcontext():
                print(self.pick(en, zh), flush=True)
        except BrokenPipeError:
            hush()

    def ask(self, en: str, zh: str) -> str:
        """What a person at the terminal answers; an empty string where nobody sits there."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return ""
        with self._progress.aside() if self._progress else nullcontext():
            print(self.pick(en, zh), end=" ", file=sys.stderr, flush=True)
            return sys.stdin.readline().strip()

    def complain(self, problem: Problem) -> None:
        """One line of refusal."""
        try:
            print(f"monodesk: {self.pick(problem.en, problem.zh)}", file=sys.stderr, flush=True)
        except BrokenPipeError:
            hush()

    @contextmanager
    def progress(self, unit: "Unit", *, quiet: bool = False) -> "Iterator[Progress]":
        """How far it is, while the body lasts, for who looks at a terminal; `quiet` for machines."""
        from app.commands.progress import Progress, manner

        with Progress(sys.stderr, manner(sys.stderr, self._environ, quiet=quiet), unit, chinese=self.chinese) as shown:
            self._progress = shown
            try:
                yield shown
            finally:
                self._progress = None
