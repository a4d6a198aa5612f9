"""Dialogflow's agent as it exports it: a zip with `intents/NAME_usersays_LANGUAGE.json` for every intent."""

import re
import zipfile
from collections.abc import Iterator
from typing import Annotated, BinaryIO

import msgspec
from msgspec import Meta, Struct

from app.exchange.phrases.told import Broken, Item, Left, Told
from app.model.errors import Invalid

_FILE = re.compile(r"(?:^|/)intents/(?P<label>[^/]{1,200})_usersays_(?P<language>[A-Za-z-]{2,10})\.json\Z")
_FILES_MAX = 10_000
_RATIO_MAX = 200  # a text packs to a tenth; what unpacks to 200 times its size is a bomb


class _Part(Struct):
    text: str = ""
    alias: str = ""
    meta: str = ""


class _Said(Struct, rename="camel"):
    data: Annotated[list[_Part], Meta(max_length=1_000)] = []
    is_template: bool = False


def read(file: BinaryIO, bytes_max: int) -> Iterator[Item]:
    """Every phrase, its line the number of the phrase within its own file; `bytes_max` for all of it unpacked."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            files = [one for one in archive.infolist() if _FILE.search(one.filename)]
            if not files:
                raise _no_agent("no file intents/…_usersays_….json is in it", "其中没有 intents/…_usersays_….json")
            _bound(files, bytes_max)
            for one in files:
                yield from _phrases(one.filename, archive.read(one))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise _no_agent(str(error)[:200], str(error)[:200]) from error


def _bound(files: list[zipfile.ZipInfo], bytes_max: int) -> None:
    size = sum(one.file_size for one in files)
    bomb = any(one.file_size > _RATIO_MAX * max(1, one.compress_size) for one in files)
    if len(files) > _FILES_MAX or size > bytes_max or bomb:
        raise _no_agent(f"it unpacks to more than {bytes_max} bytes", f"解压后超过 {bytes_max} 字节")


def _phrases(name: str, raw: bytes) -> Iterator[Item]:
    match = _FILE.search(name)
    assert match is not None
    try:
        said = msgspec.json.decode(raw, type=list[_Said])
    except msgspec.MsgspecError as error:
        raise _no_agent(f"{name}: {error}", f"{name}：{error}") from error
    for number, one in enumerate(said, 1):
        text = "".join(part.text for part in one.data).strip()
        if one.is_template:
            yield Left(number, "template")
        elif not text:
            yield Broken(number, f"{name}: the text is empty", f"{name}：文本为空")
        else:
            yield Told(number, match["label"], text, match["language"])
            yield from (Left(number, "entity") for part in one.data if part.alias or part.meta)


def _no_agent(en: str, zh: str) -> Invalid:
    return Invalid(
        "phrases_zip",
        f"The file is not an agent that Dialogflow exported: {en}.",
        f"文件不是 Dialogflow 导出的代理：{zh}。",
    )
