"""Which files are taken, told by their first bytes (never by name or header), and how large an image is."""

import codecs
import zipfile
from pathlib import Path

import imagesize  # type: ignore[import-untyped]  # ships no types
from msgspec import Struct

from app.model.errors import Unsupported

_HEAD_BYTES = 64
_CHUNK_BYTES = 1 << 16
_ENTRIES_MAX = 10_000
_TEXT_NAMES = (".txt", ".csv", ".log", ".md")
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f")


class FileKind(Struct, frozen=True):
    """A media type, the name endings that fit it (the first is appended where none does), and pixels for images."""

    type: str
    endings: tuple[str, ...]
    width: int = 0
    height: int = 0


_PNG = FileKind("image/png", (".png",))
_JPEG = FileKind("image/jpeg", (".jpg", ".jpeg"))
_GIF = FileKind("image/gif", (".gif",))
_WEBP = FileKind("image/webp", (".webp",))
_WAV = FileKind("audio/wav", (".wav",))
_MP3 = FileKind("audio/mpeg", (".mp3",))
_MP4 = FileKind("video/mp4", (".mp4", ".m4a", ".mov"))
_ZIP = FileKind("application/zip", (".zip",))
_TEXT = FileKind("text/plain", _TEXT_NAMES)
_CSV = FileKind("text/csv", (".csv",))
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"\xff\xd8\xff", _JPEG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"%PDF-", FileKind("application/pdf", (".pdf",))),
    (b"PK\x03\x04", _ZIP),
    (b"OggS", FileKind("audio/ogg", (".ogg", ".oga", ".opus"))),
    (b"ID3", _MP3),
    (b"\xff\xfb", _MP3),
    (b"\xff\xf3", _MP3),
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_INSIDE = (
    ("word/document.xml", FileKind(f"{_OFFICE}.wordprocessingml.document", (".docx",))),
    ("xl/workbook.xml", FileKind(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",))),
    ("ppt/presentation.xml", FileKind(f"{_OFFICE}.presentationml.presentation", (".pptx",))),
)


def kind_of(path: Path, name: str, pixels_max: int) -> FileKind:
    """The kind of a file on disk; raises `Unsupported` when it is none of those taken. Blocks: it reads the file."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    kind = _told_by(head)
    if kind is _ZIP:
        return _inside(path)
    if kind is None:
        if not _is_text(path):
            raise unsupported()
        return _CSV if name.lower().endswith(".csv") else _TEXT
    return _measured(path, kind, pixels_max) if kind.type.startswith("image/") else kind


def unsupported() -> Unsupported:
    """A file of a kind that is not taken."""
    return Unsupported(
        "file_type",
        "Files of this type are not accepted. Send an image, PDF, text, Office document, ZIP, audio or MP4 video.",
        "不支持该类型的文件。请发送图片、PDF、文本、Office 文档、ZIP、音频或 MP4 视频。",
    )


def _told_by(head: bytes) -> FileKind | None:
    if head.startswith(b"RIFF"):
        return {b"WEBP": _WEBP, b"WAVE": _WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _MP4
    return next((kind for beginning, kind in _BEGINNINGS if head.startswith(beginning)), None)


def _inside(path: Path) -> FileKind:
    """What a ZIP really is, by its table of contents; nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:_ENTRIES_MAX])
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise unsupported() from None
    return next((kind for member, kind in _INSIDE if member in names), _ZIP)


def _measured(path: Path, kind: FileKind, pixels_max: int) -> FileKind:
    """With width and height from the header; an image that would fill a screen's memory is refused."""
    try:
        width, height = imagesize.get(str(path))
    except Exception:  # noqa: BLE001 - a broken header may raise anything; the file is then not an image
        raise unsupported() from None
    if width <= 0 or height <= 0 or width * height > pixels_max:
        raise unsupported()
    return FileKind(kind.type, kind.endings, int(width), int(height))


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
