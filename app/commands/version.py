"""`monodesk version`: imports nothing, so that it costs nothing."""

import argparse

from app import __version__
from app.commands.voice import OK, Voice


def run(options: argparse.Namespace, _: Voice) -> int:
    """One line, or one JSON object."""
    print(f'{{"version": "{__version__}"}}' if options.json else f"monodesk {__version__}")
    return OK
