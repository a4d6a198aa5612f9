"""A system is joined in the browser: its orders stand beside the customer, go into the chat; what fails is mended."""

import asyncio
import hashlib
import hmac
import json
import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from tests.adapters.far import Far, answer
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.mall import KEY, Mall
from tests.journeys.people import PATIENCE_MS, Agent, Visitor
from tests.journeys.test_console import serious
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

OWNER = "周可"
EMAIL = "ann@example.com"
SPEC = """\
source: store
title: {{en: The store, zh: 商店}}
allow: ["127.0.0.1:{port}"]
secrets: {{key: vault:store.key}}
call:
  get: http://127.0.0.1:{port}/api/orders
  headers: {{Authorization: "Bearer ${{key}}"}}
records: {{at: orders, id: id, changed: changed}}
follow: {{pages: one, every: 1h}}
map:
  id: id
  total: {{from: sum, as: money}}
  customer: {{map: {{email: customer.email}}}}
deliver: {{to: orders}}
"""


def order(name: str, **change: object) -> dict[str, object]:
    """One that changed a minute ago."""
    moment = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": name, "changed": moment, "created_at": moment, "status": "shipped", "total": "39.90", "currency": "CNY",
        "customer": {"name": "Ann", "email": EMAIL}, "url": "https://mall.example/orders/" + name,
        "items": [{"title": "Gooseneck kettle", "quantity": 2, "price": "19.95"}], **change,
    }  # fmt: skip


def owner_by_rest(appliance: Appliance) -> Desk:
    """The same, without a browser."""
    desk = Desk(appliance.port)
    desk.ask("POST", "/api/v1/session/demo", {"token": appliance.demo_link(OWNER).partition("=")[2]})
    return desk


async def owner_at(browser: Browser, watch: Watch, appliance: Appliance) -> Page:
    """The owner at the console, in English."""
    with owner_by_rest(appliance) as desk:
        desk.ask("PATCH", "/api/v1/me", {"language": "en"})
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    page = await context.new_page()
    await page.goto(appliance.url + appliance.demo_link(OWNER))
    await expect(page.get_by_role("listbox")).to_be_visible(timeout=PATIENCE_MS)
    return page


async def go(page: Page, path: str, heading: str) -> None:
    """To a page of the settings."""
    await page.goto(re.sub(r"(https?://[^/]+).*", r"\1", page.url) + path)
    await expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible(timeout=PATIENCE_MS)


async def join_mall(page: Page, mall: Mall) -> None:
    """By the form of the preset."""
    await go(page, "/settings/sources", "Data sources")
    await page.get_by_role("button", name="Join a system").click()
    await page.get_by_role("button", name=re.compile("^Mall of your own")).click()
    await page.get_by_label("Name", exact=True).fill("our-mall")
    await page.get_by_label("Title", exact=True).fill("Our mall")
    await page.get_by_label("Address of the orders").fill(f"http://127.0.0.1:{mall.far.port}/api/orders")
    await page.get_by_label("How far back").fill("1d")
    await page.get_by_label("How often").fill("1h")
    await page.get_by_label("API key").fill(KEY)
    await page.get_by_label("Hosts of the own network").fill(f"127.0.0.1:{mall.far.port}")
    assert await serious(page) == []
    await page.get_by_role("button", name="Check and start").click()
    await expect(page.get_by_role("heading", name="Our mall")).to_be_visible(timeout=PATIENCE_MS)


async def read_now(page: Page) -> None:
    await page.get_by_role("button", name="Read now").click()


async def test_a_mall_is_joined_its_order_goes_into_the_chat_and_its_failure_is_seen(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    mall = Mall([order("A-1"), order("A-2", status="to_ship", items=[]), order("B-1", customer={"name": "Bo"})])
    async with mall.far.serving():
        visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
        await visitor.say("Where is my kettle?")
        page = await owner_at(browser, watch, appliance)
        await join_mall(page, mall)
        await expect(page.locator(".source-head .badge")).to_have_text("works", timeout=PATIENCE_MS)
        await expect(page.locator(".source-facts dd").nth(1)).to_have_text("3", timeout=PATIENCE_MS)
        assert await serious(page) == []

        await page.get_by_role("tab", name="Settings").click()
        await expect(page.get_by_label("Hosts of the own network")).to_have_value(f"127.0.0.1:{mall.far.port}")
        await page.get_by_label("Title", exact=True).fill("The mall")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="The mall")).to_be_visible(timeout=PATIENCE_MS)
        await read_now(page)
        await expect(page.locator(".source-head .badge")).to_have_text("works", timeout=PATIENCE_MS)

        await page.goto(appliance.url)
        owner = Agent(page, "en")
        await owner.open("Where is my kettle?")
        side = page.get_by_role("complementary", name="Contact")
        await side.get_by_role("button", name="Add E-mail").click()
        await side.get_by_role("textbox", name="E-mail").fill(EMAIL)
        await page.keyboard.press("Enter")
        await expect(side.get_by_role("button", name=EMAIL)).to_be_visible()
        kettle = side.locator(".record").filter(has_text="A-1")  # by itself, now that it is known whose it is
        await kettle.locator("summary").click()
        await expect(side.locator(".record").filter(has_text="B-1")).to_have_count(0)
        await kettle.get_by_role("button", name="Send into the chat").click()
        card = visitor.log.get_by_role("region", name="Order A-1")
        await expect(card).to_contain_text("shipped", timeout=PATIENCE_MS)
        await expect(card).to_contain_text("Gooseneck kettle × 2")
        await expect(card).to_contain_text("Total: CNY 39.90")
        await expect(card.get_by_role("link")).to_have_attribute("href", "https://mall.example/orders/A-1")

        mall.orders.append(order("A-3", status="unpaid"))
        with Desk(appliance.port) as desk:
            desk.ask("POST", "/api/v1/session/demo", {"token": appliance.demo_link(OWNER).partition("=")[2]})
            desk.ask("POST", "/api/v1/sources/our-mall/run", {})
        await expect(side.locator(".record").filter(has_text="A-3")).to_be_visible(timeout=PATIENCE_MS)

        mall.away = True
        await go(page, "/settings/sources/our-mall", "The mall")
        await read_now(page)
        await expect(page.locator(".banner")).to_contain_text("503", timeout=PATIENCE_MS)
        await go(page, "/settings/sources", "Data sources")
        await expect(page.get_by_role("table", name="Needs a look")).to_contain_text("The mall")
        mall.away = False
        await page.get_by_role("link", name="The mall").click()
        await read_now(page)
        await expect(page.locator(".banner")).to_have_count(0, timeout=PATIENCE_MS)
        await page.get_by_role("tab", name="Runs").click()
        await expect(page.get_by_role("row").filter(has_text="503").first).to_be_visible(timeout=PATIENCE_MS)


async def test_a_map_is_mended_on_what_came_and_a_dead_letter_gets_through(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    mall = Mall([order("A-1", sum="39.90"), order("A-2", sum="free")])
    async with mall.far.serving():
        page = await owner_at(browser, watch, appliance)
        await go(page, "/settings/sources/_new", "Which system?")
        await page.get_by_role("button", name="Your own, as YAML").click()
        editor = page.get_by_label("The spec, YAML")
        spec = SPEC.format(port=mall.far.port)
        await editor.fill(spec.replace("as: money", "az: money"))
        wrong = page.get_by_role("button", name=re.compile("Go to line 12"))
        await expect(wrong).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.locator(".code-lines .bad")).to_have_text("12")
        await expect(page.get_by_role("button", name="Check and start")).to_be_disabled()
        assert await serious(page) == []
        await editor.fill(spec)
        start = page.get_by_role("button", name="Check and start")
        await start.click()
        await expect(page.get_by_role("alert")).to_contain_text("the secret “key” is missing", timeout=PATIENCE_MS)
        await page.get_by_label("Secret “key”").fill(KEY)
        await start.click()
        await expect(page.get_by_role("heading", name="The store")).to_be_visible(timeout=PATIENCE_MS)

        await page.get_by_role("tab", name=re.compile("^Dead letters")).click()
        letter = page.locator(".letter").filter(has_text="A-2")
        await letter.locator("summary").click(timeout=PATIENCE_MS)
        await expect(letter.locator(".facts dd")).to_have_text("sum")
        await expect(letter.locator(".raw-text")).to_contain_text('"sum":"free"')
        await letter.get_by_role("tab", name="Bytes").click()
        await expect(letter.locator(".raw-text")).to_contain_text("000000  7b 22")
        assert await serious(page) == []

        await page.get_by_role("tab", name="Mapping").click()
        sample = page.get_by_label("Sample")
        dead = sample.locator("option").filter(has_text="Dead letter of")
        await sample.select_option(value=await dead.first.get_attribute("value"))
        output = page.get_by_role("region", name="Output")
        await expect(output.get_by_role("alert")).to_contain_text("sum", timeout=PATIENCE_MS)
        mended = spec.replace("{from: sum, as: money}", '{from: sum, enum: {free: "0"}, else: "1"}')
        await page.get_by_label("The spec, YAML").fill(mended)
        await expect(output).to_contain_text('"0"', timeout=PATIENCE_MS)
        steps = page.get_by_role("region", name="Steps")
        await expect(steps.get_by_role("listitem").filter(has_text="total")).to_contain_text("enum")
        assert await serious(page) == []
        await page.get_by_role("button", name="Use the changes").click()
        await expect(page.get_by_role("button", name="Use the changes")).to_have_count(0, timeout=PATIENCE_MS)

        await page.get_by_role("tab", name=re.compile("^Dead letters")).click()
        await page.get_by_role("button", name="Try all again").click()
        await expect(page.get_by_role("heading", name="No dead letter")).to_be_visible(timeout=PATIENCE_MS)


async def test_an_automation_made_by_the_form_does_what_it_says(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    page = await owner_at(browser, watch, appliance)
    await go(page, "/settings/automations", "Automations")
    await page.get_by_role("button", name="Add an automation").click()
    await page.get_by_label("Name", exact=True).fill("Refunds first")
    await page.get_by_label("What happens").select_option("message.created")
    await page.get_by_role("button", name="Add a condition").click()
    await page.get_by_label("Value").fill("Refund")
    await page.get_by_role("button", name="Add a condition").click()
    who = page.get_by_role("group", name="Condition 2")
    await who.get_by_label("What").select_option("message.sender.kind")
    await page.get_by_label("Add", exact=True).select_option("note")
    await page.get_by_label("Text", exact=True).fill("Look at the order first.")
    assert await serious(page) == []
    await page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="Refunds first")
    await expect(row).to_contain_text("A message is written", timeout=PATIENCE_MS)
    await expect(row).to_contain_text("works", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Change Refunds first").click()
    await expect(page.get_by_role("group", name="Condition 1").get_by_label("Value")).to_have_value("refund")
    await page.get_by_text("As YAML").first.click()
    await expect(page.get_by_label("As YAML")).to_have_value(re.compile(r"^source: refunds-first\n"))

    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    await visitor.say("Refund order 4711, please")
    await page.goto(appliance.url)
    owner = Agent(page, "en")
    await owner.open("Look at the order first.")
    await owner.sees("Refund order 4711, please", "Look at the order first.")
    await visitor.sees("Refund order 4711, please")


async def test_a_webhook_made_by_the_form_is_signed_with_the_secret_that_is_shown_once(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    receiver = Far(answer(b""))
    async with receiver.serving():
        page = await owner_at(browser, watch, appliance)
        await go(page, "/settings/automations", "Automations")
        await page.get_by_role("button", name="Add an automation").click()
        await page.get_by_label("Name", exact=True).fill("Tickets to the ERP")
        await page.get_by_label("What happens").select_option("ticket.created")
        await page.get_by_label("Address", exact=True).fill(f"http://127.0.0.1:{receiver.port}/hook")
        await page.get_by_role("switch", name="The address lies in the own network").check()
        await page.get_by_role("button", name="Save").click()
        secret = await page.locator("code.snippet").inner_text(timeout=PATIENCE_MS)
        assert await serious(page) == []
        await page.get_by_role("button", name="I have kept it").click()
        await expect(page.locator("code.snippet")).to_have_count(0)
        row = page.get_by_role("row").filter(has_text="Tickets to the ERP")
        await expect(row).to_contain_text("works", timeout=PATIENCE_MS)

        key = {"Idempotency-Key": secrets.token_hex(16)}
        with owner_by_rest(appliance) as desk:
            await asyncio.to_thread(desk.ask, "POST", "/api/v1/tickets", {"title": "A broken cup"}, key)
        async with asyncio.timeout(PATIENCE_MS / 1_000):
            while not receiver.heard:
                await asyncio.sleep(0.02)
        heard = receiver.heard[0]
        signed = heard.headers["x-monodesk-timestamp"].encode() + b"." + heard.body
        made = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        assert heard.headers["x-monodesk-signature"] == f"sha256={made}"
        assert json.loads(heard.body)["ticket"]["title"] == "A broken cup"
