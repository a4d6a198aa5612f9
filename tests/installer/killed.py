"""Runs one command and dies by KILL just before its step number N, or only lists its steps (N 0): a child of a test.

A step is what changes something on the disk or another process: a rename, a link, a folder, a removed tree, a child, a
signal. `python -P -m tests.installer.killed N LIST COMMAND…`, with the version's own modules first on the path. For N
there may stand `COUNT:WORDS`: the step that begins so for the COUNTth time.
"""

import os
import signal
import sys
from pathlib import Path

_STEPS = {"os.rename", "os.link", "os.symlink", "os.mkdir", "os.kill", "shutil.rmtree", "shutil.copyfile"}
_TREES = ("subprocess.Popen",)


def main(which: str, listing: Path, words: list[str]) -> int:
    steps: list[str] = []
    first, _, text = which.partition(":")
    number = int(first)

    def is_it() -> bool:
        if not text:
            return len(steps) == number
        return steps[-1].startswith(text) and sum(step.startswith(text) for step in steps) == number

    def heard(event: str, facts: tuple[object, ...]) -> None:
        if event not in _STEPS and event not in _TREES:
            return
        steps.append(f"{event} {' '.join(_shown(fact) for fact in facts[:2])}")
        if is_it():
            listing.write_text("\n".join(steps))
            os.kill(os.getpid(), signal.SIGKILL)

    from app.cli import main as run

    sys.addaudithook(heard)
    code = run(words)
    listing.write_text("\n".join(steps))
    return code


def _shown(fact: object) -> str:
    if isinstance(fact, list):
        return " ".join(Path(str(word)).name for word in fact[:2])
    return Path(os.fsdecode(fact)).name if isinstance(fact, str | bytes | Path) else str(fact)


if __name__ == "__main__":
    from app.storage.library import install

    install()
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
