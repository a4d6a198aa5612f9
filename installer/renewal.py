"""What an installation wrote beside its programs, brought to another version's plan: unit, script, completion.

Each version knows its own plan: an upgrade has the new one renew it, the way back the old one. What an administrator
has changed or removed is his: it is left alone and named. Pure, but for `found`.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from installer import layout as places
from installer.facts import Words
from installer.layout import Record
from installer.steps import Call, MakeFolder, Remove, Step, Write
from installer.targets import portable

_SCRIPT_MODE = 0o755
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755


class Renewal(Struct, frozen=True):
    """The steps, the record once they are done, and what is left alone."""

    steps: tuple[Step, ...]
    record: Record
    left_alone: tuple[str, ...] = ()


class Renewed(Struct, frozen=True):
    """What a version says of its renewal: how many steps it takes, and which files it leaves alone."""

    steps: int
    left_alone: tuple[str, ...] = ()


def found(paths: Iterable[Path]) -> dict[str, str]:
    """The digests of those files that are there."""
    return {str(path): places.digest(path) for path in paths if path.is_file()}


def renew(
    record: Record, wanted: dict[Path, str], found: dict[str, str], folders: frozenset[str], after: tuple[Call, ...]
) -> Renewal:
    """From what is there to `wanted`, the files' texts by path; `folders` are there; `after` follows any step."""
    steps: list[Step] = []
    left: list[str] = []
    files = dict(record.files)
    made: list[str] = []
    for path, text in wanted.items():
        name, digest = str(path), sha256(text.encode()).hexdigest()
        if not _is_ours(name, found, record, digest):
            left.append(name)
            continue
        files[name] = digest
        if found.get(name) != digest:
            missing = [str(one) for one in reversed(path.parents) if str(one) not in {*folders, *made}]
            made += missing
            steps += [MakeFolder(Path(one), _FOLDER_MODE) for one in missing]
            steps += [Write(path, text, _SCRIPT_MODE if path.name == portable.SCRIPT else _FILE_MODE)]
    for name in sorted(set(record.files) - {str(path) for path in wanted}):
        if found.get(name) == record.files[name]:
            steps += [Remove(Path(name))]
            del files[name]
        elif name in found:
            left.append(name)
    kept = msgspec.structs.replace(record, files=files, folders=[*record.folders, *made])
    return Renewal((*steps, *(after if steps else ())), kept, tuple(left))


def left_alone(path: str) -> Words:
    """What an administrator is told of a file of his."""
    return Words(
        f"{path} was changed by hand, so it is left as it is. Changes belong beside it (systemctl edit monodesk); "
        "to have the new one: remove it, then monodesk install.",
        f"{path} 被手动修改过，因此保持原样。改动应放在旁边（systemctl edit monodesk）；"
        "若要使用新的内容：删除该文件后执行 monodesk install。",
    )


def _is_ours(name: str, found: dict[str, str], record: Record, digest: str) -> bool:
    """Whether it stands as we wrote it, or as we would; what was never there is ours to write."""
    if name not in found:
        return name not in record.files
    return found[name] in (digest, record.files.get(name))
