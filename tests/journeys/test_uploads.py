"""Files over a bad line: an upload that was cut goes on, also over a reload, and arrives whole; who left sees none."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import PATIENCE_MS, Agent, Visitor
from tests.journeys.proxy import FaultProxy
from tests.journeys.test_talk import png
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

BYTES = 30_000_000
PIECE = 8_388_608  # what one request carries (kit/uploads.ts)
HEADS = 600_000  # everything else that the pages ask for meanwhile
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
        proxy.cut_at = before + 15_000_000
        await visitor.page.locator("input[type=file]").set_input_files(recording)
        await up(visitor.page.locator(".chosen"))
        assert proxy.cuts == 1
        assert BYTES < proxy.uploaded - before < BYTES + PIECE + HEADS  # it went on; it did not begin anew
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
