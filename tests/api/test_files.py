"""Files up and down over REST."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from app.settings import Limits
from tests.api.desk import PNG, Desk, World


async def send(desk: Desk, world: World, content: object, name: str) -> dict[str, object]:
    answer = await desk.call(
        "POST", "/api/v1/visitor/files", content=content, headers={"x-file-name": quote(name)}, bearer=world.ann.token
    )
    assert answer.status_code == 200, answer.text
    attachment: dict[str, object] = answer.json()
    return attachment


async def test_a_picture_goes_up_and_comes_down_the_same(desk: Desk, world: World) -> None:
    sent = await send(desk, world, PNG, "破损 水壶.png")
    read = await desk.call("GET", f"/api/v1/visitor/files/{sent['id']}", bearer=world.ann.token)

    assert (sent["name"], sent["type"], sent["size"]) == ("破损 水壶.png", "image/png", len(PNG))
    assert (sent["width"], sent["height"]) == (1, 1)
    assert read.content == PNG
    assert read.headers["content-disposition"] == f"inline; filename*=UTF-8''{quote('破损 水壶.png')}"


async def test_a_download_cannot_become_a_page_of_ours(desk: Desk, world: World) -> None:
    sent = await send(desk, world, b"<script>alert(1)</script>", "page.html")
    read = await desk.call("GET", f"/api/v1/visitor/files/{sent['id']}", bearer=world.ann.token)

    assert read.headers["content-type"].startswith("text/plain")
    assert read.headers["content-disposition"].startswith("attachment;")
    assert read.headers["x-content-type-options"] == "nosniff"
    assert read.headers["content-security-policy"] == "sandbox; default-src 'none'"


async def test_a_file_that_the_browser_holds_is_not_sent_again(desk: Desk, world: World) -> None:
    path = f"/api/v1/files/{world.ann.file_id}"
    first = await desk.call("GET", path, cookie=world.north)
    again = await desk.call("GET", path, cookie=world.north, headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_a_part_of_a_file(desk: Desk, world: World) -> None:
    path = f"/api/v1/files/{world.ann.file_id}"
    part = await desk.call("GET", path, cookie=world.north, headers={"range": "bytes=1-3"})

    assert (part.status_code, part.content) == (206, b"PNG")
    assert part.headers["content-range"] == f"bytes 1-3/{len(PNG)}"


async def test_another_visitors_file_cannot_be_sent(desk: Desk, world: World) -> None:
    mine = await send(desk, world, PNG, "mine.png")
    answer = await desk.call(
        "POST", "/api/v1/visitor/messages", json={"text": "", "files": [mine["id"]]},
        headers={"idempotency-key": "c" * 32}, bearer=world.ben.token,
    )  # fmt: skip

    assert answer.status_code in (400, 404)


@pytest.mark.parametrize(
    ("content", "status", "code"), [(b"", 400, "file_empty"), (b"\x7fELF\x02\x01\x01\x00", 415, "file_type")]
)
async def test_what_is_not_taken(desk: Desk, world: World, content: bytes, status: int, code: str) -> None:
    answer = await desk.call("POST", "/api/v1/visitor/files", content=content, bearer=world.ann.token)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("limits", [Limits(file_bytes_max=100_000)])
async def test_a_file_over_the_cap_is_cut_off_while_it_streams_and_leaves_nothing(desk: Desk, world: World) -> None:
    sent = 0

    async def large() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 20_000
            yield b"x" * 20_000

    before = sorted(path for path in desk.folder.rglob("*") if path.is_file() and path.parent.name != desk.folder.name)
    streamed = await desk.call("POST", "/api/v1/visitor/files", content=large(), bearer=world.ann.token)
    declared = await desk.call("POST", "/api/v1/visitor/files", content=b"x" * 100_001, bearer=world.ann.token)
    after = sorted(path for path in desk.folder.rglob("*") if path.is_file() and path.parent.name != desk.folder.name)

    assert (streamed.status_code, declared.status_code) == (413, 413)
    assert sent <= 140_000
    assert after == before
