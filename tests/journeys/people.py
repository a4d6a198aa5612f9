"""A visitor and an agent at their screens: what a person does and sees, in one place for every journey.

Elements are found as a person or a screen reader finds them, by role and name, in the page's language.
"""

from pathlib import Path

from playwright.async_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.watch import Watch

INBOX = "demo0000000000000000000000"
PATIENCE_MS = 60_000  # a deadline against hanging; no test waits for it where all is well
_LOCALES = {"en": "en-GB", "zh": "zh-CN"}
_AGENTS = {"en": "Hannah Reed", "zh": "陈默"}
_WORDS = {
    "en": {
        "open_chat": "Open chat",
        "start": "Start a conversation",
        "message": "Your message",
        "conversation": "Conversation",
        "read": "Read",
        "unassigned": "Unassigned",
        "reply_or_note": "Reply or note",
        "note": "Note",
        "reply": "Reply",
        "send": "Send",
        "take": "Take",
        "resolve": "Resolve",
        "reopen": "Reopen",
    },
    "zh": {
        "open_chat": "打开客服窗口",
        "start": "开始会话",
        "message": "消息内容",
        "conversation": "会话",
        "read": "已读",
        "unassigned": "未分配",
        "reply_or_note": "回复或备注",
        "note": "备注",
        "reply": "回复",
        "send": "发送",
        "take": "接手",
        "resolve": "解决",
        "reopen": "重新打开",
    },
}


class Visitor:
    """Somebody at a website, or on the stand-alone page."""

    def __init__(self, page: Page, view: Page | FrameLocator, language: str) -> None:
        self.page = page
        self._view = view
        self._words = _WORDS[language]

    @classmethod
    async def on_chat_page(cls, browser: Browser, watch: Watch, url: str, language: str = "en") -> "Visitor":
        """Opens the stand-alone page and begins."""
        page = await _page(browser, watch, language)
        await page.goto(f"{url}/chat/{INBOX}")
        visitor = cls(page, page, language)
        await visitor.begin()
        return visitor

    @classmethod
    async def in_shop(cls, browser: Browser, watch: Watch, url: str, language: str = "en") -> "Visitor":
        """Opens the demo shop and its widget, and begins."""
        page = await _page(browser, watch, language)
        await page.goto(f"{url}/demo")
        await page.get_by_role("button", name=_WORDS[language]["open_chat"]).click()
        visitor = cls(page, page.frame_locator("iframe"), language)
        await visitor.begin()
        return visitor

    async def begin(self) -> None:
        """From the greeting to the field."""
        await self._view.get_by_role("button", name=self._words["start"]).click()
        await expect(self.field).to_be_visible()

    @property
    def field(self) -> Locator:
        return self._view.get_by_role("textbox", name=self._words["message"])

    @property
    def log(self) -> Locator:
        return self._view.get_by_role("log", name=self._words["conversation"])

    async def say(self, text: str) -> None:
        """Type and press Enter."""
        await self.field.fill(text)
        await self.field.press("Enter")

    async def begin_typing(self, text: str) -> None:
        """Type, key by key, without sending."""
        await self.field.press_sequentially(text)

    async def attach(self, path: Path) -> None:
        """Choose a file and send it."""
        await self._view.locator("input[type=file]").set_input_files(path)
        await expect(self._view.locator(".chosen progress, .chosen [role=progressbar]")).to_have_count(0)
        await self.field.press("Enter")

    async def sees(self, *texts: str) -> None:
        """Waits until the thread's words are exactly these, in this order."""
        await expect(self.log.locator(".bub")).to_have_text(texts, timeout=PATIENCE_MS)

    async def sees_confirmed(self) -> None:
        """Waits until nothing waits to be sent."""
        await expect(self.log.locator(".bub.pending")).to_have_count(0, timeout=PATIENCE_MS)

    async def sees_read(self) -> None:
        """Waits until his last words are marked as read."""
        await expect(self.log.locator(".foot").last).to_contain_text(self._words["read"], timeout=PATIENCE_MS)

    async def sees_writing(self) -> None:
        """Waits until somebody is writing to him."""
        await expect(self.log.locator(".dots")).to_be_visible(timeout=PATIENCE_MS)


class Agent:
    """A colleague in the console."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self._words = _WORDS[language]

    @classmethod
    async def signed_in(
        cls, browser: Browser, watch: Watch, appliance: Appliance, language: str = "en", url: str | None = None
    ) -> "Agent":
        """Signs in by the demo link of an agent who speaks the language, at `url` where it is another than printed."""
        page = await _page(browser, watch, language)
        await page.goto((url or appliance.url) + appliance.demo_link(_AGENTS[language]))
        agent = cls(page, language)
        await expect(agent.page.get_by_role("listbox")).to_be_visible(timeout=PATIENCE_MS)
        return agent

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("form", name=self._words["reply_or_note"]).get_by_role("textbox")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    async def open(self, text: str) -> None:
        """Opens the unassigned conversation whose last words are these."""
        await self.page.get_by_role("tab", name=self._words["unassigned"]).click()
        row = self.page.get_by_role("option").filter(has_text=text)
        rows = self.page.get_by_role("listbox")
        await expect(rows).to_be_visible(timeout=PATIENCE_MS)
        await rows.press("End")  # the newest waits the shortest time, so it stands last
        await row.click(timeout=PATIENCE_MS)
        await expect(self.log).to_be_visible(timeout=PATIENCE_MS)

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def note(self, text: str) -> None:
        """Leaves a private line."""
        await self.page.get_by_role("tab", name=self._words["note"], exact=True).click()
        await self.say(text)
        await self.page.get_by_role("tab", name=self._words["reply"], exact=True).click()

    async def begin_typing(self, text: str) -> None:
        await self.field.press_sequentially(text)

    async def attach(self, path: Path) -> None:
        """Choose a file and send it."""
        await self.page.locator("form input[type=file]").set_input_files(path)
        await self.page.get_by_role("button", name=self._words["send"], exact=True).click()

    async def press(self, action: str) -> None:
        """Press the button of this name: take, resolve, reopen."""
        await self.page.get_by_role("button", name=self._words[action], exact=True).click()

    async def sees(self, *texts: str) -> None:
        """Waits until the thread's words, private lines among them, are exactly these, in this order."""
        await expect(self.log.locator(".words")).to_have_text(texts, timeout=PATIENCE_MS)

    async def sees_confirmed(self) -> None:
        """Waits until nothing waits to be sent."""
        await expect(self.log.locator(".pending")).to_have_count(0, timeout=PATIENCE_MS)

    async def sees_unsent(self, text: str) -> None:
        """Waits until the visitor's unsent words are shown."""
        await expect(self.log.locator(".ghost-bub")).to_have_text(text, timeout=PATIENCE_MS)

    async def sees_read(self) -> None:
        """Waits until his last words are marked as read by the visitor."""
        await expect(self.log.locator(".say.me .foot").last).to_contain_text(self._words["read"], timeout=PATIENCE_MS)


async def _page(browser: Browser, watch: Watch, language: str) -> Page:
    context: BrowserContext = await browser.new_context(
        locale=_LOCALES[language], viewport={"width": 1440, "height": 900}, accept_downloads=True
    )
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return await context.new_page()
