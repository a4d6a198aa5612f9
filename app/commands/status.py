"""`monodesk status`: how the running server is."""

import argparse
import os

import msgspec

from app.commands.voice import FAILED, OK, Voice
from app.control import Answer, Status, ask
from app.folder import Folder
from app.settings import load

_SECONDS = 5.0


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Print the server's own figures; exit code 1 where none runs."""
    folder = Folder(load({"data": options.data}, os.environ).data)
    figures = ask(folder.control, Status(), _SECONDS)
    if options.json:
        print(msgspec.json.encode({"running": figures is not None, **(figures or {})}).decode())
    elif figures is None:
        voice.say(
            f"No server runs on {folder.root}. Start one with: monodesk serve --data {folder.root}",
            f"{folder.root} 上没有正在运行的服务。启动：monodesk serve --data {folder.root}",
        )
    else:
        _tell(figures, voice)
    return OK if figures is not None else FAILED


def _tell(figures: Answer, voice: Voice) -> None:
    """The figures, a line each, then what somebody should do something about, in the reader's language."""
    warnings = figures.get(voice.pick("warnings", "warnings_zh"))
    for name, value in figures.items():
        if not name.startswith("warnings"):
            print(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    for warning in warnings if isinstance(warnings, list) else []:
        print(f"! {warning}")
