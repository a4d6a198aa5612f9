"""How a command speaks to the person at the terminal, and its exit codes."""

import sys

from app.model.errors import Problem

OK = 0
FAILED = 1
USAGE = 2


class Voice:
    """Speaks to the person at the terminal in his language: results to standard output, the rest to standard error."""

    def __init__(self, language: str) -> None:
        self.chinese = language.lower().startswith("zh")

    def pick(self, en: str, zh: str) -> str:
        """The text for this reader."""
        return zh if self.chinese else en

    def say(self, en: str, zh: str) -> None:
        """One line of result."""
        print(self.pick(en, zh), flush=True)

    def complain(self, problem: Problem) -> None:
        """One line of refusal."""
        print(f"monodesk: {self.pick(problem.en, problem.zh)}", file=sys.stderr, flush=True)
