"""A desk for a whole day: people who sign in by their passwords, clocks that are moved on, mail servers beside it."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.later import Later
from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import LIMITS, Scene
from tests.journeys.watch import Watch
from tests.mail.dovecot import Dovecot
from tests.mail.server import RelayServer, relay_server
from tests.mail.world import ADDRESS, mail

LOCALES = {"en": "en-GB", "zh": "zh-CN"}
SIGN_IN = {"en": ("E-mail", "Password", "Sign in"), "zh": ("邮箱", "密码", "登录")}
PASSWORD = "a long sentence of his own"
_FAMILIES = {"en": "Reed", "zh": "Lin"}
# A window's clock, so much later than the machine's.
_CLOCK = """(() => {
  const Real = Date;
  const now = () => Real.now() + (window.__later ?? 0);
  window.Date = class extends Real {
    constructor(...given) { given.length > 0 ? super(...given) : super(now()); }
    static now() { return now(); }
  };
})()"""
# How soon the server looks, not what it looks for: ten minutes stay ten minutes, and are moved on.
_SOON = {"clock_look_seconds": "0.1", "mail_turn_look_seconds": "0.1", "outbox_gather_ms": "20"}


class Day(Scene):
    """A desk at which time can be moved on."""

    def __init__(self, server: Appliance, desk: Desk, later: Later) -> None:
        super().__init__(server, desk)
        self._later = later
        self._browsers: list[BrowserContext] = []

    async def passes(self, minutes: float) -> None:
        """So much time goes by, at the server and in every browser."""
        self._later.passes(minutes)
        for context in self._browsers:
            await context.add_init_script(self._hour())
            for page in context.pages:
                for frame in page.frames:
                    await frame.evaluate(self._hour())

    async def opened(self, browser: Browser, watch: Watch, language: str) -> BrowserContext:
        """A browser of somebody who speaks this."""
        context = await browser.new_context(locale=LOCALES[language], viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        watch.attach(context)
        await context.add_init_script(_CLOCK)
        await context.add_init_script(self._hour())
        self._browsers.append(context)
        context.on("close", lambda closed: self._browsers.remove(closed))
        return context

    async def signed_in(self, browser: Browser, watch: Watch, name: str, language: str) -> Page:
        """A colleague at the desk, by the form."""
        page = await (await self.opened(browser, watch, language)).new_page()
        email, password, sign_in = SIGN_IN[language]
        await page.goto(self.url)
        await page.get_by_label(email).fill(address(name))
        await page.get_by_label(password, exact=True).fill(PASSWORD)
        await page.get_by_role("button", name=sign_in).click()
        await expect(page.locator("nav.rail .av .dot.online")).to_be_visible()
        return page

    def _hour(self) -> str:
        """A script: how much later it is in a window, whichever of them runs last."""
        return f"window.__later = Math.max(window.__later ?? 0, {self._later.seconds * 1_000:.0f})"

    def team(self, *names: str, language: str) -> tuple[str, dict[str, str]]:
        """A team of colleagues, and their ids by name."""
        team = str(self.agent("POST", "teams", {"name": f"Team of {names[0]}"})["team"]["id"])
        people = {}
        for name in names:
            facts = {"name": name, "email": address(name), "role": "agent", "teams": [team]}
            made = self.agent("POST", "agents", facts | {"password": PASSWORD, "language": language})
            people[name] = str(made["agent"]["id"])
        return team, people


def named(name: str, language: str) -> str:
    """A colleague of those who speak this: nobody has his name there and here."""
    return f"{name} {_FAMILIES[language]}"


def address(name: str) -> str:
    """Of a colleague."""
    return f"{name.replace(' ', '.').lower()}@example.com"


@contextmanager
def a_day(folder: Path) -> Iterator[Day]:
    """The server and its owner."""
    later = Later(folder / "later")
    limits = {f"MONODESK_LIMITS_{name.upper()}": value for name, value in (LIMITS | _SOON).items()}
    with ExitStack() as leaving:
        server = Appliance(folder / "data", command=later.command, environment=limits | later.environment)
        leaving.callback(server.kill)
        server.start()
        server.printed("/setup#")  # it comes when commands are heard too
        yield Day(server, leaving.enter_context(Desk.founded(server.data, server.port)), later)


def text_of(letter: EmailMessage) -> str:
    """Its plain text."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class Post:
    """The mail servers: what leaves the desk, and what comes to its address."""

    def __init__(self, leaving: RelayServer, coming: Dovecot) -> None:
        self.leaving = leaving
        self.coming = coming
        self._count = 0

    async def letters_to(self, recipient: str, count: int) -> list[EmailMessage]:
        """What was taken for this address, once it is so much."""
        while True:
            to = self.leaving.recipients
            found = [self.leaving.letter(number) for number, names in enumerate(to) if recipient in names]
            if len(found) >= count:
                return found
            await self.leaving.wait(len(to) + 1)

    def comes(self, text: str, **headings: str) -> None:
        """A customer's mail arrives."""
        self._count += 1
        self.coming.deliver(mail(text, header_id=f"<day{self._count}@example.com>", **headings).as_bytes())


@asynccontextmanager
async def post(day: Day) -> AsyncIterator[Post]:
    """The desk's address is an inbox, and its letters leave."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    dovecot = Dovecot(folder / "mails")
    try:
        dovecot.start()
        async with relay_server() as relay:
            plain: dict[str, Any] = {"host": "localhost", "security": "none"}
            leaves = {"server": plain | {"port": relay.port}, "sender": "desk@shop.example", "name": "Shop"}
            day.agent("PUT", "mail/relay", leaves)
            entered = dovecot.server()
            signs_in = {"port": entered.port, "username": entered.username, "password": entered.password}
            box = {"name": "Support", "address": ADDRESS, "server": plain | signs_in, "plus": True}
            day.agent("POST", "mail/mailboxes", box)
            yield Post(relay, dovecot)
    finally:
        dovecot.stop()
        shutil.rmtree(folder, ignore_errors=True)
