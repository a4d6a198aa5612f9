"""A person's eyes, fingers and screen reader at one screen: what each would complain about."""

from pathlib import Path
from typing import Any

from playwright.async_api import Frame, Page

from tests.journeys.appliance import ROOT

_HERE = Path(__file__).parent
_MEASURE = (_HERE / "measure.js").read_text(encoding="utf-8")
_FOCUS = (_HERE / "focus.js").read_text(encoding="utf-8")
_AXE = (ROOT / "app" / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
_RUN = "only => axe.run(document, {runOnly: only, iframes: false, resultTypes: ['violations']})"
_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


async def measured(page: Page, *, touch: bool = False, contrast: bool = True, motion: bool = False) -> list[str]:
    """What does not fit: overflow, overlap, small targets, words cut off, pale words, movement."""
    asked = {"touch": touch, "contrast": contrast, "motion": motion}
    return [" | ".join(found) for frame in _windows(page) for found in await frame.evaluate(_MEASURE, asked)]


async def unseen_focus(page: Page) -> list[str]:
    """Which controls look the same with and without the keyboard's focus."""
    return [f"focus unseen | {found}" for frame in _windows(page) for found in await frame.evaluate(_FOCUS)]


async def serious(page: Page) -> list[str]:
    """What axe calls serious or worse: rule, figures, and the markup that breaks it."""
    return [line for frame in _windows(page) for line in await _axe(frame, {"type": "tag", "values": _RULES})]


async def pale(page: Page) -> list[str]:
    """The same of colours alone, which is all that another theme changes."""
    only = {"type": "rule", "values": ["color-contrast"]}
    return [line for frame in _windows(page) for line in await _axe(frame, only)]


async def _axe(frame: Frame, only: dict[str, Any]) -> list[str]:
    if not await frame.evaluate("typeof axe === 'object'"):
        await frame.evaluate(_AXE)
    found: dict[str, Any] = await frame.evaluate(_RUN, only)
    return [
        f"axe {each['id']} | {node['html'][:160]} | {' '.join(node['failureSummary'].split())[:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


def _windows(page: Page) -> list[Frame]:
    """The page and what it holds of ours."""
    return [frame for frame in page.frames if frame.url.startswith(("http://127.0.0.1", "https://127.0.0.1"))]
