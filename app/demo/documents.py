"""The files that customers and agents of the demo send each other: drawn here, so that nobody's picture is shipped."""

import hashlib
import struct
import zlib
from math import sqrt
from pathlib import PurePath
from random import Random

from msgspec import Struct

WIDTH = 480
HEIGHT = 320
_WALL, _TABLE, _BODY, _SHADE, _CRACK = range(5)
_PALETTES = (
    ((236, 233, 226), (198, 188, 172), (126, 152, 148), (104, 128, 124), (62, 58, 54)),
    ((226, 231, 234), (176, 186, 190), (196, 178, 150), (170, 152, 126), (70, 60, 52)),
    ((238, 230, 222), (206, 186, 168), (150, 138, 128), (126, 114, 106), (48, 46, 50)),
)
_FACE = (
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>"
)
_FACE_MEASURES = (
    b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
    b"/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
)


class Document(Struct, frozen=True):
    """A file's bytes, its type, and its size in pixels where it is a picture."""

    body: bytes
    type: str
    width: int = 0
    height: int = 0

    def sha256(self) -> str:
        """Of the bytes, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


def document(name: str, line: str, random: Random) -> Document:
    """What a file of this name holds: a drawn vessel for `.png`, a one-line page that says `line` for `.pdf`."""
    if PurePath(name).suffix == ".pdf":
        return Document(_pdf(line), "application/pdf")
    return Document(_png(random), "image/png", WIDTH, HEIGHT)


def _png(random: Random) -> bytes:
    """A vessel with a crack on a table, in eight-bit palette colours (PNG, W3C Recommendation 2003)."""
    palette = b"".join(bytes(colour) for colour in random.choice(_PALETTES))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(_pixels(random))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _pixels(random: Random) -> bytes:
    middle, half_width, top = random.randint(190, 290), random.randint(60, 100), random.randint(50, 90)
    bottom, crack = random.randint(240, 270), random.randint(-30, 30)
    rows = []
    for y in range(HEIGHT):
        row = bytearray([_TABLE if y > 230 else _WALL]) * WIDTH
        if top <= y <= bottom:
            around = 1 - ((y - (top + bottom) / 2) / (bottom - top)) ** 2
            half = int(half_width * sqrt(around))
            row[middle - half : middle + half] = bytes([_BODY]) * (2 * half)
            row[middle + half // 2 : middle + half] = bytes([_SHADE]) * (half - half // 2)
            if y < (top + bottom) // 2:
                crack += random.randint(-1, 1)
                row[middle + crack : middle + crack + 2] = bytes([_CRACK]) * 2
        rows.append(b"\0" + row)
    return b"".join(rows)


def _pdf(line: str) -> bytes:
    """One page with one line, in a face every reader has for Chinese and Latin (PDF 1.4, predefined CMap)."""
    text = f"BT /F1 14 Tf 56 780 Td <{line.encode('utf-16-be').hex()}> Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 8 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        _FACE,
        _FACE_MEASURES,
        b"<< /Font << /F1 5 0 R >> >>",
    )
    page = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(page))
        page += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return page + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(page))
    )
