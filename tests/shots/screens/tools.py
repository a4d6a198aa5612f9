"""An agent's tools at a conversation: merging, sending later, earlier versions, putting off, blocking."""

import re
import time
from typing import Any

from playwright.async_api import Route, expect

from tests.shots.screen import Screen, Who
from tests.shots.screens.console import at_list, at_thread, reply_field, with_contact
from tests.shots.view import View

_HOUR_MS = 3_600_000


async def _chosen(view: View, en: str, zh: str) -> None:
    """This of the menu of the conversation."""
    await view.button("More", "更多").click()
    await view.page.get_by_role("menuitem", name=view.words(en, zh)).click()


async def _merge(view: View) -> None:
    await at_thread(view)
    await _chosen(view, "Merge or link…", "合并或关联…")
    await expect(view.page.get_by_role("dialog").get_by_role("textbox")).to_be_visible()


async def _was_merged(view: View) -> None:
    """One that is asked for has taken in another, an hour ago."""

    async def answer(route: Route) -> None:
        now = round(time.time() * 1_000)
        conversation = {
            "id": "m" * 26, "created_at": now - 26 * _HOUR_MS, "status": "closed",
            "last_text": view.words(
                "I wrote to you yesterday about the same parcel; it has not moved since.",
                "昨天也问过同一个包裹，物流到现在都没有更新。",
            ),
        }  # fmt: skip
        merged = {"conversation": conversation, "at": now - _HOUR_MS, "undo_until": now + 23 * _HOUR_MS}
        await route.fulfill(json={"merged": [merged], "into": None, "undo_until": None, "linked": []})

    await view.page.route("**/api/v1/conversations/*/related", answer)


async def _merged(view: View) -> None:
    await at_thread(view)
    await view.sees(".merged-block")


async def _later(view: View) -> None:
    await at_thread(view)
    await reply_field(view).fill(view.words("The new one left today.", "新的一只今天已经寄出。"))
    await _chosen(view, "Send what is written later…", "定时发送已写内容…")
    await expect(view.page.get_by_role("dialog")).to_be_visible()


async def _waits(view: View) -> None:
    """Two answers of his wait: one is held for a while, one goes tomorrow."""
    assert view.desk is not None
    name = view.words("Hannah Reed", "陈默")
    me = next(one["id"] for one in view.desk.ask("GET", "/api/v1/agents")["agents"] if one["name"] == name)

    async def answer(route: Route) -> None:
        now = round(time.time() * 1_000)
        conv = route.request.url.split("/conversations/")[1].split("/")[0]
        plain = {"conversation_id": conv, "agent_id": me, "files": [], "created_at": now, "unless_written": True}
        held = view.words("The new one leaves tonight.", "新的一只今晚发出。")
        long = view.words(
            "Good morning. Did the parcel come, and is the lid whole this time? Else I send another one at once.",
            "早上好，包裹收到了吗？这次的壶盖是完好的吗？如果还有问题，我马上再给您补发一只。",
        )
        waiting = [
            {**plain, "id": "h" * 26, "text": held, "held": True, "due_at": now + 25_000},
            {**plain, "id": "s" * 26, "text": long, "held": False, "due_at": now + 20 * _HOUR_MS},
        ]
        await route.fulfill(json={"scheduled": waiting})

    await view.page.route("**/api/v1/conversations/*/scheduled", answer)


async def _waiting(view: View) -> None:
    await at_thread(view)
    await view.sees(".waiting-line")


async def _changed(view: View) -> None:
    """One that was edited and one that was taken back, as an agent may see them."""
    by = {"kind": "agent", "id": "a" * 26, "name": view.words("Hannah Reed", "陈默")}
    customer = {"kind": "visitor", "id": "v" * 26, "name": ""}
    words = view.words("It leaves on Tuesday, perhaps on Wednesday.", "周二发出，也可能周三。")

    async def answer(route: Route) -> None:
        now = round(time.time() * 1_000)
        edited = {"message_id": "e" * 26, "at": now - _HOUR_MS, "by": by, "text": words, "deleted": False}
        gone = {"message_id": "d" * 26, "at": now - 2 * _HOUR_MS, "by": customer, "text": "", "deleted": True}
        await route.fulfill(json={"versions": [{**edited, "withheld": False}, {**gone, "withheld": True}]})

    await view.page.route("**/api/v1/conversations/*/versions", answer)


async def _versions(view: View) -> None:
    await at_thread(view)
    await _chosen(view, "Earlier versions…", "历史版本…")
    await view.sees(".macro-words")


async def _put_off(view: View) -> None:
    """What sleeps until a moment or until the customer writes."""
    await at_list(view)
    assert view.desk is not None
    if not view.desk.ask("GET", "/api/v1/conversations?view=snoozed&limit=1")["conversations"]:
        rows = view.desk.ask("GET", "/api/v1/conversations?view=all&limit=50")["conversations"]
        given = [row["conversation"]["id"] for row in rows if row["conversation"]["assignee_id"]][-2:]
        for conv, until in zip(given, (round(time.time() * 1_000) + 18 * _HOUR_MS, None), strict=True):
            view.desk.ask("POST", f"/api/v1/conversations/{conv}/snooze", {"until": until})
    await view.button("Put off", "稍后处理").click()
    await expect(view.page.get_by_role("heading", name=view.words("Put off", "稍后处理"))).to_be_visible()
    await at_list(view)


async def _undelivered(view: View) -> None:
    """The thread's last line of the server's says that a mail did not arrive."""
    reason = "550 5.1.1 <mei@example.com>: Recipient address rejected: User unknown in virtual mailbox table"
    data = {"event": "mail_failed", "address": "mei@example.com", "reason": reason}

    async def answer(route: Route) -> None:
        told: dict[str, Any] = await (await route.fetch()).json()
        next(one for one in reversed(told["messages"]) if one.get("data"))["data"] = data
        await route.fulfill(json=told)

    await view.page.route(re.compile(r"/api/v1/conversations/\w+/messages\?"), answer)


async def _failed_mail(view: View) -> None:
    await at_thread(view)
    await expect(view.page.get_by_role("log").get_by_text("550 5.1.1")).to_be_visible()


async def _block(view: View) -> None:
    await with_contact(view)
    await view.button("Block this visitor", "屏蔽该访客").click()
    await expect(view.page.get_by_role("dialog").get_by_role("textbox")).to_be_visible()


SCREENS = (
    Screen("merge", "/", _merge, Who.AGENT),
    Screen("merged", "/", _merged, Who.AGENT, before=_was_merged),
    Screen("send-later", "/", _later, Who.AGENT),
    Screen("waiting", "/", _waiting, Who.AGENT, before=_waits),
    Screen("versions", "/", _versions, Who.AGENT, before=_changed),
    Screen("put-off", "/", _put_off, Who.AGENT),
    Screen("mail-failed", "/", _failed_mail, Who.AGENT, before=_undelivered),
    Screen("block", "/", _block, Who.OWNER),
)
