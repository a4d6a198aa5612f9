"""Tickets: the list, what no filter fits, one of them, and the form that makes one."""

from playwright.async_api import expect

from tests.shots.screen import Screen, Who
from tests.shots.view import View


async def _live(view: View) -> None:
    """Its line is open: of a page that is left while it opens the browser complains."""
    await expect(view.page.locator("nav.rail .av .dot.online")).to_be_attached()


async def _list(view: View) -> None:
    await _live(view)
    await view.sees(".ticket-what")


async def _none(view: View) -> None:
    await _live(view)
    await view.sees(".empty")


async def _new(view: View) -> None:
    await _list(view)
    await view.button("New ticket", "新建工单").click()
    await expect(view.page.get_by_role("dialog")).to_be_visible()


async def _board(view: View) -> None:
    await _live(view)
    await view.sees(".board-card")


async def _chosen(view: View) -> None:
    await _list(view)
    for box in (await view.page.get_by_role("checkbox").all())[:2]:
        await box.check()
    await view.sees(".ticket-bulk")


async def _merging(view: View) -> None:
    await _one(view)
    await view.button("Merge", "合并").click()
    await expect(view.page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()


async def _one(view: View) -> None:
    await _list(view)
    name = view.words("Replacement for a cracked server", "补发破损的手冲壶盖")
    await view.page.get_by_role("link", name=name).first.click()
    await view.sees(".ticket-history li")


async def _news(view: View) -> None:
    await _list(view)
    await view.page.locator(".ticket-marks button").filter(has_text=view.words("Notices", "提醒")).click()
    await view.page.get_by_role("dialog").wait_for()


SCREENS = (
    Screen("tickets", "/tickets", _list, Who.AGENT, whole=True),
    Screen("tickets-news", "/tickets", _news, Who.AGENT),
    Screen("tickets-none", "/tickets?q=zzzz&category=waiting", _none, Who.AGENT),
    Screen("tickets-new", "/tickets", _new, Who.AGENT),
    Screen("tickets-board", "/tickets?show=board", _board, Who.AGENT, whole=True),
    Screen("tickets-chosen", "/tickets", _chosen, Who.AGENT),
    Screen("ticket-merging", "/tickets", _merging, Who.AGENT),
    Screen("ticket", "/tickets", _one, Who.AGENT, whole=True),
)
