"""A refused settings form says so at the field that the server names, and there alone."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from app import __version__
from tests.journeys.appliance import Appliance
from tests.journeys.desk import EMAIL, PASSWORD, Desk
from tests.journeys.test_console import serious
from tests.journeys.test_sign_in import BEN, Door
from tests.journeys.watch import Watch
from tests.shots.probe import measured

pytestmark = pytest.mark.full


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Appliance]:
    """A desk with an owner, an agent and an inbox."""
    server = Appliance(tmp_path / "data")
    server.start()
    try:
        with Desk.founded(server.data, server.port) as desk:
            desk.ask("POST", "/api/v1/agents", {"name": "Ben", "email": BEN, "role": "agent", "password": PASSWORD})
        yield server
    finally:
        server.kill()


async def refused_at(page: Page, field: Locator, text: str) -> None:
    """One alert, it is the field's own, and whoever types goes on in it."""
    await expect(page.get_by_role("alert")).to_have_count(1)
    await expect(page.get_by_role("alert")).to_contain_text(text)
    await expect(field).to_have_attribute("aria-invalid", "true")
    described = await field.get_attribute("aria-describedby")
    assert described is not None
    await expect(page.locator(f"[id='{described}']")).to_contain_text(text)
    await expect(field).to_be_focused()


async def photograph(page: Page, name: str) -> None:
    """For who looks at it: only where SHOTS_FOLDER names a folder."""
    if folder := os.environ.get("SHOTS_FOLDER"):
        for width, height in ((1440, 900), (390, 844)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.screenshot(path=f"{folder}/{name}-{width}.png")
        await page.set_viewport_size({"width": 1440, "height": 900})


async def test_a_refusal_stands_at_the_field_it_is_about(server: Appliance, browser: Browser, watch: Watch) -> None:
    watch.expect_outage()  # a browser writes every refusal into its console
    door = await Door.opened(browser, watch, server.url)
    page = door.page
    await door.give(EMAIL)
    await door.is_in()

    await page.goto(f"{server.url}/settings/agents")
    await page.get_by_role("button", name="Add agent").first.click()
    card = door.card("New agent")
    await card.get_by_label("Name").fill("Ben again")
    email = card.get_by_label("E-mail")
    await email.fill(BEN)
    await card.get_by_label("First password").fill(PASSWORD)
    await card.get_by_role("button", name="Add agent").click()
    await refused_at(page, email, "An agent already has this e-mail address")
    assert await serious(page) == []
    await photograph(page, "agents")
    await email.press_sequentially(".au")
    await expect(page.get_by_role("alert")).to_have_count(0)
    await card.get_by_label("First password").fill("password1234")
    await card.get_by_role("button", name="Add agent").click()
    await refused_at(page, card.get_by_label("First password"), "among the first to be guessed")
    await card.get_by_label("First password").fill(PASSWORD)
    await card.get_by_role("button", name="Add agent").click()
    await expect(page.get_by_role("cell", name="Ben again")).to_be_visible()

    await page.goto(f"{server.url}/settings/inboxes")
    sites = page.get_by_label("Allowed websites")
    await sites.fill("https://shop.example/basket")
    await page.get_by_role("button", name="Save").first.click()
    await refused_at(page, sites, "“https://shop.example/basket” is not a website's address")
    await photograph(page, "inboxes")

    await door.profile()
    card = door.card("Change password")
    current = card.get_by_label("Current password", exact=True)
    await current.fill("a wrong one, surely")
    await card.get_by_label("New password", exact=True).fill("four other words here")
    await card.get_by_role("button", name="Save").click()
    await refused_at(page, current, "The current password is not right")
    await photograph(page, "profile")


async def test_a_team_gets_another_name(server: Appliance, browser: Browser, watch: Watch) -> None:
    watch.expect_outage()  # a browser writes every refusal into its console
    door = await Door.opened(browser, watch, server.url)
    page = door.page
    await door.give(EMAIL)
    await door.is_in()
    await page.goto(f"{server.url}/settings/teams")
    for name in ("After-sales", "Pre-sales"):
        await page.get_by_role("button", name="Add team").first.click()
        card = door.card("New team")
        await card.get_by_label("Name of the team").fill(name)
        await card.get_by_role("button", name="Add team").click()
        await expect(page.get_by_role("cell", name=name)).to_be_visible()
    await expect(page.get_by_role("row", name="After-sales")).to_contain_text("Nobody yet")

    await page.get_by_role("row", name="Pre-sales").get_by_role("button", name="Edit").click()
    field = door.card("Pre-sales").get_by_label("Name of the team")
    await expect(field).to_be_focused()
    await field.fill("After-sales")
    await page.get_by_role("button", name="Save").click()
    await refused_at(page, field, "There is a team of this name")
    assert await serious(page) == []
    await photograph(page, "teams")
    await field.fill("Sales")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("cell", name="Sales", exact=True)).to_be_visible()
    await expect(page.get_by_role("cell", name="Pre-sales")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("cell", name="Sales", exact=True)).to_be_visible()

    await page.set_viewport_size({"width": 390, "height": 844})
    edit = page.get_by_role("row", name=re.compile("^Sales")).get_by_role("button", name="Edit")
    await expect(edit).to_be_in_viewport()
    assert await measured(page) == []


async def holds(card: Locator, put_on: list[str], take_off: list[str]) -> None:
    """The tags of a macro's one step, in their order."""
    for place, names in (("Put on", put_on), ("Take off", take_off)):
        await expect(card.get_by_role("list", name=place).get_by_role("listitem")).to_have_text(names)


async def test_a_macro_keeps_every_tag_that_it_puts_on_and_takes_off(
    server: Appliance, browser: Browser, watch: Watch
) -> None:
    with Desk(server.port) as desk:
        desk.sign_in()
        tags = {
            name: desk.ask("POST", "/api/v1/tags", {"name": name, "color": color})["tag"]["id"]
            for name, color in (("Refund", "red"), ("Late parcel", "amber"), ("Size", "blue"), ("First order", "grey"))
        }
        door = await Door.opened(browser, watch, server.url)
        page = door.page
        await door.give(EMAIL)
        await door.is_in()
        await page.goto(f"{server.url}/settings/macros")
        await page.get_by_role("button", name="Add a macro").first.click()
        card = door.card("Add a macro")
        await card.get_by_label("Name", exact=True).fill("Money back")
        await card.get_by_label("Add", exact=True).select_option("Tags")
        for place, name in (("Put on", "Refund"), ("Put on", "Late parcel"), ("Take off", "First order")):
            await card.get_by_role("combobox", name=place).select_option(name)
        await holds(card, ["Refund", "Late parcel"], ["First order"])
        choices = await card.get_by_role("combobox", name="Take off").get_by_role("option").all_inner_texts()
        assert choices == ["Choose a tag", "Size"]  # a tag is put on or taken off, not both
        assert await serious(page) == []
        assert await measured(page) == []
        await photograph(page, "macro-tags")
        await card.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("row", name="Money back")).to_be_visible()

        desk.ask("PATCH", f"/api/v1/tags/{tags['Refund']}", {"name": "Money returned"})
        await expect(page.get_by_role("row", name="Money back")).to_contain_text("Money returned")

        await page.get_by_role("button", name="Change Money back").click()
        card = door.card("Change Money back")
        await holds(card, ["Money returned", "Late parcel"], ["First order"])
        await card.get_by_role("button", name="Late parcel: take it out of the list").click()
        await card.get_by_role("combobox", name="Put on").select_option("Size")
        await card.get_by_role("button", name="Save").click()
        await expect(card).to_have_count(0)
        (macro,) = desk.ask("GET", "/api/v1/macros")["macros"]
        put_on = [tags["Refund"], tags["Size"]]
        assert macro["actions"] == [{"do": "tags", "add": put_on, "remove": [tags["First order"]]}]


@pytest.mark.parametrize("width", [1440, 390])
async def test_about_tells_the_version_and_leads_to_the_manual(
    server: Appliance, browser: Browser, watch: Watch, width: int
) -> None:
    door = await Door.opened(browser, watch, server.url)
    page = door.page
    await door.give(BEN)
    await door.is_in()
    await page.set_viewport_size({"width": width, "height": 844})
    await page.goto(f"{server.url}/settings/about")
    await expect(page.get_by_text(__version__, exact=True)).to_be_visible()
    assert await serious(page) == []
    assert await measured(page) == []
    for name in ("Search the manual", "What programs can ask for (OpenAPI)"):
        address = await page.get_by_role("link", name=name).get_attribute("href")
        assert address is not None
        assert (await page.request.get(urljoin(page.url, address))).status == 200
