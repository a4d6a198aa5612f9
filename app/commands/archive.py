"""`monodesk backup` and `monodesk restore`."""

import argparse
import asyncio
import os
import secrets
import shutil
import sys
from pathlib import Path

import msgspec

from app.commands.progress import Progress
from app.commands.voice import OK, Voice
from app.control import Answer, Backup, Hear, ask
from app.folder import Folder
from app.model.errors import Invalid, Unavailable
from app.settings import Settings, load

_STAGES = {
    "copying": ("Copying the database", "正在复制数据库"),
    "writing": ("Writing the archive", "正在写入备份"),
    "checking": ("Checking the archive", "正在校验备份"),
    "unpacking": ("Unpacking the archive", "正在解压备份"),
}


def backup(options: argparse.Namespace, voice: Voice) -> int:
    """Write an archive of the data folder, beside a running server or alone."""
    settings = load({"data": options.data}, os.environ)
    passphrase = _passphrase() if options.keys else ""
    if passphrase and len(passphrase) < settings.limits.password_characters_min:
        raise _too_short(settings.limits.password_characters_min)
    request = Backup(file=str(options.file.absolute()), passphrase=passphrase, watched=not options.json)
    with voice.progress("bytes", quiet=options.json) as progress:
        answer = _backed_up(settings, request, lambda far: _show(progress, far.stage, far.done, far.total))
    if options.json:
        print(msgspec.json.encode(answer).decode())
    else:
        voice.say(
            f"{answer['file']}: {answer['bytes']} bytes, checked.",
            f"{answer['file']}：{answer['bytes']} 字节，已校验。",
        )
        if not options.keys:
            voice.say(
                "Without keys/: copy that folder apart, or seal it in with --keys.",
                "不含 keys/：请另行复制该目录，或使用 --keys 将其加密封存。",
            )
    return OK


def _backed_up(settings: Settings, request: Backup, hear: Hear) -> Answer:
    answer = _beside_server(Folder(settings.data), request, hear)
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request, hear))
    return answer


def _show(progress: Progress, stage: str, done: int, total: int) -> None:
    progress.reach(done, total, *_STAGES.get(stage, ("", "")))


def _beside_server(folder: Folder, request: Backup, hear: Hear) -> Answer | None:
    """Have a running server write the archive; None where none runs.

    One of another user, under a unit that fences it in, cannot write where root may: it writes into its own folder, and
    the archive is carried from there.
    """
    target, own = Path(request.file), folder.backups / f".carried-{secrets.token_hex(8)}.zip"
    if os.geteuid() != 0 or not folder.backups.is_dir() or folder.backups.stat().st_uid == 0:
        return ask(folder.control, request, hear=hear)
    try:
        answer = ask(folder.control, msgspec.structs.replace(request, file=str(own)), hear=hear)
        if answer is None:
            return None
        _carry(own, target)
    finally:
        own.unlink(missing_ok=True)
    return {**answer, "file": str(target)}


def _carry(own: Path, target: Path) -> None:
    """Copy an archive, whole or not at all, readable by its owner alone; raises `Unavailable`."""
    draft = target.with_name(f".{target.name}.part")
    try:
        made = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        read = os.open(own, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(made, "wb") as file, os.fdopen(read, "rb") as archive:
            shutil.copyfileobj(archive, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(
            "backup_not_written",
            f"{target} could not be written: {error.strerror}. Name a folder with room that you may write to.",
            f"无法写入 {target}：{error.strerror}。请指定有空间且可写入的目录。",
        ) from error


def restore(options: argparse.Namespace, voice: Voice) -> int:
    """Check an archive, then put it in the place of the data folder."""
    from app.storage.archive import restore as bring_back

    settings = load({"data": options.data}, os.environ)
    passphrase = _passphrase() if options.keys else ""
    root = Folder(settings.data).root
    with voice.progress("bytes") as progress:
        restored = bring_back(
            options.file.absolute(),
            root,
            replace=options.replace,
            passphrase=passphrase,
            heard=lambda stage, done, total: _show(progress, stage, done, total),
        )
    voice.say(
        f"Restored to {settings.data}. Everybody is signed out; links for setting up made before count no more.",
        f"已恢复到 {settings.data}。所有人均已退出登录，之前生成的设置链接不再有效。",
    )
    if restored.aside is not None:
        voice.say(f"The earlier data lies in {restored.aside}.", f"原有数据保存在 {restored.aside}。")
    if restored.missing_keys:
        _tell_missing(", ".join(restored.missing_keys), sealed=restored.sealed, voice=voice)
    return OK


def _tell_missing(names: str, *, sealed: bool, voice: Voice) -> None:
    """Which keys are not here, and how they come here."""
    voice.say(f"Keys that this office had and that are not here: {names}.", f"缺少原有的密钥：{names}。")
    if sealed:
        voice.say(
            "The archive holds them: restore again with --replace --keys and the passphrase on standard input.",
            "备份中已封存这些密钥：请加上 --replace --keys 重新恢复，并通过标准输入提供口令。",
        )
    else:
        voice.say(
            "Copy them into keys/ before the next start; what is missing then is made anew, and people have to trust "
            "the new certificate.",
            "请在下次启动前将其复制到 keys/；仍缺少的将重新生成，用户需重新信任新的证书。",
        )


def _passphrase() -> str:
    """One line of standard input."""
    passphrase = sys.stdin.readline().rstrip("\n")
    if not passphrase:
        raise Invalid(
            "passphrase_missing",
            "Give the passphrase on standard input, for example: monodesk backup desk.zip --keys < passphrase.txt",
            "请通过标准输入提供口令，例如：monodesk backup desk.zip --keys < passphrase.txt",
        )
    return passphrase


def _too_short(least: int) -> Invalid:
    return Invalid(
        "passphrase_short",
        f"Whoever finds the archive can try passphrases at leisure. Use at least {least} characters.",
        f"拿到备份的人可以不限次数地尝试口令。请至少使用 {least} 个字符。",
    )
