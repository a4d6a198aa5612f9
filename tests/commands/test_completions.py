"""Completions in the shells themselves: bash with bash-completion, zsh and fish, at a terminal where that matters."""

import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from app.commands.syntax.table import written
from app.commands.voice import Voice
from tests.journeys.appliance import ROOT

pytestmark = pytest.mark.full

NAMES = [command.name for command in written(Voice("en"))]
_SECONDS_MAX = 90.0
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?=>]*[A-Za-z]|[>=]|\][^\x07]*\x07)|\r|\x07")


def script(shell: str, language: str = "C.UTF-8") -> str:
    command = [sys.executable, "-m", "app", "completions", shell]
    environ = {**os.environ, "LC_ALL": language}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environ).stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file a shell."""
    folder = tmp_path_factory.mktemp("completions")
    for shell in ("bash", "zsh", "fish"):
        (folder / shell).write_text(script(shell))
    return folder


def asked(command: Sequence[str], cwd: Path) -> list[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=_SECONDS_MAX, check=True
    ).stdout.splitlines()


def in_bash(scripts: Path, line: str, cwd: Path) -> list[str]:
    """What bash's function answers to this line with the cursor at its end, its words split as readline splits them."""
    words = [word for word in re.split(r"\s+|(=)", line) if word is not None and word != ""]
    words += [""] if line.endswith((" ", "=")) and words[-1] != "=" else []
    program = (
        f"source {scripts / 'bash'}; complete -p monodesk >&2\n"
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _monodesk\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return [row for row in asked(["bash", "--norc", "-c", program], cwd) if row]


def in_fish(scripts: Path, line: str, cwd: Path) -> list[str]:
    rows = asked(["fish", "--no-config", "-c", f"source {scripts / 'fish'}; complete -C {shlex.quote(line)}"], cwd)
    return [row.partition("\t")[0] for row in rows]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a file").touch()
    return tmp_path


ANSWERS = [
    ("monodesk ", NAMES),
    ("monodesk upg", ["upgrade"]),
    ("monodesk install --target ", ["docker", "kubernetes", "portable", "systemd"]),
    ("monodesk install --target k", ["kubernetes"]),
    ("monodesk install --pre", ["--prefix"]),
    ("monodesk completions z", ["zsh"]),
    ("monodesk import con", ["contacts"]),
    ("monodesk serve --listen ", []),
    ("monodesk version x", []),
]


@pytest.mark.parametrize(("line", "answers"), ANSWERS)
def test_bash_answers(scripts: Path, folder: Path, line: str, answers: list[str]) -> None:
    assert sorted(in_bash(scripts, line, folder)) == sorted(answers)


def test_bash_knows_paths_and_what_stands_behind_an_equals_sign(scripts: Path, folder: Path) -> None:
    assert sorted(in_bash(scripts, "monodesk backup a", folder)) == ["a file", "a folder"]
    assert in_bash(scripts, "monodesk status --data a", folder) == ["a folder"]
    assert sorted(in_bash(scripts, "monodesk import contacts a", folder)) == ["a file", "a folder"]
    assert in_bash(scripts, "monodesk install --target=", folder) == ["systemd", "portable", "docker", "kubernetes"]
    assert in_bash(scripts, "monodesk install --target=po", folder) == ["portable"]
    assert in_bash(scripts, "monodesk backup --json --data a", folder) == ["a folder"]


@pytest.mark.parametrize(("line", "answers"), ANSWERS)
def test_fish_answers(scripts: Path, folder: Path, line: str, answers: list[str]) -> None:
    assert sorted(in_fish(scripts, line, folder)) == sorted(answers)


def test_fish_knows_paths(scripts: Path, folder: Path) -> None:
    assert {"a file", "a folder/"} <= set(in_fish(scripts, "monodesk backup a", folder))
    assert in_fish(scripts, "monodesk status --data a", folder) == ["a folder/"]


class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
        self._leader, follower = pty.openpty()
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(cwd), "TERM": "xterm", "LC_ALL": "C.UTF-8", **environ},
        )
        os.close(follower)
        self._shown = ""

    def type(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def wait_for(self, text: str) -> str:
        """Everything that is shown once this is."""
        deadline = time.monotonic() + _SECONDS_MAX
        while text not in self._shown:
            assert time.monotonic() < deadline, self._shown
            if select.select([self._leader], [], [], 0.1)[0]:
                self._shown += _ESCAPE.sub("", os.read(self._leader, 65_536).decode(errors="replace"))
        shown, self._shown = self._shown, ""
        return shown

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._leader)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A `monodesk` on PATH, and bash's completion as `install` puts it under its prefix."""
    from installer.layout import Layout
    from installer.targets.systemd import completion

    layout = Layout("systemd", tmp_path / "opt", tmp_path / "data", command=tmp_path / "local" / "bin" / "monodesk")
    assert layout.command is not None and layout.completion is not None
    layout.command.parent.mkdir(parents=True)
    layout.command.write_text(f'#!/bin/sh\ncd {ROOT}\nexec {sys.executable} -m app "$@"\n')
    layout.command.chmod(0o755)
    layout.completion.parent.mkdir(parents=True)
    layout.completion.write_text(completion(layout))
    return tmp_path / "local"


@pytest.fixture
def bash(installed: Path, folder: Path) -> Iterator[Terminal]:
    environ = {"XDG_DATA_DIRS": f"{installed}/share:/usr/share", "PATH": f"{installed}/bin:{os.environ['PATH']}"}
    terminal = Terminal(["bash", "--noprofile", "--norc", "-i"], folder, environ)
    yield terminal
    terminal.end()


def test_what_install_puts_there_completes_at_the_first_tab(bash: Terminal) -> None:
    bash.type("PS1=ready; source /usr/share/bash-completion/bash_completion; echo loa''ded\n")
    bash.wait_for("loaded")
    bash.type("monodesk upg\t")
    bash.wait_for("monodesk upgrade ")
    bash.type("--all\t")
    bash.wait_for("--allow-unsigned ")
    bash.type("a\\ fi\t")
    bash.wait_for("a\\ file ")


@pytest.fixture
def zsh(scripts: Path, folder: Path) -> Iterator[Terminal]:
    terminal = Terminal(["zsh", "-f", "-i"], folder, {})
    terminal.type(f"PS1=ready; autoload -U compinit; compinit -u; source {scripts / 'zsh'}; echo loa''ded\n")
    terminal.wait_for("loaded")
    yield terminal
    terminal.end()


def test_zsh_completes_and_describes(zsh: Terminal) -> None:
    zsh.type("monodesk upg\t")
    zsh.wait_for("monodesk upgrade ")
    zsh.type("--allow\t")
    zsh.wait_for("--allow-unsigned ")
    zsh.type("a\\ fi\t")
    zsh.wait_for("a\\ file")
    zsh.type("\x15monodesk install --target \t")
    shown = zsh.wait_for("systemd")
    assert {"docker", "kubernetes", "portable"} <= set(shown.split())
    zsh.type("\x15monodesk logs --l\t")
    shown = zsh.wait_for("this one and above")
    assert "at most the last N" in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_each_is_a_script_that_knows_every_command(tmp_path: Path, shell: str, language: str) -> None:
    text = script(shell, language)
    (tmp_path / "script").write_text(text)
    assert subprocess.run([shell, "-n", str(tmp_path / "script")], check=False).returncode == 0
    for command in written(Voice(language)):
        for option in (name for one in command.options for name in one.names):
            assert (
                option if shell != "fish" else f"-l {option[2:]}" if option[:2] == "--" else f"-s {option[1:]}"
            ) in text
        assert shell == "bash" or command.text.replace("'", "'\\''") in text
