"""A browser at one screen, in one language, on a desk or a phone: what a step sees and does."""

import json
import re
from pathlib import Path

from msgspec import Struct
from playwright.async_api import FrameLocator, Locator, Page, Route, expect

from tests.journeys.desk import Desk

SETTLED = """async () => {
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


class View(Struct, frozen=True):
    """`desk` speaks REST as the owner; `phone`: 390 wide, by touch; `folder`: for files that are sent."""

    page: Page
    language: str
    phone: bool
    url: str
    desk: Desk | None
    folder: Path
    held: list[Route] = []

    def words(self, en: str, zh: str) -> str:
        """The words of the page's language."""
        return zh if self.language == "zh" else en

    def button(self, en: str, zh: str) -> Locator:
        """The button of this name."""
        return self.page.get_by_role("button", name=self.words(en, zh), exact=True)

    def field(self, en: str, zh: str) -> Locator:
        """The field of this label."""
        return self.page.get_by_label(self.words(en, zh), exact=True)

    async def sees(self, selector: str) -> None:
        """Waits until something of this kind stands there."""
        await expect(self.page.locator(selector).first).to_be_visible()

    async def chat(self, text: str) -> Page | FrameLocator:
        """Where the visitor writes: the page itself or the widget's frame; he begins and says this."""
        embedded = await self.page.locator("monodesk-widget").count() > 0
        window = self.page.frame_locator("monodesk-widget iframe") if embedded else self.page
        await window.get_by_role("button", name=self.words("Start a conversation", "开始会话")).click()
        field = window.get_by_role("textbox", name=self.words("Your message", "消息内容"))
        await field.fill(text)
        await field.press("Enter")
        await expect(window.get_by_role("log").locator(".bub.pending")).to_have_count(0)
        return window

    def answer(self, question: str, *texts: str) -> None:
        """The owner answers the visitor who asked this."""
        assert self.desk is not None
        rows = self.desk.ask("GET", "/api/v1/conversations?view=unassigned&limit=200")["conversations"]
        conv = next(row["conversation"]["id"] for row in reversed(rows) if question in str(row["conversation"]))
        self.desk.ask("POST", f"/api/v1/conversations/{conv}/take", {})
        for text in texts:
            self.desk.say(conv, text)

    async def refuse(self, address: str, status: int = 503) -> None:
        """From now on this address is answered with a refusal."""
        why = self.words("The desk is busy. Try again in a moment.", "服务台正忙，请稍后再试。")
        body = json.dumps({"code": "busy", "title": why, "detail": why})

        async def answer(route: Route) -> None:
            await route.fulfill(status=status, content_type="application/problem+json", body=body)

        await self.page.route(re.compile(address), answer)

    async def withhold(self, address: str) -> None:
        """From now on this address is never answered."""

        await self.page.route(re.compile(address), lambda route: self.held.append(route))

    async def let_go(self) -> None:
        """Ends what was withheld, before the page closes."""
        for route in self.held:
            await route.abort()

    async def cut(self) -> None:
        """From now on the line cannot be opened."""
        await self.page.route_web_socket(re.compile("/ws"), lambda socket: socket.close(code=1012))
        await self.page.route(re.compile("/poll$"), lambda route: route.abort())
