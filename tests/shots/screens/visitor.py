"""What a visitor sees: the stand-alone page, and the widget on the demo shop."""

from datetime import UTC, datetime

from playwright.async_api import expect

from tests.journeys.people import INBOX
from tests.journeys.test_talk import png
from tests.shots.screen import Screen, Who
from tests.shots.view import View

_CHAT = f"/chat/{INBOX}"


async def _home(view: View) -> None:
    await expect(view.button("Start a conversation", "开始会话")).to_be_visible()


async def _fresh(view: View) -> None:
    await view.button("Start a conversation", "开始会话").click()
    await expect(view.page.get_by_role("textbox")).to_be_visible()


async def _waiting(view: View) -> None:
    await view.chat(
        view.words("Where is order 4711? The page says it left on Monday.", "订单4711到哪里了？页面显示周一已发货。")
    )


async def _somebody_there(view: View) -> None:
    """An agent is at the desk, in another tab: without him nobody queues."""
    desk = await view.page.context.new_page()
    await desk.goto(f"{view.url}/")
    await expect(desk.locator("nav.rail .av .dot.online")).to_be_attached()


async def _queued(view: View) -> None:
    """Where he stands in the queue, and the form by which he is called instead."""
    await view.chat(view.words("Is the blue one left?", "蓝色的还有吗？"))
    await expect(
        view.page.get_by_role("region", name=view.words("Your place in the queue", "排队位置"))
    ).to_be_visible()


async def _call(view: View) -> None:
    await _queued(view)
    await view.button("Call me back", "请给我回电").click()
    await view.button("Ask for the call", "请求回电").click()
    await expect(view.page.get_by_role("alert")).to_be_visible()


async def _leaving_the_queue(view: View) -> None:
    """The form of who waits: he keeps his place until he sends it."""
    await _queued(view)
    await view.button("Leave a message instead", "改为留言").click()
    await expect(view.button("Keep waiting", "继续等待")).to_be_visible()


async def _copy(view: View) -> None:
    await _answered(view)
    await view.button("More", "更多").click()
    await view.page.get_by_role(
        "menuitem", name=view.words("Save or mail this conversation", "保存或发送会话记录")
    ).click()
    await expect(view.button("Save as text", "保存为文本")).to_be_visible()


async def _answered(view: View) -> None:
    asked = view.words("The spout is cracked. Can you send another one?", "壶嘴这里裂了一条，能再寄一个吗？")
    window = await view.chat(asked)
    view.answer(
        asked,
        view.words("I am sorry. The new one leaves tonight.", "很抱歉，新的一只今晚发出。"),
        view.words("It will be there on Friday.", "周五到，赶得上周六。"),
    )
    await expect(window.get_by_role("log").locator(".bub")).to_have_count(3)


async def _home_again(view: View) -> None:
    await _answered(view)
    await view.button("Back", "返回").click()
    await _home(view)


async def _file_chosen(view: View) -> None:
    await _fresh(view)
    picture = view.folder / "crack.png"
    picture.write_bytes(png(320, 240))
    await view.page.locator("input[type=file]").set_input_files(picture)
    await view.sees(".chosen")
    await expect(view.page.locator(".chosen progress, .chosen [role=progressbar]")).to_have_count(0)


async def _cut(view: View) -> None:
    await view.cut()


async def _offline(view: View) -> None:
    await _fresh(view)
    field = view.page.get_by_role("textbox")
    await field.fill(view.words("Is anybody there?", "有人吗？"))
    await field.press("Enter")
    await view.sees(".bub.pending")


async def _no_inbox(view: View) -> None:
    told = view.words("This address leads to no chat.", "这个地址没有对应的客服窗口，请向网站索取正确的地址")
    await expect(view.page.get_by_role("alert")).to_contain_text(told)


async def _shop(view: View) -> None:
    await view.sees("monodesk-widget button.launch")


async def _open(view: View) -> None:
    await view.page.locator("monodesk-widget button.launch").click()
    frame = view.page.frame_locator("monodesk-widget iframe")
    await expect(frame.get_by_role("button", name=view.words("Start a conversation", "开始会话"))).to_be_visible()


async def _open_thread(view: View) -> None:
    await _open(view)
    await view.chat(view.words("Does the kettle work on induction?", "这个壶能用电磁炉吗？"))


async def _inbox(view: View, **widget: object) -> None:
    """A new inbox that meets its visitors so, and its page."""
    assert view.desk is not None
    new = {"name": "山岚 Shanlan", "color": "#ff6900", "widget": widget}
    inbox = view.desk.ask("POST", "/api/v1/inboxes", new)["inbox"]["id"]
    await view.page.goto(f"{view.url}/chat/{inbox}")
    await expect(view.page.locator(".home .btn.prime")).to_be_visible()


_LATER = (datetime.now(UTC).isoweekday() + 2) % 7 + 1  # three days from now
_TODAY_NEVER = {"zone": "UTC", "periods": [{"day": _LATER, "opens": 540, "closes": 1080}]}


async def _closed(view: View) -> None:
    await _inbox(view, hours=_TODAY_NEVER)
    await view.page.locator(".opening summary").click()


async def _asked(view: View) -> None:
    words = {"en": "I agree that my data is kept to answer me.", "zh": "我同意保存以上信息，用于回复我的问题。"}
    label = {"en": "Order number", "zh": "订单号"}
    fields = {"name": "optional", "email": "required", "phone": "optional", "free": "optional", "free_label": label}
    await _inbox(view, fields={**fields, "consent": words, "consent_link": "https://shop.example/privacy"})
    await view.page.locator(".home .btn.prime").click()
    await view.page.locator(".wform .btn.prime").click()
    await view.sees(".hint.bad")


async def _leaving(view: View) -> None:
    await _inbox(view, hours=_TODAY_NEVER, away="form")
    await view.page.locator(".home .btn.prime").click()
    await view.sees(".wform")


async def _left(view: View) -> None:
    await _leaving(view)
    await view.field("E-mail or phone", "邮箱或手机").fill("lin@example.com")
    await view.field("Your question", "问题").fill(view.words("The spout is cracked.", "壶嘴裂了一条。"))
    await view.page.locator(".wform .btn.prime").click()
    await view.sees(".done")


async def _over(view: View) -> None:
    await _answered(view)
    assert view.desk is not None
    conversations = view.desk.ask("GET", "/api/v1/conversations?view=mine&limit=200")["conversations"]
    text = view.words("It will be there on Friday.", "周五到，赶得上周六。")
    for conv in [row["conversation"]["id"] for row in conversations if row["conversation"]["last_text"] == text]:
        view.desk.ask("POST", f"/api/v1/conversations/{conv}/resolve", {})
    await view.sees(".rate-invite")


async def _rating(view: View) -> None:
    await _over(view)
    await view.page.locator(".rate-invite button").nth(3).click()
    await view.page.locator(".chips button").first.click()


async def _rated(view: View) -> None:
    await _rating(view)
    await view.button("Submit", "提交").click()
    await view.sees(".rate-invite.given")


SCREENS = (
    Screen("visitor-home", _CHAT, _home),
    Screen("visitor-home-again", _CHAT, _home_again),
    Screen("visitor-thread-new", _CHAT, _fresh),
    Screen("visitor-thread-waiting", _CHAT, _waiting),
    Screen("visitor-thread", _CHAT, _answered),
    Screen("visitor-queue", _CHAT, _queued, Who.AGENT, before=_somebody_there),
    Screen("visitor-queue-call", _CHAT, _call, Who.AGENT, before=_somebody_there),
    Screen("visitor-queue-leaving", _CHAT, _leaving_the_queue, Who.AGENT, before=_somebody_there),
    Screen("visitor-copy", _CHAT, _copy),
    Screen("visitor-file-chosen", _CHAT, _file_chosen),
    Screen("visitor-offline", _CHAT, _offline, before=_cut),
    Screen("visitor-closed", _CHAT, _closed),
    Screen("visitor-asked", _CHAT, _asked),
    Screen("visitor-leaving", _CHAT, _leaving),
    Screen("visitor-left", _CHAT, _left),
    Screen("visitor-over", _CHAT, _over),
    Screen("visitor-rating", _CHAT, _rating),
    Screen("visitor-rated", _CHAT, _rated, proved=False),
    Screen("visitor-no-inbox", "/chat/nobody", _no_inbox, refused=True),
    Screen("shop", "/demo", _shop),
    Screen("widget-home", "/demo", _open),
    Screen("widget-thread", "/demo", _open_thread),
)
