"""What may be written on the command line: each command leads somewhere, speaks both languages and shows itself."""

import argparse
import inspect
import os
import re
import shlex
import subprocess
import sys

import pytest

from app.cli import handler_of
from app.commands.syntax.table import parser
from app.commands.voice import Voice
from tests.journeys.appliance import ROOT

PROMISED = {  # by the design; what it names beside these comes with adapters, intents and moving house
    "serve", "setup", "status", "logs", "probe", "doctor", "config", "install", "uninstall", "backup", "restore",
    "upgrade", "rollback", "support-bundle", "licenses", "sbom", "completions", "version",
}  # fmt: skip
INNER = {"unpack", "rehearse", "renew", "heal", "gateway"}


def _commands(language: str) -> dict[str, argparse.ArgumentParser]:
    (found,) = (a for a in parser(Voice(language))._actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


def _shown(language: str) -> dict[str, argparse.ArgumentParser]:
    return {name: command for name, command in _commands(language).items() if name not in INNER}


@pytest.mark.parametrize("name", _commands("en"))
def test_every_command_leads_to_what_carries_it_out(name: str) -> None:
    handler = handler_of(_commands("en")[name].get_default("run"))
    assert list(inspect.signature(handler).parameters)[:1] != []
    assert len(inspect.signature(handler).parameters) == 2


@pytest.mark.parametrize("name", _shown("en"))
def test_every_example_may_be_written_like_that(name: str) -> None:
    examples = re.findall(r"^  (?:source <\()?(monodesk .+)$", _shown("en")[name].epilog or "", re.MULTILINE)
    assert examples
    for example in examples:
        _, command, *rest = shlex.split(re.split(r" [<>|] ?|[)]", example)[0])
        assert command == name
        parser(Voice("en")).parse_args([command, *rest])


@pytest.mark.parametrize("name", _shown("en"))
def test_help_speaks_both_languages(name: str) -> None:
    english, chinese = _shown("en")[name], _shown("zh")[name]
    assert "usage: monodesk" in english.format_help()
    assert chinese.format_help().startswith(f"用法：monodesk {name}")
    assert re.search("[\u4e00-\u9fff]", chinese.description or "")
    for mine, theirs in zip(english._actions, chinese._actions, strict=True):
        assert not re.search("[\u4e00-\u9fff]", mine.help or "")
        assert re.search("[\u4e00-\u9fff]", theirs.help or ""), theirs.dest


@pytest.mark.parametrize("name", _commands("en"))
def test_one_command_alone_is_the_same_as_among_all(name: str) -> None:
    alone = parser(Voice("en"), name)
    (found,) = (a for a in alone._actions if isinstance(a, argparse._SubParsersAction))
    assert list(found.choices) == [name], "a function of COMMANDS has its command's name"
    assert found.choices[name].format_help() == _commands("en")[name].format_help()


def test_what_was_promised_is_there() -> None:
    assert set(_shown("en")) >= PROMISED


def test_what_is_only_for_the_program_itself_is_not_shown() -> None:
    help_text = parser(Voice("en")).format_help()
    assert not [name for name in INNER if re.search(rf"^    {name}\b", help_text, re.MULTILINE)]


def test_the_line_that_is_read_at_every_call_imports_nothing_heavy() -> None:
    script = "import sys, app.cli\nfrom app.commands.voice import Voice\napp.cli.parser(Voice('en'))\n"
    script += "print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not {"asyncio", "socket", "sqlite3", "ssl", "starlette", "uvloop", "app.settings", "app.folder"} & loaded


@pytest.mark.parametrize(
    ("written", "english", "chinese"),
    [
        ("statsu", "no command 'statsu'. Did you mean: status?", "没有命令 'statsu'。您是否想输入：status？"),
        ("fly", "no command 'fly'.", "没有命令 'fly'。"),
        ("backup", "the following arguments are required: FILE", "缺少参数：FILE"),
        ("version --fast", "unrecognized arguments: --fast", "无法识别的参数：--fast"),
        ("serve --data", "argument --data: expected one argument", "--data 后面缺少值"),
        ("serve --workers x", "argument --workers: invalid int value: 'x'", "--workers 必须是整数，而不是 'x'"),
        ("setup --link --email a@b", "--email: not allowed with argument --link", "--email 不能与 --link 同时使用"),
        ("completions tcsh", "invalid choice: 'tcsh' (choose from ", "不能是 'tcsh'，可选："),
        ("status --json=1", "ignored explicit argument '1'", "--json 不带值，多出 '1'"),
    ],
)
def test_a_wrong_line_is_told_in_both_languages(written: str, english: str, chinese: str) -> None:
    for language, told, see in (("C.UTF-8", english, "See: monodesk"), ("zh_CN.UTF-8", chinese, "参见：monodesk")):
        done = subprocess.run(
            [sys.executable, "-m", "app", *written.split()],
            cwd=ROOT,
            env={**os.environ, "LC_ALL": language},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr and see in done.stderr
        assert "unpack" not in done.stderr, "what is not for people is not offered to them"
