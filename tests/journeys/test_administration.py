"""An administrator's errands: a role of the desk's own whose change shows at once, a token, a file of customers."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.desk import PASSWORD, Desk
from tests.journeys.people import PATIENCE_MS
from tests.journeys.test_console import serious
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

LEA = "lea@example.com"
WORDS = {
    "en": {
        "add_role": "Add role", "name": "Name", "see": "See tickets", "save": "Save", "change": "Change Night",
        "tickets": "Tickets",
        "make": "Make token", "kept": "I have kept it", "revoke": "Revoke ERP", "yes": "Revoke",
        "import": "Import 2 rows",
        "done": "Imported: 2 new, 0 changed.",
        "not_yours": "Your role does not show this page", "back": "To the conversations",
        "hidden": "Your role shows nothing more of customers.", "priority": "Priority",
    },
    "zh": {
        "add_role": "添加角色", "name": "名称", "see": "查看工单", "save": "保存", "change": "修改Night",
        "tickets": "工单",
        "make": "创建令牌", "kept": "我已保存", "revoke": "撤销ERP", "yes": "撤销", "import": "导入 2 行",
        "done": "已导入：新增 2 条，修改 0 条。",
        "not_yours": "你的角色不能查看此页", "back": "返回会话", "hidden": "你的角色不能查看更多客户资料。",
        "priority": "优先级",
    },
}  # fmt: skip


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data")
    server.start()
    try:
        yield server
    finally:
        server.kill()


async def console(browser: Browser, watch: Watch, server: Appliance, cookie: str, language: str) -> Page:
    context = await browser.new_context(
        locale="zh-CN" if language == "zh" else "en-GB", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    name, _, value = cookie.partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": server.url}])
    return await context.new_page()


def asks(server: Appliance, secret: str) -> int:
    """What a program with this token is answered when it asks for tickets."""
    request = urllib.request.Request(f"{server.url}/api/v1/tickets", headers={"Authorization": f"Bearer {secret}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            json.load(answer)
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.parametrize("language", WORDS)
async def test_roles_tokens_and_a_file_of_customers(
    browser: Browser, watch: Watch, server: Appliance, language: str
) -> None:
    watch.expect_outage()  # a socket is closed so that it comes back with other rights
    w = WORDS[language]
    with Desk.founded(server.data, server.port) as desk:
        page = await console(browser, watch, server, desk.cookie, language)
        await page.goto(f"{server.url}/settings/roles")
        await page.get_by_role("button", name=w["add_role"]).first.click()
        form = page.locator("form")
        await form.get_by_label(w["name"], exact=True).fill("Night")
        await form.get_by_role("button", name=w["add_role"]).click()
        await expect(page.get_by_role("cell", name="Night", exact=True)).to_be_visible()
        assert await serious(page) == []
        roles = desk.ask("GET", "/api/v1/roles")["roles"]
        night = next(role["id"] for role in roles if role["name"] == "Night")
        desk.ask("POST", "/api/v1/agents", {"name": "Lea", "email": LEA, "role": night, "password": PASSWORD})
        lea = Desk(server.port)
        lea.ask("POST", "/api/v1/session", {"email": LEA, "password": PASSWORD})
        hers = await console(browser, watch, server, lea.cookie, language)
        await hers.goto(f"{server.url}/")
        tickets = hers.get_by_role("link", name=w["tickets"], exact=True)
        await expect(hers.get_by_role("navigation").first).to_be_visible()
        await expect(tickets).to_have_count(0)
        for path in ("tickets", "contacts", "visitors", "settings/audit", "settings/macros"):
            await hers.goto(f"{server.url}/{path}")
            await expect(hers.get_by_role("heading", name=w["not_yours"])).to_be_visible()
        assert await serious(hers) == []
        await hers.get_by_role("button", name=w["back"]).click()
        await expect(hers).to_have_url(f"{server.url}/")
        await page.get_by_role("button", name=w["change"]).click()
        await page.get_by_role("checkbox", name=w["see"]).check()
        await page.locator("form").get_by_role("button", name=w["save"]).click()
        await expect(tickets.first).to_be_visible()
        rights = ["conversations.read_team", "conversations.write", "tickets.read"]
        desk.ask("PATCH", f"/api/v1/roles/{night}", {"permissions": rights})
        token, _ = desk.visitor(desk.inbox())
        said = {"Authorization": f"Bearer {token}", "Idempotency-Key": "0" * 32}
        conv = desk.ask("POST", "/api/v1/visitor/messages", {"text": "Where is it?"}, said)["conv"]
        await hers.goto(f"{server.url}/c/{conv}")
        await expect(hers.locator("#side")).to_contain_text(w["hidden"])
        await expect(hers.locator("#side").get_by_label(w["priority"])).to_be_visible()

        await page.goto(f"{server.url}/settings/tokens")
        await page.get_by_role("button", name=w["make"]).first.click()
        await page.get_by_label(w["name"], exact=True).fill("ERP")
        await page.get_by_role("checkbox", name=w["see"]).check()
        await page.locator("form").get_by_role("button", name=w["make"]).click()
        secret = (await page.locator("code.snippet").inner_text()).strip()
        assert await asyncio.to_thread(asks, server, secret) == 200
        await page.get_by_role("button", name=w["kept"]).click()
        await page.get_by_role("button", name=w["revoke"]).click()
        await page.get_by_role("dialog").get_by_role("button", name=w["yes"], exact=True).click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert await asyncio.to_thread(asks, server, secret) == 401

        await page.goto(f"{server.url}/settings/exchange")
        chooser = page.locator("input[type=file]")
        await chooser.set_input_files(sheet("name;email\nMei;mei@example.com\nBen;nowhere\n"))
        await expect(page.get_by_role("table").last).to_contain_text("3")
        assert await serious(page) == []
        await chooser.set_input_files(sheet("姓名;邮箱\n林梅;mei@example.com\n贝恩;ben@example.com\n", "gb18030"))
        await page.get_by_role("button", name=w["import"]).click()
        await expect(page.get_by_text(w["done"])).to_be_visible()
        await page.goto(f"{server.url}/contacts")
        await expect(page.get_by_role("cell", name="林梅")).to_be_visible()
        assert await serious(page) == []
        lea.__exit__()


def sheet(text: str, encoding: str = "utf-8") -> FilePayload:
    return FilePayload(name="customers.csv", mimeType="text/csv", buffer=text.encode(encoding))
