"""`monodesk backup` and `monodesk restore`."""

import argparse
import asyncio
import os

import msgspec

from app.commands.voice import OK, Voice
from app.control import Backup, ask
from app.folder import Folder
from app.settings import load


def backup(options: argparse.Namespace, voice: Voice) -> int:
    """Write an archive of the data folder, beside a running server or alone."""
    settings = load({"data": options.data}, os.environ)
    request = Backup(file=str(options.file.absolute()))
    answer = ask(Folder(settings.data).control, request)
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request))
    if options.json:
        print(msgspec.json.encode(answer).decode())
    else:
        voice.say(
            f"{answer['file']}: {answer['bytes']} bytes, checked.",
            f"{answer['file']}：{answer['bytes']} 字节，已校验。",
        )
    return OK


def restore(options: argparse.Namespace, voice: Voice) -> int:
    """Check an archive, then put it in the place of the data folder."""
    from app.storage.archive import restore as bring_back

    settings = load({"data": options.data}, os.environ)
    kept = bring_back(options.file.absolute(), Folder(settings.data).root, replace=options.replace)
    voice.say(f"Restored to {settings.data}.", f"已恢复到 {settings.data}。")
    if kept is not None:
        voice.say(f"The earlier data lies in {kept}.", f"原有数据保存在 {kept}。")
    return OK
