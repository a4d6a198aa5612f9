"""Files over a bad line: an upload that was cut goes on, also over a reload, and arrives whole; who left sees none."""

import hashlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.people import PATIENCE_MS, Agent, Visitor
from tests.journeys.proxy import FaultProxy
from tests.journeys.test_talk import png
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

BYTES = 30_000_000
PIECE = 8_388_608  # what one request carries (kit/uploads.ts)
HEADS = 600_000  # everything else that the pages ask for meanwhile
UPLOADS = "/api/v1/visitor/uploads"
BYTES_FOLLOW = {"Content-Type": "application/offset+octet-stream"}
CONTENT = b"OggS" + os.urandom(1_000_000) * 30


@pytest.fixture(params=[0, 1])
def roomy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Appliance]:
    """The demo, in one process and with a gateway beside it, that takes files of 30 MB."""
    config = tmp_path / "config.toml"
    config.write_text("[limits]\nfile_bytes_max = 40_000_000\n")
    options = ("--demo", "--config", str(config), "--workers", str(request.param))
    server = Appliance(tmp_path / "data", options=options)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.ogg"
    path.write_bytes(CONTENT[:BYTES])
    return path


def digests(appliance: Appliance) -> set[str]:
    """Of every large file that is stored."""
    stored = [path for path in (appliance.data / "files").rglob("*") if path.is_file()]
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in stored if path.stat().st_size > 1_000_000}


async def up(chips: Locator) -> None:
    """Waits until the file's line shows its size instead of its progress."""
    await expect(chips).to_have_text(re.compile(r"recording\.ogg\s*30\.0 MB"), timeout=PATIENCE_MS)


async def assert_the_agent_gets_it(agent: Agent, appliance: Appliance, recording: Path) -> None:
    chip = agent.log.get_by_role("link").filter(has_text=recording.name)
    async with agent.page.expect_download() as download:
        await chip.click()
    saved = await (await download.value).path()
    assert hashlib.sha256(saved.read_bytes()).digest() == hashlib.sha256(recording.read_bytes()).digest()
    assert digests(appliance) == {hashlib.sha256(recording.read_bytes()).hexdigest()}


async def test_an_upload_that_is_cut_goes_on_and_arrives_whole(
    roomy: Appliance, browser: Browser, watch: Watch, recording: Path
) -> None:
    watch.expect_outage()
    async with FaultProxy(roomy.port) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, proxy.url)
        agent = await Agent.signed_in(browser, watch, roomy)
        await visitor.say("It broke while I filmed")
        await agent.open("It broke while I filmed")
        before = proxy.uploaded
        proxy.cut_at = before + 25_000_000
        await visitor.page.locator("input[type=file]").set_input_files(recording)
        await up(visitor.page.locator(".chosen"))
        assert proxy.cuts == 1
        # It went on: anew it would be 55 MB. The piece that was cut may go up twice more, since Chromium tries a
        # request again by itself, in vain, where its connection had served before.
        assert BYTES < proxy.uploaded - before < BYTES + 2 * PIECE + HEADS
        await visitor.field.press("Enter")
        await assert_the_agent_gets_it(agent, roomy, recording)


async def test_an_upload_goes_on_after_a_reload_of_the_page(
    appliance: Appliance, browser: Browser, watch: Watch, tmp_path: Path
) -> None:
    """The line is still open, and nothing moves on it any more: the new page's request takes over from the dead one."""
    watch.expect_outage()
    recording = tmp_path / "recording.ogg"
    recording.write_bytes(CONTENT[:20_000_000])
    async with FaultProxy(appliance.port) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, proxy.url)
        agent = await Agent.signed_in(browser, watch, appliance)
        await visitor.say("It broke while I filmed")
        await agent.open("It broke while I filmed")
        before = proxy.uploaded
        proxy.hold_at = before + 12_000_000
        await visitor.page.locator("input[type=file]").set_input_files(recording)
        await proxy.until(lambda: proxy.holds == 1)
        await visitor.page.reload()
        chips = visitor.page.locator(".chosen")
        await expect(chips).to_have_text(re.compile(r"recording\.ogg\s*20\.0 MB"), timeout=PATIENCE_MS)
        assert proxy.uploaded - before < 20_000_000 + PIECE + HEADS
        await visitor.field.press("Enter")
        await assert_the_agent_gets_it(agent, appliance, recording)


async def test_an_agents_upload_goes_on_too(
    appliance: Appliance, browser: Browser, watch: Watch, tmp_path: Path
) -> None:
    watch.expect_outage()
    recording = tmp_path / "recording.ogg"
    recording.write_bytes(CONTENT[:20_000_000])
    async with FaultProxy(appliance.port) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
        agent = await Agent.signed_in(browser, watch, appliance, url=proxy.url)
        await visitor.say("How is it done?")
        await agent.open("How is it done?")
        proxy.cut_at = proxy.uploaded + 12_000_000
        await agent.attach(recording)
        chip = visitor.log.get_by_text(recording.name)
        await expect(chip).to_be_visible(timeout=PATIENCE_MS)
        assert proxy.cuts == 1
        assert digests(appliance) == {hashlib.sha256(recording.read_bytes()).hexdigest()}


async def test_an_agents_upload_goes_on_after_a_reload(
    appliance: Appliance, browser: Browser, watch: Watch, tmp_path: Path
) -> None:
    watch.expect_outage()
    recording = tmp_path / "recording.ogg"
    recording.write_bytes(CONTENT[:20_000_000])
    async with FaultProxy(appliance.port) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
        agent = await Agent.signed_in(browser, watch, appliance, url=proxy.url)
        await visitor.say("How is it done?")
        await agent.open("How is it done?")
        before = proxy.uploaded
        proxy.hold_at = before + 12_000_000
        await agent.page.locator("form input[type=file]").set_input_files(recording)
        await proxy.until(lambda: proxy.holds == 1)
        await agent.page.reload()
        chips = agent.page.locator(".uploads")
        await expect(chips).to_have_text(re.compile(r"recording\.ogg\s*20\.0 MB"), timeout=PATIENCE_MS)
        assert proxy.uploaded - before < 20_000_000 + PIECE + HEADS
        await agent.page.get_by_role("button", name="Send", exact=True).click()
        await expect(visitor.log.get_by_text(recording.name)).to_be_visible(timeout=PATIENCE_MS)
        assert digests(appliance) == {hashlib.sha256(recording.read_bytes()).hexdigest()}


async def test_once_the_session_is_ended_the_browser_shows_no_file_that_it_holds(
    appliance: Appliance, browser: Browser, watch: Watch, tmp_path: Path
) -> None:
    watch.expect_outage()  # a 401 on purpose
    picture = tmp_path / "label.png"
    picture.write_bytes(png(40, 30))
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("My label")
    await agent.open("My label")
    await visitor.attach(picture)
    shown = agent.log.get_by_role("img", name=re.compile(picture.name))
    await expect(shown).to_be_visible(timeout=PATIENCE_MS)
    address = await shown.evaluate("image => image.src")
    tab = await agent.page.context.new_page()
    await tab.goto(f"{appliance.url}/sign-in")
    fetched = f"fetch('{address}').then(answer => answer.status)"
    assert [await tab.evaluate(fetched) for _ in range(2)] == [200, 200]  # the second time the browser holds it
    # ended from elsewhere: this browser still has its cookie, and the file in its cache
    (cookie,) = await agent.page.context.cookies()
    headers = {"Cookie": f"{cookie['name']}={cookie['value']}", "Origin": appliance.url}
    assert appliance.send("DELETE", "/api/v1/session", headers=headers)[0] == 204
    assert await tab.evaluate(fetched) == 401


def test_a_kill_in_the_middle_leaves_no_half_file_and_the_upload_goes_on(tmp_path: Path) -> None:
    server = Appliance(tmp_path / "data")
    server.start()
    try:
        with Desk.founded(server.data, server.port) as desk:
            token, _ = desk.visitor(desk.inbox())
        own = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        content = CONTENT[:20_000_000]
        status, told = server.send("POST", UPLOADS, headers={**own, "Upload-Length": str(len(content))})
        assert status == 201
        where = f"{UPLOADS}/{json.loads(told)['id']}"
        for half in (6_000_000, 13_000_000):
            _, told = server.send("GET", where, headers=own)
            offset = json.loads(told)["offset"]
            with begun(server.port, where, own, offset, content, half):
                until_stored(server, half - 300_000)  # written down in pieces of 256 KiB
                server.kill()
            server.start()
        _, told = server.send("GET", where, headers=own)
        offset = json.loads(told)["offset"]
        assert 12_700_000 <= offset <= 13_000_000
        assert stored_files(server) == []
        rest = {**own, **BYTES_FOLLOW, "Upload-Offset": str(offset)}
        assert server.send("PATCH", where, content[offset:], rest)[0] == 204
        file = json.loads(server.send("GET", where, headers=own)[1])["file"]
        assert server.send("GET", f"/api/v1/visitor/files/{file['id']}", headers=own) == (200, content)
    finally:
        server.kill()


@contextmanager
def begun(port: int, where: str, own: dict[str, str], offset: int, content: bytes, end: int) -> Iterator[None]:
    """A body on its way that has come so far; the server is killed over it."""
    lines = {**own, **BYTES_FOLLOW, "Upload-Offset": str(offset), "Content-Length": str(len(content) - offset)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(f"PATCH {where} HTTP/1.1\r\nHost: desk\r\n{head}\r\n".encode() + content[offset:end])
        yield


def until_stored(server: Appliance, size: int) -> None:
    """Waits until so much of the upload lies on the disk."""
    deadline = time.monotonic() + 30
    while sum(path.stat().st_size for path in (server.data / "files" / "incoming").glob("*")) < size:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def stored_files(server: Appliance) -> list[Path]:
    return [path for path in (server.data / "files").glob("??/*") if path.is_file()]
