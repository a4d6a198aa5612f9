"""Files: what is taken, how it is kept, who may read it."""

import asyncio
import hashlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.files.names import display_name
from app.model.errors import Invalid, NotFound, TooLarge, Unavailable, Unsupported
from app.model.frames import Delete
from app.settings import Limits, Settings
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain, stream

LIMITS = Limits(file_bytes_max=100_000, body_pause_seconds_max=5.0, body_bytes_per_second_min=1_000)


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 8


def jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe1" + struct.pack(">H", 2_002) + b"Exif" + b"\xff" * 1_996
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + app + frame + b"\xff\xda" + b"\0" * 16


def archive(*members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as writer:
        for member in members:
            writer.writestr(member, "x")
    return made.getvalue()


GIF = b"GIF89a" + struct.pack("<HH", 7, 5) + b"\0" * 10
WEBP = b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\x06\0\0\x04\0\0"
OFFICE = "application/vnd.openxmlformats-officedocument"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=LIMITS)


def _bytes_on_disk(domain: Domain) -> list[Path]:
    return [path for path in (domain.path.parent / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "name", "type_", "shown", "pixels"),
    [
        (png(640, 480), "a.png", "image/png", "a.png", (640, 480)),
        (jpeg(640, 480), "a.jpeg", "image/jpeg", "a.jpeg", (640, 480)),
        (GIF, "a.gif", "image/gif", "a.gif", (7, 5)),
        (WEBP, "a.webp", "image/webp", "a.webp", (7, 5)),
        (b"%PDF-1.7\n", "a.pdf", "application/pdf", "a.pdf", (0, 0)),
        (b"hello\n", "a.txt", "text/plain", "a.txt", (0, 0)),
        ("订单\t退款\n".encode("gb18030"), "订单.csv", "text/csv", "订单.csv", (0, 0)),
        (archive("a"), "a.zip", "application/zip", "a.zip", (0, 0)),
        (archive("word/document.xml"), "a.docx", f"{OFFICE}.wordprocessingml.document", "a.docx", (0, 0)),
        (archive("xl/workbook.xml"), "a.xlsx", f"{OFFICE}.spreadsheetml.sheet", "a.xlsx", (0, 0)),
        (archive("ppt/presentation.xml"), "a.pptx", f"{OFFICE}.presentationml.presentation", "a.pptx", (0, 0)),
        (b"ID3\x04" + b"\0" * 20, "a.mp3", "audio/mpeg", "a.mp3", (0, 0)),
        (b"\0\0\0\x20ftypisom" + b"\0" * 20, "a.mp4", "video/mp4", "a.mp4", (0, 0)),
        (b"OggS" + b"\0" * 20, "a.ogg", "audio/ogg", "a.ogg", (0, 0)),
        (b"RIFF\0\0\0\0WAVEfmt ", "a.wav", "audio/wav", "a.wav", (0, 0)),
        (png(1, 1), "invoice.exe", "image/png", "invoice.exe.png", (1, 1)),
        (b"<script>alert(1)</script>", "a.html", "text/plain", "a.html.txt", (0, 0)),
        (b"<svg onload='x'/>", "a.svg", "text/plain", "a.svg.txt", (0, 0)),
    ],
)
async def test_files_are_told_by_their_bytes(
    domain: Domain, content: bytes, name: str, type_: str, shown: str, pixels: tuple[int, int]
) -> None:
    visitor = await domain.visitor(await domain.inbox())
    file = await domain.files.receive(visitor, name, stream(content[:3], content[3:]))
    assert (file.type, file.name, file.size) == (type_, shown, len(content))
    assert (file.width, file.height) == pixels
    grant = await domain.files.grant(visitor, file.id)
    assert Path(grant.path).read_bytes() == content
    assert (grant.name, grant.type, grant.size) == (shown, type_, len(content))


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF\x02\x01\x01",
        b"MZ\x90\0",
        b"hello\0world",
        b"\x1b[31mred",
        b"\xff\xfe\xfd\x80",
        b"PK\x03\x04 but no archive",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 50,
        png(50_000, 50_000),
        png(0, 5),
        b"RIFF\0\0\0\0AVI ",
        b"\xff\xd8\xff",
    ],
)
async def test_what_is_none_of_them_is_refused_and_leaves_nothing(domain: Domain, content: bytes) -> None:
    visitor = await domain.visitor(await domain.inbox())
    with pytest.raises(Unsupported):
        await domain.files.receive(visitor, "a.png", stream(content))
    assert _bytes_on_disk(domain) == []
    assert await domain.database.read("SELECT id FROM files") == []


async def test_size_is_counted_while_it_streams(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    given = 0

    async def too_much() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(50):
            given += 10_000
            yield b"x" * 10_000

    with pytest.raises(TooLarge):
        await domain.files.receive(visitor, "a.txt", too_much())
    assert given == 110_000
    assert _bytes_on_disk(domain) == []


async def test_an_empty_file_is_refused(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    with pytest.raises(Invalid):
        await domain.files.receive(visitor, "a.txt", stream())


async def test_a_trickle_is_given_up(domain: Domain, clock: ManualClock) -> None:
    visitor = await domain.visitor(await domain.inbox())

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(500):
            clock.advance(1)
            yield b"x"

    with pytest.raises(Invalid) as refused:
        await domain.files.receive(visitor, "a.txt", trickle())
    assert refused.value.code == "upload_too_slow"
    assert _bytes_on_disk(domain) == []


async def test_silence_is_given_up(database_path: Path, settings: Settings, clock: ManualClock) -> None:
    limits = Limits(body_pause_seconds_max=0.01)
    async with Domain(database_path, replace(settings, limits=limits), clock) as domain:
        visitor = await domain.visitor(await domain.inbox())

        async def silence() -> AsyncIterator[bytes]:
            yield b"x"
            await asyncio.Event().wait()

        with pytest.raises(Invalid) as refused:
            await domain.files.receive(visitor, "a.txt", silence())
        assert refused.value.code == "upload_too_slow"


async def test_an_upload_that_breaks_off_leaves_nothing(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 1_000
        raise ConnectionResetError

    with pytest.raises(Unavailable):
        await domain.files.receive(visitor, "a.txt", broken())
    assert _bytes_on_disk(domain) == []


async def test_bytes_and_folders_are_synced_before_the_row(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = await domain.visitor(await domain.inbox())
    steps: list[str] = []
    fsync, write = os.fsync, domain.database.write

    def watched(descriptor: int) -> None:
        synced = Path(f"/proc/self/fd/{descriptor}")
        steps.append(f"folder with {len(list(synced.iterdir()))}" if synced.is_dir() else "file")
        fsync(descriptor)

    def writing(unit):  # type: ignore[no-untyped-def]  # stands in the place of a generic method
        steps.append("row")
        return write(unit)

    monkeypatch.setattr(os, "fsync", watched)
    monkeypatch.setattr(domain.database, "write", writing)
    await domain.files.receive(visitor, "a.txt", stream(b"hello"))
    # the upload; its bytes; the folder that now holds the file, synced after the renaming; the file
    assert (steps[:2], steps[-2:]) == (["row", "file"], ["folder with 1", "row"])


async def test_a_row_that_cannot_be_stored_leaves_no_bytes(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = await domain.visitor(await domain.inbox())

    def refusing(unit: object) -> object:
        raise Unavailable("disk_full", "full", "满")

    monkeypatch.setattr(domain.database, "write", refusing)
    with pytest.raises(Unavailable):
        await domain.files.receive(visitor, "a.txt", stream(b"hello"))
    assert _bytes_on_disk(domain) == []


async def test_where_a_file_lies_says_nothing_and_cannot_be_guessed(domain: Domain) -> None:
    """128 random bits, of neither the file's id nor its content: a million guesses at a million files hit none."""
    visitor = await domain.visitor(await domain.inbox())
    stored = [await domain.files.receive(visitor, "a.txt", stream(b"the same")) for _ in range(20)]
    names = [Path((await domain.files.grant(visitor, file.id)).path).name for file in stored]
    assert len(set(names)) == len(names)
    bits = [int(name, 16) for name in names]
    assert all(len(name) == 32 and number.bit_count() > 30 for name, number in zip(names, bits, strict=True))
    digest = hashlib.sha256(b"the same").hexdigest()
    assert not any(file.id in name or name in digest for file, name in zip(stored, names, strict=True))
    assert 10**6 * 10**6 / 2**128 < 10**-26
    with pytest.raises(NotFound):
        await domain.files.grant(visitor, names[0][:26])  # the name on the disk opens nothing


async def test_who_may_read_a_file(domain: Domain) -> None:
    sales = await domain.team("Sales")
    inbox = await domain.inbox(sales)
    visitor, other = await domain.visitor(inbox), await domain.visitor(inbox)
    ann, ben = await domain.agent("Ann", teams=[sales]), await domain.agent("Ben")
    file = await domain.files.receive(visitor, "a.txt", stream(b"hello"))

    async def readers() -> list[str]:
        found = []
        for name, person in (("visitor", visitor), ("other", other), ("ann", ann), ("ben", ben)):
            try:
                await domain.files.grant(person, file.id)
                found.append(name)
            except NotFound:
                pass
        return found

    assert await readers() == ["visitor"]
    ack = await domain.say(visitor, "see", files=(file.id,))
    assert await readers() == ["visitor", "ann"]
    await domain.messages.accept(visitor, Delete(domain.cid(), ack.conv, ack.id))
    assert await readers() == ["visitor"]
    with pytest.raises(NotFound):
        await domain.files.grant(SYSTEM, domain.ids.new())


async def test_a_file_in_a_note_is_not_the_visitors(domain: Domain) -> None:
    visitor, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    file = await domain.files.receive(ann, "a.txt", stream(b"hello"))
    await domain.say(ann, "look", conv, note=True, files=(file.id,))
    with pytest.raises(NotFound):
        await domain.files.grant(visitor, file.id)
    await domain.files.grant(ann, file.id)


async def test_the_sweep_takes_what_nobody_sent_and_bytes_without_a_row(domain: Domain, clock: ManualClock) -> None:
    visitor = await domain.visitor(await domain.inbox())
    sent = await domain.files.receive(visitor, "sent.txt", stream(b"sent"))
    await domain.say(visitor, "", files=(sent.id,))
    await domain.files.receive(visitor, "left.txt", stream(b"left"))
    stray = domain.path.parent / "files" / "ab" / "abandoned"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"stray")
    started = clock.now_ms() / 1000
    for path in _bytes_on_disk(domain):
        os.utime(path, (started, started))
    assert await domain.files.sweep() == 0
    clock.advance(LIMITS.orphan_file_hours * 3600 + 1)
    assert await domain.files.sweep() == 2
    assert [path.read_bytes() for path in _bytes_on_disk(domain)] == [b"sent"]
    await domain.files.grant(visitor, sent.id)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\a.TXT", "a.TXT"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe.txt"),
        ("  .. ", "file.txt"),
        ("", "file.txt"),
        ('<b>"|?*.txt', "b.txt"),
        ("订单 截图.txt", "订单 截图.txt"),
        ("x" * 300 + ".txt", "x" * 116 + ".txt"),
    ],
)
def test_names_are_made_harmless(given: str, shown: str) -> None:
    assert display_name(given, (".txt",)) == shown
