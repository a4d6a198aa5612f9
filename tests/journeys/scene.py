"""A desk whose people say a great deal in a short time, and how a test reads their screens."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import BrowserContext, Frame, Page

from app.settings import Limits
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk

# One visitor says here in a second what others say in an hour, and a desk has a thousand names.
_RATES = ("_frames_per_second", "_frames_burst")
LIMITS = {name: "100000" for name in Limits.__struct_fields__ if name.endswith(_RATES)}
LIMITS |= {"inboxes_max": "1000", "teams_max": "1000", "visitors_burst": "10000"}

_PATIENCE_SECONDS = 60  # a deadline against hanging: hundreds of lines are drawn while others use the machine too
NewContext = Callable[[], Awaitable[BrowserContext]]


class Scene:
    """A desk, and the REST calls by which its people say what they say."""

    def __init__(self, server: Appliance, desk: Desk) -> None:
        self.server = server
        self.desk = desk
        self.url = server.url
        self.inbox = desk.inbox()

    def visitor(self, method: str, path: str, token: str, body: dict[str, Any]) -> Any:
        """One request of a visitor."""
        fields = {"Authorization": f"Bearer {token}", "Idempotency-Key": os.urandom(16).hex(), "Cookie": ""}
        return self.desk.ask(method, f"/api/v1/visitor/{path}", body, fields)

    def agent(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """One request of the owner."""
        return self.desk.ask(method, f"/api/v1/{path}", body, {"Idempotency-Key": os.urandom(16).hex()})


async def console(context: BrowserContext, scene: Scene, path: str) -> Page:
    """The owner's console at this address."""
    name, _, value = scene.desk.sign_in().partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": scene.url}])
    page = await context.new_page()
    await page.goto(f"{scene.url}{path}")
    return page


async def shown(window: Page | Frame, script: str, expected: object) -> None:
    """Waits until what the window shows is exactly this."""
    found: object = None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while found != expected:
                found = await window.evaluate(script)
    except TimeoutError:
        pass
    assert found == expected, f"shown: {found!r}, expected: {expected!r}"


def name_of(text: str, characters_max: int = 80) -> str:
    """A payload as it is kept where a name is one line of at most so many characters."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line[:characters_max].strip()


def texts_of(selector: str) -> str:
    """A script: what each element of this kind says."""
    return f"() => [...document.querySelectorAll({json.dumps(selector)})].map(({{ textContent }}) => textContent)"
