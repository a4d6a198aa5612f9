"""`monodesk outbox replay`: what was given up is tried again, by a running server or by the next one."""

import argparse
import asyncio
import os

import msgspec

from app.commands.voice import OK, Voice
from app.control import ReplayOutbox, ask
from app.folder import Folder
from app.settings import load


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Make dead tasks ready; how many that were."""
    settings = load({"data": options.data}, os.environ)
    request = ReplayOutbox()
    answer = ask(Folder(settings.data).control, request)
    beside = answer is not None
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request))
    if options.json:
        print(msgspec.json.encode(answer).decode())
        return OK
    count = answer["tasks"]
    if beside:
        voice.say(f"{count} tasks are tried again.", f"{count} 个任务正在重试。")
    else:
        voice.say(f"{count} tasks: the next start tries them again.", f"{count} 个任务将在下次启动时重试。")
    return OK
