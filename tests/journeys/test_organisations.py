"""Whom a contact belongs to, and what a desk wants to know of him: set up by the owner, used beside the thread."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.test_tickets import fits, live
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "add": "Add an organisation", "name": "Name", "domains": "Domains", "save": "Save", "contact": "Contact",
        "free": "Everybody may have an address at gmail.com", "email": "Add E-mail", "remove": "Delete",
        "gone": "{} is deleted.", "order": "Add Order", "noted": "noted Order: {}", "level": "Add Level",
        "level_name": "Level",
    },
    "zh": {
        "add": "添加组织", "name": "名称", "domains": "域名", "save": "保存", "contact": "联系人",
        "free": "任何人都可以注册 gmail.com 的邮箱", "email": "添加邮箱", "remove": "删除", "gone": "已删除{}。",
        "order": "添加订单号", "noted": "填写了订单号：{}", "level": "添加会员等级", "level_name": "会员等级",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_an_address_tells_whom_a_customer_belongs_to(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    watch.expect_outage()  # a browser writes every refusal into its console
    w, own, name, domain = WORDS[language], WORDS["zh"], f"Acme {language}", f"acme-{language}.example"
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    await visitor.say(f"Hello from {domain}")
    # The demo's owner reads Chinese, whoever looks beside him.
    owner = (await Agent.signed_in(browser, watch, appliance, "zh")).page
    await owner.goto(appliance.url + appliance.demo_link("周可"))
    await expect(owner.get_by_role("listbox")).to_be_visible()
    await live(owner)
    await owner.goto(f"{appliance.url}/organisations")
    await owner.get_by_role("button", name=own["add"]).click()
    await owner.get_by_label(own["name"], exact=True).fill(name)
    await owner.get_by_label(own["domains"], exact=True).fill("gmail.com")
    await owner.get_by_role("button", name=own["save"]).click()
    await expect(owner.get_by_role("alert")).to_contain_text(own["free"])
    await owner.get_by_label(own["domains"], exact=True).fill(domain)
    await owner.get_by_role("button", name=own["save"]).click()
    await expect(owner.get_by_role("heading", name=name)).to_be_visible()
    await fits(owner)

    agent = await Agent.signed_in(browser, watch, appliance, language)
    await agent.open(f"Hello from {domain}")
    side = agent.page.get_by_role("complementary", name=w["contact"])
    await side.get_by_role("button", name=w["email"]).click()
    await agent.page.keyboard.type(f"jo@{domain}")
    await agent.page.keyboard.press("Enter")
    await expect(side.get_by_role("link", name=name)).to_be_visible()
    await side.get_by_role("button", name=w["level"]).click()
    await side.get_by_role("combobox", name=w["level_name"]).select_option("金 Gold")
    await agent.page.keyboard.press("Tab")
    await side.locator(".fact-edit").get_by_role("button").first.click()
    await expect(side.get_by_text("金 Gold")).to_be_visible()
    await side.get_by_role("button", name=w["order"]).click()
    await agent.page.keyboard.type("4711")
    await agent.page.keyboard.press("Enter")
    await expect(agent.page.get_by_role("log")).to_contain_text(w["noted"].format("4711"))

    await owner.reload()
    await expect(owner.locator(".people-conversations")).to_contain_text([f"jo@{domain}", f"Hello from {domain}"])
    await owner.get_by_role("button", name=own["remove"]).click()
    await owner.get_by_role("dialog").get_by_role("button", name=own["remove"]).click()
    await expect(owner.get_by_text(own["gone"].format(name))).to_be_visible()
    await expect(side.get_by_role("link", name=name)).to_have_count(0)  # told live
    await expect(side.get_by_text(f"jo@{domain}")).to_be_visible()
