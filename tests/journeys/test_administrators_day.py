"""An administrator's day: what tickets can be and ask for, how visitors are asked to rate, what came of it."""

from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene, console
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "tickets": "Tickets",
        "add_status": "Add a status", "english": "Name in English", "chinese": "Name in Chinese", "counts": "Counts as",
        "save": "Save", "up": "Move {} up", "add_field": "Add a field", "holds": "What it holds",
        "statuses": "Ticket statuses",
        "again": "Well packed", "rating": "Rating", "very_good": "Very good",
        "submit": "Submit", "of": "5 of 5", "ratings": "Ratings",
        "status": "Status", "all": "Own field", "audit": "added ticket status", "log": "Audit log",
    },
    "zh": {
        "tickets": "工单",
        "add_status": "添加状态", "english": "英文名称", "chinese": "中文名称", "counts": "归为", "save": "保存",
        "up": "上移{}", "add_field": "添加字段", "holds": "内容类型", "statuses": "工单状态",
        "again": "包装好", "rating": "评分", "very_good": "非常满意", "submit": "提交",
        "of": "5 / 5", "ratings": "评分", "status": "状态", "all": "自定义字段",
        "audit": "添加工单状态", "log": "审计日志",
    },
}  # fmt: skip
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


async def opened(scene: Scene, browser: Browser, watch: Watch, language: str) -> Page:
    """The owner at his settings."""
    context: BrowserContext = await browser.new_context(
        locale=LOCALES[language], viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return await console(context, scene, "/settings/statuses")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_tickets_are_named_ordered_and_asked_for(
    scene: Scene, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    page, name = await opened(scene, browser, watch, language), f"At the carrier {language}"
    await page.get_by_role("button", name=w["add_status"]).click()
    await page.get_by_label(w["chinese"]).fill(name)
    await page.get_by_label(w["counts"]).select_option("waiting")
    await page.get_by_role("button", name=w["save"]).click()
    rows = page.get_by_role("table", name=w["statuses"]).locator("tbody tr")
    await expect(rows.last).to_contain_text(name)
    count = await rows.count()
    await page.get_by_role("button", name=w["up"].format(name)).click()
    await expect(rows.nth(count - 2)).to_contain_text(name)

    await page.goto(f"{scene.url}/settings/fields")
    await page.get_by_role("tab", name=w["tickets"], exact=True).click()
    await page.get_by_role("button", name=w["add_field"]).click()
    await page.get_by_label(w["chinese"]).fill(f"Batch {language}")
    await page.get_by_label(w["holds"]).select_option("number")
    await page.get_by_role("button", name=w["save"]).click()
    await expect(page.get_by_role("cell", name=f"Batch {language}", exact=True)).to_be_visible()

    fields = scene.desk.ask("GET", "/api/v1/ticket-fields")["fields"]
    field = next(one["id"] for one in fields if one["name_en"] == f"Batch {language}")
    for batch in ("7", "12"):
        scene.agent("POST", "tickets", {"title": f"Cup {batch} {language}", "fields": {field: batch}})
    await page.goto(f"{scene.url}/tickets?q={language}")
    await page.get_by_label(w["all"], exact=True).select_option(field)
    await page.get_by_label(f"Batch {language}", exact=True).fill("10..")
    titles = page.locator("td.ticket-what .mid")
    await expect(titles).to_have_text([f"Cup 12 {language}"])
    await page.get_by_label(f"Batch {language}", exact=True).fill("")
    await expect(titles).to_have_count(2)
    await page.locator("td.ticket-what a").first.click()
    await page.get_by_label(w["status"], exact=True).select_option(label=name)
    await expect(page.locator(".tickets-title .badge")).to_have_text(name)

    await page.goto(f"{scene.url}/settings/audit")
    await expect(page.get_by_role("list", name=w["log"])).to_contain_text(f"{w['audit']} {name}")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_visitors_are_asked_as_the_inbox_says(
    scene: Scene, browser: Browser, watch: Watch, language: str
) -> None:
    w, inbox = WORDS[language], scene.desk.inbox()
    tags = [{"en": "Well packed", "zh": "包装好"}, {"en": "On time", "zh": "准时"}]
    asked: dict[str, Any] = {"question": {"en": "Was the parcel right?", "zh": "包裹对吗？"}, "tags": tags}
    scene.agent("PATCH", f"inboxes/{inbox}", {"widget": {"survey": asked}})
    context = await browser.new_context(locale=LOCALES[language])
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    token, contact = scene.desk.visitor(inbox)
    conv = scene.visitor("POST", "messages", token, {"text": "Where is it?"})["conv"]
    scene.agent("POST", f"conversations/{conv}/messages", {"text": "On its way."})
    scene.agent("POST", f"conversations/{conv}/resolve", {})
    kept = f"localStorage.setItem('monodesk.token.{inbox}', '{token}')"
    await context.add_init_script(f"if (location.origin === '{scene.url}') {kept}")
    page = await context.new_page()
    await page.goto(f"{scene.url}/chat/{inbox}")
    invite = page.get_by_role("region", name=w["rating"])
    await page.get_by_role("listitem").filter(has_text="On its way.").get_by_role("button").click()
    await expect(invite).to_contain_text(asked["question"][language])
    await invite.get_by_role("button", name=w["very_good"]).click()
    await page.get_by_role("button", name=w["again"]).click()
    await page.get_by_role("button", name=w["submit"]).click()
    await expect(invite).to_contain_text(w["very_good"])

    desk = await opened(scene, browser, watch, language)
    await desk.goto(f"{scene.url}/settings/ratings")
    row = desk.get_by_role("table", name=w["ratings"]).locator("tbody tr").first
    await expect(row).to_contain_text(w["of"])
    await expect(row).to_contain_text(w["again"])
    detail = scene.desk.ask("GET", f"/api/v1/contacts/{contact}")
    assert [(one["score"], one["tags"]) for one in detail["ratings"]] == [(5, ["Well packed"])]
