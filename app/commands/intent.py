"""`monodesk intent …`: each use is carried out by a module of its own, imported when called."""

import argparse
from importlib import import_module

from app.commands.voice import Voice

DOORS = {
    "check": "intent_check:run",
    "ask": "intent_ask:run",
    "evaluate": "intent_evaluate:run",
    "train": "intent_train:run",
    "import": "intent_transfer:bring",
    "export": "intent_transfer:give",
    "starter": "intent_transfer:load_starter",
}


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Hand over to the module of what is to be done."""
    module, _, function = DOORS[options.what].partition(":")
    found: int = getattr(import_module(f"app.commands.{module}"), function)(options, voice)
    return found
