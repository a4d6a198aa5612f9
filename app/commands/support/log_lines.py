"""The log as it may be told: our own sentences, numbers, pseudonyms in the place of ids and addresses."""

import builtins
import re
from collections.abc import Iterator, Mapping

import msgspec

from app.commands.support.discretion import LEFT_OUT, Discretion, Json
from app.telemetry.log_reader import LEVELS, Line, parse

_IDS = ("request_id", "conversation_id")
_ADDRESSES = ("address", "peer")
_FRAME = re.compile(r'\s*File "(.+)", line (\d+), in (\S+)')
_ERROR = re.compile(r"((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?:: (.*))?")
_AROUND = ("/site-packages/",)
_OURS = ("app", "installer")
_PACKAGES = frozenset({"aiosqlite", "argon2", "cryptography", "h11", "h2", "hypercorn", "msgspec", "starlette"})


def told(data: bytes, discretion: Discretion, *, plain: bool = False) -> bytes:
    """One line of the log, as JSON; of one that is damaged how long it is, or where lines are `plain` our words."""
    line = parse(data)
    if line.damaged:
        return msgspec.json.encode({"text": discretion.sentence(line.text)} if plain else {"damaged_bytes": len(data)})
    return msgspec.json.encode(_told(line, discretion))


def _told(line: Line, discretion: Discretion) -> dict[str, Json]:
    at = line.at.isoformat(timespec="milliseconds") if line.at else None
    level = line.level if line.level in LEVELS else LEFT_OUT
    head: dict[str, Json] = {"at": at, "level": level, "room": discretion.term(line.room)}
    return {**head, "text": discretion.sentence(line.text), **_facts(line.facts, discretion)}


def _facts(facts: Mapping[str, object], discretion: Discretion) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in facts.items():
        if name == "exception":
            found[name] = list(trace(str(value), discretion))
        elif name in _IDS:
            found[name] = discretion.pseudonym("id", str(value))
        elif name in _ADDRESSES:
            found[name] = discretion.address(str(value))
        else:
            found[discretion.term(name)] = discretion.values(value)
    return found


def trace(text: str, discretion: Discretion) -> Iterator[str]:
    """Where an error came by, what kind it was, and what of its words is ours. Lines of source and values stay here."""
    for row in text.splitlines():
        if frame := _FRAME.fullmatch(row):
            yield f"{_place(frame[1], discretion)}:{frame[2]} {discretion.term(frame[3])}"
        elif (error := _ERROR.fullmatch(row)) and _is_kind(error[1], discretion):
            yield f"{error[1]}: {discretion.sentence(error[2])}" if error[2] else error[1]


def _is_kind(name: str, discretion: Discretion) -> bool:
    """Whether it names an error at all, and no line of a message that looks like one."""
    last = name.rpartition(".")[2]
    return last in vars(builtins) or discretion.knows(last)


def _place(path: str, discretion: Discretion) -> str:
    """A module of ours; of the packages around us which one."""
    for mark in _AROUND:
        if mark in path:
            package = path.rpartition(mark)[2].split("/")[0]
            return f"{mark.strip('/')}/{package if package in _PACKAGES else LEFT_OUT}"
    for root in _OURS:
        inner = path if path.startswith(f"{root}/") else f"{root}/" + path.rpartition(f"/{root}/")[2]
        if discretion.knows(inner.removesuffix(".py").replace("/", ".")):
            return inner
    return LEFT_OUT
