"""`monodesk setup`: the owner by e-mail and password, or by a one-time link."""

import argparse
import asyncio
import os
import sys

from app.commands.voice import OK, Voice
from app.control import SetUpLink, SetUpOwner, ask
from app.folder import Folder
from app.model.errors import Invalid
from app.settings import load


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Create the owner, or print a link that lets him do it; beside a server or alone."""
    settings = load({"data": options.data}, os.environ)
    folder = Folder(settings.data)
    request = _request(options)
    answer = ask(folder.control, request)
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request))
    if isinstance(request, SetUpOwner):
        voice.say(f"{request.email} can sign in now.", f"{request.email} 现在可以登录了。")
        return OK
    links = answer["links"]
    voice.say(
        f"Open one of these within {answer['minutes']} minutes; it works once:",
        f"请在 {answer['minutes']} 分钟内打开以下任一链接，仅能使用一次：",
    )
    for link in links if isinstance(links, list) else []:
        print(f"  {link}", flush=True)
    return OK


def _request(options: argparse.Namespace) -> SetUpLink | SetUpOwner:
    if options.email is None:
        return SetUpLink(reset=options.reset)
    password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise Invalid(
            "password_missing",
            "Give the password on standard input, for example: monodesk setup --email you@example.com < password.txt",
            "请通过标准输入提供密码，例如：monodesk setup --email you@example.com < password.txt",
        )
    name = options.name or options.email.partition("@")[0]
    return SetUpOwner(email=options.email, password=password, name=name, reset=options.reset)
