"""`make shots`: draws every screen at every width, in both themes and languages, into `shots/`, with a sheet of all.

ONLY=thread,list (parts of names), WIDTH=390, LANGUAGE=zh, THEME=dark draw fewer.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import get_args

from playwright.async_api import Error, Page, ViewportSize, expect

from tests.journeys.appliance import ROOT
from tests.journeys.chromium import launched
from tests.journeys.people import PATIENCE_MS
from tests.journeys.watch import Watch
from tests.shots.screen import Screen
from tests.shots.screens import SCREENS
from tests.shots.stage import HEIGHTS, LANGUAGES, PHONE, Houses, Stage, Theme, size
from tests.shots.view import SETTLED

TARGET = ROOT / "shots"


def chosen(name: str, all_of_them: Sequence[str]) -> list[str]:
    """What the environment leaves of these."""
    asked = os.environ.get(name, "").replace(",", " ").split()
    return [one for one in all_of_them if not asked or one in asked]


async def main() -> int:
    asked = os.environ.get("ONLY", "").replace(",", " ").split()
    screens = [one for one in SCREENS if not asked or any(part in one.name for part in asked)]
    TARGET.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    watch, missed = Watch(), list[str]()
    with tempfile.TemporaryDirectory() as folder, Houses.over(Path(folder)) as houses:
        async with launched() as browser:
            stage = Stage(houses, browser, watch)
            for screen in screens:
                for language in chosen("LANGUAGE", LANGUAGES):
                    missed += await draw(stage, screen, language)
    sheet()
    for line in (*watch.complaints, *missed):
        print(line)
    print(f"{TARGET / 'index.html'}: {len(list(TARGET.glob('*.png')))} pictures")
    return 1 if missed else 0


async def draw(stage: Stage, screen: Screen, language: str) -> list[str]:
    """One screen in one language; what could not be drawn."""
    widths = [int(width) for width in chosen("WIDTH", [str(width) for width in HEIGHTS])]
    missed = []
    desks, phones = [width for width in widths if width > PHONE], [width for width in widths if width <= PHONE]
    for group in (desks, phones if screen.phone else []):
        if not group:
            continue
        try:
            await _at_widths(stage, screen, language, group)
        except (Error, AssertionError) as error:
            missed.append(f"not drawn: {screen.name} {group} {language}: {str(error).splitlines()[0]}")
    return missed


async def _at_widths(stage: Stage, screen: Screen, language: str, widths: Sequence[int]) -> None:
    """A desk's screen is reached once and then made narrower; a phone's is reached by touch."""
    async with stage.showing(screen, language, widths[0]) as view:
        for width in widths:
            await view.page.set_viewport_size(size(width))
            for theme in chosen("THEME", get_args(Theme)):
                if screen.whole:
                    await view.page.set_viewport_size(await _tall(view.page, width))
                await view.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                await view.page.evaluate(SETTLED)
                path = TARGET / f"{screen.name}-{width}-{theme}-{language}.png"
                await view.page.screenshot(path=path, full_page=screen.whole, animations="disabled", caret="initial")
                print(path.name, flush=True)


async def _tall(page: Page, width: int) -> ViewportSize:
    """A window in which nothing is left to be scrolled: a pane that scrolls inside the page would be cut."""
    hidden: int = await page.evaluate(_HIDDEN)
    return {"width": width, "height": size(width)["height"] + hidden}


def sheet() -> None:
    """One page with all that is there, screen by screen."""
    parts = ["<!doctype html><meta charset=utf-8><title>Monodesk, every screen</title>", _STYLE]
    for screen in SCREENS:
        names = sorted(path.name for path in TARGET.glob("*.png") if path.name.rsplit("-", 3)[0] == screen.name)
        pictures = "".join(
            f'<a href="{escape(name)}"><img loading=lazy src="{escape(name)}"><span>{escape(name[:-4])}</span></a>'
            for name in names
        )
        if names:
            parts.append(f"<h2>{escape(screen.name)}</h2><div>{pictures}</div>")
    (TARGET / "index.html").write_text("\n".join(parts), encoding="utf-8")


_HIDDEN = "Math.max(0, ...[...document.querySelectorAll('.scroll')].map((box) => box.scrollHeight - box.clientHeight))"
_STYLE = (
    "<style>body{font:13px system-ui;margin:16px;background:#888}div{display:flex;flex-wrap:wrap;gap:12px;"
    "align-items:start}a{color:inherit;text-decoration:none}img{display:block;height:260px;max-width:420px;"
    "object-fit:cover;object-position:top}</style>"
)

if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
