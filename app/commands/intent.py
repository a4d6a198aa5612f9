"""`monodesk intent …`: each use is carried out by a module of its own, imported when called."""

import argparse
from importlib import import_module

from app.commands.voice import Voice

DOORS = {"evaluate": "intent_evaluate"}


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Hand over to the module of what is to be done."""
    found: int = import_module(f"app.commands.{DOORS[options.what]}").run(options, voice)
    return found
