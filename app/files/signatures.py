"""How kinds of files begin: the table that `kinds` decides by (PRONOM registry; ISO/IEC 14496-12 §4.3 for `ftyp`)."""

from msgspec import Struct


class FileKind(Struct, frozen=True):
    """A media type, the name endings that fit it (the first is appended where none does), and pixels for images.

    `group` is what an administrator accepts or not (`settings.FileRules`).
    """

    type: str
    endings: tuple[str, ...]
    group: str
    width: int = 0
    height: int = 0


ZIP = FileKind("application/zip", (".zip",), "archive")
TEXT = FileKind("text/plain", (".txt", ".csv", ".log", ".md"), "text")
CSV = FileKind("text/csv", (".csv",), "text")
_WEBP = FileKind("image/webp", (".webp",), "image")
_WAV = FileKind("audio/wav", (".wav",), "audio")
_MP3 = FileKind("audio/mpeg", (".mp3",), "audio")
_AAC = FileKind("audio/aac", (".aac",), "audio")
_GIF = FileKind("image/gif", (".gif",), "image")
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", FileKind("image/png", (".png",), "image")),
    (b"\xff\xd8\xff", FileKind("image/jpeg", (".jpg", ".jpeg"), "image")),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"%PDF-", FileKind("application/pdf", (".pdf",), "pdf")),
    (b"{\\rtf1", FileKind("application/rtf", (".rtf",), "office")),
    (b"PK\x03\x04", ZIP),
    (b"OggS", FileKind("audio/ogg", (".ogg", ".oga", ".opus"), "audio")),
    (b"fLaC", FileKind("audio/flac", (".flac",), "audio")),
    (b"#!AMR", FileKind("audio/amr", (".amr",), "audio")),
    (b"ID3", _MP3),
    (b"\xff\xfb", _MP3),
    (b"\xff\xf3", _MP3),
    (b"\xff\xf1", _AAC),
    (b"\xff\xf9", _AAC),
    (b"\x1aE\xdf\xa3", FileKind("video/webm", (".webm", ".mkv"), "video")),
)
_MP4 = FileKind("video/mp4", (".mp4", ".m4v"), "video")
_HEIC = FileKind("image/heic", (".heic", ".heif"), "image")
_AVIF = FileKind("image/avif", (".avif",), "image")
_3GP = FileKind("video/3gpp", (".3gp",), "video")
_BRANDS = {
    b"avif": _AVIF,
    b"avis": _AVIF,
    b"heic": _HEIC,
    b"heix": _HEIC,
    b"heim": _HEIC,
    b"hevc": _HEIC,
    b"mif1": _HEIC,
    b"msf1": _HEIC,
    b"M4A ": FileKind("audio/mp4", (".m4a",), "audio"),
    b"qt  ": FileKind("video/quicktime", (".mov",), "video"),
}

# Those that a page shows. HEIC and AVIF are only saved: what says their size is a tree as large as a sender likes.
MEASURED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_OOXML = "application/vnd.openxmlformats-officedocument"
MEMBERS = {  # of an archive that is a document
    b"word/document.xml": FileKind(f"{_OOXML}.wordprocessingml.document", (".docx",), "office"),
    b"xl/workbook.xml": FileKind(f"{_OOXML}.spreadsheetml.sheet", (".xlsx",), "office"),
    b"ppt/presentation.xml": FileKind(f"{_OOXML}.presentationml.presentation", (".pptx",), "office"),
}
MACROS = b"vbaProject.bin"
_ODF = "application/vnd.oasis.opendocument"
OPEN_DOCUMENTS = {  # what an OpenDocument's first member, `mimetype`, says
    f"{_ODF}.text".encode(): FileKind(f"{_ODF}.text", (".odt",), "office"),
    f"{_ODF}.spreadsheet".encode(): FileKind(f"{_ODF}.spreadsheet", (".ods",), "office"),
    f"{_ODF}.presentation".encode(): FileKind(f"{_ODF}.presentation", (".odp",), "office"),
}
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Microsoft's compound file, [MS-CFB] §2.2; installers are one too
STREAMS = {  # a stream in it that makes it a document of Office 97
    "WordDocument".encode("utf-16-le"): FileKind("application/msword", (".doc",), "office"),
    "Workbook".encode("utf-16-le"): FileKind("application/vnd.ms-excel", (".xls",), "office"),
    "PowerPoint Document".encode("utf-16-le"): FileKind("application/vnd.ms-powerpoint", (".ppt",), "office"),
}


def told_by(head: bytes) -> FileKind | None:
    """The kind that a file with this beginning is, None where the beginning says nothing."""
    if head.startswith(b"RIFF"):
        return {b"WEBP": _WEBP, b"WAVE": _WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _3GP if head[8:11] == b"3gp" else _BRANDS.get(head[8:12], _MP4)
    return next((kind for beginning, kind in _BEGINNINGS if head.startswith(beginning)), None)
