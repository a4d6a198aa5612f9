"""The command line. Each command is imported only when called, so that `version` costs nothing.

Exit codes: 0 ok, 1 failed, 2 usage. Texts come in English or, where the locale says so, in Chinese; `--json` wherever a
machine may read it. Beside a running server a command talks to `run/control.sock`; it opens the database itself only
when no server holds it.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from app import __version__
from app.commands.voice import FAILED, OK, USAGE, Voice
from app.model.errors import Problem

Handler = Callable[[argparse.Namespace, Voice], int]


def main(arguments: Sequence[str], environ: dict[str, str] | None = None) -> int:
    """Run one command; its exit code."""
    environment = dict(os.environ) if environ is None else environ
    voice = Voice(_language(environment))
    options = parser(voice).parse_args(arguments)
    handler: Handler = options.handler
    try:
        return handler(options, voice)
    except Problem as problem:
        voice.complain(problem)
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _language(environ: dict[str, str]) -> str:
    """The locale's language, by POSIX' order of variables."""
    return next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "en")


class _Parser(argparse.ArgumentParser):
    """argparse with exit code 2 and one line that says where help is."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def parser(voice: Voice) -> argparse.ArgumentParser:
    """Every command with its options, in the reader's language."""
    pick = voice.pick
    top = _Parser(
        prog="monodesk", description=pick("Customer service in one file.", "一个文件的客服系统。"), allow_abbrev=False
    )
    commands = top.add_subparsers(metavar=pick("COMMAND", "命令"), required=True)

    serve = _command(commands, "serve", _serve, pick("start the server", "启动服务"))
    _data(serve, voice)
    serve.add_argument("--listen", metavar="HOST:PORT", help=pick("address to listen on", "监听地址"))
    serve.add_argument("--config", metavar="FILE", type=Path, help=pick("configuration file", "配置文件"))
    serve.add_argument(
        "--workers", metavar="N", type=int, help=pick("gateway processes; 0: one process", "网关进程数，0 为单进程")
    )
    serve.add_argument(
        "--public-url", metavar="URL", dest="public_url", help=pick("address that people use", "对外访问地址")
    )
    serve.add_argument("--demo", action="store_true", default=None, help=pick("serve the demo shop", "启动演示商店"))

    setup = _command(commands, "setup", _setup, pick("create the owner, or get back in", "创建所有者，或找回访问权限"))
    _data(setup, voice)
    way = setup.add_mutually_exclusive_group()
    way.add_argument(
        "--email", help=pick("create the owner; password on standard input", "创建所有者，密码从标准输入读取")
    )
    way.add_argument("--link", action="store_true", help=pick("print a one-time set-up link", "打印一次性设置链接"))
    setup.add_argument("--name", default="", help=pick("the owner's name", "所有者姓名"))
    setup.add_argument("--reset", action="store_true", help=pick("also where an owner exists", "已有所有者时也允许"))

    status = _command(commands, "status", _status, pick("how the running server is", "查看运行状态"))
    _data(status, voice)
    _json(status, voice)

    backup = _command(commands, "backup", _backup, pick("write an archive while running", "在线备份"))
    backup.add_argument("file", metavar="FILE", type=Path)
    _data(backup, voice)
    _json(backup, voice)

    restore = _command(commands, "restore", _restore, pick("bring an archive back", "从备份恢复"))
    restore.add_argument("file", metavar="FILE", type=Path)
    _data(restore, voice)
    restore.add_argument(
        "--replace", action="store_true", help=pick("move the present data aside first", "先将现有数据移到旁边")
    )

    version = _command(commands, "version", _version, pick("print the version", "打印版本"))
    _json(version, voice)

    gateway = commands.add_parser("gateway")  # started by the core, not by people: not in the help
    gateway.add_argument("--settings", required=True)
    gateway.set_defaults(handler=_gateway)
    return top


def _command(
    commands: "argparse._SubParsersAction[_Parser]", name: str, handler: Handler, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    command.set_defaults(handler=handler)
    return command


def _data(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("--data", metavar="DIR", type=Path, help=voice.pick("data folder", "数据目录"))


def _json(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("--json", action="store_true", help=voice.pick("for machines", "供程序读取"))


def _serve(options: argparse.Namespace, voice: Voice) -> int:
    from app.commands.serve import run

    return run(options, voice)


def _setup(options: argparse.Namespace, voice: Voice) -> int:
    from app.commands.setup import run

    return run(options, voice)


def _status(options: argparse.Namespace, voice: Voice) -> int:
    from app.commands.status import run

    return run(options, voice)


def _backup(options: argparse.Namespace, voice: Voice) -> int:
    from app.commands.archive import backup

    return backup(options, voice)


def _restore(options: argparse.Namespace, voice: Voice) -> int:
    from app.commands.archive import restore

    return restore(options, voice)


def _gateway(options: argparse.Namespace, voice: Voice) -> int:
    from app.commands.gateway import run

    return run(options)


def _version(options: argparse.Namespace, voice: Voice) -> int:
    print(f'{{"version": "{__version__}"}}' if options.json else f"monodesk {__version__}")
    return OK
