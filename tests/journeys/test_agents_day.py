"""An agent's day: offers refused and taken, colleagues, macros, what goes later, tickets, a mail, a visitor put out."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.day import Day, Post, a_day, named, post, text_of
from tests.journeys.test_tickets import fits
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "available": "Available", "away": "Away: Lunch", "offered": "is offered to you", "refuse": "Do not take it",
        "busy": "Too much to do", "again": "offered 2 times", "nth": "offered 2 times", "take": "Take it",
        "why": "Why you", "fewest": "Had the fewest open conversations", "note": "Note", "reply": "Reply",
        "mentioned": "@me", "field": "Reply or note", "more": "More", "macro": "Use a macro…",
        "steps": "What is done", "do": "Do it", "done": "done", "here": "This conversation", "priority": "Priority",
        "urgent": "Urgent", "add_tag": "Add a tag", "fact": "Add a fact", "name": "Fact", "value": "Value",
        "hand": "Hand over", "for_them": "Note for them (optional)", "hands": "hands", "with_you": "with you",
        "mine": "Mine", "unassigned": "Unassigned", "team": "Team", "off": "Take the tag",
        "hold": "Hold my answers before they go", "saved": "Saved", "waiting": "Answers that go later",
        "undo": "Undo", "later": "Send what is written later…", "hour": "In an hour", "take_back": "Take back",
        "edit": "Edit", "actions": "Message actions", "save": "Save", "edited": "edited",
        "versions": "Earlier versions…", "before": "Edited by", "back_then": "Taken back by", "put_off": "Put off…",
        "snoozed": "Put off", "came": "The time has come", "until": "Until the customer writes",
        "wake": "Take it up again", "merge": "Merge", "merge_item": "Merge or link…",
        "merged": "Merged conversations", "undo_merge": "Undo the merging", "resolve": "Resolve",
        "changed": "2 conversations changed", "chosen": "2 chosen", "make": "Make a ticket", "made": "made ticket #",
        "tickets": "Tickets", "board": "Board", "list": "List", "views": "Views", "keep": "Keep this view",
        "view_name": "Name of the view", "choose": "Choose ticket", "change": "Change them",
        "to_done": "Status: Done", "tickets_changed": "2 tickets changed", "ticket_done": "Done",
        "news": "Notices (2 new)", "none_new": "Notices", "seen": "I have seen them all", "yours": "Your ticket",
        "by_mail": "E-mail to", "visitors": "Visitors", "start": "Start a chat", "first": "First message",
        "send": "Send", "block": "Block this visitor", "reason": "Reason, for colleagues",
        "closed": "This chat is closed to you", "unblock": "Unblock", "hello": "Can I help?",
        "begin": "Start a conversation", "find": "Name, page, site he came from", "back": "Came again",
        "fresh": "New", "talking": "In a conversation", "open": "Open the conversation", "week": "One week",
        "settings": "Settings", "blocks": "Blocked visitors",
    },
    "zh": {
        "available": "可接待", "away": "离开：用餐", "offered": "派给了你", "refuse": "不接", "busy": "手头太忙",
        "again": "第 2 次派出", "nth": "次派出", "take": "接待", "why": "为何是你", "fewest": "手上的会话最少",
        "note": "备注", "reply": "回复", "mentioned": "@我", "field": "回复或备注", "more": "更多",
        "macro": "使用宏…", "steps": "将执行", "do": "执行", "done": "已执行", "here": "本次会话",
        "priority": "优先级", "urgent": "紧急", "add_tag": "添加标签", "fact": "添加一项", "name": "名目",
        "value": "内容", "hand": "转接", "for_them": "给对方的备注（可不填）", "hands": "转给你",
        "with_you": "你在接待", "mine": "我的", "unassigned": "未分配", "team": "团队", "off": "去掉标签",
        "hold": "发送前暂缓", "saved": "已保存", "waiting": "待发送的回复", "undo": "撤销",
        "later": "定时发送已写内容…", "hour": "一小时后", "take_back": "撤回", "edit": "编辑", "actions": "消息操作",
        "save": "保存", "edited": "已编辑", "versions": "历史版本…", "before": "编辑，之前的内容",
        "back_then": "撤回，原来的内容", "put_off": "稍后处理…", "snoozed": "稍后处理", "came": "稍后处理的时间已到",
        "until": "到客户来信为止", "wake": "恢复处理", "merge": "合并", "merge_item": "合并或关联…",
        "merged": "已合并的会话", "undo_merge": "撤销合并", "resolve": "解决", "changed": "已修改 2 个会话",
        "chosen": "已选 2 个", "make": "生成工单", "made": "新建了工单 #", "tickets": "工单", "board": "看板",
        "list": "列表", "views": "视图", "keep": "保存当前视图", "view_name": "视图名称", "choose": "选择工单",
        "change": "批量修改", "to_done": "状态：已完成", "tickets_changed": "已修改 2 个工单",
        "ticket_done": "已完成", "news": "提醒（2 条新）", "none_new": "提醒", "seen": "全部标为已读",
        "yours": "你的工单", "by_mail": "发送邮件至", "visitors": "在线访客", "start": "发起会话",
        "first": "第一条消息", "send": "发送", "block": "屏蔽该访客", "reason": "原因（同事可见）",
        "closed": "你已无法使用该会话", "unblock": "取消屏蔽", "hello": "需要帮忙吗？", "begin": "开始会话",
        "find": "姓名、页面、来源网站", "back": "再次来访", "fresh": "新访客", "talking": "会话中", "open": "打开与",
        "week": "一周", "settings": "设置", "blocks": "屏蔽的访客",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with a_day(tmp_path_factory.mktemp("day")) as day:
        yield day


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mails(day: Day) -> AsyncIterator[Post]:
    async with post(day) as mails:
        yield mails


class Shop:
    """A website, the team behind it, and who comes to it."""

    def __init__(self, day: Day, language: str, *colleagues: str) -> None:
        self.day = day
        self._language = language
        self.names = [named(one, language) for one in colleagues]
        self.team, self.people = day.team(*self.names, language=language)
        facts = {"name": f"Shop of {self.names[0]}", "team_id": self.team}
        self.inbox = str(day.agent("POST", "inboxes", facts)["inbox"]["id"])

    def asks(self, text: str, token: str = "") -> tuple[str, str]:
        """A visitor, new without a token, begins a conversation: his token and its id."""
        if not token:
            new = {"inbox": self.inbox, "language": self._language}
            token = str(self.day.desk.ask("POST", "/api/v1/visitor/session", new)["token"])
        return token, str(self.day.visitor("POST", "messages", token, {"text": text})["conv"])


def field(page: Page, w: dict[str, str]) -> Locator:
    return page.get_by_role("form", name=w["field"]).get_by_role("textbox")


async def chosen(page: Page, more: str, item: str) -> None:
    """Something out of the conversation's menu."""
    await page.get_by_role("button", name=more, exact=True).click()
    await page.get_by_role("menuitem", name=re.compile(re.escape(item))).click()


async def available(page: Page, item: str) -> None:
    """He says how he is."""
    await page.locator("nav.rail button[aria-haspopup]").click()
    await page.get_by_role("menuitemradio", name=item, exact=True).click()


async def offered(day: Day, page: Page, w: dict[str, str], text: str) -> None:
    """What he refuses comes to him again, after a while, for nobody else is there; then he takes it, and sees why."""
    offer = page.get_by_role("article", name=w["offered"])
    await expect(offer).to_contain_text(text)
    await offer.get_by_role("button", name=w["refuse"], exact=True).click()
    await page.get_by_role("menuitem", name=w["busy"]).click()
    await expect(offer).to_have_count(0)
    await day.passes(2.1)
    await expect(offer).to_contain_text(w["again"])
    await offer.get_by_role("button", name=w["take"], exact=True).click()
    await expect(page.get_by_role("log")).to_contain_text(text)
    side = page.locator("aside.side")
    await expect(side).to_contain_text(w["why"])
    await expect(side).to_contain_text(w["fewest"])


async def labelled(page: Page, w: dict[str, str], tag: str) -> None:
    """Priority, a tag, and a fact of the customer that nobody had a field for."""
    here = page.get_by_role("region", name=w["here"])
    await here.get_by_label(w["priority"]).select_option(label=w["urgent"])
    await expect(page.get_by_role("log").get_by_text(w["urgent"])).to_be_visible()
    await here.get_by_label(w["add_tag"]).select_option(label=tag)
    await expect(here.get_by_role("button", name=re.compile(f"{w['off']}.*{tag}"))).to_be_visible()
    side = page.locator("aside.side")
    await side.get_by_role("button", name=w["fact"]).click()
    await side.get_by_label(w["name"], exact=True).fill("Shop No.")
    await side.get_by_label(w["value"], exact=True).fill("S-4711")
    await side.get_by_label(w["value"], exact=True).press("Enter")
    await expect(side.get_by_role("button", name=re.compile("Shop No.*S-4711"))).to_be_visible()


async def macro_done(page: Page, w: dict[str, str], macro: str) -> None:
    """It is shown before it is done, and the field stays as it is."""
    await field(page, w).fill("half a sentence")
    await chosen(page, w["more"], w["macro"])
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=macro).click()
    await expect(dialog.get_by_role("list", name=w["steps"]).get_by_role("listitem")).to_have_count(2)
    await dialog.get_by_role("button", name=w["do"], exact=True).click()
    await expect(page.get_by_role("status").get_by_text(w["done"])).to_be_visible()
    await expect(dialog).to_have_count(0)
    await expect(field(page, w)).to_have_value("half a sentence")
    await field(page, w).fill("")


async def mentioned(mia: Page, tom: Page, w: dict[str, str], name: str) -> None:
    """A private line names a colleague, who finds it."""
    await mia.get_by_role("tab", name=w["note"], exact=True).click()
    await field(mia, w).press_sequentially("@To")
    await mia.get_by_role("option", name=re.compile(name)).click()
    await mia.keyboard.type("do you know the carrier?")
    await field(mia, w).press("Enter")
    await expect(mia.get_by_role("log")).to_contain_text("do you know the carrier?")
    await mia.get_by_role("tab", name=w["reply"], exact=True).click()
    tab = tom.get_by_role("tab", name=w["mentioned"])
    await expect(tab).to_contain_text("1")
    await tab.click()
    await tom.get_by_role("option").filter(has_text="do you know the carrier?").click()


async def handed_over(mia: Page, tom: Page, w: dict[str, str], name: str) -> None:
    """With a note; it is his once he has taken it."""
    await mia.get_by_role("button", name=w["hand"]).click()
    dialog = mia.get_by_role("dialog")
    await dialog.get_by_text(name).click()
    await dialog.get_by_label(w["for_them"]).fill("He knows you")
    await dialog.get_by_role("button", name=w["hand"]).click()
    offer = tom.get_by_role("article", name=re.compile(w["hands"]))
    await expect(offer).to_contain_text("He knows you")
    await expect(offer).not_to_contain_text(w["nth"])  # how often others were asked is not his matter
    await offer.get_by_role("button", name=w["take"], exact=True).click()
    await expect(tom.locator(".thread-head")).to_contain_text(w["with_you"])
    await expect(mia.locator(".thread-head")).to_contain_text(name)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_morning_of_offers_and_colleagues(day: Day, browser: Browser, watch: Watch, language: str) -> None:
    w, text = WORDS[language], f"Where is my parcel? {language}"
    shop = Shop(day, language, "Mia", "Tom")
    day.agent("PUT", f"teams/{shop.team}/routing", {"mode": "offer", "strategy": "least_load"})
    tag = f"Parcel {language}"
    day.agent("POST", "tags", {"name": tag, "color": "blue"})
    answer = {"do": "reply", "text_en": "We look for it.", "text_zh": "我们在找。"}
    macro = {"name": f"Look {language}", "scope": "team", "team_id": shop.team}
    day.agent("POST", "macros", macro | {"actions": [answer, {"do": "priority", "priority": 3}]})

    mia = await day.signed_in(browser, watch, shop.names[0], language)
    await available(mia, w["away"])
    await available(mia, w["available"])
    token, conv = shop.asks(text)
    await offered(day, mia, w, text)

    tom = await day.signed_in(browser, watch, shop.names[1], language)
    await mentioned(mia, tom, w, shop.names[1])
    await expect(tom.get_by_role("log")).to_contain_text(text)
    await labelled(mia, w, tag)
    await macro_done(mia, w, f"Look {language}")

    await handed_over(mia, tom, w, shop.names[1])
    await expect(tom.locator("aside.side")).to_contain_text("S-4711")
    said = day.visitor("GET", f"conversations/{conv}/messages", token, {})["messages"]
    assert [one["text"] for one in said if one["kind"] == "message"] == [text, answer[f"text_{language}"]]
    await fits(tom)


async def opened_conversation(page: Page, text: str) -> None:
    """By its row in the list."""
    await page.get_by_role("option").filter(has_text=text).click()
    await expect(page.get_by_role("log")).to_contain_text(text)


async def taken_back_in_time(page: Page, w: dict[str, str]) -> None:
    """A rash answer is held, and comes back into the field."""
    await page.locator("nav.rail").get_by_role("link").last.click()
    await page.get_by_label(w["hold"]).select_option("30")
    await expect(page.get_by_text(w["saved"], exact=True).first).to_be_visible()
    await page.go_back()
    await field(page, w).fill("rash words")
    await field(page, w).press("Enter")
    waits = page.get_by_role("group", name=w["waiting"])
    await expect(waits).to_contain_text("rash words")
    await waits.get_by_role("button", name=w["undo"]).click()
    await expect(field(page, w)).to_have_value("rash words")
    await expect(page.get_by_role("log")).not_to_contain_text("rash words")


async def sent_later(day: Day, page: Page, w: dict[str, str]) -> None:
    """It goes in an hour, by the server: what waits is shown until then."""
    await field(page, w).fill("The carrier called")
    await chosen(page, w["more"], w["later"])
    await page.get_by_role("dialog").get_by_role("button", name=w["hour"]).click()
    waits = page.get_by_role("group", name=w["waiting"])
    await expect(waits).to_contain_text("The carrier called")
    await day.passes(61)
    await expect(page.get_by_role("log")).to_contain_text("The carrier called")
    await expect(waits).to_have_count(0)


async def amended(page: Page, w: dict[str, str]) -> None:
    """One answer is changed, another taken back; what they said before can be looked up."""
    log = page.get_by_role("log")
    for text in ("It comes on Munday", "A secret"):
        await field(page, w).fill(text)
        await page.keyboard.press("Enter")
        await expect(log).to_contain_text(text)
    await expect(log.locator(".pending")).to_have_count(0)
    await act(page, w, "It comes on Munday", w["edit"])
    await log.get_by_label(w["edit"]).fill("It comes on Monday")
    await page.keyboard.press("Enter")
    await expect(log.get_by_role("article").filter(has_text="It comes on Monday")).to_contain_text(w["edited"])
    await act(page, w, "A secret", w["take_back"])
    await page.get_by_role("dialog").get_by_role("button", name=w["take_back"]).click()
    await expect(log).not_to_contain_text("A secret")
    await looked_up(page, w)


async def looked_up(page: Page, w: dict[str, str]) -> None:
    """What his words were before."""
    await chosen(page, w["more"], w["versions"])
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("It comes on Munday")
    await expect(dialog).to_contain_text(w["before"])
    await expect(dialog).to_contain_text(w["back_then"])
    await expect(dialog).not_to_contain_text("A secret")  # which is for who reads the audit log
    await page.keyboard.press("Escape")


async def act(page: Page, w: dict[str, str], text: str, item: str) -> None:
    """Out of the menu of one's own words."""
    words = page.get_by_role("log").get_by_role("article").filter(has_text=text)
    await words.hover()
    await words.get_by_role("button", name=w["actions"]).click()
    await page.get_by_role("menuitem", name=item, exact=True).click()


async def put_off(day: Day, page: Page, w: dict[str, str], text: str) -> None:
    """For an hour; then it is back where it was."""
    await chosen(page, w["more"], w["put_off"])
    await page.get_by_role("dialog").get_by_role("button", name=w["hour"]).click()
    row = page.get_by_role("option").filter(has_text=text)
    await page.get_by_role("button", name=w["snoozed"], exact=True).click()
    await expect(row).to_be_visible()
    await day.passes(61)
    await expect(row).to_have_count(0)
    await page.get_by_role("tab", name=w["mine"]).click()
    await expect(row).to_be_visible()
    await expect(page.get_by_role("log")).to_contain_text(w["came"])
    await chosen(page, w["more"], w["put_off"])  # again, and taken up again by hand
    await page.get_by_role("dialog").get_by_role("button", name=w["until"]).click()
    await expect(row).to_have_count(0)
    await chosen(page, w["more"], w["wake"])
    await expect(row).to_be_visible()


async def merged(page: Page, w: dict[str, str], text: str, second: str) -> None:
    """The same customer's other conversation is read here; and goes on by itself again."""
    await chosen(page, w["more"], w["merge_item"])
    dialog = page.get_by_role("dialog")
    other = dialog.get_by_role("listitem").filter(has_text=second)
    await expect(other).to_be_visible()
    await other.get_by_role("button", name=w["merge"], exact=True).click()
    blocks = page.get_by_role("group", name=w["merged"])
    await expect(blocks).to_contain_text(second)
    await expect(page.get_by_role("option").filter(has_text=second)).to_have_count(0)
    await blocks.get_by_role("button", name=w["undo_merge"]).click()
    await expect(blocks).to_have_count(0)
    await expect(page.get_by_role("option").filter(has_text=second)).to_be_visible()


async def many_resolved(page: Page, w: dict[str, str], *texts: str) -> None:
    """At once."""
    for text in texts:
        await page.get_by_role("option").filter(has_text=text).click(modifiers=["Control"])
    bar = page.get_by_role("toolbar", name=w["chosen"])
    await bar.get_by_role("button", name=w["resolve"], exact=True).click()
    await expect(page.get_by_text(w["changed"])).to_be_visible()
    await expect(bar).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_noon_of_second_thoughts(day: Day, browser: Browser, watch: Watch, language: str) -> None:
    w, text, second = WORDS[language], f"Which carrier is it? {language}", f"And the invoice? {language}"
    shop = Shop(day, language, "Ada")
    page = await day.signed_in(browser, watch, shop.names[0], language)
    token, conv = shop.asks(text)
    for one in (conv, shop.asks(second, token)[1]):
        day.agent("POST", f"conversations/{one}/assign", {"agent_id": shop.people[shop.names[0]]})
    await opened_conversation(page, text)
    await amended(page, w)
    await sent_later(day, page, w)
    await put_off(day, page, w, "The carrier called")
    await merged(page, w, text, second)
    await taken_back_in_time(page, w)
    await field(page, w).fill("")
    await many_resolved(page, w, "The carrier called", second)
    await looked_up(page, w)  # also when all is over
    await fits(page)


async def tickets_kept(page: Page, w: dict[str, str], title: str, language: str) -> None:
    """The board moves one, a view keeps a list, many are changed at once."""
    await page.get_by_role("tab", name=w["board"], exact=True).click()
    card = page.locator(".board-card").filter(has_text=title)
    await expect(card).to_be_visible()
    await card.drag_to(page.locator('[data-status="waiting"]'))
    await expect(page.locator('[data-status="waiting"]').filter(has_text=title)).to_be_visible()
    await page.get_by_role("tab", name=w["list"], exact=True).click()
    await page.get_by_label(w["priority"], exact=True).select_option("3")
    rows = page.get_by_role("table", name=w["tickets"]).locator("tbody tr")
    await expect(rows).to_have_count(2)
    await page.get_by_role("button", name=w["views"]).click()
    await page.get_by_role("menuitem", name=w["keep"]).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(w["view_name"]).fill(f"High {language}")
    await dialog.get_by_role("button", name=w["save"], exact=True).click()
    await expect(page.get_by_role("button", name=f"High {language}")).to_be_visible()
    for place in (0, 1):
        await rows.nth(place).get_by_role("checkbox", name=re.compile(w["choose"])).check()
    await page.get_by_role("button", name=w["change"]).click()
    await page.get_by_role("menuitem", name=w["to_done"]).click()
    await expect(page.locator(".toast")).to_contain_text(w["tickets_changed"])
    await expect(rows.get_by_text(w["ticket_done"], exact=True)).to_have_count(2)
    await page.get_by_label(w["priority"], exact=True).select_option("2")
    await expect(rows).to_have_count(1)
    await page.get_by_role("button", name=w["views"]).click()
    await page.get_by_role("menuitemradio", name=f"High {language}").click()
    await expect(rows).to_have_count(2)


async def notices_read(page: Page, w: dict[str, str], titles: tuple[str, ...]) -> None:
    """What was given to him is told, and marked as read."""
    await page.get_by_role("button", name=w["news"], exact=True).click()
    dialog = page.get_by_role("dialog")
    for title in titles:
        await expect(dialog).to_contain_text(title)
    await expect(dialog).to_contain_text(w["yours"])
    await dialog.get_by_role("button", name=w["seen"]).click()
    await expect(dialog.get_by_role("button", name=w["seen"])).to_be_disabled()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name=w["none_new"], exact=True)).to_be_visible()


async def answered_by_mail(page: Page, mails: Post, w: dict[str, str], language: str) -> None:
    """A customer's mail is a conversation; its answer is a mail under the same subject."""
    customer = f"eva.{language}@example.com"
    mails.comes(f"Is it repaired? {language}", sender=f"Eva <{customer}>", subject="Order 1042")
    await page.goto(page.url.split("/tickets")[0])
    await page.get_by_role("tab", name=w["unassigned"]).click()
    await opened_conversation(page, f"Is it repaired? {language}")
    await expect(page.get_by_role("form", name=w["field"])).to_contain_text(f"{w['by_mail']} {customer}")
    await field(page, w).fill("It is, since Tuesday.")
    await field(page, w).press("Enter")
    (letter,) = await mails.letters_to(customer, 1)
    assert letter["Subject"] == "Re: Order 1042"
    assert "It is, since Tuesday." in text_of(letter)
    mails.comes("Thank you!", sender=customer, to=str(letter["From"]), subject="Re: Order 1042",
                references=str(letter["Message-ID"]))  # fmt: skip
    await expect(page.get_by_role("log")).to_contain_text("Thank you!")


async def spoken_to_first(page: Page, visitor: Page, w: dict[str, str]) -> None:
    """Who looks around on the site is found among the others, and spoken to."""
    place = visitor.url.rsplit("/", 1)[1]
    await page.get_by_role("link", name=w["visitors"]).first.click()
    row = page.get_by_role("row").filter(has_text=place)
    await page.get_by_label(w["find"]).fill(place)
    await expect(row).to_have_count(1)  # by itself
    await page.get_by_role("tab", name=w["back"]).click()
    await expect(row).to_have_count(0)
    await page.get_by_role("tab", name=w["fresh"], exact=True).click()
    await row.get_by_role("button", name=w["start"]).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(w["first"]).fill(w["hello"])
    await dialog.get_by_role("button", name=w["send"], exact=True).click()
    await expect(page.get_by_role("log")).to_contain_text(w["hello"])
    await expect(visitor.locator(".arts button")).to_contain_text(w["hello"])  # with nothing done by him
    await page.go_back()
    await page.get_by_label(w["find"]).fill(place)
    await expect(row).to_contain_text(w["talking"])
    await row.get_by_role("button", name=w["open"]).click()


async def put_out(day: Day, page: Page, visitor: Page, watch: Watch, w: dict[str, str]) -> None:
    """He is blocked, also when he comes again; and let in again where all who are blocked stand."""
    watch.expect_outage()  # the visitor's browser writes each refusal down
    side, spam = page.locator("aside.side"), f"Spam at {visitor.url[-6:]}"
    await side.get_by_role("button", name=w["block"]).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(w["reason"]).fill(spam)
    await dialog.get_by_role("combobox").select_option(label=w["week"])
    await dialog.get_by_role("button", name=w["block"]).click()
    await expect(side).to_contain_text(spam)
    await expect(visitor.get_by_text(w["closed"])).to_be_visible()
    await visitor.reload()
    await expect(visitor.get_by_text(w["closed"])).to_be_visible()
    conv = page.url.split("/c/")[1][:26]
    head = day.desk.ask("GET", f"/api/v1/conversations/{conv}")["conversation"]
    assert (head["status"], head["close_reason"]) == ("closed", "blocked")
    await page.get_by_role("link", name=w["settings"]).click()
    await page.get_by_role("link", name=w["blocks"]).click()
    row = page.get_by_role("row").filter(has_text=spam)
    await row.get_by_role("button", name=w["unblock"]).click()
    await expect(row).to_have_count(0)
    await visitor.reload()
    await expect(visitor.get_by_role("button", name=w["begin"])).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_an_afternoon_of_tickets_mails_and_guests(
    day: Day, mails: Post, browser: Browser, watch: Watch, language: str
) -> None:
    w, text = WORDS[language], f"The handle came off {language}"
    shop = Shop(day, language, "Kim")
    page = await day.signed_in(browser, watch, shop.names[0], language)
    shop.asks(text)
    await page.get_by_role("tab", name=w["unassigned"]).click()
    await opened_conversation(page, text)
    await page.get_by_role("button", name=w["make"]).click()
    await expect(page.get_by_role("log")).to_contain_text(w["made"])
    titles = f"Count the cups {language}", f"Call the carrier {language}"
    for title in titles:
        facts: dict[str, Any] = {"assignee_id": shop.people[shop.names[0]], "priority": 3, "team_id": shop.team}
        day.agent("POST", "tickets", {"title": title} | facts)
    await page.get_by_role("link", name=re.compile(w["tickets"])).first.click()
    await notices_read(page, w, titles)
    await page.get_by_label(w["team"], exact=True).select_option(label=f"Team of {shop.names[0]}")
    await tickets_kept(page, w, text, language)
    await answered_by_mail(page, mails, w, language)
    visitor = await (await day.opened(browser, watch, language)).new_page()
    await visitor.goto(f"{day.url}/chat/{shop.inbox}")
    await expect(visitor.get_by_role("button", name=w["begin"])).to_be_visible()
    await spoken_to_first(page, visitor, w)
    await put_out(day, page, visitor, watch, w)
