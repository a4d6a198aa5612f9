"""What stands in the visitor's thread: cards, files, what went wrong, and what opens over it."""

import os
from typing import Any

from playwright.async_api import FilePayload, expect

from tests.journeys.people import INBOX
from tests.journeys.test_talk import png
from tests.shots.screen import Screen
from tests.shots.view import View

_CHAT = f"/chat/{INBOX}"


async def _offered(view: View) -> None:
    """A card with its picture, quick replies, Markdown."""
    await view.chat(view.words("The spout of my kettle is cracked.", "昨天收到的手冲壶，壶嘴裂了"))
    picture = _uploaded(view, "kettle.png", png(200, 200))
    card = {
        "title": view.words("Shanlan pour-over kettle, 600 ml", "山岚手冲壶 600 ml"),
        "lines": ["¥268.00", view.words("Signed for yesterday", "昨天签收")],
        "picture": picture,
        "buttons": [
            {"label": view.words("Send a new one", "申请补发"), "reply": view.words("Send a new one", "申请补发")},
            {"label": view.words("See the order", "看订单"), "link": "https://shop.example/orders/4711"},
        ],
    }
    replies = [
        view.words("Yes, this one", "是这一单"), view.words("No, another order", "不是，换一单"),
        view.words("Talk to a person", "我想找人工"),
    ]  # fmt: skip
    text = view.words(
        "I am sorry. Within **48 hours** you may choose:\n- a new one\n- your money back\nIs it this order?",
        "很抱歉。签收 **48 小时内**的破损件可以：\n- 免费补发\n- 全额退款\n是这一单吗？",
    )
    await _say(view, {"text": text, "files": [picture], "content": {"cards": [card], "replies": replies}})
    await view.sees(".quick")


async def _answered_with_files(view: View) -> None:
    await _offered(view)
    await view.page.locator(".quick button").first.click()
    label, invoice = (
        _uploaded(view, "label.png", png(600, 400)),
        _uploaded(view, "发票 invoice-2026-11.csv", b"a,b\n1,2\n"),
    )
    text = view.words("Here is the label; see `4711`.", "寄回的面单在这里，订单 `4711`。")
    await _say(view, {"text": text, "files": [label, invoice]})
    await view.sees(".picture img")


async def _image(view: View) -> None:
    await _answered_with_files(view)
    await view.page.locator(".picture").click()
    await view.sees(".image-view img")


async def _new_above(view: View) -> None:
    """New since he last looked, and he has scrolled up meanwhile."""
    await view.chat(view.words("Where is my order?", "我的订单到哪里了？"))
    await view.button("Back", "返回").click()
    for number in range(8):
        await _say(
            view,
            {"text": view.words(f"It left Hangzhou, step {number}.\nMore soon.", f"已到第 {number} 站。\n稍后更新。")},
        )
    await view.page.locator(".arts button").first.click()
    await view.sees(".day.new")
    await view.page.get_by_role("log").evaluate("thread => { thread.scrollTop = 0; }")
    await _say(view, {"text": view.words("It is here.", "已送达。")})
    await view.sees(".new-below")


async def _chosen(view: View) -> None:
    await _offered(view)
    files: list[FilePayload] = [
        {"name": "crack.png", "mimeType": "image/png", "buffer": png(300, 200)},
        {"name": "whole.png", "mimeType": "image/png", "buffer": png(100, 200)},
        {"name": view.words("a report with a very long name of its own.csv", "一份名字非常非常长的订单明细表格.csv"),
         "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"},
        {"name": "x.exe", "mimeType": "application/x-dosexec", "buffer": b"MZ\x90\0" * 40},
    ]  # fmt: skip
    await view.page.locator("input[type=file]").set_input_files(files)
    await view.sees(".chosen .bad")
    await expect(view.page.locator(".chosen [role=progressbar]")).to_have_count(0)
    await expect(view.page.locator(".tile img")).to_have_count(2)


async def _emoji(view: View) -> None:
    await view.chat(view.words("Thank you", "谢谢"))
    await view.button("Emoji", "表情").click()
    await view.sees(".emoji button")


async def _own_menu(view: View) -> None:
    await view.chat(view.words("Order 4117", "订单 4117"))
    await view.page.locator(".bub").hover()
    await view.button("Change or delete this message", "编辑或删除这条消息").click()
    await view.sees("[role=menu]")


async def _changing(view: View) -> None:
    await _own_menu(view)
    await view.page.get_by_role("menuitem").first.click()
    await view.sees(".changing")


async def _take_back(view: View) -> None:
    await _own_menu(view)
    await view.page.get_by_role("menuitem").last.click()
    await view.sees(".refused")


async def _menu(view: View) -> None:
    await view.chat(view.words("Hello", "你好"))
    await view.button("More", "更多").click()
    await view.sees("[role=menu]")


async def _refused(view: View) -> None:
    """A message that no second try would bring through."""
    await view.chat(view.words("Look at this", "请看这张"))
    async with view.page.expect_response(lambda answer: "/uploads" in answer.url and answer.ok) as uploaded:
        picture: FilePayload = {"name": "pot.png", "mimeType": "image/png", "buffer": png(60, 40)}
        await view.page.locator("input[type=file]").set_input_files(picture)
    file = (await (await uploaded.value).json())["file"]["id"]
    await expect(view.page.locator(".chosen [role=progressbar]")).to_have_count(0)
    assert view.desk is not None
    fields = {"Authorization": f"Bearer {await _token(view)}", "Idempotency-Key": os.urandom(16).hex(), "Cookie": ""}
    view.desk.ask("POST", "/api/v1/visitor/messages", {"text": "used", "files": [file]}, fields)
    await view.page.get_by_role("textbox").fill(view.words("and this", "还有这张"))
    await view.page.get_by_role("textbox").press("Enter")
    await view.sees(".refused")


async def _token(view: View) -> str:
    return str(await view.page.evaluate(f"localStorage.getItem('monodesk.token.{INBOX}')"))


async def _say(view: View, body: dict[str, Any]) -> None:
    """The owner says something in this visitor's newest conversation."""
    assert view.desk is not None
    asked = {"inbox": INBOX, "token": await _token(view)}
    threads = view.desk.ask("POST", "/api/v1/visitor/session", asked, {"Cookie": ""})["threads"]
    path = f"/api/v1/conversations/{threads[-1]['conv']}/messages"
    view.desk.ask("POST", path, body, {"Idempotency-Key": os.urandom(16).hex()})


def _uploaded(view: View, name: str, content: bytes) -> str:
    """A file of the owner's; its id."""
    assert view.desk is not None
    return str(view.desk.upload(name, content)["id"])


SCREENS = (
    Screen("thread-offered", _CHAT, _offered),
    Screen("thread-files", _CHAT, _answered_with_files),
    Screen("thread-image", _CHAT, _image),
    Screen("thread-new", _CHAT, _new_above),
    Screen("thread-chosen", _CHAT, _chosen, refused=True),
    Screen("thread-emoji", _CHAT, _emoji),
    Screen("thread-own", _CHAT, _own_menu),
    Screen("thread-changing", _CHAT, _changing),
    Screen("thread-take-back", _CHAT, _take_back),
    Screen("thread-menu", _CHAT, _menu),
    Screen("thread-refused", _CHAT, _refused),
)
