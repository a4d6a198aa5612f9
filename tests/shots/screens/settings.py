"""Settings as the owner has them, what an agent may not, and the gallery of components."""

import time

from playwright.async_api import FilePayload, Route, expect

from tests.shots.screen import House, Screen, Who
from tests.shots.view import View


async def _page(view: View) -> None:
    await expect(view.page.get_by_role("heading").first).to_be_visible()


async def _first(view: View) -> None:
    """On a phone the list of pages, elsewhere the first page beside it."""
    await expect(view.page.get_by_role("navigation", name=view.words("Settings", "设置"))).to_be_visible()


async def _widget(view: View) -> None:
    """The demo's inbox with all that can be said of its widget, and the window that it makes."""
    card = view.page.locator(".card", has_text="山岚 Shanlan").first
    name = view.words("Widget: look, questions, hours", "窗口：外观、询问、营业时间")
    await card.get_by_role("button", name=name).click()
    await expect(card.frame_locator("iframe").locator(".home .btn.prime")).to_be_visible()


async def _invitations(view: View) -> None:
    """Two rules, the second as it is when it was just added; nothing of it is kept."""
    await _widget(view)
    add = view.button("Add an invitation", "添加邀请")
    for _ in range(2):
        await add.click()
    rules = view.page.locator(".invitation-rule")
    await expect(rules).to_have_count(2)
    words = "Do you look for a kettle? Ask us, somebody answers in a minute."
    await rules.first.get_by_role("textbox").nth(0).fill("在挑手冲壶吗？问问我们，一分钟内有人回复。")
    await rules.first.get_by_role("textbox").nth(1).fill(words)
    await rules.first.get_by_role("textbox").nth(2).fill("/kettle*")


async def _server(view: View) -> None:
    """How the server stands; on the demo no backups are made by themselves."""
    await expect(view.page.get_by_role("heading", name=view.words("Backups", "备份"), exact=True)).to_be_visible()


async def _new_agent(view: View) -> None:
    await view.button("Add agent", "添加客服").click()
    await expect(view.field("E-mail", "邮箱")).to_be_visible()


async def _schedule(view: View) -> None:
    """The demo's office hours with their holidays, open to be changed."""
    await view.button("Change 办公时间 Office hours", "修改办公时间 Office hours").click()
    await expect(view.page.get_by_role("region", name=view.words("Holidays", "节假日"))).to_be_visible()


async def _new_role(view: View) -> None:
    await view.button("Add role", "添加角色").click()
    await expect(view.field("Name", "名称")).to_be_visible()


async def _made_token(view: View) -> None:
    """A token that was just made: its secret, shown this once."""
    await view.button("Make token", "创建令牌").first.click()
    await view.field("Name", "名称").fill("ERP")
    await view.page.get_by_role("checkbox", name=view.words("See tickets", "查看工单")).check()
    await view.page.locator("form").get_by_role("button", name=view.words("Make token", "创建令牌")).click()
    await expect(view.page.locator("code.snippet")).to_contain_text("mdt_")


async def _rules(view: View) -> None:
    """The rules of all others, as they are offered."""
    await view.button("Change the rules: All others", "修改规则：其他全部").click()
    await view.field("How it comes to its agent", "分配方式").select_option("offer")
    await view.field("Overflow to", "溢出到").select_option(index=1)


async def _agent(view: View) -> None:
    """What an agent may be given."""
    await view.button("Edit", "编辑").nth(1).click()
    await expect(view.field("Conversations at once", "同时接待上限")).to_be_visible()


async def _import(view: View) -> None:
    """A file that was looked at, with its columns mapped and a row that is wrong."""
    rows = "姓名,邮箱,等级\n林梅,mei@example.com,金\nBen,no address,银\n"
    chosen = FilePayload(name="客户 customers.csv", mimeType="text/csv", buffer=rows.encode("gb18030"))
    await view.page.locator("input[type=file]").set_input_files(chosen)
    await expect(view.page.get_by_text("no address")).to_be_visible()


async def _one_contact(view: View) -> None:
    await view.page.locator("td a").first.click()
    await expect(view.page.get_by_role("heading", name=view.words("Conversations", "会话"), exact=True)).to_be_visible()


async def _new_organisation(view: View) -> None:
    await view.button("Add an organisation", "添加组织").click()
    await expect(view.field("External id", "外部编号")).to_be_visible()


async def _one_organisation(view: View) -> None:
    await view.page.locator("td a").first.click()
    await expect(view.page.get_by_role("heading", name=view.words("Contacts", "联系人"), exact=True)).to_be_visible()


async def _choose_organisation(view: View) -> None:
    """Whom a contact belongs to is chosen from those that there are."""
    await _one_contact(view)
    await view.page.locator(".belongs button").last.click()
    await expect(view.page.get_by_role("dialog").locator("li")).to_have_count(2)


async def _new_field(view: View) -> None:
    await _page(view)
    await view.button("Add a field", "添加字段").click()
    await expect(view.field("Key", "标识")).to_be_visible()


async def _refused(view: View) -> None:
    await view.refuse(r"/api/v1/me/(sessions|second-step)$")


async def _failure(view: View) -> None:
    await expect(view.page.get_by_role("button", name=view.words("Try again", "再试一次")).first).to_be_visible()


async def _relay(view: View) -> None:
    await view.button("Set up", "设置").click()
    await expect(view.field("Server", "服务器")).to_be_visible()


async def _mailbox(view: View) -> None:
    await view.button("Add address", "添加地址").click()
    await expect(view.field("IMAP server", "IMAP 服务器")).to_be_visible()


async def _mail(view: View) -> None:
    await expect(
        view.page.get_by_role("heading", name=view.words("No mail leaves this desk", "本客服台不发送邮件"))
    ).to_be_visible()


async def _set(view: View) -> None:
    """A relay that works, an address whose server lets nobody in, and one that nobody has asked yet."""
    now = round(time.time() * 1_000)
    server = {
        "host": "mail.shop.example", "port": 587, "security": "starttls", "username": "support@shop.example",
        "password": True, "password_env": "",
    }  # fmt: skip
    trouble = {
        "code": "refused", "en": "The server refused the user name or the password: 535 5.7.8 Authentication failed.",
        "zh": "服务器拒绝了用户名或密码：535 5.7.8 Authentication failed。", "at": now - 60_000,
    }  # fmt: skip
    relay = {
        "server": server, "sender": "support@shop.example", "name": "山岚 Shanlan", "follow_up": True,
        "state": {"sent_at": now - 240_000, "trouble": None},
    }  # fmt: skip
    plain = {"team_id": None, "folder": "INBOX", "plus": True, "active": True, "server": {**server, "port": 143}}
    unasked = {"uid_validity": None, "looked_at": None, "trouble": None}
    boxes = [
        {**plain, "inbox_id": "b" * 26, "name": "售后 Returns", "address": "returns-and-repairs@shop.example",
         "state": {**unasked, "looked_at": now - 60_000, "trouble": trouble}},
        {**plain, "inbox_id": "d" * 26, "name": "Support", "address": "support@shop.example", "state": unasked},
    ]  # fmt: skip

    async def answer(route: Route) -> None:
        await route.fulfill(json={"relay": relay, "mailboxes": boxes})

    await view.page.route("**/api/v1/mail", answer)


async def _relayed(view: View) -> None:
    await expect(view.page.get_by_text("mail.shop.example:587").first).to_be_visible()


async def _link(view: View) -> None:
    await view.page.get_by_role("button", name=view.words("Edit", "编辑")).last.click()
    await view.button("Make a link", "生成链接").click()
    await view.sees("code.snippet")


async def _new_macro(view: View) -> None:
    await _page(view)
    await view.button("Add a macro", "添加宏").click()
    for name in (("Answer", "回复"), ("Tags", "标签"), ("Hand over", "转接")):
        step = view.page.get_by_label(view.words("Add", "添加"), exact=True)
        await step.select_option(label=view.words(*name))
    await expect(view.page.locator(".macro-step")).to_have_count(3)


SCREENS = (
    Screen("settings-mail", "/settings/mail", _mail, Who.OWNER, whole=True),
    Screen("settings-mail-relay", "/settings/mail", _relay, Who.OWNER, whole=True),
    Screen("settings-mail-address", "/settings/mail", _mailbox, Who.OWNER, whole=True),
    Screen("settings-mail-set", "/settings/mail", _relayed, Who.OWNER, before=_set, whole=True),
    Screen("settings-agents-link", "/settings/agents", _link, Who.OWNER, whole=True),
    Screen("settings", "/settings", _first, Who.OWNER),
    Screen("settings-profile", "/settings/profile", _page, Who.OWNER, whole=True),
    Screen("settings-profile-secured", "/settings/profile", _page, Who.OWNER, House.EMPTY, whole=True),
    Screen("settings-profile-failed", "/settings/profile", _failure, Who.OWNER, before=_refused, whole=True),
    Screen("settings-notifications", "/settings/notifications", _page, Who.AGENT),
    Screen("settings-inboxes", "/settings/inboxes", _page, Who.OWNER, whole=True),
    Screen("settings-inboxes-widget", "/settings/inboxes", _widget, Who.OWNER, whole=True),
    Screen("settings-inboxes-invitations", "/settings/inboxes", _invitations, Who.OWNER, whole=True),
    Screen("settings-inboxes-agent", "/settings/inboxes", _page, Who.AGENT, whole=True),
    Screen("settings-blocks", "/settings/blocks", _page, Who.OWNER, whole=True),
    Screen("settings-hours", "/settings/hours", _page, Who.OWNER, whole=True),
    Screen("settings-hours-change", "/settings/hours", _schedule, Who.OWNER, whole=True),
    Screen("settings-agents", "/settings/agents", _page, Who.OWNER, whole=True),
    Screen("settings-agents-new", "/settings/agents", _new_agent, Who.OWNER, whole=True),
    Screen("settings-canned", "/settings/canned", _page, Who.OWNER, whole=True),
    Screen("settings-canned-agent", "/settings/canned", _page, Who.AGENT, whole=True),
    Screen("settings-macros", "/settings/macros", _page, Who.OWNER, whole=True),
    Screen("settings-macros-new", "/settings/macros", _new_macro, Who.OWNER, whole=True),
    Screen("settings-tags", "/settings/tags", _page, Who.OWNER, whole=True),
    Screen("settings-fields", "/settings/fields", _page, Who.OWNER, whole=True),
    Screen("settings-statuses", "/settings/statuses", _page, Who.OWNER, whole=True),
    Screen("settings-ratings", "/settings/ratings", _page, Who.OWNER, whole=True),
    Screen("settings-ratings-none", "/settings/ratings", _page, Who.OWNER, House.EMPTY, whole=True),
    Screen("settings-teams", "/settings/teams", _page, Who.OWNER, whole=True),
    Screen("settings-routing", "/settings/routing", _page, Who.OWNER, whole=True),
    Screen("settings-routing-change", "/settings/routing", _rules, Who.OWNER, whole=True),
    Screen("settings-agents-change", "/settings/agents", _agent, Who.OWNER, whole=True),
    Screen("settings-server", "/settings/server", _server, Who.OWNER, whole=True),
    Screen("settings-server-none", "/settings/server", _server, Who.OWNER, House.EMPTY, whole=True),
    Screen("settings-audit", "/settings/audit", _page, Who.OWNER, whole=True),
    Screen("settings-roles", "/settings/roles", _page, Who.OWNER, whole=True),
    Screen("settings-roles-new", "/settings/roles", _new_role, Who.OWNER, whole=True),
    Screen("settings-tokens", "/settings/tokens", _page, Who.OWNER, whole=True),
    Screen("settings-tokens-made", "/settings/tokens", _made_token, Who.OWNER, whole=True),
    Screen("settings-exchange", "/settings/exchange", _import, Who.OWNER, whole=True),
    Screen("contacts", "/contacts", _page, Who.OWNER, whole=True),
    Screen("organisations", "/organisations", _page, Who.OWNER, whole=True),
    Screen("organisations-none", "/organisations", _page, Who.OWNER, House.EMPTY, whole=True),
    Screen("organisations-new", "/organisations", _new_organisation, Who.OWNER, whole=True),
    Screen("organisations-one", "/organisations", _one_organisation, Who.OWNER, whole=True),
    Screen("organisations-choose", "/contacts", _choose_organisation, Who.OWNER),
    Screen("settings-fields-new", "/settings/fields", _new_field, Who.OWNER, whole=True),
    Screen("contacts-one", "/contacts", _one_contact, Who.OWNER, whole=True),
    Screen("settings-about", "/settings/about", _page, Who.AGENT, whole=True),
    Screen("settings-teams-none", "/settings/teams", _page, Who.OWNER, House.EMPTY, whole=True),
    Screen("kit", "/kit", _page, whole=True),
)
