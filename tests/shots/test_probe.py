"""The probe finds what it is for, and nothing where all is well: each defect beside its cure."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.shots.probe import measured, serious, unseen_focus

pytestmark = pytest.mark.full

_HEAD = """<!doctype html><html lang="en"><title>A page</title><meta name="viewport" content="width=device-width">
<style>body { margin: 0; font: 16px sans-serif } * { box-sizing: border-box }</style><main>"""
_PHONE: ViewportSize = {"width": 390, "height": 800}

_BUTTON = "<button style='width: 100px; height: 48px'>One</button>"
_ROUND = """<div role='dialog' aria-label='Over it' style='position: fixed; top: 60px; border-radius: 24px'>
<button style='display: block; width: 100px; height: 48px; border-radius: 24px'>Two</button></div>"""
_LINK = "<a href='/' style='display: block; height: 60px'>Beneath</a>"
_WIDE = f"<div style='width: 400px'><span style='display: inline-block; width: 150px'></span>{_BUTTON}</div>"
_BARE = "<style>button { outline: none }</style>"
_DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
_LONG = "Words that are longer than that"
_ONE_LINE = "width: 80px; overflow: hidden; white-space: nowrap"

CASES = {
    "overflow": ("<div style='width: 500px'>Too wide</div>", "<div style='width: 300px'>Narrow</div>"),
    "cut off": (
        f"<div style='overflow: hidden; width: 200px'>{_WIDE}</div>",
        f"<div style='overflow: auto; width: 200px'>{_WIDE}</div>",
    ),
    "overlap": (
        f"{_BUTTON}<div style='margin-left: -50px; display: inline'>{_BUTTON}</div>",
        f"{_BUTTON} {_BUTTON}{_LINK}{_ROUND}",
    ),
    "small target": (
        "<button style='width: 44px; height: 30px'>Go</button>",
        "<label style='display: inline-block; padding: 16px'><input type=checkbox> Go on</label>",
    ),
    "clipped": (
        f"<p style='{_ONE_LINE}'>{_LONG}</p>",
        f"<p style='{_ONE_LINE}; text-overflow: ellipsis'>{_LONG}</p>",
    ),
    "contrast": (
        "<p style='background: #046f7a; color: #fff; opacity: .6'>Sending</p>",
        "<p style='background: oklch(0.49 0.08 205); color: #fff'>Sending</p>",
    ),
    "motion": ("<p style='transition: color 90ms'>Soon</p>", "<p style='transition: color 0s'>At once</p>"),
    "axe image-alt": (f"<img src='{_DOT}'>", f"<img alt='A dot' src='{_DOT}'>"),
    "focus unseen": (
        _BARE + _BUTTON,
        f"{_BARE}<style>button:focus-visible {{ box-shadow: 0 0 0 2px blue }}</style>{_BUTTON}",
    ),
}


async def test_it_finds_each_defect_and_not_its_cure(browser: Browser) -> None:
    context = await browser.new_context(viewport=_PHONE)
    page = await context.new_page()
    await page.route("http://127.0.0.1/", lambda route: route.fulfill(body="", content_type="text/html"))
    found: dict[str, tuple[set[str], set[str]]] = {}
    for kind, (defect, cure) in CASES.items():
        found[kind] = (await _found(page, defect), await _found(page, cure))
    found["contrast"][0].discard("axe color-contrast")  # so says axe as well
    found["cut off"][0].discard("clipped")  # the button's words with it
    assert found == {kind: ({kind}, set()) for kind in CASES}


async def _found(page: Page, body: str) -> set[str]:
    await page.goto("http://127.0.0.1/")
    await page.set_content(_HEAD + body)
    lines = [*await measured(page, touch=True, motion=True), *await serious(page), *await unseen_focus(page)]
    return {line.split(" | ")[0] for line in lines}
