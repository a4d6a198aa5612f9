"""A visitor's day: he is invited, waits, leaves a message; comes again, is answered and rates; goes on by mail."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.journeys.day import Day, Post, a_day, named, post, text_of
from tests.journeys.people import Visitor
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "invite": "Which pot may it be?", "place": "Your place in the queue",
        "second": "You are number 2 in the queue", "next": "You are next", "leave": "Leave a message instead",
        "title": "Leave a message", "address": "E-mail or phone", "more": "Anything to add?",
        "get": "Leave it and get a number", "number": "Your number is", "show": "Show the conversation",
        "waits": "My lid is cracked", "adds": "A receipt is with it", "chat": "Open chat", "menu": "More",
        "transcript": "Mail the conversation to the customer", "asks": "Is the blue pot in stok?",
        "mends": "Is the blue pot in stock?", "own": "Change or delete this message", "change": "Edit",
        "edited": "edited", "offered": "is offered to you", "take": "Take it", "resolve": "Resolve",
        "answers": "Yes, three of them.", "rating": "Rating", "good": "Very good", "submit": "Submit",
        "rated": "You rated it: Very good", "told": "The customer rated it 5 of 5", "reopen": "Reopen",
        "once": "One was put aside for you.", "twice": "It leaves tomorrow.", "by_mail": "Thank you, by mail",
    },
    "zh": {
        "invite": "想要哪款壶？", "place": "排队位置", "second": "你排在第 2 位", "next": "下一位就是你",
        "leave": "改为留言", "title": "留言", "address": "邮箱或手机", "more": "还想补充什么？",
        "get": "留言，拿到受理号", "number": "受理号", "show": "查看会话", "waits": "壶盖裂了", "adds": "附上收据",
        "chat": "打开客服窗口", "menu": "更多", "transcript": "将会话记录发送给客户", "asks": "蓝色的壶有或吗？",
        "mends": "蓝色的壶有货吗？", "own": "编辑或删除这条消息", "change": "编辑", "edited": "已编辑",
        "offered": "派给了你", "take": "接待", "resolve": "解决", "answers": "有，还剩三把。", "rating": "评分",
        "good": "非常满意", "submit": "提交", "rated": "你的评分：非常满意", "told": "客户评分 5 / 5",
        "reopen": "重新打开", "once": "给您留了一把。", "twice": "明天发货。", "by_mail": "谢谢，邮件收到",
    },
}  # fmt: skip
MINUTES = 10  # that an answer may be unseen


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with a_day(tmp_path_factory.mktemp("day")) as day:
        yield day


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mails(day: Day) -> AsyncIterator[Post]:
    async with post(day) as mails:
        yield mails


def shop(day: Day, w: dict[str, str], language: str) -> tuple[str, str]:
    """A team with Mia in it, and the inbox of its website, which invites whoever looks at pots."""
    team, _ = day.team(named("Mia", language), language=language)
    rule = {"id": "pots", "text": {language: w["invite"]}, "page": "/pots", "seconds": 0}
    facts = {"name": f"Pots {language}", "team_id": team, "widget": {"invitations": [rule]}}
    return team, str(day.agent("POST", "inboxes", facts)["inbox"]["id"])


class Guest:
    """A visitor of the shop, and Mia at the desk."""

    def __init__(self, day: Day, agent: Page, w: dict[str, str], language: str) -> None:
        self.day = day
        self.agent = agent
        self.email = f"ben.{language}@example.com"
        self._w = w
        self._language = language

    async def arrives(self, page: Page, address: str, opener: str) -> None:
        """At the shop, and by this button into the chat."""
        self._visitor = Visitor(page, page.frame_locator("iframe"), self._language)
        self._frame = page.frame_locator("iframe")
        await page.goto(address)
        await page.get_by_role("button", name=opener).click()
        await self._visitor.begin()

    async def waits(self, first: str) -> None:
        """He is the second; then the first, whose conversation this is, has gone."""
        await self._visitor.say(self._w["waits"])
        place = self._frame.get_by_role("region", name=self._w["place"])
        await expect(place).to_contain_text(self._w["second"])
        for act in ("take", "resolve"):
            self.day.agent("POST", f"conversations/{first}/{act}", {})
        await expect(place).to_contain_text(self._w["next"])

    async def leaves_it_instead(self, receipt: Path) -> None:
        """He need not wait: what he asked becomes a ticket, with what he adds and a file."""
        w, frame = self._w, self._frame
        await frame.get_by_role("button", name=w["leave"]).click()
        await expect(frame.get_by_role("heading", level=1)).to_have_text(w["title"])
        await frame.get_by_label(w["address"]).fill(self.email)
        await frame.get_by_label(w["more"]).fill(w["adds"])
        await frame.locator("input[type=file]").set_input_files(receipt)
        await frame.get_by_role("button", name=w["get"]).click()
        told = frame.locator(".done-number")
        await expect(told).to_contain_text(w["number"])
        number = "".join(one for one in await told.inner_text() if one.isdigit())
        await frame.get_by_role("button", name=w["show"]).click()
        await expect(self._visitor.log).to_contain_text(w["adds"])
        await expect(self._visitor.log).to_contain_text(receipt.name)
        await self.agent.goto(f"{self.day.url}/tickets")
        row = self.agent.get_by_role("row").filter(has_text=f"#{number}")
        await row.get_by_role("link", name=w["waits"]).click()
        await expect(self.agent.locator(".ticket-words")).to_contain_text(w["adds"])

    async def is_answered(self) -> None:
        """His question is offered to Mia, who takes it; he mends its words before she answers."""
        w, log = self._w, self.agent.get_by_role("log")
        await self._visitor.say(w["asks"])
        offer = self.agent.get_by_role("article", name=w["offered"])
        await expect(offer).to_contain_text(w["asks"])
        await offer.get_by_role("button", name=w["take"], exact=True).click()
        await expect(self._visitor.log).to_contain_text("Mia")
        await self._visitor.log.get_by_role("button", name=w["own"]).click()
        await self._frame.get_by_role("menuitem", name=w["change"]).click()
        await self._visitor.say(w["mends"])
        await expect(log.get_by_role("article").filter(has_text=w["mends"])).to_contain_text(w["edited"])
        await self.hears(w["answers"])
        await expect(self._visitor.log).to_contain_text(w["answers"])

    async def hears(self, text: str) -> None:
        """Mia writes to him."""
        log = self.agent.get_by_role("log")
        await self.agent.get_by_role("form").get_by_role("textbox").fill(text)
        await self.agent.keyboard.press("Enter")
        await expect(log).to_contain_text(text)
        await expect(log.locator(".pending")).to_have_count(0)

    async def rates(self) -> None:
        """He is asked when it is over, and Mia sees what he said."""
        w = self._w
        await self.agent.get_by_role("button", name=w["resolve"], exact=True).click()
        invite = self._frame.get_by_role("region", name=w["rating"])
        await invite.get_by_role("button", name=w["good"]).click()
        await self._frame.get_by_role("button", name=w["submit"]).click()
        await expect(invite).to_contain_text(w["rated"])
        await expect(self.agent.get_by_role("log")).to_contain_text(w["told"])

    async def goes_on_by_mail(self, mails: Post) -> None:
        """He has left: what he has not seen leaves as one mail, and his answer to it comes to Mia."""
        w = self._w
        await self.agent.get_by_role("button", name=w["reopen"], exact=True).click()
        for text in (w["once"], w["twice"]):
            await self.hears(text)
        await self.day.passes(MINUTES)
        (letter,) = await mails.letters_to(self.email, 1)
        words = text_of(letter)
        assert all(text in words for text in (w["mends"], w["answers"], w["once"], w["twice"]))
        mails.comes(w["by_mail"], sender=f"Ben <{self.email}>", to=str(letter["Reply-To"]))
        await expect(self.agent.get_by_role("log")).to_contain_text(w["by_mail"])
        await self.day.passes(6 * MINUTES)
        await self.agent.get_by_role("button", name=w["menu"], exact=True).click()
        await self.agent.get_by_role("menuitem", name=w["transcript"]).click()
        (_, whole) = await mails.letters_to(self.email, 2)  # and no other before it
        assert w["by_mail"] in text_of(whole)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_visitors_day(
    day: Day, mails: Post, browser: Browser, watch: Watch, tmp_path: Path, language: str
) -> None:
    w = WORDS[language]
    team, inbox = shop(day, w, language)
    receipt = tmp_path / "receipt.txt"
    receipt.write_text("One pot, one lid", encoding="utf-8")
    agent = await day.signed_in(browser, watch, named("Mia", language), language)
    token, _ = day.desk.visitor(inbox)
    first = day.visitor("POST", "messages", token, {"text": "First in the queue"})["conv"]

    guest = Guest(day, agent, w, language)
    tag = f'<h1>Shop</h1><script src="{day.url}/widget.js" data-inbox="{inbox}" async></script>'
    with Site({"/pots": tag}) as site:
        context = await day.opened(browser, watch, language)
        page = await context.new_page()
        await guest.arrives(page, f"{site.url}/pots", w["invite"])
        await guest.waits(first)
        await guest.leaves_it_instead(receipt)
        await page.close()

        await day.passes(20 * 60)
        day.agent("PUT", f"teams/{team}/routing", {"mode": "offer", "strategy": "least_load"})
        await guest.arrives(await context.new_page(), f"{site.url}/pots", w["chat"])
        await guest.is_answered()
        await guest.rates()
        await context.close()
        await guest.goes_on_by_mail(mails)
