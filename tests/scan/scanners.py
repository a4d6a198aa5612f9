"""The three scanners as processes: what each is asked, and its findings as lines.

They live in an environment of their own (`make scan`), because semgrep brings a web server's libraries in versions of
its own choice. None of them speaks to the network.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec import Struct

RULES = Path(__file__).parent / "rules"
TOOLS = Path(sys.prefix) / "scan" / "bin"
SCANNED = ("app", "installer", "build.spec")
_SECONDS_MAX = 300
# Hashes of packages and what is drawn or built hold no secret, and look like nothing else.
_NO_SECRETS_IN = r"(^|/)(requirements/\w+\.txt|package-lock\.json|migrations/.*|.*\.(png|svg|woff2|css))$"
# A test's password opens nothing, and pages and wordings speak of passwords: there nothing counts by its name or look.
# Specs name secrets, and their cases hold what vendors have published. Keys of real services are sought everywhere.
_SPEAKS_OF_SECRETS = r"(^tests/|\.test\.tsx?$|\.md$|[wW]ords\.ts$|^app/adapters/(presets|examples)/[^/]+\.yaml$)"
_BY_NAME_OR_LOOK = ("KeywordDetector", "HexHighEntropyString", "Base64HighEntropyString", "BasicAuthDetector")


class Finding(Struct, frozen=True, order=True):
    """One line that a scanner objects to; `path` from the tree's root."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


def scan(root: Path) -> list[Finding]:
    """What all three find in the tree at `root`, in its order."""
    scanners: Sequence[Callable[[Path], list[Finding]]] = (semgrep, bandit, secrets)
    with ThreadPoolExecutor(len(scanners)) as pool:
        return sorted(finding for found in pool.map(lambda one: one(root), scanners) for finding in found)


def bandit(root: Path) -> list[Finding]:
    """Python's known weaknesses; its settings stand in pyproject.toml."""
    settings = Path(__file__).parents[2] / "pyproject.toml"
    asked = ["-q", "-r", "-f", "json", "-c", str(settings), *_there(root, ("app", "installer"))]
    told = _run("bandit", asked, root, good=(0, 1))
    _demand(not told["errors"], told["errors"])
    return [
        Finding(_plain(one["filename"]), one["line_number"], one["test_id"], one["issue_text"])
        for one in told["results"]
    ]


def semgrep(root: Path) -> list[Finding]:
    """The rules of this house (`rules/`)."""
    asked = [
        "scan", "--json", "--quiet", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--project-root=.",
        "--jobs=2", "--exclude=node_modules", "--exclude=dist", f"--config={RULES}", *_there(root, SCANNED),
        "--strict", "--timeout=0",  # a slow machine is no finding
    ]  # fmt: skip
    told = _run("semgrep", asked, root, good=(0, 1))
    _demand(not told["errors"], told["errors"])
    _demand(told["paths"]["scanned"], "semgrep has looked at nothing")
    return [
        Finding(one["path"], one["start"]["line"], one["check_id"].rpartition(".")[2], one["extra"]["message"])
        for one in told["results"]
    ]


def secrets(root: Path) -> list[Finding]:
    """Keys, tokens and passwords in any file of the tree."""
    paths = _files(root)
    speaking = {path for path in paths if re.search(_SPEAKS_OF_SECRETS, path)}
    less = [word for name in _BY_NAME_OR_LOOK for word in ("--disable-plugin", name)]
    told = _secrets(root, [path for path in paths if path not in speaking], []) | _secrets(root, sorted(speaking), less)
    return [
        Finding(path, one["line_number"], one["type"], "looks like a secret")
        for path, found in told.items()
        for one in found
    ]


def _secrets(root: Path, paths: list[str], more: list[str]) -> dict[str, list[dict[str, Any]]]:
    if not paths:
        return {}
    told = _run("detect-secrets", ["scan", "--no-verify", *more, *paths], root, good=(0,))
    found: dict[str, list[dict[str, Any]]] = told["results"]
    return found


def _files(root: Path) -> list[str]:
    """What git holds, and whatever is there where there is no git."""
    if (root / ".git").exists():
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    else:
        names = [path.relative_to(root).as_posix() for path in root.rglob("*")]
    return [name for name in names if (root / name).is_file() and not re.search(_NO_SECRETS_IN, name)]


def _there(root: Path, names: Sequence[str]) -> list[str]:
    return [name for name in names if (root / name).exists()]


def _plain(path: str) -> str:
    return path.removeprefix("./")


def _run(tool: str, asked: Sequence[str], root: Path, good: Sequence[int]) -> dict[str, Any]:
    """The JSON that a tool tells; one that could not do its work must not pass for one that found nothing."""
    program = TOOLS / tool
    _demand(program.exists(), "the scanners are not installed: run `make scan`")
    quiet = os.environ | {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    done = subprocess.run(
        [str(program), *asked], cwd=root, env=quiet, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False
    )
    _demand(done.returncode in good, f"{tool} ended with {done.returncode}: {done.stderr[-2_000:]}{done.stdout[-500:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _demand(condition: bool, otherwise: object) -> None:
    if not condition:
        raise RuntimeError(str(otherwise))
