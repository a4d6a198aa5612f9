"""`monodesk rehearse`, called by an upgrade: does this version come up over that copy of the data?"""

import argparse
import asyncio
import os

import msgspec

from app import __version__
from app.commands.voice import OK, Voice
from app.settings import load


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Migrate the copy, open every room over it, write once; print version and schema."""
    from app.appliance import rehearse
    from app.storage.migrations import migrations

    settings = load({"data": options.data}, os.environ)
    asyncio.run(rehearse(msgspec.structs.replace(settings, demo=False)))
    facts = {"version": __version__, "schema": len(migrations())}
    print(msgspec.json.encode(facts).decode() if options.json else voice.pick("It would serve.", "可以正常启动。"))
    return OK
