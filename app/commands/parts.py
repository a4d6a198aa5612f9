"""`monodesk licenses` and `monodesk sbom`: what is in the one file, and by whose leave."""

import argparse
import sys

import msgspec

from app.commands.voice import FAILED, OK, Voice
from app.model.errors import Unavailable
from installer.parts import bill, parts

_NOT_PACKED = Unavailable(
    "not_packed",
    "This is the source: what the file holds is written down when it is made. Run `make binary`, then "
    "`dist/monodesk licenses` or `dist/monodesk sbom`.",
    "当前是源码运行：文件的组成在打包时才写入。请先运行 `make binary`，再运行 `dist/monodesk licenses` 或 "
    "`dist/monodesk sbom`。",
)


def licenses(options: argparse.Namespace, voice: Voice) -> int:
    """One line a part; with names, their licences' texts; with `--all`, everybody's."""
    try:
        found = parts()
    except FileNotFoundError:
        raise _NOT_PACKED from None
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return OK
    if not options.names and not options.all:
        width = max(len(f"{part.name} {part.version}") for part in found)
        for part in found:
            print(f"{f'{part.name} {part.version}':{width}}  {part.licence}")
        return OK
    unknown = set(options.names) - {part.name for part in found}
    if unknown:
        names = ", ".join(sorted(unknown))
        en = f"Not in this file: {names}. See `monodesk licenses`."
        print(voice.pick(en, f"文件中没有：{names}。参见 `monodesk licenses`。"), file=sys.stderr)
        return FAILED
    for part in found:
        if part.texts and (options.all or part.name in options.names):
            print(f"==== {part.name} {part.version} ({part.licence})\n")
            print("\n\n".join(text.strip() for text in part.texts), end="\n\n")
    return OK


def sbom(_: argparse.Namespace, __: Voice) -> int:
    """The bill of materials on standard output."""
    try:
        print(bill())
    except FileNotFoundError:
        raise _NOT_PACKED from None
    return OK
