"""Signed identity as a customer meets it: two devices are one, another customer sees nothing, log-out forgets."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

_STUB = "<script>window.Monodesk=window.Monodesk||function(){(Monodesk.q=Monodesk.q||[]).push(arguments)};%s</script>"
WORDS = {
    "en-GB": {"start": "Start a conversation", "field": "Your message", "send": "Send", "sent": "Sent"},
    "zh-CN": {"start": "开始会话", "field": "消息内容", "send": "发送", "sent": "已发送"},
}


class Shop(Site):
    """A shop whose server signs who its customers are."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.inbox = scene.desk.inbox()
        told = scene.desk.ask("POST", f"/api/v1/inboxes/{self.inbox}/identity-keys", {})
        self.secret = str(told["secret"])

    def page(self, path: str, customer: str = "", name: str = "") -> None:
        """What it answers there; `customer` is who is signed in."""
        call = ""
        if customer:
            claims = {"sub": customer, "name": name, "exp": int(time.time()) + 3_600}
            call = f"Monodesk('identify',{{token:'{self.signed(claims)}'}});"
        loader = f'<script src="{self.scene.url}/widget.js" data-inbox="{self.inbox}" async></script>'
        self.pages[path] = f"<title>Shop</title><h1>Shop</h1>{_STUB % (call + 'Monodesk(`open`)')}{loader}"

    def signed(self, claims: dict[str, object]) -> str:
        parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        proof = hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()
        return f"{signed.decode()}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"

    def contacts(self) -> list[str]:
        """Who has spoken at its inbox."""
        rows = self.scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
        ours = [row for row in rows if row["conversation"]["inbox_id"] == self.inbox]
        return [str(row["conversation"]["contact_id"]) for row in ours]


@pytest.fixture
def shop(scene: Scene) -> Iterator[Shop]:
    with Shop(scene) as shop:
        yield shop


async def device(browser: Browser, watch: Watch, locale: str) -> BrowserContext:
    context = await browser.new_context(locale=locale, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return context


async def say(page: Page, text: str, words: dict[str, str]) -> None:
    frame = page.frame_locator("iframe")
    await frame.get_by_role("button", name=words["start"]).first.click()
    await frame.get_by_role("textbox", name=words["field"]).fill(text)
    await frame.get_by_role("button", name=words["send"], exact=True).click()
    await expect(frame.locator(".foot")).to_contain_text(words["sent"])


@pytest.mark.parametrize("locale", WORDS)
async def test_a_customer_is_one_on_all_his_devices(browser: Browser, watch: Watch, shop: Shop, locale: str) -> None:
    watch.expect_outage()  # a socket is closed so that it comes back as who he is now
    words = WORDS[locale]
    shop.page("/mei", "mei", "Mei Lin")
    shop.page("/")
    phone = await (await device(browser, watch, locale)).new_page()
    await phone.goto(f"{shop.url}/mei")
    await say(phone, "From the phone", words)
    laptop = await (await device(browser, watch, locale)).new_page()
    await laptop.goto(f"{shop.url}/")
    await say(laptop, "Before signing in", words)
    assert len(set(shop.contacts())) == 2
    await laptop.goto(f"{shop.url}/mei")
    frame = laptop.frame_locator("iframe")
    await expect(frame.locator("body")).to_contain_text("Before signing in")
    await phone.reload()
    # both conversations are his on both devices; the newest one that is open is on the screen, the other in the list
    await expect(phone.frame_locator("iframe").locator("body")).to_contain_text("Before signing in")
    (contact,) = set(shop.contacts())
    told = shop.scene.desk.ask("GET", f"/api/v1/contacts/{contact}")["contact"]
    assert (told["name"], told["external_id"], told["claimed"]) == ("Mei Lin", "mei", [])


async def test_the_next_customer_sees_nothing_and_log_out_forgets(browser: Browser, watch: Watch, shop: Shop) -> None:
    watch.expect_outage()  # the page begins anew while its socket may still be opening
    words = WORDS["en-GB"]
    shop.page("/mei", "mei", "Mei Lin")
    shop.page("/ben", "ben", "Ben")
    shop.page("/")
    context = await device(browser, watch, "en-GB")
    page = await context.new_page()
    frame = page.frame_locator("iframe")
    await page.goto(f"{shop.url}/mei")
    await say(page, "Mine alone", words)
    await page.goto(f"{shop.url}/ben")
    await expect(frame.get_by_role("button", name=words["start"]).first).to_be_visible()
    await expect(frame.locator("body")).not_to_contain_text("Mine alone")
    await say(page, "I am Ben", words)
    assert len(set(shop.contacts())) == 2
    await page.evaluate("Monodesk('logout')")
    await page.goto(f"{shop.url}/")
    await expect(frame.get_by_role("button", name=words["start"]).first).to_be_visible()
    await expect(frame.locator("body")).not_to_contain_text("I am Ben")
    await page.goto(f"{shop.url}/mei")
    await expect(frame.locator("body")).to_contain_text("Mine alone")
