"""The appliances that screens are drawn from, each started when the first screen asks for it, and who is signed in."""

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, StorageState, ViewportSize

from app.accounts import totp
from tests.journeys.appliance import Appliance
from tests.journeys.desk import PASSWORD, Desk
from tests.journeys.people import PATIENCE_MS
from tests.journeys.watch import Watch
from tests.shots.screen import House, Screen, Who
from tests.shots.view import SETTLED, View

Theme = Literal["light", "dark"]
LANGUAGES = ("zh", "en")
THEMES: tuple[Theme, ...] = ("light", "dark")
HEIGHTS = {1440: 900, 1024: 768, 390: 844}
PHONE = 390
_LOCALES = {"en": "en-GB", "zh": "zh-CN"}
_AGENTS = {"en": "Hannah Reed", "zh": "陈默"}
_OWNER = "周可"
_ENVIRONMENT = {"MONODESK_LIMITS_VISITORS_BURST": "10000"}


def size(width: int) -> ViewportSize:
    """The window of this width."""
    return {"width": width, "height": HEIGHTS.get(width, HEIGHTS[PHONE])}


class Houses:
    """Each appliance is started when the first screen asks for it; all end with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._leaving = ExitStack()
        self._running: dict[House, Appliance] = {}
        self._desks: dict[House, Desk] = {}
        self._signed_in: dict[tuple[House, str], StorageState] = {}
        self._news = 0

    @classmethod
    @contextmanager
    def over(cls, folder: Path) -> "Iterator[Houses]":
        """With their data in this folder."""
        houses = cls(folder)
        with houses._leaving:
            yield houses

    def find(self, house: House) -> Appliance:
        """The running appliance; a fresh one where the screen uses it up."""
        if house is House.NEW:
            self._news += 1
            return self._started(f"new{self._news}")
        if house not in self._running:
            self._running[house] = self._made(house)
        return self._running[house]

    def desk(self, house: House) -> Desk | None:
        """The owner's, over REST."""
        return self._desks.get(house)

    def state(self, screen: Screen, language: str) -> StorageState | None:
        """The cookie of who looks, from one sign-in each."""
        if screen.who is Who.NOBODY:
            return None
        appliance = self.find(screen.house)
        name = _AGENTS[language] if screen.who is Who.AGENT else _OWNER
        key = (screen.house, name)
        if key not in self._signed_in:
            demo = screen.house is House.DEMO
            self._signed_in[key] = _kept(_cookie(appliance, name) if demo else self._desks[screen.house].cookie)
        return self._signed_in[key]

    def _made(self, house: House) -> Appliance:
        if house is House.SECURE:
            return self._started(house.value, MONODESK_TLS_MODE="own")
        appliance = self._started(house.value, *(["--demo"] if house is House.DEMO else []))
        if house is House.DEMO:
            self._desks[house] = self._demo_desk(appliance)
        elif house is House.EMPTY:
            appliance.printed("/setup#")
            self._desks[house] = self._leaving.enter_context(Desk.founded(appliance.data, appliance.port))
            _switch_on_second_step(self._desks[house])
        return appliance

    def _started(self, name: str, *options: str, **environment: str) -> Appliance:
        root = self.folder / name / "keys" / "authority.crt"
        appliance = Appliance(
            self.folder / name,
            options=options,
            environment=_ENVIRONMENT | environment,
            secure=(lambda: ssl.create_default_context(cafile=str(root))) if environment else None,
        )
        appliance.start()
        self._leaving.callback(appliance.kill)
        return appliance

    def _demo_desk(self, appliance: Appliance) -> Desk:
        """The owner's; the demo's people see the language of their browser."""
        for name in (*_AGENTS.values(), _OWNER):
            with Desk(appliance.port, _cookie(appliance, name)) as desk:
                desk.ask("PATCH", "/api/v1/me", {"language": ""})
        return self._leaving.enter_context(Desk(appliance.port, desk.cookie))


class Stage:
    """Screens of these appliances in this browser."""

    def __init__(self, houses: Houses, browser: Browser, watch: Watch) -> None:
        self._houses = houses
        self._browser = browser
        self._watch = watch

    @asynccontextmanager
    async def showing(
        self, screen: Screen, language: str, width: int, theme: Theme = "light", *, height: int | None = None
    ) -> AsyncIterator[View]:
        """The screen as it stands; `height` only where another than that of the width is wanted."""
        appliance = self._houses.find(screen.house)
        phone = width <= PHONE
        context = await self._browser.new_context(
            locale=_LOCALES[language],
            viewport={"width": width, "height": height or size(width)["height"]},
            has_touch=phone,
            is_mobile=phone,
            device_scale_factor=2 if phone else 1,
            reduced_motion="reduce",
            color_scheme=theme,
            ignore_https_errors=True,
            storage_state=self._houses.state(screen, language),
        )
        context.set_default_timeout(PATIENCE_MS)
        if screen.before is None and not screen.refused:
            self._watch.attach(context)
        page = await context.new_page()
        desk = self._houses.desk(screen.house)
        view = View(page, language, phone, appliance.url, desk, self._houses.folder)
        try:
            if screen.before is not None:
                await screen.before(view)
            await page.goto(appliance.url + _path(screen, appliance))
            await screen.steps(view)
            await page.evaluate(SETTLED)
            yield view
        finally:
            await view.let_go()
            await context.close()
            if screen.house is House.NEW:
                appliance.kill()


def _path(screen: Screen, appliance: Appliance) -> str:
    if screen.house in (House.UNSET, House.NEW) and screen.path == "/setup":
        return appliance.printed(r"/setup#\w+")[0]
    return screen.path


def _cookie(appliance: Appliance, name: str) -> str:
    """A session of this person of the demo."""
    with Desk(appliance.port) as desk:
        desk.ask("POST", "/api/v1/session/demo", {"token": appliance.demo_link(name).partition("=")[2]})
        return desk.cookie


def _kept(cookie: str) -> StorageState:
    name, _, value = cookie.partition("=")
    return {
        "cookies": [
            {
                "name": name,
                "value": value,
                "domain": "127.0.0.1",
                "path": "/",
                "expires": time.time() + 86_400,
                "httpOnly": True,
                "secure": False,
                "sameSite": "Lax",
            }
        ],
        "origins": [],
    }


def _switch_on_second_step(desk: Desk) -> None:
    secret = str(desk.ask("POST", "/api/v1/me/second-step", {"password": PASSWORD})["secret"])
    code = totp.code_at(secret, int(time.time()) // totp.STEP_SECONDS)
    desk.ask("POST", "/api/v1/me/second-step/confirm", {"code": code})
