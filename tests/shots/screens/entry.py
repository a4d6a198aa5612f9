"""Before the desk: signing in, setting up, and what stands in place of a page that cannot be shown."""

from playwright.async_api import expect

from tests.journeys.desk import EMAIL, PASSWORD
from tests.shots.screen import House, Screen, Who
from tests.shots.view import View


async def _sign_in(view: View) -> None:
    await expect(view.field("E-mail", "邮箱")).to_be_visible()


async def _refused(view: View) -> None:
    await view.field("E-mail", "邮箱").fill("nobody@example.com")
    await view.field("Password", "密码").fill("not the right words")
    await view.button("Sign in", "登录").click()
    await view.sees("[role=alert]")


async def _second_step(view: View) -> None:
    await view.field("E-mail", "邮箱").fill(EMAIL)
    await view.field("Password", "密码").fill(PASSWORD)
    await view.button("Sign in", "登录").click()
    await view.sees("input[autocomplete=one-time-code]")


async def _language(view: View) -> None:
    await view.sees("ol.steps")


async def _inbox(view: View) -> None:
    await view.button("Next", "下一步").click()
    await expect(view.page.get_by_role("textbox")).to_be_visible()


async def _owner(view: View) -> None:
    await _inbox(view)
    await view.page.get_by_role("textbox").fill(view.words("Shanlan", "山岚"))
    await view.button("Next", "下一步").click()
    await expect(view.field("E-mail", "邮箱")).to_be_visible()


async def _owner_wrong(view: View) -> None:
    await _owner(view)
    await view.button("Create the account", "创建账号").click()
    await view.sees(".bad")


async def _done(view: View) -> None:
    await _owner(view)
    await view.field("Name", "姓名").fill(view.words("Hannah Reed", "周可"))
    await view.field("E-mail", "邮箱").fill("owner@example.com")
    await view.field("Password", "密码").fill("a long enough sentence")
    await view.button("Create the account", "创建账号").click()
    await view.sees("code.snippet")


async def _no_link(view: View) -> None:
    await view.sees("code.snippet")


async def _away(view: View) -> None:
    await view.page.route("**/api/v1/session", lambda route: route.abort())


async def _failed(view: View) -> None:
    await expect(view.page.get_by_role("button").first).to_be_visible()


async def _certificate(view: View) -> None:
    await view.sees("h1")


async def _forgotten(view: View) -> None:
    await view.button("Forgot password?", "忘记密码？").click()
    await expect(view.field("E-mail", "邮箱")).to_be_visible()


async def _no_mail(view: View) -> None:
    await _forgotten(view)
    await view.field("E-mail", "邮箱").fill("somebody@example.com")
    await view.button("Send me a link", "发送链接").click()
    await expect(
        view.page.get_by_role("heading", name=view.words("This desk sends no mail", "本客服台未启用邮件"))
    ).to_be_visible()


async def _new_password(view: View) -> None:
    await expect(view.field("Password", "密码")).to_be_visible()


SCREENS = (
    Screen("sign-in-forgotten", "/sign-in", _forgotten, Who.NOBODY),
    Screen("sign-in-no-mail", "/sign-in", _no_mail, Who.NOBODY),
    Screen("password", f"/password#{'a' * 32}", _new_password, Who.NOBODY),
    Screen("sign-in", "/sign-in", _sign_in),
    Screen("sign-in-refused", "/sign-in", _refused, refused=True),
    Screen("sign-in-code", "/sign-in", _second_step, house=House.EMPTY),
    Screen("set-up-language", "/setup", _language, house=House.UNSET),
    Screen("set-up-inbox", "/setup", _inbox, house=House.UNSET),
    Screen("set-up-owner", "/setup", _owner, house=House.UNSET),
    Screen("set-up-owner-wrong", "/setup", _owner_wrong, house=House.UNSET),
    Screen("set-up-done", "/setup", _done, house=House.NEW),
    Screen("set-up-no-link", "/setup", _no_link),
    Screen("server-away", "/", _failed, Who.AGENT, before=_away),
    Screen("certificate", "/certificate", _certificate, house=House.SECURE, whole=True),
)
