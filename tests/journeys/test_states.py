"""What a part of the console shows while its data is on its way, does not come, or the server is away."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full


class Hold:
    """Answers of these addresses are held back until they are let go, or fail."""

    def __init__(self) -> None:
        self._go = asyncio.Event()

    async def before(self, page: Page, address: str) -> None:
        await page.route(address, self._held)

    def let_go(self) -> None:
        self._go.set()

    async def _held(self, route: Route) -> None:
        await self._go.wait()
        await route.continue_()


async def refused(route: Route) -> None:
    await route.abort("connectionrefused")


async def test_a_desk_that_is_away_at_the_start_says_so_and_comes_by_itself(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    watch.expect_outage()
    agent = await Agent.signed_in(browser, watch, appliance)
    page = agent.page
    await page.route("**/api/v1/session", refused)
    await page.reload()
    await expect(page.get_by_role("heading", name="The desk is away")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="The desk is away")).to_be_visible()
    await page.unroute("**/api/v1/session")
    await expect(page.get_by_role("listbox")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "address", "failed", "there"),
    [
        ("/settings/agents", "**/api/v1/agents", "This could not be fetched", "role=table"),
        ("/settings/teams", "**/api/v1/teams", "This could not be fetched", "role=table"),
        ("/settings/inboxes", "**/api/v1/inboxes", "This could not be fetched", "text=widget.js"),
    ],
)
async def test_what_is_not_there_yet_has_a_shape_and_what_fails_is_tried_again(
    appliance: Appliance, browser: Browser, watch: Watch, path: str, address: str, failed: str, there: str
) -> None:
    watch.expect_outage()
    agent = await Agent.signed_in(browser, watch, appliance)
    page = agent.page
    hold = Hold()
    await hold.before(page, address)
    await page.goto(f"{appliance.url}{path}")
    await expect(page.get_by_role("status", name="Loading").first).to_be_visible()
    hold.let_go()
    await expect(page.locator(there).first).to_be_visible()
    await expect(page.get_by_role("status", name="Loading")).to_have_count(0)

    await page.unroute(address)
    await page.route(address, refused)
    await page.reload()
    failure = page.get_by_role("alert").filter(has_text=failed)
    await expect(failure).to_be_visible()
    await page.unroute(address)
    await failure.get_by_role("button", name="Try again").click()
    await expect(page.locator(there).first).to_be_visible()
    await expect(failure).to_have_count(0)


async def test_a_list_that_does_not_come_is_tried_again(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    watch.expect_outage()
    agent = await Agent.signed_in(browser, watch, appliance)
    page = agent.page
    hold = Hold()
    await hold.before(page, "**/api/v1/conversations?*")
    await page.get_by_role("tab", name="@me").click()
    await expect(page.get_by_role("status", name="Loading conversations")).to_be_visible()
    hold.let_go()
    await expect(page.get_by_role("heading", name="Nobody has mentioned you yet")).to_be_visible()
    await page.unroute("**/api/v1/conversations?*")
    await page.route("**/api/v1/conversations?*", refused)
    await page.get_by_role("tab", name="Resolved").click()
    failure = page.get_by_role("alert").filter(has_text="The list could not be fetched")
    await expect(failure).to_be_visible()
    await page.unroute("**/api/v1/conversations?*")
    await failure.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("listbox", name="Resolved")).to_be_visible()
    await expect(failure).to_have_count(0)


async def test_a_contact_that_does_not_come_leaves_the_rest_alive(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    watch.expect_outage()
    agent = await Agent.signed_in(browser, watch, appliance)
    await agent.page.route("**/api/v1/contacts/*", refused)
    await agent.page.get_by_role("option").first.click()
    side = agent.page.get_by_role("complementary", name="Contact")
    failure = side.get_by_role("alert")
    await expect(failure).to_contain_text("The contact could not be fetched")
    await expect(agent.log.locator(".bub").first).to_be_visible()
    await agent.page.unroute("**/api/v1/contacts/*")
    await failure.get_by_role("button", name="Try again").click()
    await expect(side.get_by_role("heading", level=2)).to_be_visible()


@pytest.mark.parametrize(("language", "line"), [("en", "Disconnected, next try in"), ("zh", "秒后再连")])
async def test_every_page_says_that_the_line_is_cut(
    appliance: Appliance, browser: Browser, watch: Watch, language: str, line: str
) -> None:
    watch.expect_outage()
    agent = await Agent.signed_in(browser, watch, appliance, language)
    page = agent.page
    appliance.kill()
    cut = page.get_by_role("status").filter(has_text=line)
    await expect(cut).to_be_visible()  # the list's
    await page.get_by_role("option").first.click()
    await expect(cut).to_be_visible()  # the composer's
    await expect(cut).to_have_count(1)
    appliance.start()
    await expect(cut).to_have_count(0)
