"""`monodesk serve`: the server itself."""

import argparse
import os

from app.commands.ground import ground
from app.commands.tuned import Tuned, settled
from app.commands.voice import OK, Voice
from app.folder import Folder
from app.telemetry import log
from app.telemetry.log import logger
from app.telemetry.notify import Notify
from app.telemetry.process import ask_for_descriptors

_log = logger("serve")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Serve until TERM or INT; HUP reads the settings again, out of the same flags, variables and file."""
    notify = Notify.from_environment(os.environ)
    tuned = _settled(options)
    settings = tuned.settings
    folder = Folder(settings.data)
    with folder.held():
        limits = settings.limits
        log.set_up(settings.log_level, folder.logs, limits.log_bytes_max, limits.log_files_kept)
        _tell(tuned, ask_for_descriptors(settings.limits.descriptors))
        import uvloop

        from app.appliance import serve

        uvloop.run(serve(settings, ground(tuned), voice.say, notify, lambda: _settled(options).settings))
    return OK


def _settled(options: argparse.Namespace) -> Tuned:
    names = ("data", "listen", "workers", "public_url", "demo")
    return settled({name: getattr(options, name) for name in names}, os.environ, options.config)


def _tell(tuned: Tuned, descriptors: int) -> None:
    """One line of what this machine made of the settings."""
    tuning, limits = tuned.tuning, tuned.settings.limits
    if tuning is None:
        return
    _log.info(
        "tuned to this machine",
        extra={
            "memory_bytes": tuning.memory_bytes,
            "reserved_bytes": tuning.spent_bytes,
            "workers": tuned.settings.workers,
            "connections_max": limits.connections_max,
            "polls_max": limits.polls_max,
            "descriptors": descriptors,
        },
    )
    if not tuning.fits:
        _log.warning("the limits allow more than the memory holds: see monodesk config explain")
