"""`monodesk search rebuild`: the search index built anew, beside a running server or alone."""

import argparse
import asyncio
import os
import time

import msgspec

from app.commands.progress import Progress
from app.commands.voice import OK, Voice
from app.control import Answer, RebuildSearch, ask
from app.folder import Folder
from app.settings import Settings, load

_LOOK_SECONDS = 0.5


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Build it anew and tell how far it is. A server goes on with it where this command is stopped."""
    settings = load({"data": options.data}, os.environ)
    with voice.progress("messages", quiet=options.json) as progress:
        how = _ask(settings, RebuildSearch(), progress)
        while not how["done"]:
            _show(progress, int(str(how["reached"])), int(str(how["newest"])))
            time.sleep(_LOOK_SECONDS)
            how = _ask(settings, RebuildSearch(begin=False), progress)
    if options.json:
        print(msgspec.json.encode(how).decode())
    else:
        voice.say(
            f"The search index is whole again, up to message {how['newest']}.",
            f"搜索索引已重建，截至第 {how['newest']} 条消息。",
        )
    return OK


def _ask(settings: Settings, request: RebuildSearch, progress: Progress) -> Answer:
    """The server; where none runs, or none runs any more, it is done here."""
    how = ask(Folder(settings.data).control, request)
    if how is None:
        from app.appliance import carry_alone

        how = asyncio.run(carry_alone(settings, request, lambda far: _show(progress, far.done, far.total)))
    return how


def _show(progress: Progress, done: int, total: int) -> None:
    progress.reach(done, total, "Indexing", "正在建立索引")
