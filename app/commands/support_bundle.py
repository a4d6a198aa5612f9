"""`monodesk support-bundle`: one file for who helps, with how the server is and nothing of who uses it."""

import argparse
import json
import os
import secrets
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from app import __version__
from app.commands.amounts import size
from app.commands.columns import padded, width
from app.commands.logs import present
from app.commands.support.discretion import Discretion, own_texts
from app.commands.support.parts import PARTS, Part, Subject
from app.commands.voice import OK, Voice
from app.folder import Folder
from app.model.clock import SystemClock
from app.model.errors import Conflict, Problem, Unavailable
from app.settings import Settings, load

_PRIVATE = 0o600
_ABOUT = """Monodesk {version}: a support bundle
一份 Monodesk {version} 的诊断信息

It holds how this server is. It holds no message, no name, no e-mail address, no password, no token, no key, no
cookie, and no name of a file that somebody sent: of texts only what stands in the program itself was taken over, an
ellipsis (…) stands for the rest. Addresses and ids are pseudonyms, the same all through this bundle and no other.

内容为该服务的运行状况，不含消息、姓名、邮箱、密码、令牌、密钥、Cookie 以及用户文件名：
文字仅保留程序自身包含的部分，其余以省略号（…）代替。地址与编号均为化名，仅在本文件内一致。

"""


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Gather the parts and write them; one that cannot be had says why, and the others go on."""
    target: Path = (options.file or Path(f"monodesk-support-{present(SystemClock()):%Y%m%d-%H%M%S}.zip")).absolute()
    subject = _subject(options)
    parts = list(_gathered(subject, voice))
    _write(target, parts)
    if options.json:
        told = [{"name": part.name, "bytes": len(content), "en": part.en, "zh": part.zh} for part, content in parts]
        answer = {"file": str(target), "bytes": target.stat().st_size, "parts": told}
        print(msgspec.json.encode(answer).decode())
        return OK
    widest = max(width(part.name) for part, _ in parts)
    for part, content in parts:
        print(f"{padded(part.name, widest)}  {size(len(content)):>10}  {voice.pick(part.en, part.zh)}")
    written = f"{target}: {size(target.stat().st_size)}"
    voice.say(
        f"\n{written}, readable by you alone. It holds no message, name, address, password or key; look into it before "
        "you hand it on.",
        f"\n{written}，仅您可读取。其中不含消息、姓名、地址、密码或密钥；提供给他人前请先查看。",
    )
    return OK


def _subject(options: argparse.Namespace) -> Subject:
    try:
        settings = load({"data": options.data}, os.environ, options.config)
    except Problem:  # a wrong configuration is what one may want help with: its part says so
        settings = Settings(data=options.data or Path(os.environ.get("MONODESK_DATA") or Settings().data))
    discretion = Discretion(secrets.token_bytes(32), own_texts())
    return Subject(settings, Folder(settings.data), options.data, options.config, os.environ, discretion)


def _gathered(subject: Subject, voice: Voice) -> Iterator[tuple[Part, bytes]]:
    with voice.progress("steps") as progress:
        for number, part in enumerate(PARTS):
            progress.reach(number, len(PARTS), part.en, part.zh)
            yield part, _content(part, subject)


def _content(part: Part, subject: Subject) -> bytes:
    try:
        return part.gather(subject)
    except Problem as problem:
        failed = {"failed": problem.code, "because": subject.discretion.sentence(problem.en)}
    except Exception as error:  # noqa: BLE001 - what is broken is what one wants help with
        failed = {"failed": type(error).__name__, "because": subject.discretion.sentence(str(error))}
    return json.dumps(failed, ensure_ascii=False).encode()


def _write(target: Path, parts: list[tuple[Part, bytes]]) -> None:
    """All of it or nothing, and never over a file that is there."""
    draft = target.with_name(f".{target.name}.part")
    about = _ABOUT.format(version=__version__)
    about += "".join(f"{part.name}: {part.en} / {part.zh}\n" for part, _ in parts)
    if target.exists():
        raise _there_already(target)
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", about)
            for part, content in parts:
                archive.writestr(part.name, content)
        draft.rename(target)
    except OSError as error:
        raise Unavailable(
            "bundle_not_written",
            f"{target} cannot be written: {error.strerror}. Name another place: monodesk support-bundle FILE",
            f"无法写入 {target}：{error.strerror}。请指定其他位置：monodesk support-bundle FILE",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _there_already(target: Path) -> Conflict:
    return Conflict(
        "file_exists",
        f"{target} is there already. Name another file, or remove it first.",
        f"{target} 已存在。请指定其他文件名，或先删除该文件。",
    )
