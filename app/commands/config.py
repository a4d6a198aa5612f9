"""`monodesk config explain`: every setting as a server started here would have it, where it comes from, and why."""

import argparse
import os
from collections.abc import Iterator

import msgspec

from app.commands.tuned import TUNED, Tuned, settled
from app.commands.voice import OK, Voice
from app.settings import named, origins
from installer.facts import Words
from installer.tune import rows

_DEFAULT = "default"
_ORIGINS = {"file": "配置文件", "environment": "环境变量", "flag": "参数", TUNED: "调优", _DEFAULT: "默认"}

Row = tuple[str, object, str, Words]


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Print them all; what is wrong stops with its name, as it stops the server."""
    tuned = settled({"data": options.data}, os.environ, options.config)
    if options.json:
        print(msgspec.json.encode(_for_machines(tuned)).decode())
        return OK
    for key, value, origin, reason in explained(tuned):
        why = voice.pick(reason.en, reason.zh)
        named_origin = voice.pick(origin, _ORIGINS[origin])
        print(f"{key} = {msgspec.json.encode(value).decode()}  [{named_origin}]{f'  {why}' if why else ''}")
    if tuned.tuning is not None:
        print()
        for what, size, how in rows(tuned.tuning):
            print(f"{voice.pick(what.en, what.zh)}: {size}{f'  ({how})' if how else ''}")
        if not tuned.tuning.fits:
            voice.say(
                "! More than there is: under load the server may be killed. Lower what you set, or give it more.",
                "! 超出可用内存：高负载时服务可能被系统终止。请调低所设的值，或增加内存。",
            )
    return OK


def explained(tuned: Tuned) -> Iterator[Row]:
    """Every setting with its value, where it comes from, and why."""
    known = origins(tuned.sources)
    numbers = tuned.tuning.numbers if tuned.tuning is not None else ()
    reasons = {number.key: number.reason for number in numbers}
    for key, value in named(tuned.settings):
        origin = known.get(key, _DEFAULT)
        yield key, value, origin, _reason(key, origin, reasons)


def _reason(key: str, origin: str, reasons: dict[str, Words]) -> Words:
    if origin == TUNED:
        return reasons[key]
    if origin == "environment":
        name = f"MONODESK_{key.replace('.', '_').upper()}"
        return Words(name, name)
    if origin == "flag":
        name = f"--{key.replace('_', '-')}"
        return Words(name, name)
    return Words("config.toml", "config.toml") if origin == "file" else Words("", "")


def _for_machines(tuned: Tuned) -> dict[str, object]:
    settings = [
        {"key": key, "value": value, "origin": origin, "reason": {"en": reason.en, "zh": reason.zh}}
        for key, value, origin, reason in explained(tuned)
    ]
    tuning = tuned.tuning
    if tuning is None:
        return {"settings": settings, "budget": [], "memory_bytes": None, "fits": None}
    budget = [{"en": part.what.en, "zh": part.what.zh, "bytes": part.bytes, "how": part.how} for part in tuning.budget]
    return {"settings": settings, "budget": budget, "memory_bytes": tuning.memory_bytes, "fits": tuning.fits}
