"""What the owner learns of the server: one line above the desk that comes and goes by itself, and a page that acts."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.desk import EMAIL, PASSWORD, Desk
from tests.journeys.test_console import serious
from tests.journeys.test_sign_in import BEN, Door
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

QUICK = {
    "MONODESK_LIMITS_BACKUP_SETTLE_SECONDS": "0.1",
    "MONODESK_LIMITS_BACKUP_LOOK_SECONDS": "0.2",
    "MONODESK_LIMITS_BACKUP_RETRY_SECONDS": "0.2",
    "MONODESK_LIMITS_SERVER_LOOK_SECONDS": "0.2",
    "MONODESK_LIMITS_BACKUP_TOLD_SECONDS": "0.05",
}
WIDTHS = ((1440, 900), (390, 844))


class Backed(Appliance):
    """A server whose backups go to `shelf`."""

    def __init__(self, folder: Path) -> None:
        self.shelf = folder / "shelf"
        super().__init__(folder / "data", environment={**QUICK, "MONODESK_BACKUPS_FOLDER": str(self.shelf)})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Backed]:
    """A desk with an owner and an agent, where no backup can be made: a file lies in the folder's place."""
    server = Backed(tmp_path)
    server.shelf.write_text("not a folder")
    server.start()
    try:
        with Desk.founded(server.data, server.port) as desk:
            desk.ask("POST", "/api/v1/agents", {"name": "Ben", "email": BEN, "role": "agent", "password": PASSWORD})
        yield server
    finally:
        server.kill()


async def looked_at(page: Page, name: str) -> None:
    """At the desk and on a phone, light and dark: nothing is cut off or overflows, and axe finds nothing serious."""
    for width, height in WIDTHS:
        await page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width, theme)
            assert await serious(page) == [], (name, width, theme)
            if folder := os.environ.get("SHOTS_FOLDER"):
                await page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png")
    await page.evaluate("delete document.documentElement.dataset.theme")
    await page.set_viewport_size({"width": 1440, "height": 900})


async def test_a_backup_that_fails_is_told_above_the_desk_until_it_is_mended(
    server: Backed, browser: Browser, watch: Watch
) -> None:
    door = await Door.opened(browser, watch, server.url)
    page = door.page
    await door.give(EMAIL)
    await door.is_in()
    line = page.get_by_role("region", name="About the server")
    await expect(line).to_contain_text("The last scheduled backup failed")
    await expect(line).to_contain_text("name another: backups.folder")
    spoken = page.locator(".sr[aria-live=polite]").filter(has_text="The last scheduled backup failed")
    await expect(spoken).to_have_count(1)
    await looked_at(page, "alert-line")

    server.shelf.unlink()  # mended: nobody reloads anything
    await expect(line).to_have_count(0)
    await expect(spoken).to_have_count(1)  # what was said is not unsaid
    assert len(list(server.shelf.glob("monodesk-*.zip"))) == 1


async def test_what_was_put_away_stays_away_for_the_day_and_on_the_page(
    server: Backed, browser: Browser, watch: Watch
) -> None:
    door = await Door.opened(browser, watch, server.url)
    page = door.page
    await door.give(EMAIL)
    line = page.get_by_role("region", name="About the server")
    await line.get_by_role("button", name="Not again today").click()
    await expect(line).to_have_count(0)
    await page.reload()
    await door.is_in()
    await page.goto(f"{server.url}/settings/server")
    await expect(door.card("What needs somebody")).to_contain_text("The last scheduled backup failed")
    await expect(line).to_have_count(0)


async def test_the_line_leads_to_the_page_and_an_agent_finds_neither(
    server: Backed, browser: Browser, watch: Watch
) -> None:
    door = await Door.opened(browser, watch, server.url)
    page = door.page
    await door.give(EMAIL)
    await page.get_by_role("region", name="About the server").get_by_role("link", name="This server").press("Enter")
    await expect(page.get_by_role("heading", name="This server", level=2)).to_be_visible()
    await expect(page).to_have_url(f"{server.url}/settings/server")

    other = await Door.opened(browser, watch, server.url)
    await other.give(BEN)
    await other.is_in()
    await expect(other.page.get_by_role("heading", name="All answered")).to_be_visible()
    await other.page.goto(f"{server.url}/settings/about")
    await expect(other.page.get_by_role("heading", name="About", exact=True)).to_be_visible()
    await expect(other.page.get_by_role("link", name="This server")).to_have_count(0)
    await expect(other.page.get_by_role("region", name="About the server")).to_have_count(0)
    watch.expect_refusal("/api/v1/server")
    assert await other.page.evaluate("fetch('/api/v1/server').then(answer => answer.status)") == 403
    await other.page.goto(f"{server.url}/settings/server")
    await expect(other.page.get_by_role("heading", name="Your role does not show this page")).to_be_visible()


async def test_the_owner_has_a_backup_made_and_sees_it_checked(server: Backed, browser: Browser, watch: Watch) -> None:
    server.shelf.unlink()
    door = await Door.opened(browser, watch, server.url)
    page = door.page
    await door.give(EMAIL)
    await door.is_in()
    await page.goto(f"{server.url}/settings/server")
    await expect(door.card("What needs somebody")).to_contain_text("Nothing needs you")
    standing = door.card("Server")
    await expect(standing).to_contain_text("source code")
    await expect(standing).to_contain_text(str(server.data))
    await expect(standing).to_contain_text("at most")
    backups = door.card("Backups")
    rows = backups.get_by_role("row")
    await expect(rows).to_have_count(2)  # the head, and the one that was due at the start
    made = {path.name for path in server.shelf.glob("monodesk-*.zip")}
    await backups.get_by_role("button", name="Back up now").click()
    await expect(page.get_by_text("The backup is done and was read again.")).to_be_visible()
    assert {path.name for path in server.shelf.glob("monodesk-*.zip")} != made
    await expect(rows.nth(1)).to_contain_text("read whole")
    await expect(door.card("Settings that are not the usual ones")).to_contain_text("backups.folder")
    with Desk(server.port) as desk:
        desk.sign_in()
        findings = desk.ask("GET", "/api/v1/health")["findings"]
    states = [finding["state"] for finding in findings]
    examined = door.card("Examination")
    await expect(examined).to_contain_text(f"{states.count('fine')} checks are fine.")
    for finding in findings:
        if finding["state"] in ("warning", "wrong"):
            await expect(examined.get_by_role("row").filter(has_text=finding["title"]["en"])).to_have_count(1)
    await looked_at(page, "server")


async def test_the_page_speaks_chinese(server: Backed, browser: Browser, watch: Watch) -> None:
    context = await browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    watch.attach(context)
    page = await context.new_page()
    await page.goto(f"{server.url}/sign-in")
    await page.get_by_label("邮箱").fill(EMAIL)
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    line = page.get_by_role("region", name="服务器提醒")
    await expect(line).to_contain_text("最近一次定时备份失败")
    await line.get_by_role("link", name="查看服务器").click()
    await expect(page.get_by_role("heading", name="本服务器")).to_be_visible()
    await page.get_by_role("button", name="立即备份").click()
    await expect(page.get_by_text("备份失败。").first).to_be_visible()
    await looked_at(page, "server-zh")


async def test_the_set_up_shows_the_machine_and_how_long_the_password_is(
    tmp_path: Path, browser: Browser, watch: Watch
) -> None:
    server = Appliance(tmp_path / "data", environment={"MONODESK_TUNE": "true"})
    server.start()
    try:
        token = server.printed(r"/setup#([0-9a-f]+)")[0]
        context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
        watch.attach(context)
        page = await context.new_page()
        await page.goto(f"{server.url}/setup#{token}")
        panel = page.get_by_role("complementary")
        await expect(panel).to_contain_text("the server is tuned to it")
        await expect(panel).to_contain_text("visitors and agents at the same time")
        await expect(panel).to_contain_text(re.compile(r"Memory[\d.]+ (MiB|GiB)"))
        await expect(panel).to_contain_text(re.compile(r"Processors\d+ core"))
        await expect(panel).to_contain_text(re.compile(r"Disk[\d.]+ (MiB|GiB|TiB) free of"))
        await page.get_by_role("button", name="Next").click()
        await page.get_by_label("Name").fill("Shop")
        await page.get_by_role("button", name="Next").click()
        password = page.get_by_label("Password", exact=True)
        for text, word in (("short", "Too short"), ("twelve chars", "It will do."), (PASSWORD, "Very good.")):
            await password.fill(text)
            await expect(page.get_by_text(word)).to_be_visible()
            described = await password.get_attribute("aria-describedby")
            await expect(page.locator(f"[id='{described}']")).to_contain_text(word)
        await looked_at(page, "set-up")
    finally:
        server.kill()
