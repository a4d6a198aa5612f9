"""The application behind a real Hypercorn: what only a real server shows."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from app.api.body import Bounds
from app.settings import Limits
from tests.api.desk import HOST, PNG, Desk, World
from tests.api.server import Server


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, header fields and body of one response with a Content-Length."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode()
    status, *lines = head.rstrip().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), fields, await reader.readexactly(int(fields.get("content-length", "0")))


def head(method: str, path: str, fields: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"host": HOST, **fields}.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


async def test_several_requests_on_one_connection(desk: Desk, world: World) -> None:
    async with Server(desk) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        cookie = {"cookie": f"monodesk_session={world.north}"}
        writer.write(head("GET", "/api/v1/me", cookie))
        status, fields, body = await answer(reader)
        writer.write(head("GET", "/api/v1/nothing", cookie))
        refused, _, problem = await answer(reader)
        writer.write(head("GET", f"/api/v1/files/{world.ann.file_id}", cookie))
        _, _, picture = await answer(reader)
        writer.close()

    assert (status, json.loads(body)["agent"]["name"]) == (200, "North")
    assert fields["x-request-id"] != json.loads(problem)["request_id"]
    assert (refused, picture) == (404, PNG)


@pytest.mark.parametrize("limits", [Limits(body_bytes_max=10_000)])
async def test_a_chunked_body_over_the_cap_is_refused_while_it_streams(desk: Desk) -> None:
    async with Server(desk) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            head("POST", "/api/v1/session", {"content-type": "application/json", "transfer-encoding": "chunked"})
        )
        writer.write(b"2710\r\n" + b" " * 10_000 + b"\r\n" + b"1\r\n \r\n")  # and no end
        status, _, body = await answer(reader)
        writer.close()

    assert (status, json.loads(body)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("limits", [Limits(body_seconds_max=0.05), Limits(body_pause_seconds_max=0.05)])
async def test_a_body_that_never_comes_is_given_up(desk: Desk) -> None:
    async with Server(desk) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head("POST", "/api/v1/session", {"content-type": "application/json", "content-length": "20"}))
        status, _, body = await answer(reader)
        writer.close()

    assert (status, json.loads(body)["code"]) == (408, "body_too_slow")


@pytest.mark.parametrize("limits", [Limits(body_seconds_max=0.3), Limits(body_pause_seconds_max=0.3)])
async def test_a_body_that_drips_is_given_up(desk: Desk) -> None:
    async with Server(desk) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head("POST", "/api/v1/session", {"content-type": "application/json", "content-length": "9999"}))
        dripping = asyncio.create_task(drip(writer))
        status, _, body = await answer(reader)
        dripping.cancel()
        writer.close()

    assert (status, json.loads(body)["code"]) == (408, "body_too_slow")


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever."""
    while True:
        writer.write(b" ")
        await asyncio.sleep(0.02)


def test_who_keeps_the_least_rate_is_waited_for() -> None:
    bounds = Bounds(bytes_max=100_000, seconds_max=60.0, pause_seconds_max=10.0, bytes_per_second_min=1_000)
    assert bounds.patience(received=0, waited=0.0) == 10.0
    assert bounds.patience(received=0, waited=4.0) == 6.0  # the first ten seconds are given
    assert bounds.patience(received=10, waited=10.0) < 0.02  # a drop buys nothing
    assert bounds.patience(received=30_000, waited=31.0) == 9.0  # the least rate is kept
    assert bounds.patience(received=90_000, waited=20.0) == 10.0  # who was quick may still not pause for long
    assert bounds.patience(received=90_000, waited=58.0) == 2.0  # the end is the end


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "GZIP"])
@pytest.mark.parametrize("path", ["/api/v1/session", "/api/v1/visitor/files"])
async def test_a_compressed_body_is_refused_without_a_look(desk: Desk, world: World, path: str, coding: str) -> None:
    bearer = {"authorization": f"Bearer {world.ann.token}"}
    async with Server(desk) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        fields = {"content-type": "application/json", "content-encoding": coding, "content-length": "9999", **bearer}
        writer.write(head("POST", path, fields))  # and nothing of it
        status, _, body = await answer(reader)
        writer.close()

    assert (status, json.loads(body)["code"]) == (415, "body_encoded")


async def test_a_client_that_leaves_in_the_middle_of_an_upload_leaves_nothing_behind(desk: Desk, world: World) -> None:
    incoming = desk.folder / "files" / "incoming"
    async with Server(desk) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        bearer = {"authorization": f"Bearer {world.ann.token}", "content-length": "100000"}
        writer.write(head("POST", "/api/v1/visitor/files", bearer) + PNG)
        async with asyncio.timeout(60):
            while not list(incoming.iterdir()):
                await asyncio.sleep(0.005)
            writer.close()
            while list(incoming.iterdir()):
                await asyncio.sleep(0.005)
    assert await desk.database.read("SELECT count(*) FROM files") == [(2,)]  # Ann's and Ben's
    assert len([path for path in incoming.parent.rglob("*") if path.is_file()]) == 2
