"""Signing in with a second step, as a person at the screen does it; and what a guesser and a thief are left with."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from app.accounts import totp
from tests.journeys.appliance import Appliance
from tests.journeys.camera import read_code
from tests.journeys.desk import EMAIL, PASSWORD, Desk
from tests.journeys.people import PATIENCE_MS
from tests.journeys.test_console import serious
from tests.journeys.watch import Watch
from tests.journeys.wire import Wire

pytestmark = pytest.mark.full

BEN, BEN_NAME = "ben@example.com", "Ben Long"
_LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
_PHONE: ViewportSize = {"width": 390, "height": 844}
_DESKTOP: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[Appliance]:
    """A desk with an owner and an agent, Ben; who guesses wrong too often waits longer than any test lasts."""
    server = Appliance(tmp_path / "data", environment={"MONODESK_LIMITS_SIGN_IN_DELAY_SECONDS_MIN": "600"})
    server.start()
    try:
        with Desk.founded(server.data, server.port) as desk:
            ben = {"name": BEN_NAME, "email": BEN, "role": "agent", "password": PASSWORD}
            desk.ask("POST", "/api/v1/agents", ben)
        yield server
    finally:
        server.kill()


class Phone:
    """Somebody's authenticator app, with a clock that goes before: a code is good once, and hardly anybody waits."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._used = 0

    def code(self) -> str:
        """A code that was not used yet, of the present time step or the next."""
        self._used = max(self._used + 1, int(time.time()) // totp.STEP_SECONDS)
        while self._used > int(time.time()) // totp.STEP_SECONDS + 1:
            time.sleep(0.1)  # a third one within one time step
        return totp.code_at(self._secret, self._used)


class Door:
    """The sign-in page and the profile behind it, in English."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    @classmethod
    async def opened(cls, browser: Browser, watch: Watch, url: str, *, context: BrowserContext | None = None) -> "Door":
        """A browser that nobody knows, unless one is given."""
        if context is None:
            context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
            context.set_default_timeout(PATIENCE_MS)
            watch.attach(context)
        door = cls(await context.new_page(), url)
        await door.page.goto(f"{url}/sign-in")
        return door

    async def give(self, email: str, password: str = PASSWORD) -> None:
        """E-mail and password."""
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.sign_in()

    async def give_code(self, code: str, label: str = "Code") -> None:
        await self.page.get_by_label(label, exact=True).fill(code)
        await self.sign_in()

    async def sign_in(self) -> None:
        await self.page.get_by_role("button", name="Sign in", exact=True).click()

    async def is_in(self) -> None:
        await expect(self.page.get_by_role("navigation", name="Main navigation")).to_be_visible()

    async def is_out(self) -> None:
        await expect(self.page.get_by_role("heading", name="Good to see you")).to_be_visible()

    async def profile(self) -> None:
        await self.page.goto(f"{self._url}/settings/profile")
        await expect(self.page.get_by_role("heading", name="Profile")).to_be_visible()

    async def sign_out(self) -> None:
        await self.profile()
        await self.page.get_by_role("button", name="Sign out", exact=True).first.click()
        await self.is_out()
        await expect(self.page.get_by_text("Your session has ended")).to_have_count(0)

    def card(self, title: str) -> Locator:
        return self.page.locator("section.card").filter(has=self.page.get_by_role("heading", name=title, exact=True))

    async def prove(self, action: str) -> None:
        """The current password in the card of the second step, and what it is asked for."""
        card = self.card("Two-step sign-in")
        await card.get_by_label("Current password", exact=True).fill(PASSWORD)
        await card.get_by_role("button", name=action, exact=True).click()

    async def turn_on(self) -> tuple[Phone, list[str]]:
        """Switch it on: the app that was taught the key, and the recovery codes."""
        await self.profile()
        card = self.card("Two-step sign-in")
        await card.get_by_role("button", name="Turn on", exact=True).click()
        await self.prove("Next")
        picture = card.get_by_role("img", name=re.compile("QR code"))
        await expect(picture).to_be_visible()
        phone = Phone((await card.locator("code").inner_text()).replace(" ", ""))
        await card.get_by_label("The code it shows now").fill(phone.code())
        await card.get_by_role("button", name="Turn on", exact=True).click()
        codes = card.get_by_role("list", name="Recovery codes").get_by_role("listitem")
        await expect(codes).to_have_count(10)
        shown = await codes.all_inner_texts()
        await expect(card.locator(":focus")).to_have_count(1)  # what had it is gone; keyboards go on from here
        await card.get_by_role("button", name="I have kept them").press("Enter")
        await expect(card).to_contain_text("10 recovery codes are left")
        await expect(card.locator(":focus")).to_have_count(1)
        return phone, shown


async def test_a_second_step_from_its_beginning_to_its_end(owned: Appliance, browser: Browser, watch: Watch) -> None:
    """On, out, in with the app's code, in with a recovery code, wrong codes slow down, an administrator resets it."""
    watch.expect_outage()  # a browser writes every refusal into its console
    ben = await Door.opened(browser, watch, owned.url)
    await ben.give(BEN)
    await ben.is_in()
    phone, codes = await ben.turn_on()

    await ben.sign_out()
    await ben.give(BEN)
    await expect(ben.page.get_by_role("heading", name="One more step")).to_be_visible()
    field = ben.page.get_by_label("Code", exact=True)
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("autocomplete", "one-time-code")
    await expect(field).to_have_attribute("inputmode", "numeric")
    await ben.give_code(phone.code())
    await ben.is_in()

    await ben.sign_out()
    await ben.give(BEN)
    await ben.page.get_by_role("button", name="Use a recovery code").click()
    await ben.give_code(codes[0].upper(), "Recovery code")
    await ben.is_in()
    await ben.profile()
    await expect(ben.card("Two-step sign-in")).to_contain_text("9 recovery codes are left")

    await ben.sign_out()
    await ben.give(BEN)
    await ben.page.get_by_role("button", name="Use a recovery code").click()
    await ben.give_code(codes[0], "Recovery code")  # it was used
    alert = ben.page.get_by_role("alert")
    await expect(alert).to_contain_text("is not right or was used already")
    await ben.page.get_by_role("button", name="Use the app").click()
    for _ in range(3):
        await ben.give_code("000000")
        await expect(alert).to_contain_text("is not right or was used already")
        await expect(field).to_be_focused()
        await field.fill("")
        await expect(alert).to_be_visible()
    await ben.give_code("000000")
    await expect(ben.page.get_by_role("heading", name="Good to see you")).to_be_hidden()
    await ben.give_code("000000")
    await expect(ben.page.get_by_role("status")).to_contain_text("Sign in again")  # five tries, then from the start
    await ben.give(BEN)
    await ben.give_code("000000")
    await expect(alert).to_contain_text("Too many tries. Wait")

    owner = await Door.opened(browser, watch, owned.url)
    await owner.give(EMAIL)
    await owner.is_in()
    await owner.page.goto(f"{owned.url}/settings/agents")
    await owner.page.get_by_role("row").filter(has_text=BEN_NAME).get_by_role("button", name="Edit").click()
    await owner.page.get_by_role("button", name="Turn off two-step sign-in").click()
    dialog = owner.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Turn off two-step sign-in").click()
    await expect(dialog).to_be_hidden()
    await expect(owner.page.get_by_role("button", name="Turn off two-step sign-in")).to_have_count(0)

    await ben.page.get_by_role("button", name="Start over").click()
    await ben.give(BEN)
    await ben.is_in()
    assert "a colleague's second step was switched off" in owned.output()
    for secret in (*codes, PASSWORD):
        assert secret not in owned.output()


async def test_what_is_missing_is_said_at_its_field(owned: Appliance, browser: Browser, watch: Watch) -> None:
    door = await Door.opened(browser, watch, owned.url)
    email, password = door.page.get_by_label("E-mail"), door.page.get_by_label("Password", exact=True)
    await door.sign_in()
    for field in (email, password):
        await expect(field).to_have_accessible_description("Please fill this in.")
    await email.fill(EMAIL)
    await expect(email).not_to_have_attribute("aria-invalid", "true")
    await expect(password).to_have_attribute("aria-invalid", "true")
    await door.give(EMAIL)
    await door.is_in()


async def test_a_password_changed_here_signs_out_there_and_goes_on_here(
    owned: Appliance, browser: Browser, watch: Watch
) -> None:
    """The other browser sees the door at once; a second tab of this one goes on, with the new cookie."""
    watch.expect_outage()
    here, there = [await Door.opened(browser, watch, owned.url) for _ in range(2)]
    for door in (here, there):
        await door.give(BEN)
        await door.is_in()
    tab = await Door.opened(browser, watch, owned.url, context=here.page.context)
    await tab.is_in()

    await here.profile()
    card = here.card("Change password")
    await card.get_by_label("Current password", exact=True).fill(PASSWORD)
    await card.get_by_label("New password", exact=True).fill("another sentence of mine")
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("status")).to_have_text("Saved")
    await expect(there.page.get_by_text("Your session has ended")).to_be_visible()

    await expect(here.card("Where you are signed in").get_by_role("row")).to_have_count(2)
    await asyncio.sleep(3)  # longer than this session's own sockets are left open
    await tab.page.get_by_role("tab", name="Unassigned").click()
    await tab.is_in()
    await tab.profile()
    await expect(here.page.get_by_role("heading", name="Profile")).to_be_visible()


async def test_a_session_ended_in_the_profile_loses_its_sockets_at_once(
    owned: Appliance, browser: Browser, watch: Watch
) -> None:
    here, there = [await Door.opened(browser, watch, owned.url) for _ in range(2)]
    watch.expect_outage()
    for door in (here, there):
        await door.give(BEN)
        await door.is_in()
    (cookie,) = [each for each in await there.page.context.cookies() if each["name"] == "monodesk_session"]
    wire = await Wire.connect(owned.port, lambda _: None, cookie=f"monodesk_session={cookie['value']}")
    wire.send(b'{"t":"hello"}')

    await here.profile()
    card = here.card("Where you are signed in")
    await expect(card.get_by_role("row")).to_have_count(3)
    await expect(card.get_by_text("This browser")).to_have_count(1)
    await here.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    await expect(here.page.locator(":focus")).to_have_count(0)  # what comes later takes nobody down the page
    await card.get_by_role("button", name=re.compile("Sign out Chrome .*, 127.0.0.1")).click()
    await expect(card.get_by_role("row")).to_have_count(2)
    await expect(card.locator(":focus")).to_have_count(1)
    assert await asyncio.wait_for(wire.closed, 60) == 4401
    await expect(there.page.get_by_text("Your session has ended")).to_be_visible()
    await here.page.reload()
    await expect(here.page.get_by_role("heading", name="Profile")).to_be_visible()


async def test_a_browser_that_is_known_gets_in_while_strangers_guess(
    owned: Appliance, browser: Browser, watch: Watch
) -> None:
    """Against the real server: of many guesses at the owner's account few are looked at, and he signs in meanwhile."""
    watch.expect_outage()
    owner = await Door.opened(browser, watch, owned.url)
    await owner.give(EMAIL)
    await owner.is_in()
    await owner.sign_out()
    guess = b'{"email":"owner@example.com","password":"a wrong guess"}'
    statuses = [owned.send("POST", "/api/v1/session", guess)[0] for _ in range(1_000)]
    assert 1 <= statuses.count(401) <= 20 and statuses.count(401) + statuses.count(429) == 1_000

    stranger = await Door.opened(browser, watch, owned.url)
    await stranger.give(EMAIL)
    await expect(stranger.page.get_by_role("alert")).to_contain_text("Too many tries")
    await owner.give(EMAIL)
    await owner.is_in()


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [("en", "light", _DESKTOP), ("zh", "dark", _PHONE)],
)
async def test_the_screens_are_accessible_and_fit(
    owned: Appliance, browser: Browser, watch: Watch, language: str, scheme: str, size: ViewportSize
) -> None:
    """Every state of the second step, by axe and by width; a camera reads the picture, by night too."""
    words = {
        "en": ("Turn on", "Current password", "Next", "The code it shows now", "I have kept them", "Two-step sign-in"),
        "zh": ("开启", "当前密码", "下一步", "应用当前显示的验证码", "我保存好了", "两步登录"),
    }
    on, password, onward, first, kept, title = words[language]
    with Desk(owned.port) as desk:
        name, _, value = desk.sign_in().partition("=")
    context = await browser.new_context(
        locale=_LANGUAGES[language],
        viewport=size,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    await context.add_cookies([{"name": name, "value": value, "url": owned.url}])
    page = await context.new_page()

    async def fits() -> None:
        assert await serious(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == size["width"]

    await page.goto(f"{owned.url}/settings/profile")
    card = page.locator("section.card").filter(has=page.get_by_role("heading", name=title, exact=True))
    await expect(card).to_be_visible()
    await fits()
    await card.get_by_role("button", name=on, exact=True).click()
    await card.get_by_label(password, exact=True).fill(PASSWORD)
    await card.get_by_role("button", name=onward, exact=True).click()
    picture = card.get_by_role("img")
    await expect(picture).to_be_visible()
    await fits()
    secret = (await card.locator("code").inner_text()).replace(" ", "")
    scanned = await read_code(browser, picture)
    assert scanned == f"otpauth://totp/Monodesk:owner%40example.com?secret={secret}&issuer=Monodesk"
    phone = Phone(secret)
    await card.get_by_label(first).fill(phone.code())
    await card.get_by_role("button", name=on, exact=True).click()
    await expect(card.get_by_role("listitem")).to_have_count(10)
    await fits()
    await card.get_by_role("button", name=kept).click()
    await fits()

    await context.clear_cookies()
    await page.goto(f"{owned.url}/sign-in")
    await page.locator("input[type=email]").fill(EMAIL)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.locator("input[type=password]").press("Enter")
    await expect(page.locator("input[autocomplete=one-time-code]")).to_be_visible()
    await fits()
