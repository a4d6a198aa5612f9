"""`monodesk serve`: the server itself."""

import argparse
import os

from app.commands.voice import OK, Voice
from app.folder import Folder
from app.settings import Settings, load
from app.telemetry import log


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Serve until TERM or INT."""
    settings = _settings(options)
    folder = Folder(settings.data)
    with folder.held():
        log.set_up(settings.log_level, folder.logs)
        import uvloop

        from app.appliance import serve

        uvloop.run(serve(settings, voice.say))
    return OK


def _settings(options: argparse.Namespace) -> Settings:
    names = ("data", "listen", "workers", "public_url", "demo")
    return load({name: getattr(options, name) for name in names}, os.environ, options.config)
