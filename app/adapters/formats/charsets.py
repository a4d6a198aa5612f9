"""The character sets that documents come in: their names as systems write them, and their bytes made UTF-8."""

import codecs
from functools import lru_cache
from typing import NamedTuple

from app.adapters.errors import BadDocument

UTF8 = "utf-8"
_BOMS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BOMS_BEGIN = (b"\xef", b"\xff", b"\xfe")


class Charset(NamedTuple):
    """Python's codecs: read by the larger set, since many say GB2312 and write GBK; written by the very one."""

    reads: str
    writes: str


_CHARSETS = {
    "utf-8": Charset(UTF8, UTF8),
    "us-ascii": Charset(UTF8, "ascii"),
    "gb18030": Charset("gb18030", "gb18030"),
    "gbk": Charset("gb18030", "gbk"),
    "gb2312": Charset("gb18030", "gb2312"),
    "big5": Charset("big5hkscs", "big5"),
    "big5-hkscs": Charset("big5hkscs", "big5hkscs"),
    "utf-16": Charset("utf-16", "utf-16"),
    "utf-16le": Charset("utf-16-le", "utf-16-le"),
    "utf-16be": Charset("utf-16-be", "utf-16-be"),
    "iso-8859-1": Charset("cp1252", "latin-1"),
    "windows-1252": Charset("cp1252", "cp1252"),
    "shift_jis": Charset("cp932", "shift_jis"),
    "euc-jp": Charset("euc_jp", "euc_jp"),
    "euc-kr": Charset("cp949", "euc_kr"),
}
_ALSO_CALLED = {
    "utf8": "utf-8", "ascii": "us-ascii", "cp936": "gbk", "ms936": "gbk", "x-gbk": "gbk", "gb_2312-80": "gb2312",
    "euc-cn": "gb2312", "cp950": "big5", "utf16": "utf-16", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be",
    "latin1": "iso-8859-1", "latin-1": "iso-8859-1", "cp1252": "windows-1252", "sjis": "shift_jis",
}  # fmt: skip


@lru_cache(maxsize=256)
def charset(name: str) -> Charset:
    """Of its name as a content type or a declaration writes it; raises `BadDocument` (charset_unknown)."""
    plain = name.strip().strip("\"'").lower()
    found = _CHARSETS.get(_ALSO_CALLED.get(plain, plain))
    if found is None:
        known = ", ".join(_CHARSETS)
        raise BadDocument(
            "charset_unknown", "",
            f"The character set {plain[:40]!r} is not read here. Ask for one of: {known}.",
            f"不支持字符集 {plain[:40]!r}。请使用以下之一：{known}。",
        )  # fmt: skip
    return found


def by_bom(head: bytes) -> str:
    """The codec that a byte order mark tells, or nothing."""
    if head[:1] not in _BOMS_BEGIN:
        return ""
    return next((codec for bom, codec in _BOMS if head.startswith(bom)), "")


def utf8(raw: bytes, codec: str) -> bytes:
    """All of a document in UTF-8, without a mark; what is UTF-8 already is not looked at."""
    return raw.removeprefix(codecs.BOM_UTF8) if codec == UTF8 else Transcoder(codec).take(raw, last=True)


class Decoder:
    """Pieces of a text in one character set; raises `BadDocument` (charset_wrong) where bytes do not belong to it.

    `passed`: bytes of the document before the first piece.
    """

    def __init__(self, codec: str, passed: int = 0) -> None:
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder(codec)()
        self._bytes = passed

    def take(self, chunk: bytes, *, last: bool = False) -> str:
        begun = len(self._decoder.getstate()[0])  # bytes of a character that the piece before began
        try:
            text = self._decoder.decode(chunk, last)
        except UnicodeError as error:
            raise wrong(self._codec, self._bytes - begun + getattr(error, "start", 0)) from error
        self._bytes += len(chunk)
        return text


class Transcoder:
    """Pieces of a text in one character set, given back in UTF-8; a mark at the beginning is taken away.

    UTF-8 itself passes as it is, for parsers to look at.
    """

    def __init__(self, codec: str) -> None:
        self._decoder = None if codec == UTF8 else Decoder(codec)
        self._begun = False
        self._head = b""  # the first bytes, until they are a mark or none

    def take(self, chunk: bytes, *, last: bool = False) -> bytes:
        out = self._decoder.take(chunk, last=last).encode() if self._decoder else chunk
        return out if self._begun else self._after_mark(out, last)

    def _after_mark(self, out: bytes, last: bool) -> bytes:
        out = self._head + out
        if len(out) < len(codecs.BOM_UTF8) and codecs.BOM_UTF8.startswith(out) and not last:
            self._head = out
            return b""
        self._begun = True
        return out.removeprefix(codecs.BOM_UTF8)


def wrong(codec: str, at_byte: int, path: str = "") -> BadDocument:
    """Bytes that are none of this character set."""
    return BadDocument(
        "charset_wrong", path,
        f"At byte {at_byte} the text is no {codec}. Ask the sender which character set it is, and name it in the spec.",
        f"第 {at_byte} 字节处不是 {codec} 编码。请向发送方确认字符集，并在配置中写明。",
    )  # fmt: skip


def encoded(text: str, name: str, errors: str = "strict") -> bytes:
    """On the way out, in the set of that name (empty: UTF-8); raises `BadDocument` (charset_unfit)."""
    codec = charset(name or UTF8).writes
    try:
        return text.encode(codec, errors)
    except UnicodeEncodeError as error:
        raise BadDocument(
            "charset_unfit", "",
            f"The character {text[error.start]!r} cannot be written in {name or UTF8}. Send UTF-8, or map it away.",
            f"字符 {text[error.start]!r} 无法用 {name or UTF8} 表示。请改用 UTF-8，或在映射中替换。",
        ) from error  # fmt: skip
