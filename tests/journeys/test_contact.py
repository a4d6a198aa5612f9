"""The pane beside the thread: what is known of a customer, changed where it stands; his pages live; what was before."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {"contact": "Contact", "email": "E-mail", "add": "Add E-mail", "fact": "Add a fact", "name": "Fact",
           "value": "Value", "edit": "Edit Plan: gold", "plan": "Plan", "remove": "Remove", "live": "Live"},
    "zh": {"contact": "联系人", "email": "邮箱", "add": "添加邮箱", "fact": "添加一项", "name": "名目", "value": "内容",
           "edit": "编辑Plan：gold", "plan": "Plan", "remove": "移除", "live": "实时"},
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_facts_are_changed_where_they_stand_by_keys_alone(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    agent = await Agent.signed_in(browser, watch, appliance, language)
    page, words = agent.page, WORDS[language]
    await visitor.say("Hello there")
    await agent.open("Hello there")
    side = page.get_by_role("complementary", name=words["contact"])
    add = side.get_by_role("button", name=words["add"])
    await add.focus()
    await page.keyboard.press("Enter")
    field = side.get_by_role("textbox", name=words["email"])
    await expect(field).to_be_focused()
    await page.keyboard.type("not kept")
    await page.keyboard.press("Escape")
    await expect(add).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.type("lin@example.com")
    await page.keyboard.press("Enter")
    await expect(side.get_by_role("button", name="lin@example.com")).to_be_focused()

    await side.get_by_role("button", name=words["fact"]).click()
    await expect(side.get_by_role("textbox", name=words["name"])).to_be_focused()
    await page.keyboard.type("Plan")
    await page.keyboard.press("Tab")
    await page.keyboard.type("gold")
    await page.keyboard.press("Enter")
    gold = side.get_by_role("button", name=words["edit"])
    await expect(gold).to_be_visible()
    await page.reload()
    await gold.click()
    await side.get_by_role("button", name=words["remove"]).click()
    await expect(side.get_by_text("gold")).to_have_count(0)
    await page.reload()
    await expect(side.get_by_role("button", name="lin@example.com")).to_be_visible()
    await expect(side.get_by_text("gold")).to_have_count(0)


async def test_pages_come_live_and_say_how_new_they_are(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.in_shop(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("Which filter fits?")
    await agent.open("Which filter fits?")
    side = agent.page.get_by_role("complementary", name="Contact")
    await expect(side.get_by_text("Live", exact=True)).to_be_visible()
    await visitor.page.evaluate("history.pushState({}, '', '?filters'); document.title = 'Paper filters'")
    await expect(side.locator(".trail li").first).to_contain_text("Paper filters")
    watch.expect_outage()
    appliance.kill()
    await expect(side.get_by_text(re.compile("^as of "))).to_be_visible()
    appliance.start()
    await expect(side.get_by_text("Live", exact=True)).to_be_visible()


async def test_an_earlier_conversation_is_read_beside_the_present_one(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    page = agent.page
    found = await page.evaluate(
        """async () => {
          const ask = async (path) => (await fetch(path)).json();
          for (let before = ''; ; ) {
            const page = await ask(`api/v1/conversations?view=all&limit=100${before}`);
            for (const { conversation, contact } of page.conversations) {
              const { conversations } = await ask(`api/v1/contacts/${contact.id}`);
              const other = conversations.find(({ id, last_text }) => id !== conversation.id && last_text);
              if (other) return { open: conversation.id, earlier: other.id, words: other.last_text };
            }
            if (!page.next) return null;
            before = `&before=${page.next}`;
          }
        }"""
    )
    assert found is not None, "the demo has a customer who came twice"
    await page.goto(f"{appliance.url}/c/{found['open']}")
    await page.locator(f"a.past[href*='{found['earlier']}']").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("log")).to_contain_text(found["words"])
    await expect(dialog.get_by_role("textbox")).to_have_count(0)
    await expect(page).to_have_url(re.compile(found["open"]))
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await page.locator(f"a.past[href*='{found['earlier']}']").click()
    await dialog.get_by_role("button", name="Open it").click()
    await expect(page).to_have_url(re.compile(found["earlier"]))


async def test_colleagues_who_look_are_named(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    colleague = await Agent.signed_in(browser, watch, appliance, "zh")
    await visitor.say("Can two of you help?")
    await agent.open("Can two of you help?")
    lookers = agent.page.get_by_role("region", name="Looking at this")
    await expect(lookers).to_have_count(0)
    await colleague.open("Can two of you help?")
    await expect(lookers.get_by_role("listitem").filter(has_text="陈默")).to_contain_text("viewing")
    await expect(lookers.get_by_role("listitem").filter(has_text="Hannah Reed (you)")).to_be_visible()
    await colleague.begin_typing("我来")
    await expect(lookers.get_by_role("listitem").filter(has_text="陈默")).to_contain_text("writing a reply")
