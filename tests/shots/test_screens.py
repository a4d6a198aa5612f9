"""Every screen of the table, at the desk and on a phone, and what would be wrong with it.

Something overflows, overlaps, is cut off, too pale, too small for a finger or in motion; axe has something serious to
say; the keyboard's focus is not seen; 200 % zoom loses something. Each screen is looked at in both languages, in one at
the desk and in the other on the phone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import starmap

import pytest
from playwright.async_api import Browser, Error

from tests.journeys.watch import Watch
from tests.shots.probe import measured, pale, serious, unseen_focus
from tests.shots.screen import Screen
from tests.shots.screens import PARTS
from tests.shots.stage import PHONE, Houses, Stage, size

pytestmark = pytest.mark.full

Look = Callable[[Screen, str], Awaitable[list[str]]]

_AT_ONCE = 3
_WHOLE_PX = 4_000  # so high that a page that is read by scrolling stands there whole
_LANGUAGES = ("zh", "en")


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_is_wrong_at_the_desk(houses: Houses, browser: Browser, watch: Watch, part: str) -> None:
    stage = Stage(houses, browser, watch)

    async def look(screen: Screen, language: str) -> list[str]:
        async with stage.showing(screen, language, 1440, height=_WHOLE_PX if screen.whole else None) as view:
            page = view.page
            found = [*await measured(page, motion=True), *await serious(page), *await unseen_focus(page)]
            await page.emulate_media(color_scheme="dark")
            found += [f"dark: {one}" for one in (*await measured(page), *await pale(page))]
            for width, height in ((1024, 768), (720, 450)):  # the latter is 1440 × 900 at 200 %
                await page.set_viewport_size({"width": width, "height": height})
                found += [f"at {width}: {one}" for one in await measured(page, contrast=False)]
            return found

    found = await _all([screen for screen in PARTS[part] if screen.proved], look, phone=False)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_is_wrong_on_a_phone(houses: Houses, browser: Browser, watch: Watch, part: str) -> None:
    stage = Stage(houses, browser, watch)

    async def look(screen: Screen, language: str) -> list[str]:
        async with stage.showing(screen, language, PHONE, height=_WHOLE_PX if screen.whole else None) as view:
            found = [*await measured(view.page, touch=True), *await serious(view.page)]
            await view.page.emulate_media(color_scheme="dark")
            found += [f"dark: {one}" for one in await measured(view.page)]
            await view.page.set_viewport_size(size(320))
            return found + [f"at 320: {one}" for one in await measured(view.page, contrast=False)]

    found = await _all([screen for screen in PARTS[part] if screen.proved and screen.phone], look, phone=True)
    assert not found, "\n".join(found)


async def _all(screens: Sequence[Screen], look: Look, *, phone: bool) -> list[str]:
    """What is found on any of them, a few at a time."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int, screen: Screen) -> list[str]:
        language = _LANGUAGES[(number + phone) % 2]
        async with places:
            try:
                found = await look(screen, language)
            except (AssertionError, Error) as error:
                found = [f"not reached: {str(error)[:300]}"]
        return [f"{screen.name} ({language}): {line}" for line in found]

    return [line for found in await asyncio.gather(*starmap(one, enumerate(screens))) for line in found]
