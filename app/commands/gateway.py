"""`monodesk gateway`: one gateway process, started by the core and never by a person."""

import argparse
import sys

from app.commands.voice import OK, Voice
from app.folder import Folder
from app.gateway.worker import run as work
from app.settings import from_json
from app.telemetry import log
from app.web.assets import DIST
from app.workers import READY


def run(options: argparse.Namespace, _: Voice) -> int:
    """Serve until TERM, or until standard input ends with the core; says on standard output that it is ready."""
    settings = from_json(options.settings)
    folder = Folder(settings.data)
    log.set_up(settings.log_level, folder.logs)
    work(settings, folder.core, folder.http, DIST, _tell_ready, sys.stdin.fileno(), options.number)
    return OK


def _tell_ready(port: int) -> None:
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
