"""What an agent is told while he looks elsewhere, and what there is instead where browsers give nothing: plain HTTP."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.scene import shown
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

# The browser's own notifications and tones, noted instead of shown; whether the page has the keys the test says.
EYE = """(() => {
  window.__shown = []; window.__tones = 0; window.__keys = true;
  if (window.Notification) {
    const permission = () => window.__permission ?? 'default';
    window.Notification = class {
      static get permission() { return permission(); }
      static async requestPermission() { window.__permission = 'granted'; return permission(); }
      constructor(title, { body, tag }) { window.__shown.push([title, body, tag]); window.__last = this; }
      close() {}
    };
  }
  document.hasFocus = () => window.__keys;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) { window.__tones += 1; return start.call(this, at); };
})()"""


async def watched(agent: Agent) -> Page:
    """His page, loaded anew with the eye."""
    await agent.page.add_init_script(EYE)
    await agent.page.reload()
    await expect(agent.page.get_by_role("listbox")).to_be_visible()
    return agent.page


async def test_a_customer_who_writes_is_told_of_while_one_looks_elsewhere(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    page = await watched(agent)
    await page.get_by_role("button", name="Allow", exact=True).click()
    await expect(page.get_by_role("button", name="Allow", exact=True)).to_have_count(0)
    await visitor.say("First question")
    await agent.open("First question")
    await agent.press("take")
    await expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    # By links, as people go: what the desk holds of the customer, his name above all, is still there.
    await page.get_by_role("link", name="Settings").first.click()
    await page.get_by_role("link", name="Notifications").click()
    await page.evaluate("window.__permission = 'granted'; window.__keys = false; window.__tones = 0")
    await visitor.say("Are you there?")
    await expect(page).to_have_title(re.compile(r"^\(1\) "))
    await expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("mark-dot"))
    await shown(page, "() => window.__shown.length", 1)
    told = await page.evaluate("window.__shown")
    assert [body for _, body, _ in told] == ["New message"]
    await shown(page, "() => window.__tones", 2)  # one sound of two notes

    await page.evaluate("window.__last.onclick()")
    await expect(page).to_have_url(re.compile(rf"/c/{told[0][2]}"))
    await expect(page).not_to_have_title(re.compile(r"^\("))
    await expect(page.locator("link[rel=icon]")).not_to_have_attribute("href", re.compile("mark-dot"))


async def test_settings_decide_what_is_told(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    page = await watched(agent)
    await page.goto(f"{appliance.url}/settings/notifications")
    await page.get_by_role("button", name="Allow desktop notifications").click()
    await page.get_by_role("switch", name="With what the customer wrote").check()
    await page.get_by_role("switch", name="Play a sound").uncheck()
    await page.evaluate("window.__keys = false")
    await visitor.say("In plain words")
    await shown(page, "() => window.__shown.length", 1)
    assert (await page.evaluate("window.__shown[0][1]"), await page.evaluate("window.__tones")) == ("In plain words", 0)
    await page.get_by_label("Tell me about").select_option("mine")
    await page.get_by_role("switch", name="Play a sound").check()
    await visitor.say("Nobody has taken this")
    await visitor.sees_confirmed()
    await page.reload()
    await expect(page.get_by_label("Tell me about")).to_have_value("mine")
    assert await page.evaluate("window.__shown.length") == 0


@pytest.mark.parametrize(("language", "why"), [("en", "plain HTTP"), ("zh", "http 打开")])
async def test_plain_http_has_sound_and_title_and_says_why(
    appliance: Appliance, browser: Browser, watch: Watch, language: str, why: str
) -> None:
    url = f"http://desk.lan:{appliance.port}"
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    agent = await Agent.signed_in(browser, watch, appliance, language, url)
    page = await watched(agent)
    assert await page.evaluate("'Notification' in window && isSecureContext") is False
    await expect(page.get_by_role("button", name={"en": "Allow", "zh": "允许"}[language], exact=True)).to_have_count(0)
    await visitor.say("Hello")
    await agent.open("Hello")
    await agent.press("take")
    await page.goto(f"{url}/settings/notifications")
    await expect(page.get_by_text(why)).to_be_visible()
    await visitor.say("Still there?")
    await expect(page).to_have_title(re.compile(r"^\(1\) "))
    await shown(page, "() => window.__tones", 2)


async def test_being_mentioned_is_told_and_has_a_view(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    colleague = await Agent.signed_in(browser, watch, appliance, "zh")
    agent = await Agent.signed_in(browser, watch, appliance)
    page = await watched(agent)
    me = await page.evaluate("async () => (await (await fetch('api/v1/me')).json()).agent.id")
    await visitor.say("A hard question")
    await shown(page, "() => window.__tones", 2)
    await colleague.open("A hard question")
    conversation = colleague.page.url.rsplit("/", 1)[1].split("?")[0]
    await page.evaluate("window.__keys = false")
    body = {"text": "@Hannah Reed please look", "note": True, "files": [], "mentions": [me]}
    await colleague.page.evaluate(
        """async ([conversation, body]) => {
          const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': 'a'.repeat(32) };
          const path = new URL(`/api/v1/conversations/${conversation}/messages`, location.href);
          const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
          if (!answer.ok) throw new Error(await answer.text());
        }""",
        [conversation, body],
    )
    tab = page.get_by_role("tab", name="@me")
    await expect(tab).to_contain_text("1")
    await shown(page, "() => window.__tones", 4)
    await tab.click()
    await page.get_by_role("option").filter(has_text="please look").click()
    await expect(tab).not_to_contain_text("1")
    await page.reload()
    await expect(page.get_by_role("option").filter(has_text="please look")).to_be_visible()
    await expect(tab).not_to_contain_text("1")
