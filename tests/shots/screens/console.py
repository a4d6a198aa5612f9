"""The workspace: list, thread, contact, search, and the same while something is missing."""

from playwright.async_api import Locator, expect

from tests.shots.screen import House, Screen, Who
from tests.shots.view import View


async def at_list(view: View) -> None:
    """The list, with a conversation in it."""
    await expect(view.page.get_by_role("option").first).to_be_visible()


async def _unassigned(view: View) -> None:
    await view.page.get_by_role("tab", name=view.words("Unassigned", "未分配")).click()
    await at_list(view)


async def at_thread(view: View) -> None:
    """The first conversation, with nothing in its field."""
    await view.page.get_by_role("option").first.click()
    await expect(view.page.get_by_role("log").locator(".bub").first).to_be_visible()
    await view.page.get_by_role("tab", name=view.words("Reply", "回复"), exact=True).click()
    await reply_field(view).fill("")  # what was written at the screen before is kept by the server


async def with_contact(view: View) -> None:
    """The same with the pane of its customer."""
    await at_thread(view)
    if view.page.viewport_size and view.page.viewport_size["width"] < 1180:
        await view.button("Show the contact", "查看联系人").click()
    await expect(view.page.locator("aside.side h2, aside.side h3").first).to_be_visible()


async def _note(view: View) -> None:
    await at_thread(view)
    await view.page.get_by_role("tab", name=view.words("Note", "备注"), exact=True).click()
    field = view.page.get_by_role("form", name=view.words("Reply or note", "回复或备注")).get_by_role("textbox")
    await field.fill(view.words("A regular customer: use the fast courier.", "老客户，走顺丰。"))


async def _hand_over(view: View) -> None:
    await at_thread(view)
    if view.phone:
        await view.button("More", "更多").click()
        await view.page.get_by_role("menuitem", name=view.words("Hand over", "转接")).click()
    else:
        await view.button("Hand over", "转接").click()
    await expect(view.page.get_by_role("dialog")).to_be_visible()


async def _offer(view: View) -> None:
    """The owner hands a conversation on: its card stands until it is answered."""
    await at_list(view)
    assert view.desk is not None
    name = view.words("Hannah Reed", "陈默")
    me = next(one["id"] for one in view.desk.ask("GET", "/api/v1/agents")["agents"] if one["name"] == name)
    rows = view.desk.ask("GET", "/api/v1/conversations?view=mine&limit=1")["conversations"]
    rows = rows or view.desk.ask("GET", "/api/v1/conversations?view=unassigned&limit=1")["conversations"]
    conv = rows[0]["conversation"]["id"]
    for offer in view.desk.ask("GET", "/api/v1/offers")["offers"]:
        view.desk.ask("DELETE", f"/api/v1/offers/{offer['id']}")
    view.desk.ask("POST", f"/api/v1/conversations/{conv}/take", {})
    note = view.words("A regular customer, in a hurry today.", "老客户，今天比较急。")
    view.desk.ask("POST", f"/api/v1/conversations/{conv}/transfer", {"agent_id": me, "note": note})
    await view.sees(".offer")


async def _snooze(view: View) -> None:
    await at_thread(view)
    await view.button("More", "更多").click()
    await view.page.get_by_role("menuitem", name=view.words("Put off…", "稍后处理…")).click()
    await expect(view.page.get_by_role("dialog")).to_be_visible()


async def _macro(view: View) -> None:
    await at_thread(view)
    await view.button("More", "更多").click()
    await view.page.get_by_role("menuitem", name=view.words("Use a macro…", "使用宏…")).click()
    await view.page.get_by_role("dialog").get_by_role("button", name="Send a replacement").click()
    await expect(view.page.get_by_role("list", name=view.words("What is done", "将执行"))).to_be_visible()


async def _bulk(view: View) -> None:
    await at_list(view)
    rows = view.page.get_by_role("option")
    await rows.nth(0).click(modifiers=["Control"])
    await rows.nth(2).click(modifiers=["Shift"])
    await expect(view.page.get_by_role("toolbar")).to_be_visible()


async def _own_menu(view: View) -> None:
    await at_list(view)
    await view.page.locator("nav.rail button[aria-haspopup]").click()
    await expect(view.page.get_by_role("menu")).to_be_visible()


async def _search(view: View) -> None:
    await at_list(view)
    await view.page.keyboard.press("Control+k")
    await view.page.get_by_role("combobox").press_sequentially(view.words("kettle", "退款"))
    results = view.page.get_by_role("listbox", name=view.words("Results", "结果"))
    await expect(results.get_by_role("option").first).to_be_visible()


async def _search_empty(view: View) -> None:
    await at_list(view)
    await view.page.keyboard.press("Control+k")
    await expect(view.page.get_by_role("combobox")).to_be_focused()


async def _nothing(view: View) -> None:
    await expect(view.page.get_by_role("tab").first).to_be_visible()


async def _list_refused(view: View) -> None:
    await view.refuse(r"/api/v1/conversations\?")


async def _list_withheld(view: View) -> None:
    await view.withhold(r"/api/v1/conversations\?")


async def _skeleton(view: View) -> None:
    await view.sees(".sk-list")


async def _failure(view: View) -> None:
    await expect(view.page.get_by_role("button", name=view.words("Try again", "再试一次")).first).to_be_visible()


async def _thread_refused(view: View) -> None:
    await view.refuse(r"/api/v1/conversations/\w+/messages")


async def _thread_failed(view: View) -> None:
    await view.page.get_by_role("option").first.click()
    await _failure(view)


async def _cut(view: View) -> None:
    await view.cut()


async def _offline(view: View) -> None:
    await at_thread(view)
    await view.sees(".line-state, .banner, [role=status]")


async def _filters(view: View) -> None:
    await at_list(view)
    await view.button("Filter and sort", "筛选与排序").click()
    await view.page.get_by_role("checkbox", name=view.words("Unread only", "只看未读")).check()
    await expect(view.button("Clear", "清除").first).to_be_visible()


async def _mentioned(view: View) -> None:
    await at_list(view)
    await view.page.get_by_role("tab", name=view.words("@me", "@我")).click()
    await view.sees(".empty")


async def _keys(view: View) -> None:
    await at_list(view)
    await view.page.keyboard.press("?")
    await expect(view.page.get_by_role("dialog")).to_be_visible()


async def _panes_shut(view: View) -> None:
    await at_thread(view)
    await view.page.keyboard.press("Escape")
    await view.page.keyboard.press("[")
    await view.sees(".list-strip")


async def _contact_edit(view: View) -> None:
    await with_contact(view)
    await view.page.locator("aside.side .fact-value").nth(1).click()
    await view.sees(".fact-edit")


def reply_field(view: View) -> Locator:
    """Where one writes to the customer or to colleagues."""
    return view.page.get_by_role("form", name=view.words("Reply or note", "回复或备注")).get_by_role("textbox")


async def _canned(view: View) -> None:
    await at_thread(view)
    await reply_field(view).press_sequentially("/")
    await view.sees(".picker [role=option]")


async def _mention(view: View) -> None:
    await _note(view)
    await reply_field(view).fill("")
    await reply_field(view).press_sequentially("@")
    await view.sees(".picker [role=option]")


SCREENS = (
    Screen("list", "/", at_list, Who.AGENT),
    Screen("list-unassigned", "/", _unassigned, Who.AGENT),
    Screen("list-empty", "/", _nothing, Who.OWNER, House.EMPTY),
    Screen("list-loading", "/", _skeleton, Who.AGENT, before=_list_withheld),
    Screen("list-failed", "/", _failure, Who.AGENT, before=_list_refused),
    Screen("list-filters", "/", _filters, Who.AGENT),
    Screen("list-mentioned", "/", _mentioned, Who.AGENT),
    Screen("panes-shut", "/", _panes_shut, Who.AGENT, phone=False),
    Screen("keys", "/", _keys, Who.AGENT),
    Screen("thread", "/", at_thread, Who.AGENT),
    Screen("thread-note", "/", _note, Who.AGENT),
    Screen("thread-canned", "/", _canned, Who.AGENT),
    Screen("thread-mention", "/", _mention, Who.AGENT),
    Screen("thread-failed", "/", _thread_failed, Who.AGENT, before=_thread_refused),
    Screen("thread-offline", "/", _offline, Who.AGENT, before=_cut),
    Screen("contact", "/", with_contact, Who.AGENT),
    Screen("contact-edit", "/", _contact_edit, Who.AGENT),
    Screen("hand-over", "/", _hand_over, Who.AGENT),
    Screen("macro", "/", _macro, Who.AGENT),
    Screen("bulk", "/", _bulk, Who.AGENT),
    Screen("offer", "/", _offer, Who.AGENT),
    Screen("snooze", "/", _snooze, Who.AGENT),
    Screen("search", "/", _search, Who.AGENT),
    Screen("search-empty", "/", _search_empty, Who.AGENT),
    Screen("own-menu", "/", _own_menu, Who.AGENT, phone=False),
)
