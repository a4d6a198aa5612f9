"""Settings as the owner has them, what an agent may not, and the gallery of components."""

from playwright.async_api import expect

from tests.shots.screen import House, Screen, Who
from tests.shots.view import View


async def _page(view: View) -> None:
    await expect(view.page.get_by_role("heading").first).to_be_visible()


async def _first(view: View) -> None:
    """On a phone the list of pages, elsewhere the first page beside it."""
    await expect(view.page.get_by_role("navigation", name=view.words("Settings", "设置"))).to_be_visible()


async def _widget(view: View) -> None:
    """The demo's inbox with all that can be said of its widget, and the window that it makes."""
    card = view.page.locator(".card", has_text="山岚 Shanlan").first
    name = view.words("Widget: look, questions, hours", "窗口：外观、询问、营业时间")
    await card.get_by_role("button", name=name).click()
    await expect(card.frame_locator("iframe").locator(".home .btn.prime")).to_be_visible()


async def _server(view: View) -> None:
    """How the server stands; on the demo no backups are made by themselves."""
    await expect(view.page.get_by_role("heading", name=view.words("Backups", "备份"), exact=True)).to_be_visible()


async def _new_agent(view: View) -> None:
    await view.button("Add agent", "添加客服").click()
    await expect(view.field("E-mail", "邮箱")).to_be_visible()


async def _refused(view: View) -> None:
    await view.refuse(r"/api/v1/me/(sessions|second-step)$")


async def _failure(view: View) -> None:
    await expect(view.page.get_by_role("button", name=view.words("Try again", "再试一次")).first).to_be_visible()


SCREENS = (
    Screen("settings", "/settings", _first, Who.OWNER),
    Screen("settings-profile", "/settings/profile", _page, Who.OWNER, whole=True),
    Screen("settings-profile-secured", "/settings/profile", _page, Who.OWNER, House.EMPTY, whole=True),
    Screen("settings-profile-failed", "/settings/profile", _failure, Who.OWNER, before=_refused, whole=True),
    Screen("settings-notifications", "/settings/notifications", _page, Who.AGENT),
    Screen("settings-inboxes", "/settings/inboxes", _page, Who.OWNER, whole=True),
    Screen("settings-inboxes-widget", "/settings/inboxes", _widget, Who.OWNER, whole=True),
    Screen("settings-inboxes-agent", "/settings/inboxes", _page, Who.AGENT, whole=True),
    Screen("settings-agents", "/settings/agents", _page, Who.OWNER, whole=True),
    Screen("settings-agents-new", "/settings/agents", _new_agent, Who.OWNER, whole=True),
    Screen("settings-canned", "/settings/canned", _page, Who.OWNER, whole=True),
    Screen("settings-canned-agent", "/settings/canned", _page, Who.AGENT, whole=True),
    Screen("settings-fields", "/settings/fields", _page, Who.OWNER, whole=True),
    Screen("settings-teams", "/settings/teams", _page, Who.OWNER, whole=True),
    Screen("settings-server", "/settings/server", _server, Who.OWNER, whole=True),
    Screen("settings-server-none", "/settings/server", _server, Who.OWNER, House.EMPTY, whole=True),
    Screen("settings-about", "/settings/about", _page, Who.AGENT, whole=True),
    Screen("settings-teams-none", "/settings/teams", _page, Who.OWNER, House.EMPTY, whole=True),
    Screen("kit", "/kit", _page, whole=True),
)
