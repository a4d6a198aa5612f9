"""Who is on the site: three visitors, one of them in a conversation; and nobody."""

import time
from typing import Any

from playwright.async_api import Route, expect

from tests.shots.screen import House, Screen, Who
from tests.shots.view import View

_SHOP = "https://shanlan.example"


def _guest(number: int, title: str, path: str, **facts: Any) -> dict[str, Any]:
    now = round(time.time() * 1_000)
    minutes = facts.pop("minutes", 3)
    contact = {
        "id": f"guest{number:021d}", "number": 400 + number, "created_at": now, "seen_at": now, "email": "",
        "phone": "", "name": facts.pop("name", ""),
        "language": "", "browser": "", "address": "", "attributes": {}, "claimed": [],
    }  # fmt: skip
    page = {"url": f"{_SHOP}{path}", "title": title, "page_at": now, "since": now - minutes * 60_000}
    plain = {"pages": 1, "came_from": "", "visits": 1, "conversation_id": None, "talking": False}
    return {"contact": contact, "inbox_id": "demo0000000000000000000000", **page, **plain, **facts}


async def _told(view: View) -> None:
    """Three of them, made up: nobody is on the demo's site while it is drawn."""
    guests = [
        _guest(1, "手冲壶 Kettle", "/kettle", minutes=4, pages=3, came_from="search.example"),
        _guest(
            2, "套装 Sets", "/sets", minutes=11, pages=6, visits=4, name="林小满", conversation_id="c" * 26,
            talking=True,
        ),
        _guest(3, "", "/cart", minutes=1),
    ]  # fmt: skip

    async def answer(route: Route) -> None:
        await route.fulfill(json={"online": 3, "guests": guests})

    await view.page.route("**/api/v1/visitors", answer)


async def _list(view: View) -> None:
    await expect(view.page.locator("nav.rail .av .dot.online")).to_be_attached()
    await view.sees(".visitor-page")


async def _none(view: View) -> None:
    await view.sees(".empty")


async def _start(view: View) -> None:
    await _list(view)
    await view.page.get_by_role("button", name=view.words("Start a chat", "发起会话")).first.click()
    await expect(view.page.get_by_role("dialog")).to_be_visible()


SCREENS = (
    Screen("visitors", "/visitors", _list, Who.AGENT, before=_told, whole=True),
    Screen("visitors-none", "/visitors", _none, Who.OWNER, House.EMPTY),
    Screen("visitors-start", "/visitors", _start, Who.AGENT, before=_told),
)
