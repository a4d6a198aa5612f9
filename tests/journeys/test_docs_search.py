"""The manual's search, in both languages, at a desk and on a phone: by the words that stand in it, without internet."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.test_console import serious
from tests.journeys.watch import Watch
from tests.shots.probe import measured

pytestmark = pytest.mark.full

_WORDS = {
    "en": ("Search the manual", "backup restore", "Nothing found.", "kettledrum"),
    "zh": ("搜索手册", "恢复备份", "没有找到。", "定音鼓"),
}


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh", 390)])
async def test_the_manual_is_searched(
    tmp_path: Path, browser: Browser, watch: Watch, language: str, width: int
) -> None:
    name, words, nothing, absent = _WORDS[language]
    server = Appliance(tmp_path / "data")
    server.start()
    try:
        phone = width < 500
        context = await browser.new_context(viewport={"width": width, "height": 844}, has_touch=phone, is_mobile=phone)
        watch.attach(context)
        page = await context.new_page()
        await page.goto(f"{server.url}/docs/{language}/start")
        await page.get_by_role("searchbox", name=name).fill(words)
        await page.keyboard.press("Enter")
        found = page.locator("#found > li")
        await expect(found.first).to_be_visible()
        assert await _marked(page) != []
        assert await serious(page) == []
        assert await measured(page, touch=phone) == []

        field = page.get_by_role("searchbox", name=name)
        await expect(field).to_have_value(words)
        await field.fill(absent)
        await expect(page.get_by_role("status")).to_contain_text(nothing)
        await expect(found).to_have_count(0)
        await field.fill(words)
        link = found.first.get_by_role("link")
        target = await link.get_attribute("href")
        await link.click()
        await page.wait_for_url(f"**/docs/{language}/{target}")
        await page.go_back()
        await expect(page.get_by_role("searchbox", name=name)).to_have_value(words)  # it stands in the address
    finally:
        server.kill()


async def _marked(page: Page) -> list[str]:
    return await page.locator("#found mark").all_inner_texts()
