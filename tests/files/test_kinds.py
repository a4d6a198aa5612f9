"""What a file is, told by its bytes: neither name nor pretence decides, and nothing that scripts is ever shown."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from app.files import kinds, signatures
from app.files.signatures import FileKind
from app.gateway.core import FileGrant
from app.gateway.download import Part, describe
from app.model.errors import Invalid, Problem, Unsupported
from app.settings import AlsoAccepted, FileRules, load
from tests.files.test_transfer import archive, jpeg, png

PIXELS_MAX = 1_000_000
RULES = FileRules()
SCRIPT = b"<script>alert(1)</script>"


def told(folder: Path, content: bytes, name: str = "a", rules: FileRules = RULES) -> FileKind:
    path = folder / "file"
    path.write_bytes(content)
    return kinds.kind_of(path, name, PIXELS_MAX, rules)


def boxes(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mp42isom" + b"\0" * 40


def open_document(kind: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as writer:
        writer.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        writer.writestr("content.xml", "x")
    return made.getvalue()


def compound(stream: str) -> bytes:
    return signatures.COMPOUND + b"\0" * 70_000 + stream.encode("utf-16-le") + b"\0" * 64


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (boxes(b"heic"), "image/heic"),
        (boxes(b"avif"), "image/avif"),
        (boxes(b"qt  "), "video/quicktime"),
        (boxes(b"M4A "), "audio/mp4"),
        (boxes(b"3gp4"), "video/3gpp"),
        (boxes(b"isom"), "video/mp4"),
        (b"\x1aE\xdf\xa3" + b"\0" * 40, "video/webm"),
        (b"fLaC" + b"\0" * 40, "audio/flac"),
        (b"#!AMR\n" + b"\0" * 40, "audio/amr"),
        (b"{\\rtf1\\ansi hello}", "application/rtf"),
        (open_document("text"), "application/vnd.oasis.opendocument.text"),
        (open_document("spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet"),
        (open_document("graphics"), "application/zip"),
        (compound("WordDocument"), "application/msword"),
        (compound("Workbook"), "application/vnd.ms-excel"),
        (compound("PowerPoint Document"), "application/vnd.ms-powerpoint"),
    ],
)
def test_what_support_gets_is_told_apart(tmp_path: Path, content: bytes, type_: str) -> None:
    assert told(tmp_path, content).type == type_


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (compound("an installer"), "file_type"),
        (archive("word/document.xml", "word/vbaProject.bin"), "file_macros"),
        (archive("a") + b"\0" * 70_000, "file_type"),  # no end of a directory where one must be
        (b"\0" + png(1, 1), "file_type"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", "file_type"),
        (b"#!/bin/sh\n\0", "file_type"),
    ],
)
def test_what_is_not_taken(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(Unsupported) as refused:
        told(tmp_path, content, "a.png")
    assert refused.value.code == code


# Files that are two things at once, and files that are called something else: content, name.
POLYGLOTS = [
    (b"GIF89a/*\x05" + b"\0" * 8 + b"*/=1;alert(1)//" + SCRIPT, "a.js"),
    (b"GIF89a" + struct.pack("<HH", 7, 5) + SCRIPT, "a.html"),
    (png(2, 2) + SCRIPT, "a.svg"),
    (jpeg(2, 2) + SCRIPT, "a.xhtml"),
    (jpeg(2, 2) + archive("META-INF/MANIFEST.MF", "Evil.class"), "a.jar"),
    (b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\n" + SCRIPT, "a.html"),
    (b"%PDF-1.7\n" + archive("a"), "a.zip"),
    (archive("index.html"), "a.html"),
    (b"RIFF\x24\0\0\0WAVE" + SCRIPT, "a.html"),
    (b"ID3" + SCRIPT, "a.htm"),
    (boxes(b"avif") + SCRIPT, "a.html"),
    (b"<!--ftyp" + SCRIPT, "a.html"),
    (SCRIPT, "a.png"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg"),
    (b"<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>", "a.xml"),
    (b"alert(1)", "a.js"),
    (b"MIME-Version: 1.0\nContent-Type: text/html\n\n" + SCRIPT, "a.mht"),
    ("\ufeff<script>".encode() + SCRIPT, "a.html"),
]


@pytest.mark.parametrize(("content", "name"), POLYGLOTS)
def test_nothing_that_scripts_is_ever_shown(tmp_path: Path, content: bytes, name: str) -> None:
    kind = told(tmp_path, content, name)
    fields = describe(FileGrant("/", name, kind.type, len(content), '"e"'), Part(200, 0, len(content)))
    assert_harmless(kind.type, fields)


def test_no_kind_that_could_be_taken_is_shown_unless_it_is_a_picture() -> None:
    found = [kind for table in vars(signatures).values() for kind in _kinds(table)]
    assert len({kind.type for kind in found}) > 25
    for kind in found:
        assert_harmless(kind.type, describe(FileGrant("/", "a", kind.type, 1, '"e"'), Part(200, 0, 1)))


def _kinds(table: object) -> list[FileKind]:
    if isinstance(table, FileKind):
        return [table]
    if isinstance(table, dict):
        return [kind for kind in table.values() if isinstance(kind, FileKind)]
    if isinstance(table, tuple):
        return [kind for row in table if isinstance(row, tuple) for kind in row if isinstance(kind, FileKind)]
    return []


def assert_harmless(type_: str, fields: dict[str, str]) -> None:
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["content-security-policy"] == "sandbox; default-src 'none'"
    assert fields["content-type"] == type_
    assert not any(word in type_ for word in ("html", "svg", "javascript", "ecmascript", "/xml", "flash", "mht"))
    shown = fields["content-disposition"].startswith("inline")
    assert shown == (type_ in ("image/png", "image/jpeg", "image/gif", "image/webp"))
    assert shown or fields["content-disposition"].startswith("attachment; filename*=UTF-8''")


def test_a_million_names_in_an_archive_cost_no_memory(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 500_000
    start = struct.pack("<4s5H3L2H", b"PK\x03\x04", *[0] * 5, 0, 0, 0, 0, 0)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), len(start), 0)
    content = start + directory + end
    tracemalloc.start()
    try:
        path = tmp_path / "file"
        path.write_bytes(content)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        assert kinds.kind_of(path, "a.zip", PIXELS_MAX, RULES).type == "application/zip"
        assert tracemalloc.get_traced_memory()[1] - before < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_administrator_names_what_else_is_taken_and_what_is_not(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[files]\naccept = ["image"]\n[[files.also]]\nending = ".dwg"\nbegins = "41433130"\n')
    rules = load({}, {}, config).files
    assert rules == FileRules(accept=("image",), also=(AlsoAccepted(".dwg", "41433130"),))
    drawing = told(tmp_path, b"AC1032" + b"\0" * 20, "plan", rules)
    assert (drawing.type, drawing.endings) == ("application/octet-stream", (".dwg",))
    assert told(tmp_path, png(1, 1), rules=rules).type == "image/png"
    for content in (b"%PDF-1.7\n", b"hello", archive("a")):
        with pytest.raises(Unsupported):
            told(tmp_path, content, rules=rules)


@pytest.mark.parametrize(
    "lines",
    [
        '[files]\naccept = ["html"]',
        '[[files.also]]\nending = "dwg"\nbegins = "41433130"',
        '[[files.also]]\nending = ".dwg"\nbegins = "41"',
        '[[files.also]]\nending = ".dwg"\nbegins = "no"',
        '[[files.also]]\nending = ".dwg"',
    ],
)
def test_a_rule_that_says_nothing_stops_the_start(tmp_path: Path, lines: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(lines)
    with pytest.raises(Invalid) as refused:
        load({}, {}, config)
    assert "files" in refused.value.en


def test_the_refusal_says_what_to_do_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        told(tmp_path, b"MZ\0")
    assert refused.value.text("en").endswith("image, PDF, text, Office document, ZIP, audio or video.")
    assert refused.value.text("zh").startswith("不支持该类型的文件。请发送图片、PDF、")


@pytest.mark.parametrize(
    ("rules", "en", "zh"),
    [
        (FileRules(accept=("image",)), "Send one of these: image.", "请发送图片。"),
        (
            FileRules(accept=("pdf",), also=(AlsoAccepted(".dwg", "41433130"),)),
            "these: PDF or .dwg.",
            "请发送PDF或.dwg。",
        ),
        (FileRules(accept=()), "No files are accepted here. Write a message.", "此处不接收文件。请发送文字。"),
    ],
)
def test_the_refusal_names_what_the_administrator_takes(tmp_path: Path, rules: FileRules, en: str, zh: str) -> None:
    with pytest.raises(Unsupported) as refused:
        told(tmp_path, b"MZ\0", rules=rules)
    assert refused.value.text("en").endswith(en)
    assert refused.value.text("zh").endswith(zh)
