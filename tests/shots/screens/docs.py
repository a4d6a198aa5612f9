"""The manual, page by page; its door leads to the reader's language."""

from pathlib import Path

from playwright.async_api import expect

from tests.journeys.appliance import ROOT
from tests.shots.screen import Screen
from tests.shots.view import View

_PROVED = ("workspace", "network", "limits")  # lists, code, tables: every kind of thing that a page of it holds


async def _door(view: View) -> None:
    await expect(view.page).to_have_url(f"{view.url}/docs/{view.language}/start")


async def _page(view: View) -> None:
    """In the reader's language, by the page's own link where it is in the other one."""
    other = view.page.locator("header .other")
    if view.language == "zh":
        await other.click()
    await expect(other).to_have_text(view.words("中文", "English"))


def _name(source: Path) -> str:
    return source.stem.partition("-")[2]


SCREENS = (
    Screen("docs", "/docs", _door, whole=True),
    *(
        Screen(f"docs-{_name(source)}", f"/docs/en/{_name(source)}", _page, whole=True, proved=_name(source) in _PROVED)
        for source in sorted((ROOT / "app" / "docs" / "en").glob("*.md"))[1:]
    ),
)
