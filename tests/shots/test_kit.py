"""The gallery with everything open that can be opened: each menu and each dialog under axe and the measure."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.watch import Watch
from tests.shots.probe import measured, pale, serious
from tests.shots.screens import SCREENS
from tests.shots.stage import PHONE, Houses, Stage

pytestmark = pytest.mark.full

_OPENERS = "button[aria-haspopup]:enabled"
_OPEN = "[role=menu]:visible, [role=dialog]:visible, dialog[open]"
_KIT = next(screen for screen in SCREENS if screen.name == "kit")


@pytest.mark.parametrize("width", [1440, PHONE])
async def test_whatever_opens_is_right_in_either_theme(
    houses: Houses, browser: Browser, watch: Watch, width: int
) -> None:
    found: list[str] = []
    async with Stage(houses, browser, watch).showing(_KIT, "zh" if width == PHONE else "en", width) as view:
        page = view.page
        openers = page.locator(_OPENERS).or_(view.button("Dialog", "对话框"))
        count = await openers.count()
        assert count >= 2
        for number in range(count):
            opener = openers.nth(number)
            name = await opener.evaluate("(one) => one.getAttribute('aria-label') || one.textContent")
            found += [f"{name}: {one}" for one in await _looked_at(page, opener, touch=width == PHONE)]
    assert not found, "\n".join(found)


async def _looked_at(page: Page, opener: Locator, *, touch: bool) -> list[str]:
    """Opened by a person, looked at in both themes, closed by Escape, which gives the focus back."""
    await opener.scroll_into_view_if_needed()
    await opener.click()
    opened = page.locator(_OPEN)
    await expect(opened.first).to_be_visible()
    found = [*await measured(page, touch=touch), *await serious(page)]
    await page.emulate_media(color_scheme="dark")
    found += [f"dark: {one}" for one in (*await measured(page), *await pale(page))]
    await page.emulate_media(color_scheme="light")
    await page.keyboard.press("Escape")
    await expect(opened).to_have_count(0)
    await expect(opener).to_be_focused()
    return found
