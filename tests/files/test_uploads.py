"""Uploads in several goes: taken up where they broke off, by their owner, within what a person may send."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.files import disk
from app.model.conversations import Attachment
from app.model.errors import Conflict, Invalid, NotFound, Problem, TooLarge, TooMany, Unavailable, Unsupported
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from app.storage.database import Unit
from tests.clock import ManualClock
from tests.domain import Domain, stream
from tests.files.test_transfer import png

TEXT = "A refund, please. 退款。\n".encode() * 5_000
LIMITS = Limits(
    file_bytes_max=1_000_000, visitor_bytes_per_day=1_500_000, agent_bytes_per_day=9_000_000, uploads_open_max=3
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=LIMITS)


@pytest.fixture
async def visitor(domain: Domain) -> Visitor:
    return await domain.visitor(await domain.inbox())


def in_place(domain: Domain) -> bool:
    """Whether a file lies in its place."""
    return any(path.parent.name != disk.INCOMING for path in (domain.path.parent / "files").glob("*/*"))


def incoming(domain: Domain) -> list[Path]:
    return list((domain.path.parent / "files" / disk.INCOMING).glob("*"))


async def broken(*chunks: bytes) -> AsyncIterator[bytes]:
    """A body whose line is cut after these."""
    for chunk in chunks:
        yield chunk
    raise ConnectionResetError("cut")


class Body:
    """A body that comes when the test says so."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.taken = 0

    def come(self, piece: bytes | None) -> None:
        self._pieces.put_nowait(piece)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            self.taken += len(piece)
            yield piece


async def refusal(waited: asyncio.Task[object]) -> Problem:
    with pytest.raises(Problem) as refused:
        await waited
    return refused.value


async def content(domain: Domain, reader: Visitor | Agent, file: Attachment | None) -> bytes:
    assert file is not None
    return Path((await domain.files.grant(reader, file.id)).path).read_bytes()


async def test_an_upload_that_breaks_off_goes_on_where_it_stood(domain: Domain, visitor: Visitor) -> None:
    uploads = domain.files.uploads
    begun = await uploads.begin(visitor, "退款.txt", len(TEXT))
    assert (begun.offset, begun.size, begun.file) == (0, len(TEXT), None)

    with pytest.raises(Unavailable):
        await uploads.append(visitor, begun.id, 0, broken(TEXT[:50_000], TEXT[50_000:60_000]))
    part = await uploads.append(visitor, begun.id, 0, stream(TEXT[:70_000]))
    assert (part.offset, part.file) == (70_000, None)
    with pytest.raises(Conflict) as elsewhere:
        await uploads.append(visitor, begun.id, 60_000, stream(TEXT[60_000:]))
    assert elsewhere.value.code == "upload_offset"

    asked = await uploads.progress(visitor, begun.id)
    whole = await uploads.append(visitor, begun.id, asked.offset, stream(TEXT[asked.offset :]))
    assert whole.offset == len(TEXT)
    assert whole.file is not None
    assert (whole.file.name, whole.file.type, whole.file.size) == ("退款.txt", "text/plain", len(TEXT))
    assert await content(domain, visitor, whole.file) == TEXT
    assert incoming(domain) == []
    # the answer may have been lost: asked again, it is the same file
    assert (await uploads.progress(visitor, begun.id)).file == whole.file
    assert (await uploads.append(visitor, begun.id, len(TEXT), stream())).file == whole.file
    assert len(await domain.database.read("SELECT id FROM files")) == 1


async def test_what_came_before_the_line_broke_is_kept(domain: Domain, visitor: Visitor) -> None:
    begun = await domain.files.uploads.begin(visitor, "a.txt", 900_000)
    with pytest.raises(Unavailable):
        await domain.files.uploads.append(visitor, begun.id, 0, broken(*[b"x" * 65_536] * 10))
    kept = (await domain.files.uploads.progress(visitor, begun.id)).offset
    assert kept == 8 * 65_536  # written down in pieces of 256 KiB
    rest = await domain.files.uploads.append(visitor, begun.id, kept, stream(b"y" * (900_000 - kept)))
    assert await content(domain, visitor, rest.file) == b"x" * kept + b"y" * (900_000 - kept)


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_file_that_is_stored_while_the_server_stops_has_its_bytes(
    domain: Domain, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    uploads, write = domain.files.uploads, domain.database.write
    begun = await uploads.begin(visitor, "a.txt", len(TEXT))
    coming = (
        uploads.receive(visitor, "a.txt", stream(TEXT), len(TEXT))
        if at_once
        else (uploads.append(visitor, begun.id, 0, stream(TEXT)))
    )

    def stopped(unit: Unit[object]) -> Awaitable[object]:
        """The commit that makes a file of it is under way when the request is cancelled."""
        written = write(unit)
        if in_place(domain):
            task.cancel()
        return written

    monkeypatch.setattr(domain.database, "write", stopped)
    task = asyncio.ensure_future(coming)
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.undo()
    await domain.database.write(lambda _: None)  # whatever was under way is over
    rows = await domain.database.read("SELECT id FROM files")
    assert len(rows) == 1
    path = Path((await domain.files.grant(visitor, str(rows[0][0]))).path)
    assert path.read_bytes() == TEXT
    if not at_once:
        assert await content(domain, visitor, (await uploads.progress(visitor, begun.id)).file) == TEXT


async def test_it_survives_a_restart(domain: Domain, visitor: Visitor, clock: ManualClock) -> None:
    begun = await domain.files.uploads.begin(visitor, "a.txt", len(TEXT))
    await domain.files.uploads.append(visitor, begun.id, 0, stream(TEXT[:100]))
    await domain.database.close()
    async with Domain(domain.path, domain.settings, clock) as again:
        assert (await again.files.uploads.progress(visitor, begun.id)).offset == 100
        whole = await again.files.uploads.append(visitor, begun.id, 100, stream(TEXT[100:]))
        assert await content(again, visitor, whole.file) == TEXT


async def test_the_later_request_takes_over_and_the_two_never_mix(domain: Domain, visitor: Visitor) -> None:
    uploads = domain.files.uploads
    begun = await uploads.begin(visitor, "a.txt", len(TEXT))
    dead, alive = Body(), Body()
    first = asyncio.ensure_future(uploads.append(visitor, begun.id, 0, aiter(dead)))
    dead.come(TEXT[:10])
    while dead.taken < 10:
        await asyncio.sleep(0)
    offset = (await uploads.progress(visitor, begun.id)).offset  # asks; the first is stopped by it
    assert (await refusal(first)).code == "upload_taken_over"

    second = asyncio.ensure_future(uploads.append(visitor, begun.id, offset, aiter(alive)))
    alive.come(TEXT[offset:50_000])
    while alive.taken < 50_000 - offset:
        await asyncio.sleep(0)
    third = asyncio.ensure_future(uploads.append(visitor, begun.id, offset, stream(TEXT[offset:])))
    assert (await refusal(second)).code == "upload_taken_over"
    assert await content(domain, visitor, (await third).file) == TEXT
    assert not uploads._running


async def test_two_at_the_same_instant_leave_one_whole_file(domain: Domain, visitor: Visitor) -> None:
    uploads = domain.files.uploads
    begun = await uploads.begin(visitor, "a.txt", len(TEXT))
    bodies = (stream(*(TEXT[at : at + 9_999] for at in range(0, len(TEXT), 9_999))) for _ in range(8))
    told = await asyncio.gather(
        *(uploads.append(visitor, begun.id, 0, body) for body in bodies), return_exceptions=True
    )
    refused = [one for one in told if isinstance(one, BaseException)]
    assert all(isinstance(one, Conflict) for one in refused)
    offset = (await uploads.progress(visitor, begun.id)).offset
    whole = await uploads.append(visitor, begun.id, offset, stream(TEXT[offset:]))
    assert await content(domain, visitor, whole.file) == TEXT


async def test_it_is_nobody_elses(domain: Domain, visitor: Visitor) -> None:
    other, ann = await domain.visitor(await domain.inbox()), await domain.agent("Ann", "owner")
    begun = await domain.files.uploads.begin(visitor, "a.txt", len(TEXT))
    for stranger in (other, ann):
        for asked in (
            domain.files.uploads.progress(stranger, begun.id),
            domain.files.uploads.append(stranger, begun.id, 0, stream(b"evil")),
            domain.files.uploads.end(stranger, begun.id),
        ):
            with pytest.raises(NotFound):
                await asked
    assert (await domain.files.uploads.progress(visitor, begun.id)).offset == 0


async def test_one_that_is_given_up_leaves_nothing(domain: Domain, visitor: Visitor) -> None:
    begun = await domain.files.uploads.begin(visitor, "a.txt", len(TEXT))
    await domain.files.uploads.append(visitor, begun.id, 0, stream(TEXT[:100]))
    assert len(incoming(domain)) == 1
    await domain.files.uploads.end(visitor, begun.id)
    assert incoming(domain) == []
    with pytest.raises(NotFound):
        await domain.files.uploads.progress(visitor, begun.id)


@pytest.mark.parametrize("size", [0, 1_000_001])
async def test_a_size_that_cannot_be_is_refused_at_once(domain: Domain, visitor: Visitor, size: int) -> None:
    with pytest.raises((Invalid, TooLarge)):
        await domain.files.uploads.begin(visitor, "a.txt", size)


async def test_more_than_was_said_is_not_taken(domain: Domain, visitor: Visitor) -> None:
    begun = await domain.files.uploads.begin(visitor, "a.txt", 100)
    with pytest.raises(TooLarge):
        await domain.files.uploads.append(visitor, begun.id, 0, stream(b"x" * 101))
    assert (await domain.files.uploads.append(visitor, begun.id, 0, stream(b"x" * 100))).file is not None


async def test_a_kind_that_is_not_taken_ends_the_upload(domain: Domain, visitor: Visitor) -> None:
    begun = await domain.files.uploads.begin(visitor, "photo.png", 4)
    with pytest.raises(Unsupported):
        await domain.files.uploads.append(visitor, begun.id, 0, stream(b"MZ\x90\0"))
    with pytest.raises(NotFound):
        await domain.files.uploads.progress(visitor, begun.id)
    assert incoming(domain) == []


async def test_a_day_holds_so_many_bytes_of_a_person(domain: Domain, visitor: Visitor, clock: ManualClock) -> None:
    full = b"x" * 1_000_000
    await domain.files.receive(visitor, "a.txt", stream(full))
    for upload in (
        domain.files.receive(visitor, "b.txt", stream(full), len(full)),  # said
        domain.files.receive(visitor, "b.txt", stream(full)),  # found out
        domain.files.uploads.begin(visitor, "b.txt", len(full)),
    ):
        with pytest.raises(TooMany) as refused:
            await upload
        assert refused.value.code == "upload_quota"
        assert "24 小时" in refused.value.zh
    assert incoming(domain) == []
    await domain.files.receive(await domain.visitor(visitor.inbox_id), "b.txt", stream(full))
    await domain.files.receive(visitor, "c.txt", stream(b"x" * 500_000))
    clock.advance(24 * 3600 + 1)
    await domain.files.receive(visitor, "b.txt", stream(full))


async def test_who_holds_too_many_open_loses_the_oldest_that_stands_still(
    domain: Domain, visitor: Visitor, clock: ManualClock
) -> None:
    uploads = domain.files.uploads
    begun = []
    for _ in range(3):
        begun.append(await uploads.begin(visitor, "a.txt", 100))
        clock.advance(1)
    await uploads.append(visitor, begun[1].id, 0, stream(b"x" * 10))
    running = Body()
    first = asyncio.ensure_future(uploads.append(visitor, begun[0].id, 0, aiter(running)))
    running.come(b"x")
    while not running.taken:
        await asyncio.sleep(0)
    await uploads.begin(visitor, "a.txt", 100)
    with pytest.raises(NotFound):
        await uploads.progress(visitor, begun[1].id)
    running.come(b"x" * 99)
    running.come(None)
    assert (await first).file is not None
    assert incoming(domain) == []


async def test_when_all_of_them_run_the_next_is_refused(domain: Domain, visitor: Visitor) -> None:
    uploads = domain.files.uploads
    bodies = [Body() for _ in range(3)]
    for body in bodies:
        body.come(b"x")
    running = [asyncio.ensure_future(domain.files.receive(visitor, "a.txt", aiter(body), 100)) for body in bodies]
    while len(uploads._running) < 3:
        await asyncio.sleep(0)
    with pytest.raises(TooMany) as refused:
        await uploads.begin(visitor, "a.txt", 100)
    assert refused.value.code == "uploads_open"
    for body in bodies:
        body.come(None)
    await asyncio.gather(*running)


async def test_so_many_bodies_come_in_at_once_of_everybody(
    database_path: Path, settings: Settings, clock: ManualClock
) -> None:
    limits = replace(LIMITS, uploads_running_max=1)
    async with Domain(database_path, replace(settings, limits=limits), clock) as domain:
        inbox = await domain.inbox()
        body = Body()
        body.come(b"x")
        first = asyncio.ensure_future(domain.files.receive(await domain.visitor(inbox), "a.txt", aiter(body)))
        while not domain.files.uploads._running:
            await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await domain.files.receive(await domain.visitor(inbox), "b.txt", stream(b"hello"))
        assert (refused.value.code, refused.value.retry_after_ms) == ("too_many_uploads", 3_000)
        body.come(None)
        await first
        await domain.files.receive(await domain.visitor(inbox), "b.txt", stream(b"hello"))


async def test_one_person_leaves_room_for_the_others(
    database_path: Path, settings: Settings, clock: ManualClock
) -> None:
    limits = replace(LIMITS, uploads_running_max=3, uploads_running_of_one_max=2)
    async with Domain(database_path, replace(settings, limits=limits), clock) as domain:
        inbox = await domain.inbox()
        greedy, other = await domain.visitor(inbox), await domain.visitor(inbox)
        bodies = [Body(), Body()]
        running = [asyncio.ensure_future(domain.files.receive(greedy, "a.txt", aiter(body))) for body in bodies]
        while len(domain.files.uploads._running) < 2:
            await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await domain.files.receive(greedy, "b.txt", stream(b"hello"))
        assert await domain.database.read("SELECT count(*) FROM uploads") == [(2,)]  # nothing of it is left
        await domain.files.receive(other, "b.txt", stream(b"hello"))
        for body in bodies:
            body.come(b"x")
            body.come(None)
        await asyncio.gather(*running)
        await domain.files.receive(greedy, "b.txt", stream(b"hello"))
        assert not domain.files.uploads._senders


async def test_the_database_keeps_its_room_on_the_disk(
    database_path: Path, settings: Settings, clock: ManualClock
) -> None:
    limits = replace(LIMITS, disk_reserve_bytes=10**18)
    async with Domain(database_path, replace(settings, limits=limits), clock) as domain:
        visitor = await domain.visitor(await domain.inbox())
        for upload in (
            domain.files.receive(visitor, "a.txt", stream(b"hello")),
            domain.files.uploads.begin(visitor, "a.txt", 5),
        ):
            with pytest.raises(Unavailable) as refused:
                await upload
            assert (refused.value.status, refused.value.code) == (507, "disk_reserved")
        assert incoming(domain) == []


async def test_what_was_left_is_forgotten_after_a_day_and_what_goes_on_is_not(
    domain: Domain, visitor: Visitor, clock: ManualClock
) -> None:
    uploads = domain.files.uploads
    left, goes_on = [await uploads.begin(visitor, "a.txt", 100) for _ in range(2)]
    for upload in (left, goes_on):
        await uploads.append(visitor, upload.id, 0, stream(b"x" * 10))
    now = clock.now_ms() / 1_000
    for path in incoming(domain):
        os.utime(path, (now, now))
    clock.advance(LIMITS.upload_hours * 3600 - 10)
    assert await domain.files.sweep() == 0
    await uploads.append(visitor, goes_on.id, 10, stream(b"x"))
    touched = max(incoming(domain), key=lambda path: path.stat().st_size)
    os.utime(touched, (clock.now_ms() / 1_000, clock.now_ms() / 1_000))
    clock.advance(20)
    assert await domain.files.sweep() == 1
    with pytest.raises(NotFound):
        await uploads.progress(visitor, left.id)
    assert (await uploads.progress(visitor, goes_on.id)).offset == 11
    assert incoming(domain) == [touched]


async def test_a_crash_between_the_bytes_and_the_row_leaves_no_half_file(domain: Domain, visitor: Visitor) -> None:
    """As after a power cut: the bytes lie in their place, the row was never stored."""
    begun = await domain.files.uploads.begin(visitor, "a.txt", len(TEXT))
    await domain.files.uploads.append(visitor, begun.id, 0, stream(TEXT[:100]))
    (path,) = incoming(domain)
    disk.move(path, disk.place(domain.path.parent / "files", path.name))
    assert (await domain.files.uploads.progress(visitor, begun.id)).offset == 0
    whole = await domain.files.uploads.append(visitor, begun.id, 0, stream(TEXT))
    assert await content(domain, visitor, whole.file) == TEXT


async def test_a_row_that_cannot_be_stored_costs_no_byte(
    domain: Domain, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await domain.files.uploads.begin(visitor, "a.txt", len(TEXT))

    def refusing(unit: object) -> object:
        raise Unavailable("disk_full", "full", "满")

    with monkeypatch.context() as patched:
        patched.setattr(domain.database, "write", refusing)
        with pytest.raises(Unavailable):
            await domain.files.uploads.append(visitor, begun.id, 0, stream(TEXT))
    told = await domain.files.uploads.progress(visitor, begun.id)
    assert (told.offset, told.file) == (len(TEXT), None)
    whole = await domain.files.uploads.append(visitor, begun.id, len(TEXT), stream())
    assert await content(domain, visitor, whole.file) == TEXT


async def test_a_file_is_refused_once_its_conversation_is_out_of_sight(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    visitor = await domain.visitor(await domain.inbox(north))
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben", teams=[south])
    file = await domain.files.receive(visitor, "a.png", stream(png(2, 2)))
    conv = (await domain.say(visitor, "", files=(file.id,))).conv
    await domain.files.grant(ann, file.id)
    await domain.change(conv, f"team_id = '{south.id}'")
    with pytest.raises(NotFound):
        await domain.files.grant(ann, file.id)
    await domain.files.grant(ben, file.id)


async def test_all_files_together_stay_below_their_quota(
    database_path: Path, settings: Settings, clock: ManualClock
) -> None:
    limits = replace(LIMITS, files_bytes_max=25, files_count_seconds=60.0, orphan_file_hours=24)
    async with Domain(database_path, replace(settings, limits=limits), clock) as domain:
        visitor = await domain.visitor(await domain.inbox())
        uploads = domain.files.uploads
        for name in ("a.txt", "b.txt"):
            await domain.files.receive(visitor, name, stream(b"x" * 10), 10)
        begun = await uploads.begin(visitor, "c.txt", 5)
        for refusing in (
            domain.files.receive(visitor, "d.txt", stream(b"x" * 6), 6),
            domain.files.receive(visitor, "d.txt", stream(b"x" * 6)),  # who does not say how much it will be
            uploads.begin(visitor, "d.txt", 6),
        ):
            with pytest.raises(Unavailable) as refused:
                await refusing
            assert (refused.value.status, refused.value.code) == (507, "files_quota")
            assert "limits.files_bytes_max" in refused.value.en
        assert (await uploads.append(visitor, begun.id, 0, stream(b"x" * 5))).file is not None
        assert (uploads.quota.held, uploads.quota.nearly_full) == (25, True)
        clock.advance(25 * 3_600)
        await domain.files.sweep()
        clock.advance(60)
        await domain.files.receive(visitor, "e.txt", stream(b"x" * 25), 25)
        assert uploads.quota.held == 25
