"""Uploads in several goes over REST, as the tus protocol 1.0.0 words them."""

from base64 import b64encode
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from app.settings import Limits
from tests.api.desk import PNG, Desk, World

PATH = "/api/v1/visitor/uploads"
BYTES = {"content-type": "application/offset+octet-stream"}
TUS = {"tus-resumable": "1.0.0"}


async def ask(desk: Desk, world: World, method: str, path: str = PATH, **more: Any) -> httpx.Response:
    """As Ann, in the protocol's version; what is given goes beside."""
    headers = {**TUS, **more.pop("headers", {})}
    return await desk.call(method, path, bearer=world.ann.token, headers=headers, **more)


async def begin(desk: Desk, world: World, size: int, name: str = "破损.png") -> str:
    metadata = f"filename {b64encode(name.encode()).decode()},filetype {b64encode(b'text/html').decode()}"
    begun = await ask(desk, world, "POST", headers={"upload-length": str(size), "upload-metadata": metadata})
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "0"), begun.text
    assert "upload-expires" in begun.headers
    return urljoin(PATH, begun.headers["location"])


async def test_it_says_what_it_can(desk: Desk, world: World) -> None:
    for path in (PATH, "/api/v1/uploads"):
        told = await desk.call("OPTIONS", path)
        assert told.status_code == 204
        assert told.headers["tus-resumable"] == told.headers["tus-version"] == "1.0.0"
        assert told.headers["tus-extension"] == "creation,creation-with-upload,termination,expiration"
        assert told.headers["tus-max-size"] == str(Limits().file_bytes_max)


async def test_a_picture_goes_up_in_two_goes(desk: Desk, world: World) -> None:
    path = await begin(desk, world, len(PNG))
    first = await ask(desk, world, "PATCH", path, content=PNG[:30], headers={**BYTES, "upload-offset": "0"})
    assert (first.status_code, first.headers["upload-offset"], first.content) == (204, "30", b"")
    asked = await ask(desk, world, "HEAD", path)
    assert (asked.status_code, asked.headers["upload-offset"], asked.headers["upload-length"]) == (
        200,
        "30",
        str(len(PNG)),
    )
    assert asked.headers["cache-control"] == "no-store"
    assert (await ask(desk, world, "GET", path)).json()["file"] is None
    last = await ask(desk, world, "PATCH", path, content=PNG[30:], headers={**BYTES, "upload-offset": "30"})
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(PNG)))

    file = (await ask(desk, world, "GET", path)).json()["file"]
    assert (file["name"], file["type"], file["size"]) == ("破损.png", "image/png", len(PNG))
    read = await desk.call("GET", f"/api/v1/visitor/files/{file['id']}", bearer=world.ann.token)
    assert read.content == PNG


async def test_a_small_file_goes_up_with_its_beginning(desk: Desk, world: World) -> None:
    sent = await ask(desk, world, "POST", content=PNG, headers={**BYTES, "upload-length": str(len(PNG))})
    assert (sent.status_code, sent.headers["upload-offset"]) == (201, str(len(PNG)))
    assert sent.json()["file"]["type"] == "image/png"


async def test_what_is_refused_while_it_begins_leaves_nothing_open(desk: Desk, world: World) -> None:
    before = await desk.database.read("SELECT id FROM uploads")
    for content, size, status in ((b"MZ\0", 3, 415), (b"too long", 3, 413)):
        refused = await ask(desk, world, "POST", content=content, headers={**BYTES, "upload-length": str(size)})
        assert refused.status_code == status
    assert await desk.database.read("SELECT id FROM uploads") == before


async def test_it_goes_on_nowhere_but_where_it_stood(desk: Desk, world: World) -> None:
    path = await begin(desk, world, 10)
    elsewhere = await ask(desk, world, "PATCH", path, content=b"x", headers={**BYTES, "upload-offset": "5"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "upload_offset")
    assert elsewhere.headers["tus-resumable"] == "1.0.0"


async def test_who_can_send_nothing_but_post_says_what_he_means(desk: Desk, world: World) -> None:
    path = await begin(desk, world, 10)
    meant = {"x-http-method-override": "PATCH", **BYTES, "upload-offset": "0"}
    assert (await ask(desk, world, "POST", path, content=b"hello", headers=meant)).headers["upload-offset"] == "5"
    ended = await ask(desk, world, "POST", path, headers={"x-http-method-override": "DELETE"})
    assert ended.status_code == 204
    assert (await ask(desk, world, "POST", path, headers={"x-http-method-override": "GET"})).status_code == 405


async def test_a_foreign_page_cannot_mean_another_method_with_an_agents_cookie(desk: Desk, world: World) -> None:
    begun = await desk.call(
        "POST", "/api/v1/uploads", cookie=world.north, headers={**TUS, "upload-length": "10"}
    )  # fmt: skip
    path = urljoin("/api/v1/uploads", begun.headers["location"])
    meant = {**TUS, "x-http-method-override": "DELETE", "origin": "https://evil.example"}
    foreign = await desk.call("POST", path, cookie=world.north, headers=meant, own=False)
    assert foreign.status_code == 403
    assert (await desk.call("HEAD", path, cookie=world.north)).status_code == 200


async def test_it_is_given_up(desk: Desk, world: World) -> None:
    path = await begin(desk, world, 10)
    assert (await ask(desk, world, "DELETE", path)).status_code == 204
    for method in ("HEAD", "GET", "DELETE"):
        assert (await ask(desk, world, method, path)).status_code == 404


@pytest.mark.parametrize("version", ["", "0.2.2", "1.0.1"])
async def test_another_version_is_not_spoken(desk: Desk, world: World, version: str) -> None:
    path = await begin(desk, world, 10)
    other = {"tus-resumable": version, **BYTES, "upload-offset": "0", "upload-length": "10"}
    for method, where in (("POST", PATH), ("PATCH", path), ("DELETE", path)):
        refused = await desk.call(method, where, bearer=world.ann.token, headers=other)
        assert (refused.status_code, refused.headers["tus-version"]) == (412, "1.0.0")
        assert refused.json()["detail"]
    assert (await ask(desk, world, "HEAD", path)).headers["upload-offset"] == "0"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"upload-length": "-1"}, 400),
        ({"upload-length": "1e3"}, 400),
        ({"upload-length": "٣"}, 400),
        ({"upload-length": "9" * 30}, 400),
        ({"upload-defer-length": "1"}, 400),
        ({"upload-length": "0"}, 400),
        ({"upload-length": "99999999999"}, 413),
        ({"upload-length": "5", "upload-metadata": "filename !!"}, 400),
        ({"upload-length": "5", "upload-metadata": "x" * 4_001}, 400),
    ],
)
async def test_a_beginning_that_says_nothing_usable(
    desk: Desk, world: World, headers: dict[str, str], status: int
) -> None:
    refused = await ask(desk, world, "POST", headers={name: value.encode() for name, value in headers.items()})
    assert refused.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"upload-offset": "0", "content-type": "text/plain"}, 415),
        ({"upload-offset": "0", "content-type": "multipart/form-data"}, 415),
        ({**BYTES}, 400),
        ({**BYTES, "upload-offset": "-1"}, 400),
        ({**BYTES, "upload-offset": "0", "content-encoding": "gzip"}, 415),
    ],
)
async def test_bytes_that_say_nothing_usable(desk: Desk, world: World, headers: dict[str, str], status: int) -> None:
    path = await begin(desk, world, 10)
    assert (await ask(desk, world, "PATCH", path, content=b"hello", headers=headers)).status_code == status
    assert (await ask(desk, world, "HEAD", path)).headers["upload-offset"] == "0"


@pytest.mark.parametrize("limits", [Limits(visitor_bytes_per_day=1_000, disk_reserve_bytes=1)])
async def test_who_has_sent_enough_for_a_day_is_told_so(desk: Desk, world: World) -> None:
    refused = await ask(desk, world, "POST", headers={"upload-length": "1001", "accept-language": "zh-CN"})
    assert (refused.status_code, refused.json()["code"]) == (429, "upload_quota")
    assert "24 小时" in refused.json()["detail"]


@pytest.mark.parametrize("limits", [Limits(disk_reserve_bytes=10**18)])
async def test_a_disk_that_is_nearly_full_takes_no_files(desk: Desk, world: World) -> None:
    for answer in (
        await ask(desk, world, "POST", headers={"upload-length": "1001"}),
        await desk.call("POST", "/api/v1/visitor/files", content=PNG, bearer=world.ann.token),
    ):
        assert (answer.status_code, answer.json()["code"]) == (507, "disk_reserved")
        assert answer.json()["title"] == "No room"


async def test_with_the_session_the_file_is_gone(desk: Desk, world: World) -> None:
    path = f"/api/v1/files/{world.ann.file_id}"
    first = await desk.call("GET", path, cookie=world.north)
    assert first.status_code == 200
    assert (await desk.call("DELETE", "/api/v1/session", cookie=world.north)).status_code == 204
    again = await desk.call("GET", path, cookie=world.north, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 401
