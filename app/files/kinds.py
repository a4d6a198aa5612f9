"""Which files are taken, told by their bytes (never by name or header), and how large an image is."""

import codecs
from pathlib import Path

import imagesize  # type: ignore[import-untyped]  # ships no types
from msgspec.structs import replace

from app.files import zips
from app.files.signatures import (
    COMPOUND,
    CSV,
    MACROS,
    MEASURED,
    MEMBERS,
    OPEN_DOCUMENTS,
    STREAMS,
    TEXT,
    ZIP,
    FileKind,
    told_by,
)
from app.model.errors import Unsupported
from app.settings import FileRules

_HEAD_BYTES = 128
_CHUNK_BYTES = 1 << 16
_FIRST_MEMBER = slice(30, 38)  # its name, in an OpenDocument
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f")
_CALLED = {  # each group, to a person
    "image": ("image", "图片"),
    "pdf": ("PDF", "PDF"),
    "text": ("text", "文本"),
    "office": ("Office document", "Office 文档"),
    "archive": ("ZIP", "ZIP"),
    "audio": ("audio", "音频"),
    "video": ("video", "视频"),
}


def kind_of(path: Path, name: str, pixels_max: int, rules: FileRules) -> FileKind:
    """The kind of a file on disk; raises `Unsupported` when it is none of those taken. Blocks: it reads the file."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    also = _named(head, rules)
    if also is not None:
        return also
    kind = _known(path, head, name)
    if kind is not None and kind.group not in rules.accept:
        kind = None
    if kind is not None and kind.type in MEASURED:
        kind = _measured(path, kind, pixels_max)
    if kind is None:
        raise _unsupported(rules)
    return kind


def _unsupported(rules: FileRules) -> Unsupported:
    """A file of a kind that is not taken here: those are named that are."""
    called = [names for group, names in _CALLED.items() if group in rules.accept]
    called += [(also.ending, also.ending) for also in rules.also]
    if not called:
        return Unsupported("file_type", "No files are accepted here. Write a message.", "此处不接收文件。请发送文字。")
    return Unsupported(
        "file_type",
        f"Files of this type are not accepted. Send one of these: {_listed([en for en, _ in called], ', ', ' or ')}.",
        f"不支持该类型的文件。请发送{_listed([zh for _, zh in called], '、', '或')}。",
    )


def _listed(names: list[str], comma: str, last: str) -> str:
    return last.join((comma.join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _named(head: bytes, rules: FileRules) -> FileKind | None:
    """A kind that the administrator named; it is saved as bytes, whatever it is."""
    for also in rules.also:
        if head.startswith(bytes.fromhex(also.begins)):
            return FileKind("application/octet-stream", (also.ending,), "also")
    return None


def _known(path: Path, head: bytes, name: str) -> FileKind | None:
    kind = told_by(head)
    if kind is ZIP:
        return _inside(path, head)
    if kind is None and head.startswith(COMPOUND):
        return _document_97(path)
    if kind is None and _is_text(path):
        return CSV if name.lower().endswith(".csv") else TEXT
    return kind


def _inside(path: Path, head: bytes) -> FileKind | None:
    """What a ZIP really is, by its table of contents; nothing is unpacked. None where it has no such table."""
    try:
        names = zips.names(path)
    except (ValueError, OSError):
        return None
    if names is None:
        return ZIP
    if any(name.rpartition(b"/")[2] == MACROS for name in names):
        raise _macros()
    if head[_FIRST_MEMBER] == b"mimetype":
        said = head[_FIRST_MEMBER.stop :]
        return next((OPEN_DOCUMENTS[type_] for type_ in OPEN_DOCUMENTS if said.startswith(type_ + b"PK")), ZIP)
    return next((MEMBERS[name] for name in names if name in MEMBERS), ZIP)


def _document_97(path: Path) -> FileKind | None:
    """The Office document that a compound file is; others (installers, mailboxes) are not taken."""
    longest = max(map(len, STREAMS))
    kept = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            kept += chunk
            for stream, kind in STREAMS.items():
                if stream in kept:
                    return kind
            kept = kept[-longest:]
    return None


def _measured(path: Path, kind: FileKind, pixels_max: int) -> FileKind | None:
    """With width and height from the header; None for an image that would fill a screen's memory."""
    try:
        width, height = imagesize.get(str(path))
    except Exception:  # noqa: BLE001 - a broken header may raise anything; the file is then not an image
        return None
    if width <= 0 or height <= 0 or width * height > pixels_max:
        return None
    return replace(kind, width=int(width), height=int(height))


def _is_text(path: Path) -> bool:
    """Whether a file is UTF-8 or GB18030 text without control characters."""
    return path.stat().st_size > 0 and any(_decodes(path, encoding) for encoding in ("utf-8", "gb18030"))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                if not _CONTROLS.isdisjoint(chunk):
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _macros() -> Unsupported:
    return Unsupported(
        "file_macros",
        "Documents with macros are not accepted. Save it without macros (.docx, .xlsx, .pptx) and send that.",
        "不接受含宏的文档。请另存为不含宏的格式（.docx、.xlsx、.pptx）后发送。",
    )
