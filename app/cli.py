"""The command line. Each command is imported only when called, so that `version` costs nothing.

Exit codes: 0 ok, 1 failed, 2 usage. Texts come in English or, where the locale says so, in Chinese; `--json` wherever a
machine may read it. Beside a running server a command talks to `run/control.sock`; it opens the database itself only
when no server holds it. What may be written stands in `commands/syntax`, one function a command.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from app.commands.output import CUT, OutputCut, to_its_reader
from app.commands.syntax.table import names, parser, written
from app.commands.voice import FAILED, USAGE, Voice
from app.model.errors import Problem

Handler = Callable[[argparse.Namespace, Voice], int]


def main(arguments: Sequence[str], environ: dict[str, str] | None = None) -> int:
    """Run one command; its exit code."""
    environment = dict(os.environ) if environ is None else environ
    voice = Voice(_language(environment), environment)
    try:
        with to_its_reader():
            return _run(arguments, voice, environment)
    except OutputCut:
        return CUT
    except Problem as problem:
        voice.complain(problem)
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def handler_of(run: str) -> Handler:
    """What carries out a command, by its `module:function`."""
    module, _, function = run.partition(":")
    found: Handler = getattr(import_module(f"app.commands.{module}"), function)
    return found


def _run(arguments: Sequence[str], voice: Voice, environ: dict[str, str]) -> int:
    first = arguments[0] if arguments else ""
    if first and not first.startswith("-") and first not in names():
        return _no_command(first, voice)
    options = parser(voice, first).parse_args(arguments)
    if options.about_data:
        return _with_data(handler_of(options.run), options, voice, environ)
    return handler_of(options.run)(options, voice)


def _no_command(name: str, voice: Voice) -> int:
    from app.commands.syntax import wrong

    all_of_them = parser(voice)
    all_of_them.print_usage(sys.stderr)
    shown = [command.name for command in written(voice)]
    print(wrong.no_command(name, shown, voice), end="", file=sys.stderr, flush=True)
    return USAGE


def _with_data(handler: Handler, options: argparse.Namespace, voice: Voice, environ: dict[str, str]) -> int:
    """Run a command about a data folder: an installed program knows its own, and root leaves it to its owner."""
    if options.data is None and "MONODESK_DATA" not in environ and getattr(sys, "frozen", False):
        from installer.layout import data_of

        options.data = data_of(Path(sys.executable))
    if options.data is None or os.geteuid() != 0:
        return handler(options, voice)
    from app.commands.owner import kept

    with kept(options.data):
        return handler(options, voice)


def _language(environ: dict[str, str]) -> str:
    """The locale's language, by POSIX' order of variables."""
    return next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "en")
