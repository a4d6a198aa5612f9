"""How a command is written down: its name, what carries it out, its words in both languages, options and an example."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol

from app.commands.voice import USAGE, Voice

_COUNT_MAX = 1_000_000


def at_least_one(text: str) -> int:
    """How many of something; argparse turns what this raises into its own words."""
    if not 1 <= int(text) <= _COUNT_MAX:
        raise argparse.ArgumentTypeError(f"1 … {_COUNT_MAX}")
    return int(text)


class Parser(argparse.ArgumentParser):
    """argparse that speaks the reader's language, with exit code 2 and one line that says where help is."""

    def __init__(self, voice: Voice, prog: str, description: str = "", epilog: str = "") -> None:
        self._voice = voice
        self._is_between = False
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=_Chinese if voice.chinese else argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self._positionals.title = voice.pick("arguments", "参数")
        self._optionals.title = voice.pick("options", "选项")
        self.add_argument("-h", "--help", action="help", help=voice.pick("show this help and end", "显示此帮助"))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse; words that may be any number stand behind options too: `check --json FILE`."""
        if self._is_between or not self._takes_many():
            return super().parse_known_args(args, namespace)
        self._is_between = True  # it parses twice: options first, then the words that are left
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_between = False

    def _takes_many(self) -> bool:
        """Whether words in any number stand behind another one."""
        words = self._get_positional_actions()
        return len(words) > 1 and words[-1].nargs == "*"

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the line, and end with 2."""
        from app.commands.syntax import wrong

        self.print_usage(sys.stderr)
        self.exit(USAGE, wrong.line(message, self.prog, self._voice))


class _Chinese(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class _Takes(Protocol):
    """A parser, or a group of one."""

    def add_argument(self, *names: str, **given: Any) -> Any: ...


class Taken(NamedTuple):
    """An argument by its place (`names` empty) or an option, as completions and the manual tell of it.

    `metavar` is empty for a flag and for choices; FILE and DIR also say what completes it.
    """

    names: tuple[str, ...]
    text: str
    metavar: str = ""
    choices: tuple[str, ...] = ()


class Written(NamedTuple):
    """A command for people, in one language."""

    name: str
    text: str
    examples: tuple[str, ...]
    arguments: list[Taken]
    options: list[Taken]


class Command:
    """One command that is being written down."""

    def __init__(self, parser: Parser, voice: Voice, written: Written) -> None:
        self._voice = voice
        self._parser = parser
        self._written = written
        self._into: _Takes = parser

    def takes(self, name: str, en: str, zh: str, **given: Any) -> None:
        """An argument by its place."""
        text = self._voice.pick(en, zh)
        self._parser.add_argument(name, help=text, **given)
        self._written.arguments.append(Taken((), text, given.get("metavar", ""), tuple(given.get("choices", ()))))

    def option(self, name: str, en: str, zh: str, *, short: str = "", **given: Any) -> None:
        """One `--option`, or a flag where it has no metavar and no choices."""
        names = (short, name) if short else (name,)
        text = self._voice.pick(en, zh)
        if not {"metavar", "choices", "action"} & set(given):
            given["action"] = "store_true"
        self._into.add_argument(*names, help=text, **given)
        self._written.options.append(Taken(names, text, given.get("metavar", ""), tuple(given.get("choices", ()))))

    def data(self, *, kept: bool = True) -> None:
        """`--data`; `kept`: an installed program knows its own folder, and root leaves that to its owner."""
        self._parser.set_defaults(about_data=kept)
        self.option("--data", "data folder", "数据目录", metavar="DIR", type=Path)

    def json(self) -> None:
        """`--json`."""
        self.option("--json", "for machines", "供程序读取")

    def file(self, en: str, zh: str, **given: Any) -> None:
        """One FILE by its place."""
        self.takes("file", en, zh, metavar="FILE", type=Path, **given)

    def config(self) -> None:
        """`--config`."""
        self.option("--config", "configuration file", "配置文件", metavar="FILE", type=Path)

    def prefix(self) -> None:
        """`--prefix`."""
        self.option("--prefix", "where it is installed", "安装目录", metavar="DIR", type=Path)

    def addresses(self) -> None:
        """`--listen` and `--public-url`."""
        self.option("--listen", "address to listen on", "监听地址", metavar="HOST:PORT")
        self.option("--public-url", "address that people use", "对外访问地址", metavar="URL")

    def dry_run(self) -> None:
        """`--dry-run`."""
        self.option("--dry-run", "only say what would be done", "仅显示步骤")

    @contextmanager
    def one_of(self) -> Iterator[None]:
        """Of the options that are written down inside only one may be given."""
        self._into = self._parser.add_mutually_exclusive_group()
        try:
            yield
        finally:
            self._into = self._parser


class Commands:
    """All of them, written down one after the other under the program's name; `written` are those for people."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.written: list[Written] = []
        self.parser = Parser(
            voice,
            "monodesk",
            voice.pick("Customer service in one file.", "一个文件的客服系统。"),
            voice.pick(
                "monodesk COMMAND --help tells more. Exit codes: 0 ok, 1 failed, 2 usage.",
                "monodesk 命令 --help 显示详细说明。退出码：0 成功，1 失败，2 用法错误。",
            ),
        )
        self._added = self.parser.add_subparsers(
            metavar=voice.pick("COMMAND", "命令"),
            required=True,
            parser_class=Parser,
            title=voice.pick("commands", "命令"),
        )

    def add(self, name: str, run: str, en: str, zh: str, examples: Sequence[str]) -> Command:
        """A command for people; `run` is the `module:function` of `app.commands` that carries it out."""
        text = self._voice.pick(en, zh)
        told = self._voice.pick("example", "示例") + ":\n" + "\n".join(f"  {example}" for example in examples)
        parser = self._added.add_parser(name, help=text, voice=self._voice, description=text, epilog=told)
        parser.set_defaults(run=run, about_data=False)
        written = Written(name, text, tuple(examples), [], [])
        self.written.append(written)
        return Command(parser, self._voice, written)

    def add_inner(self, name: str, run: str) -> Command:
        """A command that the program gives to itself: not in the help."""
        parser = self._added.add_parser(name, voice=self._voice)
        parser.set_defaults(run=run, about_data=False)
        return Command(parser, self._voice, Written(name, "", (), [], []))
