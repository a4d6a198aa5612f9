"""`monodesk learn`: trains a model of intents, started by the core and never by a person."""

import argparse
import sys

from app.commands.voice import OK, Voice
from app.learning.teaching import work


def run(options: argparse.Namespace, _: Voice) -> int:
    """Learn what comes on standard input, and give the model back on standard output."""
    work(sys.stdin.buffer, sys.stdout.buffer, options.bytes_max, options.niceness)
    return OK
