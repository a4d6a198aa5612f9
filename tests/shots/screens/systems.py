"""Joined systems as who manages them sees them, and their records beside a customer."""

import re
from collections.abc import Awaitable, Callable, Mapping

from playwright.async_api import Route, expect

from tests.shots.joined import ANSWERS, AUTOMATIONS, DETAIL, MISTAKE, PRESETS, RUNS
from tests.shots.screen import House, Screen, Who
from tests.shots.screens.console import with_contact
from tests.shots.view import View


async def _answered(view: View, answers: Mapping[str, object]) -> None:
    for address, answer in answers.items():
        await view.page.route(re.compile(address), _says(answer))


def _says(answer: object) -> Callable[[Route], Awaitable[None]]:
    async def fulfil(route: Route) -> None:
        await route.fulfill(json=answer)

    return fulfil


async def _joined(view: View) -> None:
    """Systems in every state, as a desk of years has them: no vendor's server runs beside the drawing."""
    await _answered(view, ANSWERS)


async def _joined_without_letters(view: View) -> None:
    await _answered(view, {**ANSWERS, r"/api/v1/sources/mall$": {**DETAIL, "letters": 0}})


async def _mistaken(view: View) -> None:
    await _answered(view, {**ANSWERS, r"/api/v1/sources/check$": MISTAKE})


async def _of_preset(view: View) -> None:
    held = {
        "preset": "mall", "settings": {"address": "https://mall.example", "every": "5m"},
        "secrets": [{"name": "key", "reference": "vault:mall.key", "held": True}], "letters": 0,
    }  # fmt: skip
    await _answered(view, {**ANSWERS, r"/api/v1/sources/mall$": {**DETAIL, **held}})


async def _none(view: View) -> None:
    await _answered(view, {r"/api/v1/sources$": {"sources": [], "wrong": []}})


async def _away(view: View) -> None:
    await view.refuse(r"/api/v1/sources$")


async def _list(view: View) -> None:
    await expect(view.page.get_by_role("link", name=view.words("Our mall", "自营商城"))).to_be_visible()


async def _empty(view: View) -> None:
    await view.sees(".empty")


async def _failed(view: View) -> None:
    await view.sees(".failure")


async def _gallery(view: View) -> None:
    await expect(view.page.locator(".preset")).to_have_count(len(PRESETS) + 1)


async def _preset_form(view: View) -> None:
    await _gallery(view)
    await view.page.get_by_role("button", name=view.words("Mall with REST", "REST 商城")).click()
    await view.field("Address", "地址").fill("https://mall.example")


async def _own(view: View) -> None:
    await _gallery(view)
    await view.page.get_by_role("button", name=view.words("Your own, as YAML", "自有系统（YAML）")).click()
    await expect(view.page.locator(".code-lines .bad")).to_have_count(1)


async def _map(view: View) -> None:
    await view.sees(".mapping .op")
    await view.sees(".check-line .badge")


async def _called(view: View) -> None:
    """One that calls us, written on the server: its address, and nothing has come yet."""
    await expect(view.page.locator("code.snippet")).to_contain_text("/in/crm-complaints")
    await view.sees(".empty")


async def _tab(view: View, en: str, zh: str) -> None:
    await view.page.get_by_role("tab", name=re.compile(f"^{view.words(en, zh)}")).click()


async def _letters(view: View) -> None:
    """The first of them open, with what came."""
    await view.page.locator(".letter summary").first.click()
    await view.sees(".raw-text")


async def _runs(view: View) -> None:
    await _tab(view, "Runs", "运行记录")
    await expect(view.page.get_by_role("row")).to_have_count(len(RUNS) + 1)


async def _drift(view: View) -> None:
    await _tab(view, "Unknown", "未识别")
    await expect(view.page.get_by_role("row")).to_have_count(4)


async def _settings(view: View) -> None:
    await _tab(view, "Settings", "设置")
    await expect(view.field("Address", "地址")).to_have_value("https://mall.example")


async def _removing(view: View) -> None:
    await view.button("Take away…", "移除…").click()
    await expect(view.page.get_by_role("dialog")).to_be_visible()


async def _automations(view: View) -> None:
    await expect(view.page.get_by_role("row")).to_have_count(len(AUTOMATIONS["automations"]) + 1)


async def _no_automations(view: View) -> None:
    await view.sees(".empty")


async def _automation(view: View) -> None:
    """One that is there, open to be changed, with what it has written."""
    await view.button("Change Refunds first", "修改退款优先").click()
    await expect(view.page.locator(".condition")).to_have_count(3)
    await view.page.locator(".automation-yaml summary").click()


async def _new_webhook(view: View) -> None:
    await view.button("Add an automation", "添加自动化").click()
    await view.field("Name", "名称").fill(view.words("Tickets elsewhere", "工单推送"))
    await view.field("What happens", "发生什么").select_option("ticket.created")
    await view.field("Address", "地址").fill("https://erp.shop.example/hook")


async def _clock(view: View) -> None:
    await view.button("Change A call each morning", "修改每天早上提醒").click()
    await expect(view.field("Time zone", "时区")).to_have_value("Asia/Shanghai")


async def _records(view: View) -> None:
    """The first order open."""
    await with_contact(view)
    await view.page.locator(".record summary").first.click()
    await expect(view.button("Send into the chat", "发送到会话").first).to_be_visible()


async def _record_doubted(view: View) -> None:
    """Nobody checked whose order it is."""
    await with_contact(view)
    row = view.page.locator(".record").nth(1)
    await row.locator("summary").click()
    await row.get_by_role("button", name=view.words("Send into the chat", "发送到会话")).click()
    await expect(view.page.get_by_role("dialog")).to_be_visible()


_ONE = "/settings/sources/mall"
SCREENS = (
    Screen("systems", "/settings/sources", _list, Who.OWNER, before=_joined, whole=True),
    Screen("systems-none", "/settings/sources", _empty, Who.OWNER, House.EMPTY, before=_none, whole=True),
    Screen("systems-failed", "/settings/sources", _failed, Who.OWNER, before=_away, whole=True),
    Screen("systems-add", "/settings/sources/_new", _gallery, Who.OWNER, before=_joined, whole=True),
    Screen("systems-add-preset", "/settings/sources/_new", _preset_form, Who.OWNER, before=_joined, whole=True),
    Screen("systems-add-yaml", "/settings/sources/_new", _own, Who.OWNER, before=_mistaken, whole=True),
    Screen("systems-map", _ONE, _map, Who.OWNER, before=_joined_without_letters, whole=True),
    Screen("systems-letters", _ONE, _letters, Who.OWNER, before=_joined, whole=True),
    Screen("systems-called", "/settings/sources/crm-complaints", _called, Who.OWNER, before=_joined, whole=True),
    Screen("systems-runs", _ONE, _runs, Who.OWNER, before=_joined, whole=True),
    Screen("systems-drift", _ONE, _drift, Who.OWNER, before=_joined, whole=True),
    Screen("systems-settings", _ONE, _settings, Who.OWNER, before=_of_preset, whole=True),
    Screen("systems-remove", _ONE, _removing, Who.OWNER, before=_joined),
    Screen("automations", "/settings/automations", _automations, Who.OWNER, before=_joined, whole=True),
    Screen("automations-none", "/settings/automations", _no_automations, Who.OWNER, House.EMPTY, whole=True),
    Screen("automations-change", "/settings/automations", _automation, Who.OWNER, before=_joined, whole=True),
    Screen("automations-webhook", "/settings/automations", _new_webhook, Who.OWNER, before=_joined, whole=True),
    Screen("automations-clock", "/settings/automations", _clock, Who.OWNER, before=_joined, whole=True),
    Screen("records", "/", _records, Who.AGENT, before=_joined, whole=True),
    Screen("records-doubted", "/", _record_doubted, Who.AGENT, before=_joined),
)
